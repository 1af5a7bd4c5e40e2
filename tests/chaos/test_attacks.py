"""Impatient portals, departments that are gone, late, early, forged or garbled: nothing lost, doubled or silent."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.cli.demo.story import example_submissions
from hub.cli.lab import Lab
from tests.chaos.road import QUICK, books, concluded, running, until_event, wrong_in_the_books
from tests.integration.department_calls import call, news, signed

EXAMPLES = dict(example_submissions())
POLICE, MARKET = "public-security", "market-supervision"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(folder=tmp_path, pace=0.1, settings=QUICK)
    yield lab
    for process in (*lab.hub.values(), *lab.departments.values()):  # whatever a failing test left
        if process.running is not None and process.running.returncode is None:
            process.running.kill()


@pytest.mark.timeout(90)
async def test_fifty_impatient_retries_at_once_are_one_case_and_new_keys_are_new_cases(lab: Lab) -> None:
    async with running(lab, ["civil-affairs"]) as portal:
        body = EXAMPLES["old-age"] | {"submitted_at": datetime.now(UTC).isoformat()}
        answers = await asyncio.gather(
            *(portal.hub.post("/v1/cases", json=body, headers={"Idempotency-Key": "same"}) for _ in range(50))
        )
        other = await portal.hub.post("/v1/cases", json=body, headers={"Idempotency-Key": "other"})
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
        numbers = {answers[0].json()["case_no"], other.json()["case_no"]}
        assert len(numbers) == 2
        standing = await concluded(portal, numbers, within_seconds=30)
    assert wrong_in_the_books(lab, standing) == []


@pytest.mark.timeout(120)
async def test_callbacks_that_come_forged_twice_too_early_or_in_disorder(lab: Lab) -> None:
    async with running(lab, [MARKET]) as portal:
        port = lab.facts[MARKET]["port"]
        await lab.departments[MARKET].stop()
        case_no = (await portal.submit(EXAMPLES["sole-trader"], key="k"))["case_no"]
        await until_event(portal, case_no, "delivery_again")

        # before the delivery is recorded, the third step before the second, and each twice
        now = datetime.now(UTC)
        review = signed(lab, {"data": [news(case_no, "03", at=now)]}, nonce="n-1")
        accepted = signed(lab, {"data": [news(case_no, "02", at=now - timedelta(seconds=5))]}, nonce="n-2")
        for one in (review, review, accepted, accepted):
            assert (await call(portal.hub, *one)).status_code == 200
        stranger = signed(lab, {"data": [news("4" * 43, "02")]})
        assert (await call(portal.hub, *stranger)).status_code == 200

        forged = signed(lab, {"data": [news(case_no, "06", jg="2")]}, nonce="n-3")
        for headers, body in (
            (forged[0], forged[1].replace(b'"2"', b'"1"')),  # another body
            (forged[0] | {"x-tif-signature": "0" * 64}, forged[1]),
            (forged[0] | {"x-tif-paasid": "somebody"}, forged[1]),
            ({}, forged[1]),
            signed(lab, {"data": [news(case_no, "06", jg="2")]}, age=timedelta(hours=1)),  # recorded and sent later
            signed(lab, {"data": [news(case_no, "06", jg="2")]}, nonce="n-1"),  # a nonce of another call
        ):
            assert (await call(portal.hub, headers, body)).status_code == 401
        for junk in (b"", b"{", b"[]", b'{"data": 7}', b"\xff\xfe"):
            assert (await call(portal.hub, *signed(lab, junk))).status_code in (200, 400, 422)
        assert (await portal.case(case_no))["state"] not in ("CONCLUDED", "ACCEPT_REFUSED")

        await _start_again(lab, MARKET, port)
        standing = await concluded(portal, [case_no], within_seconds=40)
    assert wrong_in_the_books(lab, standing) == []


@pytest.mark.timeout(90)
async def test_result_files_that_come_twice_half_garbled_or_about_nobody(lab: Lab) -> None:
    async with running(lab, [POLICE]) as portal:
        results = lab.folder / POLICE / "results"
        _leave(results, "A-garbled.xml", b"<JIEGUO><JL>")
        _leave(results, "B-no-xml.xml", b"\x00\x01 nothing")
        _leave(results, "C-nobody.xml", _result("4" * 43, "20"))
        _leave(results, "D-unknown-code.xml", _result("4" * 43, "99"))
        (results / "E-half.xml").write_bytes(_result("4" * 43, "20")[:40])  # no marker: still being written
        case_no = (await portal.submit(EXAMPLES["birth"], key="k"))["case_no"]
        standing = await concluded(portal, [case_no], within_seconds=40)

        before = len(await portal.events(case_no))
        again = _result(case_no, "20")
        _leave(results, "F-late.xml", again)
        _leave(results, "G-late-again.xml", again)
        await asyncio.sleep(2)
        assert (await portal.case(case_no))["state"] == standing[case_no]["state"]
        assert len(await portal.events(case_no)) - before <= 2  # said as late, at most once more as repeated
        assert {path.name for path in results.iterdir() if path.is_file()} == {"E-half.xml"}
        assert {path.name[0] for path in (results / "bad").iterdir()} == {"A", "B"}  # set aside, to be looked at
        metrics = (await portal.hub.get("/metrics")).text
        assert _counted(metrics, "unreadable") == 3
        assert _counted(metrics, "unmatched") == 1
    assert wrong_in_the_books(lab, standing) == []


@pytest.mark.timeout(120)
async def test_a_department_that_is_down_gets_everything_when_it_is_back(lab: Lab) -> None:
    async with running(lab) as portal:
        port = lab.facts[MARKET]["port"]
        await lab.departments[MARKET].stop()
        accepted = [await portal.submit(one, key=f"k-{n}") for n, one in enumerate(EXAMPLES.values())]
        numbers = {one["case_no"]: one["route"][0]["department"] for one in accepted}
        others = [case_no for case_no, department in numbers.items() if department != MARKET]
        await concluded(portal, others, within_seconds=40)  # one department's trouble is nobody else's

        await lab.hub["all"].stop()  # and the hub itself goes and comes back meanwhile
        await lab.hub["all"].start()
        await lab.ready()
        stories = [await portal.events(case_no) for case_no in numbers.keys() - set(others)]
        assert all(any(event["kind"] == "delivery_again" for event in story) for story in stories)
        assert not any(event["kind"] == "delivery_parked" for story in stories for event in story)

        await _start_again(lab, MARKET, port)
        standing = await concluded(portal, numbers, within_seconds=40)
    assert wrong_in_the_books(lab, standing) == []


@pytest.mark.timeout(120)
async def test_a_hub_told_to_stop_under_load_stops_well_and_goes_on_after(lab: Lab) -> None:
    async with running(lab) as portal:
        await _stopped_under_load(lab, portal, "all")
    assert "Traceback" not in (lab.folder / "hub-all.log").read_text()


@pytest.mark.services
@pytest.mark.timeout(180)
async def test_workers_told_to_stop_under_load_hand_back_what_they_have(
    lab: Lab, amqp_url: str, database_url: str
) -> None:
    lab.broker, lab.database = amqp_url, database_url
    async with running(lab) as portal:
        await _stopped_under_load(lab, portal, "worker")
        await lab.stop()
        assert {name: process.running.returncode for name, process in lab.hub.items() if process.running} == {
            "api": 0,
            "worker": 0,
            "clock": 0,
        }
    for role in lab.hub:
        assert "Traceback" not in (lab.folder / f"hub-{role}.log").read_text()


async def _stopped_under_load(lab: Lab, portal: Any, role: str) -> None:
    async def hand_in() -> list[str]:
        gate, numbers = asyncio.Semaphore(8), []

        async def one(number: int, submission: dict[str, Any]) -> None:
            async with gate:
                numbers.append((await portal.submit(submission, key=f"load-{number}"))["case_no"])

        chosen = [*EXAMPLES.values()] * 5
        await asyncio.gather(*(one(number, submission) for number, submission in enumerate(chosen)))
        return numbers

    under_way = asyncio.create_task(hand_in())
    for times, pause in enumerate((0.4, 0.6, 0.8), 1):
        await _started(lab, role, times)
        await asyncio.sleep(pause)
        assert await lab.hub[role].stop() == 0
        await lab.hub[role].start()
        await lab.ready()
    await _started(lab, role, 4)
    standing = await concluded(portal, await under_way, within_seconds=60)
    assert len(standing) == 5 * len(EXAMPLES)
    assert wrong_in_the_books(lab, standing) == []


@pytest.mark.services
@pytest.mark.timeout(120)
async def test_a_queue_purged_by_hand_is_filled_again(lab: Lab, amqp_url: str, database_url: str) -> None:
    from hub.broker.rabbit import RabbitBroker

    lab.broker, lab.database = amqp_url, database_url
    async with running(lab) as portal:
        await _started(lab, "worker", 1)
        assert await lab.hub["worker"].stop() == 0
        accepted = [await portal.submit(one, key=f"k-{n}") for n, one in enumerate(EXAMPLES.values())]
        queues = [lab.settings["HUB_BROKER_NAMESPACE"] + name for name in lab.destinations]
        broker = await RabbitBroker.open(amqp_url)
        try:
            async with asyncio.timeout(10):
                while sum([await broker.depth(queue) for queue in queues]) < len(accepted):
                    await asyncio.sleep(0.1)
            await broker.forget(queues)  # the whole queue, messages included: more than a purge
        finally:
            await broker.close()
        await lab.hub["worker"].start()
        standing = await concluded(portal, [one["case_no"] for one in accepted], within_seconds=60)
    assert wrong_in_the_books(lab, standing) == []
    assert {entry.arrivals for entry in books(lab).values()} == {1}


async def _started(lab: Lab, role: str, times: int) -> None:
    """Wait until this process has said so often that it works; before that, a signal ends it where it stands."""
    async with asyncio.timeout(20):
        while (lab.folder / f"hub-{role}.log").read_text().count('"hub_started"') < times:
            await asyncio.sleep(0.05)


async def _start_again(lab: Lab, key: str, port: int) -> None:
    """Bring a department back where the hub knows it."""
    process = lab.departments[key]
    command = list(process.command)
    command[command.index("--port") + 1] = str(port)
    process.command = command
    await process.start()


def _leave(results: Path, name: str, content: bytes) -> None:
    (results / name).write_bytes(content)
    (results / f"{name}.ok").touch()


def _result(our_no: str, code: str) -> bytes:
    fields = f"<YWBH>{our_no}</YWBH><GABH>GA-BY-HAND</GABH><ZTDM>{code}</ZTDM><ZTSJ>2026-03-02 10:00:00</ZTSJ>"
    return f"<?xml version='1.0' encoding='UTF-8'?><JIEGUO><PC>1</PC><JL>{fields}</JL></JIEGUO>".encode()


def _counted(metrics: str, outcome: str) -> float:
    found = re.search(rf'hub_status_updates_total{{connector="{POLICE}",outcome="{outcome}"}} (\S+)', metrics)
    assert found is not None
    return float(found[1])
