"""The OpenAPI 3.1 document, made from the same records that route and guard the operations."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from hub.api.kinds import KINDS, UNKNOWN_KEY
from hub.api.operation import Body, Content, Operation, Parameter
from hub.api.problem import MEDIA_TYPE as PROBLEM_TYPE
from hub.api.problem import PROBLEM_SCHEMA

_ABOUT = """\
一窗受理：办件提交一次，由本平台送达负责部门，并取回各部门的办理状态。
Hand in a case once; the hub files it with the right department and brings every status back.

- 密钥 Keys: `Authorization: Bearer owh_…`; each operation names its scopes under `x-scopes`, `admin` may do everything.
- 错误 Errors: RFC 9457 `application/problem+json`, in the language of `Accept-Language` (zh-CN or en).
- 时间 Times: RFC 3339 with offset. 幂等 Repetition: send `Idempotency-Key` with every submission.
"""
_TAGS = {
    "cases": "办件",
    "files": "材料文件",
    "catalogue": "事项与路由",
    "webhooks": "状态通知",
    "departments": "部门系统",
    "operations": "运维",
    "documentation": "文档",
}
_Models = Mapping[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]


def openapi_document(operations: Iterable[Operation], *, version: str) -> dict[str, Any]:
    """Return the document. Every operation is in it, the ones that read raw bytes included."""
    listed = list(operations)
    models, definitions = _schemas(listed)
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, models)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "一窗通 Onewindow Hub",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": PROBLEM_SCHEMA},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "owh_<key id>_<secret>"}},
        },
    }


def _schemas(operations: list[Operation]) -> tuple[_Models, dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for operation in operations:
        if isinstance(operation.body, type):
            wanted[operation.body, "validation"] = None
        if isinstance(operation.answer, type):
            wanted[operation.answer, "serialization"] = None
    models, document = models_json_schema(list(wanted), ref_template="#/components/schemas/{model}")
    named = {(model, mode): schema for (model, mode), schema in models.items() if issubclass(model, BaseModel)}
    return named, document.get("$defs", {})


def _operation(operation: Operation, models: _Models) -> dict[str, Any]:
    result: dict[str, Any] = {
        "operationId": _identity(operation),
        "summary": f"{operation.summary_zh} · {operation.summary}",
        "tags": [operation.tag],
        "responses": _responses(operation, models),
    }
    if operation.scopes:
        result["security"] = [{"key": []}]
        result["x-scopes"] = sorted(operation.scopes)
    if operation.parameters:
        result["parameters"] = [_parameter(parameter) for parameter in operation.parameters]
    if operation.body is not None:
        content = _content(operation.body, "validation", models)
        if operation.example is not None:
            content["application/json"]["example"] = operation.example
        result["requestBody"] = {"required": True, "content": content}
    return result


def _responses(operation: Operation, models: _Models) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "OK"}
    if operation.answer is not None:
        done["content"] = _content(operation.answer, "serialization", models)
    refusals = {500, *operation.refusals, *((401, 403, 503) if operation.scopes else ())}
    problem = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(operation.status): done,
        **{str(status): {"description": _title(status), "content": problem} for status in sorted(refusals)},
    }


def _content(body: Body, mode: JsonSchemaMode, models: _Models) -> dict[str, Any]:
    if isinstance(body, Content):
        return {media_type: {"schema": body.schema} for media_type in body.media_types}
    assert body is not None
    return {"application/json": {"schema": models[body, mode]}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.says,
        "required": parameter.required,
        "schema": parameter.schema,
    }


def _title(status: int) -> str:
    kinds = [*KINDS.values(), UNKNOWN_KEY]
    titles = [" · ".join(kind.title) for kind in kinds if kind.status == status]
    return titles[0] if titles else "Range not satisfiable"


def _identity(operation: Operation) -> str:
    return operation.method.lower() + re.sub(r"\W+", "_", operation.path).rstrip("_")
