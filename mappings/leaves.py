"""How single values are read: the innermost closures, made for speed (see `benchmarks/mapping.py`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cases.states import Mark
from mappings.convert import Convert, code_text, lookup, to_text
from mappings.paths import Getter, Path, getter, obstacle
from mappings.spec import Rule
from mappings.tables import Code
from mappings.trace import Leaf, Note, Notes
from mappings.trouble import Wrong

#: scope, root, notes → the value; None leaves the field out.
Read = Callable[[Any, Any, Notes], Any]


_NOT_THERE = (KeyError, TypeError, IndexError, AttributeError)


def plain(get: Getter) -> Read:
    """Read without notes."""
    return lambda scope, root, _notes: get(scope, root)


def nothing(_scope: Any, _root: Any, _notes: Notes) -> None:
    """Leave the field out."""
    return


def guarded(holds: Getter, read: Read) -> Read:
    """Read only where a condition holds."""
    return lambda scope, root, notes: read(scope, root, notes) if holds(scope, root) is True else None


def missing(name: str, rule: Rule, leaf: Leaf, *, optional: bool) -> Read | None:
    """Return what stands in for a missing value by the rule's own word; None where the rule has none."""
    default = rule.default
    if default is not None:
        note: Note = (place(name), replace(leaf, rule=f"{leaf.rule}, default", mark=Mark.DEFAULTED))

        def declared(_scope: Any, _root: Any, notes: Notes) -> Any:
            notes.append(note)
            return default

        return declared
    return nothing if optional or rule.omit_if_missing else None


def place(name: str) -> tuple[str, ...]:
    """Return a note's path; the items of a list have no name."""
    return (name,) if name else ()


def complain(path: Path) -> Read:
    """Refuse a missing value."""

    def refuse(scope: Any, root: Any, _notes: Notes) -> Any:
        raise Wrong(
            f"required value is missing: {obstacle(path, scope, root)}; give it, or declare default or omit_if_missing"
        )

    return refuse


def unknown_result(expr: str) -> Read:
    """Refuse an expression without a result."""

    def refuse(_scope: Any, _root: Any, _notes: Notes) -> Any:
        raise Wrong(
            f"{expr} gives no value: a path it reads is missing or of another type; declare default if that is so"
        )

    return refuse


def nothing_found(_scope: Any, _root: Any, _notes: Notes) -> Any:
    """Refuse a concat or first_of whose parts are missing."""
    raise Wrong(
        "required value is missing: none of its parts, or not all of them, are there; give them, or declare default"
    )


def picked(path: Path, absent: Read, step: Convert) -> Read:
    """Read a value at a path and take it through one step; short paths, the commonest, have their own closures."""
    parts = path.parts
    if not _short(path):
        return converted(plain(getter(path)), absent, [step])
    if len(parts) == 1:
        (only,) = parts

        def one(scope: Any, root: Any, notes: Notes) -> Any:
            try:
                value = scope.get(only)
            except AttributeError:  # no object: nothing is there
                value = None
            if value.__class__ is str and value and not value.isspace():
                return step(value)
            return absent(scope, root, notes) if _blank(value) else step(value)

        return one
    first, second = parts

    def two(scope: Any, root: Any, notes: Notes) -> Any:
        try:
            value = scope[first].get(second)
        except _NOT_THERE:
            value = None
        if value.__class__ is str and value and not value.isspace():
            return step(value)
        return absent(scope, root, notes) if _blank(value) else step(value)

    return two


def copied(path: Path, absent: Read, check: Convert, limit: int) -> Read:
    """As `picked`, where the step is only the last check: texts and integers pass it without a call."""
    parts = path.parts
    if not _short(path):
        return picked(path, absent, check)
    if len(parts) == 1:
        (only,) = parts

        def one(scope: Any, root: Any, notes: Notes) -> Any:
            try:
                value = scope.get(only)
            except AttributeError:  # no object: nothing is there
                value = None
            if value.__class__ is str and value and len(value) <= limit and not value.isspace():
                return value
            if value.__class__ is int:
                return value
            return absent(scope, root, notes) if _blank(value) else check(value)

        return one
    first, second = parts

    def two(scope: Any, root: Any, notes: Notes) -> Any:
        try:
            value = scope[first].get(second)
        except _NOT_THERE:
            value = None
        if value.__class__ is str and value and len(value) <= limit and not value.isspace():
            return value
        if value.__class__ is int:
            return value
        return absent(scope, root, notes) if _blank(value) else check(value)

    return two


