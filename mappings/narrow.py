"""Shapes of fewer documents: those of one kind of case among several, those for which a condition holds."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from mappings.expressions import Expression
from mappings.paths import Path, walk
from mappings.shape import NEVER, Member, Shape
from mappings.syntax import there_when_true

#: Combinations of codes that are tried to decide a condition; beyond, it stays undecided.
MAX_COMBINATIONS = 1000


def within(whole: Shape, part: Shape, *, codes: Literal["some", "all"] = "some") -> Shape:
    """Return the shape of some of the documents that `whole` describes.

    Fields that only the other documents have are known there, but never come.

    Args:
        whole: the shape of all documents.
        part: the shape of these.
        codes: `all` keeps the code lists of the whole, since a mapping that serves them all is prudent, not idle.
    """
    if whole.kind == "object" == part.kind and whole.fields:
        some = {
            name: Member(within(member.shape, part.fields[name].shape, codes=codes), part.fields[name].required)
            if name in part.fields
            else Member(NEVER, required=False)
            for name, member in whole.fields.items()
        }
        return replace(part, fields={**part.fields, **some})
    if whole.kind == "list" == part.kind and whole.items is not None and part.items is not None:
        return replace(part, items=within(whole.items, part.items, codes=codes))
    return replace(part, enum=whole.enum) if codes == "all" and whole.enum is not None else part


def where_true(condition: str, scope: Shape, *, at_root: bool) -> Shape:
    """Return the shape of the documents for which a condition holds: what it asks for is there.

    Args:
        condition: its text.
        scope: where its paths start.
        at_root: the scope is the whole document, so that `$.` paths start there too.
    """
    for path in there_when_true(condition):
        if at_root or not path.from_root:
            scope = _with_there(scope, path.parts)
    return scope


def decide(condition: Expression, scope: Shape, root: Shape) -> bool | None:
    """Tell whether a condition always (True) or never (False) holds for documents of these shapes; None: it depends.

    Only codes, true and false, and what never comes are known beforehand.
    """
    choices: list[tuple[Path, list[Any]]] = []
    count = 1
    for path in condition.reads:
        values = list(_values(root if path.from_root else scope, path))
        count *= len(values)
        if not values or count > MAX_COMBINATIONS:
            return None
        choices.append((path, values))
    answers = {_answer(condition, choices, values) for values in itertools.product(*(each for _, each in choices))}
    return answers.pop() if len(answers) == 1 else None


def _answer(condition: Expression, choices: list[tuple[Path, list[Any]]], values: tuple[Any, ...]) -> bool:
    scope: dict[str, Any] = {}
    root: dict[str, Any] = {}
    for (path, _), value in zip(choices, values, strict=True):
        if value is not None:
            _put(root if path.from_root else scope, path.parts, value)
    return condition.run(scope, root) is True


def _values(shape: Shape, path: Path) -> Iterator[Any]:
    """Yield every value that may stand at a path, None where it may be missing; nothing where they are not known."""
    found = walk(shape, path.parts)
    if isinstance(found, str):
        return
    there, may_miss = found
    known: tuple[Any, ...] | None = (True, False) if there.kind == "boolean" and there.enum is None else there.enum
    if known is None or (known and not all(isinstance(part, str) for part in path.parts)):
        return
    yield from known
    if may_miss or not known:
        yield None


def _put(document: dict[str, Any], parts: tuple[str | int, ...], value: Any) -> None:
    here: dict[str | int, Any] = document  # type: ignore[assignment]  # only names come here
    for part in parts[:-1]:
        here = here.setdefault(part, {})
    here[parts[-1]] = value


def _with_there(shape: Shape, parts: tuple[str | int, ...]) -> Shape:
    name, rest = (parts[0], parts[1:]) if parts else (None, ())
    if not isinstance(name, str) or name not in shape.fields or shape.fields[name].shape == NEVER:
        return replace(shape, nullable=False) if not parts else shape
    fields: Mapping[str, Member] = shape.fields
    inner = _with_there(replace(fields[name].shape, nullable=False), rest)
    return replace(shape, fields={**fields, name: Member(inner, required=True)})
