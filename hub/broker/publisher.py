"""Publishing on one link: queues are made when first needed, confirms are awaited many at a time."""

import asyncio
import logging
from collections.abc import Sequence

from cases.delivery import DeliveryRef
from cases.errors import Unavailable
from hub.broker.amqp import Channel, Link
from hub.broker.confirms import Batch, Confirms, Fate
from hub.broker.topology import EXCHANGE, EXCHANGE_TYPE, QUEUE_ARGUMENTS, queue_name

log = logging.getLogger(__name__)

WINDOW = 256


class Publisher:
    """The confirming channel of one link; ends with it."""

    def __init__(self, link: Link, channel: Channel) -> None:
        self._link, self._channel = link, channel
        self._confirms = Confirms(WINDOW)
        self._made: set[str] = set()
        self._making = asyncio.Lock()

    @classmethod
    async def open(cls, link: Link) -> "Publisher":
        """Open the channel. Where RabbitMQ closes it, the link goes too, and the next one begins afresh."""
        channel = await link.channel()
        publisher = cls(link, channel)
        await channel.declare_exchange(EXCHANGE, EXCHANGE_TYPE)
        await channel.confirm(publisher._answered, publisher._confirms.returned)
        channel.closed.add_done_callback(publisher._closed)
        return publisher

    async def publish(self, refs: Sequence[DeliveryRef], batch: Batch) -> None:
        """Publish and wait until each has its fate in `batch`; what cannot be sent is LOST."""
        for destination in {ref.destination for ref in refs} - self._made:
            await self._make(destination)
        for index, ref in enumerate(refs):
            if ref.destination in self._made:
                await self._send(ref, batch, index)
            else:
                batch.settle(index, Fate.LOST)
        await batch.done.wait()

    def forget(self, destination: str) -> None:
        """The queue is not there any more: make it again before the next message."""
        self._made.discard(destination)

    async def _send(self, ref: DeliveryRef, batch: Batch, index: int) -> None:
        await self._link.flowing.wait()
        body = ref.delivery_id.encode()
        try:
            await self._confirms.send(
                batch, index, body, lambda body: self._channel.publish(EXCHANGE, ref.destination, body)
            )
        except Unavailable:
            batch.settle(index, Fate.LOST)

    async def _make(self, destination: str) -> None:
        async with self._making:
            if destination in self._made:
                return
            try:
                await make_queue(self._link, destination)
            except Unavailable as error:
                log.warning("queue_not_made", extra={"destination": destination, "reason": str(error)})
            else:
                self._made.add(destination)

    def _answered(self, tag: int, multiple: bool, kept: bool) -> None:
        self._confirms.answered(tag, multiple=multiple, kept=kept)

    def _closed(self, _: object) -> None:
        self._confirms.lost()
        self._link.drop()


async def make_queue(link: Link, destination: str) -> None:
    """Make the queue of a destination, or find it, on a channel of its own: a refusal closes the channel.

    Raises:
        Unavailable: RabbitMQ refuses; the message says why.
    """
    channel = await link.channel()
    name = queue_name(destination)
    await channel.declare_exchange(EXCHANGE, EXCHANGE_TYPE)
    await channel.declare_queue(name, QUEUE_ARGUMENTS)
    await channel.bind(name, EXCHANGE, destination)
    await channel.close()
