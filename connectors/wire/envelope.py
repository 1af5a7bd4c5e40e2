"""SOAP envelopes: ours written and proven against the contract, theirs opened whatever version they answer in."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from xmlschema.validators import XsdElement

from cases.errors import ReplyUnreadable
from connectors.wire.charset import Charset
from connectors.wire.schemas import Schemas
from connectors.wire.wsdl import Operation
from connectors.wire.xml import Element, parse_xml
from connectors.wire.xml_reader import local_name, read_plain
from connectors.wire.xml_text import escape
from connectors.wire.xml_writer import DocumentUnfit, Write, XmlWriter
from connectors.wire.xsd import is_bare_text

SOAP_NAMESPACES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_TOKEN = f"{_WSS}username-token-profile-1.0"
#: Room for one case with its attachments, in bytes of XML; what may really go out is the pack's limit.
_MAX_OWN_BYTES = 256 * 1024 * 1024
#: From so many characters on, an envelope is encoded in its parts.
_LONG = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class UsernameToken:
    """WS-Security UsernameToken (OASIS, profile 1.0), with the password as text or as digest."""

    username: str
    password: str
    digest: bool

    def header(self, *, now: datetime, nonce: bytes) -> str:
        """Return the Security header; each one is good once."""
        created = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        kind, secret = "PasswordText", self.password
        if self.digest:
            whole = nonce + created.encode() + self.password.encode()
            kind, secret = (
                "PasswordDigest",
                base64.b64encode(hashlib.sha1(whole, usedforsecurity=False).digest()).decode(),
            )
        return (
            f'<wsse:Security xmlns:wsse="{_WSS}wssecurity-secext-1.0.xsd" xmlns:wsu="{_WSS}wssecurity-utility-1.0.xsd">'
            f"<wsse:UsernameToken><wsse:Username>{escape(self.username)}</wsse:Username>"
            f'<wsse:Password Type="{_TOKEN}#{kind}">{escape(secret)}</wsse:Password>'
            f'<wsse:Nonce EncodingType="{_WSS}soap-message-security-1.0#Base64Binary">'
            f"{base64.b64encode(nonce).decode()}</wsse:Nonce>"
            f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
        )


class EnvelopeWriter:
    """Writes the envelopes of one operation by a plan made once, and checks each against the contract's schemas."""

    def __init__(
        self, operation: Operation, schemas: Schemas, *, headers: Mapping[str, Any], charset: Charset = "UTF-8"
    ) -> None:
        """Compile the plan.

        Args:
            operation: what is called.
            schemas: of the same contract.
            headers: local name of a header element of the contract → its content, the same in every call.
            charset: what goes over the wire.

        Raises:
            DocumentUnfit: a header the contract does not know, or whose content does not fit it.
            ContractUnreadable: the contract uses an element that it does not declare.
        """
        self._schemas, self._charset = schemas, charset
        writer = XmlWriter()
        self._body: Write | None = _body(schemas.element(operation.input), writer) if operation.input else None
        self._header = _fixed_header(operation, schemas, headers, writer)
        self._start = (
            f'<?xml version="1.0" encoding="{charset}"?>\n'
            f'<soap:Envelope xmlns:soap="{SOAP_NAMESPACES[operation.version]}"{writer.declarations}>'
        )

    def write(self, document: Mapping[str, Any], *, security: str = "") -> bytes:
        """Return the envelope of a document.

        Raises:
            DocumentUnfit: the document does not fit the contract; names field and reason, never the value.
        """
        parts = [self._start]
        header = self._header + security
        if header:
            parts.append(f"<soap:Header>{header}</soap:Header>")
        parts.append("<soap:Body>")
        if self._body is not None:
            self._body(document, "", parts)
        parts.append("</soap:Body></soap:Envelope>")
        # Where it is long part by part: an attachment is ASCII and copied as it is, one long mixed text encoded slowly.
        short = sum(map(len, parts)) < _LONG
        data = "".join(parts).encode() if short else b"".join(part.encode() for part in parts)
        self._check(data)
        if self._charset == "UTF-8":
            return data
        # XML can name a character that the wire's character set lacks; nothing is ever replaced or lost.
        return b"".join(part.encode(self._charset, "xmlcharrefreplace") for part in parts)

    def _check(self, data: bytes) -> None:
        # Ours, whatever its declaration says: UTF-8 here.
        body = parse_xml(data, max_bytes=_MAX_OWN_BYTES, charset="utf-8", large=True)[-1]
        for payload in body:
            for path, what in self._schemas.errors(payload):
                raise DocumentUnfit(path, what)


