"""What several commands need of a district: its settings, its catalogue, and the items imported into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from config.settings import Settings
    from router.office import Office


async def open_office(config: Path | None) -> tuple[Settings, Office]:
    """Load the district of these settings, with what was imported.

    Raises:
        ConfigError: with every finding in the district's files.
        Unavailable: the store cannot be reached.
    """
    from config.catalogue import read_district
    from config.settings import load_settings
    from mappings import compile_condition
    from router.office import load_office

    settings = load_settings(config)
    office = load_office(read_district(settings.district), compile_condition=compile_condition)
    return settings, office.with_stored(await _stored(settings))


async def _stored(settings: Settings) -> list[bytes]:
    if not _has_store(settings):
        return []  # nothing was ever imported; looking must not create a database
    from hub.app.opening import open_store

    store = await open_store(settings)
    try:
        return await store.items()
    finally:
        await store.close()


def _has_store(settings: Settings) -> bool:
    from pathlib import Path

    file = settings.database.removeprefix("sqlite:///")
    return file == settings.database or Path(file).exists()
