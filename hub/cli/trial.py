"""`hub connector try`: what a department would get for one case, field by field and byte by byte."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.contract import Parcel
    from connectors.pack_loader import LoadedPack
    from router.office import Office

MAX_BYTES = 64 * 1024 * 1024  # a canonical case may carry its files


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A case to try with, and what the district says about it."""

    document: dict[str, Any]
    form_schema: dict[str, Any] | None  # says what of the form may be shown
    route: dict[str, str] | None  # where the district sends it; None outside a district
    numbered: bool  # the numbers are trial numbers


def try_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the pack's folder", exists=True, file_okay=False)],
    case: Annotated[Path, typer.Option(help="a submission or a canonical case, as JSON", exists=True, dir_okay=False)],
    district: Annotated[Path | None, typer.Option(help="district folder; default: the one the pack stands in")] = None,
    send: Annotated[bool, typer.Option("--send", help="really hand it over; without it nothing leaves")] = False,
    show_personal: Annotated[bool, typer.Option("--show-personal", help="show personal data as they are")] = False,
    config: Annotated[Path | None, typer.Option(help="hub.yaml, for `outgoing` and the secrets' folder")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="machine-readable output")] = False,
) -> None:
    """Show what the department would get for a case: document, where each field comes from, bytes on the wire.

    A submission gets trial numbers (their serial is YYYY, which the hub never gives out); the files it names are not
    read. Personal data are masked on the screen; what is sent never is.

    Example: hub connector try config/hetang/departments/civil-affairs --case config/hetang/cases/old-age.json
    """
    import os
    from datetime import UTC, datetime

    from cases.errors import HubError
    from config.references import References
    from connectors.around import Around
    from connectors.contract import Parcel
    from connectors.department import open_department
    from connectors.pack_loader import load_pack
    from connectors.served import district_of
    from connectors.wire.egress import Egress
    from hub.cli.veil import Veil

    loaded = load_pack(folder)
    trial = _trial(_read(case), case, district or district_of(folder), datetime.now(UTC))
    route = trial.route
    if send and route is not None and route["to"] != loaded.pack.key:
        raise HubError(f"not sent: cases of this item go to {route['to']}, not to {loaded.pack.key} ({route['rule']})")
    department = open_department(loaded, Around(egress=Egress(()), references=References(os.environ, dry=True)))
    mapped = department.map_request(trial.document)
    parcel = Parcel(case_no=trial.document["case_no"], delivery_id="0" * 32, document=mapped.document)
    veil = Veil(trial.document, trial.form_schema, mapped.document, lifted=show_personal)
    shown: dict[str, Any] = {
        "route": route,
        "trial_numbers": trial.numbered,
        "masked": not show_personal,
        "document": veil.over(mapped.document),
        "trace": [
            {"target": each.target, "value": veil.over(each.value), "rule": each.rule, "source": each.source}
            | {"line": each.line}
            for each in mapped.trace
        ],
        "wire": veil.over(_wire(department.connector, parcel)),
    }
    if send:
        shown["outcome"] = veil.over(_send(loaded, parcel, config))
    if as_json:
        _print_json(shown)
    else:
        _show(shown, loaded)


def _read(file: Path) -> dict[str, Any]:
    import orjson

    from cases.errors import HubError

    if file.stat().st_size > MAX_BYTES:
        raise HubError(f"{file} is larger than {MAX_BYTES} bytes: that is no case")
    try:
        document = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise HubError(f"{file} is not readable as a JSON object: {error}") from None
    if not isinstance(document, dict):
        raise HubError(f"{file} is not a JSON object: give a submission or a canonical case")
    return document


def _trial(given: dict[str, Any], file: Path, district: Path | None, now: datetime) -> Trial:
    from cases.errors import HubError
    from config.catalogue import read_district
    from mappings import compile_condition
    from router.office import load_office

    office = load_office(read_district(district), compile_condition=compile_condition) if district else None
    if "case_no" in given:
        return _numbered_case(given, file, office)
    if office is None:
        raise HubError(
            f"{file} is a submission: its item and route are found in a district; name its folder with --district"
        )
    return _numbered_submission(given, file, office, now)


