"""What becomes of one value on its way: `split`, `text`, `table`, `as`, `join`, `cut`, `max_length`, in this order."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from mappings import times
from mappings.functions import DECIMAL
from mappings.load import Direction, MappingFile
from mappings.paths import kind_of
from mappings.spec import Rule
from mappings.tables import Code, CodeTable, as_code, no_entry
from mappings.trouble import Wrong

Convert = Callable[[Any], Any]

#: Bounds of what one value may be where the rule sets none.
MAX_TEXT = 1_000_000
MAX_NODES = 100_000
MAX_DEPTH = 40

_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_TEXT_FUNCTIONS: Mapping[str, Callable[[str], str]] = {
    "trim": str.strip,
    "upper": str.upper,
    "lower": str.lower,
    "half_width": lambda text: unicodedata.normalize("NFKC", text),
    "no_spaces": lambda text: "".join(text.split()),
    "digits_only": lambda text: "".join(char for char in text if "0" <= char <= "9"),
}


def before_table(rule: Rule) -> list[Convert]:
    """Return the steps that come before a table."""
    steps: list[Convert] = []
    if rule.split is not None:
        steps.append(_splitter(rule.split, rule.part))
    if rule.text:
        steps.append(_text_functions(rule))
    return steps


def after_table(rule: Rule, direction: Direction) -> list[Convert]:
    """Return the steps that come after a table; ValueError where the rule's format or zone cannot be read."""
    steps: list[Convert] = []
    if rule.as_ is not None:
        steps.append(_as(rule, direction))
    if rule.join is not None:
        steps.append(_joiner(rule.join))
    if rule.cut is not None:
        steps.append(_cutter(rule.cut))
    bounded_already = rule.as_ in ("date", "datetime", "whole") or (rule.table is not None and not steps)
    if rule.max_length is not None or not bounded_already:
        steps.append(bounded(rule.max_length))
    return steps


def table_of(rule: Rule, mapping: MappingFile) -> CodeTable:
    """Return the table a rule names or holds; ValueError where there is none of this name."""
    assert rule.table is not None
    if isinstance(rule.table, dict):
        return CodeTable(name="inline", rows=rule.table)
    try:
        return mapping.tables[rule.table]
    except KeyError:
        known = ", ".join(sorted(mapping.tables)) or "none"
        raise ValueError(f"no code table {rule.table!r}; known: {known}") from None


def rows_of(rule: Rule, table: CodeTable) -> dict[str, Code]:
    """Return the rows as this rule reads them, forwards or backwards."""
    return table.backward() if rule.backwards else table.forward()


def lookup(rows: Mapping[str, Code]) -> Convert:
    """Make a table step; a code without a row is an error."""
    find = rows.get

    def look(value: Any) -> Code:
        if value.__class__ is str:
            found = find(value)
            if found is not None:
                return found
        found = find(code_text(value))
        if found is None:
            raise Wrong(no_entry(value, rows))
        return found

    return look


def code_text(value: Any) -> str:
    """Write a value as table rows write codes.

    Raises:
        Wrong: the value is no code.
    """
    if isinstance(value, (str, int)):
        return as_code(value)
    raise Wrong(f"a code must be text or an integer, not {kind_of(value)}")


def _splitter(separator: str, part: int | None) -> Convert:
    def split(value: Any) -> Any:
        pieces = [piece.strip() for piece in _text(value).split(separator)]
        if part is None:
            return pieces
        if part >= len(pieces) or not pieces[part]:
            raise Wrong(f"has no piece {part} when split by {separator!r}")
        return pieces[part]

    return split


def _text_functions(rule: Rule) -> Convert:
    functions = [_TEXT_FUNCTIONS[name] for name in rule.text]

    def run(value: Any) -> str:
        text = _text(value)
        for function in functions:
            text = function(text)
        if not text:
            raise Wrong(f"nothing is left after {', '.join(rule.text)}")
        return text

    return run


def _joiner(separator: str) -> Convert:
    def join(value: Any) -> str:
        if not isinstance(value, list):
            raise Wrong(f"join needs a list, not {kind_of(value)}")
        if not value:
            raise Wrong("join found an empty list")
        return separator.join(to_text(item) for item in value)

    return join


def _cutter(length: int) -> Convert:
    return lambda value: _text(value)[:length]


