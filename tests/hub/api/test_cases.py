"""Handing in and looking up: one window, one receipt, nobody else's business."""

import asyncio
import json

from cases.states import State
from tests.hub.api.desk import PUBLIC_URL, Desk, example


async def test_a_submission_gets_its_receipt_and_one_delivery(desk: Desk) -> None:
    response = await desk.submit()

    receipt = response.json()
    assert response.status_code == 201
    assert len(receipt["case_no"]) == 43
    assert len(receipt["receipt_no"]) == 18
    assert receipt["query_code"]
    assert receipt["route"][0]["department"] == "civil-affairs"
    assert response.headers["location"] == f"/v1/cases/{receipt['case_no']}"
    assert [ref.destination for ref in desk.committed] == ["civil-affairs"]


async def test_what_was_handed_in_is_found_by_either_number(desk: Desk) -> None:
    receipt = (await desk.submit()).json()

    for number in (receipt["case_no"], receipt["receipt_no"], f" {receipt['case_no'].lower()} "):
        found = (await desk.call("GET", f"/v1/cases/{number}")).json()
        assert found["case_no"] == receipt["case_no"]
        assert found["case"]["applicant"]["id_number"] == example()["applicant"]["id_number"]
        assert not found["masked"]


async def test_the_same_key_and_body_give_the_same_answer_and_no_second_case(desk: Desk) -> None:
    first = await desk.submit(headers={"idempotency-key": "a-1"})
    again = await desk.submit(headers={"idempotency-key": '"a-1"'})

    assert again.status_code == 201
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await desk.case_count() == 1
    assert len(desk.committed) == 1


async def test_twenty_impatient_retries_at_once_are_one_case(desk: Desk) -> None:
    responses = await asyncio.gather(*(desk.submit(headers={"idempotency-key": "a-1"}) for _ in range(20)))

    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    assert await desk.case_count() == 1
    assert len(desk.committed) == 1


async def test_the_same_key_with_another_body_is_refused(desk: Desk) -> None:
    await desk.submit(headers={"idempotency-key": "a-1"})
    response = await desk.submit(example("minimum-living"), headers={"idempotency-key": "a-1"})

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    assert await desk.case_count() == 1


async def test_two_callers_may_choose_the_same_key(desk: Desk) -> None:
    await desk.submit(headers={"idempotency-key": "a-1"})
    other = await desk.client.post(
        "/v1/cases",
        json=example("minimum-living"),
        headers={"authorization": f"Bearer {desk.key('portal', 'sync')}", "idempotency-key": "a-1"},
    )
    assert other.status_code == 201


async def test_a_repeated_key_gets_its_receipt_though_the_item_is_no_longer_offered(desk: Desk) -> None:
    first = await desk.submit(headers={"idempotency-key": "a-1"})
    desk.clock.moment = desk.clock.moment.replace(year=2001)  # no item is in force then

    again = await desk.submit(headers={"idempotency-key": "a-1"})
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert (await desk.submit(headers={"idempotency-key": "a-2"})).status_code == 422
    other = await desk.submit(example("minimum-living"), headers={"idempotency-key": "a-1"})
    assert other.json()["code"] == "idempotency_key_reused"


async def test_a_repeated_key_gets_its_receipt_though_the_file_is_gone(desk: Desk) -> None:
    document, content = example(), b"%PDF-1.7\n" + b"x" * 100
    file = (await desk.call("POST", "/v1/files", content=content)).json()["file"]
    document["materials"][0] |= {"form": "electronic", "file": file}
    first = await desk.submit(document, headers={"idempotency-key": "a-1"})
    desk.services.files.path(file.removeprefix("sha256:")).unlink()

    again = await desk.submit(document, headers={"idempotency-key": "a-1"})
    assert (again.status_code, again.content) == (201, first.content)
    assert await desk.case_count() == 1


async def test_what_the_door_refuses_is_counted_by_its_reason(desk: Desk) -> None:
    def counted(reason: str) -> float:
        return desk.services.metrics.submissions_refused.labels(reason)._value.get()

    before = {reason: counted(reason) for reason in ("invalid_input", "not_allowed", "idempotency_key_reused", "other")}
    await desk.submit({})
    await desk.submit(scope="auditor")
    await desk.submit(scope=None)
    await desk.submit(headers={"idempotency-key": "a-1"})
    await desk.submit(example("minimum-living"), headers={"idempotency-key": "a-1"})
    await desk.call("POST", "/v1/intake/counter-pinyin", json={})
    await desk.call("GET", "/v1/cases/nothing-that-is-there")

    moved = {reason: counted(reason) - value for reason, value in before.items()}
    assert moved == {"invalid_input": 2, "not_allowed": 1, "idempotency_key_reused": 1, "other": 1}


