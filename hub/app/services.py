"""What the HTTP face is handed: the road and its ports, in the API's own words."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from cases.moments import local_day
from cases.submission import Submission
from connectors.wire.egress import Egress
from hub.api.services import Bounds, Services
from hub.app.road import Road


def api_services(road: Road, ready: Mapping[str, Callable[[], Awaitable[None]]]) -> Services:
    """Return everything the API calls."""
    egress = Egress(road.settings.outgoing)

    def explain(submission: Submission, now: datetime) -> Mapping[str, Any]:
        day = local_day(now)
        item = road.book.catalogue.in_force(submission.item_code, day)
        return road.district.routes.explain(submission, item, day).as_json()

    return Services(
        store=road.store,
        files=road.files,
        clock=road.clock,
        submit=road.submit,
        callback=road.report.callback,
        catalogue=lambda: road.book.catalogue,
        explain=explain,
        connectors=lambda: {key: department.connector for key, department in road.departments.items()},
        sources=road.sources,
        may_notify=egress.check_url,
        metrics=road.metrics.exposition,
        ready=ready,
        public_url=road.settings.public_url,
        bounds=Bounds(body_bytes=road.settings.max_body_bytes, file_bytes=road.settings.max_file_bytes),
    )
