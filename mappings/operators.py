"""What the operators of expressions do with values; a missing operand gives missing (None), never an exception.

Logic has three values: true, false and missing. `not` missing is missing; `and` is false as soon as one side is
false, `or` true as soon as one side is true, otherwise missing where one side is. Values of different types are never
equal and have no order (missing). Arithmetic takes numbers only; `+` also joins two texts.
"""

from collections.abc import Callable
from typing import Any

Binary = Callable[[Any, Any], Any]

#: Beyond this, arithmetic gives missing: no case holds such a number, and growth stays bounded.
MAX_NUMBER = 10**18
_NUMBERS = (int, float)


def _both_numbers(left: Any, right: Any) -> bool:
    return left.__class__ in _NUMBERS and right.__class__ in _NUMBERS


def equal(left: Any, right: Any) -> bool | None:
    """Equality of two scalars; missing where one side is missing or no scalar."""
    if left is None or right is None or left.__class__ in (list, dict) or right.__class__ in (list, dict):
        return None
    return bool(left == right) if left.__class__ is right.__class__ or _both_numbers(left, right) else False


def unequal(left: Any, right: Any) -> bool | None:
    """The opposite of `equal`; missing stays missing."""
    return negate(equal(left, right))


def ordered(compare: Binary) -> Binary:
    """Make an ordering of two texts or two numbers."""

    def run(left: Any, right: Any) -> bool | None:
        if _both_numbers(left, right) or (left.__class__ is str and right.__class__ is str):
            return bool(compare(left, right))
        return None

    return run


def member(value: Any, options: Any) -> bool | None:
    """Whether a list holds a value; missing where either is missing."""
    if value is None or options.__class__ is not list:
        return None
    return any(equal(value, option) for option in options)


def not_member(value: Any, options: Any) -> bool | None:
    """The opposite of `member`; missing stays missing."""
    return negate(member(value, options))


def negate(value: Any) -> bool | None:
    """Not; missing stays missing."""
    return not value if value.__class__ is bool else None


def arithmetic(compute: Binary) -> Binary:
    """Make an operation of two numbers; missing where it has no finite result of sensible size."""

    def run(left: Any, right: Any) -> Any:
        if not _both_numbers(left, right):
            return None
        try:
            result = compute(left, right)
        except (ZeroDivisionError, OverflowError):
            return None
        return result if -MAX_NUMBER <= result <= MAX_NUMBER else None  # so not for infinities or NaN either

    return run


def add(left: Any, right: Any) -> Any:
    """Add two numbers or join two texts."""
    if left.__class__ is str and right.__class__ is str:
        return left + right
    return _add_numbers(left, right)


_add_numbers = arithmetic(lambda left, right: left + right)
