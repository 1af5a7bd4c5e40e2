"""PostgreSQL through asyncpg: set-based statements, one round trip for all changes of a group.

Isolation is READ COMMITTED: each statement sees what was committed before it began. What is decided on is therefore
locked first and read afterwards, always in this order, so that no two transactions can wait for each other:
names (`lock_names`), cases by number, deliveries by id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

import asyncpg

from cases.errors import Unavailable
from hub.store.database import Change, Delete, Insert, Row, Tx, Update, Work
from hub.store.errors import RowRefused

T = TypeVar("T")

_CONNECTIONS = 8
_COMMAND_SECONDS = 30.0
_TRIES_AFTER_DEADLOCK = 3

_SETTINGS = {
    "application_name": "onewindow-hub",
    "default_transaction_isolation": "read committed",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "60s",
    # Every statement finds its rows by an index. A plan made while the tables were small must not say otherwise later.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection without session state, so nothing has to be reset between two users (saves a round trip each)."""

    def get_reset_query(self) -> str:
        return ""


class PostgresDatabase:
    """An open PostgreSQL database."""

    concurrent_writers = True

    def __init__(self, pool: "asyncpg.Pool[Any]", name: str) -> None:
        self._pool, self._name = pool, name
        self._wording: Wording | None = None

    @classmethod
    async def open(cls, url: str, name: str) -> "PostgresDatabase":
        """Connect; `name` is how the database is called in messages (the URL may hold a password)."""
        with in_our_words(name):
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=_CONNECTIONS,
                command_timeout=_COMMAND_SECONDS,
                connection_class=_Connection,
                server_settings=_SETTINGS,
                statement_cache_size=500,
                max_cached_statement_lifetime=0,
            )
        return cls(pool, name)

    async def transact(self, work: Work[T]) -> T:
        """Run the work in one transaction; once more where PostgreSQL broke a deadlock."""
        for left in reversed(range(_TRIES_AFTER_DEADLOCK)):
            with in_our_words(self._name):
                try:
                    async with self._pool.acquire() as connection:
                        wording = self._wording or await self._learn(connection)
                        async with _PostgresTx(connection, wording) as tx:
                            return await work(tx)
                except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                    if not left:
                        raise
        raise AssertionError("unreachable")

    async def _learn(self, connection: Any) -> "Wording":
        """Ask the database for its columns' types; before its migration it has none, and is asked again."""
        wording = Wording({(row[0], row[1]): row[2] for row in await connection.fetch(_COLUMNS)})
        self._wording = wording if wording.types else None
        return wording

    async def read(self, sql: str, *args: Any) -> Sequence[Row]:
        """Run one reading statement; on another connection where the first turns out to be lost."""
        with in_our_words(self._name):
            try:
                rows: Sequence[Row] = await self._pool.fetch(sql, *args)
            except (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError):
                rows = await self._pool.fetch(sql, *args)
            return rows

    async def revision(self) -> str | None:
        """Return the newest migration that was run here."""
        if (await self.read("SELECT to_regclass('alembic_version')"))[0][0] is None:
            return None
        rows = await self.read("SELECT version_num FROM alembic_version")
        return rows[0][0] if rows else None

    async def close(self) -> None:
        """Close every connection once it is free."""
        await self._pool.close()


class _PostgresTx:
    """A transaction, begun with its first statement."""

    def __init__(self, connection: Any, wording: "Wording") -> None:
        self._connection, self._wording = connection, wording
        self._transaction: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *ending: object) -> None:
        if self._transaction is not None:
            await self._transaction.__aexit__(*ending)

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        rows: Sequence[Row] = await (await self._begun()).fetch(sql, *args)
        return rows

    async def write(self, changes: Iterable[Change]) -> None:
        full = [change for change in changes if change.rows]
        if full:
            await (await self._begun()).execute(*self._worded(full))

    async def write_alone(self, changes: Iterable[Change]) -> bool:
        if self._transaction is not None:
            raise RuntimeError("a statement on its own must be the first one")
        full = [change for change in changes if change.rows]
        try:
            await self._connection.execute(*self._worded(full))
        except asyncpg.UniqueViolationError:
            return False
        return True

    def _worded(self, changes: Sequence[Change]) -> tuple[Any, ...]:
        args = [list(column) for change in changes for column in zip(*change.rows, strict=True)]
        return self._wording.together(tuple(_shape(change) for change in changes)), *args

    async def _begun(self) -> Any:
        if self._transaction is None:
            transaction = self._connection.transaction()
            await transaction.__aenter__()
            self._transaction = transaction
        return self._connection

    async def insert_new(self, insert: Insert, key: tuple[str, ...]) -> set[Row]:
        places = [insert.columns.index(name) for name in key]
        rows = sorted(insert.rows, key=lambda row: tuple(row[place] for place in places))
        sql = f"{self._wording.insert(insert.table, insert.columns, True, 1)} RETURNING {', '.join(key)}"
        args = [list(column) for column in zip(*rows, strict=True)]
        return {tuple(row) for row in await (await self._begun()).fetch(sql, *args)} if rows else set()

    async def lock_names(self, names: Iterable[str]) -> None:
        if names := sorted(set(names)):
            await (await self._begun()).execute(
                "SELECT pg_advisory_xact_lock(h) FROM"
                " (SELECT DISTINCT hashtextextended(n, 0) AS h FROM unnest($1::text[]) AS n ORDER BY h) AS x",
                names,
            )


