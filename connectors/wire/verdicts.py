"""What a broken exchange or a bare HTTP status means for a filing: processed, certainly not, or nobody knows."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cases.outcome import Again, Broken, Unknown
from connectors.wire.http import NoAnswer, NotSent, Reply

#: The request itself was turned away by a server that looked no further; nothing was filed, and no repetition helps.
_TURNED_AWAY = {
    401: "the department does not accept our credentials",
    403: "the department forbids this call to us",
    404: "there is nothing at the configured address",
    405: "the configured address does not take this kind of call",
    411: "the department wants a length the call does not carry",
    413: "the document is larger than the department takes",
    414: "the address with its parameters is longer than the department takes",
    415: "the department does not take this media type",
    431: "the headers are larger than the department takes",
}


def after_failure(error: NotSent | NoAnswer) -> Again | Unknown:
    """Not sent: try again. Sent without an answer: unknown."""
    if isinstance(error, NotSent):
        return Again(code=error.reply_code, reason=str(error))
    return Unknown(code=error.reply_code, reason=str(error))


def by_http_status(reply: Reply, *, now: datetime) -> Again | Broken | Unknown:
    """Judge a reply by its status alone, where its body says nothing the pack understands.

    429, and 503 that names a time to come back, say that nothing was processed (RFC 6585 section 4, RFC 9110 section
    15.6.4): again. Some 4xx turn the request away as such: broken. Everything else, a redirect and 500, 502, 504 above
    all, can stand behind a filing that happened: unknown, unless `answers` has a row `http NNN`.
    """
    code = f"http {reply.status}"
    pause = retry_after(reply, now=now)
    if reply.status == 429 or (reply.status == 503 and pause is not None):
        return Again(code=code, reason="the department is busy and took nothing", after_seconds=pause)
    if reply.status in _TURNED_AWAY:
        return Broken(code=code, reason=f"{_TURNED_AWAY[reply.status]} (HTTP {reply.status})")
    return Unknown(
        code=code,
        reason=f"HTTP {reply.status} without an answer the pack understands; if its meaning is certain, "
        f"add a row {code!r} to `answers` in connector.yaml",
    )


def retry_after(reply: Reply, *, now: datetime) -> float | None:
    """Return the pause that Retry-After asks for, in seconds (it may be a date); None where there is none."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
