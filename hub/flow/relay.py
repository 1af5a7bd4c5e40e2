"""From the store to the broker: committed deliveries are published, and only a confirm marks them sent.

What a crash left between commit and confirm, retries whose time has come, and claims whose worker died are picked up
by the sweep. A delivery that is published twice does no harm: the claim decides.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from cases.delivery import DeliveryRef
from cases.errors import Unavailable
from hub.ports import Broker, Clock, Store

log = logging.getLogger(__name__)

_BATCH = 256
_SWEEP_LIMIT = 2000


class Relay:
    """Publishes what is due. `push` never waits; the store keeps what the broker cannot take now."""

    def __init__(self, store: Store, broker: Broker, clock: Clock) -> None:
        self._store, self._broker, self._clock = store, broker, clock
        self._pending: dict[str, DeliveryRef] = {}
        self._in_hand: set[str] = set()
        self._wake = asyncio.Event()

    def push(self, refs: Sequence[DeliveryRef]) -> None:
        """Publish these as soon as possible; called after the commit that made them due."""
        for ref in refs:
            if ref.delivery_id not in self._in_hand and len(self._pending) < _SWEEP_LIMIT:
                self._pending[ref.delivery_id] = ref
        if self._pending:
            self._wake.set()

    async def run(self) -> None:
        """Publish what was pushed, a batch at a time, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                batch = [self._pending.pop(key) for key in list(self._pending)[:_BATCH]]
                self._in_hand.update(ref.delivery_id for ref in batch)
                try:
                    await self._publish(batch)
                except Unavailable as error:
                    log.warning("deliveries_not_published", extra={"count": len(batch), "reason": str(error)})
                finally:
                    self._in_hand.difference_update(ref.delivery_id for ref in batch)

    async def _publish(self, batch: list[DeliveryRef]) -> None:
        confirmed = await self._broker.publish(batch)
        if confirmed:
            await self._store.mark_queued(confirmed, self._clock.now())
        if len(confirmed) < len(batch):  # they stay WAITING: the sweep comes back to them
            log.warning("deliveries_not_confirmed", extra={"count": len(batch) - len(confirmed)})

    async def sweep(self, every_seconds: float) -> None:
        """Look for due deliveries in the store, until cancelled."""
        grace = timedelta(seconds=every_seconds)  # what was committed just now is being pushed anyway
        while True:
            try:
                self.push(await self._store.due(self._clock.now() - grace, _SWEEP_LIMIT))
            except Unavailable as error:
                log.warning("sweep_failed", extra={"reason": str(error)})
            await asyncio.sleep(every_seconds)
