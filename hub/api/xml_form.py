"""XML knows only text: an item's form that came as XML gets the types its schema names.

Only what is written exactly as JSON would write it is converted; everything else stays text, and the check of the form
says what is wrong with it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,10})?")


def typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return a value as its schema's type, where its text says such a value."""
    kind = schema.get("type")
    if kind == "array":
        return [typed(entry, schema.get("items", {})) for entry in _entries(value)]
    if kind == "object" and isinstance(value, Mapping):
        known = schema.get("properties", {})
        return {name: typed(part, known.get(name, {})) for name, part in value.items()}
    if isinstance(value, str):
        return _scalar(value.strip(), kind, value)
    return value


def _scalar(text: str, kind: Any, otherwise: str) -> Any:
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    number = _NUMBER.fullmatch(text)
    if number and (kind == "number" or (kind == "integer" and number[2] is None)):
        return json.loads(text)
    return otherwise


def _entries(value: Any) -> list[Any]:
    """A list in XML is a wrapper around one repeated element; a single entry does not look like a list."""
    if isinstance(value, Mapping) and len(value) == 1:
        value = next(iter(value.values()))
    if value == "":
        return []
    return value if isinstance(value, list) else [value]
