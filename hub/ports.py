"""What the road needs from the world: store, broker, clock, numbers. Implementations are handed over by `hub.app`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from cases.delivery import DeliveryRef, DeliveryState, NewDelivery, Purpose
from cases.lifecycle import Filing, Standing
from cases.states import State
from cases.status import StatusUpdate, Way


class Clock(Protocol):
    """The hub's now; can be set in tests and simulations."""

    def now(self) -> datetime:
        """The present moment, with offset."""


# ---- the door ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """The caller's key: the same key with the same body gives the same answer, with another body a refusal."""

    caller: str  # id of the API key
    key: str
    body_digest: str  # SHA-256 hex of the request body


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """Everything that one accepted submission writes, in one transaction."""

    case_no: str
    receipt_no: str
    item_code: str
    item_version: int
    department: str
    region: str
    channel: str
    state: State
    received_at: datetime
    promised_by: date | None
    legal_by: date | None
    submitted_by: str  # id of the API key
    source_no: str | None
    document: bytes  # the canonical case as JSON
    explanation: bytes  # why it was routed where it was, as JSON
    deliveries: tuple[NewDelivery, ...]
    idempotency: Idempotency | None
    answer: bytes  # the 201 body; the same key gets it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The stored answer; `fresh` is False where the idempotency key had been used before."""

    fresh: bool
    answer: bytes


