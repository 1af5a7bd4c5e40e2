"""Taking messages of one destination: kept up over lost links, at most so many in hand, acknowledged in runs."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from cases.delivery import DeliveryRef
from cases.errors import HubError, Unavailable
from hub.broker.acks import Acks
from hub.broker.amqp import Channel, Link
from hub.broker.publisher import make_queue
from hub.broker.topology import queue_name
from hub.ports import Handler

log = logging.getLogger(__name__)

#: Before a message goes back whose handler failed, so that a store that is down is not asked in a spin.
PUT_BACK_SECONDS = 0.5
_AGAIN_SECONDS = 0.5
_DELIVERY_ID = re.compile(rb"[0-9a-f]{32}")


class _Desk:
    """One channel's messages in hand."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.consumer_tag = ""
        self._acks = Acks()

    def received(self, tag: int) -> None:
        self._acks.received(tag)

    def done(self, tag: int) -> None:
        """Acknowledge with whatever else is done in this turn of the loop."""
        if self._acks.done(tag):
            asyncio.get_running_loop().call_soon(self.flush)

    def put_back(self, tag: int) -> None:
        self._acks.put_back(tag)
        self.channel.put_back(tag)

    def flush(self) -> None:
        for tag, multiple in self._acks.flush():
            self.channel.acknowledge(tag, multiple=multiple)


class Consumer:
    """Hands messages of one destination to a handler until stopped.

    Args:
        up: waits for a living link.
        destination: whose messages.
        handler: returns when the message is settled; raises to have it again.
        in_flight: messages in hand at once, >= 1.
    """

    def __init__(self, up: Callable[[], Awaitable[Link]], destination: str, handler: Handler, in_flight: int) -> None:
        self._up, self._destination, self._handler, self._in_flight = up, destination, handler, in_flight
        # a new channel may bring messages while handlers of a lost one still run
        self._slots = asyncio.Semaphore(in_flight)
        self._hands: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._desk: _Desk | None = None
        self._task = asyncio.create_task(self._run(), name=f"consume-{destination}")

    async def stop(self) -> None:
        """Take no new message, wait for the handlers that run, acknowledge what they settled."""
        self._stopping.set()
        await self._end(self._task)
        desk = self._desk
        if desk is not None and desk.consumer_tag:
            with suppress(Unavailable):
                await desk.channel.cancel(desk.consumer_tag)
        if self._hands:
            await asyncio.wait(self._hands)
        if desk is not None:
            desk.flush()
            await desk.channel.close()

    async def abort(self) -> None:
        """Drop everything at once: what is in a handler's hands comes again, to whoever consumes next."""
        self._stopping.set()
        await self._end(self._task, *self._hands)

    async def _end(self, *tasks: asyncio.Task[None]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def _run(self) -> None:
        while True:
            try:
                link = await self._up()
                why = await self._listen(link)
            except Unavailable as error:
                why = str(error)
            except Exception as error:  # a fault of ours must not end the taking of messages for good
                log.exception("consumer_failed", extra={"destination": self._destination})
                why = type(error).__name__
            log.warning("consumer_interrupted", extra={"destination": self._destination, "reason": why})
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _listen(self, link: Link) -> str:
        """Consume until that ends; return why it did."""
        await make_queue(link, self._destination)
        channel = await link.channel()
        desk = self._desk = _Desk(channel)
        cancelled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            desk.consumer_tag = await channel.consume(
                queue_name(self._destination),
                lambda tag, body: self._received(desk, tag, body),
                lambda: None if cancelled.done() else cancelled.set_result(None),
                prefetch=self._in_flight,
            )
            ends: list[asyncio.Future[Any]] = [channel.closed, cancelled]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        except Unavailable:
            await channel.close()
            raise
        if channel.closed.done():
            return str(channel.closed.result())
        await channel.close()
        return "RabbitMQ ended the subscription; was the queue deleted?"

    def _received(self, desk: _Desk, tag: int, body: bytes) -> None:
        desk.received(tag)
        hand = asyncio.create_task(self._handle(desk, tag, body))
        self._hands.add(hand)
        hand.add_done_callback(self._hands.discard)

    async def _handle(self, desk: _Desk, tag: int, body: bytes) -> None:
        if not _DELIVERY_ID.fullmatch(body):
            log.error("foreign_message", extra={"destination": self._destination, "size_bytes": len(body)})
            desk.done(tag)  # not the hub's: nothing of ours is in it
            return
        ref = DeliveryRef(delivery_id=body.decode(), destination=self._destination)
        async with self._slots:
            if self._stopping.is_set() or desk.channel.closed.done():
                return  # goes back by itself when the channel closes
            if await self._settled(ref):
                desk.done(tag)
            else:
                desk.put_back(tag)

    async def _settled(self, ref: DeliveryRef) -> bool:
        try:
            await self._handler(ref)
        except HubError as error:
            log.warning("delivery_put_back", extra={"delivery_id": ref.delivery_id, "reason": str(error)})
        except Exception:  # a fault of ours must not cost the message
            log.exception("delivery_put_back", extra={"delivery_id": ref.delivery_id})
        else:
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(PUT_BACK_SECONDS):
                await self._stopping.wait()
        return False
