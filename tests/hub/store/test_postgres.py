"""What only PostgreSQL can do to us: lost connections, deadlocks, refusals."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from cases.errors import Unavailable
from hub.store import SqlStore, open_store
from hub.store.database import Tx, Update
from hub.store.errors import RowRefused
from hub.store.names import serials
from hub.store.postgres import PostgresDatabase
from hub.store.sealing import Sealer
from tests.contracts.made import NOW, due_ids, new_case

pytestmark = pytest.mark.services


async def test_after_a_lost_connection_the_next_calls_work_again(database_url: str) -> None:
    await (await open_store(database_url, data_keys=[])).close()
    database = await PostgresDatabase.open(database_url, "test")
    store = SqlStore(database, Sealer(), lost_after=timedelta(minutes=10))
    await asyncio.gather(*(store.accept(new_case()) for _ in range(5)))
    ours = {
        rows[0][0]
        for rows in await asyncio.gather(*(database.read("SELECT pg_backend_pid(), pg_sleep(0.05)") for _ in range(8)))
    }
    other = await asyncpg.connect(database_url)
    await other.fetch("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", list(ours))
    await other.close()
    results = await asyncio.gather(*(store.accept(new_case()) for _ in range(5)), return_exceptions=True)
    assert [one for one in results if isinstance(one, Exception) and not isinstance(one, Unavailable)] == []
    async with asyncio.timeout(20):
        while isinstance((await asyncio.gather(store.accept(new_case()), return_exceptions=True))[0], Exception):
            await asyncio.sleep(0.05)
    kept = len([result for result in results if not isinstance(result, Exception)])
    assert len(await due_ids(store, NOW)) >= 5 + kept + 1
    await store.close()


async def test_a_broken_deadlock_is_tried_again_and_nobody_notices(database_url: str) -> None:
    store = await open_store(database_url, data_keys=[])
    await store.take_serials("a", 1)
    await store.take_serials("b", 1)
    database = await PostgresDatabase.open(database_url, "test")
    tries = 0

    async def both(tx: Tx, first: str, second: str) -> None:
        nonlocal tries
        tries += 1
        for series in (first, second):
            await tx.write([Update(serials, ("series",), ("last",), [(series, 7)])])
            await asyncio.sleep(0.1)

    async with asyncio.timeout(30):
        await asyncio.gather(
            database.transact(lambda tx: both(tx, "a", "b")), database.transact(lambda tx: both(tx, "b", "a"))
        )
    assert tries > 2
    assert await store.take_serials("a", 1) == range(8, 9)
    await database.close()
    await store.close()


async def test_a_value_that_postgres_cannot_keep_is_refused_in_plain_words(database_url: str) -> None:
    store = await open_store(database_url, data_keys=[])
    with pytest.raises(RowRefused, match="nothing of this call was written") as refusal:
        await store.accept(new_case(source_no="S-geheim\x00"))
    assert "geheim" not in str(refusal.value)
    case = new_case(source_no="S-geheim")
    await store.accept(case)
    with pytest.raises(RowRefused, match="duplicate key") as refusal:
        await store.accept(case)
    assert "geheim" not in str(refusal.value)
    assert refusal.value.__suppress_context__
    await store.close()


async def test_hot_statements_find_their_rows_by_an_index(database_url: str) -> None:
    """Each table's own index is used even while the tables are empty and PostgreSQL would rather read them whole."""
    store = await open_store(database_url, data_keys=[])
    database = await PostgresDatabase.open(database_url, "test")
    for sql in (
        "SELECT 1 FROM deliveries WHERE turn_at <= 5 ORDER BY turn_at LIMIT 9",
        "SELECT 1 FROM foreign_numbers WHERE foreign_no = ANY('{a}') AND system = ANY('{b}')",
        "SELECT 1 FROM status_inbox WHERE foreign_no = ANY('{a}') AND kind = 'unmatched' AND ended_at IS NULL",
        "SELECT 1 FROM deliveries WHERE destination = 'x' AND awaiting_since IS NOT NULL AND case_no > 'c' LIMIT 9",
        "SELECT 1 FROM cases WHERE submitted_by = 'p' ORDER BY received_at DESC, case_no DESC LIMIT 9",
    ):
        plan = "\n".join(row[0] for row in await database.read(f"EXPLAIN {sql}"))
        assert "Index" in plan, plan
        assert "Seq Scan" not in plan, plan
    await database.close()
    await store.close()
