"""Recording how attempts ended: ledger, delivery, story, foreign number and status in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from cases.delivery import DeliveryRef, DeliveryState, Purpose
from cases.errors import NotFound
from cases.lifecycle import ENDED
from hub.ports import Settlement
from hub.store.casebook import FINISHED, Casebook, OpenDelivery, Page, open_casebook
from hub.store.database import Tx
from hub.store.filing import Number, Numbers, file, file_waiting, look_up, number_lock
from hub.store.sealing import Sealer
from hub.store.times import micros

_ATTEMPTS = "SELECT delivery_id, attempt, outcome FROM attempts WHERE delivery_id = ANY($1)"

_EVENT_KINDS = {
    DeliveryState.DONE: "delivery_done",
    DeliveryState.REFUSED: "delivery_refused",
    DeliveryState.PARKED: "delivery_parked",
    DeliveryState.WAITING: "delivery_again",
}

Result = tuple[DeliveryRef, ...] | NotFound


async def settle(tx: Tx, settlements: Sequence[Settlement], sealer: Sealer) -> list[Result]:
    """Record each settlement once; return what became due by it."""
    wanted = {(one.system, one.foreign_no) for one in settlements if one.foreign_no}
    await tx.lock_names(number_lock(number) for number in wanted)
    numbers = await look_up(tx, wanted, sealer)
    statuses = bool(numbers.waiting) or any(one.status for one in settlements)
    ids = sorted({one.delivery_id for one in settlements})
    book = await open_casebook(tx, sealer, delivery_ids=ids, statuses=statuses)
    pages = {delivery_id: page for page in book.pages.values() for delivery_id in page.deliveries}
    ended = await _ended(tx, settlements, pages)
    results: list[Result] = []
    for one in settlements:
        key = (one.delivery_id, one.attempt)
        if key not in ended:
            results.append(NotFound("attempt", f"{one.delivery_id}/{one.attempt}"))
        elif ended[key]:
            results.append(())  # told a second time
        else:
            ended[key] = True
            results.append(_settle(book, pages[one.delivery_id], one, numbers))
    await book.write(tx)
    return results


async def _ended(tx: Tx, settlements: Sequence[Settlement], pages: Mapping[str, Page]) -> dict[tuple[str, int], bool]:
    """Return which attempts there are, and whether their outcome is recorded (only who holds the case records one).

    The ledger is read only where the delivery does not say it: while it is claimed, its newest attempt has no outcome.
    """
    ended: dict[tuple[str, int], bool] = {}
    unclear: set[str] = set()
    for one in settlements:
        page = pages.get(one.delivery_id)
        delivery = page.deliveries[one.delivery_id] if page else None
        if delivery and delivery.state == DeliveryState.CLAIMED.value and delivery.attempt == one.attempt:
            ended[one.delivery_id, one.attempt] = False
        else:
            unclear.add(one.delivery_id)
    if unclear:
        for delivery_id, attempt, outcome in await tx.fetch(_ATTEMPTS, sorted(unclear)):
            ended[delivery_id, attempt] = outcome is not None
    return ended


def check(one: Settlement) -> None:
    """Refuse a settlement that would strand its delivery.

    Raises:
        ValueError: it waits for no time, or leaves the delivery with the broker or a worker.
    """
    if one.state not in _EVENT_KINDS:
        raise ValueError(f"an attempt ends WAITING, DONE, REFUSED or PARKED, not {one.state}")
    if one.state is DeliveryState.WAITING and one.due_at is None:
        raise ValueError("a delivery that is tried again needs the time when (due_at)")


def _settle(book: Casebook, page: Page, one: Settlement, numbers: Numbers) -> tuple[DeliveryRef, ...]:
    now, delivery = micros(one.ended_at), page.deliveries[one.delivery_id]
    book.settled_attempts.append(
        (one.delivery_id, one.attempt, micros(one.started_at), now, one.outcome, one.code, one.reason,
         one.request_digest, one.reply_digest)
    )  # fmt: skip
    if one.outcome != "unknown":  # what may have arrived stays open: whoever tries next must ask first
        delivery.open_attempts -= 1
    delivery.changed_at = now
    counts = _counts(delivery, one)
    if counts:
        _move(page, delivery, one, now)
    number = _take_number(book, page, one, numbers.owners, now)
    page.add_event(
        _EVENT_KINDS[one.state],
        at=now,
        recorded_at=now,
        source=one.system or delivery.destination,
        data=_event_data(delivery, one, counts) | number,
    )
    ready: list[DeliveryRef] = []
    if one.status:
        ready += file(book, page, one.status).ready
    if one.foreign_no and "number_conflict" not in number:
        entries = numbers.waiting.get((one.system, one.foreign_no), ())
        ready += file_waiting(book, page, entries, one.followers, now)
    if counts and one.state.value in FINISHED:
        ready += page.free_lane(delivery.lane, now)
    return tuple(ready)


def _counts(delivery: OpenDelivery, one: Settlement) -> bool:
    """Say whether the settlement decides where the delivery stands.

    A newer attempt's word stands against an older one's, with one exception: an older attempt that turns out to have
    reached its end spares another sending while nobody is sending.
    """
    if one.attempt == delivery.attempt:
        return delivery.state not in FINISHED
    nobody_sends = delivery.state not in FINISHED and delivery.state != DeliveryState.CLAIMED.value
    return nobody_sends and one.state is DeliveryState.DONE


def _move(page: Page, delivery: OpenDelivery, one: Settlement, now: int) -> None:
    delivery.state = one.state.value
    delivery.last = (one.outcome, one.code, one.cause, one.reason)
    delivery.turn_at = None
    if one.due_at is not None and one.state is DeliveryState.WAITING:
        delivery.due_at = delivery.turn_at = micros(one.due_at)
    filed = one.state is DeliveryState.DONE and delivery.purpose == Purpose.FILE.value
    if filed and page.standing.state not in ENDED:
        delivery.awaiting_since = now


def _take_number(book: Casebook, page: Page, one: Settlement, owners: dict[Number, str], now: int) -> dict[str, Any]:
    """Record the department's number; return what the story says about it."""
    if not one.foreign_no:
        return {}
    number = (one.system, one.foreign_no)
    owner = owners.setdefault(number, page.case_no)
    if owner != page.case_no:
        return {"foreign_no": one.foreign_no, "number_conflict": owner}
    book.numbers.setdefault(number, (page.case_no, now))
    return {"foreign_no": one.foreign_no}


def _event_data(delivery: OpenDelivery, one: Settlement, counts: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "delivery_id": one.delivery_id,
        "purpose": delivery.purpose,
        "destination": delivery.destination,
        "attempt": one.attempt,
        "outcome": one.outcome,
    }
    for name, value in (("code", one.code), ("reason", one.reason), ("cause", one.cause)):
        if value:
            data[name] = value
    if not counts:
        data["superseded"] = True  # a newer attempt decides where the delivery stands
    return data
