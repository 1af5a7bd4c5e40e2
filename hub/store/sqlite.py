"""SQLite: one writing connection in its own thread, a few reading ones; WAL with `synchronous=FULL`.

Every write transaction begins with BEGIN IMMEDIATE, so writers of several processes come one after another and row
locks have nothing to do.
"""

import asyncio
import re
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

from cases.errors import Unavailable
from hub.store.database import Change, Delete, Insert, Row, Tx, Update, Work
from hub.store.errors import RowRefused

T = TypeVar("T")

_READERS = 2
_BUSY_SECONDS = 10.0
_STATEMENTS_KEPT = 256


class SqliteDatabase:
    """An open SQLite database."""

    concurrent_writers = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = ThreadPoolExecutor(1, "store-write")
        self._reading = ThreadPoolExecutor(_READERS, "store-read")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    @classmethod
    def open(cls, path: Path) -> "SqliteDatabase":
        """Return the database in this file; a new file is readable by its owner only.

        Raises:
            Unavailable: the file cannot be made.
        """
        with in_our_words(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        return cls(path)

    async def transact(self, work: Work[T]) -> T:
        """Run the work in one transaction in the writer's thread."""
        return await self._in(self._writing, lambda: self._transact(work))

    async def read(self, sql: str, *args: Any) -> Sequence[Row]:
        """Run one reading statement in a reader's thread."""
        return await self._in(self._reading, lambda: _fetch(self._connection(), sql, args))

    async def revision(self) -> str | None:
        """Return the newest migration that was run here."""
        if not await self.read("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"):
            return None
        rows = await self.read("SELECT version_num FROM alembic_version")
        return rows[0][0] if rows else None

    async def close(self) -> None:
        """Wait for what runs and close every connection."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writing.shutdown()
        self._reading.shutdown()
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    async def _in(self, threads: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        try:
            running = asyncio.get_running_loop().run_in_executor(threads, call)
        except RuntimeError:
            raise Unavailable("the store is closed") from None
        # A caller that gives up must not leave a transaction half known: the thread finishes it in any case.
        return await asyncio.shield(running)

    def _transact(self, work: Work[T]) -> T:
        connection = self._connection()
        with in_our_words(self._path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = _run(cast(Coroutine[Any, Any, T], work(_SqliteTx(connection))))
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            return result

    def _connection(self) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            with in_our_words(self._path):
                connection = connect(self._path)
            self._local.connection = connection
            self._connections.append(connection)
        return connection


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection with the settings the hub relies on."""
    connection = sqlite3.connect(
        path,
        isolation_level=None,
        timeout=_BUSY_SECONDS,
        check_same_thread=False,
        cached_statements=_STATEMENTS_KEPT,
    )
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")
    return connection


class _SqliteTx:
    """An open transaction; its coroutines never suspend."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        return _fetch(self._connection, sql, args)

    async def write(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.rows:
                self._connection.executemany(_statement(change), _values(change))

    async def write_alone(self, changes: Iterable[Change]) -> bool:
        return False  # nothing to gain: statements make no round trips

    async def insert_new(self, insert: Insert, key: tuple[str, ...]) -> set[Row]:
        sql = _insert_sql(insert.table, insert.columns, True)
        places = [insert.columns.index(name) for name in key]
        return {
            tuple(row[place] for place in places)
            for row in insert.rows
            if self._connection.execute(sql, row).rowcount == 1
        }

    async def lock_names(self, names: Iterable[str]) -> None:
        """Do nothing: the transaction has the whole database."""


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends to its end."""
    try:
        work.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    work.close()
    raise RuntimeError("work inside a transaction may await nothing but its transaction")


def _fetch(connection: sqlite3.Connection, sql: str, args: Sequence[Any]) -> Sequence[Row]:
    named = {str(n): orjson.dumps(arg).decode() if isinstance(arg, list) else arg for n, arg in enumerate(args, 1)}
    return connection.execute(_sqlite_words(sql), named).fetchall()


@cache
def _sqlite_words(sql: str) -> str:
    sql = re.sub(r"= ANY\((\$\d+)\)", r"IN (SELECT value FROM json_each(\1))", sql)
    return re.sub(r"\s+FOR (NO KEY )?UPDATE( OF \w+)?( SKIP LOCKED)?", "", sql)


def _statement(change: Change) -> str:
    match change:
        case Insert():
            return _insert_sql(change.table, change.columns, change.ignore)
        case Update():
            return _update_sql(change.table, change.key, change.columns)
        case Delete():
            return f"DELETE FROM {change.table} WHERE {_equal(change.key, ' AND ')}"  # noqa: S608 - names of ours


def _values(change: Change) -> Sequence[Row]:
    if not isinstance(change, Update):
        return change.rows
    width = len(change.key)
    return [(*row[width:], *row[:width]) for row in change.rows]


@cache
def _insert_sql(table: str, columns: tuple[str, ...], ignore: bool) -> str:
    marks = ", ".join("?" * len(columns))
    ending = " ON CONFLICT DO NOTHING" if ignore else ""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}){ending}"  # noqa: S608 - names of ours


@cache
def _update_sql(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    return f"UPDATE {table} SET {_equal(columns, ', ')} WHERE {_equal(key, ' AND ')}"  # noqa: S608 - names of ours


def _equal(columns: tuple[str, ...], joint: str) -> str:
    return joint.join(f"{name} = ?" for name in columns)


@contextmanager
def in_our_words(path: Path) -> Iterator[None]:
    """Translate every error of the driver: Unavailable, or RowRefused."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise RowRefused(f"the database refused a row ({error}); nothing of this call was written") from error
    except (OSError, sqlite3.OperationalError) as error:
        raise Unavailable(f"the database {path} cannot be used now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise Unavailable(f"{path} is not a database that can be read ({error}); restore it from a backup") from error


_: type[Tx] = _SqliteTx
