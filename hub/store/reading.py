"""What people and gauges read: each query finds its rows by an index."""

from datetime import datetime

import orjson

from cases.delivery import DeliveryState, Purpose
from cases.states import State
from hub.ports import Backlog, CaseRow, DeliveryRow, Event, Waiting
from hub.store.casebook import CASE_ROW, case_row
from hub.store.database import Database, Row
from hub.store.sealing import Sealer
from hub.store.times import maybe_moment, moment

_CASE = f"""
SELECT {CASE_ROW}, o.document FROM cases c JOIN documents o ON o.case_no = c.case_no
WHERE c.case_no = $1 OR c.receipt_no = $1 ORDER BY c.case_no <> $1 LIMIT 1
"""  # noqa: S608 - names of ours
_PLACE_OF = "SELECT a.received_at, a.case_no FROM cases a WHERE a.case_no"
_EVENTS = "SELECT case_no, seq, kind, at, recorded_at, source, filing, data FROM events WHERE case_no = $1 ORDER BY seq"
_DELIVERY = """
SELECT delivery_id, case_no, purpose, destination, state, attempt, outcome, cause, reason, due_at, created_at,
       updated_at
FROM deliveries
"""
_AWAITING = """
SELECT d.case_no, min(d.awaiting_since),
       (SELECT f.foreign_no FROM foreign_numbers f WHERE f.case_no = d.case_no AND f.system = $1
        ORDER BY f.recorded_at DESC LIMIT 1)
FROM deliveries d WHERE d.destination = $1 AND d.awaiting_since IS NOT NULL AND d.case_no > $2
GROUP BY d.case_no ORDER BY d.case_no LIMIT $3
"""
_BACKLOG = """
SELECT destination, state = 'PARKED', outcome = 'unknown', cause, count(*), min(created_at) FROM deliveries
WHERE state NOT IN ('DONE', 'REFUSED') GROUP BY 1, 2, 3, 4 ORDER BY 1
"""


async def case(database: Database, sealer: Sealer, case_no: str) -> CaseRow | None:
    """Return one case by its case number or receipt number."""
    rows = await database.read(_CASE, case_no)
    return case_row(rows[0], rows[0][-1], sealer) if rows else None


async def newest_cases(
    database: Database,
    sealer: Sealer,
    *,
    caller: str | None,
    state: State | None,
    department: str | None,
    after: str | None,
    limit: int,
) -> list[CaseRow]:
    """Return a page of cases, newest first; the page begins behind the case `after`."""
    args: list[object] = []
    where: list[str] = []
    for column, value in (("submitted_by", caller), ("state", state and state.value), ("department", department)):
        if value is not None:
            args.append(value)
            where.append(f"c.{column} = ${len(args)}")
    if after is not None:
        args.append(after)
        where.append(f"(c.received_at, c.case_no) < ({_PLACE_OF} = ${len(args)})")
    args.append(limit)
    rows = await database.read(
        f"SELECT {CASE_ROW}, o.document FROM cases c JOIN documents o ON o.case_no = c.case_no"  # noqa: S608 - names of ours
        f"{' WHERE ' if where else ''}{' AND '.join(where)}"
        f" ORDER BY c.received_at DESC, c.case_no DESC LIMIT ${len(args)}",
        *args,
    )
    return [case_row(row, row[-1], sealer) for row in rows]


async def events(database: Database, case_no: str) -> list[Event]:
    """Return the story of a case."""
    return [
        Event(
            case_no=row[0],
            seq=row[1],
            kind=row[2],
            at=moment(row[3]),
            recorded_at=moment(row[4]),
            source=row[5],
            filing=row[6],
            data=orjson.loads(row[7]),
        )
        for row in await database.read(_EVENTS, case_no)
    ]


async def deliveries(
    database: Database, *, case_no: str | None, state: DeliveryState | None, limit: int
) -> list[DeliveryRow]:
    """Return deliveries of a case in their order, or of a state, oldest first."""
    args: list[object] = []
    where: list[str] = []
    for column, value in (("case_no", case_no), ("state", state and state.value)):
        if value is not None:
            args.append(value)
            where.append(f"{column} = ${len(args)}")
    order = "place" if case_no is not None else "created_at, delivery_id"
    args.append(limit)
    clause = f" WHERE {' AND '.join(where)}" if where else ""
    rows = await database.read(f"{_DELIVERY}{clause} ORDER BY {order} LIMIT ${len(args)}", *args)
    return [_delivery(row) for row in rows]


async def awaiting(database: Database, destination: str, *, limit: int, after: str | None) -> list[Waiting]:
    """Return cases for which this department owes statuses, by case number."""
    rows = await database.read(_AWAITING, destination, after or "", limit)
    return [Waiting(case_no=row[0], since=moment(row[1]), foreign_no=row[2]) for row in rows]


async def foreign_numbers(database: Database, case_no: str) -> dict[str, str]:
    """Return system → its newest number for this case."""
    rows = await database.read(
        "SELECT system, foreign_no FROM foreign_numbers WHERE case_no = $1 ORDER BY recorded_at", case_no
    )
    return {row[0]: row[1] for row in rows}


async def backlog(database: Database) -> list[Backlog]:
    """Return what stands at each destination."""
    waiting: dict[str, int] = {}
    unknown: dict[str, int] = {}
    oldest: dict[str, datetime | None] = {}
    parked: dict[str, dict[str, int]] = {}
    for destination, is_parked, is_unknown, cause, count, since in await database.read(_BACKLOG):
        causes = parked.setdefault(destination, {})
        unknown[destination] = unknown.get(destination, 0) + (count if is_unknown else 0)
        if is_parked:
            causes[cause] = causes.get(cause, 0) + count
            continue
        waiting[destination] = waiting.get(destination, 0) + count
        here, known = moment(since), oldest.get(destination)
        oldest[destination] = here if known is None else min(known, here)
    return [
        Backlog(
            destination=destination,
            waiting=waiting.get(destination, 0),
            oldest_waiting_at=oldest.get(destination),
            parked=parked[destination],
            unknown=unknown[destination],
        )
        for destination in parked
    ]


def _delivery(row: Row) -> DeliveryRow:
    state = DeliveryState(row[4])
    return DeliveryRow(
        delivery_id=row[0],
        case_no=row[1],
        purpose=Purpose(row[2]),
        destination=row[3],
        state=state,
        attempt=row[5],
        outcome=row[6],
        cause=row[7],
        reason=row[8],
        due_at=maybe_moment(row[9]) if state is DeliveryState.WAITING else None,
        created_at=moment(row[10]),
        updated_at=moment(row[11]),
    )
