"""Group commit: who shares a transaction, who fails, who waits."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cases.errors import Unavailable
from hub.store.database import Database, Tx, Work
from hub.store.sqlite import SqliteDatabase
from hub.store.writer import Writer


class Noting:
    """Handles numbers: notes each group, answers with the square, chokes on 13."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []

    async def __call__(self, tx: Tx, numbers: Sequence[int]) -> list[int | Exception]:
        self.groups.append(list(numbers))
        if 13 in numbers:
            raise ValueError("thirteen")
        return [KeyError("seven") if number == 7 else number * number for number in numbers]


class Gate:
    """A database whose commits wait until they are let through."""

    def __init__(self, inner: Database) -> None:
        self.inner, self.open, self.down = inner, asyncio.Event(), False
        self.concurrent_writers = inner.concurrent_writers

    async def transact(self, work: Work[Any]) -> Any:
        await self.open.wait()
        if self.down:
            raise Unavailable("the database is away")
        return await self.inner.transact(work)


@pytest.fixture
async def gate(tmp_path: Path) -> Any:
    database = SqliteDatabase(tmp_path / "x.db")
    yield Gate(database)
    await database.close()


async def start(writer: Writer, numbers: Sequence[int]) -> list["asyncio.Task[Any]"]:
    tasks = [asyncio.create_task(writer.submit("square", number)) for number in numbers]
    await asyncio.sleep(0.01)
    return tasks


async def test_a_group_is_what_came_in_while_the_last_commit_ran(gate: Gate) -> None:
    noting = Noting()
    writer = Writer(gate, {"square": noting})
    first = await start(writer, [1])
    rest = await start(writer, [2, 3, 4])
    gate.open.set()
    assert await asyncio.gather(*first, *rest) == [1, 4, 9, 16]
    assert noting.groups == [[1], [2, 3, 4]]


async def test_nobody_waits_for_a_group_to_fill(gate: Gate) -> None:
    gate.open.set()
    noting = Noting()
    async with asyncio.timeout(5):
        assert await Writer(gate, {"square": noting}).submit("square", 3) == 9
    assert noting.groups == [[3]]


async def test_a_large_crowd_is_cut_into_groups(gate: Gate) -> None:
    noting = Noting()
    writer = Writer(gate, {"square": noting}, group_limit=4)
    tasks = await start(writer, range(20, 30))
    gate.open.set()
    await asyncio.gather(*tasks)
    assert [len(group) for group in noting.groups] == [4, 4, 2]


async def test_a_member_that_breaks_its_group_fails_alone(gate: Gate) -> None:
    noting = Noting()
    writer = Writer(gate, {"square": noting})
    tasks = await start(writer, [1]) + await start(writer, [2, 13, 3])
    gate.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [results[0], results[1], results[3]] == [1, 4, 9]
    assert isinstance(results[2], ValueError)
    assert noting.groups == [[1], [2, 13, 3], [2], [13], [3]]


async def test_a_members_own_answer_may_be_an_exception(gate: Gate) -> None:
    gate.open.set()
    writer = Writer(gate, {"square": Noting()})
    results = await asyncio.gather(*await start(writer, [7, 8]), return_exceptions=True)
    assert isinstance(results[0], KeyError)
    assert results[1] == 64


async def test_when_the_database_is_away_a_group_is_not_tried_one_by_one(gate: Gate) -> None:
    noting = Noting()
    gate.down = True
    writer = Writer(gate, {"square": noting})
    tasks = await start(writer, [1, 2, 3])
    gate.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results)
    gate.down = False
    assert await writer.submit("square", 5) == 25


async def test_a_full_queue_refuses_at_once_and_in_plain_words(gate: Gate) -> None:
    writer = Writer(gate, {"square": Noting()}, queue_limit=3)
    tasks = await start(writer, [0]) + await start(writer, [1, 2, 3])
    with pytest.raises(Unavailable, match="cannot keep up"):
        await writer.submit("square", 4)
    gate.open.set()
    assert await asyncio.gather(*tasks) == [0, 1, 4, 9]


async def test_a_caller_that_gave_up_before_its_turn_writes_nothing(gate: Gate) -> None:
    noting = Noting()
    writer = Writer(gate, {"square": noting})
    first, second, third = await start(writer, [1]) + await start(writer, [2, 3])
    second.cancel()
    gate.open.set()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert noting.groups == [[1], [3]]


async def test_closing_waits_for_what_was_promised_and_takes_no_more(gate: Gate) -> None:
    writer = Writer(gate, {"square": Noting()})
    tasks = await start(writer, [1, 2])
    gate.open.set()
    await writer.close()
    assert [task.result() for task in tasks] == [1, 4]
    with pytest.raises(Unavailable, match="closing"):
        await writer.submit("square", 3)


async def test_kinds_share_a_commit_in_a_fixed_order(gate: Gate) -> None:
    order: list[str] = []

    async def note(tx: Tx, names: Sequence[str]) -> list[None]:
        order.extend(names)
        return [None] * len(names)

    writer = Writer(gate, {"first": note, "second": note})
    tasks = [asyncio.create_task(writer.submit(kind, kind)) for kind in ("second", "first", "second")]
    await asyncio.sleep(0.01)
    gate.open.set()
    await asyncio.gather(*tasks)
    assert order == ["first", "second", "second"]