def bounded(max_length: int | None) -> Convert:
    """The last step: a scalar of sensible size; too long is an error, never cut."""
    limit = MAX_TEXT if max_length is None else max_length

    def check(value: Any) -> Any:
        if value.__class__ is str:
            if len(value) > limit:
                raise Wrong(
                    f"has {len(value)} characters, at most {limit} go there; shorten it, or declare cut: {limit}"
                )
            return value
        return scalar(value)

    return check


def scalar(value: Any) -> Any:
    """Let true/false, finite numbers and lists of texts pass; anything else is an error."""
    if value.__class__ in (int, bool) or (value.__class__ is float and math.isfinite(value)):
        return value
    if value.__class__ is list and all(item.__class__ is str for item in value):  # what split gives
        return value
    remedy = {dict: "map its fields with to, or take it over with as: whole", list: "read it with each or join"}
    advice = remedy.get(value.__class__, "say what it is with as")
    raise Wrong(f"is {kind_of(value)}, not one value; {advice}")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise Wrong(f"must be text, not {kind_of(value)}; as: text comes later in the order, expr: text(…) earlier")


def to_text(value: Any) -> str:
    """Write a scalar as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**40 else _refuse(value, "an integer of sensible size")
    if isinstance(value, (float, Decimal)) and math.isfinite(value):
        return (
            f"{Decimal(str(value)):f}" if abs(Decimal(value)) < 10**40 else _refuse(value, "a number of sensible size")
        )
    return _refuse(value, "text or a number")


def _refuse(value: Any, wanted: str) -> str:
    raise Wrong(f"is {kind_of(value)}, not {wanted}")


def _as(rule: Rule, direction: Direction) -> Convert:
    if rule.as_ in ("date", "datetime"):
        form = times.Format(rule.format) if rule.format is not None else None
        where = times.zone(rule.zone) if rule.zone is not None else None
        times.check_complete(rule.as_, form, where, direction)
        make = times.writer if direction == "out" else times.reader
        return make(rule.as_, form, where)
    if rule.as_ == "decimal":
        return _decimal(rule.digits)
    plain: Mapping[str, Convert] = {
        "text": to_text,
        "integer": _integer,
        "number": _number,
        "boolean": _boolean,
        "whole": whole,
    }
    assert rule.as_ is not None
    return plain[rule.as_]


def _integer(value: Any) -> int:
    if value.__class__ is int:
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if (
        isinstance(value, (float, Decimal))
        and math.isfinite(value)
        and value == int(value)
        and abs(int(value)) < 10**18
    ):
        return int(value)
    raise Wrong(f"{str(value)[:40]!r} is not an integer")


def _exact(value: Any) -> Decimal:
    if isinstance(value, str) and DECIMAL.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        try:
            number = Decimal(str(value))
        except (InvalidOperation, ValueError):
            raise Wrong("is not a number of sensible size") from None
        if number.is_finite() and abs(number) < 10**30:
            return number
    raise Wrong(f"{str(value)[:40]!r} is not a number like 12.50")


def _number(value: Any) -> int | float:
    number = _exact(value)
    return int(number) if number == number.to_integral_value() else float(number)


def _decimal(digits: int | None) -> Convert:
    if digits is None:
        return lambda value: f"{_exact(value):f}"
    step = Decimal(1).scaleb(-digits)

    def write(value: Any) -> str:
        try:
            return f"{_exact(value).quantize(step, ROUND_HALF_UP):f}"
        except InvalidOperation:
            raise Wrong(f"has too many digits to be written with {digits} decimals") from None

    return write


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "1": True, "false": False, "0": False}
    found = known.get(str(value).strip()) if isinstance(value, (str, int)) else None
    if found is None:
        raise Wrong(f"{str(value)[:40]!r} is not true, false, 1 or 0; map other words with a table")
    return found


def whole(value: Any) -> Any:
    """Copy an object or list with all that is in it, within bounds."""
    return _copy(value, 0, [0])


def _copy(value: Any, depth: int, count: list[int]) -> Any:
    count[0] += 1
    if depth > MAX_DEPTH or count[0] > MAX_NODES:
        raise Wrong(f"is nested deeper than {MAX_DEPTH} levels or has more than {MAX_NODES} values")
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise Wrong("has a field whose name is not text")
        return {name: _copy(item, depth + 1, count) for name, item in value.items()}
    if isinstance(value, list):
        return [_copy(item, depth + 1, count) for item in value]
    if value is None or (isinstance(value, str) and len(value) <= MAX_TEXT):
        return value
    if isinstance(value, str):
        raise Wrong(f"holds a text of more than {MAX_TEXT} characters")
    return scalar(value)
