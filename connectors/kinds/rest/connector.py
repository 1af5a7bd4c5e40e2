"""One HTTP call per question: file, look up, ask for statuses; and the department's calls back."""

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from cases.outcome import Accepted, Again, Broken, LookupAnswer, NotThere, Outcome, Unknown
from config.findings import Finding
from connectors.around import Around
from connectors.contract import (
    Call,
    CallRefused,
    CallReply,
    Capabilities,
    Incoming,
    Parcel,
    Pending,
    Received,
    Unreadable,
)
from connectors.contract_shapes import json_shape
from connectors.kinds import PackContract, kind
from connectors.kinds.rest.bodies import form_body, json_body, read_object, read_statuses
from connectors.kinds.rest.callback import CallbackReader
from connectors.kinds.rest.options import Lookup, Operation, Query, RestEndpoint, TifAuth, fill
from connectors.options import Auth, BasicAuth, BearerAuth, HeaderAuth, NoAuth
from connectors.pack_loader import LoadedPack
from connectors.receipt import Condition, at_path, pack_condition, receipt_reader
from connectors.wire.http import HttpClient, NoAnswer, NotSent, Reply, Request
from connectors.wire.signing import tif_headers
from connectors.wire.verdicts import after_failure, by_http_status, retry_after

log = logging.getLogger(__name__)


@kind("rest", endpoint=RestEndpoint, auth=(NoAuth, BasicAuth, BearerAuth, HeaderAuth, TifAuth))
class RestConnector:
    """A department's HTTP interface, as its pack describes it."""

    def __init__(self, *, pack: LoadedPack, endpoint: RestEndpoint, auth: Auth, around: Around) -> None:
        self._pack, self._endpoint, self._auth, self._around = pack.pack, endpoint, auth, around
        self._reader = receipt_reader(pack)
        self._http = HttpClient(
            timeouts=pack.pack.timeouts, limits=pack.pack.limits, egress=around.egress, tls=endpoint.tls
        )
        self._lookup = _named(endpoint.lookups, pack.pack.resend.lookup)
        self._query = _named(endpoint.queries, pack.pack.status.operation if pack.pack.status.by == "poll" else None)
        self._conditions = _conditions(pack, self._lookup, self._query)
        self._callback = CallbackReader(endpoint.callback) if endpoint.callback else None

    @classmethod
    def contract(cls, pack: LoadedPack) -> PackContract:
        """Read the pack's schemas and see whether the operations it names are there."""
        endpoint, findings = pack.endpoint, []
        assert isinstance(endpoint, RestEndpoint)
        wanted = pack.pack.resend.lookup
        if wanted is not None and wanted not in endpoint.lookups:
            findings.append(_missing(pack, ("resend", "lookup"), wanted, "endpoint.lookups", endpoint.lookups))
        if pack.pack.status.by == "poll" and pack.pack.status.operation not in endpoint.queries:
            name = pack.pack.status.operation or "(none)"
            findings.append(_missing(pack, ("status", "operation"), name, "endpoint.queries", endpoint.queries))
        if pack.pack.status.by == "callback" and endpoint.callback is None:
            findings.append(
                pack.connector.finding(("status", "by"), "needs `endpoint.callback`: how calls are verified")
            )
        if pack.pack.resend.idempotency == "key" and endpoint.send.key_header is None:
            findings.append(pack.connector.finding(("resend", "idempotency"), "needs `endpoint.send.key_header`"))
        return PackContract(
            request=json_shape(pack, endpoint.request_schema) if endpoint.request_schema else None,
            status=json_shape(pack, endpoint.status_schema) if endpoint.status_schema else None,
            findings=findings,
        )

    @property
    def capabilities(self) -> Capabilities:
        """What this department's interface can do."""
        return Capabilities(
            lookup=self._lookup is not None,
            idempotency_key=self._pack.resend.idempotency == "key",
            fetches=self._query is not None,
            receives=self._callback is not None,
        )

    async def send(self, parcel: Parcel) -> Outcome:
        """File one case."""
        try:
            request = self.request(parcel)
        except ValueError as error:
            return Broken(code="not_sendable", reason=str(error))
        try:
            reply = await self._http.exchange(request)
        except (NotSent, NoAnswer) as error:
            return after_failure(error)
        return self._judge(reply)

    def request(self, parcel: Parcel) -> Request:
        """Return the bytes that `send` would put on the wire.

        Raises:
            ValueError: the document does not fit the body's encoding.
        """
        send = self._endpoint.send
        document = {send.wrap: parcel.document} if send.wrap else parcel.document
        is_form = send.encoding == "form"
        body = form_body(document) if is_form else json_body(document)
        request = self._call(send, _values(parcel), body, _FORM if is_form else _JSON)
        if self._pack.resend.idempotency == "key" and send.key_header:
            return replace(request, headers={**request.headers, send.key_header: parcel.delivery_id})
        return request

    async def lookup(self, parcel: Parcel) -> LookupAnswer:
        """Ask whether the department has our number."""
        lookup = self._lookup
        if lookup is None:
            return Unknown(code="no_lookup", reason="this department cannot be asked for our number")
        try:
            reply = await self._http.exchange(self._question(lookup, _values(parcel)))
        except (NotSent, NoAnswer) as error:
            return Unknown(code=error.reply_code, reason=f"the look-up failed: {error}")
        document = read_object(reply.body) or {}
        scope = _scope(document, reply)
        if self._conditions["there"](scope):
            number = at_path(document, lookup.number.removeprefix("reply.")) if lookup.number else None
            return Accepted(number=None if number is None else str(number), reply=document)
        if self._conditions["not_there"](scope):
            return NotThere()
        return Unknown(code=f"http {reply.status}", reason="the look-up's answer fits neither of the pack's conditions")

    async def fetch(self, pending: Sequence[Pending]) -> AsyncIterator[Incoming | Unreadable]:
        """Ask for the statuses of each waiting case."""
        tasks = [asyncio.create_task(self._ask(case)) for case in pending]
        try:
            for task in asyncio.as_completed(tasks):
                for incoming in await task:
                    yield incoming
        finally:
            for task in tasks:
                task.cancel()

    async def receive(self, call: Call) -> Received | CallRefused:
        """Verify and open a call from the department."""
        if self._callback is None:
            return CallRefused(reply=CallReply(status=404), reason="this pack takes no calls")
        return self._callback.read(call)

    async def check(self) -> list[Finding]:
        """Call the address itself: any reply shows that there is a server and that we may call it."""
        try:
            await self._http.exchange(Request(method="GET", url=self._endpoint.address + "/", headers=self._proof()))
        except (NotSent, NoAnswer) as error:
            return [Finding("connector.yaml", 1, "endpoint.address", str(error))]
        return []

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _ask(self, case: Pending) -> list[Incoming | Unreadable]:
        query = self._query
        assert query is not None
        values = {"case_no": case.case_no, "foreign_no": case.foreign_no}
        try:
            reply = await self._http.exchange(self._question(query, values))
        except (NotSent, NoAnswer) as error:
            log.warning("poll_failed", extra={"connector": self._pack.key, "reason": str(error)})
            return []
        document = read_object(reply.body)
        if document is not None and not self._conditions["understood"](_scope(document, reply)):
            log.warning("poll_not_understood", extra={"connector": self._pack.key, "status": reply.status})
            return []
        if document is None and reply.status != 200:
            log.warning("poll_failed", extra={"connector": self._pack.key, "reason": f"HTTP {reply.status}"})
            return []
        return read_statuses(reply.body, query.statuses, "poll", case_no=case.case_no)

    def _judge(self, reply: Reply) -> Outcome:
        """The answer table's word on the HTTP status, then the reply's own words, then the bare status."""
        outcome = self._reader.by_code(f"http {reply.status}", f"the department answered HTTP {reply.status}")
        if outcome is None:
            document = read_object(reply.body)
            outcome = self._reader.read(document, http_status=reply.status) if document is not None else None
        if outcome is None or (isinstance(outcome, Unknown) and outcome.code == "no_code" and reply.status != 200):
            return by_http_status(reply, now=self._around.now())
        if isinstance(outcome, Again) and outcome.after_seconds is None:
            return replace(outcome, after_seconds=retry_after(reply, now=self._around.now()))
        return outcome

    def _question(self, operation: Lookup | Query, values: Mapping[str, Any]) -> Request:
        fields = {name: fill(text, values) for name, text in (operation.body or {}).items()}
        body = json_body(fields) if operation.body is not None else b""
        return self._call(operation, values, body, _JSON if body else {})

    def _call(
        self, operation: Operation, values: Mapping[str, Any], body: bytes, content: Mapping[str, str]
    ) -> Request:
        url = self._endpoint.address + fill(operation.path, values, escaped=True)
        if operation.query:
            url += "?" + urlencode({name: fill(text, values) for name, text in operation.query.items()})
        own = {name: fill(text, values) for name, text in operation.headers.items()}
        return Request(
            method=operation.method,
            url=url,
            headers={"accept": "application/json", **content, **own, **self._proof()},
            body=body,
        )

    def _proof(self) -> dict[str, str]:
        match self._auth:
            case BasicAuth(username=username, password=password):
                pair = f"{username.get_secret_value()}:{password.get_secret_value()}"
                return {"authorization": "Basic " + b64encode(pair.encode()).decode()}
            case BearerAuth(token=token):
                return {"authorization": f"Bearer {token.get_secret_value()}"}
            case HeaderAuth(name=name, value=value):
                return {name: value.get_secret_value()}
            case TifAuth(app_id=app_id, token=token):
                now, nonce = self._around.now(), self._around.nonce()
                return tif_headers(app_id=app_id, token=token.get_secret_value(), now=now, nonce=nonce)
        return {}


