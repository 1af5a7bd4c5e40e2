"""JSON Schema (drafts 4 to 2020-12, OpenAPI's dialect) into a Shape.

An object that names properties and says nothing about others counts as closed: whoever writes a mapping wants to hear
of a misspelt field. `additionalProperties: true`, or a schema there, opens it. Recursive references end as "any type".
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import DataclassField, ModelField, TypedDictField

from mappings.paths import ANY
from mappings.shape import Kind, Member, Shape, constant_shape, either

Format = Literal["date", "date-time", "time", "base64", "decimal"]
_FORMATS: Mapping[str, Format] = {
    "date": "date",
    "date-time": "date-time",
    "time": "time",
    "byte": "base64",
    "base64": "base64",
    "decimal": "decimal",
}
_KINDS: Mapping[str, Kind] = {
    "object": "object",
    "array": "list",
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
}
MAX_DEPTH = 40


def shape_from_json_schema(schema: Mapping[str, Any], *, at: str = "") -> Shape:
    """Read a schema, or the part of it at a JSON pointer like `#/components/schemas/Case`.

    Raises:
        ValueError: a reference leads nowhere or out of the document.
    """
    reader = _Reader(schema)
    return reader.read(reader.resolve(at) if at else schema, (at,) if at else ())


def shape_from_model(model: type[BaseModel], *, written: bool = True, without: Sequence[str] = ()) -> Shape:
    """Return the shape of one of our own records.

    Args:
        model: the record.
        written: as it is written (values with defaults are always there), otherwise as it is read.
        without: fields that are left out of the shape.
    """
    schema = (
        model.model_json_schema(mode="serialization", schema_generator=_AsWritten)
        if written
        else model.model_json_schema(mode="validation")
    )
    shape = shape_from_json_schema(schema)
    return replace(shape, fields={name: member for name, member in shape.fields.items() if name not in without})


class _AsWritten(GenerateJsonSchema):
    """A record is written with all its fields, those with defaults included."""

    def field_is_required(self, field: ModelField | DataclassField | TypedDictField, total: bool) -> bool:
        return True


class _Reader:
    """Reads one document's schemas; `seen` are the references on the way down, which end a recursion."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def resolve(self, pointer: str) -> Any:
        if not pointer.startswith("#"):
            raise ValueError(f"reference {pointer!r} leads out of the document; put all schemas in one file")
        here: Any = self._document
        for part in pointer[1:].strip("/").split("/") if pointer != "#" else ():
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(here, Mapping) or name not in here:
                raise ValueError(f"reference {pointer!r} leads nowhere")
            here = here[name]
        return here

    def read(self, schema: Any, seen: tuple[str, ...]) -> Shape:
        if not isinstance(schema, Mapping) or len(seen) > MAX_DEPTH:
            return ANY
        shape = self._own(schema, seen)
        if (pointer := schema.get("$ref")) is not None:
            if pointer in seen:
                return ANY
            shape = merge(self.read(self.resolve(pointer), (*seen, pointer)), shape)
        for part in schema.get("allOf", ()):
            shape = merge(shape, self.read(part, seen))
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                shape = merge(self._union(schema[key], seen), shape)
        return replace(shape, nullable=True) if schema.get("nullable") is True else shape

    def _union(self, schemas: Sequence[Any], seen: tuple[str, ...]) -> Shape:
        shapes = [self.read(schema, seen) for schema in schemas if not _is_null(schema)]
        nullable = len(shapes) < len(schemas)
        shape = shapes[0] if shapes else ANY
        for other in shapes[1:]:
            shape = either(shape, other)
        return replace(shape, nullable=shape.nullable or nullable)

    def _own(self, schema: Mapping[str, Any], seen: tuple[str, ...]) -> Shape:
        kind, nullable = _kind(schema)
        values = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if values is not None:
            return replace(_enumeration(values, kind), pattern=schema.get("pattern"))
        if kind == "object":
            return self._object(schema, seen, nullable=nullable)
        if kind == "list":
            items = schema.get("items")
            return Shape(
                kind="list",
                items=self.read(items, seen) if items is not None else None,
                min_items=schema.get("minItems", 0),
                max_items=schema.get("maxItems"),
                nullable=nullable,
            )
        encoded = "base64" if schema.get("contentEncoding") == "base64" else schema.get("format", "")
        return Shape(
            kind=kind,
            pattern=schema.get("pattern"),
            min_length=schema.get("minLength", 0),
            max_length=schema.get("maxLength"),
            format=_FORMATS.get(encoded),
            nullable=nullable,
        )

    def _object(self, schema: Mapping[str, Any], seen: tuple[str, ...], *, nullable: bool) -> Shape:
        properties, required = schema.get("properties", {}), set(schema.get("required", ()))
        fields = {name: Member(self.read(below, seen), name in required) for name, below in properties.items()}
        others = schema.get("additionalProperties", not properties)
        return Shape(kind="object", fields=fields, closed=others is False, nullable=nullable)


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and (schema.get("type") == "null" or schema.get("enum") == [None])


def _kind(schema: Mapping[str, Any]) -> tuple[Kind, bool]:
    given = schema.get("type")
    types = [given] if isinstance(given, str) else list(given or ())
    kinds = [_KINDS[name] for name in types if name in _KINDS]
    if len(kinds) == 1:
        return kinds[0], "null" in types
    if not kinds and "properties" in schema:
        return "object", False
    if not kinds and "items" in schema:
        return "list", False
    return ("number" if set(kinds) == {"integer", "number"} else "any"), "null" in types


def _enumeration(values: Sequence[Any], kind: Kind) -> Shape:
    shapes = [constant_shape(value) for value in values if isinstance(value, (str, bool, int, float))]
    if not shapes:
        return Shape(kind=kind, nullable=None in values)
    shape = shapes[0]
    for other in shapes[1:]:
        shape = either(shape, other)
    return replace(shape, nullable=None in values)


def merge(a: Shape, b: Shape) -> Shape:
    """Return the shape of a value that has both shapes: `allOf`, or keywords beside `$ref`."""
    if b.kind == "any" and b.enum is None:
        a, b = b, a
    if a.kind == "any" and a.enum is None:
        return replace(
            b,
            pattern=b.pattern or a.pattern,
            min_length=max(a.min_length, b.min_length),
            max_length=_least(a.max_length, b.max_length),
            format=b.format or a.format,
        )
    fields = dict(a.fields)
    for name, member in b.fields.items():
        both = fields.get(name)
        fields[name] = (
            member if both is None else Member(merge(both.shape, member.shape), both.required or member.required)
        )
    return Shape(
        kind="integer" if {a.kind, b.kind} == {"integer", "number"} else a.kind,
        fields=fields,
        closed=a.closed and b.closed,
        items=merge(a.items, b.items) if a.items is not None and b.items is not None else a.items or b.items,
        min_items=max(a.min_items, b.min_items),
        max_items=_least(a.max_items, b.max_items),
        enum=_common(a.enum, b.enum),
        pattern=a.pattern or b.pattern,
        min_length=max(a.min_length, b.min_length),
        max_length=_least(a.max_length, b.max_length),
        format=a.format or b.format,
        nullable=a.nullable and b.nullable,
    )


def _least(a: int | None, b: int | None) -> int | None:
    return min(a, b) if a is not None and b is not None else a if b is None else b


def _common(
    a: tuple[str | int | float | bool, ...] | None, b: tuple[str | int | float | bool, ...] | None
) -> tuple[str | int | float | bool, ...] | None:
    if a is None or b is None:
        return a if b is None else b
    return tuple(value for value in a if value in b)
