"""Whether every value of one shape is allowed by another; what is not is said in plain words."""

import re
from collections.abc import Iterator

from config.findings import Severity
from mappings.paths import NAMES, listing
from mappings.shape import Shape, constant_shape

Complaint = tuple[Severity, str]

_AS = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_SHOWN = 5


def complaints(given: Shape, wanted: Shape, *, sample: str | None = None) -> Iterator[Complaint]:
    """Yield what speaks against a single value of shape `given` where `wanted` is asked for.

    `sample`: a value as it would be written, where all values look alike (dates).
    """
    if given.kind == "any" and given.enum is not None:  # codes of several kinds
        for value in given.enum:
            yield from complaints(constant_shape(value), wanted)
        return
    if given.kind == "any" or wanted.kind == "any":
        yield from _values(given, wanted)
        return
    if not _same_kind(given, wanted):
        yield (
            "error",
            f"{NAMES[given.kind]} goes where the target has {NAMES[wanted.kind]}{_kind_remedy(given, wanted)}",
        )
        return
    yield from _values(given, wanted)
    if given.kind == "string" and wanted.kind == "string" and given.enum is None:
        yield from _lengths(given, wanted)
        yield from _forms(given, wanted, sample)


def _same_kind(given: Shape, wanted: Shape) -> bool:
    if given.kind == wanted.kind or (given.kind, wanted.kind) == ("integer", "number"):
        return True
    return given.kind == "string" and given.format == "decimal" == wanted.format and wanted.kind == "number"


def _kind_remedy(given: Shape, wanted: Shape) -> str:
    if wanted.kind == "list":
        return "; make one with each (to or item) or split"
    if wanted.kind == "object":
        return "; build one with to"
    if given.kind == "list":
        return "; join it, read one item with [0], or build a list with each"
    if given.kind == "object":
        return "; map one of its fields"
    return f"; say as: {_AS[wanted.kind]}, or use a table"


def _values(given: Shape, wanted: Shape) -> Iterator[Complaint]:
    """Codes: each that may come must be known to the target, by list, length and pattern."""
    if given.enum is None:
        if wanted.enum is not None and given.kind != "any":
            yield "error", f"any value may come, the target knows only {listing(wanted.enum)}; use a table"
        return
    if wanted.enum is not None:
        foreign = [value for value in given.enum if value not in wanted.enum]
        if foreign:
            yield "error", f"{_some(foreign)} not allowed by the target; allowed: {listing(wanted.enum)}"
        return
    texts = [value for value in given.enum if isinstance(value, str)]
    if wanted.max_length is not None and (long := [text for text in texts if len(text) > wanted.max_length]):
        yield "error", f"{_some(long)} longer than the target's {wanted.max_length} characters"
    if short := [text for text in texts if len(text) < wanted.min_length]:
        yield "error", f"{_some(short)} shorter than the target's {wanted.min_length} characters"
    if wanted.pattern is not None and (odd := [text for text in texts if _matches(wanted.pattern, text) is False]):
        yield "error", f"{_some(odd)} against the target's pattern {wanted.pattern}"
    if wanted.format == "date-time" and (odd := [text for text in texts if not _DATE_TIME.fullmatch(text)]):
        yield "error", f"{_some(odd)} no time, which the target asks for"


def _some(values: list[str] | list[str | int | float | bool]) -> str:
    shown = ", ".join(repr(value) for value in values[:_SHOWN]) + (", …" if len(values) > _SHOWN else "")
    return f"{shown} {'are' if len(values) > 1 else 'is'}"


def _lengths(given: Shape, wanted: Shape) -> Iterator[Complaint]:
    remedy = f"declare max_length: {wanted.max_length} (longer becomes an error) or cut: {wanted.max_length}"
    if wanted.max_length is not None and (given.max_length is None or given.max_length > wanted.max_length):
        if given.min_length > wanted.max_length:
            yield "error", f"always longer than the target's {wanted.max_length} characters"
        elif given.max_length is None:
            yield "warning", f"of any length, the target takes {wanted.max_length} characters; {remedy}"
        else:
            yield "error", f"up to {given.max_length} characters, the target takes {wanted.max_length}; {remedy}"
    if given.max_length is not None and given.max_length < wanted.min_length:
        yield "error", f"never longer than {given.max_length} characters, the target wants {wanted.min_length} at least"
    elif given.min_length < wanted.min_length and wanted.min_length > 1:
        yield "warning", f"may be shorter than the {wanted.min_length} characters that the target wants"


def _forms(given: Shape, wanted: Shape, sample: str | None) -> Iterator[Complaint]:
    if wanted.pattern is not None and not _follows(given.pattern, wanted.pattern):
        matches = _matches(wanted.pattern, sample) if sample is not None else None
        if matches is False:
            yield "error", f"written like {sample}, which is against the target's pattern {wanted.pattern}"
        elif matches is None:
            yield "warning", f"nothing says that it follows the target's pattern {wanted.pattern}"
    if wanted.format in ("date", "date-time") and wanted.format != given.format:
        proven = sample is not None and wanted.format == "date-time" and _DATE_TIME.fullmatch(sample)
        if not proven:
            as_ = "date" if wanted.format == "date" else "datetime"
            found = f"it is written like {sample}" if sample else f"it is {given.format or 'plain'} text"
            yield "error", f"the target asks for a {wanted.format}, {found}; say as: {as_}"


def _follows(given: str | None, wanted: str) -> bool:
    """Whether the one pattern is known to allow nothing beyond the other; `\\d` takes all that `[0-9]` takes."""
    if given is None:
        return False
    given, wanted = (pattern.replace("(?:", "(") for pattern in (given, wanted))
    return given in (wanted, wanted.replace(r"\d", "[0-9]"))


def _matches(pattern: str, text: str) -> bool | None:
    """Whether a text follows a pattern; None where the pattern is not one that we can read."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return None
