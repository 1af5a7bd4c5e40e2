"""A load generator that costs little itself: keep-alive HTTP/1.1, a fresh case id and idempotency key per request."""

import asyncio
import itertools
import random
import re
import time
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

#: In the payload, replaced by a fresh id in every request.
ID_MARK = b"00000000-0000-4000-8000-000000000000"
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_CREATED = 201


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._waiter: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(exc or ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, end)
        if len(self._buffer) < end + 4 + (int(length[1]) if length else 0):
            return
        status = int(self._buffer[9:12])
        self._buffer = b""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(status)

    @property
    def alive(self) -> bool:
        return self._transport is not None

    def send(self, data: bytes) -> asyncio.Future[int]:
        assert self._transport is not None
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._waiter


@dataclass(slots=True, kw_only=True)
class Load:
    """Submits cases; remembers when each was sent and when it was accepted (CLOCK_MONOTONIC ns)."""

    url: str
    key: str
    payload: bytes
    seed: int = 1
    sent: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)  # status → count

    async def closed(self, count: int, connections: int) -> None:
        """Submit `count` cases, each connection the next one as soon as it has an answer: for rates."""
        left, ids = itertools.count(), self._ids()

        async def work() -> None:
            connection = await self._connect()
            while next(left) < count:
                connection = await self._one(connection, next(ids))

        await asyncio.gather(*(work() for _ in range(connections)))

    async def open(self, count: int, per_second: float) -> None:
        """Submit at a steady rate, whatever the answers: for latencies."""
        idle: list[_Connection] = []
        ids = self._ids()

        async def shot() -> None:
            connection = idle.pop() if idle else await self._connect()
            idle.append(await self._one(connection, next(ids)))

        start = time.monotonic()
        async with asyncio.TaskGroup() as shots:
            for number in range(count):
                await asyncio.sleep(max(0.0, start + number / per_second - time.monotonic()))
                shots.create_task(shot())

    async def _one(self, connection: _Connection, case_id: str) -> _Connection:
        if not connection.alive:
            connection = await self._connect()
        self.sent[case_id] = time.monotonic_ns()
        status = await connection.send(self._request(case_id))
        if status == _CREATED:
            self.accepted[case_id] = time.monotonic_ns()
        else:
            self.refused[status] = self.refused.get(status, 0) + 1
        return connection

    async def _connect(self) -> _Connection:
        address = urlsplit(self.url)
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(_Connection, address.hostname, address.port))[1]

    def _request(self, case_id: str) -> bytes:
        body = self.payload.replace(ID_MARK, case_id.encode())
        head = (
            f"POST /v1/cases HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer {self.key}\r\n"
            f"content-type: application/json\r\nidempotency-key: {case_id}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _ids(self) -> "itertools.chain[str]":
        draw = random.Random(self.seed)
        hexes = (f"{draw.getrandbits(128):032x}" for _ in itertools.count())
        return itertools.chain(f"{h[:8]}-{h[8:12]}-4{h[13:16]}-8{h[17:20]}-{h[20:]}" for h in hexes)
