"""`hub config`: check configuration files."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Check configuration files."""


@app.command("lint")
def lint(
    files: Annotated[
        list[Path], typer.Argument(help="hub.yaml, a district folder, a pack folder or one of their files")
    ],
) -> None:
    """Print every finding as `file:line: key: what`; exit 1 if one is an error, not for warnings.

    Example:
        hub config lint hub.yaml config/hetang
    """
    from cases.errors import ConfigError

    findings: list[object] = []
    for file in files:
        try:
            findings.extend(_check(file))
        except ConfigError as error:
            findings.extend(error.findings)
    for finding in findings:
        typer.echo(str(finding), err=True)
    if wrong := [finding for finding in findings if getattr(finding, "severity", "error") == "error"]:
        typer.echo(f"{len(wrong)} errors", err=True)
        raise typer.Exit(1)
    typer.echo(f"{len(files)} checked, no errors")


def _check(path: Path) -> list[object]:
    """Return what is wrong with whatever the path turns out to be."""
    from config.settings import load_settings
    from connectors.source_pack import load_source
    from hub.app.opening import open_office
    from hub.cli.packs import check_pack

    if path.is_dir() and (path / "connector.yaml").exists():
        return list(check_pack(path))
    if path.is_dir() and (path / "source.yaml").exists():
        load_source(path)
        return []
    if path.is_dir():
        open_office(path)
        packs = sorted((*path.glob("departments/*/connector.yaml"), *path.glob("sources/*/source.yaml")))
        return [finding for pack in packs for finding in _check(pack.parent)]
    if (whole := _part_of(path)) is not None:
        return _check(whole)
    load_settings(path, {})
    return []


def _part_of(file: Path) -> Path | None:
    """Return the pack or district that a file belongs to, which can only be judged whole; None for settings."""
    for folder in file.absolute().parents:
        if (folder / "connector.yaml").exists() or (folder / "source.yaml").exists():
            return folder
        if (folder / "district.yaml").exists():
            beside = file.absolute().parent == folder
            return None if beside and file.name not in ("district.yaml", "departments.yaml", "routes.yaml") else folder
    return None
