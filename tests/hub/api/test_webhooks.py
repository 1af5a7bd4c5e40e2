"""Subscriptions: only where the operator lets the hub call, the secret shown once, each to its own cases."""

import pytest

from tests.hub.api.desk import Desk

URL = "http://portal.example/hook"


async def test_a_subscription_shows_its_secret_once(desk: Desk) -> None:
    made = await desk.call("POST", "/v1/webhooks", json={"url": URL})

    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    listed = await desk.call("GET", "/v1/webhooks")
    assert [hook["subscription_id"] for hook in listed.json()["webhooks"]] == [made.json()["subscription_id"]]
    assert "whsec_" not in listed.text


async def test_a_portal_is_told_of_its_own_cases_and_operations_of_all(desk: Desk) -> None:
    portal = (await desk.call("POST", "/v1/webhooks", json={"url": URL})).json()
    ops = (await desk.call("POST", "/v1/webhooks", json={"url": URL}, scope="ops")).json()

    kept = {row.subscription_id: row.caller for row in await desk.store.subscriptions()}
    assert not portal["all_cases"]
    assert kept[portal["subscription_id"]] == desk.key("portal").split("_")[1]
    assert ops["all_cases"]
    assert kept[ops["subscription_id"]] is None


async def test_a_subscription_ends_only_by_its_owner(desk: Desk) -> None:
    hook = (await desk.call("POST", "/v1/webhooks", json={"url": URL})).json()["subscription_id"]
    other = {"authorization": f"Bearer {desk.key('portal', 'sync')}"}

    assert (await desk.client.delete(f"/v1/webhooks/{hook}", headers=other)).status_code == 404
    assert (await desk.client.get("/v1/webhooks", headers=other)).json()["webhooks"] == []
    assert (await desk.call("DELETE", f"/v1/webhooks/{hook}")).status_code == 204
    assert (await desk.call("DELETE", f"/v1/webhooks/{hook}")).status_code == 404
    assert await desk.store.subscriptions() == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://portal.example/x", "bad_webhook_url"),
        ("http://user:pw@portal.example/", "bad_webhook_url"),
        ("http://portal.example/#x", "bad_webhook_url"),
        ("http://[::1", "bad_webhook_url"),
        ("http://portal.example/\n", "bad_webhook_url"),
        ("http://portal.example:99999/", "bad_webhook_url"),
        ("javascript:alert(1)", "bad_webhook_url"),
        ("http://elsewhere.example/", "webhook_not_allowed"),
        ("http://169.254.169.254/latest", "webhook_not_allowed"),
        ("http://10.0.0.1/", "webhook_not_allowed"),
        ("http://localhost/", "webhook_not_allowed"),
    ],
)
async def test_addresses_outside_the_operators_list_are_refused(desk: Desk, url: str, code: str) -> None:
    response = await desk.call("POST", "/v1/webhooks", json={"url": url})
    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == code
    assert await desk.store.subscriptions() == []
