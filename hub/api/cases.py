"""Cases: hand in, look up, follow. A portal sees what it handed in; ops and auditors see all of it, masked."""

import re
from datetime import date
from typing import Any

import orjson
from starlette.responses import Response

from cases.base import Record
from cases.errors import InvalidInput, NotAllowed, NotFound
from cases.problems import Problem, message
from cases.states import State
from cases.submission import Submission
from cases.text import fold
from hub.api.answers import answer, check, raw_json
from hub.api.example import EXAMPLE
from hub.api.idempotency import PARAMETER as IDEMPOTENCY_KEY
from hub.api.idempotency import answered_before, idempotency_of
from hub.api.operation import Ask, Operation, Parameter
from hub.api.views import CasePage, CaseView, StoryView, case_view, story_view, summary
from hub.ports import CaseRow

_NUMBER = re.compile(r"[0-9A-Z]{18,43}")
_READERS = frozenset({"portal", "ops", "auditor", "department"})

NO_STATE = message("unknown_state", "没有这个状态，可用：{known}。", "is no state; use one of {known}.")
BAD_LIMIT = message("bad_limit", "应为 1 至 200 的整数。", "must be a whole number from 1 to 200.")
BAD_DEPARTMENT = message(
    "bad_department",
    "不是部门代号，应为如 civil-affairs 的小写代号。",
    "is no department key; write it like civil-affairs.",
)
BAD_CURSOR = message(
    "bad_cursor",
    "不是有效的翻页位置，请用上一页的 next。",
    "is no position in the list; use `next` of the page before.",
)


class RouteStep(Record):
    """A department the case goes to, and the rule that chose it."""

    department: str
    name: str
    rule: str


class Receipted(Record):
    """The receipt of an accepted submission."""

    case_no: str
    receipt_no: str
    query_code: str
    progress_url: str
    state: State
    promised_by: date | None
    legal_by: date | None
    route: tuple[RouteStep, ...]


async def submit(ask: Ask) -> Response:
    """Take one submission; 201 means it is durably ours."""
    raw = await raw_json(ask)
    key = idempotency_of(ask, raw)
    try:
        submission = check(raw, Submission, ask)
        accepted = await ask.services.submit(submission, caller=ask.caller.key_id, idempotency=key)
    except InvalidInput:
        if (before := await answered_before(ask, key)) is None:
            raise
        return receipt(before, fresh=False)
    return receipt(accepted.body, fresh=accepted.fresh)


def receipt(body: bytes, *, fresh: bool) -> Response:
    """Answer 201 with the stored bytes; a repeated key is told so in a header."""
    headers = {"location": f"/v1/cases/{orjson.loads(body)['case_no']}"}
    if not fresh:
        headers["idempotent-replayed"] = "true"
    return Response(body, 201, headers, "application/json")


async def show(ask: Ask) -> Response:
    """One case by its case number or receipt number."""
    row = await visible_case(ask)
    numbers = await ask.services.store.foreign_numbers(row.case_no)
    whole = row.submitted_by == ask.caller.key_id or "admin" in ask.caller.scopes
    return answer(case_view(row, numbers, whole=whole, form_schema=None if whole else _form_schema(ask, row)))


async def events(ask: Ask) -> Response:
    """The story of a case."""
    row = await visible_case(ask)
    return answer(story_view(row.case_no, await ask.services.store.events(row.case_no)))


async def listing(ask: Ask) -> Response:
    """A page of cases, newest first; no personal data."""
    query = ask.request.query_params
    limit = _limit(query.get("limit", "50"))
    caller, department = _scope_of_list(ask, query.get("department"))
    rows = await ask.services.store.cases(
        caller=caller,
        state=_state(query.get("state")),
        department=department,
        after=_cursor(query.get("after")),
        limit=limit + 1,
    )
    page = rows[:limit]
    return answer(
        CasePage(
            cases=tuple(summary(row) for row in page), next=page[-1].case_no if len(rows) > limit and page else None
        )
    )


