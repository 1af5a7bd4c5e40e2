"""Finding what is due, and noting what the broker has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.delivery import DeliveryRef, DeliveryState
from hub.store.database import Database, Tx, Update
from hub.store.names import deliveries
from hub.store.times import micros

_DUE = "SELECT delivery_id, destination FROM deliveries WHERE turn_at <= $1 ORDER BY turn_at LIMIT $2"

# A delivery that somebody holds right now is being claimed or settled: leave it as it is.
_STILL_WAITING = """
SELECT delivery_id, queued, turn_at FROM deliveries
WHERE delivery_id = ANY($1) AND turn_at <= $2 AND state IN ('WAITING', 'QUEUED')
ORDER BY delivery_id FOR NO KEY UPDATE SKIP LOCKED
"""

#: The pause before a queued delivery counts as lost doubles each time, so that a long queue is not filled with copies.
_MOST_DOUBLINGS = 6


@dataclass(frozen=True, slots=True)
class Queued:
    """What the broker confirmed, and when."""

    refs: Sequence[DeliveryRef]
    now: datetime


async def due(database: Database, now: datetime, limit: int) -> list[DeliveryRef]:
    """Return deliveries whose turn has come, the longest waiting first."""
    rows = await database.read(_DUE, micros(now), limit)
    return [DeliveryRef(delivery_id=delivery_id, destination=destination) for delivery_id, destination in rows]


async def mark_queued(tx: Tx, requests: Sequence[Queued], lost_after: timedelta) -> list[None]:
    """Mark what still waits; it is due again when it counts as lost."""
    when = {ref.delivery_id: micros(request.now) for request in requests for ref in request.refs}
    if not when:
        return [None] * len(requests)
    rows = await tx.fetch(_STILL_WAITING, sorted(when), max(when.values()))
    pause = lost_after // timedelta(microseconds=1)
    await tx.write(
        [
            Update(
                deliveries,
                ("delivery_id",),
                ("state", "turn_at", "queued", "updated_at"),
                [
                    (
                        delivery_id,
                        DeliveryState.QUEUED.value,
                        when[delivery_id] + (pause << min(queued, _MOST_DOUBLINGS)),
                        queued + 1,
                        when[delivery_id],
                    )
                    for delivery_id, queued, turn_at in rows
                    if turn_at <= when[delivery_id]  # else it was tried since, and waits for its next turn
                ],
            )
        ]
    )
    return [None] * len(requests)
