"""Migrations lead from nothing to exactly the tables that the code works with, once, whoever comes first."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from hub.store import migrating, names, open_store
from hub.store.errors import SchemaNewer
from hub.store.migrating import migrate_postgres, migrate_sqlite, upgrade
from hub.store.names import HEAD
from hub.store.tables import metadata


def picture(connection: Connection) -> dict[str, Any]:
    """Everything a database says about its tables."""
    inspector = inspect(connection)
    return {
        table: {
            "columns": [
                (one["name"], str(one["type"]), one["nullable"], one["default"]) for one in inspector.get_columns(table)
            ],
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": inspector.get_foreign_keys(table),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
            "indexes": sorted(_index(one) for one in inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _index(one: Any) -> tuple[str, str, bool, list[str]]:
    conditions = [str(value) for name, value in one.get("dialect_options", {}).items() if name.endswith("_where")]
    return one["name"], str(one["column_names"]), bool(one["unique"]), conditions


def test_migrating_an_empty_sqlite_file_leads_to_the_metadata(tmp_path: Path) -> None:
    migrate_sqlite(tmp_path / "migrated.db")
    engines = [create_engine(f"sqlite:///{tmp_path}/{name}.db", poolclass=NullPool) for name in ("migrated", "made")]
    metadata.create_all(engines[1])
    with engines[0].connect() as migrated, engines[1].connect() as made:
        assert picture(migrated) == picture(made)
        assert len(picture(made)) == len(metadata.tables)


def test_every_table_has_the_name_that_statements_use() -> None:
    assert {getattr(names, name) for name in vars(names) if name.islower() and name[0] != "_"} == set(metadata.tables)


def test_a_hub_that_runs_never_loads_sqlalchemy() -> None:
    code = "import sys, hub.store; sys.exit('sqlalchemy' in sys.modules or 'alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.services
async def test_migrating_an_empty_postgres_schema_leads_to_the_metadata(database_url: str, postgres_url: str) -> None:
    async def connect(url: str) -> Any:
        return await asyncpg.connect(url)

    async def look(url: str, make: bool) -> dict[str, Any]:
        engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: connect(url), poolclass=NullPool)
        async with engine.begin() as connection:
            if make:
                await connection.run_sync(metadata.create_all)
            seen = await connection.run_sync(picture)
            if make:
                await connection.run_sync(metadata.drop_all)
        await engine.dispose()
        return seen

    made = await look(database_url, make=True)
    await migrate_postgres(database_url, "test")
    assert await look(database_url, make=False) == made
    assert len(made) == len(metadata.tables)


def test_the_tables_name_the_newest_migration() -> None:
    scripts = ScriptDirectory(str(Path(migrating.__file__).parent / "migrations"))
    assert scripts.get_current_head() == HEAD


def test_a_hub_with_nothing_to_migrate_does_not_load_the_migrations(tmp_path: Path) -> None:
    migrate_sqlite(tmp_path / "hub.db")
    code = (
        "import asyncio, sys; from hub.store import open_store\n"
        f"asyncio.run(asyncio.run(open_store('sqlite:///{tmp_path}/hub.db', data_keys=[])).close())\n"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    migrate_sqlite(path)
    before = _sqlite_schema(path)
    migrate_sqlite(path)
    assert _sqlite_schema(path) == before


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/hub.db", poolclass=NullPool)
    event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE messages (x)"))  # in the way of ours
    with pytest.raises(Exception, match="messages"), engine.begin() as connection:
        upgrade(connection)
    assert [name for name, _ in _sqlite_schema(tmp_path / "hub.db")] == ["messages"]


async def test_several_hubs_starting_at_once_on_one_file_all_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    stores = await asyncio.gather(*(open_store(url, data_keys=[]) for _ in range(4)))
    for store in stores:
        await store.ping()
        await store.close()


@pytest.mark.services
async def test_several_hubs_starting_at_once_on_one_schema_all_start(database_url: str) -> None:
    stores = await asyncio.gather(*(open_store(database_url, data_keys=[]) for _ in range(4)))
    for store in stores:
        await store.ping()
        await store.close()


async def test_a_file_of_a_newer_hub_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    migrate_sqlite(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(SchemaNewer, match="newer hub"):
        await open_store(f"sqlite:///{path}", data_keys=[])


@pytest.mark.services
async def test_a_schema_of_a_newer_hub_is_refused_in_plain_words(database_url: str) -> None:
    await migrate_postgres(database_url, "test")
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()
    with pytest.raises(SchemaNewer, match="newer hub"):
        await open_store(database_url, data_keys=[])


def _sqlite_schema(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    finally:
        connection.close()
