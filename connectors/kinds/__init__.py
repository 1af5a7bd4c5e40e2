"""The protocol kinds: one file each, registered beside the class, imported only when a pack asks for it."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from cases.base import Record
from config.findings import Finding
from connectors.contract import Connector
from connectors.options import Auth, NoAuth
from mappings.shape import Shape

if TYPE_CHECKING:
    from connectors.pack_loader import LoadedPack

C = TypeVar("C", bound=type)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackContract:
    """What the contract files of a pack say: the static checker compares the mappings with it."""

    request: Shape | None  # what request.yaml must produce
    status: Shape | None  # what status.yaml reads
    findings: Sequence[Finding] = field(default_factory=tuple)  # contract and endpoint do not fit together


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A protocol kind: its options, which are its specification, and how to open a pack of it.

    `build(pack=LoadedPack, endpoint=…, auth=…, around=Around)` gives the connector, with references filled in;
    `contract(pack)` reads the pack's contract files without touching the network.
    """

    name: str
    endpoint: type[Record]
    auth: tuple[type[Auth], ...]
    build: Callable[..., Connector]
    contract: "Callable[[LoadedPack], PackContract]"


_kinds: dict[str, Kind] = {}


def kind(name: str, *, endpoint: type[Record], auth: Sequence[type[Auth]] = (NoAuth,)) -> Callable[[C], C]:
    """Register a connector class as a protocol kind; stands in `connectors/kinds/<name>.py`.

    The class is a `Connector` with `__init__(self, *, pack, endpoint, auth, around)` and a class method
    `contract(pack) -> PackContract`.
    """

    def register(connector: C) -> C:
        cls: Any = connector
        _kinds[name] = Kind(name=name, endpoint=endpoint, auth=tuple(auth), build=cls, contract=cls.contract)
        return connector

    return register


def kind_names() -> list[str]:
    """Return the names of all kinds, without importing them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find_kind(name: str) -> Kind | None:
    """Return a kind by its name, importing its module now; None where there is none."""
    if name not in _kinds and name in kind_names():
        importlib.import_module(f"{__name__}.{name}")
    return _kinds.get(name)
