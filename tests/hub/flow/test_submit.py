"""The door: numbered, routed and committed in one step, or refused with the field and the remedy."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cases.delivery import DeliveryRef
from cases.errors import InvalidInput, KeyReused, NotRouted
from cases.numbers import read_case_number, read_receipt_number
from cases.states import State
from cases.submission import Submission
from config.settings import REFERENCE_DISTRICT
from hub.app.opening import open_office
from hub.flow.submit import Numbering, Submit
from hub.ports import FileRow, Idempotency, Store
from hub.store.opening import open_store
from monitoring.metrics import Metrics
from tests.hub.flow.kit import START, SetClock

BOOKS = open_office(REFERENCE_DISTRICT)
EXAMPLE: dict[str, Any] = json.loads((REFERENCE_DISTRICT / "cases" / "old-age.json").read_text(encoding="utf-8"))
FILE = "a" * 64


class Door:
    """A submit over a real store, with everything that it handed on."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.metrics = store, SetClock(), Metrics()
        self.pushed: list[DeliveryRef] = []
        self.live: set[str] = {"civil-affairs", "market-supervision", "public-security"}
        self.submit = Submit(
            store=store,
            catalogue=lambda: BOOKS.catalogue,
            routes=lambda: BOOKS.routes,
            live=lambda: self.live,
            limits=lambda item, day: (date(2026, 3, 9), None),
            numbering=Numbering(district="430202", secret=bytes(32), public_url="http://hub.example"),
            clock=self.clock,
            committed=self.pushed.extend,
            metrics=self.metrics,
        )

    async def upload(self, caller: str) -> None:
        row = FileRow(
            sha256=FILE, size_bytes=3, media_type="application/pdf", name="a.pdf", uploaded_by=caller, created_at=START
        )
        await self.store.add_file(row)

    async def hand_in(self, key: str | None = None, digest: str = "d", **changes: Any) -> dict[str, Any]:
        idempotency = key and Idempotency(caller="portal-1", key=key, body_digest=digest)
        submission = Submission.model_validate_json(json.dumps({**EXAMPLE, **changes}))
        answer = await self.submit(submission, caller="portal-1", idempotency=idempotency or None)
        body: dict[str, Any] = json.loads(answer.body)
        return body


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    store = await open_store(f"sqlite:///{tmp_path / 'hub.db'}", data_keys=[bytes(32)])
    door = Door(store)
    door.clock.time = datetime(2026, 3, 2, 1, 12, tzinfo=UTC)
    yield door
    await store.close()


def fields(caught: pytest.ExceptionInfo[InvalidInput]) -> set[str]:
    return {problem.field for problem in caught.value.problems}


async def test_the_answer_has_every_number_a_citizen_needs(door: Door) -> None:
    answer = await door.hand_in()
    number, receipt = read_case_number(answer["case_no"]), read_receipt_number(answer["receipt_no"])
    assert (number.item_code, number.day, number.serial) == (EXAMPLE["item_code"], date(2026, 3, 2), 1)
    assert (receipt.district, receipt.serial) == ("430202", 1)
    assert len(answer["query_code"]) == 6
    assert answer["progress_url"].startswith("http://hub.example/p/")
    assert answer["promised_by"] == "2026-03-09"
    assert answer["route"][0]["department"] == "civil-affairs"


async def test_case_and_delivery_are_there_when_the_answer_is(door: Door) -> None:
    answer = await door.hand_in()
    case = await door.store.case(answer["case_no"])
    assert case is not None
    assert case.standing.state is State.RECEIVED
    [delivery] = await door.store.deliveries(case_no=answer["case_no"])
    assert [ref.delivery_id for ref in door.pushed] == [delivery.delivery_id]


async def test_what_comes_over_the_web_is_submitted_not_received(door: Door) -> None:
    assert (await door.hand_in(channel="web", counter=None))["state"] == "SUBMITTED"


async def test_the_same_key_gives_the_same_receipt_and_no_second_case(door: Door) -> None:
    first, second = await door.hand_in(key="k"), await door.hand_in(key="k")
    assert first == second
    assert len(door.pushed) == 1


async def test_the_same_key_with_another_body_is_refused(door: Door) -> None:
    await door.hand_in(key="k", digest="one")
    with pytest.raises(KeyReused) as caught:
        await door.hand_in(key="k", digest="other")
    assert caught.value.problems[0].message("zh-CN")


async def test_serials_of_a_day_count_up_and_begin_anew_the_next_day(door: Door) -> None:
    numbers = [read_case_number((await door.hand_in())["case_no"]).serial for _ in range(12)]
    assert numbers == list(range(1, 13))
    door.clock.pass_seconds(24 * 3600)
    assert read_case_number((await door.hand_in())["case_no"]).serial == 1


async def test_a_day_is_a_day_in_china(door: Door) -> None:
    door.clock.time = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)  # half past midnight on the third
    assert read_case_number((await door.hand_in())["case_no"]).day == date(2026, 3, 3)


async def test_a_connector_out_of_force_refuses_at_the_door(door: Door) -> None:
    door.live.clear()
    with pytest.raises(NotRouted) as caught:
        await door.hand_in()
    assert "民政局" in caught.value.problems[0].message("zh-CN")
    assert not door.pushed


async def test_a_file_nobody_uploaded_is_named_with_its_place(door: Door) -> None:
    materials = [{**EXAMPLE["materials"][0], "file": f"sha256:{FILE}"}, *EXAMPLE["materials"][1:]]
    with pytest.raises(InvalidInput) as caught:
        await door.hand_in(materials=materials)
    assert fields(caught) == {"materials.0.file"}
    await door.upload("somebody-else")
    with pytest.raises(InvalidInput):
        await door.hand_in(materials=materials)
    await door.upload("portal-1")
    assert await door.hand_in(materials=materials)


async def test_every_finding_is_listed_at_once(door: Door) -> None:
    applicant = {**EXAMPLE["applicant"], "id_number": "430202190001010011"}
    with pytest.raises(InvalidInput) as caught:
        await door.hand_in(applicant=applicant, materials=EXAMPLE["materials"][1:])
    assert len(fields(caught)) >= 2
    assert "applicant.id_number" in fields(caught)


async def test_an_unknown_item_is_refused(door: Door) -> None:
    with pytest.raises(InvalidInput) as caught:
        await door.hand_in(item_code="11430202HT0000018T4430511999000")
    assert fields(caught) == {"item_code"}
