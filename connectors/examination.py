"""Everything that can be said of a pack without calling anybody: what `lint` shows and registration insists on."""

from collections.abc import Callable
from typing import TypeVar

from cases.errors import ConfigError
from config.findings import Finding
from connectors.canonical import case_shape, status_shape
from connectors.kinds import PackContract
from connectors.pack_loader import LoadedPack
from connectors.receipt import receipt_reader
from mappings.checker import check_fields, check_mapping, field_allowed
from mappings.compiler import compile_mapping
from mappings.shape import Shape

T = TypeVar("T")

#: Where a pack brings no schema, its side of the mapping cannot be checked.
_ANY = Shape(kind="any")


def examine(loaded: LoadedPack) -> list[Finding]:
    """Check mappings against both sides' shapes, the field allow-list, the receipt rule and the kind's contract."""
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
    findings.extend(check_mapping(loaded.request, case_shape(), contract.request or _ANY))
    status = loaded.status
    if status is not None:
        collect(lambda: compile_mapping(status))
        if status.spec.correlate is None:
            findings.append(status.located.finding((), "needs `correlate`: which case a status is about"))
        findings.extend(check_mapping(status, contract.status or _ANY, status_shape()))
    return sorted(set(findings))


def _unused(loaded: LoadedPack, paths: frozenset[str]) -> list[Finding]:
    """Find permissions nobody needs: a list that is wider than the mapping protects nothing."""
    return [
        loaded.connector.finding(("fields", position), f"{field} is allowed to leave, but request.yaml never reads it")
        for position, field in enumerate(loaded.pack.fields)
        if not any(field_allowed(path, [field]) for path in paths)
    ]
