# ruff: noqa: E501  XML reads best unbroken
"""Contracts as departments bring them: read without the network, and named in words where they cannot be."""

import socket

import pytest

from connectors.wire.contract_files import ContractFiles, ContractUnreadable
from connectors.wire.wsdl import Wsdl
from connectors.wire.xml import parse_xml
from tests.connectors.wire.contracts import ANSWER, HEAD, RICH, read, schema, wsdl_text

CALL = '<xs:element name="call"><xs:complexType><xs:sequence>{}</xs:sequence></xs:complexType></xs:element>'


def plain(inner: str, *, before: str = "") -> bytes:
    return wsdl_text(schema(target="urn:t", body=before + CALL.format(inner) + ANSWER))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_parts: object, **_named: object) -> None:
        raise AssertionError("a contract was looked for on the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_operation_of_the_first_soap_port_unless_another_is_named() -> None:
    wsdl = read(wsdl_text())
    first, second = wsdl.operation("call"), wsdl.operation("call", service="S", port="P12")
    assert (first.version, second.version) == ("1.1", "1.2")
    assert (first.action, first.input, first.output) == ("urn:t/call", "{urn:t}call", "{urn:t}answer")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"name": "other"}, "no operation 'other'; it has: call"),
        ({"name": "call", "port": "P9"}, "no SOAP port 'P9'; it has: P11, P12"),
        ({"name": "call", "service": "X"}, "no service 'X'; it has: S"),
    ],
)
def test_a_wrong_name_is_answered_with_those_that_are_there(named: dict[str, str], said: str) -> None:
    with pytest.raises(ContractUnreadable, match=said):
        read(wsdl_text()).operation(**named)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"style": "rpc", "part": 'type="xs:string"'}, "rpc style"),
        ({"use": "encoded"}, "SOAP encoding"),
        ({"part": 'type="xs:string"'}, "one part that names an element"),
    ],
)
def test_styles_that_are_not_spoken_are_named(changes: dict[str, str], said: str) -> None:
    with pytest.raises(ContractUnreadable, match=said):
        read(wsdl_text(**changes)).operation("call")


def test_header_elements_are_known() -> None:
    header = '<soap:header message="tns:Head" part="h" use="literal"/>'
    assert read(wsdl_text(header=header)).operation("call").headers == ("{urn:t}head",)


def test_imports_come_from_the_pack() -> None:
    part = schema(
        target="urn:o",
        body='<xs:simpleType name="N"><xs:restriction base="xs:string"><xs:maxLength value="2"/></xs:restriction></xs:simpleType>',
    )
    text = plain(
        '<xs:element name="x" type="n:N" xmlns:n="urn:o"/>',
        before='<xs:import namespace="urn:o" schemaLocation="o.xsd"/>',
    )
    wsdl = read(text, o_xsd=part.encode())
    assert wsdl.schemas.element("{urn:t}call").type.content[0].type.max_length == 2


def test_a_missing_import_is_named_with_its_remedy() -> None:
    text = plain("", before='<xs:import namespace="urn:o" schemaLocation="types/o.xsd"/>')
    with pytest.raises(ContractUnreadable, match=r"types/o\.xsd.*not in the pack: save it there"):
        read(text)
    text = plain("", before='<xs:import namespace="urn:o" schemaLocation="http://far.example/o.xsd"/>')
    with pytest.raises(ContractUnreadable, match=r"http://far\.example/o\.xsd.*endpoint\.imports"):
        read(text)


def test_a_file_of_the_pack_can_stand_in_for_an_address() -> None:
    url = "http://far.example/o?xsd=1"
    text = plain(
        '<xs:element name="x" type="n:N" xmlns:n="urn:o"/>',
        before=f'<xs:import namespace="urn:o" schemaLocation="{url}"/>',
    )
    part = schema(
        target="urn:o", body='<xs:simpleType name="N"><xs:restriction base="xs:int"/></xs:simpleType>'
    ).encode()
    Wsdl(ContractFiles({"service.wsdl": text, "o.xsd": part}, {url: "o.xsd"}), "service.wsdl")


