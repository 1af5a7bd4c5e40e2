"""How cases, deliveries and their stories are shown outside."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import orjson
from pydantic import Field

from cases.base import Moment, Record
from cases.delivery import DeliveryState, Purpose
from cases.masking import mask_case
from cases.states import Conclusion, State
from hub.ports import CaseRow, DeliveryRow, Event


class CaseSummary(Record):
    """A case in a list: where it stands, nobody's data."""

    case_no: str
    receipt_no: str
    state: State
    since: Moment
    step: str | None
    conclusion: Conclusion | None
    item_code: str
    item_version: int
    item_name: str
    department: str
    region: str
    channel: str
    source_no: str | None
    received_at: Moment
    promised_by: date | None
    legal_by: date | None
    version: Annotated[int, Field(description="grows with every event of the case")]


class CaseView(CaseSummary):
    """One case with its document; masked unless the caller handed it in."""

    foreign_numbers: Annotated[dict[str, str], Field(description="each department's own number for this case")]
    masked: bool
    case: Annotated[dict[str, Any], Field(description="the canonical case")]


class CasePage(Record):
    """A page of cases; `next` goes into `after` for the following page."""

    cases: tuple[CaseSummary, ...]
    next: str | None


class EventView(Record):
    """One thing that happened to a case."""

    seq: int
    kind: str
    at: Moment
    recorded_at: Moment
    source: str
    filing: Annotated[str, Field(description="for a status: admitted, repeated, late, held or conflict")]
    data: dict[str, Any]


class StoryView(Record):
    """The story of a case, in order."""

    case_no: str
    events: tuple[EventView, ...]


class DeliveryView(Record):
    """One delivery as operations see it."""

    delivery_id: str
    case_no: str
    purpose: Purpose
    destination: str
    state: DeliveryState
    attempt: int
    outcome: str
    cause: str
    reason: str
    due_at: Moment | None
    created_at: Moment
    updated_at: Moment


class DeliveryPage(Record):
    """Deliveries of one case or one state."""

    deliveries: tuple[DeliveryView, ...]


def summary(row: CaseRow) -> CaseSummary:
    """Return the list line of a case."""
    return CaseSummary(**_summary(row, orjson.loads(row.document)))


def case_view(
    row: CaseRow, foreign_numbers: Mapping[str, str], *, whole: bool, form_schema: Mapping[str, Any] | None = None
) -> CaseView:
    """Return one case, its document whole, or masked as the item's form schema says."""
    document = orjson.loads(row.document)
    return CaseView(
        **_summary(row, document),
        foreign_numbers=dict(foreign_numbers),
        masked=not whole,
        case=document if whole else mask_case(document, form_schema),
    )


def story_view(case_no: str, events: Sequence[Event]) -> StoryView:
    """Return the story of a case."""
    return StoryView(
        case_no=case_no,
        events=tuple(
            EventView(
                seq=event.seq,
                kind=event.kind,
                at=event.at,
                recorded_at=event.recorded_at,
                source=event.source,
                filing=event.filing,
                data=dict(event.data),
            )
            for event in events
        ),
    )


def delivery_view(row: DeliveryRow) -> DeliveryView:
    """Return one delivery."""
    return DeliveryView(**{name: getattr(row, name) for name in DeliveryView.model_fields})


def _summary(row: CaseRow, document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "case_no": row.case_no,
        "receipt_no": row.receipt_no,
        "state": row.standing.state,
        "since": row.standing.since,
        "step": row.standing.step,
        "conclusion": row.standing.conclusion,
        "item_code": row.item_code,
        "item_version": row.item_version,
        "item_name": document["item"]["name"],
        "department": row.department,
        "region": row.region,
        "channel": row.channel,
        "source_no": row.source_no,
        "received_at": row.received_at,
        "promised_by": row.promised_by,
        "legal_by": row.legal_by,
        "version": row.version,
    }
