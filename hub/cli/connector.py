"""`hub connector`: department packs: lint, test, try, list, simulate."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from config.findings import Finding
    from connectors.pack_loader import LoadedPack

app = typer.Typer(no_args_is_help=True)

Pack = Annotated[Path, typer.Argument(metavar="DIR", help="the pack's folder", exists=True, file_okay=False)]
Packs = Annotated[list[Path], typer.Argument(metavar="DIR...", help="pack folders", exists=True, file_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="machine-readable output")]


@app.callback()
def group() -> None:
    """Department packs."""


@app.command("lint")
def lint(folders: Packs, as_json: AsJson = False) -> None:
    """Check packs against the canonical case, their contract files and code tables; exit 1 on any error.

    Example: hub connector lint config/hetang/departments/market-supervision
    """
    from config.findings import errors

    findings = [finding for folder in folders for finding in _findings(folder)]
    if as_json:
        _print_json([_plain(finding) for finding in findings])
    else:
        for finding in findings:
            typer.echo(str(finding), err=True)
    wrong = errors(findings)
    if wrong:
        raise typer.Exit(1)
    if not as_json:
        typer.echo(f"{len(folders)} pack(s), no errors, {len(findings)} warning(s)")


@app.command("test")
def run_examples(folders: Packs, as_json: AsJson = False) -> None:
    """Run the examples in each pack's tests.yaml; exit 1 if one fails.

    Example: hub connector test config/hetang/departments/market-supervision
    """
    from connectors.pack_loader import load_pack
    from connectors.pack_tests import run_tests

    failed, rows = 0, []
    for folder in folders:
        for verdict in run_tests(load_pack(folder)):
            failed += bool(verdict.trouble)
            rows.append({"pack": folder.name, "line": verdict.line, "name": verdict.name, "trouble": verdict.trouble})
            if verdict.trouble and not as_json:
                typer.echo(f"{folder / 'tests.yaml'}:{verdict.line}: {verdict.name}: {verdict.trouble}", err=True)
    if as_json:
        _print_json(rows)
    else:
        typer.echo(f"{len(rows)} test(s), {failed} failed")
    if failed:
        raise typer.Exit(1)


@app.command("try")
def try_(
    folder: Pack,
    case: Annotated[Path, typer.Option(help="a canonical case as JSON", exists=True, dir_okay=False)],
    send: Annotated[bool, typer.Option("--send", help="really hand it over; without it nothing leaves")] = False,
    config: Annotated[Path | None, typer.Option(help="hub.yaml, for `outgoing` and the secrets' folder")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the department would get for a case: document, where each field comes from, bytes on the wire.

    Example: hub connector try config/hetang/departments/market-supervision --case CASE.json
    """
    from config.references import References
    from connectors.around import Around
    from connectors.contract import Parcel
    from connectors.department import open_department
    from connectors.pack_loader import load_pack
    from connectors.preview import preview
    from connectors.wire.egress import Egress

    document = _case(case)
    loaded = load_pack(folder)
    department = open_department(loaded, Around(egress=Egress(()), references=References(os.environ, dry=True)))
    mapped = department.map_request(document)
    parcel = Parcel(case_no=document["case_no"], delivery_id="0" * 32, document=mapped.document)
    try:
        wire = preview(department.connector, parcel)
    except ValueError as error:
        wire = f"(cannot be sent: {error})"
    trace = [
        {"target": each.target, "value": each.value, "rule": each.rule, "source": each.source, "line": each.line}
        for each in mapped.trace
    ]
    shown: dict[str, Any] = {"document": mapped.document, "trace": trace, "wire": wire}
    if send:
        shown["outcome"] = _send(loaded, parcel, config)
    if as_json:
        _print_json(shown)
    else:
        _show(shown, loaded)


@app.command("list")
def list_(
    district: Annotated[Path | None, typer.Option(help="district folder; default: the reference district")] = None,
    as_json: AsJson = False,
) -> None:
    """List a district's packs: what they speak, how statuses come back, whether they can be used.

    Example: hub connector list --json
    """
    from config.settings import REFERENCE_DISTRICT

    place = (district or REFERENCE_DISTRICT) / "departments"
    rows = [_row(folder) for folder in sorted(place.iterdir()) if folder.is_dir()] if place.is_dir() else []
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        typer.echo(
            f"{row['key']:<24}{row['kind']:<12}{row['status']:<12}{row['resend']:<12}{row['version']:<14}{row['trouble']}"
        )


