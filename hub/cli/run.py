"""`hub run`: start the hub."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    config: Annotated[Path | None, typer.Option(help="settings file; without one: the embedded default")] = None,
    role: Annotated[list[str] | None, typer.Option(help="api, worker, clock; repeatable; without it: all")] = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="also start the simulated departments")] = False,
) -> None:
    """Start the hub and run until Ctrl-C or SIGTERM; what is in flight is finished or handed back.

    Without a settings file everything is embedded: SQLite and a broker inside the process, data in ./var.

    Examples:
        hub run --simulate
        hub run --config /etc/onewindow/hub.yaml --role worker --role clock
    """
    import asyncio
    import sys

    from cases.errors import ConfigError
    from config.findings import Finding
    from config.settings import load_settings
    from hub.app.roles import Roles
    from monitoring.logs import configure_logs

    try:
        roles = Roles.of(role or ["all"])
    except ValueError:
        raise ConfigError([Finding("--role", 1, " ".join(role or ()), "expected all, api, worker or clock")]) from None
    settings = load_settings(config)
    configure_logs(settings.log, settings.log_level, stream=sys.stderr)
    if simulate:
        from hub.cli.training import run_training

        run_training(settings)
        return
    from hub.app.process import serve

    run_loop(asyncio, serve(settings, roles, _announce))


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
