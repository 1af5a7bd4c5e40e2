"""Writing accepted cases: case, document, first event and deliveries, once per idempotency key."""

from collections.abc import Sequence
from typing import Any

import orjson

from cases.delivery import DeliveryState, NewDelivery
from cases.errors import KeyReused
from cases.problems import Problem, message
from hub.ports import Accepted, Idempotency, NewCase
from hub.store.database import Change, Database, Insert, Row, Tx
from hub.store.names import cases, deliveries, documents, events, idempotency
from hub.store.sealing import Sealer
from hub.store.times import maybe_iso, micros

_KEY_REUSED = message(
    "idempotency_key_reused",
    "该 Idempotency-Key 已用于内容不同的提交；新的提交请换用新的键。",
    "this Idempotency-Key came before with another body; use a new key for a new submission",
)

_CASE = (
    "case_no", "receipt_no", "item_code", "item_version", "department", "region", "channel", "submitted_by",
    "source_no", "received_at", "promised_by", "legal_by", "state", "since", "version",
)  # fmt: skip
_DOCUMENT = ("case_no", "document", "explanation")
_EVENT = ("case_no", "seq", "kind", "at", "recorded_at", "source", "filing", "data", "digest", "fingerprint")
_DELIVERY = (
    "delivery_id", "case_no", "purpose", "destination", "lane", "place", "payload", "state", "turn_at", "due_at",
    "created_at", "updated_at",
)  # fmt: skip
_IDEMPOTENCY = ("caller", "key", "body_digest", "case_no", "answer", "created_at")

_WAITING = DeliveryState.WAITING.value

#: Deliveries of one event are numbered below this.
_PER_EVENT = 10_000


def insert_events(rows: Sequence[Row]) -> Change:
    """Return the change that adds events."""
    return Insert(events, _EVENT, rows)


def insert_deliveries(rows: Sequence[Row]) -> Change:
    """Return the change that adds deliveries."""
    return Insert(deliveries, _DELIVERY, rows)


def delivery_place(seq: int, index: int) -> int:
    """Return the place of a delivery among all of its case: by the event that caused it, then as given."""
    return seq * _PER_EVENT + index


def delivery_row(new: NewDelivery, *, place: int, first: bool, created_at: int, sealer: Sealer) -> Row:
    """Return the row of a new delivery; `first` says whether nothing of its lane is unfinished before it."""
    payload = None if new.payload is None else sealer.seal(new.payload, f"payload {new.delivery_id}")
    due = micros(new.due_at)
    return (
        new.delivery_id, new.case_no, new.purpose.value, new.destination, new.lane, place, payload, _WAITING,
        due if first else None, due, created_at, created_at,
    )  # fmt: skip


def with_turn(row: Row, turn_at: int | None) -> Row:
    """Return the row of a new delivery with its turn changed."""
    place = _DELIVERY.index("turn_at")
    return (*row[:place], turn_at, *row[place + 1 :])


async def accept(tx: Tx, new: Sequence[NewCase], sealer: Sealer) -> list[Accepted | KeyReused]:
    """Write the cases whose key is new; answer the others from what was stored."""
    keys = _first_of_their_key(new, sealer)
    if len(keys) == sum(case.idempotency is not None for case in new):  # as good as always: all of them are new
        rows = [row for _, row in keys.values()]
        if await tx.write_alone([Insert(idempotency, _IDEMPOTENCY, rows), *_changes(new, sealer)]):
            return [Accepted(fresh=True, answer=case.answer) for case in new]
    fresh = await _fresh(tx, new, keys)
    await tx.write(_changes([case for case, is_fresh in zip(new, fresh, strict=True) if is_fresh], sealer))
    repeated = [
        case.idempotency for case, is_fresh in zip(new, fresh, strict=True) if case.idempotency and not is_fresh
    ]
    stored = await _stored(tx, repeated, sealer) if repeated else {}
    return [
        Accepted(fresh=True, answer=case.answer) if is_fresh else _again(case.idempotency, stored)
        for case, is_fresh in zip(new, fresh, strict=True)
    ]


