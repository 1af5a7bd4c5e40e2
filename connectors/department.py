"""A department as the road sees it: its mappings, its connector, and what may leave the hub towards it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cases.errors import ConfigError, MappingError, ReplyUnreadable
from cases.status import StatusUpdate
from connectors.around import Around, open_connector
from connectors.contract import Connector, Incoming
from connectors.pack import DepartmentInfo, Pack
from connectors.pack_loader import LoadedPack
from mappings.checker import check_fields
from mappings.compiler import compile_mapping
from mappings.status import read_status
from mappings.trace import Mapped
from retry.verdict import Ability

#: The one field that is not part of a stored case: the road puts a file's content there where a mapping reads it.
CONTENT = "materials.content"


@dataclass(frozen=True, slots=True)
class Correlated:
    """A status in canonical words and the case it is about, by our number or by the department's."""

    case_no: str | None
    foreign_no: str | None
    update: StatusUpdate


class Department:
    """One pack in force."""

    def __init__(self, loaded: LoadedPack, connector: Connector) -> None:
        """Compile the mappings.

        Raises:
            ConfigError: a mapping does not compile, or reads what may not leave the hub.
        """
        self.loaded, self.connector = loaded, connector
        self._request = compile_mapping(loaded.request)
        if leaks := check_fields(self._request, loaded.pack.fields):
            raise ConfigError(leaks)
        self._status = compile_mapping(loaded.status) if loaded.status is not None else None
        able = connector.capabilities
        self.ability = Ability(
            idempotency_key=able.idempotency_key,
            lookup=able.lookup,
            settle_seconds=loaded.pack.resend.settle_seconds,
        )
        self.needs_content = self._request.reads(CONTENT)

    @property
    def pack(self) -> Pack:
        """What the department wrote."""
        return self.loaded.pack

    @property
    def key(self) -> str:
        """The connector's key."""
        return self.loaded.pack.key

    @property
    def info(self) -> DepartmentInfo:
        """Who the department is."""
        return self.loaded.pack.department

    @property
    def digest(self) -> str:
        """SHA-256 hex over the pack's files: which version is in force."""
        return self.loaded.digest

    def map_request(self, case: Mapping[str, Any]) -> Mapped:
        """Return the department's document for a canonical case (as JSON values), with the trace of every field.

        Raises:
            MappingError: a value does not fit the mapping, or the files are more than the department takes.
        """
        if self.needs_content:
            self._weigh(case)
        return self._request.run(case)

    def read_status(self, incoming: Incoming) -> Correlated:
        """Return a status in canonical words, every value with its provenance.

        Raises:
            MappingError: a value does not fit status.yaml, an unknown code among them.
            ReplyUnreadable: it does not say which case it is about, or this pack reads no statuses.
        """
        if self._status is None:
            raise ReplyUnreadable(f"{self.key}: a status came, but the pack has no status.yaml to read it")
        about = self._status.correlate(incoming.raw)
        case_no, foreign_no = incoming.case_no or about.case_no, about.foreign_no
        if case_no is None and foreign_no is None:
            raise ReplyUnreadable(f"{self.key}: the status names no case; see `correlate` in status.yaml")
        return Correlated(case_no, foreign_no, read_status(self._status, incoming.raw))

    def _weigh(self, case: Mapping[str, Any]) -> None:
        """Refuse files that are together larger than the pack allows; base64 has 4 characters for 3 bytes."""
        texts = (material.get("content") or "" for material in case.get("materials") or ())
        size, limit = sum(len(text) * 3 // 4 for text in texts), self.pack.attachments_max_bytes
        if size > limit:
            line = self._request.lines.get(CONTENT, 1)
            what = f"the files have {size} bytes together; this department takes {limit}: send smaller scans"
            raise MappingError(file=self._request.file, line=line, target="", source=CONTENT, what=what)


def open_department(loaded: LoadedPack, around: Around) -> Department:
    """Build a department from its pack; nothing is called yet.

    Raises:
        ConfigError: what keeps the pack from being used: mappings, fields that may not leave, unresolved references.
    """
    return Department(loaded, open_connector(loaded, around))
