"""The embedded broker's messages, as rows of the same database."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from cases.delivery import DeliveryRef
from hub.store.database import Database, Delete, Insert, Row, Tx
from hub.store.names import messages
from hub.store.writer import Handler


class Messages:
    """Implements `hub.ports.MessageTable`: publishing and forgetting share the store's commits."""

    def __init__(self, database: Database, submit: Callable[[str, Any], Awaitable[Any]]) -> None:
        self._database, self._submit = database, submit
        self._last = 0

    def handlers(self) -> dict[str, Handler]:
        """Return what the writer does with our requests."""
        return {"add_messages": self._add, "remove_messages": self._remove}

    async def add(self, refs: Sequence[DeliveryRef]) -> list[int]:
        """Write messages durably and return their numbers, in the same order."""
        numbers: list[int] = await self._submit("add_messages", list(refs))
        return numbers

    async def remove(self, numbers: Sequence[int]) -> None:
        """Forget messages that were handled."""
        await self._submit("remove_messages", list(numbers))

    async def all(self) -> list[tuple[int, DeliveryRef]]:
        """Return every message that was not handled yet, oldest first."""
        rows = await self._database.read("SELECT number, delivery_id, destination FROM messages ORDER BY number")
        return [(row[0], DeliveryRef(delivery_id=row[1], destination=row[2])) for row in rows]

    async def _add(self, tx: Tx, groups: Sequence[Sequence[DeliveryRef]]) -> list[list[int]]:
        # Numbers are given here and never twice: a removal that comes late must not meet a newer message.
        stored = (await tx.fetch("SELECT max(number) FROM messages"))[0][0] or 0
        self._last = max(self._last, stored)
        results: list[list[int]] = []
        rows: list[Row] = []
        for refs in groups:
            numbers = list(range(self._last + 1, self._last + 1 + len(refs)))
            self._last += len(refs)
            rows += [(number, ref.delivery_id, ref.destination) for number, ref in zip(numbers, refs, strict=True)]
            results.append(numbers)
        await tx.write([Insert(messages, ("number", "delivery_id", "destination"), rows)])
        return results

    async def _remove(self, tx: Tx, groups: Sequence[Sequence[int]]) -> list[None]:
        numbers = sorted({number for group in groups for number in group})
        await tx.write([Delete(messages, ("number",), [(number,) for number in numbers])])
        return [None] * len(groups)
