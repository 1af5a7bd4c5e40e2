"""`hub run --simulate`: the hub with the reference district and its simulated departments, for training."""

import asyncio
import signal

import typer

from config.settings import Settings
from hub.cli.demo.story import DEPARTMENTS
from hub.cli.lab import Lab


def run_training(settings: Settings) -> None:
    """Run until Ctrl-C; data stays in the settings' data folder."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    lab = Lab(
        folder=settings.data_dir / "training",
        database="" if settings.embedded else settings.database,
        broker=settings.broker,
        pace=5.0,
        port=settings.listen_port,
    )
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        await lab.start_departments(DEPARTMENTS)
        await lab.start_hub()
        for scope in ("portal", "ops"):
            typer.echo(f"{scope} key: {await lab.create_key(scope)}")
        typer.echo(f"Onewindow Hub with simulated {', '.join(DEPARTMENTS)}: {lab.url}  (API: {lab.url}/docs)")
        typer.echo(f"logs and books: {lab.folder}; Ctrl-C stops everything")
        await _until_stopped(stop, lab)
    finally:
        await lab.stop()


async def _until_stopped(stop: asyncio.Event, lab: Lab) -> None:
    """Wait for Ctrl-C, or say which child ended by itself."""
    children = [*lab.hub.values(), *lab.departments.values()]
    waits = {asyncio.create_task(child.running.wait()): child for child in children if child.running is not None}
    signalled = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([signalled, *waits], return_when=asyncio.FIRST_COMPLETED)
    for task in done - {signalled}:
        typer.echo(f"{waits[task].name} ended by itself:\n{waits[task].tail()}", err=True)
    for task in (signalled, *waits):
        task.cancel()
