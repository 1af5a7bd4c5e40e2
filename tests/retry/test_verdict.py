"""The verdict follows the outcome's kind and the connector's declared ability, never the words."""

import pytest

from cases.outcome import Accepted, Again, Answered, Broken, Outcome, Refused, Unknown
from retry.schedule import Schedule
from retry.verdict import CAUSES, Ability, Done, No, Park, TryAgain, Verdict, judge

NEITHER = Ability(idempotency_key=False, lookup=False)
KEY = Ability(idempotency_key=True, lookup=False)
LOOKUP = Ability(idempotency_key=False, lookup=True)


def verdict(outcome: Outcome, ability: Ability = NEITHER, attempt: int = 1) -> Verdict:
    return judge(outcome, ability=ability, attempt=attempt, schedule=Schedule(first_seconds=10), draw=0.0)


@pytest.mark.parametrize("outcome", [Accepted(number="A1"), Answered(number=None, status={"zt": "90"})])
def test_what_the_department_took_is_done(outcome: Outcome) -> None:
    assert verdict(outcome) == Done()


def test_a_business_no_is_never_tried_again() -> None:
    assert verdict(Refused(code="2003", reason="timeout"), KEY) == No()


def test_certainly_not_processed_is_tried_again_after_the_pause() -> None:
    assert verdict(Again(code="busy", reason="")) == TryAgain(5.0)


def test_the_pause_a_department_asked_for_is_kept_but_never_shortens_ours() -> None:
    assert verdict(Again(code="busy", reason="", after_seconds=60)) == TryAgain(60)
    assert verdict(Again(code="busy", reason="", after_seconds=0.1)) == TryAgain(5.0)


@pytest.mark.parametrize("ability", [KEY, LOOKUP])
def test_an_unknown_outcome_is_taken_up_again_where_that_cannot_file_twice(ability: Ability) -> None:
    assert isinstance(verdict(Unknown(code="timeout", reason="no answer"), ability), TryAgain)


def test_a_department_is_asked_only_when_it_can_no_longer_be_at_work_on_the_lost_call() -> None:
    slow = Ability(idempotency_key=False, lookup=True, settle_seconds=45)
    assert verdict(Unknown(code="timeout", reason="no answer"), slow) == TryAgain(45)
    same_key = Ability(idempotency_key=True, lookup=True, settle_seconds=45)
    assert verdict(Unknown(code="timeout", reason="no answer"), same_key) == TryAgain(5.0)


def test_an_unknown_outcome_that_nobody_can_settle_is_parked_with_its_question() -> None:
    parked = verdict(Unknown(code="timeout", reason="no answer in 20 s"))
    assert isinstance(parked, Park)
    assert parked.cause in CAUSES
    assert "did the case arrive?" in parked.question


def test_what_does_not_fit_the_contract_is_parked_at_once() -> None:
    parked = verdict(Broken(code="mapping_failed", reason="request.yaml:3: …"), KEY, attempt=1)
    assert parked == Park("contract", "request.yaml:3: …")
