"""A process that is killed in the middle of its writes: what it was told is there is there, and nothing by halves."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from hub.store import open_store
from tests.contracts.made import DOCUMENT, NOW

ROOT = Path(__file__).parents[3]

#: Accepts cases and prints each number once it was told that the case is durable.
CHILD = """
import asyncio, sys
from hub.store import open_store
from tests.contracts.made import filed_case, key, new_case, take

async def main(url):
    store = await open_store(url, data_keys=[])

    async def one():
        while True:
            case = await filed_case(store, foreign_no=None)
            sys.stdout.write(case.case_no + "\\n")
            sys.stdout.flush()

    await asyncio.gather(*(one() for _ in range(8)))

asyncio.run(main(sys.argv[1]))
"""


async def kill_while_writing(url: str, told: int) -> set[str]:
    """Return the case numbers that the child had been told of before it was killed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, url, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}
    )
    assert child.stdout is not None
    try:
        lines = [await asyncio.wait_for(child.stdout.readline(), 60) for _ in range(told)]
    finally:
        child.send_signal(signal.SIGKILL)
    lines += (await child.stdout.read()).splitlines(keepends=True)
    await child.wait()
    return {line.decode().strip() for line in lines if line.endswith(b"\n")}


async def check(url: str, told: set[str]) -> None:
    store = await open_store(url, data_keys=[])
    try:
        rows = await store.cases(caller=None, state=None, department=None, after=None, limit=100_000)
        assert told <= {row.case_no for row in rows}
        for row in rows:
            assert row.document == DOCUMENT
            story = await store.events(row.case_no)
            assert [line.seq for line in story] == list(range(1, row.version + 1))
            (delivery,) = await store.deliveries(case_no=row.case_no)
            settled = len(story) == 2
            assert settled or row.case_no not in told
            assert (delivery.state.value == "DONE") is settled
            if delivery.state.value == "CLAIMED":  # its worker died: the lease ends, and the next one is told so
                later = NOW.replace(year=2027)
                claim = await store.claim(delivery.delivery_id, worker="w", now=later, lease_until=later)
                assert claim is not None
                assert claim.unsettled
    finally:
        await store.close()


async def test_sqlite_survives_the_killing_of_its_writer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    told: set[str] = set()
    for count in (20, 60):
        told |= await kill_while_writing(url, count)
        await check(url, told)


@pytest.mark.services
async def test_postgres_survives_the_killing_of_a_writer(database_url: str) -> None:
    told: set[str] = set()
    for count in (20, 60):
        told |= await kill_while_writing(database_url, count)
        await check(database_url, told)
