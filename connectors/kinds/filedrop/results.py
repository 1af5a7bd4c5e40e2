"""The folder in which a department leaves statuses: each whole file is read, handed on, and put away once recorded."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from connectors.contract import Incoming, Unreadable
from connectors.kinds.filedrop.formats import Read
from connectors.kinds.filedrop.options import Results
from connectors.news import status_news
from connectors.wire.files import Sighting, move, put, sightings, take

_NS_PER_S = 1_000_000_000


class ResultFolder:
    """One result folder. Files are put away only when the hub has every status in them."""

    def __init__(
        self,
        options: Results,
        *,
        read: Read,
        marker: str,
        max_bytes: int,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._options, self._read, self._marker = options, read, marker
        self._max_bytes, self._wall_ns = max_bytes, wall_ns
        self._folder = Path(options.folder)
        self._seen: dict[str, tuple[Sighting, int]] = {}  # for `stable`: when a file was first seen like this

    async def statuses(self) -> AsyncIterator[Incoming | Unreadable]:
        """Read what is whole, oldest first.

        Raises:
            OSError: the folder cannot be read.
        """
        for name in await asyncio.to_thread(self._whole):
            for status in await asyncio.to_thread(self._open, name):
                yield status

    def _whole(self) -> list[str]:
        found = sightings(self._folder)
        names = {sighting.name for sighting in found}
        results = [s for s in found if fnmatchcase(s.name, self._options.pattern) and not s.name.endswith(self._marker)]
        match self._options.complete:
            case "marker":
                return [s.name for s in results if s.name + self._marker in names]
            case "renamed":
                return [s.name for s in results]
            case "stable":
                return [s.name for s in results if self._is_stable(s)]

    def _is_stable(self, sighting: Sighting) -> bool:
        """Two equal sightings of our own: the other machine's clock is not asked."""
        now = self._wall_ns()
        before = self._seen.get(sighting.name)
        if before is None or before[0] != sighting:
            self._seen[sighting.name] = (sighting, now)
            return False
        return now - before[1] >= self._options.stable_seconds * _NS_PER_S

    def _open(self, name: str) -> list[Incoming | Unreadable]:
        try:
            data = take(self._folder, name, max_bytes=self._max_bytes)
        except FileNotFoundError:  # another worker was quicker
            return []
        if data is None:
            reason = f"larger than {self._max_bytes} bytes"
            return [self._unreadable(name, hashlib.sha256(name.encode()).hexdigest(), reason, b"")]
        try:
            records = self._read(data)
        except ValueError as error:
            return [self._unreadable(name, hashlib.sha256(data).hexdigest(), str(error), data)]
        if not records:
            return [self._unreadable(name, hashlib.sha256(data).hexdigest(), "no status in it", data)]
        away = _Away(len(records), lambda: self._put_away(name))
        return [status_news(record, "file", settle=away.one) for record in records]

    def _unreadable(self, name: str, digest: str, reason: str, data: bytes) -> Unreadable:
        away = _Away(1, lambda: self._put_aside(name, reason))
        return Unreadable(digest=digest, way="file", reason=f"{name}: {reason}", body=data, settle=away.one)

    def _put_away(self, name: str) -> None:
        self._move(name, self._folder / self._options.done_folder)

    def _put_aside(self, name: str, reason: str) -> None:
        target = self._move(name, self._folder / self._options.bad_folder)
        if target is not None:
            put(target.parent, f"{target.name}.reason", f"{reason}\n".encode())

    def _move(self, name: str, folder: Path) -> Path | None:
        """The marker goes first: a file without one is never read again."""
        self._seen.pop(name, None)
        (self._folder / f"{name}{self._marker}").unlink(missing_ok=True)
        try:
            return move(self._folder / name, folder)
        except FileNotFoundError:
            return None


class _Away:
    """Puts a file away when the last of its statuses is settled."""

    def __init__(self, count: int, finish: Callable[[], Any]) -> None:
        self._left, self._finish = count, finish

    async def one(self) -> None:
        self._left -= 1
        if self._left == 0:
            await asyncio.to_thread(self._finish)
