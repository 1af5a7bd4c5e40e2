"""Statuses back: admitted in order, late and repeated ones filed, early ones held, unknown numbers kept."""

from datetime import timedelta

import pytest

from cases.delivery import DeliveryRef
from cases.errors import NotFound, Unavailable
from cases.outcome import Accepted
from cases.states import State
from connectors.contract import Call, CallRefused, CallReply, Received, Unreadable
from hub.ports import Subscription
from tests.hub.flow.kit import CASE_NO, REF, START, Kit, incoming, new_case

KEY = "civil-affairs"
CALL = Call(method="POST", path="/", headers={}, body=b"{}", received_at=START)


def hours(number: int):
    return START + timedelta(hours=number)


async def filings(kit: Kit) -> list[tuple[str, str]]:
    events = await kit.store.events(CASE_NO)
    return [(event.data["state"], event.filing) for event in events if event.kind == "status"]


async def test_statuses_move_the_case_step_by_step(kit: Kit) -> None:
    await kit.report.file(KEY, incoming(State.ACCEPTED, digest="1", at=hours(1)))
    await kit.report.file(KEY, incoming(State.IN_REVIEW, digest="2", at=hours(2)))
    await kit.report.file(KEY, incoming(State.CONCLUDED, digest="3", at=hours(3), conclusion="0"))
    assert (await kit.case()).standing.state is State.CONCLUDED
    assert await filings(kit) == [("ACCEPTED", "admitted"), ("IN_REVIEW", "admitted"), ("CONCLUDED", "admitted")]


async def test_a_poll_that_says_the_same_again_leaves_no_trace(kit: Kit) -> None:
    for digest in ("1", "1", "2"):
        await kit.report.file(KEY, incoming(State.ACCEPTED, digest=digest, at=hours(1)))
    assert await filings(kit) == [("ACCEPTED", "admitted")]


async def test_a_status_that_comes_late_is_kept_but_moves_nothing(kit: Kit) -> None:
    await kit.report.file(KEY, incoming(State.ACCEPTED, digest="1", at=hours(1)))
    await kit.report.file(KEY, incoming(State.IN_REVIEW, digest="2", at=hours(2)))
    await kit.report.file(KEY, incoming(State.RECEIVED, digest="3", at=hours(0)))
    assert (await kit.case()).standing.state is State.IN_REVIEW
    assert await filings(kit) == [("ACCEPTED", "admitted"), ("IN_REVIEW", "admitted"), ("RECEIVED", "late")]


async def test_a_result_before_its_acceptance_waits_for_it(kit: Kit) -> None:
    await kit.report.file(KEY, incoming(State.CONCLUDED, digest="2", at=hours(3), conclusion="0"))
    assert (await kit.case()).standing.state is State.RECEIVED
    await kit.report.file(KEY, incoming(State.ACCEPTED, digest="1", at=hours(1)))
    assert (await kit.case()).standing.state is State.CONCLUDED
    assert [state for state, filing in await filings(kit) if filing == "admitted"] == ["ACCEPTED", "CONCLUDED"]


async def test_a_denial_without_a_reason_is_a_conflict_not_a_conclusion(kit: Kit) -> None:
    await kit.report.file(KEY, incoming(State.ACCEPTED, digest="1", at=hours(1)))
    await kit.report.file(KEY, incoming(State.CONCLUDED, digest="2", at=hours(2), conclusion="1"))
    assert (await kit.case()).standing.state is State.ACCEPTED
    assert (await filings(kit))[-1] == ("CONCLUDED", "conflict")


async def test_what_cannot_be_read_is_kept_with_its_reason_and_settled(kit: Kit) -> None:
    settled = []

    async def settle() -> None:
        settled.append(True)

    await kit.report.file(KEY, Unreadable(digest="d", way="file", reason="cut off", body="半".encode(), settle=settle))
    assert settled
    assert (await kit.case()).standing.state is State.RECEIVED


