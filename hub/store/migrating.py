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
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from hub.store.errors import SchemaNewer
from hub.store.postgres import in_our_words as in_our_words_postgres
from hub.store.sqlite import connect
from hub.store.sqlite import in_our_words as in_our_words_sqlite

_PLACE = Path(__file__).parent / "migrations"
#: Any number that no other program on the same database uses for its advisory lock ("hub" and the year).
_LOCK = 0x6875622026


def migrate_sqlite(path: Path) -> None:
    """Bring a SQLite file to the newest schema.

    Raises:
        SchemaNewer: a newer hub has been here.
        Unavailable: the file cannot be read or locked.
    """
    with in_our_words_sqlite(path), _drivers_own_errors():
        engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=NullPool)
        # Holds the file's write lock from its first moment, and makes the whole of it one transaction.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with engine.begin() as connection:
            upgrade(connection)


async def migrate_postgres(url: str, name: str) -> None:
    """Bring a PostgreSQL database to the newest schema; `name` is what it is called in messages.

    Raises:
        SchemaNewer: a newer hub has been here.
        Unavailable: the database cannot be reached, or does not let the hub make tables.
    """

    async def connect_as_the_hub_does() -> Any:
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect_as_the_hub_does, poolclass=NullPool)
    with in_our_words_postgres(name), _drivers_own_errors():
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(upgrade)


@contextmanager
def _drivers_own_errors() -> Iterator[None]:
    """Take the driver's error out of SQLAlchemy's wrapping (and that of its asyncio adapter)."""
    try:
        yield
    except DBAPIError as error:
        driver = error.orig or error
        raise driver.__cause__ or driver from error


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
