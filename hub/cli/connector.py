"""`hub connector`: department packs: lint, test, try, list, simulate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.trial import try_

if TYPE_CHECKING:
    from config.findings import Finding

app = typer.Typer(no_args_is_help=True)

Packs = Annotated[list[Path], typer.Argument(metavar="DIR...", help="pack folders", exists=True, file_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="machine-readable output")]


@app.callback()
def group() -> None:
    """Department packs."""


@app.command("lint")
def lint(
    folders: Packs,
    district: Annotated[Path | None, typer.Option(help="district folder; default: the one each pack stands in")] = None,
    as_json: AsJson = False,
) -> None:
    """Prove packs for every item whose cases reach them; exit 1 on any error.

    Held against each other: the canonical case with the items' forms, the code tables, the department's contract files.

    Example: hub connector lint config/hetang/departments/market-supervision
    """
    from config.findings import errors

    findings = [finding for folder in folders for finding in _findings(folder, district)]
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


app.command("try")(try_)


@app.command("list")
def list_(
    district: Annotated[Path | None, typer.Option(help="district folder; default: the reference district")] = None,
    as_json: AsJson = False,
) -> None:
    """List a district's packs: key, kind, department, version, ways back and of resending, in force or why not.

    Example: hub connector list --json
    """
    from cases.errors import HubError
    from config.settings import REFERENCE_DISTRICT

    district = district or REFERENCE_DISTRICT
    place = district / "departments"
    folders = sorted(folder for folder in place.iterdir() if folder.is_dir()) if place.is_dir() else []
    if not folders:
        raise HubError(f"no packs in {place}: name a district folder with --district")
    rows = [_row(folder, district) for folder in folders]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        shown = (row[name] or "?" for name in ("key", "kind", "department", "version", "status", "resend"))
        typer.echo("  ".join([*shown, "in force" if row["in_force"] else f"NOT in force: {row['trouble']}"]))


@app.command("simulate", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def simulate(context: typer.Context) -> None:
    """Start a department's simulated system on this machine; options are those of `python -m connectors.simulate`.

    Example: hub connector simulate market-supervision --book sj.db --port 0 --fault busy=0.1
    """
    from connectors.simulate.__main__ import main

    raise typer.Exit(main(context.args))


def _findings(folder: Path, district: Path | None) -> "list[Finding]":
    from cases.errors import ConfigError
    from config.findings import Finding
    from hub.cli.packs import check_pack

    try:
        return check_pack(folder, district)
    except ConfigError as error:
        return [finding for finding in error.findings if isinstance(finding, Finding)]


def _row(folder: Path, district: Path) -> dict[str, Any]:
    from cases.errors import ConfigError
    from config.findings import errors
    from connectors.pack_loader import load_pack

    wrong = errors(_findings(folder, district))
    row: dict[str, Any] = {"key": folder.name, "kind": None, "department": None, "status": None, "resend": None}
    row |= {"version": None, "in_force": not wrong, "trouble": str(wrong[0]) if wrong else None}
    try:
        loaded = load_pack(folder)
    except ConfigError:
        return row
    pack = loaded.pack
    resend = "key" if pack.resend.idempotency == "key" else "look-up" if pack.resend.lookup else "by hand"
    row |= {"kind": pack.kind, "department": pack.department.name, "status": pack.status.by, "resend": resend}
    return row | {"version": loaded.digest[:12]}


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
