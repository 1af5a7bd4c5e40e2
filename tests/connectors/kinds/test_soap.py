"""The SOAP kind against the simulated civil affairs system, and against servers that misbehave."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from cases.outcome import Accepted, Broken, NotThere, Refused, Unknown
from cases.states import Conclusion, State
from connectors.contract import Call, CallRefused, Incoming, Parcel, Pending
from connectors.simulate.book import Book
from connectors.simulate.faults import Faults
from connectors.simulate.office import Office
from connectors.simulate.plan import Plan
from connectors.simulate.soap import PATH, Service
from tests.connectors.packs import TOTAL_SECONDS, department, parcel
from tests.contracts.connector_contract import ConnectorContract, Stage


class SoapStage(Stage):
    """The civil affairs system on a free port; `manner` lets it misbehave as a server."""

    total_seconds = TOTAL_SECONDS

    def __init__(self, book: Book, *, knows_duplicates: bool = False) -> None:
        self.book, self.manner, self._count = book, "", 0
        office = Office(book, Plan(pace=0.001, denied_share=0), Faults())
        self._service = Service(office, knows_duplicates=knows_duplicates)

    async def open(self) -> None:
        application = self._service.application()
        application.middlewares.append(self._misbehave)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}{PATH}"
        self.department = department("civil-affairs", {"CIVIL_AFFAIRS_URL": self.url})
        self.connector = self.department.connector

    async def close(self) -> None:
        await self.connector.close()
        await self._runner.cleanup()
        self.book.close()

    async def play(self, manner: str) -> Parcel:
        self._count += 1
        if manner == "unreachable":
            await self._runner.cleanup()
        in_server = manner in ("redirect", "oversize", "bomb", "drip")
        self.manner = manner if in_server else ""
        marker = "" if in_server or manner in ("accept", "unreachable") else f" sim:{manner}"
        return parcel(self.department, "old-age", self._count, address=f"测试路1号{marker}")

    def filings(self, case_no: str) -> int:
        return self.book.numbers().get(case_no, 0)

    async def statuses_ready(self, case_no: str) -> int:
        await asyncio.sleep(0.05)
        return 4

    async def call(self, case_no: str, *, genuine: bool) -> Call:
        raise NotImplementedError

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        match self.manner:
            case "redirect":
                return web.Response(status=307, headers={"location": self.url})
            case "oversize":
                return web.Response(body=b"<a>" + b"x" * 200_000, content_type="text/xml")
            case "bomb":
                return web.Response(body=gzip.compress(b" " * 2_000_000), headers={"content-encoding": "gzip"})
            case "drip":
                response = web.StreamResponse()
                await response.prepare(request)
                for _ in range(100):
                    await response.write(b" ")
                    await asyncio.sleep(0.05)
                return response
        return await handler(request)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SoapStage]:
    stage = SoapStage(Book(tmp_path / "book.db"))
    await stage.open()
    yield stage
    await stage.close()


class TestSoapKeepsTheContract(ConnectorContract):
    _no_calls = "this system is asked, it never calls"
    waived: ClassVar = {
        "a_status_in_the_reply_comes_with_the_outcome": "this system never answers with a status",
        "a_genuine_call_is_opened": _no_calls,
        "a_forged_call_is_refused_unread": _no_calls,
        "an_old_call_is_refused": _no_calls,
        "the_same_call_again_is_let_through_with_the_same_digest": _no_calls,
    }


async def test_the_departments_number_comes_back_from_filing_and_from_looking_up(stage: SoapStage) -> None:
    sent = await stage.play("accept")
    outcome, found = await stage.connector.send(sent), await stage.connector.lookup(sent)
    assert isinstance(outcome, Accepted)
    assert isinstance(found, Accepted)
    assert outcome.number == found.number == "MZ0000000001"


async def test_a_refusal_speaks_the_packs_words(stage: SoapStage) -> None:
    sent = await stage.play("refuse")
    assert await stage.connector.send(sent) == Refused(code="2001", reason="申请人不在本辖区")
    assert await stage.connector.lookup(sent) == NotThere()


async def test_a_breakdown_without_a_code_of_their_own_is_unknown_until_asked(stage: SoapStage) -> None:
    sent = await stage.play("breakdown")
    outcome = await stage.connector.send(sent)
    assert isinstance(outcome, Unknown)
    assert outcome.code == "fault Server"
    assert "NullPointerException" in outcome.reason
    assert isinstance(await stage.connector.lookup(sent), Accepted)


async def test_without_protection_over_there_a_second_sending_would_file_twice(stage: SoapStage) -> None:
    """Proof that the suite can see a doubled case at all."""
    sent = await stage.play("accept")
    await stage.connector.send(sent)
    await stage.connector.send(sent)
    assert stage.filings(sent.case_no) == 2


async def test_a_fault_that_names_an_earlier_filing_is_accepted_under_that_number(tmp_path: Path) -> None:
    stage = SoapStage(Book(tmp_path / "book.db"), knows_duplicates=True)
    await stage.open()
    try:
        sent = await stage.play("accept")
        first, second = await stage.connector.send(sent), await stage.connector.send(sent)
        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)
        assert first.number == second.number
        assert stage.filings(sent.case_no) == 1
    finally:
        await stage.close()


async def test_the_service_checks_calls_against_its_contract(stage: SoapStage) -> None:
    """The simulated system is as strict as a real one: what the hub's own check lets through, it takes."""
    sent = await stage.play("accept")
    body = stage.connector.request(sent).body.replace(b"<ns0:ZJLX>01<", b"<ns0:ZJLX>77<")  # type: ignore[attr-defined]
    async with httpx.AsyncClient() as client:
        reply = await client.post(stage.url, content=body, headers={"content-type": "text/xml; charset=utf-8"})
    assert reply.status_code == 500
    assert "<code>3001</code>" in reply.text
    assert stage.filings(sent.case_no) == 0


