"""Dates and times between our RFC 3339 text and the other side's format and zone.

Formats are made of %Y %m %d %H %M %S %f (microseconds) %z and plain characters. Nothing is guessed: a text that does
not match, a day that does not exist, a time without an offset or zone are errors.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any, Literal
from zoneinfo import ZoneInfo

from mappings.paths import kind_of
from mappings.trouble import Wrong

Convert = Callable[[Any], str]

#: Dates of the canonical format are dates of the district.
DATE_ZONE = "Asia/Shanghai"

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_LAYOUT = ("--T::+:", "--T::-:")  # every third character of 2026-03-02T09:12:00+08:00, from the fifth
_DIRECTIVE = re.compile(r"%(.)")
# directive → (attribute, how it is written, how it is read, where it stands in RFC 3339 text)
_PARTS: dict[str, tuple[str, str, str, slice]] = {
    "Y": ("year", "%04d", r"(?P<year>\d{4})", slice(0, 4)),
    "m": ("month", "%02d", r"(?P<month>\d\d)", slice(5, 7)),
    "d": ("day", "%02d", r"(?P<day>\d\d)", slice(8, 10)),
    "H": ("hour", "%02d", r"(?P<hour>\d\d)", slice(11, 13)),
    "M": ("minute", "%02d", r"(?P<minute>\d\d)", slice(14, 16)),
    "S": ("second", "%02d", r"(?P<second>\d\d)", slice(17, 19)),
}
_READ_ONLY = {"f": r"(?P<microsecond>\d{6})", "z": r"(?P<offset>Z|[+-]\d\d:?\d\d)"}


class Format:
    """One date format, ready to read and write."""

    def __init__(self, text: str) -> None:
        """Raises ValueError for a directive that is not known or stands twice."""
        self.text = text
        letters: list[str] = _DIRECTIVE.findall(text)
        for letter in letters:
            if letter not in _PARTS and letter not in _READ_ONLY and letter != "%":
                raise ValueError(f"%{letter} is not known in date formats; known: %Y %m %d %H %M %S %f %z")
        fields = [letter for letter in letters if letter != "%"]
        if len(set(fields)) != len(fields):
            raise ValueError("a part stands twice in this date format")
        if not fields:
            raise ValueError("this date format has no part; write for instance %Y-%m-%d")
        self.has_time = "H" in fields
        self.has_offset = "z" in fields
        self.whole_day = {"Y", "m", "d"} <= set(fields)
        self._letters = fields
        pieces = _DIRECTIVE.split(text)  # plain, letter, plain, letter, …, plain
        self._pattern = re.compile("".join(map(_reading, range(len(pieces)), pieces)), re.ASCII)
        self.template = "".join(map(_writing, range(len(pieces)), pieces))

    def write(self, moment: datetime | date) -> str:
        """Write a moment that is in the right zone already."""
        simple = [letter for letter in self._letters if letter in _PARTS]
        if len(simple) == len(self._letters):
            return self.template % attrgetter(*(_PARTS[letter][0] for letter in simple))(moment)
        assert isinstance(moment, datetime)
        values = {"f": f"{moment.microsecond:06d}", "z": moment.strftime("%z")[:5]}
        return self.template % tuple(
            values[letter] if letter in values else getattr(moment, _PARTS[letter][0]) for letter in self._letters
        )

    def rewriter(self) -> Callable[[str], str] | None:
        """Return a function that writes by cutting RFC 3339 text of fixed layout, where that is possible."""
        if not all(letter in _PARTS for letter in self._letters):
            return None
        pieces = _DIRECTIVE.split(self.text)
        if any(pieces[position] == "%" for position in range(1, len(pieces), 2)):
            return None
        return _cutter(pieces)

    def read(self, text: str) -> tuple[dict[str, int], str | None]:
        """Return the numbers of a text and its offset.

        Raises:
            Wrong: the text does not follow the format.
        """
        found = self._pattern.fullmatch(text)
        if found is None:
            raise Wrong(f"{text[:40]!r} does not follow the format {self.text}")
        parts = found.groupdict()
        offset = parts.pop("offset", None)
        return {name: int(digits) for name, digits in parts.items()}, offset


def _cutter(pieces: list[str]) -> Callable[[str], str]:
    """Cut the parts out of RFC 3339 text; neighbours with the same character between them are cut at once."""
    spans: list[slice | str] = [pieces[0]] if pieces[0] else []
    for position in range(1, len(pieces), 2):
        span, plain = _PARTS[pieces[position]][3], pieces[position + 1]
        before = spans[-1] if spans else ""
        between = spans[-2] if len(spans) > 1 and isinstance(before, str) else None
        if isinstance(between, slice) and before == "0000-00-00T00:00:00"[between.stop : span.start]:
            spans[-2:] = [slice(between.start, span.stop)]
        else:
            spans.append(span)
        if plain:
            spans.append(plain)
    cuts = [span for span in spans if isinstance(span, slice)]
    if len(cuts) == 1:
        (cut,) = cuts
        left = "".join(span for span in spans[: spans.index(cut)] if isinstance(span, str))
        right = "".join(span for span in spans[spans.index(cut) + 1 :] if isinstance(span, str))
        return lambda text: f"{left}{text[cut]}{right}"
    take = itemgetter(*cuts)
    if len(cuts) == len(spans):
        return lambda text: "".join(take(text))
    template = "".join("%s" if isinstance(span, slice) else span.replace("%", "%%") for span in spans)
    return lambda text: template % take(text)


def _reading(position: int, piece: str) -> str:
    if position % 2 == 0:
        return re.escape(piece)
    if piece == "%":
        return "%"
    return _PARTS[piece][2] if piece in _PARTS else _READ_ONLY[piece]


def _writing(position: int, piece: str) -> str:
    if position % 2 == 0:
        return piece.replace("%", "%%")
    if piece == "%":
        return "%%"
    return _PARTS[piece][1] if piece in _PARTS else "%s"


def parse_moment(text: Any) -> datetime:
    """Read RFC 3339 text with offset.

    Raises:
        Wrong: it is something else, or has no offset.
    """
    if not isinstance(text, str):
        raise Wrong(f"a time must be RFC 3339 text, not {kind_of(text)}")
    if not _RFC3339.fullmatch(text):
        raise Wrong(f"{text[:40]!r} is not a time like 2026-03-02T09:12:00+08:00; the offset must be there")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Wrong(f"{text[:40]!r} is not a time that exists: {error}") from None


def parse_date(text: Any) -> date:
    """Read a date like 2026-03-02.

    Raises:
        Wrong: it is something else.
    """
    if text.__class__ is not str or len(text) != 10 or not text[4] == text[7] == "-":
        raise Wrong(f"{str(text)[:40]!r} is not a date like 2026-03-02")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{text!r} is not a day that exists") from None


def zone(name: str) -> ZoneInfo:
    """Return a time zone; ValueError with the remedy where there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"no time zone {name!r}; write one like Asia/Shanghai") from None


