"""A department's own document into a canonical status: status.yaml run, checked and marked."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from cases.errors import MappingError
from cases.status import StatusUpdate
from mappings.compiler import CompiledMapping


def read_status(mapping: CompiledMapping, raw: Mapping[str, Any]) -> StatusUpdate:
    """Map a department's document to a canonical status, each value with its provenance.

    Raises:
        MappingError: a value does not fit the mapping, or the result is no canonical status.
    """
    mapped = mapping.run(raw)
    try:
        return StatusUpdate.model_validate({**mapped.document, "marks": mapped.marks})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        target = ".".join(str(part) for part in first["loc"])
        entry = next((entry for entry in mapped.trace if entry.target == target), None)
        line, source = (entry.line, entry.source) if entry is not None else (1, "")
        raise MappingError(
            file=mapping.file, line=line, target=target, source=source, what=first["msg"].removeprefix("Value error, ")
        ) from None
