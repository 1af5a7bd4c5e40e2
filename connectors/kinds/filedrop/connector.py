"""A case becomes a file and its marker; statuses are files in another folder. The other side may be hours away."""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from cases.outcome import Accepted, Again, Broken, LookupAnswer, NotThere, Outcome, Unknown
from config.findings import Finding
from connectors.around import Around
from connectors.contract import (
    Call,
    CallRefused,
    CallReply,
    Capabilities,
    Incoming,
    Parcel,
    Pending,
    Received,
    Unreadable,
)
from connectors.contract_shapes import at_records, json_shape, xsd_of
from connectors.kinds import PackContract, kind
from connectors.kinds.filedrop.formats import element, reader, writer
from connectors.kinds.filedrop.options import FileDropEndpoint
from connectors.kinds.filedrop.results import ResultFolder
from connectors.options import Auth, NoAuth
from connectors.pack_loader import LoadedPack
from connectors.receipt import receipt_reader
from connectors.wire.files import put
from connectors.wire.xsd import reply_shape_of, shape_of
from mappings.shape import Shape

log = logging.getLogger(__name__)


@kind("filedrop", endpoint=FileDropEndpoint, auth=(NoAuth,))
class FileDropConnector:
    """A pair of folders shared with the department, or with the ferry in front of it."""

    def __init__(self, *, pack: LoadedPack, endpoint: FileDropEndpoint, auth: Auth, around: Around) -> None:
        del auth, around  # folders are guarded by the machine they are on
        self._pack, self._endpoint = pack.pack, endpoint
        self._reader = receipt_reader(pack)
        self._write = writer(pack, endpoint)
        self._out = Path(endpoint.out_folder)
        self._taken = Path(endpoint.taken_folder) if endpoint.taken_folder else None
        self._results = None
        if endpoint.results is not None:
            self._results = ResultFolder(
                endpoint.results,
                read=reader(pack, endpoint, endpoint.results),
                marker=endpoint.marker,
                max_bytes=pack.pack.timeouts.max_reply_bytes,
            )

    @classmethod
    def contract(cls, pack: LoadedPack) -> PackContract:
        """Read the pack's schemas and see whether the options fit together."""
        endpoint, findings = pack.endpoint, []
        assert isinstance(endpoint, FileDropEndpoint)
        if endpoint.file.format == "xml" and endpoint.request_schema is None:
            findings.append(
                pack.connector.finding(("endpoint",), "xml files need `request_schema`, an XSD in the pack")
            )
        if pack.pack.status.by == "file" and endpoint.results is None:
            findings.append(
                pack.connector.finding(("status", "by"), "needs `endpoint.results`: the folder to look into")
            )
        if pack.pack.status.by in ("callback", "poll"):
            findings.append(
                pack.connector.finding(("status", "by"), "a file drop brings statuses by `file`, or `none`")
            )
        if pack.pack.resend.lookup is not None and pack.pack.resend.lookup != "folders":
            findings.append(pack.connector.finding(("resend", "lookup"), "the only look-up is `folders`"))
        if findings:
            return PackContract(request=None, status=None, findings=findings)
        return PackContract(request=_request_shape(pack, endpoint), status=_status_shape(pack, endpoint))

    @property
    def capabilities(self) -> Capabilities:
        """What can be done with these folders: the same name written again replaces the file, and files once."""
        return Capabilities(
            lookup=self._pack.resend.lookup is not None,
            idempotency_key=self._pack.resend.idempotency == "key",
            fetches=self._results is not None,
            receives=False,
        )

    def content(self, parcel: Parcel) -> bytes:
        """Return the bytes of the case's file.

        Raises:
            ValueError: a value that format, contract or character set has no place for.
        """
        data = self._write(parcel.document)
        if len(data) > self._endpoint.max_bytes:
            raise ValueError(f"the file would have {len(data)} bytes; allowed are {self._endpoint.max_bytes}")
        return data

    async def send(self, parcel: Parcel) -> Outcome:
        """Write the case's file, then its marker."""
        name = self._name(parcel)
        try:
            data = await asyncio.to_thread(self.content, parcel)
        except ValueError as error:
            return Broken(code="not_writable", reason=str(error))
        try:
            async with asyncio.timeout(self._pack.timeouts.total_seconds):
                await asyncio.to_thread(self._hand_over, name, data)
        except TimeoutError:
            return Unknown(code="timeout", reason="the exchange folder is slow; the file may or may not be there")
        except OSError as error:
            # Without its marker the file does not count: nothing was handed over.
            return Again(code="folder_trouble", reason=_words(error, self._out))
        return self._reader.read({"file": name, "bytes": len(data)})

    async def lookup(self, parcel: Parcel) -> LookupAnswer:
        """See whether the file waits in the out folder or was taken."""
        name = self._name(parcel)
        try:
            return await asyncio.to_thread(self._find, name)
        except OSError as error:
            return Unknown(code="folder_trouble", reason=_words(error, self._out))

    async def fetch(self, pending: Sequence[Pending]) -> AsyncIterator[Incoming | Unreadable]:
        """Read the results that are whole; which cases wait does not matter."""
        del pending
        if self._results is None:
            return
        try:
            async for status in self._results.statuses():
                yield status
        except OSError as error:
            log.warning("result_folder_trouble", extra={"connector": self._pack.key, "reason": type(error).__name__})

    async def receive(self, call: Call) -> Received | CallRefused:
        """A file drop takes no calls."""
        return CallRefused(reply=CallReply(status=404), reason=f"{self._pack.key} is a file drop and takes no calls")

    async def check(self) -> list[Finding]:
        """See whether the folders are there; nothing is written."""
        folders = {"out_folder": self._out}
        if self._taken is not None:
            folders["taken_folder"] = self._taken
        if self._endpoint.results is not None:
            folders["results.folder"] = Path(self._endpoint.results.folder)
        missing = await asyncio.to_thread(lambda: [name for name, path in folders.items() if not path.is_dir()])
        return [
            Finding("connector.yaml", 1, f"endpoint.{name}", f"there is no folder {folders[name]}; create or mount it")
            for name in missing
        ]

    async def close(self) -> None:
        """Nothing is held open."""

    def _name(self, parcel: Parcel) -> str:
        return self._endpoint.file_name.format(case_no=parcel.case_no, delivery_id=parcel.delivery_id)

    def _hand_over(self, name: str, data: bytes) -> None:
        if self._taken is not None and (self._taken / name).exists():
            return  # an earlier attempt arrived: a second file could become a second case
        put(self._out, name, data)
        put(self._out, name + self._endpoint.marker, b"")

    def _find(self, name: str) -> LookupAnswer:
        """Look where it was taken to last: a file that moves between the two looks is seen at least once."""
        for folder in (self._out, self._taken):
            if folder is not None and not folder.is_dir():  # not mounted: nothing can be said of what is in it
                raise FileNotFoundError(errno.ENOENT, "no such folder", str(folder))
        if (self._out / name).exists() and (self._out / (name + self._endpoint.marker)).exists():
            return Accepted(number=None, reply={"file": name, "taken": False})
        if self._taken is None:
            return Unknown(
                code="no_trace",
                reason="the file is not in the out folder: taken, or never written; `taken_folder` would tell",
            )
        if (self._taken / name).exists():
            return Accepted(number=None, reply={"file": name, "taken": True})
        return NotThere()


def _request_shape(pack: LoadedPack, endpoint: FileDropEndpoint) -> Shape | None:
    if endpoint.request_schema is None:
        return None
    if endpoint.file.format == "xml":
        schemas = xsd_of(pack, endpoint.request_schema)
        return shape_of(element(pack, schemas, str(endpoint.file.root), endpoint.file.namespace))
    return json_shape(pack, endpoint.request_schema)


def _status_shape(pack: LoadedPack, endpoint: FileDropEndpoint) -> Shape | None:
    results = endpoint.results
    if results is None or endpoint.status_schema is None:
        return None
    if results.format != "xml":
        return json_shape(pack, endpoint.status_schema)
    if results.root is None:
        return None
    whole = reply_shape_of(element(pack, xsd_of(pack, endpoint.status_schema), results.root, results.namespace))
    return at_records(whole, results.records)


def _words(error: OSError, folder: Path) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return f"the folder {folder} is not there; create or mount it"
        case errno.ENOSPC | errno.EDQUOT:
            return f"the disk of {folder} is full"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"the hub may not write into {folder}"
    return f"the folder {folder} cannot be used: {error.strerror}"
