"""Take, claim, map, send, record, and only then acknowledge; an unknown outcome never files twice."""

import json
from datetime import timedelta

import pytest

from cases.delivery import DeliveryState, Purpose
from cases.errors import MappingError
from cases.outcome import Accepted, Again, Answered, Broken, NotThere, Outcome, Refused, Unknown
from cases.states import Mark, State
from hub.ports import Subscription
from retry.verdict import CAUSES, Ability
from tests.hub.flow.kit import CASE_NO, REF, START, Kit

KEY = Ability(idempotency_key=True, lookup=False)
LOOKUP = Ability(idempotency_key=False, lookup=True)
CUT_OFF = Unknown(code="timeout", reason="no answer in 10 s")


def subscribe(kit: Kit, caller: str | None = "portal-1") -> None:
    kit.subscriptions.append(
        Subscription(subscription_id="s1", url="http://p.example", secret="whsec_x", caller=caller, created_at=START)
    )


async def test_what_the_department_took_is_done_and_its_number_is_known(kit: Kit) -> None:
    kit.department.outcomes = [Accepted(number="MZ-7")]
    await kit.deliver.handle(REF)
    assert (await kit.one_delivery()).state is DeliveryState.DONE
    assert await kit.store.foreign_numbers(CASE_NO) == {"civil-affairs": "MZ-7"}
    assert await kit.kinds() == ["received", "delivery_done"]
    assert kit.department.sent[0].delivery_id == REF.delivery_id


async def test_a_message_that_comes_again_sends_nothing_again(kit: Kit) -> None:
    kit.department.outcomes = [Accepted(number="MZ-7")]
    await kit.deliver.handle(REF)
    await kit.deliver.handle(REF)
    assert len(kit.department.sent) == 1


async def test_a_status_in_the_answer_moves_the_case_in_the_same_step(kit: Kit) -> None:
    subscribe(kit)
    raw = {"state": "ACCEPTED", "update": {"state": State.ACCEPTED, "at": START}}
    kit.department.outcomes = [Answered(number="MZ-7", status=raw)]
    await kit.deliver.handle(REF)
    assert (await kit.case()).standing.state is State.ACCEPTED
    assert (await kit.one_delivery(Purpose.NOTIFY)).state is DeliveryState.WAITING


async def test_an_unreadable_status_in_the_answer_does_not_undo_the_delivery(kit: Kit) -> None:
    kit.department.outcomes = [Answered(number="MZ-7", status={"state": "??"})]
    await kit.deliver.handle(REF)
    assert (await kit.one_delivery()).state is DeliveryState.DONE
    assert (await kit.case()).standing.state is State.RECEIVED


async def test_a_business_no_ends_the_case_with_the_departments_reason(kit: Kit) -> None:
    kit.department.outcomes = [Refused(code="2003", reason="申请人不在本辖区")]
    await kit.deliver.handle(REF)
    assert (await kit.one_delivery()).state is DeliveryState.REFUSED
    assert (await kit.case()).standing.state is State.ACCEPT_REFUSED
    event = (await kit.store.events(CASE_NO))[-1]
    assert event.data["reason"] == "申请人不在本辖区"
    assert event.data["marks"]["occurred_at"] == Mark.DERIVED


async def test_a_busy_department_is_tried_again_after_the_pause_it_asked_for(kit: Kit) -> None:
    kit.department.outcomes = [Again(code="busy", reason="busy", after_seconds=30), Accepted(number="MZ-7")]
    await kit.deliver.handle(REF)
    delivery = await kit.one_delivery()
    assert delivery.state is DeliveryState.WAITING
    assert delivery.due_at >= START + timedelta(seconds=30)
    await kit.deliver.handle(REF)  # too early: not its time
    assert len(kit.department.sent) == 1
    kit.clock.pass_seconds(31)
    await kit.deliver.handle(REF)
    assert (await kit.one_delivery()).state is DeliveryState.DONE
    assert (await kit.one_delivery()).attempt == 2


async def test_an_unknown_outcome_is_sent_again_under_the_same_key(kit: Kit) -> None:
    kit.department.ability = KEY
    kit.department.outcomes = [CUT_OFF, Accepted(number="MZ-7")]
    await kit.deliver.handle(REF)
    kit.clock.pass_seconds(10)
    await kit.deliver.handle(REF)
    assert [parcel.delivery_id for parcel in kit.department.sent] == [REF.delivery_id] * 2


async def test_an_unknown_outcome_is_asked_about_and_not_sent_again_when_it_had_arrived(kit: Kit) -> None:
    kit.department.ability = LOOKUP
    kit.department.outcomes, kit.department.lookups = [CUT_OFF], [Accepted(number="MZ-7")]
    await kit.deliver.handle(REF)
    kit.clock.pass_seconds(10)
    await kit.deliver.handle(REF)
    assert len(kit.department.sent) == len(kit.department.asked) == 1
    assert await kit.store.foreign_numbers(CASE_NO) == {"civil-affairs": "MZ-7"}


async def test_an_unknown_outcome_is_sent_again_when_the_department_does_not_have_it(kit: Kit) -> None:
    kit.department.ability = LOOKUP
    kit.department.outcomes, kit.department.lookups = [CUT_OFF, Accepted(number="MZ-7")], [NotThere()]
    await kit.deliver.handle(REF)
    kit.clock.pass_seconds(10)
    await kit.deliver.handle(REF)
    assert len(kit.department.sent) == 2