# ---- the road ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery taken by one worker until its lease ends."""

    delivery_id: str
    case_no: str
    purpose: Purpose
    destination: str
    lane: str
    attempt: int  # 1, 2, …
    unsettled: bool  # the attempt before was claimed and never recorded, or ended `unknown`: ask before sending again
    created_at: datetime
    document: bytes  # payload where it has one, otherwise the case document
    foreign_no: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an attempt ended: written before the broker's message is acknowledged."""

    delivery_id: str
    attempt: int
    state: DeliveryState  # WAITING (again), DONE, REFUSED or PARKED
    outcome: str  # accepted, answered, refused, again, unknown, broken
    code: str = ""
    reason: str = ""
    cause: str = ""  # fingerprint, closed set of words; for PARKED
    due_at: datetime | None = None  # for WAITING
    foreign_no: str | None = None
    system: str = ""  # the department's key, for the cross-reference
    started_at: datetime
    ended_at: datetime
    request_digest: str = ""
    reply_digest: str = ""
    status: "StatusWrite | None" = None  # answered or refused: filed in the same transaction
    followers: "Followers | None" = None  # for statuses that waited in the inbox for `foreign_no`


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWrite:
    """A status to be filed: the store locks the case, asks `cases.lifecycle.admit`, writes what it decided.

    `followers` builds the deliveries (webhooks) for each step that was admitted: a pure function, which the store may
    call from its own thread.
    """

    case_no: str | None
    foreign_no: str | None
    source: str  # connector key, or "hub"
    way: Way
    digest: str  # the same (source, digest) a second time is a repetition, whatever its content
    update: StatusUpdate
    raw: bytes = b""
    received_at: datetime
    followers: "Followers"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case as the store keeps it beside its document."""

    case_no: str
    receipt_no: str
    item_code: str
    item_version: int
    department: str
    region: str
    channel: str
    standing: Standing
    version: int  # grows with every event
    received_at: datetime
    promised_by: date | None
    legal_by: date | None
    submitted_by: str
    source_no: str | None
    document: bytes


#: The deliveries that an admitted status causes.
Followers = Callable[[CaseRow, StatusUpdate], Sequence[NewDelivery]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What became of a status, and which deliveries are due because of it."""

    case_no: str | None  # None: nobody has this number; the status is kept in the inbox
    filing: Filing
    ready: tuple[DeliveryRef, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a case's story. `seq` has no gaps within a case."""

    case_no: str
    seq: int
    kind: str  # received, delivery_done, delivery_refused, delivery_parked, delivery_again, status
    at: datetime  # when it happened
    recorded_at: datetime
    source: str
    filing: str  # admitted, repeated, late, held, "" for events that are no status
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A delivery as people see it."""

    delivery_id: str
    case_no: str
    purpose: Purpose
    destination: str
    state: DeliveryState
    attempt: int
    outcome: str
    cause: str
    reason: str
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case for which a department owes statuses."""

    case_no: str
    foreign_no: str | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What stands at one destination, for the gauges."""

    destination: str
    waiting: int
    oldest_waiting_at: datetime | None
    parked: Mapping[str, int]  # cause → how many
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A bearer key, kept as a SHA-256 digest only."""

    key_id: str
    digest: str
    scopes: frozenset[str]
    label: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told about state changes. Sees the cases of `caller` only, or all where `caller` is None."""

    subscription_id: str
    url: str
    secret: str  # Standard Webhooks secret, kept encrypted
    caller: str | None
    created_at: datetime
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A stored file, addressed by its content; whoever uploads the same content has a row of their own."""

    sha256: str
    size_bytes: int
    media_type: str
    name: str
    uploaded_by: str
    created_at: datetime


class Store(Protocol):
    """The durable book. Writers are grouped: concurrent calls share a commit."""

    # the door
    async def take_serials(self, series: str, count: int) -> range:
        """Hand out `count` serials of a series (1, 2, …), never twice."""

    async def accept(self, new: NewCase) -> Accepted:
        """Write case, first event and deliveries in one transaction; KeyReused where the key came with another body."""

    async def replay(self, key: Idempotency) -> Accepted | None:
        """The answer this key got before, or None; KeyReused where it came with another body."""

    # relay
    async def due(self, now: datetime, limit: int) -> list[DeliveryRef]:
        """Deliveries whose turn has come: due and first of their lane, lease ended, or queued too long."""

    async def mark_queued(self, refs: Sequence[DeliveryRef], now: datetime) -> None:
        """The broker confirmed these; one that a worker claimed meanwhile is left as it is."""

    # deliver
    async def claim(self, delivery_id: str, *, worker: str, now: datetime, lease_until: datetime) -> Claim | None:
        """Take a delivery for one attempt; None where it is done, held by a living lease, or not first of its lane."""

    async def settle(self, settlement: Settlement) -> tuple[DeliveryRef, ...]:
        """Record how an attempt ended, with its status; return what became due by it. Idempotent per attempt."""

    # report
    async def report(self, write: StatusWrite) -> Filed:
        """File one status; a number nobody has goes to the inbox and is looked at again when that number appears."""

    async def park_unreadable(
        self, *, source: str, way: Way, digest: str, reason: str, body: bytes, now: datetime
    ) -> None:
        """Keep something that could not be read, with the reason."""

    async def awaiting(self, destination: str, *, limit: int, after: str | None = None) -> list[Waiting]:
        """Cases delivered there that are not at an end, by case number, for polling."""

    # reading
    async def case(self, case_no: str) -> CaseRow | None:
        """One case by its case number or receipt number."""

    async def cases(
        self, *, caller: str | None, state: State | None, department: str | None, after: str | None, limit: int
    ) -> list[CaseRow]:
        """Cases, newest first, a page at a time; `after` is the last case number of the page before."""

    async def events(self, case_no: str) -> list[Event]:
        """The story of a case, in order."""

    async def deliveries(
        self, *, case_no: str | None = None, state: DeliveryState | None = None, limit: int = 200
    ) -> list[DeliveryRow]:
        """Deliveries of a case, or of a state."""

    async def foreign_numbers(self, case_no: str) -> dict[str, str]:
        """system → its number for this case."""

    async def backlog(self) -> list[Backlog]:
        """What stands where."""

    # keys, subscriptions, files, catalogue
    async def add_key(self, key: ApiKey) -> None:
        """Keep a new key."""

    async def keys(self) -> list[ApiKey]:
        """All keys, revoked ones included."""

    async def revoke_key(self, key_id: str, now: datetime) -> bool:
        """Revoke; False where there is no such key."""

    async def add_subscription(self, subscription: Subscription) -> None:
        """Keep a new subscription."""

    async def subscriptions(self) -> list[Subscription]:
        """Active subscriptions."""

    async def end_subscription(self, subscription_id: str) -> bool:
        """Stop telling this subscriber; False where there is none."""

    async def add_file(self, row: FileRow) -> None:
        """Note a stored file; the same content twice from one caller is one row."""

    async def file(self, sha256: str, *, uploaded_by: str | None = None) -> FileRow | None:
        """A stored file's row: that caller's own, or the oldest."""

    async def save_items(self, rows: Sequence[tuple[str, int, bytes]], now: datetime) -> None:
        """Keep item versions: (code, version, JSON); an existing version with other content is a ConfigError."""

    async def items(self) -> list[bytes]:
        """All imported item versions as JSON."""

    # life
    async def ping(self) -> None:
        """Raise Unavailable where the store cannot be reached."""

    async def close(self) -> None:
        """Write what is pending and close."""


# ---- files ------------------------------------------------------------------------------------


class Spool(Protocol):
    """One file on its way in."""

    @property
    def path(self) -> Path:
        """Where the bytes stand; complete after `finish`."""

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""

    async def write(self, piece: bytes) -> None:
        """Add bytes."""

    async def finish(self) -> str:
        """Put everything on disk for good and return its SHA-256."""


class Files(Protocol):
    """The content of uploaded files, addressed by its SHA-256 (hex)."""

    async def read(self, sha256: str) -> bytes:
        """Return a file's content; NotFound where there is none."""


class FileKeeper(Files, Protocol):
    """Takes files in as well. Written once, never changed."""

    def receive(self) -> AbstractAsyncContextManager[Spool]:
        """Open a spool for one file; what is not kept is deleted at the end."""

    async def keep(self, spool: Spool, sha256: str) -> None:
        """Give a finished spool its name."""

    def path(self, sha256: str) -> Path:
        """Return where a file stands, to serve ranges of it."""


# ---- the broker -------------------------------------------------------------------------------

#: Returns when the message may be acknowledged; raising puts it back.
Handler = Callable[[DeliveryRef], Awaitable[None]]


class MessageTable(Protocol):
    """Where the embedded broker keeps its messages; the store provides it. For one process at a time."""

    async def add(self, refs: Sequence[DeliveryRef]) -> list[int]:
        """Write messages durably and return their numbers, in the same order."""

    async def remove(self, numbers: Sequence[int]) -> None:
        """Forget messages that were handled."""

    async def all(self) -> list[tuple[int, DeliveryRef]]:
        """Every message that was not handled yet, oldest first."""


class Broker(Protocol):
    """Spreads due work over workers. At least once: a message may come twice, the claim decides."""

    async def publish(self, refs: Sequence[DeliveryRef]) -> list[DeliveryRef]:
        """Publish, wait for confirms, return those that were confirmed."""

    def consume(self, destination: str, handler: Handler, *, in_flight: int) -> AbstractAsyncContextManager[None]:
        """Hand messages of one destination to `handler`, at most `in_flight` at once, until the context ends."""

    async def depth(self, destination: str) -> int:
        """Messages that wait in the queue."""

    async def ping(self) -> None:
        """Raise Unavailable where the broker cannot be reached."""

    async def close(self) -> None:
        """Stop consuming and close the connection."""