@pytest.mark.parametrize(
    ("namespace", "location", "use"),
    [
        ("http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2001/xml.xsd", '<xs:attribute ref="xml:lang"/>'),
        (
            "http://www.w3.org/2005/05/xmlmime",
            "https://www.w3.org/2005/05/xmlmime",
            '<xs:attribute ref="w:contentType" xmlns:w="http://www.w3.org/2005/05/xmlmime"/>',
        ),
        (
            "http://ws-i.org/profiles/basic/1.1/xsd",
            "http://ws-i.org/profiles/basic/1.1/swaref.xsd",
            '<xs:attribute name="f" type="w:swaRef" xmlns:w="http://ws-i.org/profiles/basic/1.1/xsd"/>',
        ),
        (
            "http://schemas.xmlsoap.org/soap/encoding/",
            "http://schemas.xmlsoap.org/soap/encoding/",
            '<xs:attribute ref="w:arrayType" xmlns:w="http://schemas.xmlsoap.org/soap/encoding/"/>',
        ),
    ],
)
def test_well_known_schemas_are_at_hand(namespace: str, location: str, use: str) -> None:
    typed = f'<xs:complexType name="T"><xs:sequence/>{use}</xs:complexType>'
    before = f'<xs:import namespace="{namespace}" schemaLocation="{location}"/>{typed}'
    wsdl = read(plain('<xs:element name="x" type="tns:T"/>', before=before))
    assert wsdl.schemas.findings == []


@pytest.mark.parametrize("importing", ["", '<xs:import namespace="http://www.w3.org/XML/1998/namespace"/>'])
def test_xml_lang_needs_no_import_that_says_where(importing: str) -> None:
    typed = '<xs:complexType name="T"><xs:sequence/><xs:attribute ref="xml:lang"/></xs:complexType>'
    wsdl = read(plain('<xs:element name="x" type="tns:T"/>', before=importing + typed))
    assert wsdl.findings == []


def test_a_schema_that_is_imported_here_and_included_there_counts_once() -> None:
    shared = schema(target="urn:t", body='<xs:complexType name="N"><xs:sequence/></xs:complexType>')
    including = '<xs:include schemaLocation="shared.xsd"/>'
    other = schema(target="urn:o", body='<xs:import namespace="urn:t" schemaLocation="shared.xsd"/>')
    text = wsdl_text(
        other + schema(target="urn:t", body=including + CALL.format('<xs:element name="x" type="tns:N"/>') + ANSWER)
    )
    assert read(text, shared_xsd=shared.encode()).findings == []


def test_copies_of_a_shared_schema_and_unsaid_imports_are_lived_with() -> None:
    shared = '<xs:simpleType name="N"><xs:restriction base="xs:string"><xs:maxLength value="2"/></xs:restriction></xs:simpleType>'
    first, second = (
        schema(target="urn:other", body=shared),
        schema(target="urn:other", body=shared + '<xs:element name="e" type="xs:int"/>'),
    )
    using = schema(target="urn:t", body=CALL.format('<xs:element name="x" type="o:N"/>') + ANSWER)
    wsdl = read(wsdl_text(first + second + using))
    assert wsdl.findings == []
    assert [
        what
        for _, what in wsdl.schemas.errors(parse_xml(b'<n:call xmlns:n="urn:t"><n:x>abc</n:x></n:call>', max_bytes=99))
    ] == ["is longer than the contract allows (2)"]


