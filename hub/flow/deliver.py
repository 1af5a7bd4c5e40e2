"""From the broker to the department: take, claim, map, send, record, and only then acknowledge.

The outcome is one of accepted, answered, refused, again, unknown. Unknown is never blindly resent: with an idempotency
key the same key is sent again, with a look-up the department is asked first, otherwise the delivery is parked.
"""

import base64
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from cases.delivery import DeliveryRef, DeliveryState, Purpose
from cases.errors import MappingError, NotFound, Unavailable
from cases.masking import mask_text
from cases.outcome import Answered, Broken, NotThere, Outcome, Refused, Unknown
from cases.states import Mark
from cases.status import StatusUpdate
from connectors.contract import Incoming, Parcel
from connectors.department import Department
from hub.flow.relay import Relay
from hub.flow.report import Report
from hub.ports import Broker, Claim, Clock, Files, Settlement, StatusWrite, Store
from monitoring.events import DeliveryEnded
from monitoring.logs import bound
from monitoring.metrics import Metrics
from retry.schedule import Schedule
from retry.verdict import Ability, Done, No, Park, TryAgain, judge

log = logging.getLogger(__name__)

WEBHOOK = "webhook"
#: Sends one event body to a subscriber: (lane, delivery id, body) → outcome.
Notify = Callable[[str, str, bytes], Awaitable[Outcome]]

