"""The five outcomes of handing a case to a department, and what a look-up can answer.

A connector returns exactly one of these; it never raises for what a department or the network may do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cases.states import State

#: A department's own document (reply, status row, callback body), before mapping.
Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The department took the case and said so; `number` is its own number where it gave one."""

    number: str | None
    reply: Raw = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The department took the case and a status came back at once, in its own words."""

    number: str | None
    status: Raw
    reply: Raw = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A business no, by the department's own answer table."""

    code: str
    reason: str
    state: State = State.ACCEPT_REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Certainly not processed: try again, after the pause the department asked for, if any."""

    code: str
    reason: str
    after_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Sent, but no readable answer: it may or may not have arrived. Never blindly resent."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Cannot be sent as it is (mapping, schema, character set): no attempt will help until somebody mends it."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class NotThere:
    """Answer of a look-up: the department does not have our number."""


Outcome = Accepted | Answered | Refused | Again | Unknown | Broken
LookupAnswer = Accepted | Answered | NotThere | Unknown
