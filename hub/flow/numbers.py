"""Serials handed out in blocks: one row is touched once per block, not once per case."""

import asyncio
from collections.abc import Iterator

from hub.ports import Store

_FIRST_BLOCK, _LARGEST_BLOCK = 4, 256
#: Series of a day end with it; more than this many at once are leftovers of days gone by.
_REMEMBERED = 4096


class SerialBlocks:
    """Takes serials of many series, in blocks that grow with demand; a crash leaves gaps, never repetitions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[str, Iterator[int]] = {}
        self._size: dict[str, int] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def take(self, series: str) -> int:
        """Return the next serial of a series (1, 2, …)."""
        if (serial := next(self._open.get(series, iter(())), None)) is not None:
            return serial
        async with self._locks.setdefault(series, asyncio.Lock()):
            if (serial := next(self._open.get(series, iter(())), None)) is not None:
                return serial  # somebody fetched a block while we waited
            return await self._next_block(series)

    async def _next_block(self, series: str) -> int:
        if len(self._open) > _REMEMBERED:
            self._forget()
        size = self._size.get(series, _FIRST_BLOCK)
        block = iter(await self._store.take_serials(series, size))
        self._open[series], self._size[series] = block, min(2 * size, _LARGEST_BLOCK)
        return next(block)

    def _forget(self) -> None:
        for series in list(self._open)[: _REMEMBERED // 2]:
            if not self._locks[series].locked():
                del self._open[series], self._size[series], self._locks[series]
