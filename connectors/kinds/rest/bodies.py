"""Documents into request bodies, replies and calls into documents."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from cases.outcome import Raw
from cases.status import Way
from connectors.contract import Incoming, Unreadable
from connectors.news import status_news
from connectors.receipt import at_path


def json_body(document: Raw) -> bytes:
    """Return a document as JSON.

    Raises:
        ValueError: a value JSON has no place for.
    """
    try:
        return orjson.dumps(document)
    except TypeError as error:
        raise ValueError(f"the document is not JSON: {error}") from None


def form_body(document: Raw) -> bytes:
    """Return a flat document as form fields, UTF-8.

    Raises:
        ValueError: a field that is not a text, number or yes/no.
    """
    for name, value in document.items():
        if isinstance(value, (Mapping, list, tuple)):
            raise ValueError(f"{name}: a form has no nested fields; map it to a text")
    fields = {name: _form_value(value) for name, value in document.items() if value is not None}
    return urlencode(fields).encode()


def read_object(body: bytes) -> dict[str, Any] | None:
    """Return a JSON object, or None where the bytes are none."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def read_statuses(
    body: bytes, path: str | None, way: Way, *, case_no: str | None = None
) -> list[Incoming | Unreadable]:
    """Find the statuses in a reply or call: at `path` (one, or a list of them), or the whole body."""
    document = read_object(body)
    if document is None:
        return [Unreadable(digest=hashlib.sha256(body).hexdigest(), way=way, reason="not a JSON object", body=body)]
    found = at_path(document, path) if path else document
    if found is None:
        found = []
    return [status_news(item, way, case_no=case_no) for item in (found if isinstance(found, list) else [found])]


def _form_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