def writer(as_: Literal["date", "datetime"], form: Format | None, where: ZoneInfo | None) -> Convert:
    """Make a function from our text to the other side's."""
    if as_ == "date":
        return _date_writer(form or Format("%Y-%m-%d"), where or zone(DATE_ZONE))
    if form is None:
        return lambda value: _rfc3339(parse_moment(value) if where is None else parse_moment(value).astimezone(where))
    slow = _moment_writer(form, where)
    rewrite = form.rewriter()
    return slow if rewrite is None or where is None else _quick_writer(rewrite, slow, _Steady(where))


def _moment_writer(form: Format, where: ZoneInfo | None) -> Convert:
    def write(value: Any) -> str:
        moment = parse_moment(value)
        return form.write(moment if where is None else _shift(moment, where))

    return write


def _quick_writer(rewrite: Callable[[str], str], slow: Convert, steady: "_Steady") -> Convert:
    """Text of the usual layout, already at the zone's offset, is checked and cut; anything else goes the slow way."""
    exists, known, learn = datetime.fromisoformat, steady.known, steady.offset

    def write(value: Any) -> str:
        if value.__class__ is not str or len(value) != 25 or value[4::3] not in _LAYOUT:
            return slow(value)
        year = value[:4]
        offset = known[year] if year in known else learn(year)
        if value[19:] != offset or value[11:13] == "24":  # newer Pythons read 24:00 as the next day
            return slow(value)
        try:
            exists(value)
        except ValueError:
            return slow(value)
        return rewrite(value)

    return write


