"""Opening a store from its URL."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cases.errors import ConfigError
from hub.store.database import Database, Insert, Tx
from hub.store.names import HEAD, facts
from hub.store.postgres import PostgresDatabase
from hub.store.sealing import SealBroken, Sealer
from hub.store.sqlite import SqliteDatabase
from hub.store.store import SqlStore

#: Calls a function, by the names of its module and itself, in another process.
Aside = Callable[..., Awaitable[Any]]

_MIGRATING = "hub.store.migrating"


async def open_store(
    url: str,
    *,
    data_keys: Sequence[bytes],
    lost_after: timedelta = timedelta(minutes=10),
    aside: Aside | None = None,
) -> SqlStore:
    """Open a database, bring it to the newest schema and return the store on it.

    Args:
        url: `sqlite:///relative/path`, `sqlite:////absolute/path` or `postgresql://user@host/name`.
        data_keys: keys of 32 bytes that seal personal data; the first seals, all open. Empty: nothing is sealed.
        lost_after: a delivery queued for so long without being claimed is published again.
        aside: migrates in a process of its own, where this one is to stay and to stay small.

    Raises:
        ConfigError: the URL is of no kind we know.
        SchemaNewer: a newer hub wrote this database.
        SealBroken: it is sealed with a key that was not given.
        Unavailable: it cannot be reached.
    """
    sealer = Sealer(data_keys)
    database = await _open(url, aside)
    try:
        await database.transact(lambda tx: _same_seal(tx, sealer))
    except BaseException:
        await database.close()
        raise
    return SqlStore(database, sealer, lost_after=lost_after)


async def _open(url: str, aside: Aside | None) -> Database:
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        file = SqliteDatabase.open(path)
        return await _migrated(file, lambda: _migrate_sqlite(aside, path))
    if url.startswith(("postgresql://", "postgres://")):
        name = _without_password(url)
        server = await PostgresDatabase.open(url, name)
        return await _migrated(server, lambda: _migrate_postgres(aside, url, name))
    scheme = url.partition(":")[0]
    raise ConfigError([f"database: {scheme!r} is no database of the hub; use sqlite:///PATH or postgresql://HOST/NAME"])


async def _migrated(database: Database, migrate: Callable[[], Awaitable[None]]) -> Database:
    try:
        if await database.revision() != HEAD:
            await migrate()
    except BaseException:
        await database.close()
        raise
    return database


# Alembic and what it needs take 20 MB: loaded only by a process that has something to migrate.


async def _migrate_sqlite(aside: Aside | None, path: Path) -> None:
    if aside is not None:
        await aside(_MIGRATING, "migrate_sqlite", path)
        return
    from hub.store.migrating import migrate_sqlite  # noqa: PLC0415

    await asyncio.to_thread(migrate_sqlite, path)


async def _migrate_postgres(aside: Aside | None, url: str, name: str) -> None:
    if aside is not None:
        await aside(_MIGRATING, "migrate_postgres", url, name)
        return
    from hub.store.migrating import migrate_postgres  # noqa: PLC0415

    await migrate_postgres(url, name)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"


async def _same_seal(tx: Tx, sealer: Sealer) -> None:
    """Refuse a database whose data key is not at hand: half of its cases could not be read."""
    sealed = {bytes.fromhex(row[0]) for row in await tx.fetch("SELECT name FROM facts WHERE value = 'data key'")}
    if missing := [key for key in sealed if not sealer.knows(key)]:
        names = ", ".join(key.hex() for key in sorted(missing))
        raise SealBroken(f"the database is sealed with data key {names}, which was not given; put that key back")
    if sealer.key_id is not None:
        await tx.write([Insert(facts, ("name", "value"), [(sealer.key_id.hex(), "data key")], ignore=True)])
