"""The pure functions that expressions may call, with the types they take and give. Missing in, missing out."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mappings.shape import Kind

MAX_TEXT_RESULT = 1_000_000
#: How decimal numbers are written in text: no exponent, no thousands.
DECIMAL = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Function:
    """One function: the kinds each argument may have, the kind of the result, whether it also sees missing values."""

    takes: tuple[frozenset[Kind], ...]
    gives: Kind
    run: Callable[..., Any]
    sees_missing: bool = False


_TEXT: frozenset[Kind] = frozenset({"string"})
_NUMBER: frozenset[Kind] = frozenset({"integer", "number"})
_INTEGER: frozenset[Kind] = frozenset({"integer"})
_SCALAR: frozenset[Kind] = frozenset({"string", "integer", "number", "boolean"})
_ANYTHING: frozenset[Kind] = frozenset({"string", "integer", "number", "boolean", "list", "object"})


def is_missing(value: Any) -> bool:
    """Null, absent and blank text are missing."""
    return value is None or (value.__class__ is str and not value.strip())


def _number(text: str) -> float | int | None:
    if not DECIMAL.fullmatch(text.strip()):
        return None
    number = Decimal(text.strip())
    if abs(number) >= 10**18:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _integer(text: str) -> int | None:
    body = text.strip()
    digits = body.removeprefix("-")
    return int(body) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def _round(number: float, digits: int) -> float | int | None:
    if not 0 <= digits <= 10 or not math.isfinite(number):
        return None
    rounded = Decimal(repr(number)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return int(rounded) if digits == 0 else float(rounded)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


FUNCTIONS: Mapping[str, Function] = {
    "present": Function((_ANYTHING,), "boolean", lambda value: not is_missing(value), sees_missing=True),
    "len": Function((_TEXT | {"list"},), "integer", len),
    "lower": Function((_TEXT,), "string", str.lower),
    "upper": Function((_TEXT,), "string", str.upper),
    "trim": Function((_TEXT,), "string", str.strip),
    "starts_with": Function((_TEXT, _TEXT), "boolean", str.startswith),
    "ends_with": Function((_TEXT, _TEXT), "boolean", str.endswith),
    "contains": Function((_TEXT, _TEXT), "boolean", lambda text, part: part in text),
    "part": Function((_TEXT, _INTEGER, _INTEGER), "string", lambda text, start, end: text[start:end]),
    "text": Function((_SCALAR,), "string", _text),
    "number": Function((_TEXT,), "number", _number),
    "integer": Function((_TEXT,), "integer", _integer),
    "round": Function((_NUMBER, _INTEGER), "number", _round),
    "abs": Function((_NUMBER,), "number", abs),
}