def _date_writer(form: Format, where: ZoneInfo) -> Convert:
    rewrite, exists = form.rewriter(), date.fromisoformat

    def slow(value: Any) -> str:
        day = parse_date(value) if value.__class__ is not str or len(value) <= 10 else _day_of(value, where)
        return form.write(day)

    def write(value: Any) -> str:
        if rewrite is None or value.__class__ is not str or len(value) != 10 or not value[4] == value[7] == "-":
            return slow(value)
        try:
            exists(value)
        except ValueError:
            return slow(value)
        return rewrite(value)

    return write


def _day_of(value: str, where: ZoneInfo) -> date:
    return _shift(parse_moment(value), where).date()


def reader(as_: Literal["date", "datetime"], form: Format | None, where: ZoneInfo | None) -> Convert:
    """Make a function from the other side's text (or its date value, as SOAP readers give) to ours."""
    if as_ == "date":
        return lambda value: _read_date(value, form, where or zone(DATE_ZONE))
    return lambda value: _rfc3339(_read_moment(value, form, where))


def _read_date(value: Any, form: Format | None, where: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else _shift(value, where)).date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if form is None:
        return parse_date(value).isoformat()
    numbers, _ = form.read(_wanted_text(value))
    return _existing(value, numbers).date().isoformat()


def _read_moment(value: Any, form: Format | None, where: ZoneInfo | None) -> datetime:
    if isinstance(value, datetime):
        return _in_zone(value, where) if value.tzinfo is None else value
    if form is None:
        return parse_moment(value)
    numbers, offset = form.read(_wanted_text(value))
    naive = _existing(value, numbers)
    return _in_zone(naive, where) if offset is None else naive.replace(tzinfo=_tzinfo(offset))


def _existing(value: Any, numbers: dict[str, int]) -> datetime:
    try:
        return datetime(**numbers)  # type: ignore[arg-type]  # noqa: DTZ001  the zone follows in the next step
    except (ValueError, TypeError) as error:
        raise Wrong(f"{str(value)[:40]!r} is not a time that exists: {error}") from None


def _in_zone(naive: datetime, where: ZoneInfo | None) -> datetime:
    if where is None:
        raise Wrong("a time without an offset; say its zone: zone: Asia/Shanghai")
    moment = naive.replace(tzinfo=where)
    if _shift(_shift(moment, UTC), where).replace(tzinfo=None) != naive:
        raise Wrong(f"{naive.isoformat()} does not exist in {where.key}: clocks were moved")
    return moment


def _shift(moment: datetime, where: tzinfo) -> datetime:
    try:
        return moment.astimezone(where)
    except (OverflowError, ValueError):
        raise Wrong(f"{moment.isoformat()} is beyond the calendar") from None


def _tzinfo(offset: str) -> tzinfo | None:
    try:
        return datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo
    except ValueError:
        raise Wrong(f"{offset!r} is not an offset") from None


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")


def _wanted_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Wrong(f"a date must be text, not {kind_of(value)}")
    return str(value)


class _Steady:
    """The offset a zone keeps all through a year, or None for years in which its clocks moved."""

    def __init__(self, where: ZoneInfo) -> None:
        self.known: dict[str, str | None] = {}
        self._where = where

    def offset(self, year: str) -> str | None:
        """Return an offset like +08:00, and remember it."""
        usual = year.isascii() and year.isdigit() and "1900" <= year <= "2999"
        return self.known.setdefault(year, _steady_offset(self._where, int(year))) if usual else None


@cache
def _steady_offset(where: ZoneInfo, year: int) -> str | None:
    start = datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=1)
    offsets = {(start + timedelta(hours=6 * step)).astimezone(where).strftime("%z") for step in range(368 * 4)}
    only = offsets.pop()
    return f"{only[:3]}:{only[3:]}" if not offsets and len(only) == 5 else None


def check_complete(as_: Literal["date", "datetime"], form: Format | None, where: ZoneInfo | None, way: str) -> None:
    """Make sure that a format says everything that must be known; ValueError with the remedy otherwise."""
    if form is None:
        return
    if as_ == "date" and way == "in" and (form.has_time or not form.whole_day):
        raise ValueError("a date is read by a format of %Y, %m and %d; times are read with as: datetime")
    if as_ == "date" and form.has_time:
        raise ValueError("a date has no time; use as: datetime")
    if as_ == "datetime" and way == "in" and not (form.whole_day and form.has_time):
        raise ValueError("a time is read by a format that has %Y, %m, %d and %H")
    if as_ == "datetime" and where is None and not form.has_offset:
        raise ValueError("this format has no offset (%z); say its zone: zone: Asia/Shanghai")
