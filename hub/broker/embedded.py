"""The broker without a broker: messages are rows of the store, queues live in memory. For a hub of one process.

A message is confirmed once its row is durable and forgotten once its handler returned; whatever a crash left in the
table is delivered again at the next start.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Self

from cases.delivery import DeliveryRef
from cases.errors import Unavailable
from hub.ports import Handler, MessageTable

log = logging.getLogger(__name__)

#: Before a message goes back whose handler failed, so that a store that is down is not asked in a spin.
PUT_BACK_SECONDS = 0.5

_Message = tuple[int, DeliveryRef]
_Queue = asyncio.Queue[_Message]


class EmbeddedBroker:
    """Implements `hub.ports.Broker` on a `MessageTable`."""

    def __init__(self, table: MessageTable) -> None:
        self._table = table
        self._queues: defaultdict[str, _Queue] = defaultdict(asyncio.Queue)
        self._forgetter = _Forgetter(table)
        self._consumers: set[_Consumer] = set()
        self._closed = False

    @classmethod
    async def open(cls, table: MessageTable) -> Self:
        """Take up what an earlier process left."""
        broker = cls(table)
        for number, ref in await table.all():
            broker._queues[ref.destination].put_nowait((number, ref))
        return broker

    async def publish(self, refs: Sequence[DeliveryRef]) -> list[DeliveryRef]:
        """Write the messages; none is confirmed while the database cannot be written, and the store has them all."""
        if self._closed:
            return []
        try:
            numbers = await self._table.add(refs) if refs else []
        except Unavailable as error:
            log.warning("publish_failed", extra={"reason": str(error)})
            return []
        for number, ref in zip(numbers, refs, strict=True):
            self._queues[ref.destination].put_nowait((number, ref))
        return list(refs)

    def consume(self, destination: str, handler: Handler, *, in_flight: int) -> AbstractAsyncContextManager[None]:
        """Hand messages of one destination to `handler`, at most `in_flight` at once, until the context ends."""
        return self._consume(destination, handler, in_flight)

    @asynccontextmanager
    async def _consume(self, destination: str, handler: Handler, in_flight: int) -> AsyncIterator[None]:
        if self._closed:
            raise Unavailable("this broker was closed")
        consumer = _Consumer(self._queues[destination], handler, in_flight, self._forgetter)
        self._consumers.add(consumer)
        try:
            yield
        finally:
            self._consumers.discard(consumer)
            await consumer.stop()

    async def depth(self, destination: str) -> int:
        """Return how many messages wait in the queue."""
        queue = self._queues.get(destination)
        return queue.qsize() if queue else 0

    async def ping(self) -> None:
        """Do nothing: the broker is where the hub is."""

    async def close(self) -> None:
        """Stop at once; messages in hand come again at the next start."""
        self._closed = True
        await asyncio.gather(*(consumer.abort() for consumer in list(self._consumers)))
        await self._forgetter.finish()


class _Forgetter:
    """Removes handled messages in the background; what a crash leaves comes again, and its claim finds it done."""

    def __init__(self, table: MessageTable) -> None:
        self._table = table
        self._numbers: list[int] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, number: int) -> None:
        self._numbers.append(number)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="forget-messages")

    async def finish(self) -> None:
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while self._numbers:
            numbers, self._numbers = self._numbers, []
            try:
                await self._table.remove(numbers)
            except Unavailable as error:
                self._numbers += numbers  # with the next one that is handled
                log.warning("forget_failed", extra={"reason": str(error)})
                return


class _Consumer:
    """Hands messages of one queue to a handler until stopped."""

    def __init__(self, queue: _Queue, handler: Handler, in_flight: int, forgetter: _Forgetter) -> None:
        self._queue, self._handler, self._forgetter = queue, handler, forgetter
        self._slots = asyncio.Semaphore(in_flight)
        self._stopping = asyncio.Event()
        self._hands: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._run(), name="consume")

    async def stop(self) -> None:
        """Take no new message and wait for the handlers that run."""
        self._stopping.set()
        await _end(self._task)
        if self._hands:
            await asyncio.wait(self._hands)

    async def abort(self) -> None:
        """Drop everything at once."""
        self._stopping.set()
        await _end(self._task, *self._hands)

    async def _run(self) -> None:
        while True:
            await self._slots.acquire()
            message = await self._queue.get()
            task = asyncio.create_task(self._handle(message), name="deliver")
            self._hands.add(task)
            task.add_done_callback(self._free)

    def _free(self, task: "asyncio.Task[None]") -> None:
        self._hands.discard(task)
        self._slots.release()

    async def _handle(self, message: _Message) -> None:
        number, ref = message
        try:
            await self._handler(ref)
        except Exception as error:  # noqa: BLE001 - whatever it is, the message goes back
            log.warning("handler_failed", extra={"destination": ref.destination, "reason": str(error)})
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PUT_BACK_SECONDS)
            self._queue.put_nowait(message)
        else:
            self._forgetter.add(number)


async def _end(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
