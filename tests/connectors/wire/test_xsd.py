# ruff: noqa: E501  XML reads best unbroken
"""XSD types as the shapes that the mapping checker compares."""

from functools import cache

from connectors.wire.wsdl import Wsdl
from connectors.wire.xsd import reply_shape_of, shape_of
from mappings.shape import Shape
from tests.connectors.wire.contracts import read, schema, wsdl_text


@cache
def contract() -> Wsdl:
    return read(wsdl_text())


def shape() -> Shape:
    return shape_of(contract().schemas.element("{urn:t}call"))


def one(xsd_type: str) -> Shape:
    body = f'<xs:element name="call"><xs:complexType><xs:sequence><xs:element name="x">{xsd_type}</xs:element></xs:sequence></xs:complexType></xs:element><xs:element name="answer" type="xs:string"/>'
    wsdl = read(wsdl_text(schema(target="urn:t", body=body)))
    return shape_of(wsdl.schemas.element("{urn:t}call")).fields["x"].shape


def test_required_and_optional_elements() -> None:
    fields = shape().fields
    assert [name for name, member in fields.items() if member.required] == ["text", "maybe"]
    assert "left" in fields  # an alternative of a choice is never required
    assert not fields["left"].required


def test_scalars_have_their_kind_and_format() -> None:
    found = {name: (member.shape.kind, member.shape.format) for name, member in shape().fields.items()}
    assert found["count"] == ("integer", None)
    assert found["flag"] == ("boolean", None)
    assert found["amount"] == ("string", "decimal")
    assert found["day"] == ("string", "date")
    assert found["file"] == ("string", "base64")


def test_facets_are_gathered_along_the_restrictions() -> None:
    short = shape().fields["short"].shape
    assert (short.min_length, short.max_length, short.pattern) == (1, 8, "^[a-z]+$")
    assert shape().fields["code"].shape.enum == ("01", "02")


def test_lists_attributes_nil_and_text_with_attributes() -> None:
    fields = shape().fields
    assert (fields["word"].shape.kind, fields["word"].shape.max_items) == ("list", 3)
    assert fields["maybe"].shape.nullable
    extended = fields["more"].shape.items
    assert extended is not None
    assert {name: member.required for name, member in extended.fields.items()} == {"a": True, "b": True, "id": True}
    money = fields["money"].shape
    assert (money.fields["_value"].shape.format, money.fields["currency"].required) == ("decimal", True)


def test_a_type_that_contains_itself_ends_in_anything() -> None:
    tree, depth = shape().fields["tree"].shape, 0
    while tree.kind == "object":
        item = tree.fields["child"].shape.items
        assert item is not None
        tree, depth = item, depth + 1
    assert (tree.kind, depth < 20) == ("any", True)


def test_a_pattern_python_reads_otherwise_is_translated() -> None:
    restricted = (
        '<xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="{}"/></xs:restriction></xs:simpleType>'
    )
    assert one(restricted.format("a|b")).pattern == "^(?:a|b)$"
    translated = one(restricted.format(r"\i\c*")).pattern
    assert translated is not None
    assert r"\i" not in translated


def test_an_xs_list_is_a_list() -> None:
    found = one('<xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType>')
    assert found.kind == "list"
    assert found.items is not None
    assert found.items.kind == "integer"


def test_a_reply_is_all_text() -> None:
    found = reply_shape_of(contract().schemas.element("{urn:t}answer"))
    assert found.fields["code"].shape.kind == "string"
    assert found.fields["row"].shape.kind == "list"
