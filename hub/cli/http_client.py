"""What commands share that talk to a running hub: one call, its errors in plain words."""

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

Url = Annotated[str, typer.Option("--url", envvar="HUB_URL", help="address of the running hub")]
Key = Annotated[str, typer.Option("--key", envvar="HUB_KEY", help="bearer key, as `hub key create` showed it")]
DEFAULT_URL = "http://127.0.0.1:8080"
_SECONDS = 30.0


def call(
    method: str,
    path: str,
    *,
    url: str,
    key: str,
    content: bytes | None = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[Any, Mapping[str, str]]:
    """Call the hub and return its JSON answer with its headers.

    Raises:
        HubError: no key, nobody there, or the hub said no; the text is for people.
    """
    import httpx

    from cases.errors import HubError

    if not key:
        raise HubError("no key: set HUB_KEY or give --key; `hub key create --scope portal` makes one")
    language = "zh-CN" if os.environ.get("LANG", "").lower().startswith("zh") else "en"
    own = {"authorization": f"Bearer {key}", "accept-language": language, "content-type": "application/json"}
    try:
        response = httpx.request(
            method,
            f"{url.rstrip('/')}{path}",
            content=content,
            params=params,
            headers={**own, **(headers or {})},
            timeout=_SECONDS,
            trust_env=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise HubError(f"no answer from {url}: {reason}; is the hub running? (hub run, HUB_URL)") from None
    if response.status_code >= 300:
        raise HubError(_told(response.status_code, response.content))
    return response.json(), response.headers


def _told(status: int, body: bytes) -> str:
    """Return a problem document as sentences."""
    import json

    try:
        problem = json.loads(body)
        lines = [f"{problem['title']} ({status}). {problem['detail']}"]
        lines += [f"  {error['field']}: {error['message']}" for error in problem.get("errors", ())]
    except (ValueError, KeyError, TypeError):
        return f"the address answers with {status}, but not in the hub's words; check HUB_URL"
    return "\n".join(lines)
