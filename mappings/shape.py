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
