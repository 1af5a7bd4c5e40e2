"""`hub run`: start the hub."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    config: Annotated[Path | None, typer.Option(help="settings file; without one: the embedded default")] = None,
    role: Annotated[str, typer.Option(help="all, api, worker or clock")] = "all",
    simulate: Annotated[bool, typer.Option("--simulate", help="also start the simulated departments")] = False,
) -> None:
    """Start the hub and run until Ctrl-C or SIGTERM; what is in flight is finished or handed back.

    Without a settings file everything is embedded: SQLite and a broker inside the process, data in ./var.

    Examples:
        hub run --simulate
        hub run --config /etc/onewindow/hub.yaml --role worker
    """
    import asyncio
    import sys

    from cases.errors import ConfigError
    from config.findings import Finding
    from config.settings import load_settings
    from monitoring.logs import configure_logs

    if role not in ("all", "api", "worker", "clock"):
        raise ConfigError([Finding("--role", 1, role, "expected all, api, worker or clock")])
    settings = load_settings(config)
    configure_logs(settings.log, settings.log_level, stream=sys.stderr)
    if simulate:
        from hub.cli.training import run_training

        run_training(settings)
        return
    from hub.app import Role, serve

    run_loop(asyncio, serve(settings, Role(role), _announce))


def run_loop(asyncio_module: object, work: object) -> None:
    """Run on uvloop where it is there."""
    import asyncio
    from collections.abc import Coroutine
    from typing import cast

    coroutine = cast("Coroutine[None, None, None]", work)
    try:
        import uvloop
    except ImportError:  # not on this platform: asyncio's own loop does the same, slower
        asyncio.run(coroutine)
    else:
        uvloop.run(coroutine)


def _announce(address: str | None) -> None:
    if address:
        typer.echo(f"Onewindow Hub is open at {address}  (API {address}/docs, health {address}/readyz)")
