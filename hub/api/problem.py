"""Errors as RFC 9457 problem documents, in the caller's language."""

from typing import Any

import orjson
from starlette.responses import Response

from cases.errors import HubError, InvalidInput, NotAllowed
from cases.problems import Language, Problem
from hub.api.kinds import Kind, TooLarge, WrongMediaType, WrongMethod, kind_of

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = 5

#: The problem document as JSON Schema.
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "where the code is explained"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable, for programs"},
        "detail": {"type": "string", "description": "what to do"},
        "instance": {"type": "string", "description": "the request id, as in X-Request-Id"},
        "errors": {
            "type": "array",
            "description": "every finding",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string", "description": "path in the canonical submission"},
                    "source_field": {"type": "string", "description": "the portal's own field, where one was mapped"},
                    "code": {"type": "string"},
                    "message": {"type": "string", "description": "what is wrong and the remedy"},
                },
            },
        },
    },
}


def language_of(accept_language: str) -> Language:
    """Return the language a caller asked for: the better weighted of zh and en, Chinese when neither is named."""
    weights = {"zh": 0.0, "en": 0.0}
    for part in accept_language.lower().split(","):
        name, _, weight = part.strip().partition(";q=")
        primary = name.partition("-")[0]
        if primary in weights:
            weights[primary] = max(weights[primary], _weight(weight))
    return "en" if weights["en"] > weights["zh"] else "zh-CN"


def problem_response(error: HubError, *, language: Language, public_url: str, request_id: str) -> Response:
    """Answer one error. Says what the caller can do; nothing of the hub's inside."""
    code, kind = kind_of(error)
    title, detail = kind.words(language)
    body: dict[str, Any] = {
        "type": f"{public_url}/v1/problems/{code}",
        "title": title,
        "status": kind.status,
        "code": code,
        "detail": detail.format(**_facts(error)),
        "instance": f"urn:uuid:{request_id}",
    }
    if isinstance(error, InvalidInput):
        body["errors"] = [_listed(problem, language) for problem in error.problems]
    return Response(
        orjson.dumps(body),
        kind.status,
        {"content-language": language, **_headers(error, kind)},
        MEDIA_TYPE,
    )


def _listed(problem: Problem, language: Language) -> dict[str, str]:
    own = {"source_field": problem.source_field} if problem.source_field else {}
    return {"field": problem.field, **own, "code": problem.code, "message": problem.message(language)}


def _facts(error: HubError) -> dict[str, Any]:
    match error:
        case TooLarge():
            return {"limit": error.limit}
        case WrongMediaType():
            return {"expected": error.expected}
        case WrongMethod():
            return {"allowed": error.allowed}
    return {}


def _headers(error: HubError, kind: Kind) -> dict[str, str]:
    if isinstance(error, WrongMethod):
        return {"allow": error.allowed}
    if isinstance(error, NotAllowed) and kind.status == 401:
        return {"www-authenticate": 'Bearer realm="onewindow-hub"'}
    return {"retry-after": str(_RETRY_AFTER_SECONDS)} if kind.status == 503 else {}


def _weight(text: str) -> float:
    if not text:
        return 1.0
    try:
        return float(text)
    except ValueError:
        return 0.0
