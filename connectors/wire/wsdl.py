"""Reads a WSDL once, with zeep, from the files of a pack: which operations there are, and what each exchanges."""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

from zeep.settings import Settings
from zeep.wsdl import Document
from zeep.wsdl.bindings.soap import Soap12Binding, SoapBinding
from zeep.wsdl.messages import DocumentMessage

from connectors.wire.contract_files import ROOT, ContractFiles, ContractUnreadable
from connectors.wire.schemas import Schemas, gather

Version = Literal["1.1", "1.2"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One document/literal operation. Element names are qualified as `{namespace}name`."""

    name: str
    version: Version
    action: str
    input: str | None  # None: an empty body
    output: str | None
    headers: tuple[str, ...]  # elements the contract foresees in the SOAP header
    binding: Any  # zeep's, kept to prove our envelopes against its own


class Wsdl:
    """A contract that was read."""

    def __init__(self, files: ContractFiles, name: str) -> None:
        """Read `name` and all it imports.

        Raises:
            ContractUnreadable: a file is missing, malformed or beyond what can be read; says which and what to do.
        """
        self.file = name
        with warnings.catch_warnings(record=True) as odd:
            warnings.simplefilter("always")
            self._document = _read(files, name)
        self.schemas: Schemas = gather(files, ROOT + name)
        #: What a reader of the contract should know, though it can be used.
        self.findings = [*self.schemas.findings, *(str(one.message) for one in odd)]

    def operation(self, name: str, *, service: str | None = None, port: str | None = None) -> Operation:
        """Return an operation, of the first SOAP port unless service or port are named.

        Raises:
            ContractUnreadable: no such service, port or operation, or not in document/literal style.
        """
        binding = self._binding(service, port)
        try:
            found = binding.get(name)
        except ValueError:
            known = ", ".join(sorted(binding._operations)) or "none"
            raise ContractUnreadable(self.file, f"has no operation {name!r}; it has: {known}") from None
        self._check_style(found)
        return Operation(
            name=name,
            version="1.2" if isinstance(binding, Soap12Binding) else "1.1",
            action=found.soapaction or "",
            input=self._body(found.input, name),
            output=self._body(found.output, name) if found.output else None,
            headers=tuple(str(element.qname) for _, element in _header_elements(found.input)),
            binding=binding,
        )

    def operation_names(self) -> list[str]:
        """Return the operations of the first SOAP port."""
        return sorted(self._binding(None, None)._operations)

    def _binding(self, service: str | None, port: str | None) -> Any:
        services = self._document.services
        if service is not None and service not in services:
            raise ContractUnreadable(self.file, f"has no service {service!r}; it has: {', '.join(services) or 'none'}")
        ports = {
            found.name: found.binding
            for each in ([services[service]] if service else services.values())
            for found in each.ports.values()
            if isinstance(found.binding, SoapBinding)
        }
        if not ports:
            raise ContractUnreadable(
                self.file, "has no port for SOAP over HTTP: it is not the entry file, or no service"
            )
        if port is not None and port not in ports:
            raise ContractUnreadable(self.file, f"has no SOAP port {port!r}; it has: {', '.join(ports)}")
        return ports[port] if port else next(iter(ports.values()))

    def _check_style(self, operation: Any) -> None:
        if not isinstance(operation.input, DocumentMessage):
            raise ContractUnreadable(
                self.file, f"operation {operation.name!r} is in rpc style; only document/literal is spoken"
            )
        if operation.name in self.schemas.encoded_operations:
            raise ContractUnreadable(
                self.file, f"operation {operation.name!r} uses SOAP encoding; only document/literal is spoken"
            )

    def _body(self, message: Any, name: str) -> str | None:
        if message is None or message.body is None:
            return None
        parts = list(message.abstract.parts.values())
        if message._is_body_wrapped or any(part.element is None for part in parts):
            raise ContractUnreadable(
                self.file,
                f"operation {name!r}: a document/literal message has one part that names an element; this one has not",
            )
        return str(message.body.qname)


def _header_elements(message: Any) -> list[tuple[str, Any]]:
    return list(message.header.type.elements) if message is not None and message.header is not None else []


def _read(files: ContractFiles, name: str) -> Document:
    transport: Any = files  # zeep asks its transport for nothing but `load`
    try:
        return Document(ROOT + name, transport, settings=Settings(forbid_dtd=True, forbid_entities=True))
    except ContractUnreadable:
        raise
    except AttributeError as error:
        if "resolve" in str(error):
            raise ContractUnreadable(
                name,
                "restricts an xs:list type, which the WSDL reader (zeep) cannot do though it is valid: "
                "in the pack's copy, replace that type by the list type it restricts",
            ) from None
        raise ContractUnreadable(name, f"the WSDL reader (zeep) stumbled over it: {error}") from None
    except Exception as error:  # noqa: BLE001 zeep meets malformed contracts with whatever comes up
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ContractUnreadable(name, f"is no WSDL that can be read: {what}") from None
