"""The life of a case: legal moves, and what becomes of a status that comes late, twice or early."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.lifecycle import ENDED, ENDINGS, MOVES, Filing, Standing, Verdict, admit, apply, reachable
from cases.states import Conclusion, Mark, State
from cases.status import StatusUpdate

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def hours(count: float) -> datetime:
    return T0 + timedelta(hours=count)


def standing(state: State, since: datetime = T0, **more: Any) -> Standing:
    return Standing(state=state, since=since, **more)


def update(state: State, at: datetime, **values: Any) -> StatusUpdate:
    if state is State.CONCLUDED:
        values.setdefault("conclusion", Conclusion.CERTIFICATE)
    marks = dict.fromkeys(("state", "occurred_at", *values), Mark.OBSERVED)
    return StatusUpdate(state=state, occurred_at=at, marks=marks, **values)


def verdict(here: Standing, there: StatusUpdate) -> Verdict:
    filing: Filing = admit(here, there)
    assert (filing.verdict in {Verdict.ADMITTED, Verdict.REPEATED}) == (filing.reason == "")
    return filing.verdict


def test_every_state_has_its_row_of_moves() -> None:
    assert set(MOVES) == set(State)
    assert not any(state in targets for state, targets in MOVES.items())


def test_every_state_can_be_reached_and_every_open_case_can_end() -> None:
    assert reachable(State.SUBMITTED) | {State.SUBMITTED} == set(State)
    for state in set(State) - ENDED:
        assert reachable(state) & ENDED, state


def test_what_has_ended_never_opens_again() -> None:
    for state in ENDED:
        assert reachable(state) <= ENDED


def test_an_applicant_may_withdraw_until_the_decision() -> None:
    for state in set(State) - ENDED:
        assert State.WITHDRAWN in MOVES[state], state
    assert State.WITHDRAWN not in reachable(State.CONCLUDED)


ROAD = (State.RECEIVED, State.ACCEPTED, State.IN_REVIEW, State.CONCLUDED, State.DELIVERED, State.EVALUATED)


def test_the_plain_road_is_admitted_step_by_step() -> None:
    here = standing(State.RECEIVED)
    for count, state in enumerate(ROAD[1:], 1):
        step = update(state, hours(count))
        assert verdict(here, step) is Verdict.ADMITTED
        here = apply(here, step)
    assert (here.state, here.since) == (State.EVALUATED, hours(5))


def test_an_instant_case_may_be_concluded_right_after_acceptance() -> None:
    assert verdict(standing(State.ACCEPTED), update(State.CONCLUDED, T0)) is Verdict.ADMITTED


def test_a_status_that_overtakes_its_cause_is_held() -> None:
    assert verdict(standing(State.RECEIVED), update(State.CONCLUDED, hours(3))) is Verdict.HELD
    assert verdict(standing(State.RECEIVED), update(State.SUSPENDED, hours(3))) is Verdict.HELD


def test_a_status_the_case_has_passed_is_late() -> None:
    assert verdict(standing(State.IN_REVIEW, hours(2)), update(State.ACCEPTED, hours(1))) is Verdict.LATE
    assert verdict(standing(State.CONCLUDED, hours(2)), update(State.IN_REVIEW, hours(1))) is Verdict.LATE


def test_the_same_status_again_is_a_repetition() -> None:
    assert verdict(standing(State.ACCEPTED), update(State.ACCEPTED, hours(1))) is Verdict.REPEATED
    done = standing(State.CONCLUDED, conclusion=Conclusion.CERTIFICATE)
    assert verdict(done, update(State.CONCLUDED, hours(1))) is Verdict.REPEATED


def test_another_conclusion_than_the_one_known_is_a_conflict() -> None:
    done = standing(State.CONCLUDED, conclusion=Conclusion.CERTIFICATE)
    other = update(State.CONCLUDED, hours(1), conclusion=Conclusion.REJECTED, reason="不符合条件")
    assert verdict(done, other) is Verdict.CONFLICT


def test_a_new_step_of_the_same_state_is_admitted_and_an_earlier_one_is_late() -> None:
    here = standing(State.IN_REVIEW, hours(2), step="审核")
    assert verdict(here, update(State.IN_REVIEW, hours(3), step="批准")) is Verdict.ADMITTED
    assert verdict(here, update(State.IN_REVIEW, hours(1), step="承办")) is Verdict.LATE
    assert verdict(here, update(State.IN_REVIEW, hours(3), step="审核")) is Verdict.REPEATED


def test_a_case_may_be_suspended_twice() -> None:
    here = standing(State.IN_REVIEW, hours(4))
    assert verdict(here, update(State.SUSPENDED, hours(5))) is Verdict.ADMITTED


def test_a_suspension_that_was_over_before_is_late() -> None:
    assert verdict(standing(State.IN_REVIEW, hours(4)), update(State.SUSPENDED, hours(3))) is Verdict.LATE


def test_papers_asked_for_after_acceptance_change_no_state() -> None:
    for state in (State.ACCEPTED, State.IN_REVIEW, State.SUSPENDED):
        filing = admit(standing(state), update(State.SUPPLEMENT_REQUESTED, hours(1)))
        assert filing.verdict is Verdict.CONFLICT
        assert "after acceptance" in filing.reason


def test_papers_may_be_asked_for_and_come_back_before_acceptance() -> None:
    here = standing(State.RECEIVED)
    for count, state in enumerate((State.SUPPLEMENT_REQUESTED, State.RECEIVED, State.ACCEPTED), 1):
        step = update(state, hours(count))
        assert verdict(here, step) is Verdict.ADMITTED
        here = apply(here, step)


def test_what_contradicts_an_end_is_a_conflict() -> None:
    assert verdict(standing(State.WITHDRAWN), update(State.CONCLUDED, hours(1))) is Verdict.CONFLICT
    assert verdict(standing(State.ACCEPT_REFUSED), update(State.ACCEPTED, hours(1))) is Verdict.CONFLICT


def test_a_conclusion_needs_its_code() -> None:
    bare = StatusUpdate(
        state=State.CONCLUDED, occurred_at=T0, marks={"state": Mark.OBSERVED, "occurred_at": Mark.OBSERVED}
    )
    filing = admit(standing(State.IN_REVIEW), bare)
    assert (filing.verdict, filing.reason) == (Verdict.CONFLICT, "concluded without a conclusion code")


def end_of(conclusion: Conclusion) -> State:
    return State.CONCLUDED if conclusion in ENDINGS[State.CONCLUDED] else State.TERMINATED


@pytest.mark.parametrize("conclusion", Conclusion)
def test_some_conclusions_need_a_reason(conclusion: Conclusion) -> None:
    bare = update(end_of(conclusion), hours(1), conclusion=conclusion)
    reasoned = update(end_of(conclusion), hours(1), conclusion=conclusion, reason="材料不符")
    needs = conclusion in {Conclusion.REJECTED, Conclusion.FORWARDED, Conclusion.NOT_SUPPLEMENTED}
    assert verdict(standing(State.IN_REVIEW), bare) is (Verdict.CONFLICT if needs else Verdict.ADMITTED)
    assert verdict(standing(State.IN_REVIEW), reasoned) is Verdict.ADMITTED


def test_papers_that_never_came_end_the_procedure_without_a_decision() -> None:
    never = {"conclusion": Conclusion.NOT_SUPPLEMENTED, "reason": "逾期未补正"}
    waiting = standing(State.SUPPLEMENT_REQUESTED)
    assert verdict(waiting, update(State.TERMINATED, hours(1), **never)) is Verdict.ADMITTED
    filing = admit(standing(State.IN_REVIEW), update(State.CONCLUDED, hours(1), **never))
    assert filing.verdict is Verdict.CONFLICT
    assert filing.reason == "conclusion 5 does not go with CONCLUDED; it goes with TERMINATED"


@pytest.mark.parametrize(
    ("state", "codes"),
    [(State.CONCLUDED, "012346"), (State.RETURNED, "1"), (State.TERMINATED, "235"), (State.WITHDRAWN, "0123456")],
)
def test_a_conclusion_goes_with_the_state_it_ends_in(state: State, codes: str) -> None:
    here = standing(State.IN_REVIEW)
    reports = {code: update(state, hours(1), conclusion=code, reason="见通知书") for code in Conclusion}
    assert {code for code, report in reports.items() if verdict(here, report) is Verdict.ADMITTED} == set(codes)


states = st.sampled_from(list(State))
moments = st.integers(-48, 48).map(hours)
updates = st.builds(update, states, moments)


@given(states, moments, updates)
def test_only_legal_moves_are_ever_admitted(here: State, since: datetime, there: StatusUpdate) -> None:
    if verdict(standing(here, since), there) is Verdict.ADMITTED:
        assert there.state in MOVES[here] or there.state is here


@given(states, moments, updates)
def test_the_same_question_has_the_same_answer(here: State, since: datetime, there: StatusUpdate) -> None:
    assert admit(standing(here, since), there) == admit(standing(here, since), there)


@given(states, moments, updates)
def test_an_admitted_status_that_comes_again_is_a_repetition(here: State, since: datetime, there: StatusUpdate) -> None:
    before = standing(here, since)
    if verdict(before, there) is Verdict.ADMITTED:
        assert verdict(apply(before, there), there) is Verdict.REPEATED


@given(st.permutations(list(enumerate(ROAD[1:], 1))))
def test_in_whatever_order_the_road_is_reported_the_case_ends_where_it_should(
    reports: list[tuple[int, State]],
) -> None:
    here, held = standing(State.RECEIVED), [update(state, hours(count)) for count, state in reports]
    moved = True
    while moved:  # what is held is looked at again after every move
        moved, waiting = False, []
        for there in held:
            filing = verdict(here, there)
            if filing is Verdict.ADMITTED:
                here, moved = apply(here, there), True
            elif filing is Verdict.HELD:
                waiting.append(there)
        held = waiting
    assert here.state is State.EVALUATED
    assert held == []


def test_a_delivered_case_keeps_its_conclusion() -> None:
    delivered = update(State.DELIVERED, hours(1))
    after = apply(standing(State.CONCLUDED, conclusion=Conclusion.CERTIFICATE), delivered)
    assert after.conclusion is Conclusion.CERTIFICATE
    assert verdict(after, delivered) is Verdict.REPEATED
