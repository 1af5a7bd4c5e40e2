"""The same connector against SOAP stacks that this project did not write."""

import hashlib
import random
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cases.outcome import Accepted, NotThere, Refused
from connectors.contract import Connector, Incoming, Parcel, Pending
from tests.foreign.stacks import Stack

#: One worker: each starts its own servers.
pytestmark = [pytest.mark.services, pytest.mark.xdist_group("foreign")]

#: Chinese, markup, quotes, line ends, a character outside the basic plane, one that is written by an entity.
HARD = "荷塘区 张三丰 & <b>\"引号\"</b> 'x' ]]> 𠮷 😀 é\n第二行\t完"
ATTACHMENT = random.Random(1).randbytes(300 * 1024)


@pytest.fixture(params=[("php", "1.1"), ("php", "1.2"), ("npm", "1.1"), ("npm", "1.2"), ("spyne", "1.1")], ids="-".join)
def meeting(request: pytest.FixtureRequest) -> tuple[Stack, str]:
    name, version = request.param
    return request.getfixturevalue(name), version


@pytest.fixture
def stack(meeting: tuple[Stack, str]) -> Stack:
    return meeting[0]


@pytest.fixture
async def connector(meeting: tuple[Stack, str], tmp_path: Path) -> AsyncIterator[Connector]:
    opened = meeting[0].open(tmp_path, meeting[1])
    yield opened
    await opened.close()


def parcel(stack: Stack, **changes: Any) -> Parcel:
    case_no = f"C{secrets.token_hex(8)}"
    attachments: Any = [{"name": "申请表.pdf", "content": ATTACHMENT}, {"name": "空.txt", "content": b"\x00\xff"}]
    document = {
        "caseNo": case_no,
        "applicant": "张三",
        "receivedOn": "2026-03-02",
        "urgent": True,
        "amount": Decimal("1234.50"),
        "attachments": {"Attachment": attachments} if stack.nested_attachments else attachments,
        **changes,
    }
    return Parcel(case_no=case_no, delivery_id=secrets.token_hex(16), document=document)


async def test_text_and_attachments_arrive_as_they_were(stack: Stack, connector: Connector) -> None:
    outcome = await connector.send(parcel(stack, applicant=HARD, note="备注"))
    assert isinstance(outcome, Accepted), outcome
    result = outcome.reply["submitCaseResult"]
    name, note, day, urgent, amount = result["echo"].rsplit("|", 4)
    assert name == HARD
    assert (note, day, urgent, Decimal(amount)) == ("备注", "2026-03-02", "true", Decimal("1234.50"))
    digests = result["digest"] if isinstance(result["digest"], list) else [result["digest"]]
    assert digests == [hashlib.sha256(ATTACHMENT).hexdigest(), hashlib.sha256(b"\x00\xff").hexdigest()]
    assert outcome.number


async def test_a_case_is_found_by_our_number_once_it_is_there(stack: Stack, connector: Connector) -> None:
    ours = parcel(stack)
    assert await connector.lookup(ours) == NotThere()
    sent = await connector.send(ours)
    found = await connector.lookup(ours)
    assert isinstance(sent, Accepted)
    assert isinstance(found, Accepted)
    assert found.number == sent.number


async def test_a_business_fault_is_judged_by_the_code_in_its_detail(stack: Stack, connector: Connector) -> None:
    outcome = await connector.send(parcel(stack, applicant="REFUSE ME"))
    assert outcome == Refused(code="2001", reason="不在本辖区 <&>")


async def test_statuses_come_back(stack: Stack, connector: Connector) -> None:
    ours = parcel(stack)
    assert [one async for one in connector.fetch([_waiting(ours)])] == []
    await connector.send(ours)
    statuses = [one async for one in connector.fetch([_waiting(ours)])]
    assert all(isinstance(one, Incoming) and one.case_no == ours.case_no for one in statuses)
    assert [one.raw["status"] for one in statuses if isinstance(one, Incoming)] == ["RECEIVED", "已受理"]
    assert len({one.digest for one in statuses}) == 2


async def test_the_same_case_twice_gets_what_this_department_makes_of_it(stack: Stack, connector: Connector) -> None:
    ours = parcel(stack)
    first, second = await connector.send(ours), await connector.send(ours)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (second.number == first.number) == (stack.twice in ("same", "named"))


async def test_the_system_is_reachable(connector: Connector) -> None:
    findings = await connector.check()
    # A server that has nothing for a GET at its SOAP address is reachable all the same.
    assert all("HTTP 404" in finding.what for finding in findings)


def _waiting(ours: Parcel) -> Pending:
    return Pending(case_no=ours.case_no, foreign_no=None, since=datetime.now(UTC))
