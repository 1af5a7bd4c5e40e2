"""The durable book: `hub.ports.Store` on either database. Meaning stands in the modules named after the verbs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from cases.delivery import DeliveryRef, DeliveryState
from cases.states import State
from cases.status import Way
from hub.ports import (
    Accepted,
    ApiKey,
    Backlog,
    CaseRow,
    Claim,
    DeliveryRow,
    Event,
    Filed,
    FileRow,
    Idempotency,
    NewCase,
    Settlement,
    StatusWrite,
    Store,
    Subscription,
    Waiting,
)
from hub.store import catalogue, reading, relaying
from hub.store.accepting import accept, replay
from hub.store.claiming import ClaimRequest, claim
from hub.store.database import Database, Insert, Tx
from hub.store.filing import inbox_key, report
from hub.store.messages import Messages
from hub.store.names import status_inbox
from hub.store.sealing import Sealer
from hub.store.settling import check, settle
from hub.store.times import micros
from hub.store.writer import Handler, Writer

_SERIALS = """
INSERT INTO serials (series, last) VALUES ($1, $2)
ON CONFLICT (series) DO UPDATE SET last = serials.last + excluded.last RETURNING last
"""
_UNREADABLE = ("inbox_id", "kind", "source", "way", "digest", "received_at", "reason", "raw")


class SqlStore:
    """The book on an open database. Writes that come together are committed together."""

    def __init__(self, database: Database, sealer: Sealer, *, lost_after: timedelta) -> None:
        """`lost_after`: a delivery queued for so long without being claimed is taken to be lost in the broker."""
        self._database, self._sealer = database, sealer
        self.messages = Messages(database, self._submit)
        handlers: dict[str, Handler] = {
            "accept": lambda tx, new: accept(tx, new, sealer),
            "queued": lambda tx, requests: relaying.mark_queued(tx, requests, lost_after),
            "claim": lambda tx, requests: claim(tx, requests, sealer),
            "settle": lambda tx, settlements: settle(tx, settlements, sealer),
            "report": lambda tx, writes: report(tx, writes, sealer),
            "one": _one_by_one,
            **self.messages.handlers(),
        }
        if database.concurrent_writers:
            self._writers = {kind: Writer(database, {kind: handler}) for kind, handler in handlers.items()}
        else:
            self._writers = dict.fromkeys(handlers, Writer(database, handlers))

    async def _submit(self, kind: str, request: Any) -> Any:
        return await self._writers[kind].submit(kind, request)

    async def _write(self, work: Callable[[Tx], Awaitable[Any]]) -> Any:
        return await self._submit("one", work)

    # the door

    async def take_serials(self, series: str, count: int) -> range:
        """Hand out `count` serials of a series (1, 2, …), never twice."""
        if count < 1:
            raise ValueError(f"at least one serial must be taken, not {count}")
        last = (await self._write(lambda tx: tx.fetch(_SERIALS, series, count)))[0][0]
        return range(last - count + 1, last + 1)

    async def accept(self, new: NewCase) -> Accepted:
        """Write case, first event and deliveries in one transaction; KeyReused where the key came with another body."""
        accepted: Accepted = await self._submit("accept", new)
        return accepted

    async def replay(self, key: Idempotency) -> Accepted | None:
        """The answer this key got before, or None; KeyReused where it came with another body."""
        return await replay(self._database, key, self._sealer)

    # relay

    async def due(self, now: datetime, limit: int) -> list[DeliveryRef]:
        """Deliveries whose turn has come: due and first of their lane, lease ended, or queued too long."""
        return await relaying.due(self._database, now, limit)

    async def mark_queued(self, refs: Sequence[DeliveryRef], now: datetime) -> None:
        """The broker confirmed these; one that a worker claimed meanwhile is left as it is."""
        if refs:
            await self._submit("queued", relaying.Queued(refs, now))

    # deliver

    async def claim(self, delivery_id: str, *, worker: str, now: datetime, lease_until: datetime) -> Claim | None:
        """Take a delivery for one attempt; None where it is done, held by a living lease, or not first of its lane."""
        claimed: Claim | None = await self._submit("claim", ClaimRequest(delivery_id, worker, now, lease_until))
        return claimed

    async def settle(self, settlement: Settlement) -> tuple[DeliveryRef, ...]:
        """Record how an attempt ended, with its status; return what became due by it. Idempotent per attempt."""
        check(settlement)
        ready: tuple[DeliveryRef, ...] = await self._submit("settle", settlement)
        return ready

    # report

    async def report(self, write: StatusWrite) -> Filed:
        """File one status; a number nobody has goes to the inbox and is looked at again when that number appears."""
        filed: Filed = await self._submit("report", write)
        return filed

    async def park_unreadable(
        self, *, source: str, way: Way, digest: str, reason: str, body: bytes, now: datetime
    ) -> None:
        """Keep something that could not be read, with the reason; the same thing twice is one entry."""
        inbox_id = inbox_key("unreadable", source, digest)
        raw = self._sealer.seal(body, f"raw {inbox_id}")
        row = (inbox_id, "unreadable", source, way, digest, micros(now), reason, raw)
        await self._write(lambda tx: tx.write([Insert(status_inbox, _UNREADABLE, [row], ignore=True)]))

    async def awaiting(self, destination: str, *, limit: int, after: str | None = None) -> list[Waiting]:
        """Cases delivered there that are not at an end, by case number, for polling."""
        return await reading.awaiting(self._database, destination, limit=limit, after=after)

    # reading

    async def case(self, case_no: str) -> CaseRow | None:
        """One case by its case number or receipt number."""
        return await reading.case(self._database, self._sealer, case_no)

    async def cases(
        self, *, caller: str | None, state: State | None, department: str | None, after: str | None, limit: int
    ) -> list[CaseRow]:
        """Cases, newest first, a page at a time; `after` is the last case number of the page before."""
        return await reading.newest_cases(
            self._database, self._sealer, caller=caller, state=state, department=department, after=after, limit=limit
        )

    async def events(self, case_no: str) -> list[Event]:
        """The story of a case, in order."""
        return await reading.events(self._database, case_no)

    async def deliveries(
        self, *, case_no: str | None = None, state: DeliveryState | None = None, limit: int = 200
    ) -> list[DeliveryRow]:
        """Deliveries of a case, or of a state."""
        return await reading.deliveries(self._database, case_no=case_no, state=state, limit=limit)

    async def foreign_numbers(self, case_no: str) -> dict[str, str]:
        """System → its number for this case."""
        return await reading.foreign_numbers(self._database, case_no)

    async def backlog(self) -> list[Backlog]:
        """What stands where."""
        return await reading.backlog(self._database)

    # keys, subscriptions, files, catalogue

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new key."""
        await self._write(partial(catalogue.add_key, key=key))

    async def keys(self) -> list[ApiKey]:
        """All keys, revoked ones included."""
        return await catalogue.keys(self._database)

    async def revoke_key(self, key_id: str, now: datetime) -> bool:
        """Revoke; False where there is no such key."""
        revoked: bool = await self._write(partial(catalogue.revoke_key, key_id=key_id, now=now))
        return revoked

    async def add_subscription(self, subscription: Subscription) -> None:
        """Keep a new subscription."""
        await self._write(partial(catalogue.add_subscription, new=subscription, sealer=self._sealer))

    async def subscriptions(self) -> list[Subscription]:
        """Active subscriptions."""
        return await catalogue.active_subscriptions(self._database, self._sealer)

    async def end_subscription(self, subscription_id: str) -> bool:
        """Stop telling this subscriber; False where there is none."""
        ended: bool = await self._write(partial(catalogue.end_subscription, subscription_id=subscription_id))
        return ended

    async def add_file(self, row: FileRow) -> None:
        """Note a stored file; the same content twice from one caller is one row."""
        await self._write(partial(catalogue.add_file, row=row, sealer=self._sealer))

    async def file(self, sha256: str, *, uploaded_by: str | None = None) -> FileRow | None:
        """A stored file's row: that caller's own, or the oldest."""
        return await catalogue.file_row(self._database, self._sealer, sha256, uploaded_by=uploaded_by)

    async def save_items(self, rows: Sequence[tuple[str, int, bytes]], now: datetime) -> None:
        """Keep item versions: (code, version, JSON); an existing version with other content is a ConfigError."""
        await self._write(partial(catalogue.save_items, rows=rows, now=now))

    async def items(self) -> list[bytes]:
        """All imported item versions as JSON."""
        return await catalogue.all_items(self._database)

    # life

    async def ping(self) -> None:
        """Raise Unavailable where the store cannot be reached."""
        await self._database.read("SELECT 1")

    async def close(self) -> None:
        """Write what is pending and close."""
        for writer in set(self._writers.values()):
            await writer.close()
        await self._database.close()


async def _one_by_one(tx: Tx, works: Sequence[Callable[[Tx], Awaitable[Any]]]) -> list[Any]:
    return [await work(tx) for work in works]


_: type[Store] = SqlStore
