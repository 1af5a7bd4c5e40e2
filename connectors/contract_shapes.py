"""Contract files of a pack as shapes: JSON Schema (also inside an OpenAPI document) and XSD."""

from typing import TYPE_CHECKING

import orjson

from cases.errors import ConfigError
from config.findings import Finding
from config.located import Located, parse
from connectors.pack_loader import LoadedPack
from mappings.json_schema import shape_from_json_schema
from mappings.shape import Shape

if TYPE_CHECKING:
    from connectors.wire.schemas import Schemas


def json_shape(pack: LoadedPack, reference: str) -> Shape:
    """Return the shape of a JSON Schema in the pack: `file` or `file#/pointer/into/it`, JSON or YAML.

    Raises:
        ConfigError: no such file or place, or a schema that cannot be read.
    """
    name, _, pointer = reference.partition("#")
    located = _json(pack, name) if name.endswith(".json") else parse(pack.text(name), file=pack.place(name))
    if not isinstance(located.value, dict):
        raise ConfigError([located.finding((), "is no JSON Schema: must hold fields, each as `name: value`")])
    try:
        return shape_from_json_schema(located.value, at=f"#{pointer}" if pointer else "")
    except ValueError as error:
        raise ConfigError([located.finding((), str(error))]) from None


def _json(pack: LoadedPack, name: str) -> Located:
    """Read a schema that may be long: nobody asks for its lines."""
    try:
        return Located(pack.place(name), orjson.loads(pack.text(name)), {})
    except orjson.JSONDecodeError as error:
        raise ConfigError([Finding(pack.place(name), error.lineno, "", f"not readable as JSON: {error.msg}")]) from None


def xsd_of(pack: LoadedPack, name: str) -> "Schemas":
    """Return the schemas of an XSD file in the pack, its imports from the pack only.

    Raises:
        ConfigError: it cannot be read.
    """
    # lxml and xmlschema are loaded only where a pack needs them.
    from connectors.wire.contract_files import ROOT, ContractFiles, ContractUnreadable  # noqa: PLC0415
    from connectors.wire.schemas import gather  # noqa: PLC0415

    try:
        return gather(ContractFiles(pack.files), ROOT + name)
    except ContractUnreadable as error:
        raise ConfigError([pack.connector.finding(("endpoint",), str(error))]) from None


def at_records(shape: Shape, path: str | None) -> Shape:
    """Return the shape of one record: follow a dotted path, then into the list where it ends in one."""
    here = shape
    for step in path.split(".") if path else ():
        member = here.fields.get(step)
        if member is None:
            return Shape(kind="any")
        here = member.shape
    return here.items if here.kind == "list" and here.items is not None else here
