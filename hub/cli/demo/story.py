"""The story of the demo: start, submit, follow, compare with the departments' own books."""

import asyncio
import json
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx

from config.settings import REFERENCE_DISTRICT
from connectors.simulate.reading import read_book
from hub.cli.demo.portal import Portal
from hub.cli.lab import Lab
from hub.cli.scratch import scratch

DEPARTMENTS = ("civil-affairs", "market-supervision", "public-security")
#: The trouble that some cases meet, by department and position.
FAULTS = {
    "civil-affairs": ("refuse@3", "timeout_after@5", "busy@8", "garbage@11", "reset_after@14", "breakdown@17"),
    "market-supervision": ("refuse@2", "busy@4", "timeout_after@6", "reset_before@9", "twice@10", "disorder@12"),
    "public-security": ("half_file@2", "refuse@4", "twice@6", "disorder@9"),
}
_PATIENCE_SECONDS = 240.0
_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asked for."""

    cases: int
    broker: str
    database: str
    pace: float
    keep: Path | None


@dataclass(slots=True, kw_only=True)
class Followed:
    """One case of the demo."""

    number: int
    case_no: str
    department: str
    state: str
    expected: str = ""
    delivered_seconds: float | None = None
    retries: int = 0
    filings: int | None = None  # in the department's own book


@dataclass(slots=True, kw_only=True)
class Summary:
    """What the demo shows at its end."""

    back_end: str
    cases: list[Followed] = field(default_factory=list)
    seconds: float = 0.0
    webhooks: int = 0
    webhooks_repeated: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)  # in plain words

    @property
    def good(self) -> bool:
        """Whether every case ended as it should."""
        return bool(self.cases) and not self.wrong

    def delivered_percentile(self, percent: int) -> float | None:
        """Return accept → delivered in seconds, or None where nothing was delivered."""
        times = sorted(c.delivered_seconds for c in self.cases if c.delivered_seconds is not None)
        if len(times) < 2:
            return times[0] if times else None
        return statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


def example_submissions() -> list[tuple[str, dict[str, Any]]]:
    """Return the district's example submissions for departments with a connector in force, by file name."""
    files = sorted((REFERENCE_DISTRICT / "cases").glob("*.json"))
    return [(file.stem, json.loads(file.read_text(encoding="utf-8"))) for file in files]


async def run_demo(options: Options, *, live: bool) -> Summary:
    """Run the demo in its own folder and clean up after it."""
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        return await _run(options, options.keep, live=live)
    with tempfile.TemporaryDirectory(prefix="onewindow-demo-") as folder:
        return await _run(options, Path(folder), live=live)


async def _run(options: Options, folder: Path, *, live: bool) -> Summary:
    from hub.cli.demo.show import Screen

    lab = Lab(
        folder=folder,
        broker=options.broker,
        database=options.database,
        pace=options.pace,
        faults=FAULTS,
        settings={"HUB_RETRY_FIRST_SECONDS": "1", "HUB_RETRY_CAP_SECONDS": "5", "HUB_LEASE_MARGIN_SECONDS": "2"},
    )
    summary = Summary(back_end="RabbitMQ + PostgreSQL" if options.database else "embedded (SQLite)")
    started = asyncio.get_running_loop().time()
    with Screen(enabled=live) as screen:
        screen.say("starting the simulated departments and the hub")
        async with scratch(lab):
            portal = await _play(lab, options, summary, screen.show)
    summary.seconds = asyncio.get_running_loop().time() - started
    _compare(lab, portal, summary)
    return summary


async def _play(lab: Lab, options: Options, summary: Summary, show: Callable[[Summary], None]) -> Portal:
    """Submit and follow; return the portal with everything it was told."""
    try:
        await lab.start_departments(DEPARTMENTS)
        await lab.start_hub()
        headers = {"Authorization": f"Bearer {await lab.create_key('portal')}"}
        limits = httpx.Limits(max_connections=_AT_ONCE)
        async with httpx.AsyncClient(base_url=lab.url, headers=headers, timeout=30, limits=limits) as client:
            portal = Portal(client)
            try:
                await portal.listen()
                await _submit_all(portal, options.cases, summary, show)
                await _follow(portal, summary, show)
                await _look_back(portal, summary)
            finally:
                await portal.close()
    finally:
        await lab.stop()
    return portal


