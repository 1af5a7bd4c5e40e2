"""What the attacks on a running hub share: opening it, following cases to their ends, asking the departments' books."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from cases.lifecycle import ENDED
from connectors.simulate.reading import Entry, read_book
from hub.cli.demo.portal import Portal
from hub.cli.demo.story import DEPARTMENTS
from hub.cli.lab import Lab
from hub.cli.scratch import scratch

#: Short pauses, so that a department that is back or a worker that died is noticed within seconds.
QUICK = {
    "HUB_RETRY_FIRST_SECONDS": "0.3",
    "HUB_RETRY_CAP_SECONDS": "1",
    "HUB_LEASE_MARGIN_SECONDS": "1",
    "HUB_SWEEP_SECONDS": "0.5",
    "HUB_QUEUED_STALE_SECONDS": "3",
}


@asynccontextmanager
async def running(lab: Lab, departments: Collection[str] = DEPARTMENTS) -> AsyncIterator[Portal]:
    """Open departments and hub and hand over a portal; end everything after, whatever happened."""
    async with scratch(lab):
        try:
            await lab.start_departments(list(departments))
            await lab.start_hub()
            headers = {"Authorization": f"Bearer {await lab.create_key('portal')}"}
            async with httpx.AsyncClient(base_url=lab.url, headers=headers, timeout=30) as client:
                yield Portal(client)
        finally:
            await lab.stop()


async def concluded(portal: Portal, case_nos: Iterable[str], *, within_seconds: float) -> dict[str, dict[str, Any]]:
    """Wait until every case is at an end; fail with the stories of those that are not."""
    standing: dict[str, dict[str, Any]] = {}
    open_ones = set(case_nos)
    deadline = asyncio.get_running_loop().time() + within_seconds
    while open_ones:
        for case_no in sorted(open_ones):
            standing[case_no] = await portal.case(case_no)
        open_ones = {case_no for case_no in open_ones if standing[case_no]["state"] not in ENDED}
        if asyncio.get_running_loop().time() > deadline and open_ones:
            raise AssertionError([await portal.events(case_no) for case_no in sorted(open_ones)[:3]])
        await asyncio.sleep(0.2)
    return standing


async def until_event(portal: Portal, case_no: str, kind: str, *, within_seconds: float = 20) -> dict[str, Any]:
    """Wait for an event of this kind in a case's story and return it."""
    deadline = asyncio.get_running_loop().time() + within_seconds
    while True:
        story = await portal.events(case_no)
        if found := next((event for event in story if event["kind"] == kind), None):
            return found
        assert asyncio.get_running_loop().time() < deadline, story
        await asyncio.sleep(0.1)


def books(lab: Lab) -> dict[str, Entry]:
    """Return every case that any department knows, by our number."""
    return {entry.our_no: entry for key in lab.departments for entry in read_book(lab.book(key))}


def wrong_in_the_books(lab: Lab, standing: dict[str, dict[str, Any]]) -> list[str]:
    """Say which cases a department never got, got more than once, or tells another end of."""
    known, wrong = books(lab), []
    for case_no, case in standing.items():
        entry = known.get(case_no)
        if entry is None:
            wrong.append(f"{case_no}: lost on the way")
        elif entry.filings != 1 or case["state"] != entry.ending:
            wrong.append(f"{case_no}: filed {entry.filings} times, {case['state']} against {entry.ending}")
    return wrong + [f"{case_no}: nobody was given this number" for case_no in known.keys() - standing.keys()]
