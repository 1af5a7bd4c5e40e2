"""Subscriptions: who is told when a case moves. Bodies are CloudEvents, signed after Standard Webhooks."""

import base64
import secrets
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field
from starlette.responses import Response

from cases.base import Moment, Record
from cases.errors import DepartmentError, InvalidInput, NotFound
from cases.problems import Problem, message
from hub.api.answers import answer, record_of
from hub.api.operation import Ask, Operation, Parameter
from hub.ports import Subscription

BAD_URL = message(
    "bad_webhook_url",
    "应为不含账号和 # 部分的 http(s) 地址。",
    "must be an http(s) address without user, password or fragment.",
)
NOT_ALLOWED = message(
    "webhook_not_allowed",
    "运维人员尚未允许向该地址外呼，请申请加入 outgoing 列表。",
    "operations has not allowed calls to this address; ask for it to be added to `outgoing`.",
)


class Wanted(Record):
    """Where state changes are to be sent."""

    url: Annotated[str, Field(min_length=8, max_length=1000)]


class Subscribed(Record):
    """A subscription; it covers the cases of the key that made it, or all cases for operations."""

    subscription_id: str
    url: str
    all_cases: bool
    created_at: Moment


class NewlySubscribed(Subscribed):
    """A new subscription with its secret, which is shown this once."""

    secret: Annotated[str, Field(description="Standard Webhooks secret, whsec_…")]


class SubscriptionList(Record):
    """Subscriptions this key may see."""

    webhooks: tuple[Subscribed, ...]


async def subscribe(ask: Ask) -> Response:
    """Note a subscriber and give out its secret."""
    wanted = await record_of(ask, Wanted)
    _check_url(wanted.url, ask)
    subscription = Subscription(
        subscription_id=secrets.token_hex(16),
        url=wanted.url,
        secret="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        caller=None if ask.caller.may("ops") else ask.caller.key_id,
        created_at=ask.services.clock.now(),
    )
    await ask.services.store.add_subscription(subscription)
    await ask.services.everywhere()  # whoever has the answer misses no step from here on
    return answer(NewlySubscribed(**_shown(subscription).__dict__, secret=subscription.secret), 201)


async def listing(ask: Ask) -> Response:
    """Subscriptions, without secrets."""
    found = [_shown(s) for s in await ask.services.store.subscriptions() if _owns(ask, s)]
    return answer(SubscriptionList(webhooks=tuple(found)))


async def end(ask: Ask) -> Response:
    """Stop telling a subscriber."""
    wanted = ask.request.path_params["subscription"]
    mine = [s for s in await ask.services.store.subscriptions() if s.subscription_id == wanted and _owns(ask, s)]
    if not mine or not await ask.services.store.end_subscription(wanted):
        raise NotFound("webhook", wanted[:50])
    return Response(status_code=204)


def _check_url(url: str, ask: Ask) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc and not parts.fragment
        usable = bool(usable) and url.isascii() and url.isprintable() and " " not in url and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InvalidInput([Problem("url", BAD_URL)])
    try:
        ask.services.may_notify(url)
    except DepartmentError:
        raise InvalidInput([Problem("url", NOT_ALLOWED)]) from None


def _owns(ask: Ask, subscription: Subscription) -> bool:
    return ask.caller.may("ops") or subscription.caller == ask.caller.key_id


def _shown(subscription: Subscription) -> Subscribed:
    return Subscribed(
        subscription_id=subscription.subscription_id,
        url=subscription.url,
        all_cases=subscription.caller is None,
        created_at=subscription.created_at,
    )


_SCOPES = frozenset({"portal", "ops"})
OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/webhooks",
        summary="Be told when a case moves (Standard Webhooks, CloudEvents JSON)",
        summary_zh="订阅状态变更通知",
        tag="webhooks",
        handler=subscribe,
        scopes=_SCOPES,
        body=Wanted,
        answer=NewlySubscribed,
        status=201,
        refusals=(400, 413, 415, 422),
    ),
    Operation(
        method="GET",
        path="/v1/webhooks",
        summary="List subscriptions",
        summary_zh="订阅列表",
        tag="webhooks",
        handler=listing,
        scopes=_SCOPES,
        answer=SubscriptionList,
    ),
    Operation(
        method="DELETE",
        path="/v1/webhooks/{subscription}",
        summary="End a subscription",
        summary_zh="取消订阅",
        tag="webhooks",
        handler=end,
        scopes=_SCOPES,
        parameters=(Parameter(name="subscription", place="path", says="Its subscription_id.", required=True),),
        status=204,
        refusals=(404,),
    ),
)
