"""A mapping file compiled once to closures over plain dicts; running it gives the document with its trace.

A read function takes the scope (the object in which paths start), the document's root and the notes for the trace, and
returns the value, or None where the field is left out. It raises Wrong where the value does not fit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from cases.errors import ConfigError, MappingError
from cases.states import Mark
from config.findings import Finding
from mappings import convert, leaves, nodes
from mappings.expressions import Expression, compile_expression, no_condition
from mappings.leaves import Read
from mappings.load import Direction, MappingFile
from mappings.nodes import Misfit
from mappings.paths import Getter, Path, field_path, getter, parse_path
from mappings.spec import Rule
from mappings.trace import Branch, Leaf, Mapped, Notes, Plan, Repeat, target_path

_At = tuple[str | int, ...]
_SHAPERS = {"table", "as", "text", "cut", "max_length"}


@dataclass(frozen=True, slots=True)
class Correlation:
    """Which case a status is about."""

    case_no: str | None
    foreign_no: str | None


class CompiledMapping:
    """A mapping ready to run; safe to share between tasks and threads."""

    def __init__(self, mapping: MappingFile) -> None:
        """Compile; ConfigError lists every finding."""
        compiler = _Compiler(mapping)
        self.file: str = mapping.file
        self.direction: Direction = mapping.direction
        self._build, self._plan = compiler.document()
        self._correlate = compiler.correlate()
        if compiler.findings:
            raise ConfigError(compiler.findings)
        #: every source path that is read, without list positions → the line that reads it first
        self.lines: Mapping[str, int] = MappingProxyType(dict(compiler.reads))

    @property
    def paths(self) -> frozenset[str]:
        """Every source path that is read, without list positions; `form.*` where a branch is taken over whole."""
        return frozenset(self.lines)

    def reads(self, path: str) -> bool:
        """Whether a source path, or something above it as a whole, is read."""
        parts = path.split(".")
        above = (".".join((*parts[:count], "*")) for count in range(1, len(parts) + 1))
        return path in self.lines or any(branch in self.lines for branch in above)

    def run(self, source: Mapping[str, Any]) -> Mapped:
        """Map one document, made of plain dicts, lists and scalars; whatever else stands in it is no object.

        Raises:
            MappingError: a value does not fit; names file, line, target, source and the remedy.
        """
        notes: Notes = []
        if source.__class__ is not dict:
            source = dict(source)
        try:
            return Mapped(self._build(source, source, notes), self._plan, notes)
        except Misfit as misfit:
            target, leaf, what = target_path(misfit.target), misfit.leaf, misfit.what
        raise MappingError(file=self.file, line=leaf.line, target=target, source=leaf.source, what=what)

    def correlate(self, source: Mapping[str, Any]) -> Correlation:
        """Read which case a status is about; what is missing there is None."""
        found = {name: _number(get(source, source)) for name, get in self._correlate.items()}
        return Correlation(found.get("case_no"), found.get("foreign_no"))


def compile_mapping(mapping: MappingFile) -> CompiledMapping:
    """Compile a mapping to closures.

    Raises:
        ConfigError: every finding: unknown tables, unreadable paths, expressions and formats.
    """
    return CompiledMapping(mapping)


def _number(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


class _Compiler:
    """Walks the rules once and collects findings on the way."""

    def __init__(self, mapping: MappingFile) -> None:
        self._mapping = mapping
        self.findings: list[Finding] = []
        self.reads: dict[str, int] = {}

    def document(self) -> tuple[Callable[[Any, Any, Notes], dict[str, Any]], Branch]:
        return self._object(self._mapping.spec.to, ("to",), ())

    def correlate(self) -> dict[str, Getter]:
        correlate = self._mapping.spec.correlate
        given = correlate.model_dump(exclude_none=True) if correlate is not None else {}
        return {name: getter(self._path(text, ("correlate", name), ())) for name, text in given.items()}

    # ---- objects and lists

    def _object(
        self, rules: Mapping[str, Rule], at: _At, base: _At
    ) -> tuple[Callable[[Any, Any, Notes], dict[str, Any]], Branch]:
        steps: list[tuple[str, Read, Leaf]] = []
        plans: dict[str, Plan] = {}
        for name, rule in rules.items():
            read, plan, leaf = self._rule(name, rule, (*at, name), base)
            steps.append((name, read, leaf))
            plans[name] = plan
        return nodes.builder(tuple(steps)), Branch(plans)

    def _rule(self, name: str, rule: Rule, at: _At, base: _At) -> tuple[Read, Plan, Leaf]:
        leaf = self._leaf(rule, at)
        plan: Plan
        read: Read
        if rule.each is not None:
            read, plan = self._each(rule, at, base, leaf)
        elif rule.to is not None:
            read, plan = self._nested(rule, at, base)
        else:
            read, plan = self._value(name, rule, at, base, leaf, optional=False), leaf
        if name and not isinstance(plan, Leaf):
            read = nodes.placed(read, name)
        return self._guarded(read, rule, at, base), plan, leaf

    def _guarded(self, read: Read, rule: Rule, at: _At, base: _At) -> Read:
        condition = self._condition(rule.when, (*at, "when"), base)
        return read if condition is None else leaves.guarded(condition.run, read)

    def _nested(self, rule: Rule, at: _At, base: _At) -> tuple[Read, Plan]:
        assert rule.to is not None
        build: Read
        if rule.from_ is None:
            build, plan = self._object(rule.to, (*at, "to"), base)
            return (nodes.unless_empty(build) if rule.omit_if_missing else build), plan
        path = self._path(rule.from_, (*at, "from"), base, noted=False)
        below = path.parts if path.from_root else (*base, *path.parts)
        build, plan = self._object(rule.to, (*at, "to"), below)
        return nodes.inside(path, build, optional=rule.omit_if_missing), plan

    def _each(self, rule: Rule, at: _At, base: _At, leaf: Leaf) -> tuple[Read, Plan]:
        assert rule.each is not None
        path = self._path(rule.each, (*at, "each"), base, noted=False)
        below = path.parts if path.from_root else (*base, *path.parts)
        where = self._condition(rule.where, (*at, "where"), below)
        one: Read
        plan: Plan
        if rule.to is not None:
            one, plan = self._object(rule.to, (*at, "to"), below)
        else:
            assert rule.item is not None
            one, plan, item_leaf = self._rule("", rule.item, (*at, "item"), below)
            one = nodes.item(one, item_leaf)
        read = nodes.repeated(path, one, where, limit=rule.max_items or nodes.MAX_ITEMS, optional=rule.omit_if_missing)
        if rule.join is None:
            return read, Repeat(plan)
        return nodes.joined(read, rule), leaf

    # ---- single values

    def _value(self, name: str, rule: Rule, at: _At, base: _At, leaf: Leaf, *, optional: bool) -> Read:
        """Compile a rule that gives one value; `optional`: missing is no error (a part of concat or first_of)."""
        if rule.const is not None:
            constant = rule.const
            return lambda _scope, _root, _notes: constant
        missing = leaves.missing(name, rule, leaf, optional=optional)
        if rule.concat is not None:
            parts = [
                (part.omit_if_missing, self._part(name, part, at, "concat", i, base)) for i, part in _counted(rule)
            ]
            get = leaves.concatenated(parts, rule.separator)
        elif rule.first_of is not None:
            parts_read = [self._part(name, part, at, "first_of", i, base) for i, part in _counted(rule)]
            kinds = [self._leaf(part, (*at, "first_of", i)) for i, part in _counted(rule)]
            get = leaves.first_found(name, parts_read, kinds)
        elif rule.expr is not None:
            expression = self._expression(rule.expr, (*at, "expr"), base)
            missing = missing or leaves.unknown_result(rule.expr)
            if expression is None:
                return leaves.nothing
            if not rule.given() & _SHAPERS:
                return leaves.computed(expression.run, missing, convert.bounded(None))
            get = leaves.plain(expression.run)
        else:
            assert rule.from_ is not None
            path = self._path(rule.from_, (*at, "from"), base, whole=rule.as_ == "whole")
            missing = missing or leaves.complain(path)
            return self._finished(leaves.plain(getter(path)), path, name, rule, at, leaf, missing)
        return self._finished(get, None, name, rule, at, leaf, missing or leaves.nothing_found)

    def _finished(
        self, get: Read, path: Path | None, name: str, rule: Rule, at: _At, leaf: Leaf, missing: Read
    ) -> Read:
        """Add what becomes of a value once it is there."""
        before = convert.before_table(rule)
        try:
            after = convert.after_table(rule, self._mapping.direction)
        except ValueError as error:
            self._find((*at, "zone" if "zone" in str(error) and rule.zone else "format"), str(error))
            after = []
        if rule.table is None:
            steps = [*before, *after]
            if path is not None and len(steps) == 1 and rule.as_ is None and rule.cut is None and rule.join is None:
                return leaves.copied(path, missing, steps[0], rule.max_length or convert.MAX_TEXT)
            return self._through(get, path, missing, steps)
        try:
            table = convert.table_of(rule, self._mapping)
        except ValueError as error:
            self._find((*at, "table"), str(error))
            return get
        if rule.backwards and (twice := table.ambiguous()):
            what = f"{', '.join(map(repr, twice))} stand in several rows; say with back which code they mean"
            self._find((*at, "backwards"), what)
        rows = convert.rows_of(rule, table)
        if table.others == "error" or rule.backwards:
            if path is not None and not before and not after:
                return leaves.looked_up(path, missing, rows)
            return self._through(get, path, missing, [*before, convert.lookup(rows), *after])
        stand_in = (leaves.place(name), replace(leaf, rule=f"{leaf.rule}, others", mark=Mark.DEFAULTED))
        return leaves.tabled(get, missing, before, rows, table.others.const, stand_in, after)

    def _through(self, get: Read, path: Path | None, missing: Read, steps: Sequence[convert.Convert]) -> Read:
        if path is not None and len(steps) == 1:
            return leaves.picked(path, missing, steps[0])
        return leaves.converted(get, missing, steps)

    def _part(self, name: str, part: Rule, at: _At, key: str, position: int, base: _At) -> Read:
        here = (*at, key, position)
        if part.to is not None or (part.each is not None and part.join is None):
            self._find(here, f"a part of {key} is one value, not an object or list")
            return leaves.nothing
        leaf = self._leaf(part, here)
        if part.each is not None:
            read: Read = self._each(part, here, base, leaf)[0]
        else:
            read = self._value(name, part, here, base, leaf, optional=True)
        return self._guarded(read, part, here, base)

    # ---- paths, expressions, descriptions

    def _path(self, text: str, at: _At, base: _At, *, noted: bool = True, whole: bool = False) -> Path:
        try:
            path = parse_path(text)
        except ValueError as error:
            self._find(at, str(error))
            return Path(("unreadable",))
        if noted:
            self._note_read(path, at, base, whole=whole)
        return path

    def _note_read(self, path: Path, at: _At, base: _At, *, whole: bool = False) -> None:
        parts = path.parts if path.from_root else (*base, *path.parts)
        self.reads.setdefault(field_path((*parts, "*") if whole else parts), self._mapping.located.line(at))

    def _expression(self, text: str, at: _At, base: _At) -> Expression | None:
        line = self._mapping.located.line(at)
        try:
            expression = compile_expression(text, file=self._mapping.file, line=line, key=".".join(map(str, at)))
        except ConfigError as error:
            self.findings += [finding for finding in error.findings if isinstance(finding, Finding)]
            return None
        for path in expression.reads:
            self._note_read(path, at, base)
        return expression

    def _condition(self, text: str | None, at: _At, base: _At) -> Expression | None:
        expression = self._expression(text, at, base) if text is not None else None
        if expression is not None and (complaint := no_condition(expression)):
            self._find(at, complaint)
        return expression

    def _find(self, at: _At, what: str) -> None:
        self.findings.append(self._mapping.located.finding(at, what))

    def _leaf(self, rule: Rule, at: _At) -> Leaf:
        line = self._mapping.located.line(at)
        return Leaf(describe(rule), source_text(rule), line, mark_of(rule))


def describe(rule: Rule) -> str:
    """Say in a few words what a rule does: `from + table id_type`."""
    words = [rule.source]
    if rule.table is not None:
        words.append(f"table {rule.table}" if isinstance(rule.table, str) else "table")
    if rule.as_ is not None:
        words.append(f"as {rule.as_}")
    words += [name for name in ("split", "text", "join", "cut") if name in rule.given()]
    return " + ".join(words)


def source_text(rule: Rule) -> str:
    """Say what a rule reads."""
    if rule.concat is not None or rule.first_of is not None:
        parts = [source_text(part) or repr(part.const) for part in (rule.concat or rule.first_of or ())]
        return ", ".join(parts)
    return rule.from_ or rule.expr or rule.each or ""


def mark_of(rule: Rule) -> Mark:
    """Read from the source, or computed from it: a condition (`when`) only decides whether the value is there."""
    return Mark.OBSERVED if rule.source in ("from", "each", "first_of") else Mark.DERIVED


def _counted(rule: Rule) -> list[tuple[int, Rule]]:
    return list(enumerate(rule.concat or rule.first_of or ()))
