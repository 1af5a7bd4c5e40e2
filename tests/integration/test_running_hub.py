"""One embedded hub with its departments, good and bad submissions: what it counts, what it keeps to itself.

The story is told once; each test looks at one side of it.
"""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from cases.lifecycle import ENDED
from config.settings import REFERENCE_DISTRICT
from hub.cli.demo.portal import Portal
from hub.cli.demo.story import DEPARTMENTS, example_submissions
from hub.cli.lab import Lab
from tests.integration.department_calls import call, news, signed
from tests.services import missing

PATIENCE_SECONDS = 60.0
PDF = b"%PDF-1.7\n" + b"x" * 2000
#: Positions count the cases of one department: six examples go to civil affairs, the seventh is the one left unknown.
FAULTS = {"civil-affairs": ("refuse@2", "busy@3", "garbage@7"), "market-supervision": ("twice@1",)}
SETTINGS = {"HUB_RETRY_FIRST_SECONDS": "2", "HUB_RETRY_CAP_SECONDS": "2", "HUB_LEASE_MARGIN_SECONDS": "1"}

#: Every metric that stands still until something happens, and the series that must have moved.
MOVED = (
    'hub_cases_accepted_total{channel="counter",department="civil-affairs"}',
    'hub_submissions_refused_total{reason="invalid_input"}',
    'hub_submissions_refused_total{reason="not_routed"}',
    'hub_submissions_refused_total{reason="not_allowed"}',
    'hub_submissions_refused_total{reason="idempotency_key_reused"}',
    'hub_submissions_refused_total{reason="too_large"}',
    'hub_deliveries_total{connector="civil-affairs",outcome="accepted"}',
    'hub_deliveries_total{connector="civil-affairs",outcome="refused"}',
    'hub_deliveries_total{connector="civil-affairs",outcome="again"}',
    'hub_deliveries_total{connector="civil-affairs",outcome="unknown"}',
    'hub_deliveries_total{connector="civil-affairs",outcome="broken"}',
    'hub_deliveries_total{connector="public-security",outcome="accepted"}',
    'hub_delivery_duration_seconds_count{connector="market-supervision"}',
    'hub_accept_to_delivered_seconds_count{connector="public-security"}',
    'hub_queue_depth{connector="civil-affairs"}',
    'hub_oldest_waiting_seconds{connector="civil-affairs"}',
    'hub_unknown_outcomes{connector="civil-affairs"}',
    'hub_status_updates_total{connector="civil-affairs",outcome="admitted"}',
    'hub_status_updates_total{connector="market-supervision",outcome="repeated"}',
    'hub_status_updates_total{connector="market-supervision",outcome="unmatched"}',
    'hub_status_updates_total{connector="market-supervision",outcome="unreadable"}',
    'hub_status_updates_total{connector="public-security",outcome="admitted"}',
    'hub_callbacks_refused_total{connector="market-supervision"}',
    'hub_webhook_deliveries_total{outcome="accepted"}',
    'hub_silence_seconds{connector="market-supervision"}',
)


@dataclass
class Story:
    """What was seen from outside."""

    folder: Path
    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    exposition: str = ""
    submissions: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    strangers: dict[str, httpx.Response] = field(default_factory=dict)  # what another portal's key was answered
    standing: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return asyncio.run(_tell(tmp_path_factory.mktemp("running-hub")))


async def _tell(folder: Path) -> Story:
    lab = Lab(folder=folder, pace=0.1, faults=FAULTS, settings=SETTINGS)
    story = Story(folder)
    try:
        await lab.start_departments(DEPARTMENTS)
        await lab.start_hub()
        ours, theirs, readers = [await lab.create_key(scope) for scope in ("portal", "portal", "auditor")]
        story.secrets += [ours, theirs, readers]
        async with _client(lab, ours) as client, _client(lab, theirs) as stranger:
            story.first = _series((await client.get("/metrics")).text)
            portal = Portal(client)
            try:
                await portal.listen()
                story.standing = await _hand_in_what_is_right(portal, story)
                await _hand_in_what_is_wrong(client, readers)
                await _call_back(lab, client, story.standing)
                story.strangers = await _pry(stranger, client, story.standing)
                await _leave_something_standing(lab, portal, story)
            finally:
                await portal.close()
    finally:
        await lab.stop()
    story.secrets += _secrets(lab)
    return story