async def test_as_long_as_the_question_gets_no_answer_nothing_is_sent(kit: Kit) -> None:
    kit.department.ability = LOOKUP
    kit.department.outcomes, kit.department.lookups = [CUT_OFF], [CUT_OFF, CUT_OFF, Accepted(number="MZ-7")]
    for _ in range(4):
        await kit.deliver.handle(REF)
        kit.clock.pass_seconds(70)
    assert len(kit.department.sent) == 1
    assert (await kit.one_delivery()).state is DeliveryState.DONE


async def test_an_unknown_outcome_that_nobody_can_settle_is_parked_with_its_reason(kit: Kit) -> None:
    kit.department.outcomes = [CUT_OFF]
    await kit.deliver.handle(REF)
    delivery = await kit.one_delivery()
    assert delivery.state is DeliveryState.PARKED
    assert delivery.cause == "unknown_outcome"
    assert "no answer" in delivery.reason


@pytest.mark.parametrize(
    ("ability", "lookups", "sent", "state"),
    [
        (KEY, [], 1, DeliveryState.DONE),
        (LOOKUP, [Accepted(number="MZ-7")], 0, DeliveryState.DONE),
        (LOOKUP, [NotThere()], 1, DeliveryState.DONE),
        (Ability(idempotency_key=False, lookup=False), [], 0, DeliveryState.PARKED),
    ],
)
async def test_a_worker_that_died_between_claim_and_record_leaves_the_same_doubt(
    kit: Kit, ability: Ability, lookups: list[Outcome], sent: int, state: DeliveryState
) -> None:
    kit.department.ability, kit.department.lookups = ability, lookups
    kit.department.outcomes = [Accepted(number="MZ-7")]
    lease = START + timedelta(seconds=20)
    assert await kit.store.claim(REF.delivery_id, worker="dead", now=START, lease_until=lease)
    await kit.deliver.handle(REF)  # the dead worker's lease still runs
    assert not kit.department.sent
    assert not kit.department.asked
    kit.clock.pass_seconds(21)
    assert await kit.store.due(kit.clock.now(), 10) == [REF]
    await kit.deliver.handle(REF)
    assert len(kit.department.sent) == sent
    assert (await kit.one_delivery()).state is state


async def test_what_does_not_fit_the_mapping_is_parked_with_its_place_and_never_sent(kit: Kit) -> None:
    kit.department.mapping_error = MappingError(
        file="request.yaml", line=3, target="ZJLX", source="applicant.id_type", what="no entry for '990'"
    )
    await kit.deliver.handle(REF)
    delivery = await kit.one_delivery()
    assert (delivery.state, delivery.cause) == (DeliveryState.PARKED, "contract")
    assert "request.yaml:3" in delivery.reason
    assert not kit.department.sent


async def test_a_connector_that_is_not_in_force_parks_with_that_cause(kit: Kit) -> None:
    kit.departments.clear()
    await kit.deliver.handle(REF)
    assert (await kit.one_delivery()).cause == "no_connector"


@pytest.mark.parametrize("outcome", [CUT_OFF, Broken(code="charset", reason="𬭚 is not in GBK")])
async def test_whatever_is_parked_has_a_cause_from_the_closed_set(kit: Kit, outcome: Outcome) -> None:
    kit.department.outcomes = [outcome]
    await kit.deliver.handle(REF)
    delivery = await kit.one_delivery()
    assert delivery.cause in CAUSES
    assert delivery.reason


async def test_a_subscriber_is_told_by_a_delivery_of_its_own(kit: Kit) -> None:
    subscribe(kit)
    kit.department.outcomes = [Refused(code="2003", reason="no")]
    await kit.deliver.handle(REF)
    notice = await kit.one_delivery(Purpose.NOTIFY)
    kit.notify_outcomes.append(Accepted(number=None))
    await kit.deliver.handle(type(REF)(delivery_id=notice.delivery_id, destination="webhook"))
    [(lane, delivery_id, body)] = kit.notified
    event = json.loads(body)
    assert (lane, delivery_id) == ("webhook:s1", notice.delivery_id)
    assert event["id"] == notice.delivery_id
    assert event["data"]["state"] == "ACCEPT_REFUSED"
    assert event["subject"] == CASE_NO


async def test_another_portals_subscription_hears_nothing_of_the_case(kit: Kit) -> None:
    subscribe(kit, caller="portal-2")
    kit.department.outcomes = [Refused(code="2003", reason="no")]
    await kit.deliver.handle(REF)
    rows = await kit.store.deliveries(case_no=CASE_NO)
    assert [row.purpose for row in rows] == [Purpose.FILE]


async def test_a_bug_in_a_connector_is_recorded_as_doubt_and_never_hides(kit: Kit) -> None:
    async def stumble(parcel: object) -> Outcome:
        raise RuntimeError("a bug")

    kit.department.send = stumble
    await kit.deliver.handle(REF)
    delivery = await kit.one_delivery()
    assert (delivery.state, delivery.cause) == (DeliveryState.PARKED, "unknown_outcome")
    assert "log" in delivery.reason
