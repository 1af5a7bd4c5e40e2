"""Working days: what a limit of n days means on the calendar of the People's Republic.

Official years come from `chinesecalendar` (statutory days and make-up days of the State Council's notices). The year
after the last official one is provisional: weekends and statutory days, no make-up days; later years are refused.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import chinese_calendar
import holidays

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a limit; provisional while it rests on a year whose notice is not out."""

    day: date
    provisional: bool


class WorkCalendar:
    """Counts working days."""

    def __init__(self) -> None:
        self.official_until: int = max(chinese_calendar.holidays).year
        self.official_from: int = min(chinese_calendar.holidays).year
        _statutory(self.official_until + 1)  # a third of a second: now, not in the first submission that needs it

    def covers(self, day: date) -> bool:
        """Return whether working days of that year are known, officially or provisionally."""
        return self.official_from <= day.year <= self.official_until + 1

    def is_working(self, day: date) -> bool:
        """Return whether offices count this day.

        Raises:
            ValueError: the year is outside what `covers` says.
        """
        if not self.covers(day):
            raise ValueError(f"no calendar for {day.year}: known are {self.official_from} to {self.official_until + 1}")
        if day.year <= self.official_until:
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < _SATURDAY and day not in _statutory(day.year)

    def due(self, start: date, working_days: int) -> Due | None:
        """Return the day on which a limit ends: the start day is not counted, zero days end on the start day.

        None where the limit reaches into a year without a calendar.
        """
        day, left = start, working_days
        while left > 0:
            day += _DAY
            if not self.covers(day):
                return None
            left -= self.is_working(day)
        return Due(day, provisional=day.year > self.official_until)


@cache
def _statutory(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("CN", years=year))
