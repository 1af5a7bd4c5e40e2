"""The Idempotency-Key header (IETF httpapi draft): the same key with the same body is the same submission."""

import hashlib
import re

from cases.errors import InvalidInput
from cases.problems import Problem, message
from hub.api.operation import Ask, Parameter
from hub.ports import Idempotency

_KEY = re.compile(r"[\x21-\x7e]{1,128}")

BAD_KEY = message(
    "bad_idempotency_key",
    "应为 1 至 128 个可见 ASCII 字符，不含空格。",
    "must be 1 to 128 visible ASCII characters without spaces.",
)

PARAMETER = Parameter(
    name="Idempotency-Key",
    place="header",
    says="Recommended. The same key with the same body gets the first answer again; with another body it is refused.",
    schema={"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[\\x21-\\x7e]+$"},
)


async def answered_before(ask: Ask, key: Idempotency | None) -> bytes | None:
    """Return what this key was answered, or None where it is new.

    Asked where a submission cannot be taken (any more): an item suspended or a file gone since must not turn the
    receipt of an accepted case into a refusal.

    Raises:
        KeyReused: the key came with another body.
    """
    stored = await ask.services.store.replay(key) if key else None
    return stored.answer if stored else None


def idempotency_of(ask: Ask, raw: bytes, *, otherwise: str | None = None) -> Idempotency | None:
    """Return the caller's key for this body: from the header, or `otherwise` (a source's own number).

    The draft writes the key as a quoted string; most clients send it bare. Both mean the same key.

    Raises:
        InvalidInput: the header is there but no usable key.
    """
    given = ask.request.headers.get("idempotency-key")
    key = otherwise
    if given is not None:
        key = given[1:-1] if len(given) > 2 and given[0] == given[-1] == '"' else given
        if not _KEY.fullmatch(key):
            raise InvalidInput([Problem("Idempotency-Key", BAD_KEY)])
    if key is None:
        return None
    return Idempotency(caller=ask.caller.key_id, key=key, body_digest=hashlib.sha256(raw).hexdigest())
