"""One process of the hub: the tasks of its roles, from start to a clean stop."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from cases.errors import HubError
from config.settings import Settings
from hub.app.road import REFRESH_SECONDS, Road, open_road
from hub.app.roles import Roles
from monitoring.exporter import Exporter
from monitoring.gauges import feed_backlog
from monitoring.health import Health
from monitoring.metrics import Metrics

log = logging.getLogger(__name__)

_GAUGE_SECONDS = 5.0
_STOP_SECONDS = 25.0

#: Called once with the address under which the hub can be reached (or None for roles that do not serve).
Ready = Callable[[str | None], None]


async def serve(settings: Settings, roles: Roles, ready: Ready = lambda _: None) -> None:
    """Run these roles until SIGTERM or SIGINT, then finish or hand back what is in flight.

    Raises:
        ConfigError, Unavailable: the hub cannot start; nothing was begun.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    metrics = Metrics()
    async with (
        open_road(settings, metrics, serves=roles.serves, delivers=roles.works or roles.keeps_time) as road,
        AsyncExitStack() as stack,
    ):
        tasks = _start_tasks(road, roles)
        stack.push_async_callback(_cancel, tasks)
        if roles.works:
            await road.deliver.consume(stack)
        address = await _listen(road, roles, stack)
        log.info("hub_started", extra={"role": str(roles), "address": address, "departments": sorted(road.packs)})
        _quieten_collector()
        ready(address)
        await _until(stop, tasks)
        log.info("hub_stopping", extra={"role": str(roles)})


def _quieten_collector() -> None:
    """Let the garbage collector leave alone what was loaded for good, and look less often: a tenth of all the work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _start_tasks(road: Road, roles: Roles) -> list[asyncio.Task[None]]:
    loops: dict[str, Awaitable[None]] = {
        "relay": road.relay.run(),
        "refresh": _repeat(road.refresh, REFRESH_SECONDS),
    }
    if roles.keeps_time:
        loops["sweep"] = road.relay.sweep(road.settings.sweep_seconds)
        loops["fetch"] = road.fetch.run()
        loops["gauges"] = _repeat(lambda: _gauges(road), _GAUGE_SECONDS)
    return [asyncio.create_task(_named(loop), name=name) for name, loop in loops.items()]


async def _named(loop: Awaitable[None]) -> None:
    await loop


async def _repeat(work: Callable[[], Awaitable[None]], every_seconds: float) -> None:
    """Do something at a rhythm; a failure is said and the rhythm goes on."""
    while True:
        try:
            await work()
        except HubError as error:
            log.warning("repeated_work_failed", extra={"reason": str(error)})
        await asyncio.sleep(every_seconds)


async def _gauges(road: Road) -> None:
    feed_backlog(road.metrics, await road.store.backlog(), road.clock.now())


async def _listen(road: Road, roles: Roles, stack: AsyncExitStack) -> str | None:
    """Open this process's port: the API, or metrics and health only."""
    health = Health({"store": road.store.ping, "broker": road.broker.ping})
    settings = road.settings
    if not roles.serves:
        if settings.metrics_port:
            await stack.enter_async_context(Exporter(road.metrics, health, settings.listen_host, settings.metrics_port))
        return None
    from hub.app.server import api_server  # noqa: PLC0415 - 8 MB that a process without an API does without

    server = api_server(road, health)
    task = asyncio.create_task(server.serve(), name="http")
    stack.push_async_callback(server.finish, task)
    return await server.address(task)


async def _until(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the signal; a task that ends by itself is a failure of the process, said and raised."""
    waiter = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([waiter, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiter.cancel()
    for task in done - {waiter}:
        task.result()
        raise HubError(f"task {task.get_name()} ended by itself")


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=_STOP_SECONDS)
