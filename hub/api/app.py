"""The HTTP face of the hub: every operation behind one edge."""

from collections import defaultdict
from importlib.metadata import version

import orjson
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from hub.api import callbacks, cases, docs, files, health, intake, items, operations_desk, webhooks
from hub.api.edge import Edge, Resource, not_found
from hub.api.keys import KeyRing
from hub.api.openapi import openapi_document
from hub.api.operation import Ask, Content, Operation
from hub.api.services import Services

#: The hot path first: routes are tried in this order.
OPERATIONS: tuple[Operation, ...] = (
    *cases.OPERATIONS,
    *intake.OPERATIONS,
    *callbacks.OPERATIONS,
    *files.OPERATIONS,
    *items.OPERATIONS,
    *webhooks.OPERATIONS,
    *operations_desk.OPERATIONS,
    *health.OPERATIONS,
    *docs.OPERATIONS,
)


def build_api(services: Services) -> ASGIApp:
    """Return the ASGI application over what the hub offers."""
    keys = KeyRing(services.store)
    by_path: defaultdict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in (*OPERATIONS, _DOCUMENT):
        by_path[operation.path][operation.method] = operation
    routes = [Route(path, Resource(methods, services, keys)) for path, methods in by_path.items()]
    return Edge(Router(routes, redirect_slashes=False, default=not_found), services)


def openapi_json() -> bytes:
    """Return the OpenAPI document."""
    document = openapi_document((*OPERATIONS, _DOCUMENT), version=version("onewindow-hub"))
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


async def _openapi(_ask: Ask) -> Response:
    return Response(openapi_json(), 200, media_type="application/json")


_DOCUMENT = Operation(
    method="GET",
    path="/openapi.json",
    summary="This documentation as OpenAPI 3.1",
    summary_zh="OpenAPI 文档",
    tag="documentation",
    handler=_openapi,
    answer=Content(media_types=("application/json",), schema={"type": "object"}),
)
