"""The port of processes that serve no API, and what ready means."""

import asyncio
import time

import pytest

from cases.errors import Unavailable
from monitoring.exporter import Exporter
from monitoring.health import Health
from monitoring.metrics import Metrics

TROUBLE = "RabbitMQ cannot be reached"


async def _fine() -> None:
    return None


async def _away() -> None:
    raise Unavailable(TROUBLE)


async def _call(port: int, request: bytes) -> tuple[int, str, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head.decode(), body


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def _exporter(health: Health | None = None) -> Exporter:
    return Exporter(Metrics(), health or Health({"store": _fine}), "127.0.0.1", 0)


async def test_metrics_are_shown_in_prometheus_format() -> None:
    async with _exporter() as exporter:
        status, head, body = await _call(exporter.port, _get("/metrics?x=1"))
    assert status == 200
    assert "content-type: text/plain; version=0.0.4" in head
    assert f"content-length: {len(body)}" in head
    assert b"hub_build_info{" in body


async def test_alive_does_not_depend_on_others_but_ready_does() -> None:
    async with _exporter(Health({"store": _fine, "broker": _away})) as exporter:
        assert (await _call(exporter.port, _get("/healthz")))[0] == 200
        status, _, body = await _call(exporter.port, _get("/readyz"))
    assert status == 503
    assert TROUBLE.encode() in body


async def test_ready_is_200_where_everything_answers() -> None:
    async with _exporter() as exporter:
        assert (await _call(exporter.port, _get("/readyz")))[0] == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST /metrics HTTP/1.1\r\n\r\n", 405),
        (_get("/secrets"), 404),
        (b"GET /\r\n\r\n", 404),
        (b"GET /metrics HTTP/1.1\r\nx: " + b"a" * 10000 + b"\r\n\r\n", 400),
    ],
    ids=["not a GET", "nothing there", "hardly HTTP", "too long"],
)
async def test_anything_else_is_refused_in_a_line(request_bytes: bytes, status: int) -> None:
    async with _exporter() as exporter:
        assert (await _call(exporter.port, request_bytes))[0] == status
        assert (await _call(exporter.port, _get("/healthz")))[0] == 200


async def test_a_caller_who_says_nothing_holds_nobody_up() -> None:
    async with _exporter() as exporter:
        _, writer = await asyncio.open_connection("127.0.0.1", exporter.port)
        assert (await _call(exporter.port, _get("/healthz")))[0] == 200
        writer.close()
        await writer.wait_closed()


async def test_a_taken_port_is_said_with_the_remedy() -> None:
    async with _exporter() as first:
        with pytest.raises(Unavailable, match="choose another metrics_port"):
            async with Exporter(Metrics(), Health({}), "127.0.0.1", first.port):
                pass


class TestHealth:
    async def test_every_part_is_told_with_its_reason(self) -> None:
        state = await Health({"store": _fine, "broker": _away}).ready()
        assert not state.ready
        assert state.parts == {"store": "ok", "broker": TROUBLE}

    async def test_a_part_that_hangs_is_given_up_and_holds_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("monitoring.health.CHECK_SECONDS", 0.05)

        async def hangs() -> None:
            await asyncio.Event().wait()

        started = time.monotonic()
        state = await Health({"store": hangs, "broker": hangs, "clock": _fine}).ready()
        assert time.monotonic() - started < 2
        assert state.parts["store"] == "no answer within 0.05 seconds"
        assert state.parts["clock"] == "ok"

    async def test_nothing_to_depend_on_is_ready(self) -> None:
        assert (await Health({}).ready()).ready
