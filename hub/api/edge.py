"""The one edge: request id, key, scope, errors in the caller's words, security headers, one log line per request."""

import asyncio
import logging
import time
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cases.errors import HubError, InvalidInput, NotAllowed
from cases.problems import Problem, message
from hub.api.body import READ
from hub.api.json_body import shown
from hub.api.keys import KeyRing
from hub.api.kinds import NoSuchPath, WrongMethod, kind_of
from hub.api.operation import ANYBODY, Ask, Operation
from hub.api.problem import language_of, problem_response
from hub.api.services import Services
from monitoring.events import SubmissionRefused

log = logging.getLogger("hub.api")

UNKNOWN_PARAMETER = message(
    "unknown_parameter", "没有这个查询参数，可用：{known}。", "there is no such query parameter; known: {known}."
)

#: For every answer. Pages that need more than nothing set their own Content-Security-Policy.
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
#: How long and how much an unread body is taken in after an early refusal, so that the caller reads the answer
#: instead of seeing its connection reset.
_LINGER_SECONDS = 5.0
_LINGER_BYTES = 32 * 1024 * 1024


class Resource:
    """All operations under one path: picks the method, lets the caller in or not, runs the handler."""

    def __init__(self, operations: Mapping[str, Operation], services: Services, keys: KeyRing) -> None:
        self._operations, self._services, self._keys = operations, services, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; errors are the edge's business."""
        # HEAD is GET without the body, which the server leaves out by itself
        operation = self._operations.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if operation is None:
            raise WrongMethod(", ".join(sorted(self._operations)))
        scope["hub.operation"] = operation
        request = Request(scope, receive)
        if scope["query_string"] and not operation.any_query:
            _check_query(request, operation.query_names)
        caller = ANYBODY
        if operation.scopes:
            caller = await self._keys.caller(request.headers.get("authorization"))
            scope["hub.key_id"] = caller.key_id
            if not operation.allows(caller):
                raise NotAllowed(f"needs one of {sorted(operation.scopes)}")
        response = await operation.handler(Ask(self._services, request, caller))
        await response(scope, receive, send)


def _check_query(request: Request, known: frozenset[str]) -> None:
    names = ", ".join(sorted(known)) or "-"
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise InvalidInput([Problem(shown(name), UNKNOWN_PARAMETER, {"known": names}) for name in unknown])


class Edge:
    """Wraps the router: nothing gets past it but answers."""

    def __init__(self, inner: ASGIApp, services: Services) -> None:
        self._inner, self._public_url, self._metrics = inner, services.public_url, services.metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        request_id, began, status = str(uuid.uuid4()), time.perf_counter(), 0

        async def send_dressed(event: Message) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
                own = {name for name, _ in event["headers"]}
                dressed = [header for header in SECURITY_HEADERS if header[0] not in own]
                event["headers"] = [*event["headers"], *dressed, (b"x-request-id", request_id.encode())]
            await send(event)

        try:
            await self._inner(scope, receive, send_dressed)
        except ClientDisconnect:
            status = 499  # nobody is there to answer; the number is the access log's, as in nginx
        except Exception as error:  # the last edge: whatever it is, the caller gets a problem document
            if status:
                raise
            await self._refuse(error, scope, receive, send_dressed, request_id)
        finally:
            _log_access(scope, request_id, status, time.perf_counter() - began)

    async def _refuse(self, error: Exception, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        if not isinstance(error, HubError):
            log.error("request_failed", exc_info=error, extra={"request_id": request_id})
            error = HubError()
        language = language_of(Request(scope).headers.get("accept-language", ""))
        response = problem_response(error, language=language, public_url=self._public_url, request_id=request_id)
        operation: Operation | None = scope.get("hub.operation")
        if operation is not None and operation.door:
            SubmissionRefused(code=kind_of(error)[0]).emit(self._metrics)
        if response.status_code >= 500:
            log.warning("request_refused", extra={"request_id": request_id, "code": error.code, "why": str(error)})
        if _body_left(scope):
            await _answer_then_drain(response, receive, send)
        else:
            await response(scope, receive, send)


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a path that nothing serves."""
    raise NoSuchPath(scope["path"])


def _body_left(scope: Scope) -> bool:
    if scope.get(READ) or scope["method"] in {"GET", "HEAD"}:
        return False
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


async def _answer_then_drain(response: Response, receive: Receive, send: Send) -> None:
    """Send the whole answer at once, then take in what still comes for a bounded while and close the connection."""
    headers = [*response.raw_headers, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            left = _LINGER_BYTES
            while left > 0:
                event = await receive()
                left -= len(event.get("body", b""))
                if event["type"] != "http.request" or not event.get("more_body", False):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _log_access(scope: Scope, request_id: str, status: int, seconds: float) -> None:
    """One line per request. The path is the template: no number of a case, no parameter's value."""
    if not log.isEnabledFor(logging.INFO):
        return
    operation: Operation | None = scope.get("hub.operation")
    fields: dict[str, Any] = {
        "request_id": request_id,
        "method": scope["method"],
        "path": operation.path if operation else "-",
        "status": status,
        "duration_seconds": round(seconds, 6),
        "key_id": scope.get("hub.key_id", ""),
        "client": (scope.get("client") or ("",))[0],
    }
    log.info("request_answered", extra=fields)
