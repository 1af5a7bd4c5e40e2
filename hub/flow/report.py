"""Statuses back: an answer, callback, poll or file becomes a canonical status and is filed.

The store admits it, files it as late or repeated, holds it until its cause has come, or keeps it as unmatched. What
the portal is told rides in the same transaction: status back is just another delivery.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import orjson

from cases.delivery import NewDelivery, Purpose
from cases.errors import HubError, MappingError, NotFound, Unavailable
from cases.lifecycle import Verdict
from cases.masking import mask_text
from cases.status import StatusUpdate, Way
from connectors.contract import Call, CallRefused, CallReply, Incoming, Unreadable
from connectors.department import Department
from hub.flow.ids import delivery_id
from hub.flow.relay import Relay
from hub.ports import CaseRow, Clock, Filed, StatusWrite, Store, Subscription
from monitoring.events import CallbackRefused, StatusFiled, StatusUnreadable
from monitoring.metrics import Metrics

log = logging.getLogger(__name__)


class Report:
    """Files what departments say."""

    def __init__(
        self,
        *,
        store: Store,
        departments: Mapping[str, Department],
        subscriptions: Callable[[], Sequence[Subscription]],
        relay: Relay,
        clock: Clock,
        metrics: Metrics,
        source: str,
    ) -> None:
        self._store, self._departments, self._subscriptions = store, departments, subscriptions
        self._relay, self._clock, self._metrics = relay, clock, metrics
        self._source = source  # the hub's public address: CloudEvents `source`

    async def callback(self, key: str, call: Call) -> CallReply:
        """Take a department's call: verify, record everything in it, and only then say thanks.

        Raises:
            NotFound: there is no such connector, or it takes no calls.
        """
        department = self._departments.get(key)
        if department is None or not department.connector.capabilities.receives:
            raise NotFound("connector that takes callbacks", key)
        received = await department.connector.receive(call)
        if isinstance(received, CallRefused):
            CallbackRefused(connector=key, reason=received.reason).emit(self._metrics)
            return received.reply
        try:
            for incoming in received.statuses:
                await self.file(key, incoming)
        except Unavailable:
            return received.trouble
        return received.reply

    async def file(self, key: str, incoming: Incoming | Unreadable) -> None:
        """Record one status (or what cannot be read as one), then settle it with the department.

        Raises:
            Unavailable: the store cannot take it now; it was not settled and will come again.
        """
        now = self._clock.now()
        write = incoming if isinstance(incoming, Unreadable) else self._read(key, incoming, now)
        if isinstance(write, Unreadable):
            await self._store.park_unreadable(
                source=key, way=write.way, digest=write.digest, reason=write.reason, body=write.body, now=now
            )
            StatusUnreadable(connector=key, reason=write.reason).emit(self._metrics)
        else:
            self._filed(key, await self._store.report(write))
        await incoming.settle()

    def _filed(self, key: str, filed: Filed) -> None:
        self._relay.push(filed.ready)
        StatusFiled(connector=key, verdict=filed.filing.verdict, case_no=filed.case_no).emit(self._metrics)
        if filed.filing.verdict in (Verdict.CONFLICT, Verdict.UNMATCHED):
            log.warning(
                "status_needs_a_person",
                extra={"connector": key, "verdict": filed.filing.verdict, "reason": filed.filing.reason},
            )

    def read_answer(self, key: str, incoming: Incoming, now: datetime) -> StatusWrite | None:
        """Read a status that came with the reply to a delivery; None where it cannot be read (the delivery stands)."""
        write = self._read(key, incoming, now)
        if isinstance(write, Unreadable):
            log.error("answer_status_unreadable", extra={"connector": key, "reason": write.reason})
            StatusUnreadable(connector=key, reason=write.reason).emit(self._metrics)
            return None
        return write

    def write(self, key: str, case_no: str, update: StatusUpdate, *, way: Way, now: datetime) -> StatusWrite:
        """Make the record for a status that the hub itself derived from a department's answer."""
        digest = hashlib.sha256(f"{case_no} {update.model_dump_json()}".encode()).hexdigest()
        return StatusWrite(
            case_no=case_no,
            foreign_no=None,
            source=key,
            way=way,
            digest=digest,
            update=update,
            received_at=now,
            followers=self.followers,
        )

    def _read(self, key: str, incoming: Incoming, now: datetime) -> StatusWrite | Unreadable:
        raw = orjson.dumps(incoming.raw, default=str)
        try:
            read = self._departments[key].read_status(incoming)
        except (MappingError, HubError) as error:
            return Unreadable(
                digest=incoming.digest, way=incoming.way, reason=mask_text(str(error)), body=raw, settle=incoming.settle
            )
        return StatusWrite(
            case_no=read.case_no,
            foreign_no=read.foreign_no,
            source=key,
            way=incoming.way,
            digest=incoming.digest,
            update=read.update,
            raw=raw,
            received_at=now,
            followers=self.followers,
        )

    def followers(self, case: CaseRow, update: StatusUpdate) -> Sequence[NewDelivery]:
        """Return one delivery per subscriber who may see this case. Runs inside the store's transaction: no I/O."""
        now = self._clock.now()
        return [
            self._notification(subscription, case, update, now)
            for subscription in self._subscriptions()
            if subscription.caller is None or subscription.caller == case.submitted_by
        ]

    def _notification(
        self, subscription: Subscription, case: CaseRow, update: StatusUpdate, now: datetime
    ) -> NewDelivery:
        identity = delivery_id(self._clock)
        event = {
            "specversion": "1.0",
            "id": identity,
            "source": self._source,
            "type": "onewindow.case.state_changed",
            "subject": case.case_no,
            "time": update.occurred_at,
            "datacontenttype": "application/json",
            "data": {
                "case_no": case.case_no,
                "receipt_no": case.receipt_no,
                "source_no": case.source_no,
                "item_code": case.item_code,
                "department": case.department,
                "version": case.version,
                **update.model_dump(mode="json", exclude_none=True),
            },
        }
        return NewDelivery(
            delivery_id=identity,
            case_no=case.case_no,
            purpose=Purpose.NOTIFY,
            destination="webhook",
            lane=f"webhook:{subscription.subscription_id}",
            payload=orjson.dumps(event),
            due_at=now,
        )
