"""Locked cases in memory: what a group of settlements and statuses changes, and the one write that makes it durable."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from cases.delivery import DeliveryRef, DeliveryState, NewDelivery
from cases.lifecycle import Standing
from cases.states import Conclusion, State
from cases.status import StatusUpdate, Way
from hub.ports import CaseRow
from hub.store.accepting import delivery_place, delivery_row, insert_deliveries, insert_events, with_turn
from hub.store.database import Change, Insert, Row, Tx, Update
from hub.store.names import attempts, cases, deliveries, foreign_numbers, status_inbox
from hub.store.sealing import Sealer
from hub.store.times import maybe_date, micros, moment

#: The columns of a `CaseRow`, but for its document.
CASE_ROW = """
c.case_no, c.receipt_no, c.item_code, c.item_version, c.department, c.region, c.channel, c.submitted_by, c.source_no,
c.received_at, c.promised_by, c.legal_by, c.state, c.since, c.step, c.conclusion, c.version
"""

_LOCK_BY_NUMBER = f"""
SELECT {CASE_ROW} FROM cases c WHERE c.case_no = ANY($1) ORDER BY c.case_no FOR NO KEY UPDATE
"""  # noqa: S608 - names of ours
_LOCK_BY_DELIVERY = f"""
SELECT {CASE_ROW} FROM cases c WHERE c.case_no IN (SELECT d.case_no FROM deliveries d WHERE d.delivery_id = ANY($1))
ORDER BY c.case_no FOR NO KEY UPDATE OF c
"""  # noqa: S608 - names of ours
_LOCK_DELIVERIES = """
SELECT case_no, delivery_id, purpose, destination, lane, place, state, turn_at, due_at, attempt, open_attempts,
       awaiting_since
