# ruff: noqa: E501  XML reads best unbroken
"""What goes out is checked whole; what comes back is read in either version, and nothing else."""

import base64
import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from cases.errors import ReplyUnreadable
from connectors.wire.envelope import EnvelopeWriter, UsernameToken, open_envelope
from connectors.wire.wsdl import Wsdl
from connectors.wire.xml import parse_xml
from connectors.wire.xml_reader import XmlReader
from connectors.wire.xml_writer import DocumentUnfit
from tests.connectors.wire.contracts import ANSWER, read, schema, wsdl_text

HEADER = '<soap:header message="tns:Head" part="h" use="literal"/>'
GOOD: dict[str, Any] = {"text": "张三", "maybe": None}
SOAP11, SOAP12 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"


@cache
def contract() -> Wsdl:
    return read(wsdl_text(header=HEADER))


def writer(**named: Any) -> EnvelopeWriter:
    return EnvelopeWriter(contract().operation("call"), contract().schemas, **{"headers": {}, **named})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "99"}, "^code: is not one of the values"),
        ({"short": "abcdefghi"}, r"^short: is longer than the contract allows \(8\)"),
        ({"short": "A1"}, "^short: does not have the pattern"),
        ({"count": "ten"}, "^count: is no int"),
        ({"count": 2**31}, "^count: is no int"),
        ({"day": "2026-02-30"}, "^day: is no date"),
        ({"flag": "maybe"}, "^flag: is no boolean"),
        ({"file": "###"}, "^file: is no base64Binary"),
        ({"word": ["a"] * 4}, "^word"),
        ({"left": "a", "right": 1}, "^right: This element is not expected"),
        ({"more": [{"a": "x", "b": True, "id": 1}, {"a": "x", "b": True}]}, r"^more\[2\]"),
        ({"place": {"no": 1}}, "^place.*street"),
        ({"surprise": 1}, "^surprise: the contract has no such field"),
        ({"more": [{"a": "x", "b": True, "id": 1, "c": 1}]}, r"^more\[1\]\.c: the contract has no such field"),
        ({"text": "bell \x07"}, r"^text: holds the character U\+0007"),
        ({"text": "half \ud800"}, r"^text: holds the character U\+D800"),
        ({"text": {"a": 1}}, "^text: is a dict"),
        ({"text": ["a", "b"]}, "^text: is a list"),
        ({"place": "here"}, "^place: is a str, where the contract has fields"),
        ({"text": None}, "text"),
        ({"file": b"x", "text": b"y"}, "^text: is binary"),
    ],
)
def test_a_document_that_does_not_fit_is_not_written(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentUnfit, match=said):
        writer().write({**GOOD, **changes})


def test_the_reason_never_quotes_the_value() -> None:
    for field, value in {
        "code": "430299198001010016",
        "short": "430299198001010016",
        "day": "430299198001010016",
    }.items():
        with pytest.raises(DocumentUnfit) as caught:
            writer().write({**GOOD, field: value})
        assert "4302" not in str(caught.value)


def test_base64_goes_as_it_is_and_bytes_are_encoded() -> None:
    assert b">YWJj<" in writer().write({**GOOD, "file": "YWJj"})
    assert b">YWJj<" in writer().write({**GOOD, "file": b"abc"})


def test_a_character_the_wire_cannot_carry_is_written_by_its_number() -> None:
    data = writer(charset="GBK").write({**GOOD, "text": "张三𠮷"})
    assert data.startswith(b'<?xml version="1.0" encoding="GBK"?>')
    assert b"&#134071;" in data
    text = parse_xml(data, max_bytes=10_000).findtext("{*}Body/{*}call/{*}text")
    assert text == "张三𠮷"


def test_soap_headers_are_those_of_the_contract() -> None:
    root = parse_xml(writer(headers={"head": {"token": "t&1"}}).write(GOOD), max_bytes=10_000)
    assert root.findtext(f"{{{SOAP11}}}Header/{{urn:t}}head/{{urn:t}}token") == "t&1"
    with pytest.raises(DocumentUnfit, match="no such SOAP header for call; it has: head"):
        writer(headers={"hat": {}})


