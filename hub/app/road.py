"""The road of one process, wired: submit, relay, deliver, report and fetch over the opened ports."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date

from cases.outcome import Broken, Outcome
from config.secrets import own_key
from config.settings import Settings
from connectors.department import Department
from connectors.pack import Pack
from connectors.registry import Registry, Summary
from connectors.source import Source
from connectors.source_pack import load_sources
from connectors.webhook import Webhook
from connectors.wire.egress import Egress
from hub.app.aside import aside
from hub.app.opening import SystemClock, open_broker, open_departments, open_office, open_store, secrets_dir
from hub.flow.deliver import Deliver, Patience
from hub.flow.fetch import Fetch
from hub.flow.relay import Relay
from hub.flow.report import Report
from hub.flow.submit import Limits, Numbering, Submit
from hub.ports import Broker, Clock, Store, Subscription
from hub.store.files import FileStore
from hub.supervision.calendar import PROVISIONAL, WorkCalendar
from monitoring.metrics import Metrics
from retry.schedule import Schedule
from router.catalogue import Catalogue
from router.items import Item
from router.office import Office

#: Every process reads subscriptions and imported items again after this.
REFRESH_SECONDS = 2.0
_CALENDAR = "hub.supervision.calendar"


@dataclass(slots=True)
class Book:
    """What is read again while the hub runs: imported items, and who wants to be told."""

    catalogue: Catalogue
    subscriptions: Sequence[Subscription] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """One process's road and the ports it stands on."""

    settings: Settings
    clock: Clock
    store: Store
    broker: Broker
    packs: Mapping[str, Pack]
    registry: Registry
    sources: Mapping[str, Source]
    office: Office
    book: Book
    metrics: Metrics
    files: FileStore
    relay: Relay
    report: Report
    deliver: Deliver
    fetch: Fetch
    submit: Submit

    @property
    def departments(self) -> Mapping[str, Department]:
        """The departments this process talks with, by key; `packs` has all that are in force."""
        return self.registry.departments

    async def refresh(self) -> None:
        """Read again what may have changed in the store."""
        self.book.subscriptions = await self.store.subscriptions()
        self.book.catalogue = self.office.catalogue.extended(await self.store.items())


@asynccontextmanager
async def open_road(settings: Settings, metrics: Metrics, *, serves: bool, delivers: bool) -> AsyncIterator[Road]:
    """Open everything one process needs and close it again in the right order.

    Args:
        settings: the operator's.
        metrics: of this process.
        serves: it takes submissions, so it must be able to count their limits without a pause.
        delivers: it talks to departments. One that does not opens only the connectors that are called by them, and
            leaves it to a process aside to load what the others' protocols need.

    Raises:
        ConfigError: with every finding in the district's files.
        Unavailable: store or broker cannot be reached.
    """
    clock = SystemClock()
    office = open_office(settings.district)
    async with AsyncExitStack() as stack:
        days = asyncio.create_task(_provisional_days(serves))
        stack.callback(days.cancel)
        store = await open_store(settings)
        stack.push_async_callback(store.close)
        broker = await open_broker(settings, store, metrics)
        stack.push_async_callback(broker.close)
        if delivers:
            registry = open_departments(settings, office)
            packs = registry.summary().packs
        else:
            summary: Summary = await aside("hub.app.opening", "sum_up_departments", settings)
            registry, packs = open_departments(settings, office, only=summary.receiving), summary.packs
        metrics.expect(packs)
        stack.push_async_callback(registry.close)
        webhook = Webhook(egress=Egress(settings.outgoing))
        stack.push_async_callback(webhook.close)
        sources = load_sources(settings.district / "sources")
        files = FileStore(settings.data_dir / "files")
        await files.sweep()
        book = Book(office.catalogue)
        relay = Relay(store, broker, clock)
        report = Report(
            store=store,
            departments=registry.departments,
            subscriptions=lambda: book.subscriptions,
            relay=relay,
            clock=clock,
            metrics=metrics,
            source=settings.public_url,
        )
        road = Road(
            settings=settings,
            clock=clock,
            store=store,
            broker=broker,
            packs=packs,
            registry=registry,
            sources=sources,
            office=office,
            book=book,
            metrics=metrics,
            files=files,
            relay=relay,
            report=report,
            deliver=Deliver(
                store=store,
                broker=broker,
                departments=registry.departments,
                notify=Notifier(webhook, book),
                files=files,
                report=report,
                relay=relay,
                clock=clock,
                metrics=metrics,
                worker=f"{socket.gethostname()}-{os.getpid()}",
                patience=Patience(
                    schedule=Schedule(
                        first_seconds=settings.retry_first_seconds, cap_seconds=settings.retry_cap_seconds
                    ),
                    lease_margin_seconds=settings.lease_margin_seconds,
                    notify_in_flight=settings.notify_in_flight,
                ),
            ),
            fetch=Fetch(
                store=store,
                departments=registry.departments,
                report=report,
                every_seconds=settings.fetch_every_seconds,
            ),
            submit=Submit(
                store=store,
                catalogue=lambda: book.catalogue,
                routes=lambda: office.routes,
                live=packs.keys,
                limits=_limits(WorkCalendar(await days)),
                numbering=Numbering(
                    district=office.district.code,
                    secret=own_key(secrets_dir(settings), "number-key"),
                    public_url=settings.public_url.rstrip("/"),
                ),
                clock=clock,
                committed=relay.push,
                metrics=metrics,
            ),
        )
        await road.refresh()
        yield road


class Notifier:
    """Sends an event to the subscriber whose lane it lies in."""

    def __init__(self, webhook: Webhook, book: Book) -> None:
        self._webhook, self._book = webhook, book

    async def __call__(self, lane: str, delivery_id: str, body: bytes) -> Outcome:
        """Send; a subscriber that is gone is told to nobody any more."""
        identity = lane.removeprefix("webhook:")
        for subscription in self._book.subscriptions:
            if subscription.subscription_id == identity:
                return await self._webhook.send(
                    url=subscription.url, secret=subscription.secret, message_id=delivery_id, body=body
                )
        return Broken(code="no_subscriber", reason="the subscription was ended")


async def _provisional_days(serves: bool) -> list[date] | None:
    return await aside(_CALENDAR, "statutory_days", PROVISIONAL) if serves else None


def _limits(calendar: WorkCalendar) -> Limits:
    def limits(item: Item, received: date) -> tuple[date | None, date | None]:
        promised = calendar.due(received, item.promised_days)
        legal = calendar.due(received, item.legal_days) if item.legal_days else None
        return (promised.day if promised else None), (legal.day if legal else None)

    return limits
