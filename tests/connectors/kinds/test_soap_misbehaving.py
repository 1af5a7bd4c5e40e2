"""What a server may do wrong after it took a case: each ends in the right outcome, in time and in little memory."""

import asyncio
import gzip
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from cases.outcome import Accepted, Again, Broken, Outcome, Unknown
from connectors.contract import Incoming, Parcel, Pending, Unreadable
from connectors.department import Department
from tests.connectors.packs import TOTAL_SECONDS, department, parcel

SOAP11, SOAP12 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
OURS = "http://mz.hetang.example/onewindow"
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Reads one whole request, then does what the script says."""

    def __init__(self) -> None:
        self.script: Script = say(b"")
        self.requests: list[bytes] = []
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/onewindow"

    async def close(self) -> None:
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        await asyncio.wait([talk])

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            self.requests.append(head + await reader.readexactly(length))
            await self.script(writer)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the hub had enough
        finally:
            writer.transport.abort()


def http(
    body: bytes,
    *,
    status: str = "200 OK",
    kind: str = "text/xml; charset=utf-8",
    more: str = "",
    length: int | None = None,
) -> bytes:
    size = len(body) if length is None else length
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {size}\r\nconnection: close\r\n{more}\r\n"
    ).encode() + body


def say(data: bytes) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return script


def reset_after(data: bytes) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.transport.abort()

    return script


def drip(data: bytes) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        for number in range(len(data)):
            writer.write(data[number : number + 1])
            await writer.drain()
            await asyncio.sleep(0.05)

    return script


def flood(head: bytes, piece: bytes, times: int) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for _ in range(times):
            writer.write(piece)
            await writer.drain()

    return script


def envelope(inner: str, *, soap: str = SOAP11, before: str = "") -> bytes:
    return f'{before}<s:Envelope xmlns:s="{soap}"><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def answer(fields: str, *, namespace: str = OURS, name: str = "submitCaseResponse") -> str:
    return f'<{name} xmlns="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{fields}</{name}>'


TAKEN = "<code>0</code><message>成功</message><YWLSH>MZ0000000001</YWLSH>"
GOOD = envelope(answer(TAKEN))
HTML = b"<html><body>An error occurred</body></html>"
BARE_FAULT = "<s:Fault><faultcode>s:Server</faultcode><faultstring>boom</faultstring></s:Fault>"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.open()
    yield server
    await server.close()


@pytest.fixture
async def bureau(server: Server) -> AsyncIterator[Department]:
    bureau = department("civil-affairs", {"CIVIL_AFFAIRS_URL": server.url})
    yield bureau
    await bureau.connector.close()


async def send(server: Server, bureau: Department, script: Script) -> Outcome:
    server.script = script
    started = time.monotonic()
    outcome = await bureau.connector.send(parcel(bureau, "old-age", 1))
    assert time.monotonic() - started < TOTAL_SECONDS + 1
    assert len(server.requests) == 1
    return outcome


@pytest.mark.parametrize(
    "data",
    [
        http(GOOD),
        http(envelope(answer(TAKEN), soap=SOAP12), kind="application/soap+xml"),
        http(envelope(answer(TAKEN, namespace="urn:wrong"))),
        http(GOOD.decode().encode("gb18030"), kind="text/xml; charset=GBK"),
        http(
            envelope(answer(TAKEN), before='<?xml version="1.0" encoding="GB2312"?>').decode().encode("gb18030"),
            kind="text/xml",
        ),
        http(b"\xef\xbb\xbf" + GOOD),
        http(gzip.compress(GOOD), more="content-encoding: gzip\r\n"),
        http(GOOD, kind="text/html"),  # what counts is what it is
    ],
)
async def test_a_readable_receipt_is_taken_however_it_is_wrapped(
    server: Server, bureau: Department, data: bytes
) -> None:
    outcome = await send(server, bureau, say(data))
    assert isinstance(outcome, Accepted), outcome
    assert outcome.number == "MZ0000000001"
    assert outcome.reply["message"] == "成功"


@pytest.mark.parametrize(
    "script",
    [
        say(b""),
        say(b"this is not HTTP\r\n\r\n"),
        say(http(GOOD, length=len(GOOD) + 50)),  # cut short
        say(http(GOOD[:-30])),
        reset_after(http(GOOD, length=len(GOOD) + 50)),
        reset_after(b"HTTP/1.1 200 OK\r\ncontent-le"),
        drip(http(GOOD)),
        drip(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000),
        say(http(b"")),
        say(http(b"", status="202 Accepted")),
        say(b"HTTP/1.1 204 No Content\r\n\r\n"),
        say(http(HTML, kind="text/html")),
        say(http(HTML, status="500 Internal Server Error", kind="text/html")),
        say(http(HTML, status="502 Bad Gateway", kind="text/html")),
        say(http(HTML, status="503 Service Unavailable", kind="text/html")),  # names no time to come back
        say(http(b'{"code": 0}', kind="application/json")),
        say(http(GOOD.decode().encode("gb18030"))),  # says UTF-8
        say(http(GOOD, more="content-encoding: br\r\n")),
        say(http(GOOD, more="content-encoding: gzip\r\n")),
        say(http(envelope(""))),
        say(http(envelope(answer(TAKEN, name="queryCaseResponse")))),
        say(http(envelope(answer("<code>0</code>")))),  # no receipt
        say(http(envelope(answer('<code>0</code><YWLSH xsi:nil="true"/>')))),
        say(http(envelope(answer("<code>7777</code><YWLSH>MZ0000000001</YWLSH>")))),  # no row in `answers`
        say(http(envelope(BARE_FAULT), status="500 Internal Server Error")),
        say(http(envelope(BARE_FAULT))),
        say(http(envelope("<a>" * 5000 + "</a>" * 5000))),
    ],
)  # fmt: skip
async def test_without_a_readable_receipt_nobody_knows(server: Server, bureau: Department, script: Script) -> None:
    outcome = await send(server, bureau, script)
    assert isinstance(outcome, Unknown), outcome
    assert outcome.code
    assert outcome.reason


@pytest.mark.parametrize(
    ("status", "more", "pause"),
    [
        ("503 Busy", "retry-after: 7\r\n", 7.0),
        ("429 Slow down", "", None),
        ("429 Slow down", "retry-after: 3\r\n", 3.0),
    ],
)
@pytest.mark.parametrize("body", [HTML, envelope(BARE_FAULT)])
async def test_a_busy_server_that_says_so_is_tried_again(
    server: Server, bureau: Department, status: str, more: str, pause: float | None, body: bytes
) -> None:
    outcome = await send(server, bureau, say(http(body, status=status, more=more)))
    assert isinstance(outcome, Again), outcome
    assert outcome.after_seconds == pause


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found", "413 Too Large"])
async def test_a_call_that_was_turned_away_is_broken(server: Server, bureau: Department, status: str) -> None:
    assert isinstance(await send(server, bureau, say(http(HTML, status=status))), Broken)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_no_redirect_is_followed(server: Server, bureau: Department, tmp_path: Path, status: str) -> None:
    trap = Server()
    await trap.open()
    secret = tmp_path / "secret.xml"
    secret.write_bytes(GOOD)
    for target in (trap.url, secret.as_uri(), "gopher://x"):
        server.requests.clear()
        outcome = await send(server, bureau, say(http(b"", status=status, more=f"location: {target}\r\n")))
        assert isinstance(outcome, Unknown)
    await trap.close()
    assert trap.requests == []


BOMB = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE x>",
        f'<!DOCTYPE x [<!ENTITY e0 "lol">{BOMB}]>',
        '<!DOCTYPE x [<!ENTITY e9 SYSTEM "{file}">]>',
        '<!DOCTYPE x SYSTEM "{trap}">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "{trap}"> %p;]>',
    ],
)
async def test_no_entity_is_read(server: Server, bureau: Department, tmp_path: Path, doctype: str) -> None:
    trap = Server()
    await trap.open()
    secret = tmp_path / "secret.txt"
    secret.write_text("MZ9999999999")
    doctype = doctype.replace("{file}", secret.as_uri()).replace("{trap}", trap.url)
    fields = "<code>0</code><YWLSH>&e9;</YWLSH>" if "e9" in doctype else TAKEN
    outcome = await send(server, bureau, say(http(envelope(answer(fields), before=doctype))))
    await trap.close()
    assert isinstance(outcome, Unknown)
    assert "DOCTYPE" in outcome.reason
    assert "MZ9999999999" not in repr(outcome)
    assert trap.requests == []


@pytest.mark.parametrize("manner", ["plain", "chunked", "packed"])
async def test_an_oversized_reply_costs_little_memory(server: Server, bureau: Department, manner: str) -> None:
    piece = b"x" * 65536
    script = {
        "plain": flood(b"HTTP/1.1 200 OK\r\ncontent-length: 268435456\r\n\r\n", piece, 4096),
        "chunked": flood(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"10000\r\n" + piece + b"\r\n", 4096
        ),
        "packed": say(http(gzip.compress(bytes(200_000_000), 9)[:60_000], more="content-encoding: gzip\r\n")),
    }[manner]
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    outcome = await send(server, bureau, script)
    assert isinstance(outcome, Unknown)
    assert process.memory_info().rss - before < 24 * 1024 * 1024


async def test_a_lookup_never_takes_a_bad_answer_for_an_absence(server: Server, bureau: Department) -> None:
    ours: Parcel = parcel(bureau, "old-age", 1)
    for data in (b"", http(HTML), http(b"", status="404 Not Found"), http(envelope(BARE_FAULT)), http(GOOD)):
        server.script = say(data)
        assert isinstance(await bureau.connector.lookup(ours), Unknown)


async def test_a_poll_sets_aside_what_it_cannot_read_and_waits_out_what_passes(
    server: Server, bureau: Department
) -> None:
    case_no = parcel(bureau, "old-age", 1).case_no
    pending = [Pending(case_no=case_no, foreign_no=None, since=datetime.now(UTC))]

    async def fetched(data: bytes) -> list[Incoming | Unreadable]:
        server.script = say(data)
        return [one async for one in bureau.connector.fetch(pending)]

    assert await fetched(http(HTML, status="502 Bad Gateway")) == []
    assert await fetched(http(envelope(BARE_FAULT), status="500 Internal Server Error")) == []
    assert await fetched(http(envelope(answer("<code>9</code>", name="queryStateResponse")))) == []
    (aside,) = await fetched(http(HTML))
    assert isinstance(aside, Unreadable)
    assert aside.body == HTML
