"""Bearer keys: `owh_<key id>_<secret>`, 256 random bits, of which the hub keeps only a SHA-256 digest.

The secret is random, not a person's password, so one plain hash is enough and costs the hot path a microsecond.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from cases.errors import NotAllowed
from hub.ports import ApiKey, Store

#: Fixed scopes; `department:<key>` comes beside them.
SCOPES = ("portal", "ops", "sync", "auditor", "admin")
_SCOPE = re.compile(rf"(?:{'|'.join(SCOPES)}|department:[a-z][a-z0-9-]{{1,40}})")
_TOKEN = re.compile(r"owh_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_FRESH_SECONDS = 2.0
_UNKNOWN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as far as its key says."""

    key_id: str
    scopes: frozenset[str]

    def may(self, *scopes: str) -> bool:
        """Return whether one of these scopes, or `admin`, is held."""
        return "admin" in self.scopes or not self.scopes.isdisjoint(scopes)

    @property
    def department(self) -> str | None:
        """The department this key belongs to, if it is a department's."""
        return next((scope.partition(":")[2] for scope in self.scopes if scope.startswith("department:")), None)


def unknown_scopes(scopes: Collection[str]) -> list[str]:
    """Return what is no scope."""
    return [scope for scope in scopes if not _SCOPE.fullmatch(scope)]


def make_key(scopes: Collection[str], *, label: str, now: datetime) -> tuple[ApiKey, str]:
    """Return a new key as it is kept, and the token that is shown once.

    Raises:
        ValueError: a scope that does not exist.
    """
    if not scopes or (unknown := unknown_scopes(scopes)):
        named = ", ".join(unknown) if scopes else "none"
        raise ValueError(f"no such scope: {named}; known: {', '.join(SCOPES)}, department:<key>")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey(key_id=key_id, digest=_digest(secret), scopes=frozenset(scopes), label=label, created_at=now)
    return key, f"owh_{key_id}_{secret}"


class KeyRing:
    """Recognises callers from memory; looks into the store every two seconds, so a revoked key dies within those."""

    def __init__(self, store: Store, *, fresh_seconds: float = _FRESH_SECONDS, now: Callable[[], float] = monotonic):
        self._store, self._fresh_seconds, self._now = store, fresh_seconds, now
        self._keys: Mapping[str, ApiKey] = {}
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def caller(self, authorization: str | None) -> Caller:
        """Return who presents this Authorization header.

        Raises:
            NotAllowed: no key, an unknown one, or a revoked one; which of these is not said.
            Unavailable: the store cannot be asked; a key that may be revoked is not trusted.
        """
        scheme, _, token = (authorization or "").partition(" ")
        parts = _TOKEN.fullmatch(token.strip())
        if scheme.lower() != "bearer" or parts is None:
            raise NotAllowed("no bearer key", known=False)
        await self._keep_fresh(self._fresh_seconds if parts[1] in self._keys else _UNKNOWN_SECONDS)
        key = self._keys.get(parts[1])
        # An unknown id is compared as well, so that the time taken tells nothing about which ids exist.
        good = hmac.compare_digest(_digest(parts[2]), key.digest if key else "")
        if key is None or not good or key.revoked_at is not None:
            raise NotAllowed("unknown or revoked key", known=False)
        return Caller(key.key_id, key.scopes)

    async def _keep_fresh(self, seconds: float) -> None:
        """Read again what is older; a new key works at once, and guessing ids costs us five reads a second at most."""
        if self._now() - self._read_at <= seconds:
            return
        async with self._reading:
            if self._now() - self._read_at > seconds:
                began = self._now()
                self._keys = {key.key_id: key for key in await self._store.keys()}
                self._read_at = began


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
