"""Sealing of what is personal or secret before it reaches the database: AES-256-GCM.

A sealed value is  1 | key id (4 bytes) | nonce (12 bytes) | ciphertext and tag;  a plain one is  0 | bytes.  The nonce
is random: safe for 2^32 values a key (NIST SP 800-38D, 8.3), far above a district's cases. The context (which table,
which row) is authenticated with the value, so that a value copied into another row does not open.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cases.errors import HubError

KEY_BYTES = 32
_NONCE_BYTES = 12
_ID_BYTES = 4
_PLAIN, _SEALED = b"\x00", b"\x01"
_HEAD = 1 + _ID_BYTES


class SealBroken(HubError):
    """A stored value does not open: the data key is missing or another one, or the value was altered."""

    code = "seal_broken"


class Sealer:
    """Seals with the first key, opens with any: a new key is put in front of the old ones."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        for key in keys:
            if len(key) != KEY_BYTES:
                raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(key)}")
        self._keys = {key_id(key): AESGCM(key) for key in keys}
        self.key_id = key_id(keys[0]) if keys else None
        self._first = self._keys[self.key_id] if self.key_id is not None else None

    def seal(self, value: bytes, context: str) -> bytes:
        """Return the value as it is stored."""
        if self._first is None or self.key_id is None:
            return _PLAIN + value
        nonce = os.urandom(_NONCE_BYTES)
        return _SEALED + self.key_id + nonce + self._first.encrypt(nonce, value, context.encode())

    def open(self, stored: bytes, context: str) -> bytes:
        """Return the value of what was stored under the same context.

        Raises:
            SealBroken: no key of ours opens it.
        """
        if stored[:1] == _PLAIN:
            return stored[1:]
        cipher = self._keys.get(stored[1:_HEAD])
        if cipher is None:
            raise SealBroken(f"{context} was sealed with a data key that this hub was not given; configure that key")
        nonce, sealed = stored[_HEAD : _HEAD + _NONCE_BYTES], stored[_HEAD + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, sealed, context.encode())
        except InvalidTag:
            raise SealBroken(f"{context} was altered in the database; restore it from a backup") from None

    def knows(self, wanted: bytes) -> bool:
        """Say whether a key with this id is at hand."""
        return wanted in self._keys


def key_id(key: bytes) -> bytes:
    """Return the public name of a key: four bytes of its digest."""
    return hashlib.sha256(b"onewindow data key\x00" + key).digest()[:_ID_BYTES]


def key_from_file(path: Path) -> bytes:
    """Read the data key from a file; make file and key at the first start (readable by its owner only).

    Raises:
        HubError: the file is there but holds no key.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(handle, "wb") as file:
        key = os.urandom(KEY_BYTES)
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def _read_key(path: Path) -> bytes:
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise HubError(f"{path} holds no data key ({KEY_BYTES} bytes in base64); put the key back from your backup")
    return key
