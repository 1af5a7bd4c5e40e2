"""Both simulators as processes: whole ways of a case, webhooks, faults, SIGKILL."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from cases.outcome import Accepted, Unknown
from cases.states import State
from connectors.contract import Call, Incoming, Received
from connectors.department import Department
from connectors.simulate.book import Book
from tests.connectors.packs import department, parcel
from tests.connectors.simulate.processes import ROOT, simulated

SECRETS = {
    "HUB_SECRET_MARKET_SUPERVISION_TOKEN": "one",
    "HUB_SECRET_MARKET_SUPERVISION_CALLBACK_TOKEN": "two",
}


Open = Callable[["Door"], Awaitable[str]]


async def until(ready: Callable[[], bool], *, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not ready():
            await asyncio.sleep(0.02)


class Door:
    """The hub's callback address: answers by the connector's word, failing as often as told first."""

    def __init__(self, *, failures: int = 0) -> None:
        self.department: Department | None = None
        self.states: list[tuple[str, State]] = []
        self._failures = failures

    async def take(self, request: web.Request) -> web.Response:
        assert self.department is not None
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        call = Call(method="POST", path=request.path, headers=headers, body=body, received_at=datetime.now(UTC))
        received = await self.department.connector.receive(call)
        assert isinstance(received, Received), received.reason
        if self._failures:
            self._failures -= 1
            return web.Response(status=received.trouble.status)
        for status in received.statuses:
            assert isinstance(status, Incoming)
            read = self.department.read_status(status)
            self.states.append((str(read.case_no), read.update.state))
        return web.Response(status=received.reply.status, body=received.reply.body, headers=received.reply.headers)


@pytest.fixture
async def doors() -> AsyncIterator[Open]:
    runners: list[web.AppRunner] = []

    async def open_door(door: Door) -> str:
        application = web.Application()
        application.router.add_post("/v1/callbacks/market-supervision", door.take)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}/v1/callbacks/market-supervision"

    yield open_door
    for runner in runners:
        await runner.cleanup()


async def test_a_case_is_told_to_its_end_by_webhooks(tmp_path: Path, doors: Open) -> None:
    door = Door(failures=1)
    url = await doors(door)
    options = ("--book", str(tmp_path / "book.db"), "--callback", url, "--pace", "0.05", "--fault", "twice@1")
    async with simulated("market-supervision", *options, "--denied-share", "0", environment=SECRETS) as bureau:
        door.department = department("market-supervision", SECRETS | {"MARKET_SUPERVISION_URL": bureau.facts["url"]})
        sent = parcel(door.department, "company", 1)
        assert isinstance(await door.department.connector.send(sent), Accepted)
        story = [State.RECEIVED, State.ACCEPTED, State.IN_REVIEW, State.CONCLUDED]
        await until(lambda: len(door.states) >= 8)
        assert door.states == [(sent.case_no, state) for state in story for _ in range(2)]
        await door.department.connector.close()


async def test_the_book_survives_a_kill_and_files_nothing_twice(tmp_path: Path) -> None:
    book = ("--book", str(tmp_path / "book.db"))
    async with simulated("market-supervision", *book, "--fault", "timeout_after=1", environment=SECRETS) as bureau:
        first = department("market-supervision", SECRETS | {"MARKET_SUPERVISION_URL": bureau.facts["url"]})
        parcels = [parcel(first, "sole-trader", number) for number in range(5)]
        outcomes = await asyncio.gather(*(first.connector.send(each) for each in parcels))
        await bureau.kill()
        await first.connector.close()
    assert all(isinstance(outcome, Unknown) for outcome in outcomes)
    async with simulated("market-supervision", *book, environment=SECRETS) as bureau:
        second = department("market-supervision", SECRETS | {"MARKET_SUPERVISION_URL": bureau.facts["url"]})
        again = await asyncio.gather(*(second.connector.send(each) for each in parcels))
        await second.connector.close()
    assert all(isinstance(outcome, Accepted) for outcome in again)
    tally = Book(tmp_path / "book.db").tally()
    assert (tally.cases, tally.filings, tally.filed_twice, tally.arrivals) == (5, 5, 0, 10)


async def test_the_ferry_brings_results_back(tmp_path: Path) -> None:
    options = ("--book", str(tmp_path / "book.db"), "--folder", str(tmp_path), "--pace", "0.02", "--denied-share", "1")
    async with simulated("public-security", *options, environment={}):
        bureau = department("public-security", {"PUBLIC_SECURITY_FOLDER": str(tmp_path)})
        sent = [parcel(bureau, name, number) for number, name in enumerate(["birth", "death", "seal"])]
        for each in sent:
            assert isinstance(await bureau.connector.send(each), Accepted)
        ended: dict[str, str] = {}
        async with asyncio.timeout(15):
            while len(ended) < 3:
                async for status in bureau.connector.fetch([]):
                    assert isinstance(status, Incoming)
                    read = bureau.read_status(status)
                    if read.update.state is State.CONCLUDED:
                        ended[str(read.case_no)] = read.update.reason or ""
                    await status.settle()
                await asyncio.sleep(0.02)
    assert set(ended) == {each.case_no for each in sent}
    assert ended[sent[0].case_no] == "落户或备案条件不符"
    assert ended[sent[2].case_no] == ""  # an instant item is granted on the spot


async def test_a_wrong_fault_is_a_plain_sentence(tmp_path: Path) -> None:
    arguments = ("market-supervision", "--book", str(tmp_path / "b"), "--fault", "x")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "connectors.simulate", *arguments), cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, told = await asyncio.wait_for(process.communicate(), timeout=20)
    assert process.returncode == 2
    assert b"known:" in told
    assert b"Traceback" not in told