async def visible_case(ask: Ask) -> CaseRow:
    """Return the case of the path, if this caller may see it.

    Raises:
        NotFound: there is none, or not for this caller.
    """
    number = fold(ask.request.path_params["number"])
    row = await ask.services.store.case(number) if _NUMBER.fullmatch(number) else None
    if row is None or not _sees(ask, row):
        raise NotFound("case", number[:50])
    return row


def _form_schema(ask: Ask, row: CaseRow) -> dict[str, Any] | None:
    versions = ask.services.catalogue().versions(row.item_code)
    return next((item.form for item in versions if item.version == row.item_version), None)


def _sees(ask: Ask, row: CaseRow) -> bool:
    if ask.caller.may("ops", "auditor"):
        return True
    return row.submitted_by == ask.caller.key_id or (
        ask.caller.department is not None and ask.caller.department == row.department
    )


def _scope_of_list(ask: Ask, department: str | None) -> tuple[str | None, str | None]:
    """Return whose cases and which department's a list may hold at most."""
    if department is not None and not re.fullmatch(r"[a-z][a-z0-9-]{1,40}", department):
        raise InvalidInput([Problem("department", BAD_DEPARTMENT)])
    if ask.caller.may("ops", "auditor"):
        return None, department
    if "portal" in ask.caller.scopes:
        return ask.caller.key_id, department
    if department not in {None, ask.caller.department}:
        raise NotAllowed("a department's key lists the cases of that department only")
    return None, ask.caller.department


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 200):
        raise InvalidInput([Problem("limit", BAD_LIMIT)])
    return int(text)


def _state(text: str | None) -> State | None:
    if text is None:
        return None
    if text not in State.__members__:
        raise InvalidInput([Problem("state", NO_STATE, {"known": ", ".join(State)})])
    return State(text)


def _cursor(text: str | None) -> str | None:
    if text is not None and not _NUMBER.fullmatch(text):
        raise InvalidInput([Problem("after", BAD_CURSOR)])
    return text


_CASE_NUMBER = Parameter(
    name="number", place="path", says="Case number (43 characters) or receipt number (18).", required=True
)

OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/cases",
        summary="Hand in a submission",
        summary_zh="提交办件",
        tag="cases",
        handler=submit,
        scopes=frozenset({"portal"}),
        door=True,
        parameters=(IDEMPOTENCY_KEY,),
        body=Submission,
        example=EXAMPLE,
        answer=Receipted,
        status=201,
        refusals=(400, 408, 413, 415, 422, 503),
    ),
    Operation(
        method="GET",
        path="/v1/cases",
        summary="List cases, newest first",
        summary_zh="办件列表",
        tag="cases",
        handler=listing,
        scopes=_READERS,
        parameters=(
            Parameter(
                name="state", place="query", says="Only this state.", schema={"type": "string", "enum": [*State]}
            ),
            Parameter(name="department", place="query", says="Only this department, by its key."),
            Parameter(name="after", place="query", says="`next` of the page before."),
            Parameter(
                name="limit",
                place="query",
                says="Cases on a page.",
                schema={"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
            ),
        ),
        answer=CasePage,
        refusals=(422,),
    ),
    Operation(
        method="GET",
        path="/v1/cases/{number}",
        summary="Look up one case",
        summary_zh="查询办件",
        tag="cases",
        handler=show,
        scopes=_READERS,
        parameters=(_CASE_NUMBER,),
        answer=CaseView,
        refusals=(404,),
    ),
    Operation(
        method="GET",
        path="/v1/cases/{number}/events",
        summary="Follow one case: everything that happened, in order",
        summary_zh="办件过程",
        tag="cases",
        handler=events,
        scopes=_READERS,
        parameters=(_CASE_NUMBER,),
        answer=StoryView,
        refusals=(404,),
    ),
)
