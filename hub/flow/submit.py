"""The door: a checked, routed submission becomes a case and a delivery, in one transaction.

Only after the commit does the portal get its receipt number. What cannot be routed is refused here, never stranded.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson

from cases.case import Case, DepartmentRef
from cases.delivery import DeliveryRef, NewDelivery, Purpose
from cases.errors import InvalidInput, NotRouted
from cases.moments import local_day
from cases.numbers import case_number, progress_token, query_code, receipt_number, series_for_case, series_for_receipt
from cases.problems import Problem, message
from cases.states import State
from cases.submission import Channel, Submission
from hub.flow.ids import delivery_id
from hub.flow.numbers import SerialBlocks
from hub.ports import Clock, Idempotency, NewCase, Store
from monitoring.events import CaseAccepted
from monitoring.metrics import Metrics
from router.catalogue import Catalogue
from router.check import check_submission
from router.items import Item
from router.table import Routed, RoutingTable

_NOT_LIVE = message(
    "connector_not_in_force",
    "受理部门“{name}”的接口“{connector}”当前未启用,暂不能在此提交。请稍后再试,或到该部门窗口办理。",
    "Connector {connector} of {name} is not in force now. Try again later, or hand it in at the department's counter.",
)
_UNKNOWN_FILE = message(
    "unknown_file",
    "引用的文件不存在。请先用 POST /v1/files 上传,再用返回的编号提交。",
    "There is no such file. Upload it with POST /v1/files first and use the id it returns.",
)

#: Papers handed over a counter are received at once; what comes over a wire is submitted until somebody takes it.
_RECEIVED_AT_ONCE = frozenset({Channel.COUNTER, Channel.SELF_SERVICE})


@dataclass(frozen=True, slots=True)
class SubmitAnswer:
    """The body of the 201 answer; `fresh` is False where the idempotency key had been used before."""

    fresh: bool
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """What case numbers, query codes and progress addresses are made from."""

    district: str  # six digits
    secret: bytes
    public_url: str


#: Returns (promised_by, legal_by) for an item received on a day; None where no limit is set or the year is unknown.
Limits = Callable[[Item, date], tuple[date | None, date | None]]


class Submit:
    """Takes one submission from the API to the committed case."""

    def __init__(
        self,
        *,
        store: Store,
        catalogue: Callable[[], Catalogue],
        routes: Callable[[], RoutingTable],
        live: Callable[[], Collection[str]],
        limits: Limits,
        numbering: Numbering,
        clock: Clock,
        committed: Callable[[Sequence[DeliveryRef]], None],
        metrics: Metrics,
    ) -> None:
        self._store, self._clock, self._metrics = store, clock, metrics
        self._catalogue, self._routes, self._live, self._limits = catalogue, routes, live, limits
        self._numbering, self._committed = numbering, committed
        self._serials = SerialBlocks(store)

    async def __call__(self, submission: Submission, *, caller: str, idempotency: Idempotency | None) -> SubmitAnswer:
        """Accept a submission.

        Raises:
            InvalidInput: a field is wrong, an item or file unknown, a material missing; every finding is listed.
            NotRouted: no department, or more than one, can take it.
            KeyReused: the idempotency key came before with another body.
            Unavailable: the store cannot take it now; nothing was accepted.
        """
        now = self._clock.now()
        today = local_day(now)
        catalogue = self._catalogue()
        item = catalogue.in_force(submission.item_code, today)
        if problems := check_submission(submission, item, now) + await self._unknown_files(submission, caller):
            raise InvalidInput(problems)
        routed = self._routes().route(submission, item, today)
        department = catalogue.departments[routed.department]
        if routed.destination not in self._live():
            facts = {"connector": routed.destination, "name": department.name}
            raise NotRouted([Problem("item_code", _NOT_LIVE, facts)])
        new = await self._number(submission, item, department, routed, now, caller, idempotency)
        accepted = await self._store.accept(new)
        if accepted.fresh:
            self._committed([DeliveryRef(delivery_id=d.delivery_id, destination=d.destination) for d in new.deliveries])
            CaseAccepted(department=new.department, channel=new.channel, case_no=new.case_no).emit(self._metrics)
        return SubmitAnswer(accepted.fresh, accepted.answer)

    async def _unknown_files(self, submission: Submission, caller: str) -> list[Problem]:
        """Find files this caller never uploaded: whoever merely knows a digest cannot attach what lies behind it."""
        return [
            Problem(f"materials.{position}.file", _UNKNOWN_FILE)
            for position, material in enumerate(submission.materials)
            if material.file
            and await self._store.file(material.file.removeprefix("sha256:"), uploaded_by=caller) is None
        ]

    async def _number(
        self,
        submission: Submission,
        item: Item,
        department: DepartmentRef,
        routed: Routed,
        now: datetime,
        caller: str,
        idempotency: Idempotency | None,
    ) -> NewCase:
        today = local_day(now)
        district = self._numbering.district
        case_no = case_number(item.code, today, await self._serials.take(series_for_case(item.code, today)))
        receipt_no = receipt_number(district, today, await self._serials.take(series_for_receipt(district, today)))
        promised_by, legal_by = self._limits(item, today)
        case = Case.model_construct(
            **submission.__dict__,
            case_no=case_no,
            receipt_no=receipt_no,
            item=item.snapshot,
            department=department,
            received_at=now,
            promised_by=promised_by,
            legal_by=legal_by,
        )
        state = State.RECEIVED if submission.channel in _RECEIVED_AT_ONCE else State.SUBMITTED
        return NewCase(
            case_no=case_no,
            receipt_no=receipt_no,
            item_code=item.code,
            item_version=item.version,
            department=department.key,
            region=submission.region,
            channel=submission.channel,
            state=state,
            received_at=now,
            promised_by=promised_by,
            legal_by=legal_by,
            submitted_by=caller,
            source_no=submission.source_no,
            document=case.model_dump_json(exclude_none=True).encode(),
            explanation=orjson.dumps({"destination": routed.destination, "rule": routed.rule, "why": routed.why}),
            deliveries=(
                NewDelivery(
                    delivery_id=delivery_id(self._clock),
                    case_no=case_no,
                    purpose=Purpose.FILE,
                    destination=routed.destination,
                    lane=routed.destination,
                    due_at=now,
                ),
            ),
            idempotency=idempotency,
            answer=self._answer(case, state, routed),
        )

    def _answer(self, case: Case, state: State, routed: Routed) -> bytes:
        numbering = self._numbering
        return orjson.dumps(
            {
                "case_no": case.case_no,
                "receipt_no": case.receipt_no,
                "query_code": query_code(numbering.secret, case.case_no),
                "progress_url": f"{numbering.public_url}/p/{progress_token(numbering.secret, case.case_no)}",
                "state": state,
                "promised_by": case.promised_by,
                "legal_by": case.legal_by,
                "route": [{"department": case.department.key, "name": case.department.name, "rule": routed.rule}],
            }
        )