_NOTIFY_ABILITY = Ability(idempotency_key=True, lookup=False)  # receivers recognise the webhook-id
_NOTIFY_BUDGET_SECONDS = 20.0
_SETTLE_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a claim may be silent, and how attempts are spaced."""

    schedule: Schedule = field(default_factory=Schedule)
    lease_margin_seconds: float = 5.0
    notify_in_flight: int = 32


class Deliver:
    """A worker: hands deliveries to departments and subscribers."""

    def __init__(
        self,
        *,
        store: Store,
        broker: Broker,
        departments: Mapping[str, Department],
        notify: Notify,
        files: Files,
        report: Report,
        relay: Relay,
        clock: Clock,
        metrics: Metrics,
        worker: str,
        patience: Patience,
    ) -> None:
        self._store, self._broker, self._departments, self._notify = store, broker, departments, notify
        self._files, self._report, self._relay, self._clock = files, report, relay, clock
        self._metrics, self._worker, self._patience = metrics, worker, patience

    async def consume(self, stack: AsyncExitStack) -> None:
        """Start taking messages of every department and of the subscribers; the stack ends it."""
        for key, department in self._departments.items():
            await stack.enter_async_context(
                self._broker.consume(key, self.handle, in_flight=department.pack.limits.in_flight)
            )
        await stack.enter_async_context(
            self._broker.consume(WEBHOOK, self.handle, in_flight=self._patience.notify_in_flight)
        )

    async def handle(self, ref: DeliveryRef) -> None:
        """Make one attempt. Returning acknowledges the message; what raises is handed out again."""
        now = self._clock.now()
        lease = timedelta(seconds=self._budget_seconds(ref.destination) + self._patience.lease_margin_seconds)
        claim = await self._store.claim(ref.delivery_id, worker=self._worker, now=now, lease_until=now + lease)
        if claim is None:
            return  # done already, in other hands, or not its turn: the row knows, and the sweep comes back to it
        with bound(case_no=claim.case_no):
            try:
                outcome, request = await self._attempt(claim)
            except Exception:  # a bug of ours or of a kind must not hide behind redeliveries: it is recorded
                log.exception("attempt_broke", extra={"connector": claim.destination})
                outcome, request = (
                    Unknown(code="internal", reason="the hub stumbled over this attempt; see its log"),
                    b"",
                )
            settlement = self._settlement(claim, outcome, request, started_at=now)
            self._relay.push(await self._settle(settlement))
            self._tell(claim, settlement)

    def _budget_seconds(self, destination: str) -> float:
        department = self._departments.get(destination)
        if department is None:
            return _NOTIFY_BUDGET_SECONDS
        calls = 2 if department.ability.lookup else 1  # a look-up may come before the send
        return max(department.pack.timeouts.total_seconds * calls, department.ability.settle_seconds)

    async def _attempt(self, claim: Claim) -> tuple[Outcome, bytes]:
        """Return the outcome and the bytes of the request, for its digest."""
        if claim.purpose is Purpose.NOTIFY:
            return await self._notify(claim.lane, claim.delivery_id, claim.document), claim.document
        department = self._departments.get(claim.destination)
        if department is None:
            return Broken(code="no_connector", reason=f"connector {claim.destination} is not in force here"), b""
        case = orjson.loads(claim.document)
        try:
            mapped = department.map_request(await self._with_content(case, department))
        except MappingError as error:
            return Broken(code=error.code, reason=mask_text(str(error))), b""  # it quotes the value
        except NotFound as error:
            return Broken(code=error.code, reason=f"a file of the application cannot be read: {error}"), b""
        parcel = Parcel(case_no=claim.case_no, delivery_id=claim.delivery_id, document=mapped.document)
        request = orjson.dumps(mapped.document, default=str)
        if claim.unsettled and not department.ability.idempotency_key:
            answer = await self._ask(department, parcel)
            if answer is not None:
                return answer, request
        return await department.connector.send(parcel), request

    async def _ask(self, department: Department, parcel: Parcel) -> Outcome | None:
        """Settle an earlier attempt whose outcome is unknown; None where it is certain that nothing arrived."""
        if not department.ability.lookup:
            return Unknown(
                code="unsettled", reason="an earlier attempt was cut off and this department cannot be asked"
            )
        match await department.connector.lookup(parcel):
            case NotThere():
                return None
            case answer:
                return answer

    async def _with_content(self, case: dict[str, Any], department: Department) -> dict[str, Any]:
        """Put the files' content beside the materials, where this department's mapping reads it."""
        if not department.needs_content:
            return case
        for material in case.get("materials", ()):
            if name := material.get("file"):
                content = await self._files.read(name.removeprefix("sha256:"))
                material["content"] = base64.b64encode(content).decode()
        return case

    def _settlement(self, claim: Claim, outcome: Outcome, request: bytes, *, started_at: datetime) -> Settlement:
        ended_at = self._clock.now()
        department = self._departments.get(claim.destination)
        ability = department.ability if department and claim.purpose is Purpose.FILE else _NOTIFY_ABILITY
        verdict = judge(
            outcome,
            ability=ability,
            attempt=claim.attempt,
            schedule=self._patience.schedule,
            draw=random.random(),  # noqa: S311 - jitter, no secret
        )
        state, cause, due_at = DeliveryState.DONE, "", None
        match verdict:
            case Done():
                pass
            case No():
                state = DeliveryState.REFUSED
            case TryAgain(pause_seconds=pause):
                state, due_at = DeliveryState.WAITING, ended_at + timedelta(seconds=pause)
            case Park(cause=cause):
                state = DeliveryState.PARKED
        return Settlement(
            delivery_id=claim.delivery_id,
            attempt=claim.attempt,
            state=state,
            outcome=type(outcome).__name__.lower(),
            code=getattr(outcome, "code", ""),
            reason=getattr(outcome, "reason", ""),
            cause="no_connector" if getattr(outcome, "code", "") == "no_connector" else cause,
            due_at=due_at,
            foreign_no=getattr(outcome, "number", None),
            system=claim.destination,
            started_at=started_at,
            ended_at=ended_at,
            request_digest=_digest(request),
            reply_digest=_digest(orjson.dumps(getattr(outcome, "reply", None), default=str)),
            status=self._status(claim, outcome, ended_at) if claim.purpose is Purpose.FILE else None,
            followers=self._report.followers,
        )

    def _status(self, claim: Claim, outcome: Outcome, now: datetime) -> StatusWrite | None:
        match outcome:
            case Answered(status=raw):
                incoming = Incoming(
                    raw=raw, way="answer", digest=_digest(orjson.dumps(raw, default=str)), case_no=claim.case_no
                )
                return self._report.read_answer(claim.destination, incoming, now)
            case Refused(state=state, reason=reason):
                marks = {"state": Mark.OBSERVED, "reason": Mark.OBSERVED, "occurred_at": Mark.DERIVED}
                update = StatusUpdate(state=state, occurred_at=now, reason=reason, marks=marks)
                return self._report.write(claim.destination, claim.case_no, update, way="answer", now=now)
            case _:
                return None

    async def _settle(self, settlement: Settlement) -> tuple[DeliveryRef, ...]:
        """Record; what became of a sent case must not be forgotten because the store hiccups."""
        try:
            return await self._store.settle(settlement)
        except Unavailable:
            return await self._settle_patiently(settlement)

    @retry(
        retry=retry_if_exception_type(Unavailable),
        wait=wait_exponential_jitter(multiplier=0.2, max=5),
        stop=stop_after_delay(_SETTLE_PATIENCE_SECONDS),
        reraise=True,
    )
    async def _settle_patiently(self, settlement: Settlement) -> tuple[DeliveryRef, ...]:
        return await self._store.settle(settlement)

    def _tell(self, claim: Claim, settlement: Settlement) -> None:
        duration = (settlement.ended_at - settlement.started_at).total_seconds()
        connector = WEBHOOK if claim.purpose is Purpose.NOTIFY else claim.destination
        waited = None
        if claim.purpose is Purpose.FILE and settlement.state is DeliveryState.DONE:
            waited = (settlement.ended_at - claim.created_at).total_seconds()
        DeliveryEnded(
            connector=connector,
            case_no=claim.case_no,
            outcome=settlement.outcome,
            duration_seconds=duration,
            accept_to_delivered_seconds=waited,
        ).emit(self._metrics)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if data else ""
