"""Proof of a mapping against both sides, without a document: every finding, each with its line.

What it cannot know is left to the mapping's own run, which then refuses with a MappingError: blank text, texts that are
no number or date although their shape allows them, codes that a shape without an enumeration lets through, characters
beyond a `max_length` that a rule declares on purpose, empty lists that are joined, pieces that a `split` does not give,
text of which a text function leaves nothing, arithmetic without a sensible result, times that a zone's clocks skipped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from cases.errors import ConfigError
from config.findings import Finding, Severity
from mappings import convert, fits, infer
from mappings.compiler import CompiledMapping, compile_mapping
from mappings.expressions import Expression, compile_expression, no_condition
from mappings.load import MappingFile
from mappings.narrow import decide, where_true, within
from mappings.paths import ANY, NAMES, Path, listing, parse_path, walk
from mappings.shape import NEVER, Member, Shape, constant_shape, either
from mappings.spec import Rule
from mappings.tables import CodeTable

_At = tuple[str | int, ...]


def check_mapping(
    mapping: MappingFile, source: Shape, target: Shape, parts: Mapping[str, Shape] | None = None
) -> list[Finding]:
    """Check a mapping against the shape of what it reads and the shape of what it must give.

    Args:
        mapping: the file.
        source: what it reads.
        target: what it must give.
        parts: where documents of several kinds come (cases of several items), each kind's own shape by its name; each
            is then proven by itself, since a rule may rest on a condition that singles some of them out.

    Returns:
        Every finding in the file's order; no errors among them means that a document of the source's shape can only
        fail for the reasons this module names.
    """
    whole = _Checker(mapping, source, silent="proof" if parts else None)
    whole.check(target)
    findings = set(whole.findings)
    try:
        compile_mapping(mapping)
    except ConfigError as error:
        findings |= {finding for finding in error.findings if isinstance(finding, Finding)}
    of_parts: dict[Finding, list[str]] = {}
    for name, shape in (parts or {}).items():
        checker = _Checker(mapping, within(source, shape), silent="idle")
        checker.check(target)
        for finding in set(checker.findings) - findings:
            of_parts.setdefault(finding, []).append(name)
    for finding, names in of_parts.items():
        some = "" if len(names) == len(parts or ()) else f" (in cases of {listing(names, most=3)})"
        findings.add(replace(finding, what=finding.what + some))
    return sorted(findings)


def check_fields(mapping: CompiledMapping, allowed: Sequence[str]) -> list[Finding]:
    """Check that a mapping reads nothing but what may leave the hub; `form.*` in the list allows a branch."""
    what = f"read here, but not among the fields that may leave: {listing(allowed)}"
    return [
        Finding(mapping.file, line, path, what)
        for path, line in sorted(mapping.lines.items(), key=lambda read: (read[1], read[0]))
        if not field_allowed(path, allowed)
    ]


def field_allowed(path: str, allowed: Iterable[str]) -> bool:
    """Whether an allow-list covers a path."""
    return any(
        path == entry or (entry.endswith(".*") and (path == entry[:-2] or path.startswith(entry[:-1])))
        for entry in allowed
    )


class _Checker:
    """One pass over the rules, source and target side by side.

    Findings are of three sorts: what is wrong in a rule whatever comes; what a rule fails to do for some document
    (`proof`), better told for each kind of document; what no document ever needs (`idle`), told for all kinds at once.
    """

    def __init__(self, mapping: MappingFile, root: Shape, *, silent: Literal["proof", "idle"] | None) -> None:
        self._mapping, self._root, self._silent = mapping, root, silent
        self._tables_used: set[str] = set()
        self.findings: list[Finding] = []

    def check(self, target: Shape) -> None:
        """Check everything in the file."""
        self.correlate()
        self.fields(self._mapping.spec.to, target, ("to",), self._root)
        self.unused_tables()

    def wrong(self, at: _At, what: str) -> None:
        """Note what is wrong whatever comes."""
        self.findings.append(self._mapping.located.finding(at, what))

    def find(self, at: _At, what: str, severity: Severity = "error") -> None:
        """Note what fails for some document."""
        if self._silent != "proof":
            self.findings.append(replace(self._mapping.located.finding(at, what), severity=severity))

    def idle(self, at: _At, what: str) -> None:
        """Note what no document needs."""
        if self._silent != "idle":
            self.findings.append(replace(self._mapping.located.finding(at, what), severity="warning"))

    def correlate(self) -> None:
        correlate = self._mapping.spec.correlate
        for name, text in (correlate.model_dump(exclude_none=True) if correlate is not None else {}).items():
            self._path(text, ("correlate", name), self._root)

    def unused_tables(self) -> None:
        for name in self._mapping.spec.tables:
            if name not in self._tables_used:
                self.idle(("tables", name), "no rule uses this table")

    def fields(self, rules: Mapping[str, Rule], target: Shape, at: _At, scope: Shape) -> None:
        """Check an object's rules against the target object."""
        if target.kind not in ("object", "any"):
            self.wrong(at, f"an object is built where the target has {NAMES[target.kind]}")
            return
        for name, rule in rules.items():
            member = target.fields.get(name)
            if member is None and target.kind == "object" and target.closed:
                self.wrong((*at, name), f"the target has no such field; it has: {listing(target.fields)}")
            self._rule(rule, member or Member(ANY, required=False), (*at, name), scope)
        for name, member in target.fields.items():
            if member.required and name not in rules:
                self.wrong(at, f"the target requires {name}, and no rule gives it")

    # ---- one rule

    def _rule(self, rule: Rule, member: Member, at: _At, scope: Shape) -> None:
        holds, scope = self._condition(rule.when, (*at, "when"), scope)
        if holds is not True and member.required:
            self.find((*at, "when"), "the target requires this field, a condition must not leave it out; use first_of")
        if holds is False:
            self.idle((*at, "when"), "never holds")
            if self._silent == "idle":  # the pass over all kinds of documents looks into it
                return
        if rule.each is not None:
            self._each(rule, member, at, scope)
        elif rule.to is not None:
            self._nested(rule, member, at, scope)
        else:
            self._single(rule, member, at, scope, certain=holds is True)

    def _single(self, rule: Rule, member: Member, at: _At, scope: Shape, *, certain: bool) -> None:
        source = self._source(rule, at, scope)
        if rule.default is not None and not source.nullable and source.kind != "any":
            self.idle((*at, "default"), "never used: the source is always there")
        given = self._settled(rule, self._stepped(rule, source, at), at, certain=certain)
        if given.nullable and member.required:
            self.find(at, "may be missing, but the target requires it; declare default, or take another source")
        sample = infer.sample(rule, self._mapping.direction)
        for severity, what in fits.complaints(given, member.shape, sample=sample):
            self.find(at, what, severity)
        if rule.default is not None:
            for severity, what in fits.complaints(constant_shape(rule.default), member.shape):
                self.find((*at, "default"), what, severity)

    def _settled(self, rule: Rule, given: Shape, at: _At, *, certain: bool) -> Shape:
        """Apply default and omit_if_missing: afterwards `nullable` means that the field may be left out."""
        if rule.default is not None:
            return replace(given, nullable=False)
        if given.nullable and not rule.omit_if_missing:
            if certain:
                self.find(at, "the source may be missing; declare default or omit_if_missing")
            elif self._mapping.direction == "out":
                self.find(
                    at, "the source may be missing even where the condition holds: then it is an error", "warning"
                )  # inwards that is what the condition says: a status that must bring the value, or is refused
            return replace(given, nullable=False)
        return given

    def _nested(self, rule: Rule, member: Member, at: _At, scope: Shape) -> None:
        assert rule.to is not None
        may_miss = rule.omit_if_missing and rule.from_ is None
        if rule.from_ is not None:
            inner = self._path(rule.from_, (*at, "from"), scope)
            if inner.kind not in ("object", "any"):
                self.find((*at, "from"), f"to needs an object to read from, this is {NAMES[inner.kind]}")
                inner = ANY
            if inner.nullable and not rule.omit_if_missing:
                self.find(at, "the source may be missing; declare omit_if_missing")
            may_miss = inner.nullable and rule.omit_if_missing
            scope = replace(inner, nullable=False)
        if may_miss and member.required:
            self.find(at, "may be left out, but the target requires it")
        self.fields(rule.to, member.shape, (*at, "to"), scope)

    def _each(self, rule: Rule, member: Member, at: _At, scope: Shape) -> None:
        assert rule.each is not None
        rows = self._path(rule.each, (*at, "each"), scope)
        if rows.kind not in ("list", "any"):
            self.find((*at, "each"), f"each reads a list, this is {NAMES[rows.kind]}")
            rows = ANY
        if rows.nullable and not rule.omit_if_missing and rows.kind != "any":
            self.find(at, "the list may be missing; declare omit_if_missing")
        may_miss = rule.omit_if_missing and (rows.nullable or rows.min_items == 0 or rule.where is not None)
        if may_miss and member.required:
            self.find(at, "may be left out, but the target requires it")
        _, item = self._condition(rule.where, (*at, "where"), replace(rows.items or ANY, nullable=False))
        target = member.shape
        if rule.join is not None:
            self._joined(rule, target, at, item)
            return
        if target.kind not in ("list", "any"):
            self.find(at, f"each gives a list, the target has {NAMES[target.kind]}; join it, or nest it with to")
            target = ANY
        self._counts(rule, rows, target, at)
        wanted = Member(target.items or ANY, required=False)
        if rule.to is not None:
            self.fields(rule.to, wanted.shape, (*at, "to"), item)
        else:
            assert rule.item is not None
            self._rule(rule.item, wanted, (*at, "item"), item)

    def _joined(self, rule: Rule, target: Shape, at: _At, item: Shape) -> None:
        if rule.item is None:
            self.wrong((*at, "join"), "join needs item: single values, not objects")
            return
        self._rule(rule.item, Member(ANY, required=False), (*at, "item"), item)
        joined = Shape(kind="string", max_length=rule.max_length)
        for severity, what in fits.complaints(joined, target):
            self.find(at, what, severity)

    def _counts(self, rule: Rule, rows: Shape, target: Shape, at: _At) -> None:
        most = min((count for count in (rule.max_items, rows.max_items) if count is not None), default=None)
        if target.max_items is not None and (most is None or most > target.max_items):
            up_to = f"up to {most} items" if most is not None else "any number of items"
            self.find(at, f"{up_to}, the target takes {target.max_items}; declare max_items: {target.max_items}")
        if target.min_items > rows.min_items and not (target.min_items == 1 and rule.omit_if_missing):
            self.find(at, f"may have fewer items than the {target.min_items} that the target wants", "warning")

    # ---- the shape of a value

    def _stepped(self, rule: Rule, given: Shape, at: _At) -> Shape:
        def complain(key: str, what: str, severity: Severity = "error") -> None:
            if severity == "warning":  # rows of a table that nothing reaches
                self.idle((*at, key), what)
            else:
                self.find((*at, key), what)

        if rule.const is not None:
            return given
        try:
            return infer.steps(rule, given, self._table(rule), self._mapping.direction, complain)
        except ValueError:  # an unreadable format: the compiler says so
            return ANY

    def _source(self, rule: Rule, at: _At, scope: Shape) -> Shape:
        if rule.const is not None:
            return constant_shape(rule.const)
        if rule.expr is not None:
            expression = self._expression(rule.expr, (*at, "expr"), scope)
            return expression.shape if expression is not None else ANY
        if rule.concat is not None:
            return self._concat(rule, at, scope)
        if rule.first_of is not None:
            return self._first_of(rule, at, scope)
        assert rule.from_ is not None
        return self._path(rule.from_, (*at, "from"), scope)

    def _part(self, part: Rule, at: _At, scope: Shape) -> Shape:
        """The shape of a part of concat or first_of; nullable where it may be missing."""
        if part.each is not None:
            self._each(part, Member(ANY, required=False), at, scope)
            return Shape(kind="string", nullable=True, max_length=part.max_length)
        if part.to is not None:
            return ANY  # the compiler says that this cannot be
        holds, scope = self._condition(part.when, (*at, "when"), scope)
        given = self._stepped(part, self._source(part, at, scope), at)
        return replace(given, nullable=(given.nullable and part.default is None) or holds is not True)

    def _concat(self, rule: Rule, at: _At, scope: Shape) -> Shape:
        assert rule.concat is not None
        longest: int | None = len(rule.separator) * (len(rule.concat) - 1)
        shortest, may_miss, some = 0, False, False
        for position, part in enumerate(rule.concat):
            shape = self._part(part, (*at, "concat", position), scope)
            if shape.kind in ("list", "object"):
                self.find((*at, "concat", position), f"concat takes single values, this is {NAMES[shape.kind]}")
            text = _as_text(shape)
            longest = longest + text.max_length if longest is not None and text.max_length is not None else None
            shortest += 0 if shape.nullable else text.min_length
            may_miss |= shape.nullable and not part.omit_if_missing
            some |= not shape.nullable
        return Shape(kind="string", min_length=max(1, shortest), max_length=longest, nullable=may_miss or not some)

    def _first_of(self, rule: Rule, at: _At, scope: Shape) -> Shape:
        assert rule.first_of is not None
        shapes: list[Shape] = []
        for position, part in enumerate(rule.first_of):
            here = (*at, "first_of", position)
            if shapes and not shapes[-1].nullable:
                self.idle(here, "never reached: the part before it is always there")
            shapes.append(self._part(part, here, scope))
        result = shapes[0]
        for shape in shapes[1:]:
            result = either(result, shape)
        return replace(result, nullable=all(shape.nullable for shape in shapes))

    def _table(self, rule: Rule) -> CodeTable | None:
        if rule.table is None:
            return None
        if isinstance(rule.table, str):
            self._tables_used.add(rule.table)
        try:
            return convert.table_of(rule, self._mapping)
        except ValueError:  # no such table: the compiler says so
            return None

    def _path(self, text: str, at: _At, scope: Shape) -> Shape:
        try:
            path: Path = parse_path(text)
        except ValueError:  # the compiler says so
            return ANY
        found = walk(self._root if path.from_root else scope, path.parts)
        if isinstance(found, str):
            self.wrong(at, found)
            return ANY
        shape, may_miss = found
        if shape == NEVER:
            self.idle(at, f"no case that comes here has {path}")
        return replace(shape, nullable=may_miss)

    def _expression(self, text: str, at: _At, scope: Shape) -> Expression | None:
        located = self._mapping.located
        try:
            return compile_expression(
                text,
                file=located.file,
                line=located.line(at),
                shape=scope,
                root=self._root,
                key=".".join(map(str, at)),
                all_codes=self._silent != "idle",
            )
        except ConfigError as error:
            self.findings += [finding for finding in error.findings if isinstance(finding, Finding)]
            return None

    def _condition(self, text: str | None, at: _At, scope: Shape) -> tuple[bool | None, Shape]:
        """Tell whether a condition always or never holds, and the shape of what comes where it does."""
        if text is None:
            return True, scope
        expression = self._expression(text, at, scope)
        if expression is None:
            return None, scope
        if complaint := no_condition(expression):
            self.wrong(at, complaint)
        root = self._root
        return decide(expression, scope, root), where_true(text, scope, at_root=scope is root)


def _as_text(shape: Shape) -> Shape:
    """The text that a scalar becomes inside a concat."""
    if shape.kind != "string":
        return Shape(kind="string", min_length=1)
    if shape.enum is None:
        return shape
    lengths = [len(str(value)) for value in shape.enum]
    return Shape(kind="string", min_length=min(lengths), max_length=max(lengths))
