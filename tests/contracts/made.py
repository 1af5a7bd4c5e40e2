"""Made-up cases, deliveries and statuses for the contract suites; no real person is in them."""

import itertools
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cases.delivery import DeliveryRef, DeliveryState, NewDelivery, Purpose
from cases.states import Conclusion, Mark, State
from cases.status import StatusUpdate
from hub.ports import CaseRow, Claim, Idempotency, NewCase, Settlement, StatusWrite, Store

NOW = datetime(2026, 3, 2, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)
DEPARTMENT = "civil-affairs"
DOCUMENT = '{"applicant":{"name":"测试一"},"form":{}}'.encode()

_serial = itertools.count(1)


def seconds(count: float) -> datetime:
    """The moment so many seconds after the case came in."""
    return NOW + timedelta(seconds=count)


def new_delivery(case_no: str, **changes: Any) -> NewDelivery:
    values: dict[str, Any] = {
        "delivery_id": secrets.token_hex(16),
        "case_no": case_no,
        "purpose": Purpose.FILE,
        "destination": DEPARTMENT,
        "lane": "file",
        "payload": None,
        "due_at": NOW,
    }
    return NewDelivery(**(values | changes))


def notification(case_no: str, **changes: Any) -> NewDelivery:
    values = {"purpose": Purpose.NOTIFY, "destination": "webhook", "lane": "webhook:1", "payload": b'{"type":"case"}'}
    return new_delivery(case_no, **(values | changes))


def new_case(*, deliveries: Sequence[NewDelivery] | None = None, **changes: Any) -> NewCase:
    case_no = changes.pop("case_no", None) or f"4302990000001{next(_serial):08d}{secrets.token_hex(6)}"
    values: dict[str, Any] = {
        "case_no": case_no,
        "receipt_no": f"R-{case_no}",
        "item_code": "11430299HT0000018T4430511002000",
        "item_version": 1,
        "department": DEPARTMENT,
        "region": "430299001002",
        "channel": "counter",
        "state": State.RECEIVED,
        "received_at": NOW,
        "promised_by": date(2026, 3, 9),
        "legal_by": date(2026, 3, 30),
        "submitted_by": "portal-1",
        "source_no": "S-1",
        "document": DOCUMENT,
        "explanation": b'{"rule":1}',
        "deliveries": (new_delivery(case_no),) if deliveries is None else tuple(deliveries),
        "idempotency": None,
        "answer": f'{{"case_no":"{case_no}"}}'.encode(),
    }
    return NewCase(**(values | changes))


def key(name: str, *, caller: str = "portal-1", body: str = "a") -> Idempotency:
    return Idempotency(caller=caller, key=name, body_digest=body * 64)


def ref(delivery: NewDelivery) -> DeliveryRef:
    return DeliveryRef(delivery_id=delivery.delivery_id, destination=delivery.destination)


def update(state: State, at: datetime, **values: Any) -> StatusUpdate:
    marks = dict.fromkeys(("state", "occurred_at", *values), Mark.OBSERVED)
    return StatusUpdate(state=state, occurred_at=at, marks=marks, **values)


def concluded(at: datetime) -> StatusUpdate:
    return update(State.CONCLUDED, at, conclusion=Conclusion.CERTIFICATE)


def nobody_follows(_: CaseRow, __: StatusUpdate) -> Sequence[NewDelivery]:
    return ()


def one_webhook(row: CaseRow, told: StatusUpdate) -> Sequence[NewDelivery]:
    return (notification(row.case_no, payload=f'{{"state":"{told.state}"}}'.encode(), due_at=NOW),)


def status_write(told: StatusUpdate, **changes: Any) -> StatusWrite:
    values: dict[str, Any] = {
        "case_no": None,
        "foreign_no": None,
        "source": DEPARTMENT,
        "way": "callback",
        "digest": secrets.token_hex(32),
        "update": told,
        "raw": b"<zt/>",
        "received_at": told.occurred_at + timedelta(seconds=1),
        "followers": nobody_follows,
    }
    return StatusWrite(**(values | changes))


def settlement(claim: Claim, state: DeliveryState, **changes: Any) -> Settlement:
    outcomes = {
        DeliveryState.DONE: "accepted",
        DeliveryState.REFUSED: "refused",
        DeliveryState.PARKED: "broken",
        DeliveryState.WAITING: "again",
    }
    values: dict[str, Any] = {
        "delivery_id": claim.delivery_id,
        "attempt": claim.attempt,
        "state": state,
        "outcome": outcomes[state],
        "system": DEPARTMENT,
        "started_at": seconds(2),
        "ended_at": seconds(3),
    }
    return Settlement(**(values | changes))


async def take(store: Store, delivery_id: str, *, at: datetime = NOW, worker: str = "worker-1") -> Claim:
    """Claim what must be claimable."""
    claim = await store.claim(delivery_id, worker=worker, now=at, lease_until=at + LEASE)
    assert claim is not None
    return claim


async def refused_a_claim(store: Store, delivery_id: str, *, at: datetime = NOW) -> bool:
    return await store.claim(delivery_id, worker="worker-2", now=at, lease_until=at + LEASE) is None


async def filed_case(store: Store, *, foreign_no: str | None = None, **changes: Any) -> NewCase:
    """Accept a case and settle its delivery as accepted by the department."""
    case = new_case(**changes)
    await store.accept(case)
    claim = await take(store, case.deliveries[0].delivery_id)
    await store.settle(settlement(claim, DeliveryState.DONE, foreign_no=foreign_no))
    return case


async def due_ids(store: Store, at: datetime, limit: int = 1000) -> list[str]:
    return [one.delivery_id for one in await store.due(at, limit)]
