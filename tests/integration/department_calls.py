"""Calls of the simulated market supervision bureau, made by hand: signed as it signs them, or not quite."""

from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import httpx
import orjson

from connectors.wire.signing import body_signature, tif_headers
from hub.cli.lab import Lab

PATH = "/v1/callbacks/market-supervision"
_TOKEN = "HUB_SECRET_MARKET_SUPERVISION_CALLBACK_TOKEN"


def news(case_no: str, code: str, *, at: datetime | None = None, **extra: str) -> dict[str, str]:
    """One status in the bureau's words."""
    moment = (at or datetime.now(UTC)).astimezone().strftime("%Y%m%d%H%M%S")
    return {"ywlsh": case_no, "slbh": f"BY-HAND-{case_no[-6:]}", "zt": code, "bgsj": moment, "hjmc": "环节", **extra}


def signed(
    lab: Lab, content: Any, *, nonce: str | None = None, age: timedelta = timedelta()
) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a call that proves where it comes from."""
    token = lab.environment()[_TOKEN]
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    headers = tif_headers(app_id="hetang-sj", token=token, now=datetime.now(UTC) - age, nonce=nonce or token_hex(16))
    headers["x-tif-body-hmac"] = body_signature(token, headers["x-tif-timestamp"], headers["x-tif-nonce"], body)
    return headers | {"content-type": "application/json"}, body


async def call(client: httpx.AsyncClient, headers: dict[str, str], body: bytes) -> httpx.Response:
    """Make the call as anybody on the network could: without a key of the hub."""
    return await client.post(PATH, content=body, headers={**headers, "authorization": ""})
