"""One operation of the API: routing, access, limits and documentation all come from this record."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from hub.api.keys import Caller
from hub.api.services import Services

#: The caller of an operation that needs no key.
ANYBODY = Caller("", frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of path, query or header."""

    name: str
    place: str  # path, query, header
    says: str
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A body that is no record: its media types and a JSON Schema for documentation."""

    media_types: tuple[str, ...]
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string", "format": "binary"})


@dataclass(frozen=True, slots=True)
class Ask:
    """One request on its way to a handler."""

    services: Services
    request: Request
    caller: Caller


Handler = Callable[[Ask], Awaitable[Response]]
Body = type[BaseModel] | Content | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Method and path, who may call it, what goes in and out.

    `scopes` empty: no key is needed. `department` stands for every `department:<key>`; `admin` may do everything.
    """

    method: str
    path: str
    summary: str
    summary_zh: str
    tag: str
    handler: Handler
    scopes: frozenset[str] = frozenset()
    parameters: tuple[Parameter, ...] = ()
    body: Body = None
    example: Mapping[str, Any] | None = None  # a body as JSON
    answer: Body = None
    status: int = 200
    door: bool = False  # takes submissions: what it refuses is counted
    any_query: bool = False  # somebody else's contract says what may stand in the query
    refusals: tuple[int, ...] = ()  # HTTP statuses beyond those every operation can give

    def allows(self, caller: Caller) -> bool:
        """Return whether this caller's scopes suffice."""
        return caller.may(*self.scopes) or ("department" in self.scopes and caller.department is not None)

    @property
    def query_names(self) -> frozenset[str]:
        """Names of the query parameters; others are refused, so that a misspelt filter never widens an answer."""
        return frozenset(parameter.name for parameter in self.parameters if parameter.place == "query")
