"""The day a moment falls on: dates of the trade are dates in China."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


def local_day(moment: datetime) -> date:
    """Return the date in China on which an aware moment falls.

    Raises:
        ValueError: the moment has no offset.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset before its day can be told")
    return moment.astimezone(SHANGHAI).date()
