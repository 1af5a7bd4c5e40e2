"""Working days: what a limit of n days means on the calendar of the People's Republic.

Official years come from `chinesecalendar` (statutory days and make-up days of the State Council's notices). The year
after the last official one is provisional: weekends and statutory days, no make-up days; later years are refused.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

_DAY = timedelta(days=1)
_SATURDAY = 5
#: Answers kept: a day's submissions ask for the same few dozen limits again and again.
_KEPT = 4096

OFFICIAL_FROM: int = min(chinese_calendar.holidays).year
OFFICIAL_UNTIL: int = max(chinese_calendar.holidays).year
PROVISIONAL = OFFICIAL_UNTIL + 1


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a limit; provisional while it rests on a year whose notice is not out."""

    day: date
    provisional: bool


class WorkCalendar:
    """Counts working days."""

    def __init__(self, provisional_days: Collection[date] | None = None) -> None:
        """`provisional_days` are `statutory_days(PROVISIONAL)`; without them they are worked out when first needed."""
        self.official_from, self.official_until = OFFICIAL_FROM, OFFICIAL_UNTIL
        self._provisional = None if provisional_days is None else frozenset(provisional_days)
        self._official_off = frozenset(chinese_calendar.holidays)
        self._make_up = frozenset(chinese_calendar.workdays)
        self._due = lru_cache(_KEPT)(self._count)

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
            return day in self._make_up or (day.weekday() < _SATURDAY and day not in self._official_off)
        if self._provisional is None:
            self._provisional = frozenset(statutory_days(PROVISIONAL))
        return day.weekday() < _SATURDAY and day not in self._provisional

    def due(self, start: date, working_days: int) -> Due | None:
        """Return the day on which a limit ends: the start day is not counted, zero days end on the start day.

        None where the limit reaches into a year without a calendar.
        """
        return self._due(start, working_days)

    def _count(self, start: date, working_days: int) -> Due | None:
        day, left = start, working_days
        while left > 0:
            day += _DAY
            if not self.covers(day):
                return None
            left -= self.is_working(day)
        return Due(day, provisional=day.year > self.official_until)


def statutory_days(year: int) -> list[date]:
    """Return the statutory days off of a year for which there is no notice yet. Takes a third of a second and 14 MB."""
    import holidays  # noqa: PLC0415 - most processes never need it

    return sorted(holidays.country_holidays("CN", years=year))
