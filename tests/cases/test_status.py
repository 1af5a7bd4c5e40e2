"""A status: every value carries its provenance, none other does."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from cases.states import Mark, State
from cases.status import StatusUpdate

AT = datetime(2026, 3, 2, tzinfo=UTC)


def status(marks: dict[str, str], **values: Any) -> StatusUpdate:
    return StatusUpdate.model_validate({"state": "ACCEPTED", "occurred_at": AT, "marks": marks, **values})


def test_every_value_is_marked() -> None:
    found = status({"state": "OBSERVED", "occurred_at": "DERIVED", "handler": "DEFAULTED"}, handler="李示例")
    assert (found.state, found.marks["occurred_at"]) == (State.ACCEPTED, Mark.DERIVED)


@pytest.mark.parametrize(
    ("marks", "values"),
    [
        ({"state": "OBSERVED"}, {}),
        ({"state": "OBSERVED", "occurred_at": "OBSERVED"}, {"handler": "李示例"}),
        ({"state": "OBSERVED", "occurred_at": "OBSERVED", "handler": "OBSERVED"}, {}),
        ({"state": "OBSERVED", "occurred_at": "OBSERVED", "colour": "OBSERVED"}, {}),
        ({"state": "GUESSED", "occurred_at": "OBSERVED"}, {}),
    ],
)
def test_a_value_without_mark_or_a_mark_without_value_is_refused(marks: dict[str, str], values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        status(marks, **values)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        status({"state": "OBSERVED", "occurred_at": "OBSERVED"}, occurred_at="2026-03-02T09:00:00")
