"""Faults and plans are decided by seed and case alone."""

import pytest

from connectors.simulate.faults import FAULTS, Faults, read_faults
from connectors.simulate.plan import Plan


def faults_of(faults: Faults, our_no: str, *, position: int = 1, attempt: int = 1, document: bytes = b"") -> set[str]:
    return set(faults.of(our_no, position=position, attempt=attempt, document=document))


def test_the_same_seed_and_case_meet_the_same_faults() -> None:
    one, two, other = (Faults(seed=seed, rates={"busy": 0.3}) for seed in (1, 1, 2))
    cases = [f"N{i}" for i in range(500)]
    assert [faults_of(one, case) for case in cases] == [faults_of(two, case) for case in cases]
    assert [faults_of(one, case) for case in cases] != [faults_of(other, case) for case in cases]
    assert 0.2 < sum(bool(faults_of(one, case)) for case in cases) / 500 < 0.4


def test_a_fault_of_the_first_attempt_is_gone_at_the_second_a_refusal_stays() -> None:
    faults = Faults(rates={"busy": 1, "refuse": 1})
    assert faults_of(faults, "N1") == {"busy", "refuse"}
    assert faults_of(faults, "N1", attempt=2) == {"refuse"}


def test_a_case_may_ask_for_a_fault_itself() -> None:
    assert faults_of(Faults(), "N1", document="备注 sim:garbage sim:nonsense".encode()) == {"garbage"}


def test_the_nth_case_meets_its_fault() -> None:
    faults = read_faults(["timeout_after@3", "slow=0.5"], seed=7)
    assert "timeout_after" in faults_of(faults, "N", position=3)
    assert "timeout_after" not in faults_of(faults, "N", position=2)


@pytest.mark.parametrize("text", ["busy", "busy=2", "busy=x", "nonsense=0.5", "busy@0", ""])
def test_a_fault_that_cannot_be_read_names_what_is_known(text: str) -> None:
    with pytest.raises(ValueError, match=r"known: .*busy"):
        read_faults([text], seed=0)


def test_every_fault_says_what_it_does() -> None:
    assert all(FAULTS.values())


def test_a_plan_keeps_order_except_where_disorder_is_asked_for() -> None:
    steps = Plan().steps("N1", filed_at=0, instant=False, faults=set())
    assert [step.due for step in steps] == sorted(step.due for step in steps)
    mixed = Plan().steps("N1", filed_at=0, instant=False, faults={"disorder", "twice"})
    assert [step.name for step in sorted(mixed, key=lambda step: step.due)][1:3] == ["in_review", "accepted"]
    assert [step.at for step in mixed] == [step.at for step in steps]
    assert {step.times for step in mixed} == {2}


def test_the_share_of_denied_cases_is_kept() -> None:
    plans = [Plan(denied_share=0.25).steps(f"N{i}", filed_at=0, instant=False, faults=set()) for i in range(400)]
    assert 0.18 < sum(steps[-1].name == "denied" for steps in plans) / 400 < 0.32
