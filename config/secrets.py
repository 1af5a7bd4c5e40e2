"""The hub's own keys: read from files, made on first start, never printed."""

import os
import secrets
from pathlib import Path

from cases.errors import ConfigError
from config.findings import Finding

KEY_BYTES = 32


def own_key(folder: Path, name: str) -> bytes:
    """Return a 32-byte key kept as hex in `folder/name`, mode 600; made on first use.

    Two processes that start at once agree on one key: the file is linked into place, and whoever comes second reads it.

    Raises:
        ConfigError: the file is there but holds no such key, or cannot be read or written.
    """
    file = folder / name
    try:
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _create(file)
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise ConfigError([Finding(str(file), 1, name, f"cannot be used as a key file: {error}")]) from None
    if len(key) != KEY_BYTES:
        raise ConfigError([Finding(str(file), 1, name, f"expected {2 * KEY_BYTES} hex digits")])
    return key


def _create(file: Path) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(KEY_BYTES))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
