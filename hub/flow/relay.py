"""From the store to the broker: committed deliveries are published, and only a confirm marks them sent.

What a crash left between commit and confirm, retries whose time has come, and claims whose worker died are picked up
by the sweep. A delivery that is published twice does no harm: the claim decides.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from cases.delivery import DeliveryRef
from cases.errors import Unavailable
from hub.ports import Broker, Clock, Store

log = logging.getLogger(__name__)

_BATCH = 256
_SWEEP_LIMIT = 2000
#: Between a confirm and its mark. Most deliveries are claimed by then and need none; a crash in between costs a second
#: message, which the claim recognises.
_MARK_AFTER_SECONDS = 0.1


class Relay:
    """Publishes what is due. `push` never waits; the store keeps what the broker cannot take now."""

    def __init__(self, store: Store, broker: Broker, clock: Clock) -> None:
        self._store, self._broker, self._clock = store, broker, clock
        self._pending: dict[str, DeliveryRef] = {}
        self._in_hand: set[str] = set()
        self._wake = asyncio.Event()
        self._confirmed: list[tuple[list[DeliveryRef], datetime]] = []
        self._some_confirmed = asyncio.Event()

    def push(self, refs: Sequence[DeliveryRef]) -> None:
        """Publish these as soon as possible; called after the commit that made them due."""
        for ref in refs:
            if ref.delivery_id not in self._in_hand and len(self._pending) < _SWEEP_LIMIT:
                self._pending[ref.delivery_id] = ref
        if self._pending:
            self._wake.set()

    async def run(self) -> None:
        """Publish what was pushed and mark what was confirmed, batch by batch, until cancelled."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._publish_pushed(), name="publish")
            loops.create_task(self._mark_confirmed(), name="mark")

    async def _publish_pushed(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                batch = [self._pending.pop(key) for key in list(self._pending)[:_BATCH]]
                self._in_hand.update(ref.delivery_id for ref in batch)
                try:
                    await self._publish(batch)
                except Unavailable as error:
                    self._unconfirmed(batch, str(error))

    async def _publish(self, batch: list[DeliveryRef]) -> None:
        confirmed = await self._broker.publish(batch)
        if confirmed:
            self._confirmed.append((confirmed, self._clock.now()))
            self._some_confirmed.set()
        if len(confirmed) < len(batch):
            kept = {ref.delivery_id for ref in confirmed}
            self._unconfirmed([ref for ref in batch if ref.delivery_id not in kept], "no confirm")

    def _unconfirmed(self, refs: list[DeliveryRef], reason: str) -> None:
        """Let go of what the broker did not take: it stays WAITING, and the sweep comes back to it."""
        self._in_hand.difference_update(ref.delivery_id for ref in refs)
        log.warning("deliveries_not_published", extra={"count": len(refs), "reason": reason})

    async def _mark_confirmed(self) -> None:
        try:
            while True:
                await self._some_confirmed.wait()
                await asyncio.sleep(_MARK_AFTER_SECONDS)
                await self._mark()
        finally:
            await self._mark()

    async def _mark(self) -> None:
        batches, self._confirmed = self._confirmed, []
        self._some_confirmed.clear()
        try:  # together: they share a transaction
            await asyncio.gather(*(self._store.mark_queued(refs, at) for refs, at in batches))
        except Unavailable as error:  # they stay WAITING, and are published once more
            log.warning("deliveries_not_marked", extra={"batches": len(batches), "reason": str(error)})
        finally:
            self._in_hand.difference_update(ref.delivery_id for refs, _ in batches for ref in refs)

    async def sweep(self, every_seconds: float) -> None:
        """Look for due deliveries in the store, until cancelled."""
        grace = timedelta(seconds=every_seconds)  # what was committed just now is being pushed anyway
        while True:
            try:
                self.push(await self._store.due(self._clock.now() - grace, _SWEEP_LIMIT))
            except Unavailable as error:
                log.warning("sweep_failed", extra={"reason": str(error)})
            await asyncio.sleep(every_seconds)
