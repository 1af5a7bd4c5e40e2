"""`hub demo`: the main job on real protocols, on this machine."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    cases: Annotated[int, typer.Option(min=1, max=2000, help="how many cases to submit")] = 66,
    rabbitmq: Annotated[str | None, typer.Option(help="amqp:// URL; without it the embedded broker")] = None,
    database: Annotated[str | None, typer.Option(help="postgresql:// URL; goes with --rabbitmq")] = None,
    pace: Annotated[float, typer.Option(min=0.05, max=10, help="0.5: departments work twice as quickly")] = 0.5,
    keep: Annotated[Path | None, typer.Option(help="keep everything in this folder instead of a temporary one")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the summary as JSON, no table")] = False,
) -> None:
    """Start a hub and simulated departments, submit cases, follow each to its end, and compare with their books.

    Some cases meet trouble on purpose: a business refusal, an answer that never comes, a busy department, a reset
    connection, an HTML page instead of an answer. Exit code 0 only if all ended as they should.

    Examples:
        hub demo
        hub demo --cases 200 --json
        hub demo --rabbitmq amqp://guest:guest@127.0.0.1/ --database postgresql://postgres@127.0.0.1/hub
    """
    import asyncio

    from cases.errors import ConfigError
    from config.findings import Finding
    from config.settings import load_settings
    from hub.cli.demo.show import print_summary
    from hub.cli.demo.story import Options, run_demo

    if bool(rabbitmq) != bool(database):
        raise ConfigError([Finding("hub demo", 1, "--rabbitmq", "give --rabbitmq and --database together, or neither")])
    if rabbitmq and database:
        load_settings(environment={"HUB_BROKER": rabbitmq, "HUB_DATABASE": database})  # says what is wrong with them
    options = Options(cases=cases, broker=rabbitmq or "embedded", database=database or "", pace=pace, keep=keep)
    summary = asyncio.run(run_demo(options, live=not as_json))
    print_summary(summary, as_json=as_json)
    if not summary.good:
        raise typer.Exit(1)
