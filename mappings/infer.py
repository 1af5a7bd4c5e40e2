"""What shape a value has after each step of its way: split, text, table, as, join, cut, max_length."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal, Protocol

from config.findings import Severity
from mappings import convert, times
from mappings.load import Direction
from mappings.paths import ANY, NAMES
from mappings.shape import Kind, Shape, constant_shape, either
from mappings.spec import Rule
from mappings.tables import CodeTable, as_code
from mappings.trouble import Wrong


class Complain(Protocol):
    """Takes a complaint about one key of a rule."""

    def __call__(self, key: str, what: str, severity: Severity = "error") -> None:
        """Note it."""


_SAMPLE = datetime(2026, 3, 2, 9, 12, 30, tzinfo=UTC)
_TEXT = Shape(kind="string", min_length=1)
_SCALARS: frozenset[Kind] = frozenset({"string", "integer", "number", "boolean", "any"})
_TAKES: Mapping[str, frozenset[Kind]] = {
    "text": _SCALARS,
    "integer": frozenset({"string", "integer", "number", "any"}),
    "number": frozenset({"string", "integer", "number", "any"}),
    "decimal": frozenset({"string", "integer", "number", "any"}),
    "boolean": frozenset({"string", "integer", "boolean", "any"}),
    "date": frozenset({"string", "integer", "any"}),
    "datetime": frozenset({"string", "integer", "any"}),
}


def steps(rule: Rule, given: Shape, table: CodeTable | None, direction: Direction, complain: Complain) -> Shape:
    """Follow a value through the steps of its rule and complain where one does not take what comes."""
    shape = given
    if shape.kind == "string" and shape.enum is None:
        shape = replace(shape, min_length=max(1, shape.min_length))  # blank text counts as missing
    if rule.split is not None:
        shape = _split(rule, shape, complain)
    if rule.text:
        shape = _text(rule, shape, complain)
    if table is not None:
        shape = _through_table(rule, shape, table, complain)
    if rule.as_ is not None:
        shape = _as(rule, shape, direction, complain)
    if rule.join is not None:
        shape = _join(shape, complain)
    shape = _bounds(rule, shape, complain)
    if rule.as_ != "whole" and shape.kind in ("object", "list") and rule.split is None:
        complain(rule.source, _not_one_value(shape))
        shape = ANY
    return replace(shape, nullable=given.nullable)


def sample(rule: Rule, direction: Direction) -> str | None:
    """Return a date as the rule writes it; None where it writes none."""
    if rule.as_ not in ("date", "datetime"):
        return None
    if direction == "in" or rule.format is None:
        return "2026-03-02" if rule.as_ == "date" else "2026-03-02T09:12:30+08:00"
    try:
        return times.Format(rule.format).write(_SAMPLE)
    except ValueError:
        return None


def _not_one_value(shape: Shape) -> str:
    remedy = "map its fields with to" if shape.kind == "object" else "read it with each or join"
    return f"this is {NAMES[shape.kind]}, not one value; {remedy}, or take it over with as: whole"


def _split(rule: Rule, shape: Shape, complain: Complain) -> Shape:
    if shape.kind not in ("string", "any"):
        complain("split", f"split takes text, not {NAMES[shape.kind]}")
    piece = Shape(kind="string", max_length=shape.max_length, min_length=1 if rule.part is not None else 0)
    return piece if rule.part is not None else Shape(kind="list", items=piece, min_items=1)


def _text(rule: Rule, shape: Shape, complain: Complain) -> Shape:
    if shape.kind not in ("string", "any"):
        complain("text", f"{', '.join(rule.text)} take text, not {NAMES[shape.kind]}")
        return _TEXT
    if shape.enum is None:
        longest = shape.max_length if "half_width" not in rule.text else None
        return Shape(kind="string", min_length=1, max_length=longest)
    return _each_code(shape, convert.before_table(rule)[-1], "text", complain)


def _each_code(shape: Shape, step: convert.Convert, key: str, complain: Complain) -> Shape:
    """Take every code that may come through a step."""
    results: list[Shape] = []
    for value in shape.enum or ():
        try:
            results.append(constant_shape(step(value)))
        except Wrong as wrong:
            complain(key, f"{value!r} may come: {wrong}")
    if not results:
        return ANY
    result = results[0]
    for other in results[1:]:
        result = either(result, other)
    return result


def _through_table(rule: Rule, shape: Shape, table: CodeTable, complain: Complain) -> Shape:
    rows = convert.rows_of(rule, table)
    others = table.others.const if table.others != "error" and not rule.backwards else None
    if shape.kind not in ("string", "integer", "boolean", "any"):
        complain("table", f"a table takes codes (text or integers), not {NAMES[shape.kind]}")
        return ANY
    reached = list(rows.values())
    if shape.enum is not None:
        codes = [as_code(value) for value in shape.enum]
        if others is None and (without := [code for code in codes if code not in rows]):
            complain("table", f"no row for {', '.join(map(repr, without))}, which may come")
        reached = [rows[code] for code in codes if code in rows]
        if never := sorted(set(rows) - set(codes)) if isinstance(rule.table, dict) else []:
            complain("table", f"{', '.join(map(repr, never))} never comes", "warning")
        needs_others = any(code not in rows for code in codes)
    else:
        needs_others = True
    if others is not None and needs_others:
        reached.append(others)
    if not reached:
        return ANY
    result = constant_shape(reached[0])
    for value in dict.fromkeys(reached[1:]):
        result = either(result, constant_shape(value))
    return result


def _as(rule: Rule, shape: Shape, direction: Direction, complain: Complain) -> Shape:
    as_ = rule.as_
    assert as_ is not None
    if as_ == "whole":
        return shape
    if shape.kind not in _TAKES[as_]:
        complain("as", f"{as_} cannot be made from {NAMES[shape.kind]}")
    if as_ in ("date", "datetime"):
        return _as_time(rule, shape, direction, complain)
    if as_ == "text":
        if shape.kind in ("integer", "number", "boolean") and shape.enum is not None:
            return _each_code(shape, convert.to_text, "as", complain)
        return shape if shape.kind == "string" else _TEXT
    if as_ == "decimal":
        return Shape(kind="string", min_length=1, max_length=42, format="decimal")
    if shape.enum is not None and shape.kind == "string":
        return _each_code(shape, convert.after_table(rule, direction)[0], "as", complain)
    kinds: Mapping[str, Kind] = {"integer": "integer", "number": "number", "boolean": "boolean"}
    return shape if shape.kind == kinds[as_] else Shape(kind=kinds[as_])


def _as_time(rule: Rule, shape: Shape, direction: Direction, complain: Complain) -> Shape:
    ours: Literal["date", "date-time"] = "date" if rule.as_ == "date" else "date-time"
    if direction == "in":
        return Shape(kind="string", min_length=10, format=ours)
    if shape.kind == "string" and shape.format not in ("date-time", ours):
        found = "a date without a time" if shape.format == "date" else "text that need not be a time"
        complain("as", f"reads RFC 3339 text with offset{' or a date' if ours == 'date' else ''}; this is {found}")
    elif shape.kind == "integer":
        complain("as", "reads RFC 3339 text, not an integer")
    if rule.format is None:
        return Shape(kind="string", min_length=10, format=ours)
    written = sample(rule, direction)
    length = len(written) if written is not None else None
    return Shape(kind="string", min_length=length or 1, max_length=length)


def _join(shape: Shape, complain: Complain) -> Shape:
    if shape.kind not in ("list", "any"):
        complain("join", f"join takes a list, not {NAMES[shape.kind]}")
    elif shape.items is not None and shape.items.kind not in _SCALARS:
        complain("join", f"join takes a list of single values, these are {NAMES[shape.items.kind]} each")
    return _TEXT


def _bounds(rule: Rule, shape: Shape, complain: Complain) -> Shape:
    for key, bound in (("cut", rule.cut), ("max_length", rule.max_length)):
        if bound is None or shape.kind == "any":
            continue
        if shape.kind != "string":
            complain(key, f"{key} counts characters, this is {NAMES[shape.kind]}")
        elif shape.min_length > bound and key == "max_length":
            complain(key, f"every value has at least {shape.min_length} characters, so none can go through")
        elif shape.enum is not None:
            continue
        elif shape.max_length is None or shape.max_length > bound:
            shape = replace(shape, max_length=bound, min_length=min(shape.min_length, bound))
    return shape
