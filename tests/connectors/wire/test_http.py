"""The HTTP client's own promises, where the conformance suite does not look."""

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from cases.errors import BudgetExceeded
from connectors.pack import Limits, Timeouts
from connectors.wire.budget import Gate, unpack
from connectors.wire.egress import Egress
from connectors.wire.http import HttpClient, NoAnswer, NotSent, Request

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", handler)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    budgets = Timeouts(connect_seconds=0.3, total_seconds=0.5, max_reply_bytes=2048)
    client = HttpClient(timeouts=budgets, limits=Limits(in_flight=4), egress=Egress(["127.0.0.1", "localhost"]))
    yield client
    await client.close()


async def test_a_packed_reply_is_unpacked(serve: Serve, client: HttpClient) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"plain"), headers={"content-encoding": "gzip"})

    reply = await client.exchange(Request(method="GET", url=await serve(handler)))
    assert reply.body == b"plain"


async def test_the_address_goes_out_as_it_stands(serve: Serve, client: HttpClient) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=request.raw_path)

    reply = await client.exchange(Request(method="GET", url=await serve(handler) + "/a%2Fb?x=%E8%8D%B7"))
    assert reply.body == b"/a%2Fb?x=%E8%8D%B7"


async def test_no_more_calls_at_once_than_allowed(serve: Serve, client: HttpClient) -> None:
    now, most = 0, 0

    async def handler(_request: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return web.Response()

    url = await serve(handler)
    await asyncio.gather(*(client.exchange(Request(method="GET", url=url)) for _ in range(16)))
    assert most == 4


async def test_a_name_nobody_has_is_certainly_not_sent(client: HttpClient) -> None:
    anywhere = HttpClient(timeouts=Timeouts(), limits=Limits(), egress=Egress(["*"]))
    with pytest.raises(NotSent):
        await anywhere.exchange(Request(method="GET", url="http://nobody.invalid/"))
    await anywhere.close()


async def test_a_name_that_leads_to_this_machine_is_refused(serve: Serve) -> None:
    async def handler(_request: web.Request) -> web.Response:
        raise AssertionError("must not be called")

    url = (await serve(handler)).replace("127.0.0.1", "localhost")
    names_only = HttpClient(timeouts=Timeouts(), limits=Limits(), egress=Egress(["localhost"]))
    with pytest.raises(NotSent) as refused:
        await names_only.exchange(Request(method="GET", url=url))
    await names_only.close()
    assert refused.value.reply_code == "egress_refused"


async def test_cookies_are_not_kept(serve: Serve, client: HttpClient) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(text=request.headers.get("cookie", "none"), headers={"set-cookie": "a=b"})

    url = await serve(handler)
    await client.exchange(Request(method="GET", url=url))
    assert (await client.exchange(Request(method="GET", url=url))).body == b"none"


async def test_tls_that_nobody_vouches_for_is_not_sent(serve: Serve, client: HttpClient) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response()

    url = (await serve(handler)).replace("http://", "https://")
    with pytest.raises(NotSent):
        await client.exchange(Request(method="GET", url=url))


async def test_a_reply_that_is_cut_short_is_no_answer(serve: Serve, client: HttpClient) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return response

    with pytest.raises(NoAnswer):
        await client.exchange(Request(method="POST", url=await serve(handler), body=b"x"))


async def test_the_gate_keeps_the_pace() -> None:
    gate = Gate(Limits(in_flight=8, per_second=100))
    started = time.monotonic()

    async def pass_through() -> None:
        async with gate.enter():
            pass

    await asyncio.gather(*(pass_through() for _ in range(11)))
    assert 0.09 < time.monotonic() - started < 1


@pytest.mark.parametrize("packed", [gzip.compress(b"x" * 5000), zlib.compress(b"x" * 5000)], ids=["gzip", "deflate"])
def test_unpacking_stops_at_the_limit(packed: bytes) -> None:
    encoding = "gzip" if packed[:2] == b"\x1f\x8b" else "deflate"
    assert unpack(packed, encoding, max_bytes=5000) == b"x" * 5000
    with pytest.raises(BudgetExceeded):
        unpack(packed, encoding, max_bytes=4999)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [(b"x", "br"), (b"no gzip", "gzip"), (gzip.compress(b"abc")[:-4], "gzip")],
    ids=["never asked for", "not what it says", "cut short"],
)
def test_what_cannot_be_unpacked_is_an_error(data: bytes, encoding: str) -> None:
    with pytest.raises(ValueError, match="reply"):
        unpack(data, encoding, max_bytes=100)