async def _submit_all(portal: Portal, count: int, summary: Summary, show: Callable[[Summary], None]) -> None:
    examples = example_submissions()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def submit(number: int, submission: dict[str, Any]) -> None:
        async with gate:
            answer = await portal.submit(submission, key=f"demo-{number}")
        department = answer["route"][0]["department"]
        summary.cases.append(
            Followed(number=number, case_no=answer["case_no"], department=department, state=answer["state"])
        )
        show(summary)

    chosen = islice(cycle(examples), count)
    await asyncio.gather(*(submit(number, submission) for number, (_, submission) in enumerate(chosen, 1)))


async def _follow(portal: Portal, summary: Summary, show: Callable[[Summary], None]) -> None:
    """Listen until the portal was told an end for every case; ask again about those it heard nothing of."""
    ended = {"CONCLUDED", "ACCEPT_REFUSED", "RETURNED", "TERMINATED", "NOT_REQUIRED", "WITHDRAWN"}
    deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        for case in summary.cases:
            if told := portal.told.get(case.case_no):
                case.state = told[-1]
        show(summary)
        if all(case.state in ended for case in summary.cases):
            return
        await asyncio.sleep(0.2)


async def _look_back(portal: Portal, summary: Summary) -> None:
    """Read each case's story: how long it took to the department, how often it was tried."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def look(case: Followed) -> None:
        async with gate:
            case.state = (await portal.case(case.case_no))["state"]
            events = await portal.events(case.case_no)
        received = next(e for e in events if e["kind"] == "received")
        done = next((e for e in events if e["kind"] in ("delivery_done", "delivery_refused")), None)
        if done is not None:
            case.delivered_seconds = _seconds(received["recorded_at"], done["recorded_at"])
        case.retries = sum(e["kind"] == "delivery_again" for e in events)

    await asyncio.gather(*(look(case) for case in summary.cases))


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _compare(lab: Lab, portal: Portal, summary: Summary) -> None:
    """Hold the hub's story against each department's own book and against what the portal was told."""
    summary.webhooks, summary.webhooks_repeated = len(portal.event_ids), portal.repeated
    books = {key: {entry.our_no: entry for entry in read_book(lab.book(key))} for key in DEPARTMENTS}
    faults: Counter[str] = Counter()
    for case in summary.cases:
        entry = books[case.department].get(case.case_no)
        if entry is None:
            summary.wrong.append(f"{case.case_no}: {case.department} never got it")
            continue
        faults.update(entry.faults)
        case.filings, case.expected = entry.filings, entry.ending or ""
        summary.wrong.extend(_differences(case, portal.told.get(case.case_no, [])))
    for key, book in books.items():
        strangers = book.keys() - {case.case_no for case in summary.cases}
        summary.wrong.extend(f"{stranger}: in the book of {key}, but never submitted" for stranger in strangers)
    if portal.badly_signed:
        summary.wrong.append(f"{portal.badly_signed} webhooks were badly signed")
    summary.faults = dict(faults)


def _differences(case: Followed, told: Sequence[str]) -> list[str]:
    found = []
    if case.filings != (0 if case.expected == "ACCEPT_REFUSED" else 1):
        found.append(f"{case.case_no}: filed {case.filings} times in {case.department}")
    if case.state != case.expected:
        found.append(f"{case.case_no}: the hub says {case.state}, {case.department} says {case.expected}")
    if not told or told[-1] != case.state:
        found.append(f"{case.case_no}: the portal was last told {told[-1] if told else 'nothing'}, it is {case.state}")
    return found