def _client(lab: Lab, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=lab.url, headers={"Authorization": f"Bearer {key}"}, timeout=20)


async def _hand_in_what_is_right(portal: Portal, story: Story) -> list[dict[str, Any]]:
    story.submissions += [submission for _, submission in example_submissions()]
    accepted = [await portal.submit(one, key=f"right-{n}") for n, one in enumerate(story.submissions)]
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        standing = [await portal.case(one["case_no"]) for one in accepted]
        if all(case["state"] in ENDED for case in standing) or asyncio.get_running_loop().time() > deadline:
            return standing
        await asyncio.sleep(0.3)


async def _hand_in_what_is_wrong(client: httpx.AsyncClient, reader: str) -> None:
    for file in sorted((REFERENCE_DISTRICT / "cases" / "wrong").glob("*.json")):
        answer = await client.post("/v1/cases", content=file.read_bytes(), headers={"content-type": "application/json"})
        assert answer.status_code == 422, f"{file.name}: {answer.status_code} {answer.text}"
    submission = example_submissions()[0][1]
    await client.post("/v1/cases", json=submission | {"remark": "x"}, headers={"Idempotency-Key": "right-0"})
    await client.post("/v1/cases", json={"junk": "x" * 5_000_000})
    await client.post("/v1/intake/counter-pinyin", json={})
    await client.post("/v1/cases", json=submission, headers={"Authorization": f"Bearer {reader}"})


async def _call_back(lab: Lab, client: httpx.AsyncClient, standing: list[dict[str, Any]]) -> None:
    case_no = next(case["case_no"] for case in standing if case["department"] == "market-supervision")
    known = signed(lab, {"data": [news(case_no, "02")]})
    assert [(await call(client, *known)).status_code for _ in range(2)] == [200, 200]
    assert (await call(client, *signed(lab, {"data": [news("4" * 43, "02")]}))).status_code == 200
    assert (await call(client, *signed(lab, {"data": [news(case_no, "77")]}))).status_code == 200
    assert (await call(client, known[0], known[1] + b" ")).status_code == 401


async def _pry(
    stranger: httpx.AsyncClient, owner: httpx.AsyncClient, standing: list[dict[str, Any]]
) -> dict[str, httpx.Response]:
    """Ask with another portal's key for everything that is not its business."""
    case_no, receipt_no = standing[0]["case_no"], standing[0]["receipt_no"]
    file = (await owner.post("/v1/files?name=x.pdf", content=PDF)).json()["file"]
    hook = (await owner.get("/v1/webhooks")).json()["webhooks"][0]["subscription_id"]
    answers = {
        path: await stranger.get(path)
        for path in (
            f"/v1/cases/{case_no}",
            f"/v1/cases/{receipt_no}",
            f"/v1/cases/{case_no}/events",
            f"/v1/files/{file}",
            "/v1/cases",
            "/v1/webhooks",
            "/v1/deliveries",
        )
    }
    answers["delete"] = await stranger.delete(f"/v1/webhooks/{hook}")
    answers["replayed key"] = await stranger.post(
        "/v1/cases", json={"item_code": "x"}, headers={"Idempotency-Key": "right-0"}
    )
    return answers


async def _leave_something_standing(lab: Lab, portal: Portal, story: Story) -> None:
    """An answer nobody can read, a department that is gone, a file that is gone: scraped while all of it stands."""
    submission = dict(example_submissions())["old-age"]
    unknown = await portal.submit(submission, key="standing-1")
    await _until(portal, unknown["case_no"], "delivery_again")
    await lab.departments["civil-affairs"].stop()

    file = (await portal.hub.post("/v1/files?name=x.pdf", content=PDF)).json()["file"]
    materials = [submission["materials"][0] | {"form": "electronic", "file": file}, *submission["materials"][1:]]
    parked = await portal.submit(submission | {"materials": materials}, key="standing-2")
    await _until(portal, parked["case_no"], "delivery_again")
    digest = file.removeprefix("sha256:")
    (lab.folder / "hub" / "files" / digest[:2] / digest).unlink()
    await _until(portal, parked["case_no"], "delivery_parked")

    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not story.last.get('hub_unknown_outcomes{connector="civil-affairs"}') or not _dead(story.last):
        assert asyncio.get_running_loop().time() < deadline, "the gauges never showed what stands"
        await asyncio.sleep(0.5)
        story.exposition = (await portal.hub.get("/metrics")).text
        story.last = _series(story.exposition)