def _numbered_case(given: dict[str, Any], file: Path, office: Office | None) -> Trial:
    from cases.case import Case

    materials = given.get("materials")
    rows = [row for row in materials if isinstance(row, dict)] if isinstance(materials, list) else []
    content = [row.pop("content", None) for row in rows]  # the mapping sees it, the stored case has none
    document = _checked(Case, given, file).model_dump(mode="json")
    for row, text in zip(document["materials"], content, strict=False):
        if text is not None:
            row["content"] = text
    versions = office.catalogue.versions(document["item"]["code"]) if office else []
    form = next((item.form for item in versions if item.version == document["item"]["version"]), None)
    return Trial(document=document, form_schema=form, route=None, numbered=False)


def _numbered_submission(given: dict[str, Any], file: Path, office: Office, now: datetime) -> Trial:
    """Number a submission as the door would, were it handed in now."""
    from cases.case import Case
    from cases.errors import InvalidInput
    from cases.moments import local_day
    from cases.numbers import trial_numbers
    from cases.submission import Submission
    from hub.supervision.calendar import WorkCalendar
    from router.check import check_submission

    submission, today = _checked(Submission, given, file), local_day(now)
    item = office.catalogue.in_force(submission.item_code, today)
    if problems := check_submission(submission, item, now):
        raise InvalidInput(problems)
    routed = office.routes.route(submission, item, today)
    case_no, receipt_no = trial_numbers(item.code, office.district.code, today)
    promised, legal = (WorkCalendar().due(today, days) for days in (item.promised_days, item.legal_days))
    case = Case(
        **dict(submission),
        case_no=case_no,
        receipt_no=receipt_no,
        item=item.snapshot,
        department=office.departments[routed.department],
        received_at=now,
        promised_by=promised.day if promised else None,
        legal_by=legal.day if legal and item.legal_days else None,
    )
    route = {"to": routed.destination, "department": routed.department, "rule": routed.rule}
    return Trial(document=case.model_dump(mode="json"), form_schema=item.form, route=route, numbered=True)


def _checked(model: Any, given: dict[str, Any], file: Path) -> Any:
    from pydantic import ValidationError

    from cases.errors import HubError

    schema = model.__name__.lower()
    what = "canonical case" if schema == "case" else schema
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise HubError(f"{file} is no {what}: {place}: {first['msg']}; see `hub schema {schema}`") from None


def _wire(connector: Any, parcel: Parcel) -> str:
    from connectors.preview import preview

    try:
        return preview(connector, parcel)
    except ValueError as error:
        return f"(cannot be sent: {error})"


def _send(loaded: LoadedPack, parcel: Parcel, config: Path | None) -> dict[str, Any]:
    import asyncio
    import os
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


def _show(shown: dict[str, Any], loaded: LoadedPack) -> None:
    if route := shown["route"]:
        elsewhere = "" if route["to"] == loaded.pack.key else f", NOT to {loaded.pack.key}"
        typer.echo(f"route: to {route['to']}{elsewhere}, by {route['rule']}")
    if shown["trial_numbers"]:
        typer.echo("numbers: for this trial only (serial YYYY)")
    typer.echo("document:")
    _print_json(shown["document"])
    typer.echo("\nwhere each field comes from:")
    for each in shown["trace"]:
        value = str(each["value"])
        typer.echo(
            f"  {each['target']} = {value[:60]}{'…' if len(value) > 60 else ''}  <- {each['source'] or 'constant'}"
            f"  ({each['rule']}, {Path(loaded.request.file).name}:{each['line']})"
        )
    typer.echo(f"\non the wire:\n{shown['wire']}\n")
    if shown["masked"]:
        typer.echo("personal data are masked here; --show-personal shows them")
    if "outcome" in shown:
        typer.echo("sent; what became of it:")
        _print_json(shown["outcome"])
    else:
        typer.echo("nothing was sent; add --send to hand it over")


def _print_json(value: Any) -> None:
    import orjson

    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode())
