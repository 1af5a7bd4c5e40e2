"""The day of a moment is the day in China."""

from datetime import UTC, date, datetime

import pytest

from cases.moments import local_day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 1, 15, 59, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2)),
    ],
)
def test_the_day_changes_at_midnight_in_shanghai(moment: datetime, day: date) -> None:
    assert local_day(moment) == day


def test_a_naive_moment_has_no_day() -> None:
    with pytest.raises(ValueError, match="offset"):
        local_day(datetime(2026, 3, 1))  # noqa: DTZ001 - that is the point
