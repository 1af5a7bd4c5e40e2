"""The REST kind against the simulated registration system, and against servers that misbehave."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import orjson
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from cases.outcome import Accepted, Again, Broken, Refused, Unknown
from connectors.contract import Call, CallRefused, Parcel, Received, Unreadable
from connectors.simulate.book import Book
from connectors.simulate.faults import Faults
from connectors.simulate.office import Office
from connectors.simulate.plan import Plan
from connectors.simulate.rest import RegistrationSystem
from connectors.wire.signing import body_signature, tif_headers
from tests.connectors.packs import TOTAL_SECONDS, department, parcel
from tests.contracts.connector_contract import ConnectorContract, Stage

TOKEN, CALLBACK_TOKEN = "token-of-the-hub", "token-of-the-bureau"


class RestStage(Stage):
    """The registration system on a free port; `manner` lets it misbehave as a server."""

    total_seconds = TOTAL_SECONDS

    def __init__(self, book: Book) -> None:
        self.book, self.manner, self._count, self.trapped = book, "", 0, 0
        self._system = RegistrationSystem(Office(book, Plan(pace=0.01), Faults()), token=TOKEN)

    async def open(self) -> None:
        application = self._system.application()
        application.middlewares.append(self._misbehave)
        application.router.add_post("/trap", self._trap)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.department = department("market-supervision", self.environment)
        self.connector = self.department.connector

    async def close(self) -> None:
        await self.connector.close()
        await self._runner.cleanup()
        self.book.close()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MARKET_SUPERVISION_URL": self.url,
            "HUB_SECRET_MARKET_SUPERVISION_TOKEN": TOKEN,
            "HUB_SECRET_MARKET_SUPERVISION_CALLBACK_TOKEN": CALLBACK_TOKEN,
        }

    async def play(self, manner: str) -> Parcel:
        self._count += 1
        if manner == "unreachable":
            await self._runner.cleanup()
        in_case = manner in ("refuse", "busy", "timeout_after", "reset_before", "reset_after", "garbage")
        self.manner = "" if in_case or manner in ("accept", "unreachable") else manner
        address = f"测试路1号 sim:{manner}" if in_case else "测试路1号"
        return parcel(self.department, "sole-trader", self._count, address=address)

    def filings(self, case_no: str) -> int:
        return self.book.numbers().get(case_no, 0)

    async def call(self, case_no: str, *, genuine: bool) -> Call:
        status = {"ywlsh": case_no, "slbh": "SJ1", "zt": "02", "bgsj": "20260302100000"}
        return call(orjson.dumps({"data": [status]}), token=CALLBACK_TOKEN if genuine else "guessed")

    async def _trap(self, _request: web.Request) -> web.Response:
        self.trapped += 1
        return web.Response(body=b'{"code": "0", "msg": "", "data": {"slbh": "TRAP"}}')

    @web.middleware
    async def _misbehave(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        match self.manner:
            case "redirect" if request.path != "/trap":
                return web.Response(status=307, headers={"location": f"{self.url}/trap"})
            case "oversize":
                return web.Response(body=b"x" * 200_000)
            case "bomb":
                return web.Response(body=gzip.compress(b" " * 2_000_000), headers={"content-encoding": "gzip"})
            case "drip":
                response = web.StreamResponse()
                await response.prepare(request)
                for _ in range(100):
                    await response.write(b" ")
                    await asyncio.sleep(0.05)
                return response
            case "answer_in_html":
                return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")
            case code if code.startswith("http "):
                return web.Response(status=int(code[5:]), text="no")
        return await handler(request)


def call(body: bytes, *, token: str, nonce: str = "n-1", now: datetime | None = None) -> Call:
    at = now or datetime.now(UTC)
    headers = tif_headers(app_id="hetang-sj", token=token, now=at, nonce=nonce)
    headers["x-tif-body-hmac"] = body_signature(token, headers["x-tif-timestamp"], nonce, body)
    path = "/v1/callbacks/market-supervision"
    return Call(method="POST", path=path, headers=headers, body=body, received_at=at)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[RestStage]:
    stage = RestStage(Book(tmp_path / "book.db"))
    await stage.open()
    yield stage
    await stage.close()


class TestRestKeepsTheContract(ConnectorContract):
    waived: ClassVar = {
        "a_status_in_the_reply_comes_with_the_outcome": "this system never answers with a status",
        "a_fetched_status_comes_until_it_is_settled_and_then_no_more": "this system calls, nobody fetches",
    }


@pytest.mark.parametrize(
    ("manner", "expected"),
    [
        ("http 401", Broken),
        ("http 404", Broken),
        ("http 413", Broken),
        ("http 429", Again),
        ("http 500", Unknown),
        ("http 502", Unknown),
        ("http 503", Unknown),  # without a time to come back it may stand behind a filing
        ("http 504", Unknown),
        ("answer_in_html", Unknown),
    ],
)
async def test_a_bare_status_is_judged_by_what_it_says_of_the_request(
    stage: RestStage, manner: str, expected: type
) -> None:
    outcome = await stage.connector.send(await stage.play(manner))
    assert type(outcome) is expected
    assert getattr(outcome, "reason", "")


async def test_the_number_of_the_department_comes_back(stage: RestStage) -> None:
    outcome = await stage.connector.send(await stage.play("accept"))
    assert isinstance(outcome, Accepted)
    assert outcome.number == "SJ0000000001"


async def test_another_key_would_file_twice(stage: RestStage) -> None:
    """Proof that the suite can see a doubled case at all."""
    first = await stage.play("accept")
    await stage.connector.send(first)
    await stage.connector.send(replace(first, delivery_id="f" * 32))
    assert stage.filings(first.case_no) == 2


async def test_a_refusal_speaks_the_packs_words(stage: RestStage) -> None:
    outcome = await stage.connector.send(await stage.play("refuse"))
    assert outcome == Refused(code="1001", reason="该事项不属于本机关登记管辖范围")


async def test_a_wrong_token_is_broken_not_tried_forever(stage: RestStage) -> None:
    wrong = department("market-supervision", {**stage.environment, "HUB_SECRET_MARKET_SUPERVISION_TOKEN": "other"})
    try:
        outcome = await wrong.connector.send(await stage.play("accept"))
        assert isinstance(outcome, Broken)
        assert "other" not in str(outcome)
    finally:
        await wrong.connector.close()


async def test_an_address_the_operator_did_not_allow_is_never_called(stage: RestStage) -> None:
    shut = department("market-supervision", stage.environment, allowed=("10.0.0.0/8",))
    sent = await stage.play("accept")
    outcome = await shut.connector.send(sent)
    await shut.connector.close()
    assert isinstance(outcome, Again)
    assert outcome.code == "egress_refused"
    assert stage.book.attempts(sent.case_no) == 0


async def test_a_redirects_target_is_never_called(stage: RestStage) -> None:
    await stage.connector.send(await stage.play("redirect"))
    assert stage.trapped == 0


async def test_a_used_nonce_with_another_body_is_refused(stage: RestStage) -> None:
    assert isinstance(await stage.connector.receive(call(b'{"data": []}', token=CALLBACK_TOKEN)), Received)
    forged = await stage.connector.receive(call(b'{"data": [1]}', token=CALLBACK_TOKEN))
    assert isinstance(forged, CallRefused)
    assert "nonce" in forged.reason


async def test_a_body_that_was_changed_on_the_way_is_refused(stage: RestStage) -> None:
    genuine = await stage.call("A-1", genuine=True)
    assert isinstance(await stage.connector.receive(replace(genuine, body=genuine.body + b" ")), CallRefused)


async def test_a_signed_call_that_is_no_json_is_kept_as_unreadable(stage: RestStage) -> None:
    received = await stage.connector.receive(call(b"<xml/>", token=CALLBACK_TOKEN))
    assert isinstance(received, Received)
    (status,) = received.statuses
    assert isinstance(status, Unreadable)
    assert status.body == b"<xml/>"
    assert received.reply.status == 200
