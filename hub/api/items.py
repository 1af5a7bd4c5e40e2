"""The catalogue of service items, and where a submission would go."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field
from starlette.responses import Response

from cases.base import Record
from cases.case import CaseKind
from cases.errors import NotFound
from cases.moments import local_day
from cases.submission import Submission
from cases.text import fold
from hub.api.answers import answer, answer_json, record_of
from hub.api.example import EXAMPLE
from hub.api.operation import Ask, Content, Operation, Parameter
from hub.api.problem import language_of
from router.items import Item


class ItemSummary(Record):
    """An item in the list of what is offered today."""

    code: Annotated[str, Field(description="31-character implementation code")]
    codes: Annotated[tuple[str, ...], Field(description="codes under which cases are taken")]
    name: str
    version: int
    state: str
    kind: CaseKind
    department: str
    legal_days: int
    promised_days: int
    effective_from: date
    effective_until: date | None


class ItemList(Record):
    """What is offered today."""

    items: tuple[ItemSummary, ...]


async def listing(ask: Ask) -> Response:
    """Items that take cases today."""
    offered = ask.services.catalogue().offered(local_day(ask.services.clock.now()))
    return answer(ItemList(items=tuple(_summary(item) for item in offered)))


async def show(ask: Ask) -> Response:
    """One item: the version in force, or the newest where none is; with its materials and its form's schema."""
    code = fold(ask.request.path_params["code"])
    versions = ask.services.catalogue().versions(code)
    if not versions:
        raise NotFound("item", code[:50])
    today = local_day(ask.services.clock.now())
    item = next((version for version in versions if version.in_force(today)), versions[0])
    return answer(item)


async def explain(ask: Ask) -> Response:
    """Where a submission would go and why; nothing is stored or sent."""
    submission = await record_of(ask, Submission)
    language = language_of(ask.request.headers.get("accept-language", ""))
    return answer_json(ask.services.explain(submission).as_json(language))


def _summary(item: Item) -> ItemSummary:
    return ItemSummary(**{name: getattr(item, name) for name in ItemSummary.model_fields})


_EXPLANATION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "department": {"type": "string"},
        "destination": {"type": ["string", "null"], "description": "connector key"},
        "rule": {"type": ["integer", "null"], "description": "the rule that chose, by its number"},
        "refused": {"type": ["object", "null"]},
        "tried": {"type": "array", "items": {"type": "object"}, "description": "every rule and why it did not match"},
    },
}
_READERS = frozenset({"portal", "ops", "auditor", "department"})
OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/items",
        summary="Items that take cases today",
        summary_zh="事项清单",
        tag="catalogue",
        handler=listing,
        scopes=_READERS,
        answer=ItemList,
    ),
    Operation(
        method="GET",
        path="/v1/items/{code}",
        summary="One item with its materials and form",
        summary_zh="事项详情",
        tag="catalogue",
        handler=show,
        scopes=_READERS,
        parameters=(Parameter(name="code", place="path", says="Its code, 31 or 33 characters.", required=True),),
        answer=Item,
        refusals=(404,),
    ),
    Operation(
        method="POST",
        path="/v1/route/explain",
        summary="Where would this submission go, and why",
        summary_zh="路由说明",
        tag="catalogue",
        handler=explain,
        scopes=frozenset({"portal", "ops"}),
        body=Submission,
        example=EXAMPLE,
        answer=Content(media_types=("application/json",), schema=_EXPLANATION),
        refusals=(400, 413, 415, 422),
    ),
)
