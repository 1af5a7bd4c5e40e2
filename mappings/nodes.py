"""How objects and lists are built from their fields' read functions, and how a misfit finds its way up."""

from collections.abc import Callable, Sequence
from typing import Any

from mappings import convert
from mappings.expressions import Expression
from mappings.leaves import Read
from mappings.paths import Path, getter, kind_of, obstacle
from mappings.spec import Rule
from mappings.trace import Leaf, Notes
from mappings.trouble import Wrong

#: A list's items where the rule sets no bound.
MAX_ITEMS = 10_000


class Misfit(Exception):
    """A value that does not fit, on its way up to the document's root."""

    def __init__(self, target: tuple[str | int, ...], leaf: Leaf, what: str) -> None:
        self.target, self.leaf, self.what = target, leaf, what


def builder(steps: Sequence[tuple[str, Read, Leaf]]) -> Callable[[Any, Any, Notes], dict[str, Any]]:
    """Make an object field by field; a value that does not fit is told with its field."""
    reads = tuple((name, read) for name, read, _ in steps)
    places = {name: leaf for name, _, leaf in steps}

    def build(scope: Any, root: Any, notes: Notes) -> dict[str, Any]:
        out: dict[str, Any] = {}
        name = ""
        try:
            for name, read in reads:
                value = read(scope, root, notes)
                if value is not None:
                    out[name] = value
        except Wrong as wrong:
            raise Misfit((name,), places[name], str(wrong)) from None
        except Misfit as misfit:
            misfit.target = (name, *misfit.target)
            raise
        return out

    return build


def placed(read: Read, name: str) -> Read:
    """Put the notes of an object or list below its name."""

    def run(scope: Any, root: Any, notes: Notes) -> Any:
        before = len(notes)
        value = read(scope, root, notes)
        if len(notes) > before:
            notes.append((before, name))
        return value

    return run


def unless_empty(build: Read) -> Read:
    """Leave an object out that has no field."""
    return lambda scope, root, notes: build(scope, root, notes) or None


def inside(path: Path, build: Read, *, optional: bool) -> Read:
    """Build an object whose paths start in another object of the source."""
    get = getter(path)

    def run(scope: Any, root: Any, notes: Notes) -> Any:
        inner = get(scope, root)
        if isinstance(inner, dict):
            return build(inner, root, notes)
        if inner is None and optional:
            return None
        raise Wrong(_not_there(path, scope, root, inner, "an object"))

    return run


def _not_there(path: Path, scope: Any, root: Any, value: Any, wanted: str) -> str:
    if value is None:
        return f"required value is missing: {obstacle(path, scope, root)}; give it, or declare omit_if_missing"
    return f"{path} is {kind_of(value)}, not {wanted}"


def repeated(path: Path, one: Read, where: Expression | None, *, limit: int, optional: bool) -> Read:
    """Build a list, one item per item of the source."""
    get, fits = getter(path), where.run if where is not None else None

    def run(scope: Any, root: Any, notes: Notes) -> Any:
        rows = get(scope, root)
        if not rows and optional and (rows is None or rows == []):
            return None
        if not isinstance(rows, list):
            raise Wrong(_not_there(path, scope, root, rows, "a list"))
        if len(rows) > limit:
            raise Wrong(f"{path} has {len(rows)} items, at most {limit} go there")
        out: list[Any] = []
        for row in rows:
            if fits is not None and fits(row, root) is not True:
                continue
            before = len(notes)
            try:
                value = one(row, root, notes)
            except Misfit as misfit:
                misfit.target = (len(out), *misfit.target)
                raise
            if len(notes) > before:
                notes.append((before, len(out)))
            if value is not None:
                out.append(value)
        return out if out or not optional else None

    return run


def item(read: Read, leaf: Leaf) -> Read:
    """Let a list's item, which has no name, say its own line when it does not fit."""

    def run(scope: Any, root: Any, notes: Notes) -> Any:
        try:
            return read(scope, root, notes)
        except Wrong as wrong:
            raise Misfit((), leaf, str(wrong)) from None

    return run


def joined(read: Read, rule: Rule) -> Read:
    """Make one text of a list of values."""
    assert rule.join is not None
    separator, bounded = rule.join, convert.bounded(rule.max_length)

    def run(scope: Any, root: Any, notes: Notes) -> Any:
        before = len(notes)
        rows = read(scope, root, notes)
        del notes[before:]  # the pieces are one value now
        if not rows:
            return None if rows is None or rule.omit_if_missing else bounded("")
        return bounded(separator.join(map(convert.to_text, rows)))

    return run
