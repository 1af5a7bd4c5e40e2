"""Is it alive, is it ready, what does it count."""

import logging

from pydantic import Field
from starlette.responses import Response

from cases.base import Record
from hub.api.answers import answer
from hub.api.operation import Ask, Content, Operation
from monitoring.health import OK
from monitoring.metrics import EXPOSITION_TYPE

log = logging.getLogger("hub.api")

UNAVAILABLE = "unavailable"


class Health(Record):
    """`parts` names each part the hub depends on: ok, or unavailable."""

    status: str
    parts: dict[str, str] = Field(default_factory=dict)


async def alive(_ask: Ask) -> Response:
    """The process answers; says nothing of store or broker, so that a restart is never the cure for their outage."""
    return answer(Health(status=OK))


async def ready(ask: Ask) -> Response:
    """Everything needed to take a case is there; 503 tells a balancer to look elsewhere.

    Anybody may ask, so the reasons (addresses, users) stay in the log and with `hub doctor`.
    """
    readiness = await ask.services.health.ready()
    if not readiness.ready:
        log.warning("not_ready", extra={"parts": dict(readiness.parts)})
    parts = {name: state if state == OK else UNAVAILABLE for name, state in readiness.parts.items()}
    health = Health(status=OK if readiness.ready else UNAVAILABLE, parts=parts)
    return answer(health, 200 if readiness.ready else 503)


async def metrics(ask: Ask) -> Response:
    """Prometheus text format."""
    return Response(ask.services.metrics.exposition(), 200, {"content-type": EXPOSITION_TYPE})


OPERATIONS = (
    Operation(
        method="GET",
        path="/healthz",
        summary="Is the process alive",
        summary_zh="存活检查",
        tag="operations",
        handler=alive,
        answer=Health,
    ),
    Operation(
        method="GET",
        path="/readyz",
        summary="Can it take cases now",
        summary_zh="就绪检查",
        tag="operations",
        handler=ready,
        answer=Health,
        refusals=(503,),
    ),
    Operation(
        method="GET",
        path="/metrics",
        summary="Prometheus metrics",
        summary_zh="监控指标",
        tag="operations",
        handler=metrics,
        answer=Content(media_types=("text/plain",), schema={"type": "string"}),
    ),
)
