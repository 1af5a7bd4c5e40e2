"""`hub schema`: JSON Schemas and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

Schema = dict[str, Any]


def _case() -> Schema:
    from cases.schema import case_json_schema

    return case_json_schema()


def _submission() -> Schema:
    from cases.schema import submission_json_schema

    return submission_json_schema()


def _connector() -> Schema:
    from connectors.pack import Pack

    return Pack.model_json_schema()


def _mapping() -> Schema:
    from mappings.spec import MappingSpec

    return MappingSpec.model_json_schema()


def _items() -> Schema:
    from router.catalogue import item_file_schema

    return item_file_schema()


def _routes() -> Schema:
    from router.table import route_file_schema

    return route_file_schema()


def _status() -> Schema:
    from cases.status import StatusUpdate

    return StatusUpdate.model_json_schema()


def _openapi() -> Schema:
    import orjson

    from hub.api.app import openapi_json

    document: Schema = orjson.loads(openapi_json())
    return document


SCHEMAS: dict[str, Callable[[], Schema]] = {
    "case": _case,
    "submission": _submission,
    "status": _status,
    "items": _items,
    "routes": _routes,
    "connector": _connector,
    "mapping": _mapping,
    "openapi": _openapi,
}


def command(
    name: Annotated[str, typer.Argument(help=", ".join(SCHEMAS))],
) -> None:
    """Print the JSON Schema of a format: for editors, integrators and tests.

    Example:
        hub schema case > case.schema.json
    """
    import orjson

    from cases.errors import NotFound

    if name not in SCHEMAS:
        raise NotFound(f"schema (there are {', '.join(SCHEMAS)})", name)
    typer.echo(orjson.dumps(SCHEMAS[name](), option=orjson.OPT_INDENT_2).decode())
