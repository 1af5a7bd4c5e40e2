"""Filing statuses: the lifecycle decides, the casebook keeps what it decided."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cases.delivery import DeliveryRef
from cases.lifecycle import ENDED, Filing, Verdict, admit, apply
from cases.states import Mark
from cases.status import StatusUpdate, Way
from hub.ports import Filed, Followers, StatusWrite
from hub.store.casebook import Casebook, Held, Page, open_casebook, open_update
from hub.store.database import Tx
from hub.store.sealing import Sealer
from hub.store.times import micros

# Who has these numbers, and which statuses wait for one of them, in one round trip.
_NUMBERS = """
SELECT foreign_no, source, inbox_id, way, digest, received_at, status FROM status_inbox
WHERE foreign_no = ANY($1) AND kind = 'unmatched' AND ended_at IS NULL
UNION ALL
SELECT foreign_no, system, case_no, NULL, NULL, NULL, NULL FROM foreign_numbers
WHERE foreign_no = ANY($1) AND system = ANY($2)
"""

_REPEATED = Filing(Verdict.REPEATED, "this was reported before")

Number = tuple[str, str]  # (system, its number)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whose they are, and the inbox entries (id, status) that wait for one of them, oldest occurrence first."""

    owners: dict[Number, str]
    waiting: dict[Number, list[tuple[str, "Status"]]]


@dataclass(frozen=True, slots=True)
class Status:
    """A status on its way into a case."""

    source: str
    way: Way
    digest: str
    update: StatusUpdate
    received_at: int


async def report(tx: Tx, writes: Sequence[StatusWrite], sealer: Sealer) -> list[Filed]:
    """File statuses that came by themselves; the order of the group is the order of their times."""
    known = await _resolve(tx, writes, sealer)
    book = await open_casebook(tx, sealer, case_nos=known.values(), statuses=True)
    results: dict[int, Filed] = {}
    for index in sorted(range(len(writes)), key=lambda n: writes[n].update.occurred_at):
        write = writes[index]
        page = book.pages.get(known.get(index, ""))
        results[index] = file(book, page, write) if page else _set_aside(book, write)
    await book.write(tx)
    return [results[index] for index in range(len(writes))]


def file(book: Casebook, page: Page, write: StatusWrite) -> Filed:
    """File one status of a locked case."""
    status = Status(write.source, write.way, write.digest, write.update, micros(write.received_at))
    filing, ready = _file(book, page, status, write.followers, write.raw)
    return Filed(case_no=page.case_no, filing=filing, ready=tuple(ready))


async def look_up(tx: Tx, numbers: Iterable[Number], sealer: Sealer) -> Numbers:
    """Return what is known about these numbers."""
    found = Numbers({}, {})
    wanted = set(numbers)
    if not wanted:
        return found
    rows = await tx.fetch(_NUMBERS, sorted({number[1] for number in wanted}), sorted({number[0] for number in wanted}))
    for foreign_no, system, name, way, digest, received_at, sealed in rows:
        number = (system, foreign_no)
        if number not in wanted:
            continue
        if sealed is None:
            found.owners[number] = name
        else:
            status = Status(system, way, digest, open_update(sealed, name, sealer), received_at)
            found.waiting.setdefault(number, []).append((name, status))
    for entries in found.waiting.values():
        entries.sort(key=lambda entry: (entry[1].update.occurred_at, entry[0]))
    return found


def number_lock(number: Number) -> str:
    """Return the name to lock before a number is recorded, or found to be nobody's: the two must see each other."""
    return "\x1f".join(("number", *number))


def file_waiting(
    book: Casebook, page: Page, entries: Sequence[tuple[str, Status]], followers: Followers | None, now: int
) -> list[DeliveryRef]:
    """File inbox entries whose number has turned out to be this case's."""
    ready: list[DeliveryRef] = []
    for inbox_id, status in entries:
        book.inbox_ended[inbox_id] = now
        ready += _file(book, page, status, followers, b"")[1]
    return ready


async def _resolve(tx: Tx, writes: Sequence[StatusWrite], sealer: Sealer) -> dict[int, str]:
    """Return the case number of each write that has one.

    Numbers that nobody has are looked up a second time under their lock: whoever records such a number takes the same
    lock first, so it either finds our inbox entry or we find its number.
    """
    known = {index: write.case_no for index, write in enumerate(writes) if write.case_no is not None}
    asked = {
        index: (write.source, write.foreign_no)
        for index, write in enumerate(writes)
        if write.case_no is None and write.foreign_no is not None
    }
    for locked in (False, True):
        missing = {index: number for index, number in asked.items() if index not in known}
        if not missing:
            break
        if locked:
            await tx.lock_names(number_lock(number) for number in missing.values())
        owners = (await look_up(tx, missing.values(), sealer)).owners
        known |= {index: owners[number] for index, number in missing.items() if number in owners}
    return known