FROM deliveries
WHERE case_no = ANY($1) AND (state NOT IN ('DONE', 'REFUSED') OR awaiting_since IS NOT NULL OR delivery_id = ANY($2))
ORDER BY delivery_id FOR NO KEY UPDATE
"""
# What statuses are judged by and told with, in one round trip: held ones, said ones, the document.
_FOR_STATUSES = """
SELECT case_no, 'held', source, way, digest, inbox_id, received_at, status FROM status_inbox
WHERE case_no = ANY($1) AND kind = 'held' AND ended_at IS NULL
UNION ALL
SELECT case_no, 'said', source, NULL, digest, fingerprint, NULL, NULL FROM events
WHERE case_no = ANY($1) AND digest IS NOT NULL
UNION ALL
SELECT case_no, 'document', NULL, NULL, NULL, NULL, NULL, document FROM documents WHERE case_no = ANY($1)
"""

FINISHED = frozenset({DeliveryState.DONE.value, DeliveryState.REFUSED.value})
_DELIVERY_CHANGES = (
    "state", "turn_at", "due_at", "open_attempts", "outcome", "code", "cause", "reason", "awaiting_since", "updated_at",
)  # fmt: skip
_ATTEMPT_CHANGES = ("started_at", "ended_at", "outcome", "code", "reason", "request_digest", "reply_digest")
_INBOX = (
    "inbox_id", "kind", "source", "way", "digest", "case_no", "foreign_no", "occurred_at", "received_at", "reason",
    "status", "raw",
)  # fmt: skip


@dataclass(slots=True, eq=False)
class OpenDelivery:
    """A delivery of a locked case; `last` is what the newest settlement said, None where it is untouched."""

    delivery_id: str
    destination: str
    lane: str
    place: int
    state: str
    turn_at: int | None
    due_at: int
    attempt: int
    open_attempts: int
    awaiting_since: int | None
    purpose: str
    changed_at: int | None = None
    last: tuple[str, str, str, str] | None = None  # outcome, code, cause, reason

    @property
    def ref(self) -> DeliveryRef:
        """What travels through the broker."""
        return DeliveryRef(delivery_id=self.delivery_id, destination=self.destination)


@dataclass(frozen=True, slots=True)
class Held:
    """A status whose cause has not come yet."""

    inbox_id: str
    source: str
    way: Way
    digest: str
    received_at: int
    update: StatusUpdate


@dataclass(slots=True, eq=False)
class Page:
    """One locked case and what is to be written for it."""

    row: Row
    standing: Standing
    version: int
    sealer: Sealer
    document: bytes = b""  # sealed; read where statuses are filed
    deliveries: dict[str, OpenDelivery] = field(default_factory=dict)
    said: set[tuple[str, str]] = field(default_factory=set)  # (source, digest) and (source, fingerprint)
    held: list[Held] = field(default_factory=list)
    new_events: list[Row] = field(default_factory=list)
    new_deliveries: list[Row] = field(default_factory=list)

    @property
    def case_no(self) -> str:
        """The case's number."""
        case_no: str = self.row[0]
        return case_no

    def case_row(self) -> CaseRow:
        """Return the case as it stands now."""
        return case_row(self.row, self.document, self.sealer, standing=self.standing, version=self.version)

    def add_event(
        self,
        kind: str,
        *,
        at: int,
        recorded_at: int,
        source: str,
        data: Mapping[str, Any],
        filing: str = "",
        digest: str | None = None,
        fingerprint: str | None = None,
    ) -> None:
        """Add the next line of the case's story; `data` holds nothing personal."""
        self.version += 1
        text = orjson.dumps(data).decode()
        self.new_events.append(
            (self.case_no, self.version, kind, at, recorded_at, source, filing, text, digest, fingerprint)
        )

    def add_deliveries(self, new: Sequence[NewDelivery], now: int) -> list[DeliveryRef]:
        """Add deliveries caused by the newest event; return those that are due."""
        ready = []
        for index, one in enumerate(new):
            place = delivery_place(self.version, index)
            first = self._lane_is_free(one.lane)
            row = delivery_row(one, place=place, first=first, created_at=now, sealer=self.sealer)
            self.new_deliveries.append(row)
            due = micros(one.due_at)
            self.deliveries[one.delivery_id] = OpenDelivery(
                one.delivery_id, one.destination, one.lane, place, DeliveryState.WAITING.value,
                due if first else None, due, 0, 0, None, one.purpose.value,
            )  # fmt: skip
            if first and due <= now:
                ready.append(self.deliveries[one.delivery_id].ref)
        return ready

    def free_lane(self, lane: str, now: int) -> list[DeliveryRef]:
        """Give the turn to the next delivery of a lane whose first has finished; return it if it is due."""
        waiting = [one for one in self.deliveries.values() if one.lane == lane and one.state not in FINISHED]
        if not waiting:
            return []
        following = min(waiting, key=lambda one: one.place)
        if following.turn_at is not None or following.state != DeliveryState.WAITING.value:
            return []
        following.turn_at, following.changed_at = following.due_at, now
        return [following.ref] if following.due_at <= now else []

    def end_awaiting(self, now: int) -> None:
        """Note that no department owes a status any more."""
        for one in self.deliveries.values():
            if one.awaiting_since is not None:
                one.awaiting_since, one.changed_at = None, now

    def _lane_is_free(self, lane: str) -> bool:
        return all(one.lane != lane or one.state in FINISHED for one in self.deliveries.values())


@dataclass(slots=True, eq=False)
class Casebook:
    """The pages of one transaction."""

    pages: dict[str, Page]
    sealer: Sealer
    settled_attempts: list[Row] = field(default_factory=list)
    numbers: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    inbox: dict[str, Row] = field(default_factory=dict)
    inbox_ended: dict[str, int] = field(default_factory=dict)

    async def write(self, tx: Tx) -> None:
        """Make everything durable."""
        pages = self.pages.values()
        # A status may be set aside and taken up again within one group.
        kept = [(*row, self.inbox_ended.pop(inbox_id, None)) for inbox_id, row in self.inbox.items()]
        changes: list[Change] = [
            Update(
                cases,
                ("case_no",),
                ("state", "since", "step", "conclusion", "version"),
                [_case_change(page) for page in pages if page.new_events],
            ),
            insert_events([row for page in pages for row in page.new_events]),
            *_delivery_changes(pages),
            Update(attempts, ("delivery_id", "attempt"), _ATTEMPT_CHANGES, self.settled_attempts),
            Insert(
                foreign_numbers,
                ("system", "foreign_no", "case_no", "recorded_at"),
                [(*key, *value) for key, value in self.numbers.items()],
                ignore=True,  # the same number told again
            ),
            Insert(status_inbox, (*_INBOX, "ended_at"), kept, ignore=True),
            Update(status_inbox, ("inbox_id",), ("ended_at",), list(self.inbox_ended.items())),
        ]
        await tx.write(changes)


