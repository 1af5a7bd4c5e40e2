"""Bringing a database to the newest schema, at every start: forward only, one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from hub.store.errors import SchemaNewer
from hub.store.sqlite import connect

_PLACE = Path(__file__).parent / "migrations"
#: Any number that no other program on the same database uses for its advisory lock ("hub" and the year).
_LOCK = 0x6875622026


def migrate_sqlite(path: Path) -> None:
    """Bring a SQLite file to the newest schema; a new file is made readable by its owner only.

    Raises:
        SchemaNewer: a newer hub has been here.
    """
    with sqlite_connection(path) as connection:
        upgrade(connection)


@contextmanager
def sqlite_connection(path: Path) -> Iterator[Connection]:
    """Open one transaction that holds the file's write lock from its first moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=NullPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


async def migrate_postgres(url: str) -> None:
    """Bring a PostgreSQL database to the newest schema.

    Raises:
        SchemaNewer: a newer hub has been here.
    """

    async def connect_as_the_hub_does() -> Any:
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect_as_the_hub_does, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, inside the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(_PLACE))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    here = MigrationContext.configure(connection).get_current_revision()
    if here == scripts.get_current_head():
        return
    if here is not None and here not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaNewer(
            f"the database has schema {here}, which this hub does not know: it was written by a newer hub;"
            " start that version, or restore a backup from before"
        )
    command.upgrade(config, "head")
