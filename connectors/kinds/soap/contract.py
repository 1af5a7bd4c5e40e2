"""What a pack's WSDL says, and whether the pack fits it."""

from collections.abc import Iterator
from dataclasses import replace

from cases.errors import ConfigError
from config.findings import Finding
from connectors.kinds import PackContract
from connectors.kinds.soap.options import Question, SoapEndpoint
from connectors.pack_loader import LoadedPack
from connectors.wire.contract_files import ContractFiles, ContractUnreadable
from connectors.wire.wsdl import Operation, Wsdl
from connectors.wire.xsd import reply_shape_of, shape_of
from mappings.shape import Shape

_NOTHING = Shape(kind="object")


def read_contract(pack: LoadedPack, endpoint: SoapEndpoint) -> Wsdl:
    """Read the WSDL of a pack.

    Raises:
        ConfigError: it cannot be read; the finding says why and what to do.
    """
    try:
        return Wsdl(ContractFiles(pack.files, endpoint.imports), endpoint.wsdl)
    except ContractUnreadable as error:
        raise ConfigError([_about(pack, error)]) from None


def find_operation(pack: LoadedPack, endpoint: SoapEndpoint, wsdl: Wsdl, name: str, at: tuple[str, ...]) -> Operation:
    """Return an operation that the pack names at a path of connector.yaml.

    Raises:
        ConfigError: the contract has it not, or in a style that is not spoken.
    """
    try:
        return wsdl.operation(name, service=endpoint.service, port=endpoint.port)
    except ContractUnreadable as error:
        raise ConfigError([pack.connector.finding(at, str(error))]) from None


def pack_contract(pack: LoadedPack) -> PackContract:
    """Compare a pack with its WSDL, without the network."""
    endpoint, findings = pack.endpoint, list(_unknown_names(pack))
    assert isinstance(endpoint, SoapEndpoint)
    try:
        wsdl = read_contract(pack, endpoint)
        findings += [_worth_a_look(pack, what) for what in wsdl.findings]
        request = _input_shape(
            wsdl, find_operation(pack, endpoint, wsdl, endpoint.operation, ("endpoint", "operation"))
        )
        for name, question, at in _questions(pack, endpoint):
            shape = _input_shape(wsdl, find_operation(pack, endpoint, wsdl, name, at))
            findings += _misfits(pack, question, shape, (*at, "ask"))
        return PackContract(request=request, status=_status_shape(pack, endpoint, wsdl), findings=findings)
    except ConfigError as error:
        findings += [finding for finding in error.findings if isinstance(finding, Finding)]
    except ContractUnreadable as error:
        findings.append(_about(pack, error))
    return PackContract(request=None, status=None, findings=findings)


def _about(pack: LoadedPack, error: ContractUnreadable) -> Finding:
    if error.file in pack.files:
        return Finding(pack.place(error.file), 1, "", error.what)
    return pack.connector.finding(("endpoint", "wsdl"), str(error))


def _worth_a_look(pack: LoadedPack, what: str) -> Finding:
    return replace(pack.connector.finding(("endpoint", "wsdl"), what), severity="warning")


def _unknown_names(pack: LoadedPack) -> Iterator[Finding]:
    endpoint = pack.endpoint
    assert isinstance(endpoint, SoapEndpoint)
    lookup, status = pack.pack.resend.lookup, pack.pack.status
    if lookup is not None and lookup not in endpoint.lookups:
        yield pack.connector.finding(
            ("resend", "lookup"), f"there is no `endpoint.lookups.{lookup}` that says how to ask"
        )
    if status.by == "poll" and (status.operation or "") not in endpoint.queries:
        yield pack.connector.finding(
            ("status", "operation"), f"there is no `endpoint.queries.{status.operation}` that says how to ask"
        )
    if status.by not in ("poll", "answer", "none"):
        yield pack.connector.finding(("status", "by"), "a SOAP service is polled, or answers at once")
    if pack.pack.resend.idempotency == "key":
        yield pack.connector.finding(
            ("resend", "idempotency"),
            "SOAP has no place for an idempotency key; use `lookup`",
        )


def _questions(pack: LoadedPack, endpoint: SoapEndpoint) -> Iterator[tuple[str, Question, tuple[str, ...]]]:
    for name, lookup in endpoint.lookups.items():
        yield name, lookup, ("endpoint", "lookups", name)
    for name, query in endpoint.queries.items():
        yield name, query, ("endpoint", "queries", name)


def _input_shape(wsdl: Wsdl, operation: Operation) -> Shape:
    return shape_of(wsdl.schemas.element(operation.input)) if operation.input else _NOTHING


def _misfits(pack: LoadedPack, question: Question, shape: Shape, at: tuple[str, ...]) -> Iterator[Finding]:
    for path in question.ask:
        here: Shape | None = shape
        for step in path.split("."):
            inner = here.items if here is not None and here.kind == "list" else here
            member = inner.fields.get(step) if inner is not None else None
            here = member.shape if member else None
        if here is None:
            yield pack.connector.finding((*at, path), "the operation's request has no such field")


def _status_shape(pack: LoadedPack, endpoint: SoapEndpoint, wsdl: Wsdl) -> Shape | None:
    status = pack.pack.status
    if status.by == "answer":
        name, path = endpoint.operation, pack.pack.receipt.answered
    else:
        name = status.operation or ""
        query = endpoint.queries.get(name)
        if query is None:
            return None
        path = query.statuses
    operation = find_operation(pack, endpoint, wsdl, name, ("status", "operation"))
    if operation.output is None:
        return None
    shape: Shape | None = reply_shape_of(wsdl.schemas.element(operation.output))
    for step in path.removeprefix("reply.").split(".") if path else ():
        member = shape.fields.get(step) if shape is not None else None
        shape = member.shape if member else None
        if shape is not None and shape.kind == "list":
            shape = shape.items
    return shape
