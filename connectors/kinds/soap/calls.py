"""One operation of a SOAP service as a call: document in, opened reply out."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cases.errors import ReplyUnreadable
from connectors.around import Around
from connectors.kinds.soap.options import SoapEndpoint, WsseAuth
from connectors.options import Auth, BasicAuth
from connectors.wire.envelope import EnvelopeWriter, UsernameToken, open_envelope
from connectors.wire.http import Reply, Request
from connectors.wire.wsdl import Operation, Wsdl
from connectors.wire.xml_reader import Read, XmlReader, local_name, read_plain

_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SoapReply:
    """A readable reply: the answer's content, or `{"fault": {…}}`."""

    values: Mapping[str, Any]
    is_fault: bool
    status: int


class OperationCall:
    """Writes the requests of one operation and reads its replies."""

    def __init__(self, wsdl: Wsdl, operation: Operation, *, endpoint: SoapEndpoint, auth: Auth, around: Around) -> None:
        """Compile what the call needs.

        Raises:
            ContractUnreadable: the contract uses an element that it does not declare.
            DocumentUnfit: `endpoint.headers` do not fit the contract.
        """
        self._operation, self._endpoint, self._auth, self._around = operation, endpoint, auth, around
        self._writer = EnvelopeWriter(operation, wsdl.schemas, headers=endpoint.headers, charset=endpoint.charset)
        self._output = operation.output and operation.output.rpartition("}")[2]
        self._read: Read = (
            XmlReader().compile(wsdl.schemas.element(operation.output)) if operation.output else read_plain
        )
        self._http_headers = self._make_http_headers()

    def request(self, document: Mapping[str, Any]) -> Request:
        """Return the HTTP request of a document.

        Raises:
            DocumentUnfit: the document does not fit the contract; names field and reason.
        """
        body = self._writer.write(document, security=self._security())
        return Request(method="POST", url=self._endpoint.address, headers=self._http_headers, body=body)

    def read(self, reply: Reply, *, max_bytes: int) -> SoapReply:
        """Open a reply.

        Raises:
            ReplyUnreadable: no SOAP, or not this operation's answer.
        """
        found = _CHARSET.search(reply.headers.get("content-type", ""))
        opened = open_envelope(reply.body, max_bytes=max_bytes, charset=found and found[1])
        if opened.fault is not None:
            return SoapReply({"fault": opened.fault}, True, reply.status)
        if opened.payload is None:
            if self._output:
                raise ReplyUnreadable("the answer's SOAP Body is empty")
            return SoapReply({}, False, reply.status)
        name = local_name(opened.payload)
        if self._output and name != self._output:
            raise ReplyUnreadable(f"the answer is a <{name[:60]}>, where the contract has <{self._output}>")
        values = self._read(opened.payload)
        return SoapReply(values if isinstance(values, dict) else {name: values}, False, reply.status)

    def _make_http_headers(self) -> dict[str, str]:
        own = self._endpoint.action if self._operation.name == self._endpoint.operation else None
        action, charset = own if own is not None else self._operation.action, self._endpoint.charset.lower()
        headers = {"accept": "text/xml, application/soap+xml, multipart/related;q=0"}
        if self._operation.version == "1.1":
            headers |= {"content-type": f"text/xml; charset={charset}", "soapaction": f'"{action}"'}
        else:
            with_action = f'; action="{action}"' if action else ""
            headers["content-type"] = f"application/soap+xml; charset={charset}{with_action}"
        if isinstance(self._auth, BasicAuth):
            pair = f"{self._auth.username.get_secret_value()}:{self._auth.password.get_secret_value()}"
            headers["authorization"] = "Basic " + b64encode(pair.encode()).decode()
        return headers

    def _security(self) -> str:
        if not isinstance(self._auth, WsseAuth):
            return ""
        token = UsernameToken(
            username=self._auth.username.get_secret_value(),
            password=self._auth.password.get_secret_value(),
            digest=self._auth.digest,
        )
        return token.header(now=self._around.now(), nonce=bytes.fromhex(self._around.nonce()))
