"""Polling asks about every waiting case, a page at a time; result folders are looked into once per visit."""

from cases.outcome import Accepted
from cases.states import State
from hub.flow.fetch import Fetch
from tests.hub.flow.kit import CASE_NO, REF, START, Kit, incoming


async def fetch(kit: Kit) -> int:
    fetcher = Fetch(store=kit.store, departments=kit.departments, report=kit.report)
    return await fetcher.visit("civil-affairs", kit.department)


async def test_a_case_that_was_not_delivered_is_not_asked_about(kit: Kit) -> None:
    assert await fetch(kit) == 0
    assert kit.department.pages == []


async def test_a_delivered_case_is_asked_about_until_it_ends(kit: Kit) -> None:
    kit.department.outcomes = [Accepted(number="MZ-7")]
    await kit.deliver.handle(REF)
    kit.department.waiting = [incoming(State.ACCEPTED, digest="1", at=START)]
    assert await fetch(kit) == 1
    [[pending]] = kit.department.pages
    assert (pending.case_no, pending.foreign_no) == (CASE_NO, "MZ-7")
    kit.department.waiting = [incoming(State.CONCLUDED, digest="2", at=START, conclusion="0")]
    await fetch(kit)
    kit.department.pages.clear()
    assert await fetch(kit) == 0
    assert kit.department.pages == []


async def test_a_result_folder_is_looked_into_whether_or_not_a_case_waits(kit: Kit) -> None:
    kit.department.by = "file"
    kit.department.waiting = [incoming(State.ACCEPTED, digest="1", at=START)]
    assert await fetch(kit) == 1
    assert (await kit.case()).standing.state is State.ACCEPTED
