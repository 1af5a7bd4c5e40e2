"""Intake: a portal's own document, mapped by its source pack to a submission and taken like any other."""

from dataclasses import replace
from email.message import Message
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from cases.errors import BudgetExceeded, InvalidInput, MappingError, NotFound, ReplyUnreadable
from cases.moments import local_day
from cases.problems import Problem, message
from cases.submission import Submission
from connectors.source import JSON, Source
from hub.api.body import expect_media_type, read_body
from hub.api.cases import Receipted, receipt
from hub.api.findings import problems_of
from hub.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from hub.api.idempotency import answered_before, idempotency_of
from hub.api.json_body import read_json
from hub.api.operation import Ask, Content, Operation, Parameter
from hub.api.xml_form import typed

UNMAPPED = message("source_value", "无法对应到标准字段：{what}", "does not fit the canonical submission: {what}")
NOT_XML = message("xml_unreadable", "不是可识别的 XML，请更正：{what}", "is not readable XML; correct it: {what}")
WRONG_ROOT = message("xml_root", "XML 根元素应为 {root}。", "must have the root element {root}.")
NOT_OBJECT = message("not_an_object", "应为一个 JSON 对象。", "must be one JSON object.")


async def intake(ask: Ask) -> Response:
    """Take one document of a source."""
    key = ask.request.path_params["source"]
    source = ask.services.sources.get(key)
    if source is None:
        raise NotFound("source", key[:50])
    media_type = expect_media_type(ask.request, *source.media_types)
    bounds = ask.services.bounds
    raw = await read_body(ask.request, limit=bounds.body_bytes, seconds=bounds.body_seconds)
    used = idempotency_of(ask, raw)
    try:
        document = _document(ask, source, raw, media_type)
        if problems := source.check(document):
            raise InvalidInput([replace(problem, source_field=problem.field) for problem in problems])
        submission = _submission(ask, source, document, as_text=media_type != JSON)
        if submission.source_no:
            used = idempotency_of(ask, raw, otherwise=f"{key}:{submission.source_no}")
        accepted = await ask.services.submit(submission, caller=ask.caller.key_id, idempotency=used)
    except InvalidInput as error:
        if (before := await answered_before(ask, used)) is None:
            raise _named(error, source) from None
        return receipt(before, fresh=False)
    return receipt(accepted.body, fresh=accepted.fresh)


def _document(ask: Ask, source: Source, raw: bytes, media_type: str) -> dict[str, Any]:
    if media_type == JSON:
        value = read_json(raw, max_depth=ask.services.bounds.json_depth)
        if not isinstance(value, dict):
            raise InvalidInput([Problem("body", NOT_OBJECT)])
        return value
    header = Message()
    header["content-type"] = ask.request.headers.get("content-type", "")
    try:
        return source.read_xml(raw, max_bytes=ask.services.bounds.body_bytes, charset=header.get_content_charset())
    except (ReplyUnreadable, BudgetExceeded) as error:
        raise InvalidInput([Problem("body", NOT_XML, {"what": str(error)})]) from None
    except ValueError as error:
        raise InvalidInput([Problem("body", WRONG_ROOT, {"root": str(error)})]) from None


def _submission(ask: Ask, source: Source, document: dict[str, Any], *, as_text: bool) -> Submission:
    try:
        mapped = source.mapping.run(document).document
        if as_text and "form" in mapped:
            mapped["form"] = typed(mapped["form"], _form_schema(ask, mapped))
        return Submission.model_validate(mapped)
    except MappingError as error:
        # Only what the rule says, not the pack's file and line: those are ours to know.
        field = error.target.replace("[", ".").replace("]", "")
        raise InvalidInput([Problem(field, UNMAPPED, {"what": error.what})]) from None
    except ValidationError as error:
        raise InvalidInput(problems_of(error)) from None


def _form_schema(ask: Ask, mapped: dict[str, Any]) -> dict[str, Any]:
    today = local_day(ask.services.clock.now())
    versions = ask.services.catalogue().versions(str(mapped.get("item_code", "")))
    return next((item.form for item in versions if item.in_force(today)), {})


def _named(error: InvalidInput, source: Source) -> InvalidInput:
    """Let each finding name the source's own field beside the canonical one."""
    return type(error)(
        [
            problem if problem.source_field else replace(problem, source_field=source.field_of(problem.field))
            for problem in error.problems
        ]
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/intake/{source}",
        summary="Hand in a document in a portal's own format",
        summary_zh="按来源系统自有格式提交",
        tag="cases",
        handler=intake,
        scopes=frozenset({"portal"}),
        door=True,
        parameters=(
            Parameter(name="source", place="path", says="The source pack's key.", required=True),
            IDEMPOTENCY_KEY,
        ),
        body=Content(media_types=("application/json", "application/xml"), schema={}),
        answer=Receipted,
        status=201,
        refusals=(400, 404, 408, 413, 415, 422),
    ),
)
