"""Ways in which other departments' HTTP interfaces differ: forms, other proofs, polling."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from cases.outcome import Accepted, Answered, Broken
from cases.states import Conclusion, State
from connectors.contract import Incoming, Parcel, Pending, Unreadable
from connectors.department import Department
from tests.connectors.made_packs import made

PACK = """
kind: rest
endpoint:
  address: "${URL}"
  send:
    {path: "/submit/{case_no}", encoding: %(encoding)s, query: {lx: "{document.bh}"}, headers: {X-Way: hub}%(extra)s}
  queries:
    ask:
      path: "/state/{case_no}"
      query: {no: "{foreign_no}"}
      understood_when: "reply.code == 0"
      statuses: data
auth: %(auth)s
receipt: {accepted_when: "reply.code == 0", number: no, answered: status}
status: {by: poll, operation: ask}
"""
PARCEL = Parcel(case_no="N/1", delivery_id="d" * 32, document={"bh": "N/1", "xm": "荷 小满&=", "yes": True, "n": None})
WAITING = [Pending(case_no=f"N{i}", foreign_no=f"F{i}", since=datetime.now(UTC)) for i in range(20)]


class Bureau:
    """Notes what came, answers what it is told."""

    def __init__(self) -> None:
        self.seen: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.reply: object = {"code": 0, "no": "A1"}
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        self.bodies.append(await request.read())
        if isinstance(self.reply, str):
            return web.Response(text=self.reply, status=self.status)
        return web.json_response(self.reply, status=self.status)


@pytest.fixture
async def bureau() -> AsyncIterator[tuple[Bureau, str]]:
    bureau, application = Bureau(), web.Application()
    application.router.add_route("*", "/{tail:.*}", bureau.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield bureau, f"http://127.0.0.1:{runner.addresses[0][1]}/base"
    await runner.cleanup()


def opened(
    folder: Path, url: str, *, encoding: str = "form", auth: str = "{kind: none}", extra: str = ""
) -> Department:
    text = PACK % {"encoding": encoding, "auth": auth, "extra": extra}
    return made(folder, text, environment={"URL": url, "HUB_SECRET_A": "s3cr3t"})


async def test_a_form_is_encoded_and_addresses_are_escaped(tmp_path: Path, bureau: tuple[Bureau, str]) -> None:
    there, url = bureau
    department = opened(tmp_path, url)
    assert isinstance(await department.connector.send(PARCEL), Accepted)
    await department.connector.close()
    assert there.seen[0].raw_path == "/base/submit/N%2F1?lx=N%2F1"
    assert there.seen[0].headers["x-way"] == "hub"
    assert "idempotency-key" not in there.seen[0].headers  # this pack promises none
    assert dict(parse_qsl(there.bodies[0].decode())) == {"bh": "N/1", "xm": "荷 小满&=", "yes": "true"}


async def test_nested_fields_have_no_place_in_a_form(tmp_path: Path, bureau: tuple[Bureau, str]) -> None:
    there, url = bureau
    department = opened(tmp_path, url)
    nested = Parcel(case_no="N1", delivery_id="d", document={"xm": {"a": 1}})
    outcome = await department.connector.send(nested)
    assert isinstance(outcome, Broken)
    assert outcome.reason.startswith("xm:")
    assert there.seen == []


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ('{kind: bearer, token: "${secret:a}"}', "authorization", "Bearer s3cr3t"),
        (
            '{kind: basic, username: "${secret:a}", password: "${secret:a}"}',
            "authorization",
            "Basic czNjcjN0OnMzY3IzdA==",
        ),
        ('{kind: header, name: X-Api-Key, value: "${secret:a}"}', "x-api-key", "s3cr3t"),
    ],
)
async def test_the_hub_proves_who_it_is(
    tmp_path: Path, bureau: tuple[Bureau, str], auth: str, header: str, value: str
) -> None:
    there, url = bureau
    department = opened(tmp_path, url, encoding="json", auth=auth)
    await department.connector.send(PARCEL)
    await department.connector.close()
    assert there.seen[0].headers[header] == value


async def test_the_document_may_stand_below_a_key(tmp_path: Path, bureau: tuple[Bureau, str]) -> None:
    there, url = bureau
    department = opened(tmp_path, url, encoding="json", extra=", wrap: data")
    await department.connector.send(Parcel(case_no="N1", delivery_id="d", document={"bh": "N1"}))
    await department.connector.close()
    assert there.bodies == [b'{"data":{"bh":"N1"}}']


async def test_a_status_in_the_reply_is_handed_on(tmp_path: Path, bureau: tuple[Bureau, str]) -> None:
    there, url = bureau
    there.reply = {"code": 0, "no": 5, "status": {"bh": "N1", "zt": "2", "sj": "20260302100000"}}
    department = opened(tmp_path, url)
    outcome = await department.connector.send(PARCEL)
    await department.connector.close()
    assert isinstance(outcome, Answered)
    assert outcome.number == "5"
    read = department.read_status(Incoming(raw=outcome.status, way="answer", digest="0"))
    assert (read.update.state, read.update.conclusion) == (State.CONCLUDED, Conclusion.CERTIFICATE)


async def test_every_waiting_case_is_asked_for(tmp_path: Path, bureau: tuple[Bureau, str]) -> None:
    there, url = bureau
    there.reply = {"code": 0, "data": [{"zt": "1", "sj": "20260302100000"}]}
    department = opened(tmp_path, url)
    found = [status async for status in department.connector.fetch(WAITING)]
    await department.connector.close()
    assert {status.case_no for status in found if isinstance(status, Incoming)} == {case.case_no for case in WAITING}
    assert len({status.digest for status in found}) == 20  # equal answers about different cases are different news
    assert "/base/state/N0?no=F0" in {request.raw_path for request in there.seen}


@pytest.mark.parametrize(
    ("reply", "status", "expected"),
    [
        ({"code": 1}, 200, 0),
        ({"code": 0}, 200, 0),
        ("<html>", 502, 0),
        ("<html>", 200, 1),
        ({"code": 0, "data": 5}, 200, 1),
    ],
)
async def test_a_poll_without_news_brings_nothing_and_one_out_of_contract_is_kept(
    tmp_path: Path, bureau: tuple[Bureau, str], reply: object, status: int, expected: int
) -> None:
    there, url = bureau
    there.reply, there.status = reply, status
    department = opened(tmp_path, url)
    found = [each async for each in department.connector.fetch(WAITING[:1])]
    await department.connector.close()
    assert [type(each) for each in found] == [Unreadable] * expected


async def test_a_poll_that_is_left_early_leaves_no_call_behind(tmp_path: Path, bureau: tuple[Bureau, str]) -> None:
    there, url = bureau
    there.reply = {"code": 0, "data": [{"zt": "1", "sj": "20260302100000"}]}
    department = opened(tmp_path, url)
    statuses = department.connector.fetch(WAITING)
    await anext(statuses)
    await statuses.aclose()  # type: ignore[attr-defined]
    await department.connector.close()
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if "_ask" in str(task.get_coro())] == []
