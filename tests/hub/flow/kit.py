"""What tests of the road stand on: a clock that is set, a broker that remembers, a department that plays its script."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from cases.delivery import DeliveryRef, NewDelivery, Purpose
from cases.errors import MappingError
from cases.outcome import LookupAnswer, NotThere, Outcome
from cases.states import Conclusion, Mark, State
from cases.status import StatusUpdate
from connectors.contract import Call, CallRefused, Capabilities, Incoming, Parcel, Pending, Received, Unreadable
from connectors.department import Correlated
from connectors.pack import Limits, Timeouts
from hub.flow.deliver import Deliver, Patience
from hub.flow.relay import Relay
from hub.flow.report import Report
from hub.ports import CaseRow, Handler, NewCase, Store, Subscription
from monitoring.metrics import Metrics
from retry.schedule import Schedule
from retry.verdict import Ability

START = datetime(2026, 3, 2, 1, 12, tzinfo=UTC)
NEITHER = Ability(idempotency_key=False, lookup=False)
CASE_NO = "11430202HT0000018T4430511002000" + "20260302" + "0001"


class SetClock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class RememberingBroker:
    """Confirms what it is told to confirm, and remembers everything."""

    def __init__(self) -> None:
        self.published: list[DeliveryRef] = []
        self.confirms = True

    async def publish(self, refs: Sequence[DeliveryRef]) -> list[DeliveryRef]:
        self.published.extend(refs)
        return list(refs) if self.confirms else []

    @asynccontextmanager
    async def consume(self, destination: str, handler: Handler, *, in_flight: int) -> AsyncIterator[None]:
        yield

    async def depth(self, destination: str) -> int:
        return 0

    async def ping(self) -> None:
        return None

    async def close(self) -> None:
        return None


@dataclass
class ScriptedDepartment:
    """A department and its connector in one: outcomes are played in order, calls are remembered."""

    outcomes: list[Outcome] = field(default_factory=list)
    lookups: list[LookupAnswer] = field(default_factory=list)
    ability: Ability = NEITHER
    received: Received | CallRefused | None = None
    waiting: list[Incoming | Unreadable] = field(default_factory=list)
    mapping_error: MappingError | None = None
    needs_content: bool = False
    by: str = "poll"
    sent: list[Parcel] = field(default_factory=list)
    asked: list[Parcel] = field(default_factory=list)
    pages: list[list[Pending]] = field(default_factory=list)

    @property
    def pack(self) -> Any:
        status = SimpleNamespace(by=self.by, every_seconds=1, batch=2)
        return SimpleNamespace(limits=Limits(), timeouts=Timeouts(total_seconds=10), status=status)

    @property
    def connector(self) -> "ScriptedDepartment":
        return self

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            lookup=self.ability.lookup, idempotency_key=self.ability.idempotency_key, fetches=True, receives=True
        )

    def map_request(self, case: Mapping[str, Any]) -> Any:
        if self.mapping_error is not None:
            raise self.mapping_error
        return SimpleNamespace(document=dict(case), trace=())

    def read_status(self, incoming: Incoming) -> Correlated:
        raw = incoming.raw
        if raw.get("state") not in State.__members__:
            raise MappingError(file="status.yaml", line=3, target="state", source="zt", what="no entry")
        return Correlated(incoming.case_no or raw.get("case_no"), raw.get("foreign_no"), status(**raw["update"]))

    async def send(self, parcel: Parcel) -> Outcome:
        self.sent.append(parcel)
        return self.outcomes.pop(0)

    async def lookup(self, parcel: Parcel) -> LookupAnswer:
        self.asked.append(parcel)
        return self.lookups.pop(0) if self.lookups else NotThere()

    async def fetch(self, pending: Sequence[Pending]) -> AsyncIterator[Incoming | Unreadable]:
        self.pages.append(list(pending))
        while self.waiting:
            yield self.waiting.pop(0)

    async def receive(self, call: Call) -> Received | CallRefused:
        assert self.received is not None
        return self.received


def status(
    state: State, *, at: datetime = START, conclusion: str | None = None, reason: str | None = None, **more: Any
) -> StatusUpdate:
    """Make an observed status."""
    values = {"state": state, "occurred_at": at, "conclusion": conclusion and Conclusion(conclusion), "reason": reason}
    values = {name: value for name, value in {**values, **more}.items() if value is not None}
    return StatusUpdate(**values, marks=dict.fromkeys(values, Mark.OBSERVED))


def incoming(
    state: State,
    *,
    digest: str,
    case_no: str | None = CASE_NO,
    settle: Callable[[], Awaitable[None]] | None = None,
    **update: Any,
) -> Incoming:
    """Make a status as a connector would bring it."""
    raw = {"state": state.name, "case_no": case_no, "update": {"state": state, **update}}
    if settle is None:
        return Incoming(raw=raw, way="poll", digest=digest)
    return Incoming(raw=raw, way="poll", digest=digest, settle=settle)


@dataclass
class Kit:
    """A worker's road over a real store."""

    store: Store
    clock: SetClock
    broker: RememberingBroker
    relay: Relay
    report: Report
    deliver: Deliver
    department: ScriptedDepartment
    departments: dict[str, Any]
    subscriptions: list[Subscription]
    notified: list[tuple[str, str, bytes]]
    notify_outcomes: list[Outcome]

    async def case(self) -> CaseRow:
        case = await self.store.case(CASE_NO)
        assert case is not None
        return case

    async def one_delivery(self, purpose: Purpose = Purpose.FILE) -> Any:
        [row] = [row for row in await self.store.deliveries(case_no=CASE_NO) if row.purpose is purpose]
        return row

    async def kinds(self) -> list[str]:
        return [event.kind for event in await self.store.events(CASE_NO)]


