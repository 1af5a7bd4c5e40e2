"""Files by their content: `ab/abcd…` holds the bytes whose SHA-256 begins so. Written once, never changed.

A file is written beside, hashed on the way, flushed to disk and only then renamed to its digest: a name that exists
is complete, whatever happened in between. What an interrupted upload left in `incoming` is swept at the next start.
"""

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cases.errors import NotFound
from hub import ports

_PIECE_BYTES = 1024 * 1024
#: Far beyond the time any upload may take: what is older was left by a crash.
_LEFT_SECONDS = 24 * 3600.0


class Spool:
    """One file on its way in."""

    def __init__(self, path: Path) -> None:
        self.path = path  # where the bytes stand; complete after `finish`
        self._file, self._hash, self._pending = path.open("xb"), hashlib.sha256(), bytearray()
        self.size_bytes = 0

    async def write(self, piece: bytes) -> None:
        """Add bytes; they go to disk a megabyte at a time, off the event loop."""
        self.size_bytes += len(piece)
        self._pending += piece
        if len(self._pending) >= _PIECE_BYTES:
            await self._flush()

    async def finish(self) -> str:
        """Put everything on disk for good and return the digest."""
        await self._flush()
        await asyncio.to_thread(os.fsync, self._file.fileno())
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Close, and delete what was not kept."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    async def _flush(self) -> None:
        pending, self._pending = self._pending, bytearray()
        await asyncio.to_thread(self._write, pending)

    def _write(self, pending: bytearray) -> None:
        self._hash.update(pending)
        self._file.write(pending)
        self._file.flush()


class FileStore:
    """One folder of files. Every process that shares it sees the same files."""

    def __init__(self, root: Path) -> None:
        self._root, self._incoming = root, root / "incoming"

    @asynccontextmanager
    async def receive(self) -> AsyncIterator[Spool]:
        """Open a spool for one file; what is not kept by `keep` is deleted at the end."""
        spool = await asyncio.to_thread(self._open)
        try:
            yield spool
        finally:
            await asyncio.to_thread(spool.discard)

    async def keep(self, spool: ports.Spool, sha256: str) -> None:
        """Give a finished spool its name. The same content twice is one file."""
        await asyncio.to_thread(self._keep, spool.path, self.path(sha256))

    async def read(self, sha256: str) -> bytes:
        """Return a file's content.

        Raises:
            NotFound: there is none.
        """
        try:
            return await asyncio.to_thread(self.path(sha256).read_bytes)
        except FileNotFoundError:
            raise NotFound("file", sha256) from None

    def path(self, sha256: str) -> Path:
        """Return where a file stands or would stand."""
        return self._root / sha256[:2] / sha256

    async def sweep(self) -> int:
        """Delete what interrupted uploads left a day ago or earlier; return how many files that were."""
        return await asyncio.to_thread(self._sweep)

    def _sweep(self) -> int:
        oldest = time.time() - _LEFT_SECONDS
        left = [path for path in self._incoming.glob("*") if path.stat().st_mtime < oldest]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _open(self) -> Spool:
        self._incoming.mkdir(parents=True, exist_ok=True)
        return Spool(self._incoming / secrets.token_hex(16))

    @staticmethod
    def _keep(source: Path, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        source.replace(target)
        for folder in (target.parent, target.parent.parent):
            _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
