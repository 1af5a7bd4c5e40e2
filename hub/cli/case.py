"""`hub case`: hand in and look up cases of a running hub."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.http_client import DEFAULT_URL, Key, Url, call

app = typer.Typer(no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="print the hub's answer as JSON")]


@app.callback()
def group() -> None:
    """Submit and look at cases of a running hub (HUB_URL, HUB_KEY)."""


@app.command("submit")
def submit(
    file: Annotated[Path, typer.Argument(help="a submission as JSON; - reads standard input")],
    url: Url = DEFAULT_URL,
    key: Key = "",
    again: Annotated[bool, typer.Option("--again", help="a new case even where this very file was submitted")] = False,
    as_json: Json = False,
) -> None:
    """Hand in one submission and print its receipt.

    The file's content is its idempotency key: the same file twice is the same case, unless --again is given.

    Example:
        hub case submit config/hetang/cases/old-age.json
    """
    import hashlib
    import uuid

    content = _read(file)
    identity = uuid.uuid4().hex if again else hashlib.sha256(content).hexdigest()
    receipt, headers = call(
        "POST", "/v1/cases", url=url, key=key, content=content, headers={"idempotency-key": f"cli-{identity}"}
    )
    if as_json:
        _print_json(receipt)
        return
    if "idempotent-replayed" in headers:
        typer.echo("This file was submitted before; its receipt again:")
    typer.echo(f"case      {receipt['case_no']}")
    typer.echo(f"receipt   {receipt['receipt_no']}  query code {receipt['query_code']}")
    typer.echo(f"goes to   {', '.join(step['name'] for step in receipt['route'])}")
    typer.echo(f"promised  {receipt['promised_by'] or '-'}")


@app.command("show")
def show(
    number: Annotated[str, typer.Argument(help="case number or receipt number")],
    url: Url = DEFAULT_URL,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Show one case and everything that happened to it.

    Example:
        hub case show 430202260302000011
    """
    from urllib.parse import quote

    path = f"/v1/cases/{quote(number, safe='')}"
    case, _ = call("GET", path, url=url, key=key)
    story, _ = call("GET", f"{path}/events", url=url, key=key)
    if as_json:
        _print_json({**case, "events": story["events"]})
        return
    typer.echo(f"{case['case_no']}  {case['item_name']}")
    typer.echo(f"{case['state']} since {case['since']}, at {case['department']}, receipt {case['receipt_no']}")
    for system, foreign in case["foreign_numbers"].items():
        typer.echo(f"number at {system}: {foreign}")
    for event in story["events"]:
        typer.echo(f"  {event['at']}  {event['kind']:<18} {event['source']:<20} {event['filing']}".rstrip())


@app.command("list")
def list_(
    url: Url = DEFAULT_URL,
    key: Key = "",
    state: Annotated[str | None, typer.Option(help="only this state, for instance IN_REVIEW")] = None,
    department: Annotated[str | None, typer.Option(help="only this department, by its key")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="how many, newest first")] = 50,
    as_json: Json = False,
) -> None:
    """List cases, newest first.

    Example:
        hub case list --state IN_REVIEW --department civil-affairs
    """
    wanted = {"state": state, "department": department, "limit": str(limit)}
    page, _ = call("GET", "/v1/cases", url=url, key=key, params={k: v for k, v in wanted.items() if v is not None})
    if as_json:
        _print_json(page)
        return
    for case in page["cases"]:
        typer.echo(f"{case['case_no']}  {case['state']:<20} {case['department']:<24} {case['item_name']}")
    if page["next"]:
        typer.echo(f"… more than {limit}; raise --limit or narrow by --state and --department", err=True)


def _read(file: Path) -> bytes:
    from cases.errors import HubError

    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise HubError(f"{file} cannot be read: {error.strerror}") from None


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
