"""What the HTTP face needs from the rest of the hub; `hub.app` fills it in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cases.submission import Submission
from connectors.contract import Call, CallReply
from connectors.pack import Pack
from connectors.source import Source
from hub.ports import Clock, FileKeeper, Idempotency, Store
from monitoring.health import Health
from monitoring.metrics import Metrics
from router.catalogue import Catalogue
from router.table import Explanation


class SubmitAnswer(Protocol):
    """The stored 201 body; `fresh` is False where the idempotency key had been used before."""

    @property
    def fresh(self) -> bool:
        """False for a replay."""

    @property
    def body(self) -> bytes:
        """The answer as JSON."""


class Submit(Protocol):
    """The first step of the road."""

    async def __call__(self, submission: Submission, *, caller: str, idempotency: Idempotency | None) -> SubmitAnswer:
        """Accept a submission durably, or raise InvalidInput, NotRouted, KeyReused, Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much one request may bring, and how slowly."""

    body_bytes: int = 1024 * 1024
    file_bytes: int = 64 * 1024 * 1024
    callback_bytes: int = 8 * 1024 * 1024
    body_seconds: float = 30.0  # a submission, from first to last byte
    file_seconds: float = 600.0
    json_depth: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything the API calls. Nothing here is a driver."""

    store: Store
    files: FileKeeper
    clock: Clock
    submit: Submit
    callback: Callable[[str, Call], Awaitable[CallReply]]  # (connector key, call)
    catalogue: Callable[[], Catalogue]
    explain: Callable[[Submission], Explanation]  # routing only: nothing is stored or sent
    packs: Callable[[], Mapping[str, Pack]]  # those in force, by connector key
    sources: Mapping[str, Source] = field(default_factory=dict)
    may_notify: Callable[[str], None]  # raises DepartmentError where the operator does not allow a webhook's URL
    everywhere: Callable[[], Awaitable[None]]  # returns once every process knows the subscriptions of the store
    metrics: Metrics
    health: Health
    public_url: str
    bounds: Bounds = Bounds()
