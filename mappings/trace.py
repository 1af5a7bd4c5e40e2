"""Where every value of a mapped document comes from: a plan and its exceptions, told when somebody asks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cases.states import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry:
    """One value of the target and the rule that gave it."""

    target: str  # path in the target, list positions as [0]
    rule: str  # what the rule does: from + table id_type
    source: str  # path or expression it reads; empty for constants
    value: Any
    mark: Mark
    line: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A target field with one value."""

    rule: str
    source: str
    line: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Branch:
    """A target object."""

    fields: "Mapping[str, Plan]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A target list."""

    item: "Plan"


Plan = Leaf | Branch | Repeat


#: A value that came otherwise than its plan says: its path and what is true of it (a default stood in, …).
Note = tuple[tuple[str | int, ...], Leaf]
#: "Everything noted since this position stands below this field or list position": cheaper than rewriting notes.
Below = tuple[int, str | int]
Notes = list[Note | Below]


def exceptions(notes: Notes) -> dict[tuple[str | int, ...], Leaf]:
    """Return what the notes say, by full path."""
    found: list[Note | None] = []
    for note in notes:
        what = note[1]
        if isinstance(what, Leaf):
            found.append((note[0], what))  # type: ignore[arg-type]  # with a Leaf comes a path
            continue
        since = note[0]
        assert isinstance(since, int)
        found[since:] = [(((what, *made[0]), made[1]) if made is not None else None) for made in found[since:]]
        found.append(None)
    return dict(made for made in found if made is not None)


class Mapped:
    """A mapped document with its trace. The trace shows the document as it is: leave it unchanged."""

    def __init__(self, document: dict[str, Any], plan: Branch, notes: Notes) -> None:
        self.document = document
        self._plan, self._notes = plan, notes

    @cached_property
    def trace(self) -> tuple[TraceEntry, ...]:
        """One entry per value of the document, in its order."""
        return tuple(_entries(self._plan, self.document, (), exceptions(self._notes)))

    @property
    def marks(self) -> dict[str, Mark]:
        """The provenance of every top-level value."""
        otherwise = exceptions(self._notes)
        return {
            name: otherwise.get((name,), plan).mark
            for name, plan in self._plan.fields.items()
            if name in self.document and isinstance(plan, Leaf)
        }


def _entries(
    plan: Plan, value: Any, path: tuple[str | int, ...], otherwise: Mapping[tuple[str | int, ...], Leaf]
) -> Iterator[TraceEntry]:
    if isinstance(plan, Leaf):
        leaf = otherwise.get(path, plan)
        yield TraceEntry(
            target=target_path(path), rule=leaf.rule, source=leaf.source, value=value, mark=leaf.mark, line=leaf.line
        )
    elif isinstance(plan, Branch):
        for name, below in plan.fields.items():
            if name in value:
                yield from _entries(below, value[name], (*path, name), otherwise)
    else:
        for position, item in enumerate(value):
            yield from _entries(plan.item, item, (*path, position), otherwise)


def target_path(path: tuple[str | int, ...]) -> str:
    """Write a place in the target: CLLB[0].CLMC."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
