"""The canonical side of the checker: what a mapping may read from a case, and what a status has to become."""

from collections.abc import Iterable

from cases.schema import ServedItem, case_json_schema
from mappings.json_schema import shape_from_json_schema
from mappings.narrow import within
from mappings.shape import Shape


def case_shape(items: Iterable[ServedItem] = ()) -> Shape:
    """Return the shape of cases as request.yaml reads them, the content of their files (base64) included.

    Args:
        items: whose forms, parties and codes they have; without any, the form holds anything. Code lists of the
            canonical format (kinds of items, forms of materials …) stay whole.
    """
    served = tuple(items)
    bare = shape_from_json_schema(case_json_schema())
    return within(bare, item_shape(served), codes="all") if served else bare


def item_shape(items: Iterable[ServedItem]) -> Shape:
    """Return the shape of what cases of these items can really hold."""
    return shape_from_json_schema(case_json_schema(items))
