"""One SOAP call per question: file, look up, ask for statuses."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from cases.errors import BudgetExceeded, ConfigError, ReplyUnreadable
from cases.outcome import Broken, LookupAnswer, Outcome, Unknown
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
from connectors.kinds import PackContract, kind
from connectors.kinds.soap.calls import OperationCall, SoapReply
from connectors.kinds.soap.contract import find_operation, pack_contract, read_contract
from connectors.kinds.soap.judge import Judge
from connectors.kinds.soap.options import SoapEndpoint, WsseAuth
from connectors.kinds.soap.questions import lookup_answer, lookup_document, query_document, statuses_in, unreadable
from connectors.options import Auth, BasicAuth, NoAuth
from connectors.pack_loader import LoadedPack
from connectors.receipt import pack_condition
from connectors.wire.contract_files import ContractUnreadable
from connectors.wire.http import HttpClient, NoAnswer, NotSent, Request
from connectors.wire.verdicts import after_failure
from connectors.wire.wsdl import Wsdl
from connectors.wire.xml_writer import DocumentUnfit

log = logging.getLogger(__name__)

#: Questions of one round that run side by side: filings must not starve behind them.
_QUESTIONS_AT_ONCE = 4


@kind("soap", endpoint=SoapEndpoint, auth=(NoAuth, BasicAuth, WsseAuth))
class SoapConnector:
    """A department's SOAP service, as its pack and WSDL describe it."""

    def __init__(self, *, pack: LoadedPack, endpoint: SoapEndpoint, auth: Auth, around: Around) -> None:
        """Read the contract and make the plans of all calls.

        Raises:
            ConfigError: the contract cannot be read, or the pack does not fit it.
        """
        self._loaded, self._pack, self._endpoint, self._auth, self._around = pack, pack.pack, endpoint, auth, around
        self._judge = Judge(pack, endpoint.fault, around)
        self._http = HttpClient(
            timeouts=pack.pack.timeouts, limits=pack.pack.limits, egress=around.egress, tls=endpoint.tls
        )
        wsdl = read_contract(pack, endpoint)
        self._filing = self._call(wsdl, endpoint.operation, ("endpoint", "operation"))
        name = pack.pack.resend.lookup or ""
        self._lookup = endpoint.lookups.get(name)
        if self._lookup is not None:
            at = ("endpoint", "lookups", name)
            self._asking = self._call(wsdl, name, at)
            self._there = pack_condition(pack, self._lookup.there_when, (*at, "there_when"))
            self._not_there = pack_condition(pack, self._lookup.not_there_when, (*at, "not_there_when"))
        name = pack.pack.status.operation or ""
        self._query = endpoint.queries.get(name) if pack.pack.status.by == "poll" else None
        if self._query is not None:
            at = ("endpoint", "queries", name)
            self._polling = self._call(wsdl, name, at)
            self._understood = pack_condition(pack, self._query.understood_when, (*at, "understood_when"))

    @classmethod
    def contract(cls, pack: LoadedPack) -> PackContract:
        """Read the pack's WSDL and see whether the pack fits it."""
        return pack_contract(pack)

    @property
    def capabilities(self) -> Capabilities:
        """What this service can do."""
        return Capabilities(
            lookup=self._lookup is not None, idempotency_key=False, fetches=self._query is not None, receives=False
        )

    async def send(self, parcel: Parcel) -> Outcome:
        """File one case."""
        try:
            request = self.request(parcel)
        except DocumentUnfit as error:
            return Broken(code="document_unfit", reason=f"the document does not fit the department's contract: {error}")
        try:
            reply = await self._http.exchange(request)
        except (NotSent, NoAnswer) as error:
            return after_failure(error)
        return self._judge.outcome(self._filing, reply)

    def request(self, parcel: Parcel) -> Request:
        """Return the bytes that `send` would put on the wire.

        Raises:
            DocumentUnfit: the document does not fit the contract.
        """
        return self._filing.request(parcel.document)

    async def lookup(self, parcel: Parcel) -> LookupAnswer:
        """Ask whether the department has our number."""
        if self._lookup is None:
            return Unknown(code="no_lookup", reason="this department cannot be asked for our number")
        try:
            reply = await self._ask(self._asking, lookup_document(self._lookup, parcel))
        except _NoReply as error:
            return Unknown(code=error.code, reason=f"the look-up failed: {error}")
        return lookup_answer(self._lookup, reply, self._there, self._not_there)

    async def fetch(self, pending: Sequence[Pending]) -> AsyncIterator[Incoming | Unreadable]:
        """Ask for the statuses of waiting cases."""
        if self._query is None or not pending:
            return
        groups = [pending] if self._query.batch else [[case] for case in pending]
        side_by_side = asyncio.Semaphore(_QUESTIONS_AT_ONCE)
        tasks = [asyncio.create_task(self._poll(group, side_by_side)) for group in groups]
        try:
            for task in asyncio.as_completed(tasks):
                for incoming in await task:
                    yield incoming
        finally:
            for task in tasks:
                task.cancel()

    async def receive(self, call: Call) -> Received | CallRefused:
        """Take no calls: statuses are polled."""
        return CallRefused(reply=CallReply(status=404), reason="this pack takes no calls")

    async def check(self) -> list[Finding]:
        """Call the address with a GET, which no SOAP service takes for a filing."""
        try:
            reply = await self._http.exchange(Request(method="GET", url=self._endpoint.address))
        except NotSent as error:
            return [self._loaded.connector.finding(("endpoint", "address"), str(error))]
        except NoAnswer:
            return []  # it took the connection; a service may hang up on a GET
        if reply.status in (404, 410):
            what = f"the server answers, but has nothing at this address (HTTP {reply.status})"
            return [self._loaded.connector.finding(("endpoint", "address"), what)]
        return []

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _poll(self, cases: Sequence[Pending], side_by_side: asyncio.Semaphore) -> list[Incoming | Unreadable]:
        query = self._query
        assert query is not None
        async with side_by_side:
            try:
                reply = await self._ask(self._polling, query_document(query, cases))
            except _NoReply as error:
                log.warning("poll_failed", extra={"connector": self._pack.key, "reason": str(error)})
                return [unreadable(error.body, str(error))] if error.body else []
        if not self._understood({"reply": reply.values, "http": {"status": reply.status}}):
            log.warning("poll_not_understood", extra={"connector": self._pack.key, "status": reply.status})
            return []
        return statuses_in(query, reply, None if query.batch else cases[0].case_no)

    async def _ask(self, call: OperationCall, document: Mapping[str, Any]) -> SoapReply:
        try:
            reply = await self._http.exchange(call.request(document))
        except (NotSent, NoAnswer) as error:
            raise _NoReply(error.reply_code, str(error)) from None
        except DocumentUnfit as error:
            raise _NoReply("document_unfit", str(error)) from None
        try:
            return call.read(reply, max_bytes=self._pack.timeouts.max_reply_bytes)
        except (ReplyUnreadable, BudgetExceeded) as error:
            # A success nobody can read may hold statuses: it is kept. Any other is the server's trouble, and passes.
            raise _NoReply(error.code, str(error), body=reply.body if reply.status == 200 else b"") from None

    def _call(self, wsdl: Wsdl, name: str, at: tuple[str, ...]) -> OperationCall:
        operation = find_operation(self._loaded, self._endpoint, wsdl, name, at)
        try:
            return OperationCall(wsdl, operation, endpoint=self._endpoint, auth=self._auth, around=self._around)
        except DocumentUnfit as error:
            raise ConfigError([self._loaded.connector.finding(("endpoint", "headers"), str(error))]) from None
        except ContractUnreadable as error:
            raise ConfigError([self._loaded.connector.finding(at, str(error))]) from None


class _NoReply(Exception):
    """A question that got no readable reply."""

    def __init__(self, code: str, reason: str, body: bytes = b"") -> None:
        self.code, self.body = code, body
        super().__init__(reason)
