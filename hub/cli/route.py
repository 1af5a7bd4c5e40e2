"""`hub route`: which department takes a case, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cases.problems import Problem
    from cases.submission import Submission
    from router.table import Explanation

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Which department takes a case, and why."""


@app.command("explain")
def explain(
    case: Annotated[Path, typer.Argument(help="a submission as JSON")],
    config: Annotated[Path | None, typer.Option(help="settings file; without one: the embedded default")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Say where a submission would go, which rule chose, and every rule tried with its reasons. Nothing is sent.

    Exits 1 where the submission would be refused.

    Example:
        hub route explain config/hetang/cases/old-age.json
    """
    import asyncio
    from datetime import UTC, datetime

    from cases.moments import local_day
    from hub.cli.district import open_office
    from router.check import check_submission

    submission = _read(case)
    _, office = asyncio.run(open_office(config))
    now = datetime.now(UTC)
    item = office.catalogue.in_force(submission.item_code, local_day(now))
    problems = check_submission(submission, item, now)
    explanation = office.routes.explain(submission, item, local_day(now))
    if as_json:
        _print_json(explanation, problems)
    else:
        typer.echo(f"item         {item.code} {item.name}, version {item.version}")
        typer.echo(f"department   {explanation.department} {office.departments[explanation.department].name}")
        _print_text(explanation, problems)
    if problems or explanation.refused:
        raise typer.Exit(1)


def _read(path: Path) -> Submission:
    from pydantic import ValidationError

    from cases.errors import ConfigError
    from cases.submission import Submission
    from config.catalogue import read_file
    from config.findings import Finding

    located = read_file(path)
    try:
        return Submission.model_validate(located.value)
    except ValidationError as error:
        findings = []
        for fault in error.errors(include_url=False, include_input=False):
            place = [part for part in fault["loc"] if isinstance(part, (str, int))]
            findings.append(Finding(located.file, located.line(place), ".".join(map(str, place)), fault["msg"]))
        raise ConfigError(findings) from None


def _print_json(explanation: Explanation, problems: list[Problem]) -> None:
    import orjson

    found = [{"field": problem.field, "code": problem.code, "message": problem.message("en")} for problem in problems]
    document = explanation.as_json() | {"problems": found}
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


def _print_text(explanation: Explanation, problems: list[Problem]) -> None:
    if explanation.refused:
        typer.echo(f"refused      {explanation.refused.message('en')}")
    else:
        typer.echo(f"goes to      {explanation.destination}, by rule {explanation.rule}")
    for tried in explanation.as_json()["tried"]:
        reasons = f": {'; '.join(tried['reasons'])}" if tried["reasons"] else ""
        typer.echo(f"  {tried['place']}  to {tried['to']}  {tried['outcome']}{reasons}")
    for problem in problems:
        typer.echo(f"problem      {problem}")
