"""The shape of a document, whatever schema language described it; what the checker compares.

JSON Schema becomes a Shape in `mappings/json_schema.py`; XSD and WSDL types in `connectors/wire/xsd.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["object", "list", "string", "integer", "number", "boolean", "any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One node: a scalar with its limits, an object with its fields, or a list of one item shape."""

    kind: Kind
    fields: Mapping[str, "Member"] = field(default_factory=dict)
    closed: bool = True  # object: fields that are not named are errors
    items: "Shape | None" = None  # list: what each item looks like
    min_items: int = 0
    max_items: int | None = None
    enum: tuple[str | int | float | bool, ...] | None = None
    pattern: str | None = None
    min_length: int = 0
    max_length: int | None = None
    format: Literal["date", "date-time", "time", "base64", "decimal"] | None = None
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A field of an object shape."""

    shape: Shape
    required: bool


#: No value ever comes: a field that other documents of the same kind have.
NEVER = Shape(kind="any", enum=(), nullable=True)


def constant_shape(value: str | bool | int | float) -> Shape:
    """Return the shape of one known value."""
    if isinstance(value, bool):
        return Shape(kind="boolean", enum=(value,))
    if isinstance(value, str):
        return Shape(kind="string", enum=(value,), min_length=len(value), max_length=len(value))
    return Shape(kind="integer" if isinstance(value, int) else "number", enum=(value,))


def either(a: Shape, b: Shape) -> Shape:
    """Return the shape of a value that has one shape or the other."""
    if a.kind != b.kind:
        kind: Kind = "number" if family(a) == family(b) else "any"
        return Shape(kind=kind, enum=_both(a, b), nullable=a.nullable or b.nullable)
    bounded = a.max_length is not None and b.max_length is not None
    return Shape(
        kind=a.kind,
        fields=a.fields if a.fields == b.fields else {},
        closed=a.closed and b.closed and a.fields == b.fields,
        items=a.items if a.items == b.items else None,
        enum=_both(a, b),
        pattern=a.pattern if a.pattern == b.pattern else None,
        format=a.format if a.format == b.format else None,
        min_length=min(a.min_length, b.min_length),
        max_length=max(a.max_length or 0, b.max_length or 0) if bounded else None,
        nullable=a.nullable or b.nullable,
    )


def family(shape: Shape) -> str:
    """Name the kinds that compare with each other."""
    return "number" if shape.kind in ("integer", "number") else shape.kind


def _both(a: Shape, b: Shape) -> tuple[str | int | float | bool, ...] | None:
    return tuple(dict.fromkeys((*a.enum, *b.enum))) if a.enum is not None and b.enum is not None else None