@app.command("simulate", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def simulate(context: typer.Context) -> None:
    """Start a department's simulated system on this machine; options are those of `python -m connectors.simulate`.

    Example: hub connector simulate market-supervision --book sj.db --port 0 --fault busy=0.1
    """
    from connectors.simulate.__main__ import main

    raise typer.Exit(main(context.args))


def _findings(folder: Path) -> "list[Finding]":
    from cases.errors import ConfigError
    from config.findings import Finding
    from connectors.examination import examine
    from connectors.pack_loader import load_pack

    try:
        return examine(load_pack(folder))
    except ConfigError as error:
        return [finding for finding in error.findings if isinstance(finding, Finding)]


def _row(folder: Path) -> dict[str, str]:
    from config.findings import errors
    from connectors.pack_loader import load_pack

    wrong = errors(_findings(folder))
    if wrong:
        return {"key": folder.name, "kind": "?", "status": "?", "resend": "?", "version": "", "trouble": str(wrong[0])}
    loaded = load_pack(folder)
    pack = loaded.pack
    resend = "key" if pack.resend.idempotency == "key" else "look-up" if pack.resend.lookup else "by hand"
    return {
        "key": pack.key,
        "kind": pack.kind,
        "status": pack.status.by,
        "resend": resend,
        "version": loaded.digest[:12],
        "trouble": "",
    }


def _case(file: Path) -> dict[str, Any]:
    import orjson
    from pydantic import ValidationError

    from cases.case import Case
    from cases.errors import HubError

    try:
        case = orjson.loads(file.read_bytes())
        content = {i: material.pop("content", None) for i, material in enumerate(case.get("materials", ()))}
        checked = Case.model_validate(case).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise HubError(f"{file} is no canonical case: {place}: {first['msg']}; see `hub schema case`") from None
    except (orjson.JSONDecodeError, AttributeError) as error:
        raise HubError(f"{file} is not readable as a JSON object: {error}") from None
    for i, text in content.items():
        if text is not None:
            checked["materials"][i]["content"] = text
    return checked


def _send(loaded: "LoadedPack", parcel: Any, config: Path | None) -> dict[str, Any]:
    import asyncio
    from dataclasses import asdict

    from config.references import References
    from config.settings import load_settings
    from connectors.around import Around, open_connector
    from connectors.wire.egress import Egress

    settings = load_settings(config)
    references = References(os.environ, secrets_dir=settings.secrets_dir)
    around = Around(egress=Egress(settings.outgoing), references=references)

    async def send() -> Any:
        connector = open_connector(loaded, around)
        try:
            return await connector.send(parcel)
        finally:
            await connector.close()

    outcome = asyncio.run(send())
    return {"outcome": type(outcome).__name__.lower(), **asdict(outcome)}


def _show(shown: dict[str, Any], loaded: "LoadedPack") -> None:
    import orjson

    typer.echo(orjson.dumps(shown["document"], option=orjson.OPT_INDENT_2, default=str).decode())
    typer.echo("\nwhere each field comes from:")
    for each in shown["trace"]:
        value = str(each["value"])
        typer.echo(
            f"  {each['target']} = {value[:60]}{'…' if len(value) > 60 else ''}  <- {each['source'] or 'constant'}"
            f"  ({each['rule']}, {Path(loaded.request.file).name}:{each['line']})"
        )
    typer.echo(f"\non the wire:\n{shown['wire']}")
    if "outcome" in shown:
        typer.echo(f"\nsent; what became of it:\n{orjson.dumps(shown['outcome'], default=str).decode()}")
    else:
        typer.echo("\nnothing was sent; add --send to hand it over")


def _plain(finding: "Finding") -> dict[str, Any]:
    return {
        "file": finding.file,
        "line": finding.line,
        "key": finding.key,
        "what": finding.what,
        "severity": finding.severity,
    }


def _print_json(value: Any) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())
