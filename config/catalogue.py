"""Files of a district: read here, checked by `router`.

Items come as YAML, CSV or XLSX. A table (CSV, XLSX) becomes the same values a YAML file has, each with its row as line,
so that one check serves all three.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases.errors import ConfigError
from config import located
from config.findings import Finding
from config.item_table import read_table
from config.located import Located

#: Larger than any honest file of a district.
MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictFiles:
    """The parsed files of a district folder."""

    folder: Path
    district: Located
    departments: Located
    routes: Located
    items: tuple[Located, ...]


def read_district(folder: Path) -> DistrictFiles:
    """Read district.yaml, departments.yaml, routes.yaml and items/*.

    Raises:
        ConfigError: a file is missing or cannot be read as what it is; with every finding.
    """
    findings: list[Finding] = []

    def read(path: Path) -> Located:
        try:
            return read_file(path)
        except ConfigError as error:
            findings.extend(finding for finding in error.findings if isinstance(finding, Finding))
            return Located(str(path), None, {})

    single = {name: read(folder / f"{name}.yaml") for name in ("district", "departments", "routes")}
    paths = sorted(path for path in (folder / "items").glob("*") if path.suffix.lower() in READERS)
    if not paths:
        findings.append(Finding(str(folder / "items"), 1, "", "no item files (*.yaml, *.csv, *.xlsx) here"))
    items = tuple(read(path) for path in paths)
    if findings:
        raise ConfigError(findings)
    return DistrictFiles(folder=folder, items=items, **single)


def read_file(path: Path) -> Located:
    """Read a YAML, JSON, CSV or XLSX file of a district.

    Raises:
        ConfigError: missing, too large, of another kind, or not readable.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ConfigError([Finding(str(path), 1, "", f"not a kind of file read here; known: {', '.join(READERS)}")])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError([Finding(str(path), 1, "", f"cannot be read: {error.strerror}")]) from None
    if len(content) > MAX_BYTES:
        raise ConfigError([Finding(str(path), 1, "", f"larger than {MAX_BYTES} bytes")])
    return reader(content, str(path))


def _yaml(content: bytes, file: str) -> Located:
    try:
        return located.parse(content.decode("utf-8-sig"), file=file)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError([Finding(file, line, "", "not UTF-8: save the file as UTF-8")]) from None


def _csv(content: bytes, file: str) -> Located:
    for encoding in ("utf-8-sig", "gb18030"):  # what spreadsheets of counters save
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ConfigError([Finding(file, 1, "", "neither UTF-8 nor GB 18030: save the file as UTF-8")])
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, Sequence[Any]]] = []
    line = 1
    try:
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ConfigError([Finding(file, line, "", f"not readable as CSV: {error}")]) from None
    return read_table(rows, file)


def _xlsx(content: bytes, file: str) -> Located:
    from zipfile import BadZipFile  # noqa: PLC0415 - only where a spreadsheet is read

    from openpyxl import load_workbook  # noqa: PLC0415 - a heavy import that the running hub never needs
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise ConfigError([Finding(file, 1, "", f"not readable as XLSX: {error}")]) from None
    try:
        return read_table(enumerate(book.worksheets[0].iter_rows(values_only=True), 1), file)
    finally:
        book.close()


READERS: Mapping[str, Callable[[bytes, str], Located]] = {
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _yaml,
    ".csv": _csv,
    ".xlsx": _xlsx,
}