async def open_casebook(
    tx: Tx, sealer: Sealer, *, case_nos: Iterable[str] = (), delivery_ids: Sequence[str] = (), statuses: bool
) -> Casebook:
    """Lock cases, given by their numbers or by deliveries of theirs, with their unfinished deliveries.

    With `statuses`, what the next statuses are judged by is read as well.
    """
    lock, keys = (_LOCK_BY_DELIVERY, delivery_ids) if delivery_ids else (_LOCK_BY_NUMBER, sorted(set(case_nos)))
    pages = {row[0]: _page(row, sealer) for row in await tx.fetch(lock, list(keys))} if keys else {}
    if pages:
        numbers = list(pages)
        for case_no, *rest in await tx.fetch(_LOCK_DELIVERIES, numbers, list(delivery_ids)):
            one = _open_delivery(rest)
            pages[case_no].deliveries[one.delivery_id] = one
        if statuses:
            for case_no, what, *rest in await tx.fetch(_FOR_STATUSES, numbers):
                _take(pages[case_no], what, rest)
    return Casebook(pages, sealer)


def _take(page: Page, what: str, row: Sequence[Any]) -> None:
    source, way, digest, name, received_at, sealed = row
    if what == "document":
        page.document = sealed
    elif what == "said":
        page.said |= {(source, digest), (source, name)}
    else:
        page.held.append(Held(name, source, way, digest, received_at, open_update(sealed, name, page.sealer)))


def open_update(sealed: bytes, inbox_id: str, sealer: Sealer) -> StatusUpdate:
    """Return the status that an inbox entry keeps."""
    return StatusUpdate.model_validate_json(sealer.open(sealed, f"status {inbox_id}"))


def case_row(
    row: Row, document: bytes, sealer: Sealer, *, standing: Standing | None = None, version: int | None = None
) -> CaseRow:
    """Return the record of a row selected as `CASE_ROW` and its sealed document."""
    return CaseRow(
        case_no=row[0],
        receipt_no=row[1],
        item_code=row[2],
        item_version=row[3],
        department=row[4],
        region=row[5],
        channel=row[6],
        submitted_by=row[7],
        source_no=row[8],
        received_at=moment(row[9]),
        promised_by=maybe_date(row[10]),
        legal_by=maybe_date(row[11]),
        standing=standing or _standing(row),
        version=row[16] if version is None else version,
        document=sealer.open(document, f"document {row[0]}"),
    )


def _standing(row: Row) -> Standing:
    return Standing(
        state=State(row[12]),
        since=moment(row[13]),
        step=row[14],
        conclusion=None if row[15] is None else Conclusion(row[15]),
    )


def _page(row: Row, sealer: Sealer) -> Page:
    return Page(row, _standing(row), row[16], sealer)


def _open_delivery(row: Sequence[Any]) -> OpenDelivery:
    delivery_id, purpose, destination, lane, place, state, turn_at, due_at, attempt, open_attempts, awaiting = row
    return OpenDelivery(
        delivery_id, destination, lane, place, state, turn_at, due_at, attempt, open_attempts, awaiting, purpose
    )


def _case_change(page: Page) -> Row:
    standing = page.standing
    conclusion = standing.conclusion.value if standing.conclusion else None
    return (page.case_no, standing.state.value, micros(standing.since), standing.step, conclusion, page.version)


def _delivery_changes(pages: Iterable[Page]) -> list[Change]:
    """Return the changes of deliveries; one added by this very transaction may have got its turn since."""
    added: list[Row] = []
    settled: list[Row] = []
    turned: list[Row] = []
    for page in pages:
        fresh = {row[0] for row in page.new_deliveries}
        added += [with_turn(row, page.deliveries[row[0]].turn_at) for row in page.new_deliveries]
        for one in page.deliveries.values():
            if one.changed_at is None or one.delivery_id in fresh:
                continue
            if one.last is not None:
                settled.append(
                    (one.delivery_id, one.state, one.turn_at, one.due_at, one.open_attempts, *one.last,
                     one.awaiting_since, one.changed_at)
                )  # fmt: skip
            else:
                turned.append((one.delivery_id, one.open_attempts, one.turn_at, one.awaiting_since, one.changed_at))
    return [
        insert_deliveries(added),
        Update(deliveries, ("delivery_id",), _DELIVERY_CHANGES, settled),
        Update(deliveries, ("delivery_id",), ("open_attempts", "turn_at", "awaiting_since", "updated_at"), turned),
    ]