async def test_an_unusable_idempotency_key_is_refused(desk: Desk) -> None:
    for key in ("", "with space", "x" * 129):
        response = await desk.submit(headers={"idempotency-key": key})
        assert response.json()["errors"][0]["field"] == "Idempotency-Key"
    assert await desk.case_count() == 0


async def test_another_portal_does_not_find_the_case_by_any_path(desk: Desk) -> None:
    number = (await desk.submit()).json()["case_no"]
    token = desk.key("portal", "sync")
    for path in (f"/v1/cases/{number}", f"/v1/cases/{number}/events"):
        response = await desk.client.get(path, headers={"authorization": f"Bearer {token}"})
        assert response.status_code == 404
    listed = await desk.client.get("/v1/cases", headers={"authorization": f"Bearer {token}"})
    assert listed.json()["cases"] == []


async def test_operations_and_auditors_see_every_case_masked(desk: Desk) -> None:
    number = (await desk.submit()).json()["case_no"]
    secret = example()["applicant"]
    for scope in ("ops", "auditor", "department:civil-affairs"):
        response = await desk.call("GET", f"/v1/cases/{number}", scope=scope)
        assert response.json()["masked"]
        for value in (secret["id_number"], secret["name"], secret["phone"], example()["form"]["bank_card"]):
            assert value not in response.text


async def test_a_department_sees_its_own_cases_only(desk: Desk) -> None:
    number = (await desk.submit()).json()["case_no"]

    assert (await desk.call("GET", f"/v1/cases/{number}", scope="department:market-supervision")).status_code == 404
    other = await desk.call("GET", "/v1/cases", scope="department:market-supervision")
    assert other.json()["cases"] == []
    own = await desk.call("GET", "/v1/cases", scope="department:civil-affairs")
    assert [case["case_no"] for case in own.json()["cases"]] == [number]
    asked = await desk.call("GET", "/v1/cases?department=civil-affairs", scope="department:market-supervision")
    assert asked.status_code == 403


async def test_a_key_of_portal_and_department_does_not_see_other_portals_cases(desk: Desk) -> None:
    await desk.submit()
    token = desk.key("portal", "department:market-supervision")
    listed = await desk.client.get("/v1/cases", headers={"authorization": f"Bearer {token}"})
    assert listed.json()["cases"] == []


async def test_lists_carry_nobodys_data(desk: Desk) -> None:
    await desk.submit()
    listed = await desk.call("GET", "/v1/cases")

    applicant = example()["applicant"]
    assert len(listed.json()["cases"]) == 1
    for value in applicant.values():
        assert value == "person" or value == "111" or value not in listed.text


async def test_pages_cover_every_case_once(desk: Desk) -> None:
    numbers = {(await desk.submit()).json()["case_no"] for _ in range(5)}
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page = (await desk.call("GET", f"/v1/cases?limit=2{after}")).json()
        seen += [case["case_no"] for case in page["cases"]]
        after = f"&after={page['next']}"
    assert page["next"] is None
    assert len(seen) == 5
    assert set(seen) == numbers


async def test_filters_are_checked_not_ignored(desk: Desk) -> None:
    for query, field in (
        ("state=DONE", "state"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("after=x", "after"),
        ("department=..", "department"),
        ("sate=RECEIVED", "sate"),
    ):
        response = await desk.call("GET", f"/v1/cases?{query}")
        assert response.status_code == 422, query
        assert response.json()["errors"][0]["field"] == field


async def test_a_list_can_be_narrowed_to_a_state(desk: Desk) -> None:
    await desk.submit()
    for state, count in ((State.RECEIVED, 1), (State.CONCLUDED, 0)):
        listed = await desk.call("GET", f"/v1/cases?state={state}")
        assert len(listed.json()["cases"]) == count


async def test_the_story_begins_with_the_receipt(desk: Desk) -> None:
    number = (await desk.submit()).json()["case_no"]
    story = (await desk.call("GET", f"/v1/cases/{number}/events")).json()
    assert story["case_no"] == number
    assert [event["kind"] for event in story["events"]] == ["received"]


async def test_a_number_that_cannot_be_one_is_simply_not_found(desk: Desk) -> None:
    for number in ("%00", "x", "1" * 500, "..%2f..%2fetc", "%E4%BD%A0%E5%A5%BD"):
        response = await desk.call("GET", f"/v1/cases/{number}")
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


async def test_an_answer_names_the_hub_by_its_public_address(desk: Desk) -> None:
    receipt = json.loads((await desk.submit()).content)
    assert receipt["progress_url"].startswith(f"{PUBLIC_URL}/p/")
