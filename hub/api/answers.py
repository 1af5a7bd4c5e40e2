"""JSON answers and what handlers share about them."""

from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from cases.errors import InvalidInput
from hub.api.body import expect_media_type, read_body
from hub.api.findings import problems_of
from hub.api.json_body import read_json
from hub.api.operation import Ask

JSON = "application/json"
M = TypeVar("M", bound=BaseModel)


def answer(value: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a record."""
    return Response(value.model_dump_json(), status, headers, JSON)


def answer_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with plain values."""
    return Response(orjson.dumps(value), status, headers, JSON)


async def record_of(ask: Ask, model: type[M]) -> M:
    """Read a JSON body into a record.

    Raises:
        WrongMediaType, TooLarge, TooSlow, NotJson, InvalidInput: what is wrong with it, every finding.
    """
    return check(await raw_json(ask), model, ask)


async def raw_json(ask: Ask) -> bytes:
    """Return the body of a JSON request, unparsed."""
    expect_media_type(ask.request, JSON)
    bounds = ask.services.bounds
    return await read_body(ask.request, limit=bounds.body_bytes, seconds=bounds.body_seconds)


def check(raw: bytes, model: type[M], ask: Ask) -> M:
    """Validate bytes; the records themselves say what is strict (numbers, times with their offset)."""
    read_json(raw, max_depth=ask.services.bounds.json_depth)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise InvalidInput(problems_of(error)) from None