def computed(run: Getter, absent: Read, check: Convert) -> Read:
    """Read what an expression gives, as it is."""

    def read(scope: Any, root: Any, notes: Notes) -> Any:
        value = run(scope, root)
        return absent(scope, root, notes) if value is None or _blank(value) else check(value)

    return read


def looked_up(path: Path, absent: Read, rows: Mapping[str, Code]) -> Read:
    """As `picked`, where the step is a table: a code with a row passes without a call."""
    parts, step, find = path.parts, lookup(rows), rows.get
    if not _short(path):
        return picked(path, absent, step)
    if len(parts) == 1:
        (only,) = parts

        def one(scope: Any, root: Any, notes: Notes) -> Any:
            try:
                value = scope.get(only)
            except AttributeError:  # no object: nothing is there
                value = None
            found = find(value) if value.__class__ is str else None
            if found is not None:
                return found
            return absent(scope, root, notes) if _blank(value) else step(value)

        return one
    first, second = parts

    def two(scope: Any, root: Any, notes: Notes) -> Any:
        try:
            value = scope[first].get(second)
        except _NOT_THERE:
            value = None
        found = find(value) if value.__class__ is str else None
        if found is not None:
            return found
        return absent(scope, root, notes) if _blank(value) else step(value)

    return two


def _short(path: Path) -> bool:
    return not path.from_root and len(path.parts) in (1, 2) and all(isinstance(part, str) for part in path.parts)


def _blank(value: Any) -> bool:
    return value is None or (value.__class__ is str and (not value or value.isspace()))


def converted(get: Read, absent: Read, steps: Sequence[Convert]) -> Read:
    """Read a value and take it through its steps."""
    if len(steps) == 1:
        (only,) = steps

        def once(scope: Any, root: Any, notes: Notes) -> Any:
            value = get(scope, root, notes)
            if value is None or (value.__class__ is str and (not value or value.isspace())):
                return absent(scope, root, notes)
            return only(value)

        return once

    def run(scope: Any, root: Any, notes: Notes) -> Any:
        value = get(scope, root, notes)
        if _blank(value):
            return absent(scope, root, notes)
        for step in steps:
            value = step(value)
        return value

    return run


def tabled(
    get: Read,
    absent: Read,
    before: Sequence[Convert],
    rows: Mapping[str, Code],
    others: Code,
    stand_in: Note,
    after: Sequence[Convert],
) -> Read:
    """Read through a table that declares a constant for codes without a row; its use is noted."""

    def run(scope: Any, root: Any, notes: Notes) -> Any:
        value = get(scope, root, notes)
        if _blank(value):
            return absent(scope, root, notes)
        for step in before:
            value = step(value)
        found = rows.get(code_text(value))
        if found is None:
            notes.append(stand_in)
            found = others
        for step in after:
            found = step(found)
        return found

    return run


def concatenated(parts: Sequence[tuple[bool, Read]], separator: str) -> Read:
    """Join parts; one that is missing makes all of it missing unless it may be left out."""
    reads = [read for _, read in parts]

    def run(scope: Any, root: Any, notes: Notes) -> str | None:
        values = [read(scope, root, notes) for read in reads]
        try:
            return separator.join(values)
        except TypeError:  # a part is missing, or is no text
            pass
        if any(value is None and not may_miss for value, (may_miss, _) in zip(values, parts, strict=True)):
            return None
        found = [to_text(value) for value in values if value is not None]
        return separator.join(found) if found else None

    return run


def first_found(name: str, parts: Sequence[Read], leaves: Sequence[Leaf]) -> Read:
    """Take the first part that is there, and note which."""
    choices: list[tuple[Read, Note]] = [(read, (place(name), leaf)) for read, leaf in zip(parts, leaves, strict=True)]

    def run(scope: Any, root: Any, notes: Notes) -> Any:
        for read, note in choices:
            before = len(notes)
            value = read(scope, root, notes)
            if value is not None:
                if len(notes) == before:  # the part made none of its own (a default that stood in)
                    notes.append(note)
                return value
        return None

    return run
