"""A delivery: one document on its way to one destination, a department or a subscriber."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What a delivery is for."""

    FILE = "file"  # hand the case to the department's system
    NOTIFY = "notify"  # tell a subscriber (webhook)


class DeliveryState(StrEnum):
    """Where a delivery stands. The last copy is never deleted: DONE, REFUSED and PARKED rows stay."""

    WAITING = "WAITING"  # due at next_attempt_at
    QUEUED = "QUEUED"  # the broker confirmed it
    CLAIMED = "CLAIMED"  # a worker is sending it, until its lease ends
    DONE = "DONE"  # the destination took it
    REFUSED = "REFUSED"  # the department said no
    PARKED = "PARKED"  # stands still: has a cause, a reason and an owner


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRef:
    """What travels through the broker: enough to find the row, nothing personal."""

    delivery_id: str  # 32 hex digits, time-ordered
    destination: str  # connector key, or "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery to be written with the event that caused it.

    Order: deliveries with the same (case_no, lane) go one after another; lanes are independent.
    """

    delivery_id: str
    case_no: str
    purpose: Purpose
    destination: str
    lane: str
    payload: bytes | None = None  # None: the case document itself
    due_at: datetime
