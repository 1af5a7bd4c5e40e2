"""A worker's road over a real SQLite store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store.files import FileStore
from hub.store.opening import open_store
from tests.hub.flow.kit import Kit, ScriptedDepartment, build_kit, new_case


@pytest.fixture
async def kit(tmp_path: Path) -> AsyncIterator[Kit]:
    """One accepted case, one scripted department, nothing delivered yet."""
    store = await open_store(f"sqlite:///{tmp_path / 'hub.db'}", data_keys=[bytes(32)])
    try:
        await store.accept(new_case())
        yield build_kit(store, ScriptedDepartment(), FileStore(tmp_path / "files"))
    finally:
        await store.close()
