"""What operations look at: deliveries that stand still, and the connectors in force."""

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from cases.base import Record
from cases.delivery import DeliveryState
from cases.errors import InvalidInput
from cases.problems import Problem, message
from hub.api.answers import answer
from hub.api.operation import Ask, Operation, Parameter
from hub.api.views import DeliveryPage, delivery_view

_PAGE = 200
NO_DELIVERY_STATE = message(
    "unknown_delivery_state", "没有这个投递状态，可用：{known}。", "is no delivery state; use one of {known}."
)
NEEDS_STATE = message("filter_needed", "请给出 state 或 case_no。", "give state or case_no.")


class ConnectorView(Record):
    """A connector in force."""

    key: str
    kind: str
    department: str
    owner: Annotated[str, Field(description="who is called when it stands still")]
    status_by: Annotated[str, Field(description="how statuses come back")]


class ConnectorList(Record):
    """The connectors in force."""

    connectors: tuple[ConnectorView, ...]


async def deliveries(ask: Ask) -> Response:
    """Deliveries of one state or one case, with the reason each stands where it stands."""
    query = ask.request.query_params
    state, case_no = query.get("state"), query.get("case_no")
    if state is None and case_no is None:
        raise InvalidInput([Problem("state", NEEDS_STATE)])
    if state is not None and state not in DeliveryState.__members__:
        raise InvalidInput([Problem("state", NO_DELIVERY_STATE, {"known": ", ".join(DeliveryState)})])
    rows = await ask.services.store.deliveries(
        case_no=case_no, state=DeliveryState(state) if state else None, limit=_PAGE
    )
    return answer(DeliveryPage(deliveries=tuple(delivery_view(row) for row in rows)))


async def connectors(ask: Ask) -> Response:
    """Which departments can be reached, and how."""
    packs = [pack for _, pack in sorted(ask.services.packs().items())]
    return answer(
        ConnectorList(
            connectors=tuple(
                ConnectorView(
                    key=pack.key,
                    kind=pack.kind,
                    department=pack.department.name,
                    owner=pack.department.owner.name,
                    status_by=pack.status.by,
                )
                for pack in packs
            )
        )
    )


_SCOPES = frozenset({"ops", "auditor"})
OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/deliveries",
        summary="Deliveries by state or case; PARKED ones need somebody",
        summary_zh="投递列表",
        tag="operations",
        handler=deliveries,
        scopes=_SCOPES,
        parameters=(
            Parameter(
                name="state",
                place="query",
                says="Only this state.",
                schema={"type": "string", "enum": [*DeliveryState]},
            ),
            Parameter(name="case_no", place="query", says="Only this case."),
        ),
        answer=DeliveryPage,
        refusals=(422,),
    ),
    Operation(
        method="GET",
        path="/v1/connectors",
        summary="Connectors in force",
        summary_zh="在用的部门接口",
        tag="operations",
        handler=connectors,
        scopes=_SCOPES,
        answer=ConnectorList,
    ),
)
