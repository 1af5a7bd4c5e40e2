"""Two hubs on one broker: every destination of a hub gets its prefix, and neither sees the other's messages."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from cases.delivery import DeliveryRef
from hub.ports import Broker, Handler


class Namespaced:
    """Implements `hub.ports.Broker` over another one, with prefixed destinations."""

    def __init__(self, broker: Broker, prefix: str) -> None:
        self._broker, self._prefix = broker, prefix

    async def publish(self, refs: Sequence[DeliveryRef]) -> list[DeliveryRef]:
        """Publish, wait for confirms, return those that were confirmed."""
        prefixed = [
            DeliveryRef(delivery_id=ref.delivery_id, destination=self._prefix + ref.destination) for ref in refs
        ]
        confirmed = {ref.delivery_id for ref in await self._broker.publish(prefixed)}
        return [ref for ref in refs if ref.delivery_id in confirmed]

    def consume(self, destination: str, handler: Handler, *, in_flight: int) -> AbstractAsyncContextManager[None]:
        """Hand messages of one destination to `handler`, at most `in_flight` at once, until the context ends."""

        async def handle(ref: DeliveryRef) -> None:
            await handler(DeliveryRef(delivery_id=ref.delivery_id, destination=destination))

        return self._broker.consume(self._prefix + destination, handle, in_flight=in_flight)

    async def depth(self, destination: str) -> int:
        """Return how many messages wait in the queue."""
        return await self._broker.depth(self._prefix + destination)

    async def ping(self) -> None:
        """Make a round trip."""
        await self._broker.ping()

    async def close(self) -> None:
        """Close the broker below."""
        await self._broker.close()