_Shape = tuple[type[Change], str, tuple[str, ...], tuple[str, ...], bool]


def _shape(change: Change) -> _Shape:
    match change:
        case Insert():
            return Insert, change.table, (), change.columns, change.ignore
        case Update():
            return Update, change.table, change.key, change.columns, False
        case Delete():
            return Delete, change.table, change.key, (), False


# Statements take whole columns as arrays, whose types have to be named.
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""


class Wording:
    """Changes as statements, with the types that this database's columns have."""

    def __init__(self, types: Mapping[tuple[str, str], str]) -> None:
        self.types = types
        self._known: dict[tuple[_Shape, ...], str] = {}

    def together(self, shapes: tuple[_Shape, ...]) -> str:
        """Return one statement for several changes.

        The parts of a WITH run in any order, and constraints look at its end.
        """
        if (known := self._known.get(shapes)) is not None:
            return known
        parts, first = [], 1
        for n, (kind, table, key, columns, ignore) in enumerate(shapes):
            if kind is Insert:
                sql = self.insert(table, columns, ignore, first)
            elif kind is Update:
                sql = self._update(table, key, columns, first)
            else:
                sql = self._delete(table, key, first)
            parts.append(f"c{n} AS ({sql})")
            first += len(key) + len(columns)
        sql = self._known[shapes] = f"WITH {', '.join(parts)} SELECT 1"
        return sql

    def insert(self, table: str, columns: tuple[str, ...], ignore: bool, first: int) -> str:
        """Return the statement that adds rows; its arguments are numbered from `first`."""
        ending = " ON CONFLICT DO NOTHING" if ignore else ""
        arrays = self._arrays(table, columns, first)
        return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}){ending}"  # noqa: S608 - names of ours

    def _update(self, table: str, key: tuple[str, ...], columns: tuple[str, ...], first: int) -> str:
        sets = ", ".join(f"{name} = x.{name}" for name in columns)
        names = ", ".join((*key, *columns))
        return (
            f"UPDATE {table} AS t SET {sets} FROM unnest({self._arrays(table, (*key, *columns), first)}) AS x({names})"  # noqa: S608 - names of ours
            f" WHERE {_same(key)}"
        )

    def _delete(self, table: str, key: tuple[str, ...], first: int) -> str:
        return (
            f"DELETE FROM {table} AS t USING unnest({self._arrays(table, key, first)}) AS x({', '.join(key)})"  # noqa: S608 - names of ours
            f" WHERE {_same(key)}"
        )

    def _arrays(self, table: str, columns: tuple[str, ...], first: int) -> str:
        return ", ".join(f"${first + n}::{self.types[table, name]}[]" for n, name in enumerate(columns))


def _same(key: tuple[str, ...]) -> str:
    return " AND ".join(f"t.{name} = x.{name}" for name in key)


# asyncpg calls it an internal error when a connection is lost at certain moments; TimeoutError is an OSError.
@contextmanager
def in_our_words(name: str) -> Iterator[None]:
    """Translate every error of the driver: Unavailable, or RowRefused."""
    try:
        yield
    # Details, and what asyncpg says of a value, quote the row: they stay out of messages and of chained tracebacks.
    except asyncpg.IntegrityConstraintViolationError as error:
        raise RowRefused(f"the database refused a row ({error.args[0]}); nothing of this call was written") from None
    except asyncpg.DataError:
        raise RowRefused(
            "a value has characters or a size that the database cannot keep; nothing of this call was written"
        ) from None
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise Unavailable(f"the database {name} does not let the hub in: {error.args[0]}") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        said = str(error).partition("\n")[0] or type(error).__name__
        raise Unavailable(f"the database {name} cannot be used now: {said}") from error


_: type[Tx] = _PostgresTx
