"""From settings to ports: the store, the broker, the departments."""

import os
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cases.errors import ConfigError
from config.catalogue import read_district
from config.references import References
from config.secrets import own_key
from config.settings import Settings
from connectors.registry import Registry, Summary
from connectors.wire.egress import Egress
from hub.app.aside import aside
from hub.broker.embedded import EmbeddedBroker
from hub.broker.namespace import Namespaced
from hub.ports import Broker
from hub.store.opening import open_store as open_store_at
from hub.store.store import SqlStore
from mappings import compile_condition
from monitoring.metrics import Metrics
from router.office import Office, load_office


class SystemClock:
    """The hub's now, from the machine."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


def open_office(folder: Path) -> Office:
    """Read a district's catalogue and routes.

    Raises:
        ConfigError: with every finding of every file.
    """
    connectors = {path.parent.name for path in (folder / "departments").glob("*/connector.yaml")}
    return load_office(read_district(folder), compile_condition=compile_condition, connectors=connectors)


def secrets_dir(settings: Settings) -> Path:
    """Return where the hub's own keys and the departments' secrets lie."""
    return settings.secrets_dir or settings.data_dir / "secrets"


def references_of(settings: Settings) -> References:
    """Return what stands behind `${…}` in packs: environment and secrets folder."""
    return References(os.environ, secrets_dir=secrets_dir(settings))


async def open_store(settings: Settings) -> SqlStore:
    """Open the store of these settings, migrated to this version's schema.

    Raises:
        Unavailable: the database cannot be reached.
        ConfigError: the key file cannot be used, or the schema is newer than this hub.
    """
    return await open_store_at(
        settings.database,
        data_keys=[own_key(secrets_dir(settings), "data-key")],
        lost_after=timedelta(seconds=settings.queued_stale_seconds),
        aside=aside,
    )


async def open_broker(settings: Settings, store: SqlStore, metrics: Metrics | None = None) -> Broker:
    """Open the broker of these settings; the embedded one keeps its messages in the store's database.

    Raises:
        Unavailable: the broker cannot be reached.
    """
    if settings.embedded:
        return await EmbeddedBroker.open(store.messages)
    from hub.broker.rabbit import RabbitBroker  # noqa: PLC0415 - the embedded hub never loads pika

    rabbit = await RabbitBroker.open(settings.broker, metrics=metrics)
    return Namespaced(rabbit, settings.broker_namespace) if settings.broker_namespace else rabbit


def open_departments(
    settings: Settings, office: Office | None = None, *, only: Collection[str] | None = None
) -> Registry:
    """Open the packs of the district (or `only` these folders); a bad pack is listed and stops no other.

    Packs are proven for the items of the district's own files. An item that was imported into the store since may not
    put a department out of force: its cases are refused one by one where they do not fit.
    """
    if office is None:
        with suppress(ConfigError):  # told where the district itself is opened
            office = open_office(settings.district)
    return Registry.open(
        settings.district / "departments",
        egress=Egress(settings.outgoing),
        references=references_of(settings),
        office=office,
        only=only,
    )


async def sum_up_departments(settings: Settings) -> Summary:
    """Open every pack, say what there is, and close them again: for a process aside."""
    registry = open_departments(settings)
    try:
        return registry.summary()
    finally:
        await registry.close()