async def replay(database: Database, key: Idempotency, sealer: Sealer) -> Accepted | None:
    """Return what a key was answered before; None where it is new.

    Raises:
        KeyReused: it came with another body.
    """
    rows = await database.read(
        "SELECT body_digest, case_no, answer FROM idempotency WHERE caller = $1 AND key = $2", key.caller, key.key
    )
    if not rows:
        return None
    digest, case_no, answer = rows[0]
    again = _again(key, {(key.caller, key.key): (digest, sealer.open(answer, f"answer {case_no}"))})
    if isinstance(again, KeyReused):
        raise again
    return again


def _first_of_their_key(new: Sequence[NewCase], sealer: Sealer) -> dict[Row, tuple[int, Row]]:
    """Return, by idempotency key and in its order, the first case that has it: its index and the key's row."""
    firsts: dict[Row, tuple[int, Row]] = {}
    for index, case in enumerate(new):
        if (key := case.idempotency) and (key.caller, key.key) not in firsts:
            sealed, received = _seal_answer(case, sealer), micros(case.received_at)
            firsts[key.caller, key.key] = index, (key.caller, key.key, key.body_digest, case.case_no, sealed, received)
    return dict(sorted(firsts.items()))  # in one order everywhere, so that no two groups wait for each other


async def _fresh(tx: Tx, new: Sequence[NewCase], keys: dict[Row, tuple[int, Row]]) -> list[bool]:
    """Say of each case whether it has no idempotency key, or one that was not there yet (it is from now on)."""
    rows = [row for _, row in keys.values()]
    added = await tx.insert_new(Insert(idempotency, _IDEMPOTENCY, rows), ("caller", "key")) if rows else set()
    fresh = {keys[key][0] for key in added}
    return [case.idempotency is None or index in fresh for index, case in enumerate(new)]


def _seal_answer(case: NewCase, sealer: Sealer) -> bytes:
    return sealer.seal(case.answer, f"answer {case.case_no}")


async def _stored(tx: Tx, keys: Sequence[Idempotency], sealer: Sealer) -> dict[Row, tuple[str, bytes]]:
    rows = await tx.fetch(
        "SELECT caller, key, body_digest, case_no, answer FROM idempotency WHERE caller = ANY($1) AND key = ANY($2)",
        sorted({key.caller for key in keys}),
        sorted({key.key for key in keys}),
    )
    wanted = {(key.caller, key.key) for key in keys}
    return {
        (caller, key): (digest, sealer.open(answer, f"answer {case_no}"))
        for caller, key, digest, case_no, answer in rows
        if (caller, key) in wanted
    }


def _again(key: Idempotency | None, stored: dict[Row, tuple[str, bytes]]) -> Accepted | KeyReused:
    assert key is not None  # only a key makes a case a repetition
    digest, answer = stored[key.caller, key.key]
    if digest != key.body_digest:
        return KeyReused([Problem("Idempotency-Key", _KEY_REUSED)])
    return Accepted(fresh=False, answer=answer)


def _changes(new: Sequence[NewCase], sealer: Sealer) -> list[Change]:
    case_rows, document_rows, event_rows, delivery_rows = [], [], [], []
    for case in new:
        received = micros(case.received_at)
        case_rows.append(_case_row(case, received))
        document_rows.append(
            (
                case.case_no,
                sealer.seal(case.document, f"document {case.case_no}"),
                sealer.seal(case.explanation, f"explanation {case.case_no}"),
            )
        )
        event_rows.append(_received_event(case, received))
        lanes: set[str] = set()
        for index, delivery in enumerate(case.deliveries):
            delivery_rows.append(
                delivery_row(
                    delivery,
                    place=delivery_place(1, index),
                    first=delivery.lane not in lanes,
                    created_at=received,
                    sealer=sealer,
                )
            )
            lanes.add(delivery.lane)
    return [
        Insert(cases, _CASE, case_rows),
        Insert(documents, _DOCUMENT, document_rows),
        insert_events(event_rows),
        insert_deliveries(delivery_rows),
    ]


def _case_row(case: NewCase, received: int) -> Row:
    return (
        case.case_no, case.receipt_no, case.item_code, case.item_version, case.department, case.region, case.channel,
        case.submitted_by, case.source_no, received, maybe_iso(case.promised_by), maybe_iso(case.legal_by),
        case.state.value, received, 1,
    )  # fmt: skip


def _received_event(case: NewCase, received: int) -> Row:
    data: dict[str, Any] = {"state": case.state, "channel": case.channel, "department": case.department}
    return (case.case_no, 1, "received", received, received, "hub", "", orjson.dumps(data).decode(), None, None)
