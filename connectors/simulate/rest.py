"""The market supervision bureau's registration system: JSON over HTTP with x-tif headers, and signed webhooks back."""

import argparse
import asyncio
import contextlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import orjson
from aiohttp import web

from connectors.simulate.book import Filing, Step
from connectors.simulate.office import Office, Visit
from connectors.wire.signing import Replays, SignatureRefused, body_signature, tif_headers, verify_tif

_ZONE = ZoneInfo("Asia/Shanghai")
#: Step of the plan → (zt, jg, 环节, 原因) in this system's words.
_WORDS = {
    "received": ("01", None, "收件", None),
    "accepted": ("02", None, "受理", None),
    "in_review": ("03", None, "审查", None),
    "granted": ("06", "1", "决定", None),
    "denied": ("06", "2", "决定", "经营场所不符合规定条件"),
}
_OURS, _HUBS = "hetang-sj", "hetang-ycst"  # who signs webhooks, who signs calls
_TICK_SECONDS = 0.05
_PATIENCE_SECONDS = (0.2, 5.0)  # first and longest pause before a webhook is tried again


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this department's own options."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port")
    parser.add_argument("--callback", default="", help="where status webhooks go; none without it")
    parser.add_argument(
        "--token-variable",
        default="HUB_SECRET_MARKET_SUPERVISION_TOKEN",
        help="environment variable with the token that calls must be signed with",
    )
    parser.add_argument(
        "--callback-token-variable",
        default="HUB_SECRET_MARKET_SUPERVISION_CALLBACK_TOKEN",
        help="environment variable with the token that webhooks are signed with",
    )


async def run(office: Office, options: argparse.Namespace, ready: Callable[[dict[str, object]], None]) -> None:
    """Serve until cancelled."""
    system = RegistrationSystem(office, token=_secret(options.token_variable))
    runner = web.AppRunner(system.application(), access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        await site.start()
        port = runner.addresses[0][1]
        ready({"url": f"http://{options.host}:{port}", "port": port})
        if options.callback:
            await Webhooks(office, options.callback, token=_secret(options.callback_token_variable)).run()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


class RegistrationSystem:
    """The interface that the hub calls."""

    def __init__(self, office: Office, *, token: str) -> None:
        self._office, self._token, self._replays = office, token, Replays()

    def application(self) -> web.Application:
        """Return the web application."""
        application = web.Application(client_max_size=32 * 1024 * 1024)
        application.router.add_post("/api/v1/banjian", self.file)
        application.router.add_get("/api/v1/banjian/{ywlsh}", self.find)
        application.router.add_get("/", self.hello)
        return application

    async def hello(self, _request: web.Request) -> web.Response:
        """Say that somebody is here."""
        return _answer("0", "登记许可系统")

    async def find(self, request: web.Request) -> web.Response:
        """Say whether a number of the hub is on file."""
        if refusal := self._unsigned(request, b""):
            return refusal
        filing = self._office.book.by_our_no(request.match_info["ywlsh"])
        if filing is None or filing.refused:
            return _answer("4040", "无此业务", status=404)
        return _answer("0", "成功", filing)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Take a case."""
        body = await request.read()
        if refusal := self._unsigned(request, body):
            return refusal
        document = _object(body)
        if not isinstance(document.get("ywlsh"), str) or not isinstance(document.get("sqr"), dict):
            return _answer("3002", "报文不符合规范: 缺少 ywlsh 或 sqr")
        visit = self._office.arrive(document["ywlsh"], body)
        if "reset_before" in visit.faults:
            return _cut(request)
        if "busy" in visit.faults:
            return web.Response(status=503, headers={"retry-after": "1"}, text="busy")
        if "slow" in visit.faults:
            await asyncio.sleep(1)
        return await self._decide(request, visit, document)

    async def _decide(self, request: web.Request, visit: Visit, document: dict[str, Any]) -> web.StreamResponse:
        key = request.headers.get("idempotency-key")
        if "refuse" in visit.faults:
            self._office.file(visit, key=key, refusal="1001")
            return _answer("1001", "该事项不属于本机关登记管辖范围")
        # Only the key protects from a second filing: a hub that changes it would show up in the book.
        filing = self._office.file(visit, key=key, instant=document.get("bjlx") == "1")
        if "timeout_after" in visit.faults:
            await asyncio.sleep(600)
        if "reset_after" in visit.faults:
            return _cut(request)
        if "garbage" in visit.faults:
            return web.Response(text="<html><body>网关错误</body></html>", content_type="text/html")
        return _answer("0", "接收成功", filing)

    def _unsigned(self, request: web.Request, body: bytes) -> web.Response | None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        now = datetime.now(UTC)
        try:
            nonce = verify_tif(headers, body, app_id=_HUBS, token=self._token, body_header=None, now=now)
            self._replays.admit(nonce, body, now)
        except SignatureRefused as error:
            return _answer("3001", f"签名无效: {error}", status=401)
        return None


class Webhooks:
    """Tells the hub every status, at least once, until it says thanks; the statuses of one case in order."""

    def __init__(self, office: Office, url: str, *, token: str) -> None:
        self._office, self._url, self._token = office, url, token
        self._busy: set[int] = set()  # filings whose status is on its way, or which wait after a failure

    async def run(self) -> None:
        """Send until cancelled."""
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            while True:
                for step in self._office.due(limit=1000):
                    if step.serial not in self._busy:
                        self._busy.add(step.serial)
                        group.create_task(self._tell(session, step))
                await asyncio.sleep(_TICK_SECONDS)

    async def _tell(self, session: aiohttp.ClientSession, step: Step) -> None:
        pause, longest = _PATIENCE_SECONDS
        while not await self._sent(session, step):
            await asyncio.sleep(pause)
            pause = min(longest, 2 * pause)
        self._office.book.tell([step])
        self._busy.discard(step.serial)

    async def _sent(self, session: aiohttp.ClientSession, step: Step) -> bool:
        body = orjson.dumps({"data": [_status(step)]})
        headers = tif_headers(app_id=_OURS, token=self._token, now=datetime.now(UTC), nonce=token_hex(16))
        headers["x-tif-body-hmac"] = body_signature(
            self._token, headers["x-tif-timestamp"], headers["x-tif-nonce"], body
        )
        headers["content-type"] = "application/json"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with session.post(self._url, data=body, headers=headers) as reply:
                return reply.status == 200 and _object(await reply.read()).get("code") == "0"
        return False


def _status(step: Step) -> dict[str, str]:
    zt, jg, stage, reason = _WORDS[step.name]
    at = datetime.fromtimestamp(step.at, _ZONE)
    words = {"ywlsh": step.our_no, "slbh": _number(step.serial), "zt": zt, "bgsj": f"{at:%Y%m%d%H%M%S}", "hjmc": stage}
    extra = {"jg": jg, "yy": reason, "zzbh": f"HT-{step.serial:08d}" if step.name == "granted" else None}
    return words | {"jbry": "登记员03"} | {name: value for name, value in extra.items() if value is not None}


def _number(serial: int) -> str:
    return f"SJ{serial:010d}"


def _answer(code: str, message: str, filing: Filing | None = None, *, status: int = 200) -> web.Response:
    data = {"data": {"slbh": _number(filing.serial)}} if filing else {}
    return web.json_response(body=orjson.dumps({"code": code, "msg": message, **data}), status=status)


def _cut(request: web.Request) -> web.Response:
    """Drop the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _secret(variable: str) -> str:
    try:
        return os.environ[variable]
    except KeyError:
        raise SystemExit(f"set the environment variable {variable}: the token of this simulated system") from None
