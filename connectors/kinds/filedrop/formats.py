"""Documents into file bytes and file bytes into status records."""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from cases.errors import ConfigError, HubError
from cases.outcome import Raw
from connectors.contract_shapes import xsd_of
from connectors.kinds.filedrop.options import FileDropEndpoint, FileFormat, Results
from connectors.pack_loader import LoadedPack
from connectors.receipt import at_path
from connectors.wire.charset import decode, encode
from connectors.wire.contract_files import ContractUnreadable
from connectors.wire.schemas import Schemas
from connectors.wire.xml import parse_xml
from connectors.wire.xml_reader import XmlReader, read_plain
from connectors.wire.xml_writer import DocumentUnfit, XmlWriter

#: A document as the bytes of a file. Raises ValueError where contract or character set has no place for a value.
Write = Callable[[Raw], bytes]
#: The status records in a file's bytes. Raises ValueError where they are not what the pack says.
Read = Callable[[bytes], list[Any]]


def writer(pack: LoadedPack, endpoint: FileDropEndpoint) -> Write:
    """Return what writes this pack's files.

    Raises:
        ConfigError: the XSD cannot be read or does not declare the root element.
    """
    form = endpoint.file
    match form.format:
        case "json":
            return lambda document: encode(_json(document), form.charset)
        case "csv":
            return lambda document: encode(_csv(document, form.delimiter), form.charset)
        case "xml":
            return _xml_writer(pack, str(endpoint.request_schema), form)


def reader(pack: LoadedPack, endpoint: FileDropEndpoint, results: Results) -> Read:
    """Return what reads this pack's result files.

    Raises:
        ConfigError: the XSD cannot be read or does not declare the root element.
    """
    match results.format:
        case "json":
            return lambda data: _records(_read_json(data, results), results)
        case "csv":
            return lambda data: _read_csv(data, results)
        case "xml":
            return _xml_reader(pack, endpoint.status_schema, results)


def element(pack: LoadedPack, schemas: Schemas, root: str, namespace: str | None) -> Any:
    """Return the declaration of a root element.

    Raises:
        ConfigError: there is none.
    """
    try:
        return schemas.element(f"{{{namespace}}}{root}" if namespace else root)
    except ContractUnreadable as error:
        raise ConfigError([pack.connector.finding(("endpoint",), str(error))]) from None


def _xml_writer(pack: LoadedPack, schema: str, form: FileFormat) -> Write:
    schemas, plan = xsd_of(pack, schema), XmlWriter()
    write_root = plan.compile(element(pack, schemas, str(form.root), form.namespace))
    head = f'<?xml version="1.0" encoding="{form.charset}"?>\n'

    def write(document: Raw) -> bytes:
        parts: list[str] = []
        try:
            write_root(document, "", parts)
        except DocumentUnfit as error:
            raise ValueError(str(error)) from None
        parts.insert(1, plan.declarations)  # after `<root`
        text = "".join(parts)
        root = parse_xml(text.encode(), max_bytes=4 * len(text) + 1, large=True)
        if trouble := schemas.errors(root):
            raise ValueError("; ".join(f"{path}: {what}" for path, what in trouble[:5]))
        return encode(f"{head}{text}\n", form.charset)

    return write


def _xml_reader(pack: LoadedPack, schema: str | None, results: Results) -> Read:
    read_root: Callable[[Any], Any] = read_plain
    if schema is not None and results.root is not None:
        read_root = XmlReader().compile(element(pack, xsd_of(pack, schema), results.root, results.namespace))
    charset = None if results.charset == "UTF-8" else results.charset

    def read(data: bytes) -> list[Any]:
        try:
            root = parse_xml(data, max_bytes=len(data), charset=charset, large=True)
        except HubError as error:
            raise ValueError(str(error)) from None
        return _records(read_root(root), results)

    return read


def _records(document: Any, results: Results) -> list[Any]:
    found = at_path(document, results.records) if results.records else document
    if found is None:
        raise ValueError(f"there is nothing at {results.records}")
    return found if isinstance(found, list) else [found]


def _json(document: Raw) -> str:
    try:
        return orjson.dumps(document).decode()
    except TypeError as error:
        raise ValueError(f"the document is not JSON: {error}") from None


def _read_json(data: bytes, results: Results) -> Any:
    try:
        return orjson.loads(decode(data, results.charset))
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not readable as JSON: {error}") from None


def _csv(document: Raw, delimiter: str) -> str:
    for name, value in document.items():
        if isinstance(value, (Mapping, list, tuple)):
            raise ValueError(f"{name}: a CSV line has no nested fields; map it to a text")
    out = io.StringIO(newline="")
    lines = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    lines.writerow(document)
    lines.writerow("" if value is None else value for value in document.values())
    return out.getvalue()


def _read_csv(data: bytes, results: Results) -> list[Any]:
    text = io.StringIO(decode(data, results.charset), newline="")
    rows: list[Any] = []
    for number, row in enumerate(csv.DictReader(text, delimiter=results.delimiter), start=2):
        if None in row or None in row.values():
            raise ValueError(f"line {number} has more or fewer fields than the first line names")
        rows.append(row)
    return rows
