"""A department's own document into a canonical status: status.yaml run, checked and marked."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from cases.errors import MappingError
from cases.status import StatusUpdate
from mappings.compiler import CompiledMapping
from mappings.json_schema import shape_from_model
from mappings.shape import Shape


@cache
def status_shape() -> Shape:
    """What a status.yaml must give: a canonical status without its marks, which the mapping itself adds."""
    return shape_from_model(StatusUpdate, written=False, without=("marks",))


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
