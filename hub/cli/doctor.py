"""`hub doctor`: check this installation; every finding with its remedy."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from config.settings import Settings
    from hub.app.doctor import Advice

_SIGNS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


def command(
    config: Annotated[Path | None, typer.Option(help="settings file; without one: the embedded default")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable output")] = False,
) -> None:
    """Check Python, disk, secrets, calendar, district, database, clock, broker and every department's system.

    Nothing is sent to a department. Exit code 1 if there is any error.

    Example: hub doctor --config /etc/onewindow/hub.yaml
    """
    import asyncio
    import json
    from dataclasses import asdict

    from config.settings import load_settings
    from monitoring.logs import configure_logs

    settings = load_settings(config)  # what is wrong with it is said by `hub` itself, line by line
    configure_logs(level="CRITICAL")  # the findings say it in words for people
    findings = asyncio.run(_all(settings, None if as_json else _show))
    errors = sum(finding.level == "error" for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": not errors, "findings": [asdict(finding) for finding in findings]}, indent=1))
    else:
        warnings = sum(finding.level == "warning" for finding in findings)
        typer.echo(f"{len(findings)} looked at, {errors} errors, {warnings} warnings")
    if errors:
        raise typer.Exit(1)


async def _all(settings: "Settings", show: "Callable[[Advice], None] | None") -> "list[Advice]":
    from hub.app.doctor import examine

    found = []
    async for advice in examine(settings):
        found.append(advice)
        if show is not None:
            show(advice)
    return found


def _show(advice: "Advice") -> None:
    typer.echo(f"{_SIGNS[advice.level]} {advice.about}: {advice.what}")
    if advice.remedy:
        typer.echo(f"        -> {advice.remedy}")