async def _until(portal: Portal, case_no: str, kind: str) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not any(event["kind"] == kind for event in await portal.events(case_no)):
        assert asyncio.get_running_loop().time() < deadline, f"{case_no}: {await portal.events(case_no)}"
        await asyncio.sleep(0.1)


def _dead(series: dict[str, float]) -> float:
    return sum(value for name, value in series.items() if name.startswith('hub_dead{cause="'))


def _series(exposition: str) -> dict[str, float]:
    lines = (line.rsplit(" ", 1) for line in exposition.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def _secrets(lab: Lab) -> list[str]:
    shared = json.loads((lab.folder / "shared-secrets.json").read_text()).values()
    own = [file.read_text().strip() for file in (lab.folder / "hub" / "secrets").iterdir()]
    return [*shared, *own]


def _personal(value: Any, under: str = "") -> Iterator[str]:
    """What a submission says about people: names, numbers and addresses, not codes."""
    if isinstance(value, dict):
        for name, part in value.items():
            if under or name in {"applicant", "agent", "subject", "form", "delivery"}:
                yield from _personal(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from _personal(part, under)
    elif isinstance(value, str) and (not value.isascii() or re.search(r"\d{6}", value)) and under != "region":
        yield value


# ---- what it counts ---------------------------------------------------------------------------


def test_every_case_came_to_its_end(story: Story) -> None:
    assert [case["state"] for case in story.standing if case["state"] not in ENDED] == []


@pytest.mark.parametrize("name", MOVED)
def test_each_metric_is_fed(story: Story, name: str) -> None:
    assert name in story.last
    assert story.last[name] > story.first.get(name, 0)


def test_what_stands_still_is_counted_by_its_cause(story: Story) -> None:
    assert _dead(story.first) == 0
    assert _dead(story.last) == 1


def test_what_runs_is_named(story: Story) -> None:
    assert re.search(r'^hub_build_info\{python="3\.\d+\.\d+",version="[^"]+"\} 1\.0$', story.exposition, re.MULTILINE)


def test_prometheus_has_nothing_to_say_against_the_scrape(story: Story) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        missing("promtool", "install Prometheus (Debian: prometheus) to have the scrape checked")
        return
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=story.exposition, capture_output=True, text=True, timeout=30, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


# ---- what it keeps to itself ------------------------------------------------------------------


def test_nothing_about_people_is_in_a_log_or_a_metric(story: Story) -> None:
    told = {value for submission in story.submissions for value in _personal(submission)}
    assert len(told) > 40
    for name, text in _written(story).items():
        assert [value for value in sorted(told) if value in text] == [], name


def test_no_secret_is_in_a_log_or_a_metric(story: Story) -> None:
    assert len(story.secrets) >= 6
    for name, text in _written(story).items():
        assert [secret[:4] for secret in story.secrets if secret in text] == [], name


def _written(story: Story) -> dict[str, str]:
    logs = {file.name: file.read_text(encoding="utf-8") for file in story.folder.glob("*.log")}
    assert logs["hub-all.log"].count("\n") > 100
    return {**logs, "/metrics": story.exposition}


def test_another_portal_sees_nothing_of_it(story: Story) -> None:
    statuses = {path: answer.status_code for path, answer in story.strangers.items()}
    assert statuses.pop("/v1/cases") == statuses.pop("/v1/webhooks") == 200
    assert statuses.pop("/v1/deliveries") == 403
    assert statuses.pop("replayed key") == 422
    assert set(statuses.values()) == {404}
    assert story.strangers["/v1/cases"].json()["cases"] == []
    assert story.strangers["/v1/webhooks"].json()["webhooks"] == []
    assert "case_no" not in story.strangers["replayed key"].json()
    told = {value for submission in story.submissions for value in _personal(submission)}
    everything = "".join(answer.text for answer in story.strangers.values())
    assert [value for value in told if value in everything] == []
