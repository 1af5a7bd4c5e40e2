"""A department that answers at once and notes when each case arrived, so that only the hub is measured.

`python -m benchmarks.stub`: prints its port; POST /rest answers JSON, POST /soap answers SOAP, GET /log gives
[[case id, CLOCK_MONOTONIC ns], …], POST /reset forgets.
"""

import asyncio
import json
import re
import time
from typing import cast

import uvloop

_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}")
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


def _answer(kind: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n%s" % (kind, len(body), body)


_JSON = _answer(b"application/json", b'{"code":"0","message":"ok","caseId":"R-2026-000001"}')
_SOAP = _answer(
    b"text/xml; charset=utf-8",
    b'<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    b'<soap:Body><submitCaseResponse xmlns="urn:bench:department"><code>0</code><caseId>R-2026-000001</caseId>'
    b"</submitCaseResponse></soap:Body></soap:Envelope>",
)
_arrived: list[tuple[str, int]] = []


class _Department(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._transport.write(self._reply(head, body))

    def _reply(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET /log"):
            return _answer(b"application/json", json.dumps(_arrived).encode())
        if head.startswith(b"POST /reset"):
            _arrived.clear()
            return _answer(b"application/json", b"{}")
        if found := _ID.search(body):
            _arrived.append((found[0].decode(), time.monotonic_ns()))
        return _SOAP if head.startswith(b"POST /soap") else _JSON


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Department, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
