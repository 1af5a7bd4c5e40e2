"""The portal of the demo: submits, retries with the same key, and listens to signed webhooks."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from aiohttp import web
from standardwebhooks.webhooks import Webhook

_CREATED, _COME_AGAIN = 201, (429, 503)
_PATIENCE_SECONDS = 90.0


@dataclass(slots=True)
class Portal:
    """One portal with its key; knows a case only by what the hub tells it."""

    hub: httpx.AsyncClient
    told: dict[str, list[str]] = field(default_factory=dict)  # case number → states, as the webhooks came
    event_ids: set[str] = field(default_factory=set)
    repeated: int = 0  # webhooks that came more than once
    badly_signed: int = 0
    _verifier: Webhook | None = None
    _runner: web.AppRunner | None = None

    async def listen(self) -> None:
        """Open the webhook receiver and subscribe."""
        app = web.Application()
        app.router.add_post("/hub-events", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        answer = await self.hub.post("/v1/webhooks", json={"url": f"http://{host}:{port}/hub-events"})
        answer.raise_for_status()
        self._verifier = Webhook(answer.json()["secret"])

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        assert self._verifier is not None
        try:
            self._verifier.verify(body, dict(request.headers))
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not ours
            self.badly_signed += 1
            return web.Response(status=400)
        event = json.loads(body)
        if event["id"] in self.event_ids:
            self.repeated += 1
        else:
            self.event_ids.add(event["id"])
            self.told.setdefault(event["subject"], []).append(event["data"]["state"])
        return web.Response(status=204)

    async def submit(self, submission: dict[str, Any], key: str) -> dict[str, Any]:
        """Hand in; on trouble hand in again under the same key, as a careful portal does."""
        body = {**submission, "submitted_at": datetime.now(UTC).isoformat()}
        patience = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        pause = 0.2
        while True:
            try:
                answer = await self.hub.post("/v1/cases", json=body, headers={"Idempotency-Key": key})
                if answer.status_code == _CREATED:
                    accepted: dict[str, Any] = answer.json()
                    return accepted
                if answer.status_code not in _COME_AGAIN:
                    raise RuntimeError(f"refused at the door: {answer.status_code} {answer.text}")
                pause = float(answer.headers.get("retry-after", "1"))
            except httpx.TransportError as error:
                if asyncio.get_running_loop().time() > patience:
                    raise RuntimeError(f"the hub could not be reached: {error!r}") from error
            await asyncio.sleep(pause)
            pause = min(2 * pause, 2.0)

    async def case(self, case_no: str) -> dict[str, Any]:
        """Ask where a case stands."""
        answer = await self.hub.get(f"/v1/cases/{case_no}")
        answer.raise_for_status()
        case: dict[str, Any] = answer.json()
        return case

    async def events(self, case_no: str) -> list[dict[str, Any]]:
        """Ask for a case's story."""
        answer = await self.hub.get(f"/v1/cases/{case_no}/events")
        answer.raise_for_status()
        events: list[dict[str, Any]] = answer.json()["events"]
        return events

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
