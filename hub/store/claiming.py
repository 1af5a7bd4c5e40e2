"""Taking deliveries for one attempt each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.delivery import DeliveryState, Purpose
from hub.ports import Claim
from hub.store.database import Insert, Row, Tx, Update
from hub.store.names import attempts, deliveries
from hub.store.sealing import Sealer
from hub.store.times import micros, moment

_QUEUED, _CLAIMED = DeliveryState.QUEUED.value, DeliveryState.CLAIMED.value

# What is decided on stands in the locked row itself. The document never changes; a foreign number that is recorded at
# this very moment belongs to an attempt that ends the delivery.
_TAKE = """
SELECT d.delivery_id, d.case_no, d.purpose, d.destination, d.lane, d.state, d.turn_at, d.attempt, d.open_attempts,
       d.created_at, d.payload,
       CASE WHEN d.payload IS NULL THEN (SELECT document FROM documents o WHERE o.case_no = d.case_no) END,
       (SELECT f.foreign_no FROM foreign_numbers f WHERE f.case_no = d.case_no AND f.system = d.destination
        ORDER BY f.recorded_at DESC LIMIT 1)
FROM deliveries d WHERE d.delivery_id = ANY($1) AND d.turn_at IS NOT NULL
ORDER BY d.delivery_id FOR NO KEY UPDATE OF d
"""


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """Who wants which delivery, until when."""

    delivery_id: str
    worker: str
    now: datetime
    lease_until: datetime


async def claim(tx: Tx, requests: Sequence[ClaimRequest], sealer: Sealer) -> list[Claim | None]:
    """Take what can be taken now; of several requests for one delivery the first gets it."""
    rows = {row[0]: row for row in await tx.fetch(_TAKE, sorted({request.delivery_id for request in requests}))}
    results: list[Claim | None] = []
    taken: list[Row] = []
    ledger: list[Row] = []
    for request in requests:
        row, now = rows.get(request.delivery_id), micros(request.now)
        if row is None or not _can_be_taken(row[5], row[6], now):
            results.append(None)
            continue
        del rows[request.delivery_id]
        number = row[7] + 1
        taken.append((row[0], _CLAIMED, micros(request.lease_until), number, row[8] + 1, 0, request.worker, now))
        ledger.append((row[0], number, request.worker, now))
        results.append(_claim(row, number, sealer))
    await tx.write(
        [
            Update(
                deliveries,
                ("delivery_id",),
                ("state", "turn_at", "attempt", "open_attempts", "queued", "worker", "updated_at"),
                taken,
            ),
            Insert(attempts, ("delivery_id", "attempt", "worker", "claimed_at"), ledger),
        ]
    )
    return results


def _can_be_taken(state: str, turn_at: int, now: int) -> bool:
    """Waiting and due, claimed with its lease ended, or queued; `turn_at` is not null: first of its lane."""
    return state == _QUEUED or turn_at <= now


def _claim(row: Row, number: int, sealer: Sealer) -> Claim:
    delivery_id, case_no, purpose, destination, lane, _, _, _, open_attempts, created_at, payload, document, foreign = (
        row
    )
    return Claim(
        delivery_id=delivery_id,
        case_no=case_no,
        purpose=Purpose(purpose),
        destination=destination,
        lane=lane,
        attempt=number,
        unsettled=open_attempts > 0,
        created_at=moment(created_at),
        document=sealer.open(document, f"document {case_no}")
        if payload is None
        else sealer.open(payload, f"payload {delivery_id}"),
        foreign_no=foreign,
    )