def test_schemas_the_quick_validator_cannot_read_are_checked_by_a_slower_one() -> None:
    """A content model that is not determined: one library refuses, the other lives with it."""
    odd = '<xs:complexType name="N"><xs:sequence><xs:element name="a" type="xs:int" minOccurs="0"/><xs:element name="a" type="xs:int"/></xs:sequence></xs:complexType>'
    limited = '<xs:simpleType name="S"><xs:restriction base="xs:string"><xs:maxLength value="2"/></xs:restriction></xs:simpleType>'
    wsdl = read(plain('<xs:element name="x" type="tns:S"/>', before=odd + limited))
    assert "slower one" in wsdl.findings[0]
    good, bad = (
        parse_xml(f'<n:call xmlns:n="urn:t"><n:x>{text}</n:x></n:call>'.encode(), max_bytes=500)
        for text in ("ab", "430299")
    )
    assert wsdl.schemas.errors(good) == []
    ((path, what),) = wsdl.schemas.errors(bad)
    assert path == "x"
    assert "430299" not in what


def test_schemas_of_one_namespace_do_not_hide_each_other() -> None:
    first = schema(target="urn:t", body=CALL.format('<xs:element name="x" type="tns:Other"/>') + ANSWER)
    second = schema(
        target="urn:t",
        body='<xs:complexType name="Other"><xs:sequence><xs:element name="y" type="xs:string"/></xs:sequence></xs:complexType>',
    )
    wsdl = read(wsdl_text(first + second))
    assert wsdl.schemas.findings == []
    assert wsdl.schemas.element("{urn:t}call").type.content[0].type.local_name == "Other"


def test_an_included_schema_without_namespace_takes_that_of_its_includer() -> None:
    shared = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:simpleType name="N"><xs:restriction base="xs:int"/></xs:simpleType></xs:schema>'
    text = plain('<xs:element name="x" type="tns:N"/>', before='<xs:include schemaLocation="shared.xsd"/>')
    assert read(text, shared_xsd=shared.encode()).schemas.findings == []


def test_schemas_may_import_each_other() -> None:
    a = schema(
        target="urn:a",
        body='<xs:import namespace="urn:b" schemaLocation="b.xsd"/><xs:complexType name="A"><xs:sequence><xs:element name="b" type="b:B" minOccurs="0" xmlns:b="urn:b"/></xs:sequence></xs:complexType>',
    )
    b = schema(
        target="urn:b",
        body='<xs:import namespace="urn:a" schemaLocation="a.xsd"/><xs:complexType name="B"><xs:sequence><xs:element name="a" type="a:A" minOccurs="0" xmlns:a="urn:a"/></xs:sequence></xs:complexType>',
    )
    text = plain(
        '<xs:element name="x" type="a:A" xmlns:a="urn:a"/>',
        before='<xs:import namespace="urn:a" schemaLocation="a.xsd"/>',
    )
    assert read(text, a_xsd=a.encode(), b_xsd=b.encode()).schemas.findings == []


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html/>",
        b"not xml",
        wsdl_text()[:2000],
        wsdl_text(RICH.replace('type="tns:Code"', 'type="tns:Nowhere"')),
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + wsdl_text(),
        wsdl_text(schema(target="urn:t", body=ANSWER + HEAD)),  # the message's element is declared nowhere
    ],
)
def test_a_malformed_contract_ends_in_words(text: bytes) -> None:
    with pytest.raises(ContractUnreadable) as caught:
        read(text).operation("call")
    assert "Traceback" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_what_zeep_cannot_read_is_named_with_a_way_out() -> None:
    listed = '<xs:simpleType name="L"><xs:list itemType="xs:double"/></xs:simpleType>'
    restricted = '<xs:simpleType name="P"><xs:restriction base="tns:L"><xs:minLength value="1"/></xs:restriction></xs:simpleType>'
    part = schema(target="urn:o", body=listed + restricted).encode()
    importing = '<xs:import namespace="urn:o" schemaLocation="o.xsd"/>'
    with pytest.raises(ContractUnreadable, match="restricts an xs:list type"):
        read(plain('<xs:element name="x" type="o:P" xmlns:o="urn:o"/>', before=importing), o_xsd=part)
