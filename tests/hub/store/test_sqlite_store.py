"""The contract of a store, on SQLite."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hub.store import SqlStore, open_store
from tests.contracts.store_contract import OpenStore, StoreContract

DATA_KEY = bytes(range(32))


class TestSqliteStore(StoreContract):
    @pytest.fixture
    async def open_store(self, tmp_path: Path) -> AsyncIterator[OpenStore]:
        async with AsyncExitStack() as stack:

            async def opened() -> SqlStore:
                store = await open_store(f"sqlite:///{tmp_path}/hub.db", data_keys=[DATA_KEY])
                stack.push_async_callback(store.close)
                return store

            yield opened