async def test_a_status_is_settled_with_the_department_only_after_it_is_recorded(kit: Kit) -> None:
    seen: list[State] = []

    async def settle() -> None:
        seen.append((await kit.case()).standing.state)

    await kit.report.file(KEY, incoming(State.ACCEPTED, digest="1", at=hours(1), settle=settle))
    assert seen == [State.ACCEPTED]


async def test_a_number_nobody_has_yet_is_kept_and_filed_when_it_appears(kit: Kit) -> None:
    early = incoming(State.ACCEPTED, digest="1", case_no=None, at=hours(1))
    await kit.report.file(KEY, type(early)(raw={**early.raw, "foreign_no": "MZ-7"}, way="callback", digest="1"))
    assert (await kit.case()).standing.state is State.RECEIVED
    kit.department.outcomes = [Accepted(number="MZ-7")]
    await kit.deliver.handle(REF)
    assert (await kit.case()).standing.state is State.ACCEPTED


async def test_webhooks_of_one_case_go_in_the_order_of_its_steps(kit: Kit) -> None:
    kit.subscriptions.append(
        Subscription(subscription_id="s1", url="http://p.example", secret="whsec_x", caller=None, created_at=START)
    )
    for number, state in enumerate((State.ACCEPTED, State.IN_REVIEW), 1):
        await kit.report.file(KEY, incoming(state, digest=str(number), at=hours(number)))
    rows = [row for row in await kit.store.deliveries(case_no=CASE_NO) if row.destination == "webhook"]
    first, second = sorted(rows, key=lambda row: row.created_at)
    lease = START + timedelta(minutes=1)
    assert await kit.store.claim(second.delivery_id, worker="w", now=START, lease_until=lease) is None
    kit.notify_outcomes.append(Accepted(number=None))
    await kit.deliver.handle(DeliveryRef(delivery_id=first.delivery_id, destination="webhook"))
    assert await kit.store.claim(second.delivery_id, worker="w", now=START, lease_until=lease)


async def test_a_call_is_thanked_only_after_everything_in_it_is_recorded(kit: Kit) -> None:
    status = incoming(State.ACCEPTED, digest="1", at=hours(1))
    kit.department.received = Received(statuses=[status], reply=CallReply(status=200, body=b"thanks"))
    assert (await kit.report.callback(KEY, CALL)).body == b"thanks"
    assert (await kit.case()).standing.state is State.ACCEPTED


async def test_a_call_that_cannot_be_recorded_is_told_to_come_again(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unavailable(write: object) -> None:
        raise Unavailable("the database cannot be reached")

    monkeypatch.setattr(kit.store, "report", unavailable)
    status = incoming(State.ACCEPTED, digest="1", at=hours(1))
    kit.department.received = Received(statuses=[status], reply=CallReply(status=200))
    assert (await kit.report.callback(KEY, CALL)).status == 503


async def test_a_call_that_cannot_prove_itself_changes_nothing(kit: Kit) -> None:
    kit.department.received = CallRefused(reply=CallReply(status=401), reason="signature")
    assert (await kit.report.callback(KEY, CALL)).status == 401
    assert (await kit.case()).standing.state is State.RECEIVED


async def test_a_call_for_a_connector_that_does_not_exist_is_not_found(kit: Kit) -> None:
    with pytest.raises(NotFound, match="nobody"):
        await kit.report.callback("nobody", CALL)


async def test_statuses_of_one_case_do_not_touch_another(kit: Kit) -> None:
    other = f"{CASE_NO[:-1]}2"
    case = new_case(case_no=other, receipt_no="430202260302000024", deliveries=())
    await kit.store.accept(case)
    await kit.report.file(KEY, incoming(State.ACCEPTED, digest="1", at=hours(1)))
    untouched = await kit.store.case(other)
    assert untouched is not None
    assert untouched.standing.state is State.RECEIVED
