"""A worker is killed with SIGKILL at random moments: no case is lost, doubled or left standing without a reason."""

import asyncio
import os
import random
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from cases.delivery import DeliveryState
from cases.lifecycle import ENDED
from config.settings import load_settings
from connectors.simulate.reading import Entry, read_book
from hub.app.opening import open_store
from hub.cli.demo.portal import Portal
from hub.cli.demo.story import DEPARTMENTS, example_submissions
from hub.cli.lab import Lab

CASES = 500
KILLS = 6
AT_ONCE = 12
PATIENCE_SECONDS = 240.0
SEED = int(os.environ.get("HUB_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)

#: A call ends within 2 s in the lab, so that a dead worker's claim runs out within a few seconds.
QUICK = {
    "HUB_RETRY_FIRST_SECONDS": "0.5",
    "HUB_RETRY_CAP_SECONDS": "3",
    "HUB_LEASE_MARGIN_SECONDS": "1",
    "HUB_SWEEP_SECONDS": "0.5",
    "HUB_QUEUED_STALE_SECONDS": "20",
}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(folder=tmp_path, pace=0.1, seed=SEED, settings=QUICK, faults={})
    yield lab
    for process in (*lab.hub.values(), *lab.departments.values()):  # whatever a failing test left
        if process.running is not None and process.running.returncode is None:
            process.running.kill()


@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_embedded_hub_survives_being_killed(lab: Lab) -> None:
    await _survives(lab, victims=("all",))


@pytest.mark.slow
@pytest.mark.services
@pytest.mark.timeout(420)
async def test_hub_on_rabbitmq_and_postgresql_survives_its_workers_being_killed(
    lab: Lab,
    amqp_url: str,
    database_url: str,
) -> None:
    lab.broker, lab.database = amqp_url, database_url
    await _survives(lab, victims=("worker",))


async def _survives(lab: Lab, *, victims: tuple[str, ...]) -> None:
    print(f"seed {SEED}: HUB_TEST_SEED={SEED} repeats this run")
    await lab.start_departments(DEPARTMENTS)
    await lab.start_hub()
    try:
        headers = {"Authorization": f"Bearer {await lab.create_key('portal')}"}
        async with httpx.AsyncClient(base_url=lab.url, headers=headers, timeout=30) as client:
            portal = Portal(client)
            killer = asyncio.create_task(_kill_at_random(lab, victims))
            accepted = await _submit_all(portal)
            await killer
            standing = await _wait_for_the_ends(client, accepted)
    finally:
        await lab.stop()
    assert len(accepted) == len(set(accepted)) == CASES
    _hold_against_the_books(lab, standing)
    await _nothing_waits(lab)


async def _kill_at_random(lab: Lab, victims: tuple[str, ...]) -> None:
    draw = random.Random(SEED)
    for _ in range(KILLS):
        await asyncio.sleep(draw.uniform(0.5, 2.5))
        victim = lab.hub[draw.choice(victims)]
        await victim.kill()
        await victim.start()
        await lab.ready()


async def _submit_all(portal: Portal) -> list[str]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def submit(number: int, submission: dict[str, Any]) -> str:
        async with gate:
            answer = await portal.submit(submission, key=f"kill-{number}")
            case_no: str = answer["case_no"]
            return case_no

    chosen = islice(cycle(example_submissions()), CASES)
    return await asyncio.gather(*(submit(n, submission) for n, (_, submission) in enumerate(chosen)))


async def _wait_for_the_ends(client: httpx.AsyncClient, accepted: list[str]) -> dict[str, dict[str, Any]]:
    """Return every accepted case once all have ended; what has not by the deadline is returned as it stands."""
    standing: dict[str, dict[str, Any]] = {}
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        for case_no in accepted:
            if standing.get(case_no, {}).get("state") not in ENDED:
                answer = await client.get(f"/v1/cases/{case_no}")
                assert answer.status_code == 200, f"{case_no} was accepted and is not known: {answer.text}"
                standing[case_no] = answer.json()
        if all(case["state"] in ENDED for case in standing.values()):
            break
        await asyncio.sleep(0.5)
    return standing


def _hold_against_the_books(lab: Lab, standing: dict[str, dict[str, Any]]) -> None:
    books: dict[str, dict[str, Entry]] = {key: {e.our_no: e for e in read_book(lab.book(key))} for key in DEPARTMENTS}
    wrong = []
    for case_no, case in standing.items():
        entry = books[case["department"]].get(case_no)
        if entry is None:
            wrong.append(f"{case_no}: lost on the way to {case['department']['key']}, the hub says {case['state']}")
        elif entry.filings != 1:
            wrong.append(f"{case_no}: filed {entry.filings} times")
        elif case["state"] != entry.ending:
            wrong.append(f"{case_no}: the hub says {case['state']}, the department {entry.ending}")
    assert not wrong, "\n".join(wrong[:20])


async def _nothing_waits(lab: Lab) -> None:
    """Every case has ended, so no delivery may still be on its way or stand still."""
    store = await open_store(load_settings(None, lab.environment()))
    try:
        for state in (DeliveryState.WAITING, DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.PARKED):
            left = await store.deliveries(state=state)
            assert not left, f"{len(left)} deliveries are {state}, the first: {left[0]}"
    finally:
        await store.close()
