"""Too large, too slow, not what it says: refused early, over a real server, without keeping the caller waiting."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from hub.api import edge
from hub.api.app import build_api
from hub.api.services import Bounds
from tests.hub.api.desk import Desk, open_desk
from tests.hub.api.server import exchange, serving

JUNK = b"\x00junk" * (1024 * 1024)  # 5 MB


def request(desk: Desk, path: str = "/v1/cases", *extra: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "host: hub",
        f"authorization: Bearer {desk.key('portal')}",
        "content-type: application/json",
        *extra,
    ]
    return "\r\n".join((*lines, "", "")).encode()


async def test_five_megabytes_of_junk_get_413_and_store_nothing(desk: Desk) -> None:
    async with serving(build_api(desk.services)) as port, httpx.AsyncClient() as client:
        response = await client.post(
            f"http://127.0.0.1:{port}/v1/cases",
            content=JUNK,
            headers={"authorization": f"Bearer {desk.key('portal')}", "accept-language": "en"},
        )
    problem = response.json()
    assert response.status_code == 413
    assert problem["code"] == "too_large"
    assert "1048576" in problem["detail"]
    assert await desk.case_count() == 0


async def test_the_refusal_is_there_before_the_body_is(desk: Desk) -> None:
    async with serving(build_api(desk.services)) as port:
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(desk, "/v1/cases", "content-length: 5242880") + b"{")
        status = await asyncio.wait_for(reader.readline(), 2)
        writer.close()
    assert b"413" in status
    assert time.perf_counter() - began < 2


async def test_a_body_without_announced_length_is_cut_off_at_the_limit(desk: Desk) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with serving(build_api(desk.services)) as port:
        answer = await exchange(
            port, request(desk, "/v1/cases", "transfer-encoding: chunked"), chunk * 40, b"0\r\n\r\n"
        )
    assert answer.startswith(b"HTTP/1.1 413")


async def test_a_slow_body_is_given_up_and_the_connection_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "_LINGER_SECONDS", 0.3)
    async with open_desk(tmp_path, bounds=Bounds(body_seconds=0.3)) as desk, serving(build_api(desk.services)) as port:
        began = time.perf_counter()
        head = request(desk, "/v1/cases", "content-length: 100")
        answer = await exchange(port, head, b"{", 0.1, b" ", 0.1, b" ", 0.3, end=8)
        took = time.perf_counter() - began
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"too_slow" in answer
    assert took < 5


async def test_an_endless_body_is_not_listened_to_for_ever(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk, serving(build_api(desk.services)) as port:
        head = request(desk, "/v1/cases", "transfer-encoding: chunked")
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        answer = await exchange(port, head, *([chunk] * 64), end=8)  # 64 MB, twice what is drained
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer


async def test_a_caller_that_leaves_in_the_middle_leaves_no_trace(desk: Desk) -> None:
    async with serving(build_api(desk.services)) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(desk, "/v1/cases", "content-length: 100") + b"{")
        await writer.drain()
        writer.close()
        await asyncio.sleep(0.1)
        assert (await exchange(port, b"GET /healthz HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n")).startswith(
            b"HTTP/1.1 200"
        )
    assert await desk.case_count() == 0


async def test_a_body_that_is_announced_as_something_else_is_refused(desk: Desk) -> None:
    response = await desk.call("POST", "/v1/cases", content=b"a=1", headers={"content-type": "text/plain"})
    assert response.status_code == 415
    assert "application/json" in response.json()["detail"]


async def test_a_key_is_asked_for_before_the_body_is_read(desk: Desk) -> None:
    async with serving(build_api(desk.services)) as port:
        head = b"POST /v1/cases HTTP/1.1\r\nhost: hub\r\ncontent-length: 1000000\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        status = await asyncio.wait_for(reader.readline(), 2)
        writer.close()
    assert b"401" in status
