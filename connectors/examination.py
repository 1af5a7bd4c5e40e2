"""Everything that can be said of a pack without calling anybody: what `lint` shows and registration insists on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from cases.errors import ConfigError
from config.findings import Finding
from connectors.canonical import case_shape, item_shape
from connectors.kinds import PackContract
from connectors.pack_loader import LoadedPack
from connectors.receipt import receipt_reader
from mappings.checker import check_fields, check_mapping, field_allowed
from mappings.compiler import compile_mapping
from mappings.shape import Shape
from mappings.status import status_shape
from router.items import Item

T = TypeVar("T")

#: Where a pack brings no schema, its side of the mapping cannot be checked.
_ANY = Shape(kind="any")


def examine(loaded: LoadedPack, items: Sequence[Item] = ()) -> list[Finding]:
    """Check mappings against both sides' shapes, the field allow-list, the receipt rule and the kind's contract.

    Args:
        loaded: the pack.
        items: every version of the items whose cases reach it (see `connectors.served`); each is proven by itself.
            Without them nothing is known of the forms' fields.
    """
    findings: list[Finding] = []

    def collect(action: Callable[[], T]) -> T | None:
        try:
            return action()
        except ConfigError as error:
            findings.extend(finding for finding in error.findings if isinstance(finding, Finding))
            return None

    contract = collect(lambda: loaded.kind.contract(loaded)) or PackContract(request=None, status=None)
    findings.extend(contract.findings)
    collect(lambda: receipt_reader(loaded))
    request = collect(lambda: compile_mapping(loaded.request))
    if request is not None:
        findings.extend(check_fields(request, loaded.pack.fields))
        findings.extend(_unused(loaded, request.paths))
    findings.extend(check_mapping(loaded.request, case_shape(items), contract.request or _ANY, _cases_of(items)))
    status = loaded.status
    if status is not None:
        collect(lambda: compile_mapping(status))
        if status.spec.correlate is None:
            findings.append(status.located.finding((), "needs `correlate`: which case a status is about"))
        findings.extend(check_mapping(status, contract.status or _ANY, status_shape()))
    return sorted(set(findings))


def _cases_of(items: Sequence[Item]) -> dict[str, Shape]:
    names = [item.name for item in items]
    return {
        item.name if names.count(item.name) == 1 else f"{item.name} version {item.version}": item_shape([item])
        for item in items
    }


def _unused(loaded: LoadedPack, paths: frozenset[str]) -> list[Finding]:
    """Find permissions nobody needs: a list that is wider than the mapping protects nothing."""
    return [
        loaded.connector.finding(("fields", position), f"{field} is allowed to leave, but request.yaml never reads it")
        for position, field in enumerate(loaded.pack.fields)
        if not any(field_allowed(path, [field]) for path in paths)
    ]
