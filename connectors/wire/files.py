"""Files handed over through shared folders: written beside, forced to disk, renamed; taken in whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: Names of files that are still being written, by us or by the other side.
PARTIAL_SUFFIXES = (".part", ".tmp", ".filepart", ".writing")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as a visit found it; two equal sightings some time apart mean that nobody writes any more."""

    name: str
    size_bytes: int
    changed_ns: int


def put(folder: Path, name: str, data: bytes) -> None:
    """Write a file so that it is under its name either whole or not at all, also after a power cut.

    Raises:
        OSError: nothing stands under the name that did not stand there before.
    """
    partial = folder / f".{name}.{os.getpid()}.part"
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(folder / name)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(folder)


def move(file: Path, folder: Path) -> Path:
    """Move a file into another folder of the same file system, never over another one; return its new place."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name
    count = 1
    while target.exists():
        target = folder / f"{file.stem}.{count}{file.suffix}"
        count += 1
    file.rename(target)
    sync_folder(folder)
    sync_folder(file.parent)
    return target


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to disk."""
    with _opened(folder) as handle:
        os.fsync(handle)


def sightings(folder: Path) -> list[Sighting]:
    """Return the regular files of a folder, oldest first; hidden and partial ones, links and folders are left out."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.lower().endswith(PARTIAL_SUFFIXES):
                continue
            try:
                if entry.is_file(follow_symlinks=False):
                    facts = entry.stat(follow_symlinks=False)
                    found.append(Sighting(entry.name, facts.st_size, facts.st_mtime_ns))
            except FileNotFoundError:  # taken away between listing and looking
                continue
    return sorted(found, key=lambda sighting: (sighting.changed_ns, sighting.name))


def take(folder: Path, name: str, *, max_bytes: int) -> bytes | None:
    """Return a file's bytes; None where it is larger than allowed.

    Raises:
        OSError: it cannot be read.
    """
    handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        data = file.read(max_bytes + 1)
    return data if len(data) <= max_bytes else None


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)
