"""A receiver that checks with the reference library, on a real port."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from cases.outcome import Accepted, Again, Refused, Unknown
from connectors.webhook import Webhook
from connectors.wire.egress import Egress

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
BODY = '{"specversion":"1.0","type":"case.status","subject":"王示例"}'.encode()


@dataclass
class Portal:
    """Answers as told and keeps what came."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause_seconds: float = 0
    bodies: list[bytes] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.heads.append({name.lower(): value for name, value in request.headers.items()})
        await asyncio.sleep(self.pause_seconds)
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def portal(**how: object) -> AsyncIterator[Portal]:
    there = Portal(**how)  # type: ignore[arg-type]
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", there.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield there
    finally:
        await runner.cleanup()


async def sent(to: str, *, allowed: str = "127.0.0.1", total_seconds: float = 5, message_id: str = "m1") -> object:
    webhook = Webhook(egress=Egress([allowed]), total_seconds=total_seconds)
    try:
        return await webhook.send(url=to, secret=SECRET, message_id=message_id, body=BODY)
    finally:
        await webhook.close()


async def test_the_receiver_verifies_with_the_reference_library() -> None:
    async with portal() as there:
        assert await sent(there.url) == Accepted(number=None)
    Verifier(SECRET).verify(there.bodies[0], there.heads[0])
    assert there.bodies == [BODY]
    assert there.heads[0]["content-type"] == "application/cloudevents+json"
    assert abs(int(there.heads[0]["webhook-timestamp"]) - time.time()) < 5


async def test_a_changed_body_or_another_secret_does_not_verify() -> None:
    async with portal() as there:
        await sent(there.url)
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(there.bodies[0] + b" ", there.heads[0])
    with pytest.raises(WebhookVerificationError):
        Verifier("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(there.bodies[0], there.heads[0])


async def test_every_attempt_carries_the_same_id() -> None:
    async with portal(status=500) as there:
        for _ in range(2):
            await sent(there.url, message_id="01f0")
    assert [head["webhook-id"] for head in there.heads] == ["01f0", "01f0"]


@pytest.mark.parametrize(
    ("status", "headers", "fits"),
    [
        (200, {}, lambda outcome: isinstance(outcome, Accepted)),
        (204, {}, lambda outcome: isinstance(outcome, Accepted)),
        (410, {}, lambda outcome: isinstance(outcome, Refused)),
        (404, {}, lambda outcome: isinstance(outcome, Again) and outcome.after_seconds is None),
        (500, {}, lambda outcome: isinstance(outcome, Again)),
        (429, {"retry-after": "7"}, lambda outcome: outcome.after_seconds == 7),
        (503, {"retry-after": "999999999"}, lambda outcome: outcome.after_seconds == 86400),
        (503, {"retry-after": "soon"}, lambda outcome: isinstance(outcome, Again) and outcome.after_seconds is None),
    ],
)
async def test_the_answer_decides(status: int, headers: dict[str, str], fits: Callable[[object], bool]) -> None:
    async with portal(status=status, headers=headers) as there:
        assert fits(await sent(there.url))


async def test_a_redirect_is_not_followed() -> None:
    async with portal() as elsewhere, portal(status=302) as there:
        there.headers = {"location": elsewhere.url}
        assert isinstance(await sent(there.url), Again)
    assert elsewhere.bodies == []


async def test_only_allowed_addresses_are_called() -> None:
    async with portal() as there:
        outcome = await sent(there.url, allowed="portal.example")
    assert isinstance(outcome, Again)
    assert outcome.code == "egress_refused"
    assert there.bodies == []


async def test_silence_has_an_end() -> None:
    async with portal(pause_seconds=5) as there:
        began = time.perf_counter()
        outcome = await sent(there.url, total_seconds=0.3)
    assert isinstance(outcome, Unknown)
    assert time.perf_counter() - began < 3


async def test_nobody_there_is_tried_again() -> None:
    async with portal() as there:
        url = there.url
    assert isinstance(await sent(url), Again)
