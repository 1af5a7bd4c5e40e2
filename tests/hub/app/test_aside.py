"""Work in a process of its own: its result, its refusals, and nothing of it on a command line."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from cases.errors import HubError, Unavailable
from hub.app.aside import aside
from hub.store.names import HEAD
from hub.supervision.calendar import PROVISIONAL


async def test_the_result_comes_back() -> None:
    days = await aside("hub.supervision.calendar", "statutory_days", PROVISIONAL)
    assert date(PROVISIONAL, 10, 1) in days


async def test_a_migration_is_done_when_it_returns(tmp_path: Path) -> None:
    await aside("hub.store.migrating", "migrate_sqlite", tmp_path / "hub.db")
    with sqlite3.connect(tmp_path / "hub.db") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
    database.close()


async def test_a_refusal_comes_back_as_itself(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Unavailable, match="is not a database that can be read"):
        await aside("hub.store.migrating", "migrate_sqlite", tmp_path / "hub.db")


async def test_a_coroutine_is_run_to_its_end() -> None:
    with pytest.raises(Unavailable, match="cannot be used now"):
        await aside("hub.store.migrating", "migrate_postgres", "postgresql://nobody@127.0.0.1:1/none", "that database")


async def test_a_fault_of_ours_there_is_an_error_here() -> None:
    with pytest.raises(HubError, match="ended with exit code 1"):
        await aside("hub.supervision.calendar", "no_such_function")
