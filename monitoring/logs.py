"""Log lines on stderr: one JSON object per line for machines, one short line for a person at a terminal.

A record's text is the event's name (`delivery_ended`), its fields come as `extra`; what is bound to the running task,
such as the case number, is added. Personal data are masked and secrets hidden in both forms.
"""

import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TextIO

import orjson

from cases.masking import HIDDEN, mask_text

Mode = Literal["auto", "json", "human"]

_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default={})  # noqa: B039 - never changed in place

#: Attributes every record has; what is not among them came as `extra`.
_OWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {"message", "asctime", "taskName"}
_EVENT = re.compile(r"[a-z][a-z0-9_]*")
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:password|passwd|secret|token|authorization|api_key|private_key|cookie)$", re.IGNORECASE
)
_SECRET_TEXT = (
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s]*@"), f"{HIDDEN}@"),  # user and password in an address
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
)
#: Libraries that tell addresses and bodies when asked for more than warnings.
_TALKATIVE = ("aiohttp", "aiosqlite", "asyncio", "httpcore", "httpx", "uvicorn", "watchfiles", "zeep")


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Add these fields to every line written inside, in this task and the tasks it starts."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def configure_logs(mode: Mode = "auto", level: str = "INFO", *, stream: TextIO = sys.stderr) -> None:
    """Send every log line of this process to `stream`; `auto` is `human` on a terminal, otherwise `json`."""
    human = mode == "human" or (mode == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(HumanFormat() if human else JsonFormat())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class JsonFormat(logging.Formatter):
    """One JSON object per line: time, level, event (or message), then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **_text(record),
            "logger": record.name,
        }
        for key, value in _fields(record).items():
            line.setdefault(key, value)
        if record.exc_info:
            line["trace"] = _clean(self.formatException(record.exc_info))
        return orjson.dumps(line, default=_foreign, option=orjson.OPT_NON_STR_KEYS).decode()


class HumanFormat(logging.Formatter):
    """`09:12:03 WARNING delivery_ended connector=civil-affairs outcome=again`, local time."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created).astimezone()
        (text,) = _text(record).values()
        fields = " ".join(f"{key}={value}" for key, value in _fields(record).items() if value not in (None, ""))
        line = f"{moment:%H:%M:%S} {record.levelname:<7} {text} {fields}".rstrip()
        if record.exc_info:
            line = f"{line}\n{_clean(self.formatException(record.exc_info))}"
        return line


def _text(record: logging.LogRecord) -> dict[str, str]:
    """Our own lines are named by their event, those of libraries are sentences."""
    if not record.args and _EVENT.fullmatch(str(record.msg)):
        return {"event": str(record.msg)}
    return {"message": _clean(record.getMessage())}


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    given = {key: value for key, value in vars(record).items() if key not in _OWN}
    return {key: _safe(key, value) for key, value in {**_bound.get(), **given}.items()}


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET_NAME.search(key) is not None


def _safe(key: str, value: Any) -> Any:
    if _is_secret(key):
        return HIDDEN
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, Mapping):
        return {str(inner): _safe(str(inner), item) for inner, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_safe(key, item) for item in value]
    if value is None or isinstance(value, (bool, int, float, datetime)):
        return value
    return _foreign(value)


def _foreign(value: object) -> str:
    return _clean(str(value))


def _clean(text: str) -> str:
    if " " in text or "://" in text:  # most fields are single words
        for pattern, instead in _SECRET_TEXT:
            text = pattern.sub(instead, text)
    return mask_text(text)