@pytest.mark.parametrize("digest", [False, True])
def test_a_username_token_proves_the_password(digest: bool) -> None:
    token = UsernameToken(username="hub<1>", password="pass&word", digest=digest)
    nonce = bytes(range(16))
    header = parse_xml(token.header(now=datetime(2026, 3, 2, 1, 12, tzinfo=UTC), nonce=nonce).encode(), max_bytes=5000)
    found = {str(node.tag).rpartition("}")[2]: node for node in header.iter()}
    assert found["Username"].text == "hub<1>"
    assert found["Created"].text == "2026-03-02T01:12:00Z"
    assert found["Nonce"].text == base64.b64encode(nonce).decode()
    hashed = base64.b64encode(hashlib.sha1(nonce + b"2026-03-02T01:12:00Z" + b"pass&word").digest()).decode()
    assert found["Password"].text == (hashed if digest else "pass&word")
    assert (found["Password"].get("Type") or "").endswith("#PasswordDigest" if digest else "#PasswordText")


def test_a_fault_of_version_1_1() -> None:
    fault = open_envelope(
        f'<s:Envelope xmlns:s="{SOAP11}"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring> no </faultstring>'
        '<detail><caseFault xmlns="urn:t"><code>2001</code><part>a</part><part>b</part></caseFault></detail>'
        "</s:Fault></s:Body></s:Envelope>".encode(),
        max_bytes=5000,
    ).fault
    assert fault == {"code": "Server", "string": "no", "detail": {"caseFault": {"code": "2001", "part": ["a", "b"]}}}


@pytest.mark.parametrize("around", [SOAP12, SOAP11])  # some answer 1.2 in a 1.1 envelope
def test_a_fault_of_version_1_2(around: str) -> None:
    fault = open_envelope(
        f'<s:Envelope xmlns:s="{around}"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>m:Bad</s:Value></s:Subcode></s:Code>'
        '<s:Reason><s:Text xml:lang="zh">不行</s:Text></s:Reason><s:Detail><f>1</f></s:Detail></s:Fault></s:Body></s:Envelope>'.encode(),
        max_bytes=5000,
    ).fault
    assert fault == {"code": "Sender", "subcode": "Bad", "string": "不行", "detail": {"f": "1"}}


def test_an_element_named_fault_of_the_contract_is_no_soap_fault() -> None:
    opened = open_envelope(
        f'<s:Envelope xmlns:s="{SOAP11}"><s:Body><Fault xmlns="urn:t"/></s:Body></s:Envelope>'.encode(), max_bytes=500
    )
    assert opened.fault is None
    assert opened.payload is not None


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"<html><body/></html>", b"{}", f'<s:Envelope xmlns:s="{SOAP11}"/>'.encode()]
)
def test_what_is_no_envelope_is_unreadable(data: bytes) -> None:
    with pytest.raises(ReplyUnreadable):
        open_envelope(data, max_bytes=500)


def read_answer(inner: str) -> Any:
    reader = XmlReader().compile(contract().schemas.element("{urn:t}answer"))
    return reader(
        parse_xml(
            f'<answer xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{inner}</answer>'.encode(), max_bytes=5000
        )
    )


def test_what_may_repeat_is_always_a_list() -> None:
    assert read_answer("<code>1</code>") == {"code": "1", "row": []}
    assert read_answer("<code>1</code><row>a</row>") == {"code": "1", "row": ["a"]}


def test_what_the_contract_does_not_know_is_read_all_the_same() -> None:
    found = read_answer('<code xmlns="urn:wrong">1</code><new><x y="z">1</x></new><again>1</again><again>2</again>')
    assert found == {"code": "1", "row": [], "new": {"x": {"_value": "1", "y": "z"}}, "again": ["1", "2"]}


def test_nil_is_no_text() -> None:
    assert read_answer('<code xsi:nil="true"/>') == {"code": None, "row": []}


def test_a_bare_body_is_the_element_itself() -> None:
    wsdl = read(wsdl_text(schema(target="urn:t", body='<xs:element name="call" type="xs:string"/>' + ANSWER)))
    bare = EnvelopeWriter(wsdl.operation("call"), wsdl.schemas, headers={})
    assert b"<soap:Body><ns0:call>&lt;xml&gt;</ns0:call></soap:Body>" in bare.write({"call": "<xml>"})
