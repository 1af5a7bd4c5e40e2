"""The narrow waist between what the store means and the two databases: one SQL text, one kind of transaction.

SQL is written once, in PostgreSQL's words (`$1`, `= ANY($1)`, `FOR NO KEY UPDATE`); `hub.store.sqlite` rewrites these
three. Work inside a transaction is a coroutine that awaits nothing but its `Tx`, so that SQLite can run it to its end
in the writer's thread.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows to add; `values` in the order of `columns`. With `ignore`, a row whose key is there already is left out."""

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    ignore: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Rows to change: in each row first the values of `key`, then those of `columns`. No row may come twice."""

    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Delete:
    """Rows to remove, by their key."""

    table: str
    key: tuple[str, ...]
    rows: Sequence[Row]


Change = Insert | Update | Delete


class Tx(Protocol):
    """One open transaction."""

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        """Run one statement and return its rows."""

    async def write(self, changes: Iterable[Change]) -> None:
        """Apply changes to different rows, in one round trip where the database can."""

    async def write_alone(self, changes: Iterable[Change]) -> bool:
        """Apply changes as the whole transaction, first and last, where the database does so in one round trip.

        False: nothing was written, because a row is there already or this database has no such way; go the long one.
        """

    async def insert_new(self, insert: Insert, key: tuple[str, ...]) -> set[Row]:
        """Add the rows whose key is not there yet and return the keys that were added.

        A concurrent transaction adding the same key is waited for; rows come sorted by key, so that two such
        transactions cannot wait for each other.
        """

    async def lock_names(self, names: Iterable[str]) -> None:
        """Hold named locks until the transaction ends: for what has no row yet."""


Work = Callable[[Tx], Awaitable[T]]


class Database(Protocol):
    """A database that is open."""

    #: Whether several transactions can write at once.
    concurrent_writers: bool

    async def transact(self, work: Work[T]) -> T:
        """Run the work in one transaction: all of it, durably, or nothing.

        Raises:
            Unavailable: the database cannot be reached, or is too busy, now.
            RowRefused: a constraint forbids a row.
        """

    async def read(self, sql: str, *args: Any) -> Sequence[Row]:
        """Run one reading statement on its own."""

    async def revision(self) -> str | None:
        """Return the newest migration that was run here; None where none was."""

    async def close(self) -> None:
        """Close every connection."""
