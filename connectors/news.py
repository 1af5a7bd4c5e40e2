"""A department's own words as something the hub can record: one digest rule for every kind."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from cases.status import Way
from connectors.contract import Incoming, Unreadable, nothing_to_do


def status_news(
    item: Any,
    way: Way,
    *,
    case_no: str | None = None,
    settle: Callable[[], Awaitable[None]] = nothing_to_do,
) -> Incoming | Unreadable:
    """Return one status, recognisable when it comes again: by its content, whatever the order of its fields.

    Args:
        item: the parsed status; anything but named fields is unreadable.
        way: how it came.
        case_no: the case that the question named, where there was one: two cases may well have equal answers.
        settle: what to do once the hub has it.
    """
    canonical = orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256((case_no or "").encode() + b"\0" + canonical).hexdigest()
    if isinstance(item, dict):
        return Incoming(raw=item, way=way, digest=digest, case_no=case_no, settle=settle)
    reason = "a status must have named fields"
    return Unreadable(digest=digest, way=way, reason=reason, body=canonical, settle=settle)