@dataclass(frozen=True, slots=True)
class Opened:
    """What stood in a reply's Body: the answer's element, or a fault as plain values."""

    payload: Element | None
    fault: dict[str, Any] | None


def open_envelope(data: bytes, *, max_bytes: int, charset: str | None = None) -> Opened:
    """Open a reply of either SOAP version, whichever was asked for.

    A fault becomes `{code, string, detail, …}`: code without its prefix, detail as it stands there.

    Raises:
        ReplyUnreadable: empty, no XML, or no SOAP envelope with a body.
    """
    if not data.strip():
        raise ReplyUnreadable("the answer is empty")
    root = parse_xml(data, max_bytes=max_bytes, charset=charset)
    if local_name(root) != "Envelope":
        raise ReplyUnreadable(f"the answer is no SOAP envelope but <{local_name(root)[:60]}>")
    body = next((child for child in root if local_name(child) == "Body"), None)
    if body is None:
        raise ReplyUnreadable("the answer's SOAP envelope has no Body")
    payload = next(iter(body), None)
    if payload is not None and local_name(payload) == "Fault" and _is_soap(payload):
        return Opened(None, _fault(payload))
    return Opened(payload, None)


def _is_soap(node: Element) -> bool:
    return str(node.tag).partition("}")[0].lstrip("{") in SOAP_NAMESPACES.values()


def _fault(node: Element) -> dict[str, Any]:
    parts = {local_name(child).lower(): child for child in node}
    fault: dict[str, Any] = {"code": "", "string": "", "detail": {}}
    if "faultcode" in parts:  # 1.1
        fault["code"] = _unprefixed(parts["faultcode"].text)
        fault["string"] = (parts["faultstring"].text or "").strip() if "faultstring" in parts else ""
    elif "code" in parts:  # 1.2
        values = [value.text for value in parts["code"].iter("{*}Value")]
        fault["code"] = _unprefixed(values[0]) if values else ""
        if len(values) > 1:
            fault["subcode"] = _unprefixed(values[1])
        texts = [text.text or "" for text in parts["reason"].iter("{*}Text")] if "reason" in parts else []
        fault["string"] = texts[0].strip() if texts else ""
    if "detail" in parts:
        detail = read_plain(parts["detail"])
        fault["detail"] = detail if isinstance(detail, dict) else {"text": detail} if detail else {}
    return fault


def _unprefixed(code: str | None) -> str:
    return (code or "").strip().rpartition(":")[2]


def _body(element: XsdElement, writer: XmlWriter) -> Write:
    write, name = writer.compile(element), str(element.local_name)
    if not is_bare_text(element):
        return write

    def write_text(document: Any, _path: str, out: list[str]) -> None:
        if set(document) != {name}:
            raise DocumentUnfit(name, "is the one field of this contract")
        write(document[name], name, out)

    return write_text


def _fixed_header(operation: Operation, schemas: Schemas, headers: Mapping[str, Any], writer: XmlWriter) -> str:
    known = {name.rpartition("}")[2]: name for name in operation.headers}
    parts: list[str] = []
    for name, content in headers.items():
        if name not in known:
            foreseen = ", ".join(sorted(known)) or "none"
            raise DocumentUnfit(
                name, f"the contract foresees no such SOAP header for {operation.name}; it has: {foreseen}"
            )
        writer.compile(schemas.element(known[name]))(content, name, parts)
    return "".join(parts)
