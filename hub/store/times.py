"""Instants in the database: whole microseconds since 1970 in UTC.

One meaning on SQLite (which has no time type) and PostgreSQL, exact, ordered, and no driver converts behind our back.
"""

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970 UTC.

    Raises:
        TypeError: the moment has no offset.
    """
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Return the moment, in UTC, of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=value)


def maybe_moment(value: int | None) -> datetime | None:
    """Return the moment, or None where there is none."""
    return None if value is None else moment(value)


def maybe_iso(value: date | None) -> str | None:
    """Return a date as ISO text, or None where there is none."""
    return None if value is None else value.isoformat()


def maybe_date(value: str | None) -> date | None:
    """Return the date of ISO text, or None where there is none."""
    return None if value is None else date.fromisoformat(value)
