"""Paths into a document: `applicant.name`, `materials[0].name`, `$.case_no` (from the root), `.` (the item itself)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mappings.shape import NEVER, Shape

#: Reads one value; None where it is missing. Arguments: the scope (current object) and the document's root.
Getter = Callable[[Any, Any], Any]

MAX_PARTS = 20
MAX_INDEX = 9999
_NAME = re.compile(r"[^.\[\]\s$]{1,200}")
_INDEX = re.compile(r"\[(\d{1,4})\]")
_ABSENT = (KeyError, TypeError, IndexError)


@dataclass(frozen=True, slots=True)
class Path:
    """Names and list positions, from the scope or from the root."""

    parts: tuple[str | int, ...]
    from_root: bool = False

    def __str__(self) -> str:
        return ("$." if self.from_root else "") + (dotted(self.parts) or ".")


def parse_path(text: str) -> Path:
    """Read a path.

    Raises:
        ValueError: not a path; the message says how one is written.
    """
    if text == ".":
        return Path(())
    from_root = text.startswith("$.")
    parts: list[str | int] = []
    for piece in text[2 if from_root else 0 :].split("."):
        name = _NAME.match(piece)
        if name is None:
            raise ValueError(f"{text!r} is not a path; write names with dots, like applicant.name or materials[0].name")
        parts.append(name[0])
        rest = piece[name.end() :]
        while rest:
            index = _INDEX.match(rest)
            if index is None:
                raise ValueError(f"{text!r} is not a path; a list position is written [0]")
            parts.append(int(index[1]))
            rest = rest[index.end() :]
    if len(parts) > MAX_PARTS:
        raise ValueError(f"{text!r} has more than {MAX_PARTS} parts")
    return Path(tuple(parts), from_root)


def dotted(parts: tuple[str | int, ...]) -> str:
    """Write parts as a path."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def field_path(parts: tuple[str | int, ...]) -> str:
    """Write parts without list positions: the form that field allow-lists use (`materials.name`)."""
    return ".".join(part for part in parts if isinstance(part, str))


def getter(path: Path) -> Getter:
    """Compile a path to a function; whatever stands in the way (null, text, list) means missing."""
    if path.from_root:
        below = _scoped(path.parts)
        return lambda _scope, root: below(root, root)
    return _scoped(path.parts)


def _scoped(parts: tuple[str | int, ...]) -> Getter:
    if len(parts) == 2 and all(isinstance(part, str) for part in parts):  # the commonest
        a, b = parts

        def two(scope: Any, _root: Any) -> Any:
            try:
                return scope[a][b]
            except _ABSENT:
                return None

        return two

    def many(scope: Any, _root: Any) -> Any:
        try:
            for part in parts:
                if part.__class__ is int and scope.__class__ is not list:  # text has positions too, paths do not
                    return None
                scope = scope[part]
        except _ABSENT:
            return None
        return scope

    return many


def obstacle(path: Path, scope: Any, root: Any) -> str:
    """Say where a path ends in a document: `applicant is missing`, `form is text, not an object`."""
    here: Any = root if path.from_root else scope
    for count, part in enumerate(path.parts):
        wants_list = isinstance(part, int)
        if here.__class__ is not (list if wants_list else dict):
            name = dotted(path.parts[:count]) or "the document"
            if here is None:
                return f"{name} is missing"
            return f"{name} is {kind_of(here)}, not {'a list' if wants_list else 'an object'}"
        try:
            here = here[part]  # type: ignore[index]  # a list takes positions, an object names: tested above
        except _ABSENT:
            return f"{Path(path.parts[: count + 1], path.from_root)} is missing"
    if here is None:
        return f"{path} is null"
    return f"{path} is blank" if isinstance(here, str) and not here.strip() else f"{path} is there"


def kind_of(value: Any) -> str:
    """Name a value's type in plain words."""
    if isinstance(value, bool):
        return "true or false"
    names: tuple[tuple[type, str], ...] = (
        (str, "text"),
        (int, "an integer"),
        (float, "a number"),
        (list, "a list"),
        (dict, "an object"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), f"a {type(value).__name__}")


def walk(shape: Shape, parts: tuple[str | int, ...]) -> tuple[Shape, bool] | str:
    """Follow a path through a shape.

    Returns:
        The shape at its end and whether the value may be missing there; or, for an unknown path, what is wrong with it.
    """
    here, may_miss = shape, False
    for count, part in enumerate(parts):
        may_miss |= here.nullable and count > 0
        name = dotted(parts[:count]) or "the document"
        if here.kind == "any":
            return (NEVER, True) if here == NEVER else (ANY, False)
        if isinstance(part, int):
            if here.kind != "list":
                return f"{name} is {NAMES[here.kind]}, not a list"
            may_miss |= part >= here.min_items
            here = here.items or ANY
            continue
        if here.kind != "object":
            hint = "; read it with each, or one item with [0]" if here.kind == "list" else ""
            return f"{name} is {NAMES[here.kind]}, not an object{hint}"
        member = here.fields.get(part)
        if member is None:
            if not here.closed:
                return ANY, False
            return f"no such field: {dotted(parts[: count + 1])}; known there: {listing(here.fields)}"
        may_miss |= not member.required
        here = member.shape
    return here, may_miss or here.nullable


#: Nothing is known about it, so nothing speaks against it: what the checker cannot know, the run finds out.
ANY = Shape(kind="any")
NAMES = {
    "object": "an object",
    "list": "a list",
    "string": "text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "any": "of any type",
}


def listing(names: Any, *, most: int = 12) -> str:
    """List names for a message, in order, not too many."""
    known = sorted(map(str, names))
    return ", ".join(known[:most]) + (f", … ({len(known)} in all)" if len(known) > most else "") if known else "none"
