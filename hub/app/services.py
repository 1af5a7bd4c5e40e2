"""What the HTTP face is handed: the road and its ports, in the API's own words."""

import asyncio
from urllib.parse import urlsplit

from cases.moments import local_day
from cases.submission import Submission
from connectors.wire.egress import Egress
from hub.api.services import Bounds, Services
from hub.app.road import REFRESH_SECONDS, Road
from monitoring.health import Health
from router.table import Explanation

_PORTS = {"http": 80, "https": 443}


def api_services(road: Road, health: Health) -> Services:
    """Return everything the API calls."""

    def explain(submission: Submission) -> Explanation:
        day = local_day(road.clock.now())
        item = road.book.catalogue.in_force(submission.item_code, day)
        return road.office.routes.explain(submission, item, day)

    async def everywhere() -> None:
        if not road.settings.embedded:  # other processes file statuses too
            await asyncio.sleep(REFRESH_SECONDS)
        await road.refresh()

    egress = Egress(road.settings.outgoing)

    def may_notify(url: str) -> None:
        parts = urlsplit(url)
        egress.check_host(parts.hostname or "", parts.port or _PORTS[parts.scheme])

    return Services(
        store=road.store,
        files=road.files,
        clock=road.clock,
        submit=road.submit,
        callback=road.report.callback,
        catalogue=lambda: road.book.catalogue,
        explain=explain,
        packs=lambda: road.packs,
        sources=road.sources,
        may_notify=may_notify,
        everywhere=everywhere,
        metrics=road.metrics,
        health=health,
        public_url=road.settings.public_url,
        bounds=Bounds(body_bytes=road.settings.max_body_bytes, file_bytes=road.settings.max_file_bytes),
    )
