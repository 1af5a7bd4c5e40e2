"""Budgets of one exchange: how many at once, how fast, how many bytes before and after unpacking."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cases.errors import BudgetExceeded
from connectors.pack import Limits

#: gzip header and zlib header, told apart by zlib itself.
_ANY_HEADER = 32 + zlib.MAX_WBITS


class Gate:
    """Lets through what a department's system can bear: so many at once, so many per second. One per event loop."""

    def __init__(self, limits: Limits) -> None:
        self._slots = asyncio.Semaphore(limits.in_flight)
        self._pause = 1 / limits.per_second if limits.per_second else 0.0
        self._next = 0.0

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Wait for a free slot and for our turn; waiting here is not part of any call's time budget."""
        async with self._slots:
            if self._pause:
                now = asyncio.get_running_loop().time()
                turn = max(now, self._next)
                self._next = turn + self._pause
                await asyncio.sleep(turn - now)
            yield


def unpack(body: bytes, encoding: str, *, max_bytes: int) -> bytes:
    """Return a body without its Content-Encoding, refusing one that unpacks to more than `max_bytes`.

    Raises:
        BudgetExceeded: too many bytes once unpacked.
        ValueError: an encoding that was never asked for, or bytes that are not in it.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in ("gzip", "x-gzip", "deflate"):
        raise ValueError(f"the reply is in the encoding {encoding!r}, which was not asked for")
    reader = zlib.decompressobj(_ANY_HEADER)
    try:
        plain = reader.decompress(body, max_bytes + 1)
    except zlib.error:
        raise ValueError(f"the reply is not the {name} it says it is") from None
    if len(plain) > max_bytes:
        raise BudgetExceeded(f"the reply unpacks to more than {max_bytes} bytes")
    if not reader.eof:
        raise ValueError(f"the {name} reply ends too early")
    return plain