_JSON = {"content-type": "application/json"}
_FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


def _values(parcel: Parcel) -> dict[str, Any]:
    return {"case_no": parcel.case_no, "delivery_id": parcel.delivery_id, "document": parcel.document}


def _scope(document: Mapping[str, Any], reply: Reply) -> dict[str, Any]:
    return {"reply": document, "http": {"status": reply.status}}


def _named(operations: Mapping[str, Any], name: str | None) -> Any:
    return operations.get(name) if name else None


def _conditions(pack: LoadedPack, lookup: Lookup | None, query: Query | None) -> dict[str, Condition]:
    texts: list[tuple[str, str, tuple[str, ...]]] = []
    if lookup is not None:
        at = ("endpoint", "lookups", str(pack.pack.resend.lookup))
        texts.append(("there", lookup.there_when, (*at, "there_when")))
        texts.append(("not_there", lookup.not_there_when, (*at, "not_there_when")))
    if query is not None:
        at = ("endpoint", "queries", str(pack.pack.status.operation))
        texts.append(("understood", query.understood_when, (*at, "understood_when")))
    return {name: pack_condition(pack, text, at) for name, text, at in texts}


def _missing(pack: LoadedPack, at: tuple[str, ...], name: str, where: str, known: Mapping[str, object]) -> Finding:
    return pack.connector.finding(at, f"no operation {name!r} under `{where}`; there: {', '.join(known) or 'none'}")