async def test_a_document_outside_the_contract_is_broken_and_never_sent(stage: SoapStage) -> None:
    sent = await stage.play("accept")
    odd = Parcel(case_no=sent.case_no, delivery_id=sent.delivery_id, document={**sent.document, "SQRXM": "长" * 31})
    outcome = await stage.connector.send(odd)
    assert isinstance(outcome, Broken)
    assert "SQRXM: is longer than the contract allows (30)" in outcome.reason
    assert "长长" not in outcome.reason
    assert stage.book.attempts(sent.case_no) == 0


async def test_many_cases_are_asked_for_in_one_call_and_become_canonical_statuses(stage: SoapStage) -> None:
    parcels = [await stage.play("accept") for _ in range(3)]
    for sent in parcels:
        await stage.connector.send(sent)
    await stage.statuses_ready(parcels[0].case_no)
    pending = [_waiting(sent) for sent in parcels]
    found = [one async for one in stage.connector.fetch(pending)]
    assert len(found) == 12
    read = [stage.department.read_status(one) for one in found if isinstance(one, Incoming)]
    for sent in parcels:
        own = [one for one in read if one.case_no == sent.case_no]
        states = [one.update.state for one in own]
        assert states == [State.RECEIVED, State.ACCEPTED, State.IN_REVIEW, State.CONCLUDED]
        assert own[-1].update.conclusion == Conclusion.CERTIFICATE
        assert all((one.foreign_no or "").startswith("MZ") for one in own)


async def test_a_case_they_do_not_know_has_no_statuses(stage: SoapStage) -> None:
    assert [one async for one in stage.connector.fetch([_waiting(await stage.play("accept"))])] == []
    assert [one async for one in stage.connector.fetch([])] == []


async def test_calls_are_not_taken(stage: SoapStage) -> None:
    call = Call(method="POST", path="/", headers={}, body=b"", received_at=_waiting(await stage.play("accept")).since)
    assert isinstance(await stage.connector.receive(call), CallRefused)


async def test_twice_and_in_disorder_as_departments_tell_it(stage: SoapStage) -> None:
    for manner, count in (("twice", 8), ("disorder", 4)):
        sent = await stage.play(manner)
        await stage.connector.send(sent)
        await stage.statuses_ready(sent.case_no)
        found = [one async for one in stage.connector.fetch([_waiting(sent)])]
        assert len(found) == count
        assert len({one.digest for one in found}) == 4


def _waiting(sent: Parcel) -> Pending:
    return Pending(case_no=sent.case_no, foreign_no=None, since=datetime.now(UTC))