def _file(
    book: Casebook, page: Page, status: Status, followers: Followers | None, raw: bytes
) -> tuple[Filing, list[DeliveryRef]]:
    if (status.source, status.digest) in page.said:
        return _REPEATED, []
    filing = admit(page.standing, status.update)
    if filing.verdict is Verdict.ADMITTED:
        ready = _take_step(page, status, followers)
        return filing, ready + _look_again(book, page, followers, status.received_at)
    if filing.verdict is Verdict.REPEATED:
        return filing, []
    # What moves the case always counts; what does not, said again in another wrapping (each poll), is noted once.
    if (status.source, _fingerprint(status.update)) in page.said:
        return _REPEATED, []
    _note(page, status, filing)
    if filing.verdict is Verdict.HELD:
        _hold(book, page, status, filing, raw)
    return filing, []


def _take_step(page: Page, status: Status, followers: Followers | None) -> list[DeliveryRef]:
    page.standing = apply(page.standing, status.update)
    _note(page, status, Filing(Verdict.ADMITTED))
    if page.standing.state in ENDED:
        page.end_awaiting(status.received_at)
    new = followers(page.case_row(), status.update) if followers else ()
    return page.add_deliveries(new, status.received_at)


def _look_again(book: Casebook, page: Page, followers: Followers | None, now: int) -> list[DeliveryRef]:
    """Look at the held statuses again, in the order of their times, until none of them moves the case."""
    ready: list[DeliveryRef] = []
    moved = True
    while moved:
        moved = False
        for held in sorted(page.held, key=lambda one: one.update.occurred_at):
            filing = admit(page.standing, held.update)
            if filing.verdict is Verdict.HELD:
                continue
            page.held.remove(held)
            book.inbox_ended[held.inbox_id] = now
            status = Status(held.source, held.way, held.digest, held.update, now)
            if filing.verdict is Verdict.ADMITTED:
                ready += _take_step(page, status, followers)
                moved = True
                break
            if filing.verdict is not Verdict.REPEATED:
                _note(page, status, filing)
    return ready


def _note(page: Page, status: Status, filing: Filing) -> None:
    update, fingerprint = status.update, _fingerprint(status.update)
    page.said |= {(status.source, status.digest), (status.source, fingerprint)}
    data = update.model_dump(mode="json", exclude_none=True) | {"way": status.way}
    if filing.reason:
        data["filing_reason"] = filing.reason
    page.add_event(
        "status",
        at=micros(update.occurred_at),
        recorded_at=status.received_at,
        source=status.source,
        filing=filing.verdict.value,
        data=data,
        digest=status.digest,
        fingerprint=fingerprint,
    )


def _hold(book: Casebook, page: Page, status: Status, filing: Filing, raw: bytes) -> None:
    inbox_id = _keep(book, "held", status, case_no=page.case_no, foreign_no=None, reason=filing.reason, raw=raw)
    page.held.append(Held(inbox_id, status.source, status.way, status.digest, status.received_at, status.update))


def _set_aside(book: Casebook, write: StatusWrite) -> Filed:
    reason = f"no case has the number {write.case_no or write.foreign_no or '(none given)'}"
    status = Status(write.source, write.way, write.digest, write.update, micros(write.received_at))
    _keep(book, "unmatched", status, case_no=write.case_no, foreign_no=write.foreign_no, reason=reason, raw=write.raw)
    return Filed(case_no=None, filing=Filing(Verdict.UNMATCHED, reason))


def _keep(
    book: Casebook, kind: str, status: Status, *, case_no: str | None, foreign_no: str | None, reason: str, raw: bytes
) -> str:
    inbox_id = inbox_key(kind, status.source, status.digest, case_no or "", foreign_no or "")
    book.inbox[inbox_id] = (
        inbox_id, kind, status.source, status.way, status.digest, case_no, foreign_no,
        micros(status.update.occurred_at), status.received_at, reason,
        book.sealer.seal(status.update.model_dump_json(exclude_none=True).encode(), f"status {inbox_id}"),
        book.sealer.seal(raw, f"raw {inbox_id}"),
    )  # fmt: skip
    return inbox_id


def inbox_key(*parts: str) -> str:
    """Return the id under which the same thing coming twice is one entry."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _fingerprint(update: StatusUpdate) -> str:
    """Return what a status says, to recognise it said again; a time that the department did not give says nothing."""
    observed = update.marks.get("occurred_at") is Mark.OBSERVED
    parts = (
        update.state.value,
        str(micros(update.occurred_at)) if observed else "",
        update.conclusion.value if update.conclusion else "",
        update.step or "",
    )
    return "=" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
