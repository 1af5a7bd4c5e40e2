"""The simulated department's own book: what it received, what it filed, which statuses it owes. Survives SIGKILL.

Tests compare the hub with it: `filings` counts what the department opened, `arrivals` how often the hub came.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS arrival (
    id INTEGER PRIMARY KEY, our_no TEXT NOT NULL, at REAL NOT NULL, faults TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS arrival_our_no ON arrival (our_no);
CREATE TABLE IF NOT EXISTS filing (
    serial INTEGER PRIMARY KEY, our_no TEXT NOT NULL, key TEXT, at REAL NOT NULL, document BLOB NOT NULL,
    refused TEXT);
CREATE INDEX IF NOT EXISTS filing_our_no ON filing (our_no);
CREATE UNIQUE INDEX IF NOT EXISTS filing_key ON filing (key) WHERE key IS NOT NULL;
CREATE TABLE IF NOT EXISTS step (
    id INTEGER PRIMARY KEY, serial INTEGER NOT NULL REFERENCES filing, position INTEGER NOT NULL, name TEXT NOT NULL,
    at REAL NOT NULL, due REAL NOT NULL, times INTEGER NOT NULL, told INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS step_due ON step (due) WHERE told < times;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A status that the department will report."""

    name: str  # in the words of `plan`: received, accepted, …
    at: float  # when it happens, Unix seconds
    due: float  # when it is told, Unix seconds; differs from `at` where statuses go out in disorder
    times: int = 1  # how often it is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A planned status of one filing."""

    step_id: int
    serial: int
    our_no: str
    position: int
    name: str
    at: float
    times: int
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """One case as the department opened it. Two filings with one `our_no` are a case filed twice."""

    serial: int
    our_no: str
    at: float
    document: bytes
    refused: str | None  # the refusal it got, if any


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The book in numbers."""

    arrivals: int
    filings: int
    cases: int  # distinct numbers of ours that were filed
    filed_twice: int  # numbers with more than one filing
    steps_owed: int


class Book:
    """An SQLite file with full synchronisation; one process writes, any may read."""

    def __init__(self, file: Path) -> None:
        """Open the book, creating it where there is none."""
        self._lock = threading.Lock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _TABLES)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def arrive(self, our_no: str, *, at: float, faults: Sequence[str] = ()) -> None:
        """Note that the hub came with a case, whatever becomes of it."""
        with self._write():
            self._db.execute(
                "INSERT INTO arrival (our_no, at, faults) VALUES (?, ?, ?)", (our_no, at, ",".join(faults))
            )

    def attempts(self, our_no: str) -> int:
        """Return how often the hub came with this case."""
        return int(self._db.execute("SELECT count(*) FROM arrival WHERE our_no = ?", (our_no,)).fetchone()[0])

    def faults(self, our_no: str) -> frozenset[str]:
        """Return the faults that were committed on a case, on any of its arrivals."""
        rows = self._db.execute("SELECT faults FROM arrival WHERE our_no = ?", (our_no,)).fetchall()
        return frozenset(name for (names,) in rows for name in names.split(",") if name)

    def cases_seen(self) -> int:
        """Return how many different cases came so far."""
        return int(self._db.execute("SELECT count(DISTINCT our_no) FROM arrival").fetchone()[0])

    def file(
        self,
        our_no: str,
        *,
        key: str | None,
        at: float,
        document: bytes,
        steps: Sequence[PlannedStep] = (),
        refused: str | None = None,
    ) -> Filing:
        """Open a case with the statuses it will get; a key that was filed before returns that filing unchanged."""
        with self._write():
            if key is not None and (known := self._filing("key = ?", key)):
                return known
            cursor = self._db.execute(
                "INSERT INTO filing (our_no, key, at, document, refused) VALUES (?, ?, ?, ?, ?)",
                (our_no, key, at, document, refused),
            )
            serial = int(cursor.lastrowid or 0)
            self._db.executemany(
                "INSERT INTO step (serial, position, name, at, due, times) VALUES (?, ?, ?, ?, ?, ?)",
                [(serial, i, step.name, step.at, step.due, step.times) for i, step in enumerate(steps)],
            )
        return Filing(serial=serial, our_no=our_no, at=at, document=document, refused=refused)

    def by_our_no(self, our_no: str) -> Filing | None:
        """Return the first filing of a case of the hub."""
        return self._filing("our_no = ?", our_no)

    def due(self, now: float, *, limit: int = 100) -> list[Step]:
        """Return the statuses whose time to be told has come, earliest first."""
        return self._steps("step.due <= ? AND step.told < step.times ORDER BY step.due, step.id LIMIT ?", now, limit)

    def happened(self, serial: int, now: float) -> list[Step]:
        """Return the statuses of a filing that can be seen by whoever asks, in the order in which they are told."""
        return self._steps("step.serial = ? AND step.due <= ? ORDER BY step.due, step.id", serial, now)

    def tell(self, steps: Sequence[Step]) -> None:
        """Note that statuses were told once more."""
        with self._write():
            self._db.executemany("UPDATE step SET told = told + 1 WHERE id = ?", [(step.step_id,) for step in steps])

    def numbers(self) -> dict[str, int]:
        """Return every number of ours that was filed, with how often."""
        return {str(no): int(n) for no, n in self._db.execute("SELECT our_no, count(*) FROM filing GROUP BY our_no")}

    def tally(self) -> Tally:
        """Return the book in numbers."""
        filed = self.numbers()
        arrivals = self._db.execute("SELECT count(*) FROM arrival").fetchone()[0]
        owed = self._db.execute("SELECT count(*) FROM step WHERE told < times").fetchone()[0]
        return Tally(
            arrivals=int(arrivals),
            filings=sum(filed.values()),
            cases=len(filed),
            filed_twice=sum(1 for count in filed.values() if count > 1),
            steps_owed=int(owed),
        )

    @contextmanager
    def _write(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _filing(self, where: str, value: str | int) -> Filing | None:
        row = self._db.execute(
            f"SELECT serial, our_no, at, document, refused FROM filing WHERE {where} ORDER BY serial LIMIT 1",  # noqa: S608
            (value,),
        ).fetchone()
        return row and Filing(serial=row[0], our_no=row[1], at=row[2], document=row[3], refused=row[4])

    def _steps(self, where: str, *values: float) -> list[Step]:
        rows = self._db.execute(
            "SELECT step.id, step.serial, filing.our_no, step.position, step.name, step.at, step.times, step.told"  # noqa: S608
            f" FROM step JOIN filing USING (serial) WHERE {where}",
            values,
        )
        return [
            Step(
                step_id=row[0],
                serial=row[1],
                our_no=row[2],
                position=row[3],
                name=row[4],
                at=row[5],
                times=row[6],
                told=row[7],
            )
            for row in rows
        ]
