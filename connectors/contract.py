"""What every connector can be asked, whatever protocol it speaks.

A connector carries one document and reports what became of it. It neither maps nor decides: mapping comes before,
the verdict after. It never raises for what a department or the network may do; it answers with an `Outcome`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cases.outcome import LookupAnswer, Outcome, Raw
from cases.status import Way
from config.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connector can do; decides what an unknown outcome leads to and how statuses are fetched."""

    lookup: bool  # can be asked "do you have our number?"
    idempotency_key: bool  # the same key sent twice files once
    fetches: bool  # poll, file, table: the hub goes and gets statuses
    receives: bool  # callback: the department calls the hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One document for one department, already mapped."""

    case_no: str
    delivery_id: str  # the idempotency key: the same for every attempt
    document: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A case that waits for statuses from this department."""

    case_no: str
    foreign_no: str | None
    since: datetime


async def nothing_to_do() -> None:
    """Settle what needs no settling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A status in the department's own words; `settle` (move the file, flag the row) is called once the hub has it."""

    raw: Raw
    way: Way
    digest: str  # SHA-256 hex of what came, to recognise the same thing coming twice
    case_no: str | None = None  # set where the question named the case (poll); otherwise status.yaml correlates
    settle: Callable[[], Awaitable[None]] = nothing_to_do


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Something came that is not in the contract's words; it was set aside, never dropped."""

    digest: str
    way: Way
    reason: str
    body: bytes
    settle: Callable[[], Awaitable[None]] = nothing_to_do


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A department's HTTP call into the hub (`POST /v1/callbacks/{connector}`)."""

    method: str
    path: str
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReply:
    """What the department is told once its statuses are recorded."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The statuses found in a verified call, and the answers for success and for trouble on our side."""

    statuses: Sequence[Incoming | Unreadable]
    reply: CallReply
    trouble: CallReply = CallReply(status=503, headers={"retry-after": "30"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRefused:
    """The call's signature, age or nonce is not good; nothing was read."""

    reply: CallReply
    reason: str


class Connector(Protocol):
    """One department's system, seen from the hub."""

    @property
    def capabilities(self) -> Capabilities:
        """What this connector can do."""

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand over one document, within the pack's time and byte budgets."""

    async def lookup(self, parcel: Parcel) -> LookupAnswer:
        """Ask whether the department has our number; only where `capabilities.lookup`."""

    def fetch(self, pending: Sequence[Pending]) -> AsyncIterator[Incoming | Unreadable]:
        """Bring statuses that wait over there; only where `capabilities.fetches`."""

    async def receive(self, call: Call) -> Received | CallRefused:
        """Verify and open a call from the department; only where `capabilities.receives`."""

    async def check(self) -> list[Finding]:
        """Say whether the system can be reached with these settings; changes nothing over there."""

    async def close(self) -> None:
        """Give back connections and handles."""
