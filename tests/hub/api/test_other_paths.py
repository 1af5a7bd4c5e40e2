"""Callbacks, catalogue, routing, deliveries, health and numbers."""

import logging
from pathlib import Path

import pytest

from cases.delivery import DeliveryState
from cases.errors import NotFound, Unavailable
from connectors.contract import CallReply
from hub.api.services import Bounds
from monitoring.health import Health
from tests.hub.api.desk import Desk, example, open_desk


async def test_a_departments_call_reaches_its_connector_as_it_came(desk: Desk) -> None:
    desk.callback_reply = CallReply(status=202, body=b"<ok/>", headers={"content-type": "text/xml"})
    body = b"\x00raw \xff bytes"
    response = await desk.call(
        "POST",
        "/v1/callbacks/market-supervision?sign=a%2Bb",
        scope=None,
        content=body,
        headers={"X-Tif-Signature": "abc"},
    )
    key, call = desk.calls[0]
    assert (response.status_code, response.content, response.headers["content-type"]) == (202, b"<ok/>", "text/xml")
    assert key == "market-supervision"
    assert (call.method, call.body) == ("POST", body)
    assert call.path == "/v1/callbacks/market-supervision?sign=a%2Bb"
    assert call.headers["x-tif-signature"] == "abc"


async def test_a_connector_that_takes_no_calls_is_not_found(desk: Desk) -> None:
    async def refuse(key: str, _call: object) -> CallReply:
        raise NotFound("connector that takes callbacks", key)

    object.__setattr__(desk.services, "callback", refuse)
    assert (await desk.call("POST", "/v1/callbacks/nobody", scope=None)).status_code == 404


async def test_the_catalogue_lists_what_is_offered(desk: Desk) -> None:
    items = (await desk.call("GET", "/v1/items")).json()["items"]
    codes = {item["code"] for item in items}
    assert example()["item_code"] in codes
    assert len(codes) == len(items) >= 33


async def test_an_item_shows_its_materials_and_form(desk: Desk) -> None:
    item = (await desk.call("GET", f"/v1/items/{example()['item_code']}")).json()
    assert item["name"] == "高龄津贴申领"
    assert [material["code"] for material in item["materials"]] == ["01", "02", "03"]
    assert "bank_card" in item["form"]["properties"]
    assert (await desk.call("GET", "/v1/items/unknown")).status_code == 404


async def test_routing_is_explained_and_nothing_is_stored(desk: Desk) -> None:
    response = await desk.call("POST", "/v1/route/explain", json=example(), headers={"accept-language": "en"})
    explained = response.json()
    assert explained["destination"] == "civil-affairs"
    assert [rule["outcome"] for rule in explained["tried"]].count("chosen") == 1
    assert all(rule["reasons"] for rule in explained["tried"] if rule["outcome"] == "no match")
    assert example()["applicant"]["id_number"] not in response.text
    assert await desk.case_count() == 0


async def test_operations_find_deliveries_by_state_and_case(desk: Desk) -> None:
    number = (await desk.submit()).json()["case_no"]
    waiting = await desk.call("GET", f"/v1/deliveries?state={DeliveryState.WAITING}", scope="ops")
    of_case = await desk.call("GET", f"/v1/deliveries?case_no={number}", scope="ops")
    parked = await desk.call("GET", "/v1/deliveries?state=PARKED", scope="ops")

    assert [row["case_no"] for row in waiting.json()["deliveries"]] == [number]
    assert of_case.json() == waiting.json()
    assert parked.json()["deliveries"] == []
    for query in ("", "?state=LOST"):
        assert (await desk.call("GET", f"/v1/deliveries{query}", scope="ops")).status_code == 422


async def test_connectors_in_force_are_listed(desk: Desk) -> None:
    assert (await desk.call("GET", "/v1/connectors", scope="ops")).json() == {"connectors": []}


async def test_alive_and_ready_are_different_questions(desk: Desk) -> None:
    assert (await desk.call("GET", "/healthz", scope=None)).json() == {"status": "ok", "parts": {}}
    assert (await desk.call("GET", "/readyz", scope=None)).json() == {"status": "ok", "parts": {"store": "ok"}}

    async def away() -> None:
        raise Unavailable("no route to 10.0.0.5")

    assert (await desk.call("HEAD", "/healthz", scope=None)).status_code == 200
    object.__setattr__(desk.services, "health", Health({"store": desk.store.ping, "broker": away}))
    response = await desk.call("GET", "/readyz", scope=None)
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "parts": {"store": "ok", "broker": "unavailable"}}
    assert (await desk.call("GET", "/healthz", scope=None)).status_code == 200


async def test_numbers_are_shown_to_prometheus(desk: Desk) -> None:
    await desk.submit()
    response = await desk.call("GET", "/metrics", scope=None)
    assert response.headers["content-type"].startswith("text/plain")
    assert 'hub_cases_accepted_total{channel="counter",department="civil-affairs"} 1.0' in response.text


async def test_one_line_is_logged_per_request_without_anybodys_data(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="hub.api"):
        number = (await desk.submit()).json()["case_no"]
        await desk.call("GET", f"/v1/cases/{number}")
        await desk.submit({**example(), "channel": "pigeon"})
    lines = [record for record in caplog.records if record.message == "request_answered"]

    assert [(line.method, line.path, line.status) for line in lines] == [  # type: ignore[attr-defined]
        ("POST", "/v1/cases", 201),
        ("GET", "/v1/cases/{number}", 200),
        ("POST", "/v1/cases", 422),
    ]
    assert {line.key_id for line in lines} == {desk.key("portal").split("_")[1]}  # type: ignore[attr-defined]
    everything = "".join(str(vars(record)) for record in caplog.records)
    for secret in (number, example()["applicant"]["id_number"], example()["applicant"]["name"], desk.key("portal")):
        assert secret not in everything


async def test_a_callback_is_bounded_like_everything_else(tmp_path: Path) -> None:
    async with open_desk(tmp_path, bounds=Bounds(callback_bytes=100)) as desk:
        response = await desk.call("POST", "/v1/callbacks/market-supervision", scope=None, content=b"x" * 101)
        assert response.status_code == 413
        assert desk.calls == []
