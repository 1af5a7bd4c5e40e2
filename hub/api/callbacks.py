"""Departments call the hub: no key of ours, each connector's own signature rule decides."""

from starlette.responses import Response

from connectors.contract import Call
from hub.api.body import read_body
from hub.api.operation import Ask, Content, Operation, Parameter


async def callback(ask: Ask) -> Response:
    """Hand the call over as it came and answer what the department's contract says."""
    bounds, request = ask.services.bounds, ask.request
    call = Call(
        method=request.method,
        path=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await read_body(request, limit=bounds.callback_bytes, seconds=bounds.body_seconds),
        received_at=ask.services.clock.now(),
    )
    reply = await ask.services.callback(request.path_params["connector"], call)
    return Response(reply.body, reply.status, dict(reply.headers))


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/callbacks/{connector}",
        summary="A department reports statuses, by the rules of its own contract",
        summary_zh="部门系统回传状态",
        tag="departments",
        handler=callback,
        parameters=(Parameter(name="connector", place="path", says="The connector's key.", required=True),),
        any_query=True,
        body=Content(media_types=("application/json", "text/xml", "application/soap+xml")),
        answer=Content(media_types=("application/json", "text/xml")),
        refusals=(404, 408, 413),
    ),
)
