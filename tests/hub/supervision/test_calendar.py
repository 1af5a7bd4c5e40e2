"""Working days across statutory holidays, make-up days and a year whose notice is not out."""

from datetime import date

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.supervision.calendar import PROVISIONAL, WorkCalendar, statutory_days

CALENDAR = WorkCalendar()


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (date(2026, 2, 12), 5, date(2026, 2, 26)),  # Saturday 02-14 is a make-up day
        (date(2026, 9, 24), 5, date(2026, 10, 9)),
        (date(2026, 9, 29), 20, date(2026, 11, 2)),
        (date(2026, 4, 28), 3, date(2026, 5, 6)),
        (date(2025, 1, 24), 5, date(2025, 2, 7)),
        (date(2026, 3, 2), 20, date(2026, 3, 30)),
        (date(2026, 3, 2), 45, date(2026, 5, 8)),
        (date(2026, 4, 29), 10, date(2026, 5, 15)),
    ],
)
def test_limits_end_on_the_day_the_rules_give(start: date, days: int, due: date) -> None:
    found = CALENDAR.due(start, days)
    assert found is not None
    assert found.day == due
    assert not found.provisional


def test_zero_days_end_on_the_start_day_even_when_it_is_off() -> None:
    found = CALENDAR.due(date(2026, 10, 1), 0)
    assert found is not None
    assert found.day == date(2026, 10, 1)


def test_the_year_after_the_last_notice_is_provisional_and_the_next_is_refused() -> None:
    last = CALENDAR.official_until
    found = CALENDAR.due(date(last, 12, 28), 10)
    assert found is not None
    assert found.provisional
    assert CALENDAR.due(date(last + 1, 12, 28), 10) is None
    with pytest.raises(ValueError, match="no calendar"):
        CALENDAR.is_working(date(last + 2, 1, 4))


@given(st.dates(date(2018, 1, 1), date(2026, 6, 1)), st.integers(1, 60))
def test_one_day_more_is_never_earlier_and_ends_on_a_working_day(start: date, days: int) -> None:
    shorter, longer = CALENDAR.due(start, days), CALENDAR.due(start, days + 1)
    assert shorter is not None
    assert longer is not None
    assert start < shorter.day < longer.day
    assert CALENDAR.is_working(shorter.day)


@given(st.dates(date(CALENDAR.official_from, 1, 1), date(CALENDAR.official_until, 12, 31)))
def test_the_official_years_are_the_notices_own_word(day: date) -> None:
    assert CALENDAR.is_working(day) == chinese_calendar.is_workday(day)


def test_the_provisional_days_may_be_worked_out_elsewhere() -> None:
    handed = WorkCalendar(statutory_days(PROVISIONAL))
    start = date(CALENDAR.official_until, 9, 1)
    assert [handed.due(start, days) for days in range(150)] == [CALENDAR.due(start, days) for days in range(150)]
