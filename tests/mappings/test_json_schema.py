from dataclasses import replace

import pytest
from pydantic import BaseModel

from mappings import Member, Shape, shape_from_json_schema, shape_from_model

ONE = Shape(kind="string", min_length=1, max_length=1)


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        ({"type": "string", "maxLength": 5, "pattern": "^a"}, Shape(kind="string", max_length=5, pattern="^a")),
        ({"type": ["string", "null"], "minLength": 1}, Shape(kind="string", min_length=1, nullable=True)),
        ({"type": "string", "nullable": True}, Shape(kind="string", nullable=True)),
        ({"type": "string", "format": "date-time"}, Shape(kind="string", format="date-time")),
        ({"type": "string", "format": "byte"}, Shape(kind="string", format="base64")),
        ({"type": "string", "format": "uuid"}, Shape(kind="string")),
        ({"type": "integer"}, Shape(kind="integer")),
        ({"type": ["integer", "number"]}, Shape(kind="number")),
        ({"enum": ["a", "bcd"]}, Shape(kind="string", enum=("a", "bcd"), min_length=1, max_length=3)),
        ({"enum": ["a", None]}, Shape(kind="string", enum=("a",), min_length=1, max_length=1, nullable=True)),
        ({"const": 3}, Shape(kind="integer", enum=(3,))),
        ({}, Shape(kind="any")),
        (True, Shape(kind="any")),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, Shape(kind="string", nullable=True)),
        ({"oneOf": [{"const": "a"}, {"const": "b"}]}, replace(ONE, enum=("a", "b"))),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, Shape(kind="any")),
        ({"allOf": [{"type": "string", "maxLength": 9}, {"maxLength": 5}]}, Shape(kind="string", max_length=5)),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]}, replace(ONE, enum=("b",))),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 9},
            Shape(kind="list", items=Shape(kind="string"), min_items=1, max_items=9),
        ),
    ],
)  # fmt: skip
def test_reads_a_schema(schema: object, shape: Shape) -> None:
    assert shape_from_json_schema(schema) == shape  # type: ignore[arg-type]


def test_objects_merge_over_references() -> None:
    schema = {
        "$defs": {
            "Base": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            "More": {"allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"b": {"type": "integer"}}}]},
        }
    }
    shape = shape_from_json_schema(schema, at="#/$defs/More")
    assert shape.fields["a"] == Member(Shape(kind="string"), required=True)
    assert shape.fields["b"] == Member(Shape(kind="integer"), required=False)
    assert shape.closed


def test_an_object_is_open_only_where_it_says_so() -> None:
    assert shape_from_json_schema({"type": "object", "properties": {"a": {}}}).closed
    assert not shape_from_json_schema({"type": "object", "properties": {"a": {}}, "additionalProperties": True}).closed
    assert not shape_from_json_schema({"type": "object"}).closed


def test_a_recursive_schema_ends() -> None:
    schema = {"type": "object", "properties": {"child": {"$ref": "#"}}}
    child = shape_from_json_schema(schema).fields["child"].shape
    assert child.fields["child"].shape == Shape(kind="any")


@pytest.mark.parametrize("pointer", ["#/nope", "https://example.org/x.json"])
def test_a_reference_that_cannot_be_followed_is_named(pointer: str) -> None:
    with pytest.raises(ValueError, match="leads"):
        shape_from_json_schema({"$ref": pointer})


def test_a_written_record_has_all_its_fields() -> None:
    class Thing(BaseModel):
        a: str
        b: tuple[str, ...] = ()
        c: str | None = None

    written, read = shape_from_model(Thing), shape_from_model(Thing, written=False, without=["a"])
    assert {name: member.required for name, member in written.fields.items()} == {"a": True, "b": True, "c": True}
    assert {name: member.required for name, member in read.fields.items()} == {"b": False, "c": False}
    assert written.fields["c"].shape.nullable
