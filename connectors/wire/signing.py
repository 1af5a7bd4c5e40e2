"""Signatures of calls: the x-tif headers of government gateways, and HMAC over a body. Both ways.

The x-tif signature (hex SHA-256 over timestamp, token, nonce, timestamp) proves who calls, but does not cover the body;
`body_signature` does.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

#: Older or further ahead than this, a call is refused.
WINDOW = timedelta(minutes=5)
_MOST_NONCES = 100_000


class SignatureRefused(Exception):
    """A call whose signature, age or nonce is not good. The message says which, and never what would be right."""


def tif_signature(token: str, timestamp: str, nonce: str) -> str:
    """Return the x-tif-signature of a call."""
    return hashlib.sha256(f"{timestamp}{token}{nonce}{timestamp}".encode()).hexdigest()


def body_signature(token: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return hex HMAC-SHA256 over timestamp, nonce and body, joined by full stops."""
    return hmac.new(token.encode(), f"{timestamp}.{nonce}.".encode() + body, hashlib.sha256).hexdigest()


def tif_headers(*, app_id: str, token: str, now: datetime, nonce: str) -> dict[str, str]:
    """Return the headers of an outgoing call."""
    timestamp = str(int(now.timestamp()))
    return {
        "x-tif-paasid": app_id,
        "x-tif-timestamp": timestamp,
        "x-tif-nonce": nonce,
        "x-tif-signature": tif_signature(token, timestamp, nonce),
    }


class Replays:
    """Nonces that were seen, for as long as a call that bears them could pass.

    The very same call again (nonce and body) is let through: recording a status twice changes nothing, while refusing
    it would lose one whose first try met trouble on our side. Another body under a used nonce is a forgery.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[datetime, bytes]] = {}

    def admit(self, nonce: str, body: bytes, now: datetime) -> None:
        """Remember a nonce.

        Raises:
            SignatureRefused: it came before with another body.
        """
        digest = hashlib.sha256(body).digest()
        known = self._seen.get(nonce)
        if known is not None and known[0] > now and known[1] != digest:
            raise SignatureRefused("the nonce was used before")
        if len(self._seen) >= _MOST_NONCES:
            self._forget(now)
        self._seen[nonce] = (now + 2 * WINDOW, digest)

    def _forget(self, now: datetime) -> None:
        self._seen = {nonce: entry for nonce, entry in self._seen.items() if entry[0] > now}
        while len(self._seen) >= _MOST_NONCES:  # a flood of signed calls: the oldest go first
            del self._seen[next(iter(self._seen))]


def verify_tif(
    headers: Mapping[str, str], body: bytes, *, app_id: str, token: str, body_header: str | None, now: datetime
) -> str:
    """Check a call's x-tif headers and, where `body_header` names one, the HMAC over its body; return the nonce.

    Raises:
        SignatureRefused: says what is missing, stale or wrong.
    """
    timestamp, nonce = _fresh(headers, "x-tif-timestamp", "x-tif-nonce", now)
    if not _same(headers.get("x-tif-paasid", ""), app_id):
        raise SignatureRefused("x-tif-paasid is not the agreed one")
    if not _same(headers.get("x-tif-signature", "").lower(), tif_signature(token, timestamp, nonce)):
        raise SignatureRefused("x-tif-signature is not right")
    if body_header is not None:
        _check_body(headers, body, token, timestamp, nonce, body_header)
    return nonce


def verify_hmac(headers: Mapping[str, str], body: bytes, *, token: str, prefix: str, now: datetime) -> str:
    """Check `<prefix>-timestamp`, `<prefix>-nonce` and `<prefix>-signature` of a call; return the nonce.

    Raises:
        SignatureRefused: says what is missing, stale or wrong.
    """
    timestamp, nonce = _fresh(headers, f"{prefix}-timestamp", f"{prefix}-nonce", now)
    _check_body(headers, body, token, timestamp, nonce, f"{prefix}-signature")
    return nonce


def _fresh(headers: Mapping[str, str], timestamp_header: str, nonce_header: str, now: datetime) -> tuple[str, str]:
    timestamp, nonce = headers.get(timestamp_header, ""), headers.get(nonce_header, "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise SignatureRefused(f"{timestamp_header} is missing or not Unix seconds")
    if not 0 < len(nonce) <= 128:
        raise SignatureRefused(f"{nonce_header} is missing or too long")
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise SignatureRefused(f"{timestamp_header} is more than {WINDOW.seconds // 60} minutes off; check both clocks")
    return timestamp, nonce


def _check_body(headers: Mapping[str, str], body: bytes, token: str, timestamp: str, nonce: str, header: str) -> None:
    if not _same(headers.get(header, "").lower(), body_signature(token, timestamp, nonce, body)):
        raise SignatureRefused(f"{header} does not fit the body")


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())
