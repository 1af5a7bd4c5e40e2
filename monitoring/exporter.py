"""A port of its own for processes that serve no API: `/healthz`, `/readyz`, `/metrics`, by GET, one answer a call."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

import orjson

from cases.errors import Unavailable
from monitoring.health import Health
from monitoring.metrics import EXPOSITION_TYPE, Metrics

_HEAD_LIMIT_BYTES = 8192
_CALL_SECONDS = 10.0
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


class Exporter:
    """Listens while its context is open.

    Args:
        metrics: what `/metrics` shows.
        health: what `/readyz` asks.
        host: address to listen on.
        port: port to listen on; 0 picks a free one, see `port`.
    """

    def __init__(self, metrics: Metrics, health: Health, host: str, port: int) -> None:
        self._metrics, self._health, self._host, self.port = metrics, health, host, port
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Open the port.

        Raises:
            Unavailable: the port cannot be opened.
        """
        try:
            self._server = await asyncio.start_server(self._serve, self._host, self.port, limit=_HEAD_LIMIT_BYTES)
        except OSError as error:
            raise Unavailable(
                f"cannot listen on {self._host}:{self.port} for metrics: {error.strerror}; choose another metrics_port"
            ) from None
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(_CALL_SECONDS):
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                except asyncio.LimitOverrunError:
                    status, kind, body = _plain(400, "request too long")
                else:
                    status, kind, body = await self._answer(head)
                writer.write(_head(status, kind, len(body)) + body)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _answer(self, head: bytes) -> tuple[int, str, bytes]:
        method, _, rest = head.split(b"\r\n", 1)[0].partition(b" ")
        if method != b"GET":
            return _plain(405, "only GET is answered here")
        match rest.split(b" ")[0].split(b"?")[0]:
            case b"/metrics":
                return 200, EXPOSITION_TYPE, self._metrics.exposition()
            case b"/healthz":
                return 200, "application/json", b'{"status":"ok"}'
            case b"/readyz":
                state = await self._health.ready()
                words = {"status": "ok" if state.ready else "unavailable", "parts": dict(state.parts)}
                return (200 if state.ready else 503), "application/json", orjson.dumps(words)
            case _:
                return _plain(404, "there is /healthz, /readyz and /metrics")


def _plain(status: int, text: str) -> tuple[int, str, bytes]:
    return status, "text/plain; charset=utf-8", text.encode()


def _head(status: int, kind: str, length: int) -> bytes:
    return (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-type: {kind}\r\n"
        f"content-length: {length}\r\nconnection: close\r\n\r\n"
    ).encode()
