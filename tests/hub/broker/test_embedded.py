"""The contract of a broker, on messages kept in the store."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from cases.delivery import DeliveryRef
from cases.errors import Unavailable
from hub.broker.embedded import EmbeddedBroker
from hub.store import SqlStore, open_store
from tests.contracts.broker_contract import BrokerContract, OpenBroker, Seen, refs, wait_for_depth


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = await open_store(f"sqlite:///{tmp_path}/hub.db", data_keys=[])
    yield store
    await store.close()


class TestEmbeddedBroker(BrokerContract):
    @pytest.fixture
    async def open_broker(self, store: SqlStore) -> AsyncIterator[OpenBroker]:
        async with AsyncExitStack() as stack:

            async def opened() -> EmbeddedBroker:
                broker = await EmbeddedBroker.open(store.messages)
                stack.push_async_callback(broker.close)
                return broker

            yield opened

    async def test_what_was_handled_is_gone_from_the_table(self, store: SqlStore, open_broker: OpenBroker) -> None:
        broker, seen = await open_broker(), Seen()
        sent = refs("civil-affairs", 3)
        await broker.publish(sent)
        assert [ref for _, ref in await store.messages.all()] == sent
        async with broker.consume("civil-affairs", seen, in_flight=2):
            await seen.wait(3)
        await broker.close()
        assert await store.messages.all() == []

    async def test_numbers_are_never_used_again(self, store: SqlStore) -> None:
        first = await store.messages.add(refs("civil-affairs", 2))
        await store.messages.remove(first)
        second = await store.messages.add(refs("civil-affairs", 2))
        assert not set(first) & set(second)


class _Away:
    """A table whose database can be away."""

    def __init__(self, table: object) -> None:
        self.table, self.away = table, False

    async def add(self, refs: Sequence[DeliveryRef]) -> list[int]:
        if self.away:
            raise Unavailable("the disk is full")
        return await self.table.add(refs)

    async def remove(self, numbers: Sequence[int]) -> None:
        if self.away:
            raise Unavailable("the disk is full")
        await self.table.remove(numbers)

    async def all(self) -> list[tuple[int, DeliveryRef]]:
        return await self.table.all()


async def test_nothing_is_confirmed_while_the_database_is_away(store: SqlStore) -> None:
    table = _Away(store.messages)
    broker = await EmbeddedBroker.open(table)
    table.away = True
    assert await broker.publish(refs("civil-affairs", 2)) == []
    assert await broker.depth("civil-affairs") == 0
    await broker.close()


async def test_what_could_not_be_forgotten_is_forgotten_with_the_next(store: SqlStore) -> None:
    table, seen = _Away(store.messages), Seen()
    broker = await EmbeddedBroker.open(table)
    await broker.publish(refs("civil-affairs", 1))
    table.away = True
    async with broker.consume("civil-affairs", seen, in_flight=1):
        await seen.wait(1)
        await wait_for_depth(broker, "civil-affairs", 0)
    assert len(await store.messages.all()) == 1
    table.away = False
    await broker.publish(refs("civil-affairs", 1))
    async with broker.consume("civil-affairs", seen, in_flight=1):
        await seen.wait(2)
    await broker.close()
    assert await store.messages.all() == []
