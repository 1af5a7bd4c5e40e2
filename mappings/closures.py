"""The functions that an expression becomes: each reads its values from the scope and the document's root."""

from collections.abc import Callable, Sequence
from typing import Any

from mappings import operators
from mappings.functions import MAX_TEXT_RESULT
from mappings.paths import Getter


def combined(operate: operators.Binary, left: Getter, right: Getter, *, literal: bool) -> Getter:
    """Apply an operator; what stands right is a literal most of the time and then is read once, here."""
    if not literal:
        return lambda scope, root: operate(left(scope, root), right(scope, root))
    constant = right(None, None)
    if operate is operators.equal and isinstance(constant, str):

        def equals(scope: Any, root: Any) -> Any:
            value = left(scope, root)
            return value == constant if value.__class__ is str else operators.equal(value, constant)

        return equals
    return lambda scope, root: operate(left(scope, root), constant)


def missing(_scope: Any, _root: Any) -> None:
    """Read what is never there."""


def all_of(runs: Sequence[Getter]) -> Getter:
    """Tell whether all hold; one that is missing leaves it open unless another is false."""

    def run(scope: Any, root: Any) -> bool | None:
        answer: bool | None = True
        for read in runs:
            value = read(scope, root)
            if value is False:
                return False
            if value is not True:
                answer = None
        return answer

    return run


def any_of(runs: Sequence[Getter]) -> Getter:
    """Tell whether one holds; one that is missing leaves it open unless another is true."""

    def run(scope: Any, root: Any) -> bool | None:
        answer: bool | None = False
        for read in runs:
            value = read(scope, root)
            if value is True:
                return True
            if value is not False:
                answer = None
        return answer

    return run


def called(call: Callable[..., Any], reads: Sequence[Getter], *, sees_missing: bool) -> Getter:
    """Apply a function of the language; a missing value, or one it does not take, gives a missing result."""

    def run(scope: Any, root: Any) -> Any:
        values = [read(scope, root) for read in reads]
        if not sees_missing and any(value is None for value in values):
            return None
        try:
            result = call(*values)
        except (TypeError, ValueError, ArithmeticError, AttributeError):  # a value of another type than it takes
            return None
        return result if result.__class__ is not str or len(result) <= MAX_TEXT_RESULT else None

    return run