REF = DeliveryRef(delivery_id="0" * 31 + "1", destination="civil-affairs")


def build_kit(store: Store, department: ScriptedDepartment, files: Any = None) -> Kit:
    """Wire a worker around a store and one scripted department."""
    clock, broker, metrics = SetClock(), RememberingBroker(), Metrics()
    relay = Relay(store, broker, clock)
    subscriptions: list[Subscription] = []
    notified: list[tuple[str, str, bytes]] = []
    notify_outcomes: list[Outcome] = []
    departments: dict[str, Any] = {"civil-affairs": department}
    report = Report(
        store=store,
        departments=departments,
        subscriptions=lambda: subscriptions,
        relay=relay,
        clock=clock,
        metrics=metrics,
        source="http://hub.example",
    )

    async def notify(lane: str, delivery_id: str, body: bytes) -> Outcome:
        notified.append((lane, delivery_id, body))
        return notify_outcomes.pop(0)

    deliver = Deliver(
        store=store,
        broker=broker,
        departments=departments,
        notify=notify,
        files=files,
        report=report,
        relay=relay,
        clock=clock,
        metrics=metrics,
        worker="w1",
        patience=Patience(schedule=Schedule(first_seconds=4, cap_seconds=60)),
    )
    return Kit(
        store=store,
        clock=clock,
        broker=broker,
        relay=relay,
        report=report,
        deliver=deliver,
        department=department,
        departments=departments,
        subscriptions=subscriptions,
        notified=notified,
        notify_outcomes=notify_outcomes,
    )


def new_case(**changes: Any) -> NewCase:
    """Make an accepted case with one delivery to civil affairs."""
    values: dict[str, Any] = {
        "case_no": CASE_NO,
        "receipt_no": "430202260302000016",
        "item_code": CASE_NO[:31],
        "item_version": 1,
        "department": "civil-affairs",
        "region": "430202001002",
        "channel": "counter",
        "state": State.RECEIVED,
        "received_at": START,
        "promised_by": None,
        "legal_by": None,
        "submitted_by": "portal-1",
        "source_no": None,
        "document": b'{"case_no": "' + CASE_NO.encode() + b'", "materials": []}',
        "explanation": b"{}",
        "deliveries": (
            NewDelivery(
                delivery_id=REF.delivery_id,
                case_no=CASE_NO,
                purpose=Purpose.FILE,
                destination="civil-affairs",
                lane="civil-affairs",
                due_at=START,
            ),
        ),
        "idempotency": None,
        "answer": b"{}",
    }
    return NewCase(**{**values, **changes})
