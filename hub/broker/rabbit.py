"""The broker on RabbitMQ: persistent messages in quorum queues, nothing counted as sent before its confirm.

Publishing and consuming have a connection each: RabbitMQ stops reading from publishers when it runs out of memory, and
what would free the memory, the consumers' acknowledgements, must not be stopped with them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from http import HTTPStatus
from typing import Self

from cases.delivery import DeliveryRef
from cases.errors import Unavailable
from hub.broker.amqp import Address, ChannelGone, Link
from hub.broker.confirms import Batch, Fate
from hub.broker.consumer import Consumer
from hub.broker.line import Line
from hub.broker.publisher import Publisher
from hub.broker.topology import queue_name
from hub.ports import Handler
from monitoring.metrics import Metrics

#: How long `publish` waits for confirms; what has none by then is not counted as sent.
CONFIRM_SECONDS = 10.0
_CLOSE_SECONDS = 5.0


class RabbitBroker:
    """Implements `hub.ports.Broker`. Messages carry a delivery's id and nothing else."""

    def __init__(self, url: str, metrics: Metrics, confirm_seconds: float) -> None:
        self._confirm_seconds, self.metrics = confirm_seconds, metrics
        self._publisher: Publisher | None = None
        self._outward = Line(Address.parse(url, name="onewindow-hub publish"), "publish", metrics, self._prepare)
        self._inward = Line(Address.parse(url, name="onewindow-hub consume"), "consume", metrics)
        self._consumers: set[Consumer] = set()
        self._closed = False

    @classmethod
    async def open(cls, url: str, *, metrics: Metrics | None = None, confirm_seconds: float = CONFIRM_SECONDS) -> Self:
        """Connect; from then on the connection is kept up.

        Raises:
            ConfigError: the address is not readable.
            Unavailable: RabbitMQ cannot be reached now.
        """
        broker = cls(url, metrics or Metrics(), confirm_seconds)
        await broker._outward.open()
        return broker

    async def publish(self, refs: Sequence[DeliveryRef]) -> list[DeliveryRef]:
        """Publish, wait for confirms, return those that were confirmed.

        Never raises for the broker's sake: while it is away, blocked or slow, fewer or none are confirmed, and the
        store still has them all.
        """
        fates = await self._attempt(refs)
        returned = [index for index, fate in enumerate(fates) if fate is Fate.RETURNED]
        if returned:  # a queue was deleted under us: make it again, once
            again = await self._attempt([refs[index] for index in returned])
            for index, fate in zip(returned, again, strict=True):
                fates[index] = fate
        return [ref for ref, fate in zip(refs, fates, strict=True) if fate is Fate.CONFIRMED]

    def consume(self, destination: str, handler: Handler, *, in_flight: int) -> AbstractAsyncContextManager[None]:
        """Hand messages of one destination to `handler`, at most `in_flight` at once, until the context ends."""
        return self._consume(destination, handler, in_flight)

    async def depth(self, destination: str) -> int:
        """Return how many messages wait in the queue; a destination that was never used has none.

        Raises:
            Unavailable: the broker cannot be reached.
        """
        channel = await self._link().channel()
        try:
            return await channel.count(queue_name(destination))
        except ChannelGone as gone:
            if gone.reply_code == HTTPStatus.NOT_FOUND:
                return 0
            raise
        finally:
            await channel.close()

    async def forget(self, destinations: Sequence[str]) -> None:
        """Delete the queues of these destinations: for a hub that was only a demonstration.

        Raises:
            Unavailable: the broker cannot be reached.
        """
        channel = await self._link().channel()
        try:
            for destination in destinations:
                await channel.delete_queue(queue_name(destination))
        finally:
            await channel.close()

    async def ping(self) -> None:
        """Make a round trip.

        Raises:
            Unavailable: the broker cannot be reached, or takes no messages.
        """
        channel = await self._link().channel()
        await channel.close()

    async def close(self) -> None:
        """Stop at once and close the connections; messages in hand come again."""
        self._closed = True
        for consumer in list(self._consumers):
            await consumer.abort()
        self._consumers.clear()
        await asyncio.gather(self._outward.close(_CLOSE_SECONDS), self._inward.close(_CLOSE_SECONDS))

    async def _prepare(self, link: Link) -> None:
        self._publisher = await Publisher.open(link)

    def _link(self) -> Link:
        link = self._outward.now()
        if link.blocked_because:
            raise Unavailable(f"RabbitMQ at {link.address} {link.blocked_because}")
        return link

    async def _attempt(self, refs: Sequence[DeliveryRef]) -> list[Fate]:
        batch = Batch(len(refs))
        publisher = self._publisher
        if refs and publisher is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._confirm_seconds):
                    await publisher.publish(refs, batch)
            for ref, fate in zip(refs, batch.fates, strict=True):
                if fate is Fate.RETURNED:
                    publisher.forget(ref.destination)
        return batch.fates

    @asynccontextmanager
    async def _consume(self, destination: str, handler: Handler, in_flight: int) -> AsyncIterator[None]:
        if self._closed:
            raise Unavailable("this broker was closed")
        self._inward.begin()
        consumer = Consumer(self._inward.up, destination, handler, in_flight)
        self._consumers.add(consumer)
        try:
            yield
        finally:
            if consumer in self._consumers:
                self._consumers.discard(consumer)
                await consumer.stop()
