"""`hub item`: the catalogue of service items."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import date

    from router.items import Item
    from router.office import Office

app = typer.Typer(no_args_is_help=True)

Config = Annotated[Path | None, typer.Option(help="settings file; without one: the embedded default")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.callback()
def group() -> None:
    """The catalogue of service items (事项清单)."""


@app.command("import")
def import_items(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX or YAML")],
    config: Config = None,
    check: Annotated[bool, typer.Option("--check", help="only check; store nothing")] = False,
) -> None:
    """Check every line of a file of items and keep its item versions in the store.

    All findings are printed as file:line: column: what, and then nothing is stored. A version that is there already
    never changes: give changed items a higher version.

    Example:
        hub item import items.xlsx --check
    """
    import asyncio

    stored = asyncio.run(_import(file, config, check))
    typer.echo(f"{stored} item version(s) {'checked, nothing stored' if check else 'imported'}")


@app.command("list")
def list_items(
    config: Config = None,
    department: Annotated[str | None, typer.Option(help="only items of this department, by its key")] = None,
    everything: Annotated[bool, typer.Option("--all", help="every version, not only what takes cases today")] = False,
    as_json: AsJson = False,
) -> None:
    """List the items that take cases today.

    Example:
        hub item list --department civil-affairs
    """
    import asyncio

    from hub.cli.district import open_office

    _, office = asyncio.run(open_office(config))
    items = office.catalogue.versions() if everything else office.catalogue.offered(_today())
    if department is not None:
        _known_department(office, department)
        items = [item for item in items if item.department == department]
    if as_json:
        _print_json([_summary(item) for item in items])
    else:
        _print_table(items)


@app.command("show")
def show(
    code: Annotated[str, typer.Argument(help="implementation code (31) or handle code (33)")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show an item with all its versions: time limits, parties, papers, form.

    Example:
        hub item show 11430202HT0000018T4430511002000
    """
    import asyncio

    from cases.errors import NotFound
    from hub.cli.district import open_office

    _, office = asyncio.run(open_office(config))
    versions = office.catalogue.versions(code)
    if not versions:
        office.catalogue.in_force(code, _today())  # says what is wrong with the code, if that is it
        raise NotFound("item", code)
    if as_json:
        _print_json([_document(item) for item in versions])
    else:
        for item in versions:
            _print_item(item, office)


async def _import(file: Path, config: Path | None, check: bool) -> int:
    from datetime import UTC, datetime

    from config.catalogue import read_file
    from hub.app.opening import open_store
    from hub.cli.district import open_office
    from router.catalogue import item_document

    settings, office = await open_office(config)
    known = {(item.code, item.version) for item in office.catalogue.versions()}
    new = [
        item
        for item in office.catalogue.with_files([read_file(file)]).versions()
        if (item.code, item.version) not in known
    ]
    if new and not check:
        store = await open_store(settings)
        try:
            rows = [(item.code, item.version, item_document(item)) for item in new]
            await store.save_items(rows, datetime.now(UTC))
        finally:
            await store.close()
    return len(new)


def _today() -> date:
    from datetime import UTC, datetime

    from cases.moments import local_day

    return local_day(datetime.now(UTC))


def _known_department(office: Office, key: str) -> None:
    from cases.errors import NotFound

    if key not in office.departments:
        raise NotFound("department", key)


def _summary(item: Item) -> dict[str, object]:
    return {
        "code": item.code,
        "codes": item.codes,
        "name": item.name,
        "version": item.version,
        "state": item.state,
        "kind": item.kind,
        "legal_days": item.legal_days,
        "promised_days": item.promised_days,
        "department": item.department,
        "effective_from": item.effective_from,
        "effective_until": item.effective_until,
    }


def _document(item: Item) -> dict[str, object]:
    return item.model_dump(mode="json") | {"codes": item.codes, "item_type": item.item_type}


def _print_json(value: object) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _print_table(items: list[Item]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("code", "name", "v", "kind", "legal/promised", "department", box=None)
    for item in items:
        days = f"{item.legal_days}/{item.promised_days}"
        table.add_row(item.code, item.name, str(item.version), item.kind, days, item.department)
    Console(width=None if _wide() else 140).print(table)
    typer.echo(f"{len(items)} item(s)")


def _wide() -> bool:
    import sys

    return sys.stdout.isatty()


def _print_item(item: Item, office: Office) -> None:
    from cases.item_codes import LEVELS
    from router.items import ITEM_TYPES

    department = office.departments[item.department]
    until = f" to {item.effective_until}" if item.effective_until else ""
    typer.echo(f"{item.name}  version {item.version}, {item.state}, in force from {item.effective_from}{until}")
    typer.echo(f"  takes cases as   {', '.join(item.codes)}")
    typer.echo(f"  type and level   {ITEM_TYPES.get(item.item_type, item.item_type)}, {LEVELS[item.code[18]]}")
    typer.echo(f"  department       {department.key} {department.name}")
    typer.echo(f"  working days     legal {item.legal_days or 'none'}, promised {item.promised_days}  ({item.kind})")
    for role, rule in (("applicant", item.applicant), ("agent", item.agent), ("subject", item.subject)):
        if rule.presence != "none":
            kinds, types = " or ".join(rule.kinds), ", ".join(rule.id_types)
            typer.echo(f"  {role:<16} {rule.presence}: {kinds}; document types {types}")
    for material in item.materials:
        need = "required" if material.required else "optional"
        typer.echo(f"  material         {material.code} {material.name} ({need}; {', '.join(sorted(material.forms))})")
    for procedure in item.special_procedures:
        typer.echo(f"  special          {procedure.name} ({procedure.kind})")
    for name, field in item.form.get("properties", {}).items():
        need = "required" if name in item.form.get("required", ()) else "optional"
        typer.echo(f"  form             {name}: {field.get('title', '')} ({field.get('type', 'any')}, {need})")
    if item.note:
        typer.echo(f"  note             {item.note}")
