"""The canonical side of the checker: what a mapping may read from a case, and what a status has to become."""

from dataclasses import replace
from functools import cache

from cases.case import Case
from cases.status import StatusUpdate
from mappings.json_schema import shape_from_model
from mappings.shape import Member, Shape


@cache
def case_shape() -> Shape:
    """Return the shape of a case as request.yaml reads it, the content of its files (base64) included."""
    case = shape_from_model(Case)
    materials = case.fields["materials"]
    material = materials.shape.items
    assert material is not None
    content = Member(Shape(kind="string", format="base64"), required=False)
    whole = replace(material, fields={**material.fields, "content": content})
    return replace(
        case, fields={**case.fields, "materials": Member(replace(materials.shape, items=whole), materials.required)}
    )


@cache
def status_shape() -> Shape:
    """Return the shape that status.yaml must produce; provenance marks are added by the hub."""
    return shape_from_model(StatusUpdate, written=False, without=("marks",))
