"""The contract of a store, on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from hub.store import SqlStore, open_store
from tests.contracts.store_contract import OpenStore, StoreContract

DATA_KEY = bytes(range(32))


@pytest.mark.services
class TestPostgresStore(StoreContract):
    @pytest.fixture
    async def open_store(self, database_url: str) -> AsyncIterator[OpenStore]:
        async with AsyncExitStack() as stack:

            async def opened() -> SqlStore:
                store = await open_store(database_url, data_keys=[DATA_KEY])
                stack.push_async_callback(store.close)
                return store

            yield opened
