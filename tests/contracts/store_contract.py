"""What every store promises, whatever database it stands on. Each implementation inherits `StoreContract`."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from cases.delivery import DeliveryRef, DeliveryState, Purpose
from cases.errors import ConfigError, KeyReused, NotFound
from cases.lifecycle import Verdict
from cases.states import Conclusion, Mark, State
from hub.ports import Accepted, ApiKey, FileRow, Store, Subscription
from tests.contracts.made import (
    DEPARTMENT,
    DOCUMENT,
    LEASE,
    NOW,
    concluded,
    due_ids,
    filed_case,
    key,
    new_case,
    new_delivery,
    notification,
    one_webhook,
    ref,
    refused_a_claim,
    seconds,
    settlement,
    status_write,
    take,
    update,
)

#: Opens one more store on the same database; the suite closes it.
OpenStore = Callable[[], Awaitable[Store]]


class Base:
    """Inherit and provide `open_store`."""

    @pytest.fixture
    async def open_store(self) -> OpenStore:
        raise NotImplementedError("the inheriting suite says how its store is opened, and closes what it opened")

    @pytest.fixture
    async def store(self, open_store: OpenStore) -> Store:
        return await open_store()


class DoorContract(Base):
    """Accepting: everything of a case or nothing, once per idempotency key."""

    async def test_an_accepted_case_can_be_read_back_whole(self, store: Store) -> None:
        case = new_case()
        accepted = await store.accept(case)
        assert accepted.fresh
        assert accepted.answer == case.answer
        row = await store.case(case.case_no)
        assert row is not None
        for name in ("receipt_no", "item_code", "item_version", "department", "region", "channel", "received_at",
                     "promised_by", "legal_by", "submitted_by", "source_no", "document"):  # fmt: skip
            assert getattr(row, name) == getattr(case, name), name
        assert (row.standing.state, row.standing.since, row.version) == (State.RECEIVED, NOW, 1)

    async def test_a_case_is_found_by_its_receipt_number_and_no_other_is(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        found = await store.case(case.receipt_no)
        assert found is not None
        assert found.case_no == case.case_no
        assert await store.case("R-nobody") is None

    async def test_the_story_begins_with_received(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        (first,) = await store.events(case.case_no)
        assert (first.seq, first.kind, first.at, first.filing) == (1, "received", NOW, "")
        assert "测试一" not in str(first.data)

    async def test_the_same_key_and_body_get_the_stored_answer_and_no_second_case(self, store: Store) -> None:
        first = new_case(idempotency=key("k"))
        again = new_case(idempotency=key("k"))
        await store.accept(first)
        answered = await store.accept(again)
        assert (answered.fresh, answered.answer) == (False, first.answer)
        assert await store.case(again.case_no) is None
        assert await due_ids(store, NOW) == [first.deliveries[0].delivery_id]

    async def test_the_same_key_with_another_body_is_refused_by_name(self, store: Store) -> None:
        await store.accept(new_case(idempotency=key("k", body="a")))
        other = new_case(idempotency=key("k", body="b"))
        with pytest.raises(KeyReused) as refusal:
            await store.accept(other)
        assert [problem.field for problem in refusal.value.problems] == ["Idempotency-Key"]
        assert "new key" in str(refusal.value)
        assert await store.case(other.case_no) is None

    async def test_a_key_can_be_looked_up_without_a_case(self, store: Store) -> None:
        assert await store.replay(key("k")) is None
        first = new_case(idempotency=key("k"))
        await store.accept(first)
        assert await store.replay(key("k")) == Accepted(fresh=False, answer=first.answer)
        assert await store.replay(key("k", caller="portal-2")) is None
        with pytest.raises(KeyReused):
            await store.replay(key("k", body="b"))

    async def test_the_same_key_of_another_caller_is_another_key(self, store: Store) -> None:
        await store.accept(new_case(idempotency=key("k")))
        assert (await store.accept(new_case(idempotency=key("k", caller="portal-2", body="b")))).fresh

    async def test_concurrent_identical_requests_make_one_case(self, open_store: OpenStore) -> None:
        stores = [await open_store(), await open_store()]
        cases = [new_case(idempotency=key("k")) for _ in range(40)]
        answers = await asyncio.gather(*(stores[n % 2].accept(case) for n, case in enumerate(cases)))
        assert [answer.fresh for answer in answers].count(True) == 1
        assert len({answer.answer for answer in answers}) == 1
        assert len(await stores[0].cases(caller=None, state=None, department=None, after=None, limit=99)) == 1

    async def test_a_bad_one_in_a_group_does_not_fail_the_others(self, store: Store) -> None:
        taken = new_case()
        await store.accept(taken)
        good = [new_case() for _ in range(20)]
        bad = new_case(case_no=taken.case_no)
        results = await asyncio.gather(
            *(store.accept(case) for case in [*good[:10], bad, *good[10:]]), return_exceptions=True
        )
        assert [isinstance(result, Exception) for result in results] == [False] * 10 + [True] + [False] * 10
        for case in good:
            assert await store.case(case.case_no) is not None

    async def test_two_hundred_at_once_are_all_there(self, store: Store) -> None:
        cases = [new_case(idempotency=key(f"k{n}")) for n in range(200)]
        answers = await asyncio.gather(*(store.accept(case) for case in cases))
        assert all(answer.fresh for answer in answers)
        assert set(await due_ids(store, NOW)) == {case.deliveries[0].delivery_id for case in cases}

    async def test_serials_are_handed_out_once(self, open_store: OpenStore) -> None:
        stores = [await open_store(), await open_store()]
        blocks = await asyncio.gather(*(stores[n % 2].take_serials("20260302", 10) for n in range(20)))
        assert sorted(number for block in blocks for number in block) == list(range(1, 201))
        assert await stores[0].take_serials("20260303", 1) == range(1, 2)


class RelayContract(Base):
    """What is due, and what the broker has."""

    async def test_what_was_accepted_is_due_in_order_of_its_time(self, store: Store) -> None:
        late, early = (new_case(received_at=NOW) for _ in range(2))
        late = replace(late, deliveries=(replace(late.deliveries[0], due_at=seconds(5)),))
        await store.accept(late)
        await store.accept(early)
        assert await due_ids(store, seconds(4)) == [early.deliveries[0].delivery_id]
        assert await due_ids(store, seconds(5)) == [early.deliveries[0].delivery_id, late.deliveries[0].delivery_id]
        assert len(await store.due(seconds(5), 1)) == 1

    async def test_what_was_queued_is_not_due_until_it_counts_as_lost(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        await store.mark_queued([ref(case.deliveries[0])], seconds(1))
        assert await due_ids(store, seconds(60)) == []
        assert await store.due(seconds(60 * 60), 9) == [ref(case.deliveries[0])]

    async def test_copies_of_a_long_waiting_message_come_ever_more_rarely(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        times, now = 0, NOW
        for _ in range(24 * 12):  # a day in steps of five minutes
            if await store.due(now, 9):
                times += 1
                await store.mark_queued([ref(case.deliveries[0])], now)
            now += timedelta(minutes=5)
        assert 2 < times < 10

    async def test_marking_leaves_what_a_worker_claimed_meanwhile(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        await take(store, case.deliveries[0].delivery_id)
        await store.mark_queued([ref(case.deliveries[0])], seconds(1))
        (row,) = await store.deliveries(case_no=case.case_no)
        assert row.state is DeliveryState.CLAIMED

    async def test_marking_leaves_what_was_settled_to_be_tried_later(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        await store.settle(settlement(claim, DeliveryState.WAITING, due_at=seconds(100)))
        await store.mark_queued([ref(case.deliveries[0])], seconds(5))
        (row,) = await store.deliveries(case_no=case.case_no)
        assert (row.state, row.due_at) == (DeliveryState.WAITING, seconds(100))

    async def test_marking_nothing_or_something_unknown_is_harmless(self, store: Store) -> None:
        await store.mark_queued([], NOW)
        await store.mark_queued([DeliveryRef(delivery_id="f" * 32, destination=DEPARTMENT)], NOW)

    async def test_deliveries_of_one_lane_go_one_after_another(self, store: Store) -> None:
        case_no = f"C-{secrets.token_hex(8)}"
        first, second, apart = (
            new_delivery(case_no),
            new_delivery(case_no),
            notification(case_no, lane="webhook:2"),
        )
        await store.accept(new_case(case_no=case_no, deliveries=(first, second, apart)))
        assert set(await due_ids(store, NOW)) == {first.delivery_id, apart.delivery_id}
        assert await refused_a_claim(store, second.delivery_id)
        claim = await take(store, first.delivery_id)
        assert await store.settle(settlement(claim, DeliveryState.DONE)) == (ref(second),)
        assert (await take(store, second.delivery_id, at=seconds(4))).attempt == 1

    @pytest.mark.parametrize("purpose", list(Purpose))
    async def test_a_parked_delivery_blocks_its_lane(self, store: Store, purpose: Purpose) -> None:
        case_no = f"C-{secrets.token_hex(8)}"
        first, second = (new_delivery(case_no, purpose=purpose) for _ in range(2))
        await store.accept(new_case(case_no=case_no, deliveries=(first, second)))
        claim = await take(store, first.delivery_id)
        assert await store.settle(settlement(claim, DeliveryState.PARKED, cause="mapping")) == ()
        assert await refused_a_claim(store, second.delivery_id, at=seconds(9999))
        assert await due_ids(store, seconds(9999)) == []


class ClaimContract(Base):
    """Taking a delivery: by one worker at a time, from every state that may be taken."""

    async def test_a_claim_carries_what_the_worker_needs(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        assert claim.document == DOCUMENT
        assert (claim.case_no, claim.purpose, claim.destination) == (case.case_no, Purpose.FILE, DEPARTMENT)
        assert (claim.attempt, claim.unsettled, claim.foreign_no, claim.created_at) == (1, False, None, NOW)

    async def test_a_delivery_with_its_own_payload_carries_that(self, store: Store) -> None:
        case_no = f"C-{secrets.token_hex(8)}"
        one = notification(case_no)
        await store.accept(new_case(case_no=case_no, deliveries=(one,)))
        assert (await take(store, one.delivery_id)).document == one.payload

    async def test_only_one_of_many_gets_it(self, open_store: OpenStore) -> None:
        stores = [await open_store(), await open_store()]
        case = new_case()
        await stores[0].accept(case)
        claims = await asyncio.gather(
            *(
                stores[n % 2].claim(case.deliveries[0].delivery_id, worker=f"w{n}", now=NOW, lease_until=NOW + LEASE)
                for n in range(20)
            )
        )
        assert len([claim for claim in claims if claim]) == 1

    async def test_a_queued_delivery_can_be_claimed(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        await store.mark_queued([ref(case.deliveries[0])], NOW)
        await take(store, case.deliveries[0].delivery_id, at=seconds(1))

    async def test_one_that_waits_for_its_time_cannot(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        await store.settle(settlement(claim, DeliveryState.WAITING, due_at=seconds(100)))
        assert await refused_a_claim(store, claim.delivery_id, at=seconds(99))
        assert (await take(store, claim.delivery_id, at=seconds(100))).attempt == 2

    async def test_a_living_lease_protects_and_an_ended_one_does_not(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        first = await take(store, case.deliveries[0].delivery_id)
        assert await refused_a_claim(store, first.delivery_id, at=NOW + LEASE - timedelta(seconds=1))
        assert await due_ids(store, NOW + LEASE) == [first.delivery_id]
        again = await take(store, first.delivery_id, at=NOW + LEASE, worker="worker-2")
        assert (again.attempt, again.unsettled) == (2, True)

    @pytest.mark.parametrize(("outcome", "unsettled"), [("again", False), ("unknown", True)])
    async def test_what_may_have_arrived_is_told_to_whoever_tries_next(
        self, store: Store, outcome: str, unsettled: bool
    ) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        await store.settle(settlement(claim, DeliveryState.WAITING, outcome=outcome, due_at=seconds(10)))
        assert (await take(store, claim.delivery_id, at=seconds(10))).unsettled is unsettled

    async def test_two_lost_attempts_of_which_one_reported_late_are_still_unsettled(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        first = await take(store, case.deliveries[0].delivery_id)
        await take(store, first.delivery_id, at=NOW + LEASE)
        await store.settle(settlement(first, DeliveryState.WAITING, due_at=seconds(70)))
        assert (await take(store, first.delivery_id, at=NOW + 2 * LEASE)).unsettled

    @pytest.mark.parametrize("state", [DeliveryState.DONE, DeliveryState.REFUSED, DeliveryState.PARKED])
    async def test_what_has_ended_or_is_parked_cannot_be_claimed(self, store: Store, state: DeliveryState) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        await store.settle(settlement(claim, state))
        assert await refused_a_claim(store, claim.delivery_id, at=seconds(9999))
        assert await due_ids(store, seconds(9999)) == []

    async def test_an_unknown_delivery_cannot_be_claimed(self, store: Store) -> None:
        assert await refused_a_claim(store, "0" * 32)


class SettleContract(Base):
    """Recording how an attempt ended."""

    async def test_an_accepted_case_awaits_statuses_under_its_foreign_number(self, store: Store) -> None:
        case = await filed_case(store, foreign_no="MZ-1")
        assert await store.foreign_numbers(case.case_no) == {DEPARTMENT: "MZ-1"}
        (waiting,) = await store.awaiting(DEPARTMENT, limit=10)
        assert (waiting.case_no, waiting.foreign_no, waiting.since) == (case.case_no, "MZ-1", seconds(3))
        assert await store.awaiting("market-supervision", limit=10) == []

    async def test_awaiting_cases_come_a_page_at_a_time(self, store: Store) -> None:
        numbers = sorted([(await filed_case(store)).case_no for _ in range(5)])
        first = await store.awaiting(DEPARTMENT, limit=3)
        rest = await store.awaiting(DEPARTMENT, limit=3, after=first[-1].case_no)
        assert [one.case_no for one in (*first, *rest)] == numbers

    @pytest.mark.parametrize(
        ("state", "kind"),
        [
            (DeliveryState.DONE, "delivery_done"),
            (DeliveryState.REFUSED, "delivery_refused"),
            (DeliveryState.PARKED, "delivery_parked"),
            (DeliveryState.WAITING, "delivery_again"),
        ],
    )
    async def test_each_ending_is_a_line_of_the_story(self, store: Store, state: DeliveryState, kind: str) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        await store.settle(settlement(claim, state, code="2003", reason="不在本辖区", due_at=seconds(9)))
        line = (await store.events(case.case_no))[-1]
        assert (line.seq, line.kind, line.at) == (2, kind, seconds(3))
        assert (line.data["code"], line.data["reason"], line.data["attempt"]) == ("2003", "不在本辖区", 1)
        (row,) = await store.deliveries(case_no=case.case_no)
        assert (row.state, row.reason, row.attempt) == (state, "不在本辖区", 1)

    async def test_settling_twice_changes_nothing(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        done = settlement(claim, DeliveryState.DONE, foreign_no="MZ-1")
        await store.settle(done)
        story = await store.events(case.case_no)
        assert await store.settle(done) == ()
        assert await store.settle(replace(done, state=DeliveryState.REFUSED, outcome="refused")) == ()
        assert await store.events(case.case_no) == story
        assert (await store.deliveries(case_no=case.case_no))[0].state is DeliveryState.DONE

    async def test_a_stale_attempt_is_recorded_but_does_not_overrule_a_newer_one(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        old = await take(store, case.deliveries[0].delivery_id)
        new = await take(store, old.delivery_id, at=NOW + LEASE)
        await store.settle(settlement(old, DeliveryState.PARKED, reason="too late"))
        (row,) = await store.deliveries(case_no=case.case_no)
        assert (row.state, row.attempt) == (DeliveryState.CLAIMED, 2)
        line = (await store.events(case.case_no))[-1]
        assert (line.kind, line.data["superseded"]) == ("delivery_parked", True)
        await store.settle(settlement(new, DeliveryState.DONE))
        assert (await store.deliveries(case_no=case.case_no))[0].state is DeliveryState.DONE

    async def test_an_older_attempt_that_did_arrive_spares_another_sending(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        old = await take(store, case.deliveries[0].delivery_id)
        new = await take(store, old.delivery_id, at=NOW + LEASE)
        await store.settle(settlement(new, DeliveryState.WAITING, due_at=seconds(200)))
        await store.settle(settlement(old, DeliveryState.DONE, foreign_no="MZ-1"))
        assert (await store.deliveries(case_no=case.case_no))[0].state is DeliveryState.DONE
        assert await due_ids(store, seconds(9999)) == []

    async def test_an_attempt_that_was_never_claimed_cannot_be_settled(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        with pytest.raises(NotFound):
            await store.settle(settlement(replace(claim, attempt=7), DeliveryState.DONE))
        assert len(await store.events(case.case_no)) == 1

    async def test_trying_again_needs_a_time(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        with pytest.raises(ValueError, match="due_at"):
            await store.settle(settlement(claim, DeliveryState.WAITING))

    async def test_a_status_that_came_with_the_answer_is_filed_with_it(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        told = status_write(concluded(seconds(2)), case_no=case.case_no, followers=one_webhook)
        accepted = status_write(update(State.ACCEPTED, seconds(2)), case_no=case.case_no, followers=one_webhook)
        await store.report(replace(told, digest="early"))
        ready = await store.settle(settlement(claim, DeliveryState.DONE, status=accepted))
        assert [one.destination for one in ready] == ["webhook"]
        row = await store.case(case.case_no)
        assert row is not None
        assert row.standing.state is State.CONCLUDED  # the held one followed
        assert await store.awaiting(DEPARTMENT, limit=9) == []

    async def test_a_follower_in_the_lane_of_what_was_just_settled_gets_its_turn(self, store: Store) -> None:
        case_no = f"C-{secrets.token_hex(8)}"
        first = notification(case_no)
        await store.accept(new_case(case_no=case_no, deliveries=(first,)))
        claim = await take(store, first.delivery_id)
        told = status_write(update(State.ACCEPTED, seconds(2)), case_no=case_no, followers=one_webhook)
        (following,) = await store.settle(settlement(claim, DeliveryState.DONE, status=told))
        assert following.delivery_id != first.delivery_id
        await take(store, following.delivery_id, at=seconds(4))

    async def test_a_follower_whose_lane_is_freed_in_the_same_moment_gets_its_turn(self, store: Store) -> None:
        case_no = f"C-{secrets.token_hex(8)}"
        filing, telling = new_delivery(case_no), notification(case_no)
        await store.accept(new_case(case_no=case_no, deliveries=(filing, telling)))
        claims = [await take(store, one.delivery_id) for one in (filing, telling)]
        told = status_write(update(State.ACCEPTED, seconds(2)), case_no=case_no, followers=one_webhook)
        ready = await asyncio.gather(
            store.settle(settlement(claims[0], DeliveryState.DONE, status=told)),
            store.settle(settlement(claims[1], DeliveryState.DONE)),
        )
        (following,) = (*ready[0], *ready[1])
        assert await due_ids(store, seconds(3)) == [following.delivery_id]
        await take(store, following.delivery_id, at=seconds(4))

    async def test_a_number_of_another_case_does_not_change_hands(self, store: Store) -> None:
        owner = await filed_case(store, foreign_no="MZ-1")
        other = await filed_case(store, foreign_no="MZ-1")
        assert await store.foreign_numbers(owner.case_no) == {DEPARTMENT: "MZ-1"}
        assert await store.foreign_numbers(other.case_no) == {}
        assert (await store.events(other.case_no))[-1].data["number_conflict"] == owner.case_no

    async def test_a_status_that_waited_for_its_number_is_filed_when_the_number_comes(self, store: Store) -> None:
        early = status_write(update(State.ACCEPTED, seconds(2)), foreign_no="MZ-9", followers=one_webhook)
        filed = await store.report(early)
        assert (filed.case_no, filed.filing.verdict, filed.ready) == (None, Verdict.UNMATCHED, ())
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        ready = await store.settle(settlement(claim, DeliveryState.DONE, foreign_no="MZ-9", followers=one_webhook))
        assert [one.destination for one in ready] == ["webhook"]
        row = await store.case(case.case_no)
        assert row is not None
        assert row.standing.state is State.ACCEPTED
        assert (await store.report(early)).filing.verdict is Verdict.REPEATED

    async def test_a_status_and_its_number_coming_at_once_always_meet(self, open_store: OpenStore) -> None:
        stores = [await open_store(), await open_store()]
        claims = []
        for _ in range(20):
            case = new_case()
            await stores[0].accept(case)
            claims.append(await take(stores[0], case.deliveries[0].delivery_id))
        await asyncio.gather(
            *(
                stores[0].settle(settlement(claim, DeliveryState.DONE, foreign_no=f"N{n}"))
                for n, claim in enumerate(claims)
            ),
            *(
                stores[1].report(status_write(update(State.ACCEPTED, seconds(2)), foreign_no=f"N{n}"))
                for n in range(20)
            ),
        )
        rows = [await stores[0].case(claim.case_no) for claim in claims]
        assert {row.standing.state for row in rows if row} == {State.ACCEPTED}


class ReportContract(Base):
    """Filing statuses by the lifecycle, once each, whatever their order."""

    async def test_an_admitted_status_moves_the_case_and_its_followers_are_due(self, store: Store) -> None:
        case = await filed_case(store, foreign_no="MZ-1")
        told = update(State.ACCEPTED, seconds(10), document_no="受字1号", handler="窗口甲")
        filed = await store.report(status_write(told, foreign_no="MZ-1", followers=one_webhook))
        assert (filed.case_no, filed.filing.verdict) == (case.case_no, Verdict.ADMITTED)
        assert [one.destination for one in filed.ready] == ["webhook"]
        assert (await take(store, filed.ready[0].delivery_id, at=seconds(12))).document == b'{"state":"ACCEPTED"}'
        row = await store.case(case.case_no)
        assert row is not None
        assert (row.standing.state, row.standing.since, row.version) == (State.ACCEPTED, seconds(10), 3)
        line = (await store.events(case.case_no))[-1]
        assert (line.seq, line.kind, line.filing, line.source) == (3, "status", "admitted", DEPARTMENT)
        assert (line.at, line.recorded_at) == (seconds(10), seconds(11))
        assert line.data["document_no"] == "受字1号"
        assert line.data["marks"]["state"] == "OBSERVED"

    async def test_the_same_digest_is_a_repetition_without_a_line(self, store: Store) -> None:
        case = await filed_case(store)
        told = status_write(update(State.ACCEPTED, seconds(10)), case_no=case.case_no, followers=one_webhook)
        await store.report(told)
        story = await store.events(case.case_no)
        again = await store.report(replace(told, update=concluded(seconds(99))))
        assert (again.filing.verdict, again.ready) == (Verdict.REPEATED, ())
        assert await store.events(case.case_no) == story

    async def test_the_same_answer_about_two_cases_counts_for_both(self, store: Store) -> None:
        for _ in range(2):
            case = await filed_case(store)
            told = status_write(update(State.ACCEPTED, seconds(10)), case_no=case.case_no, digest="same bytes")
            assert (await store.report(told)).filing.verdict is Verdict.ADMITTED

    async def test_a_poll_that_says_the_same_again_does_not_grow_the_story(self, store: Store) -> None:
        case = await filed_case(store)
        for told in (concluded(seconds(40)), update(State.ACCEPTED, seconds(10)), update(State.RECEIVED, seconds(5))):
            for _ in range(5):
                await store.report(status_write(told, case_no=case.case_no))
        kinds = [(line.filing, line.data.get("state")) for line in await store.events(case.case_no)][2:]
        assert kinds == [
            ("held", "CONCLUDED"),
            ("admitted", "ACCEPTED"),
            ("admitted", "CONCLUDED"),
            ("late", "RECEIVED"),
        ]

    async def test_what_came_too_early_is_held_and_follows_its_cause(self, store: Store) -> None:
        case = await filed_case(store)
        for told in (
            update(State.IN_REVIEW, seconds(30)),
            concluded(seconds(40)),
            update(State.DELIVERED, seconds(50)),
        ):
            filed = await store.report(status_write(told, case_no=case.case_no, followers=one_webhook))
            assert (filed.filing.verdict, filed.ready) == (Verdict.HELD, ())
        filed = await store.report(
            status_write(update(State.ACCEPTED, seconds(20)), case_no=case.case_no, followers=one_webhook)
        )
        assert filed.filing.verdict is Verdict.ADMITTED
        assert len(filed.ready) == 1  # the four notifications share a lane
        row = await store.case(case.case_no)
        assert row is not None
        assert row.standing.state is State.DELIVERED
        admitted = [line.data["state"] for line in await store.events(case.case_no) if line.filing == "admitted"]
        assert admitted == ["ACCEPTED", "IN_REVIEW", "CONCLUDED", "DELIVERED"]
        told_in_order = []
        now, ready = seconds(60), filed.ready
        while ready:
            claim = await take(store, ready[0].delivery_id, at=now)
            told_in_order.append(claim.document)
            ready = await store.settle(settlement(claim, DeliveryState.DONE, system="", ended_at=now))
        assert told_in_order == [f'{{"state":"{state}"}}'.encode() for state in admitted]

    async def test_a_held_status_that_is_overtaken_is_noted_and_let_go(self, store: Store) -> None:
        case = await filed_case(store)
        await store.report(status_write(update(State.IN_REVIEW, seconds(30)), case_no=case.case_no))
        await store.report(status_write(update(State.WITHDRAWN, seconds(31)), case_no=case.case_no))
        assert [line.filing for line in await store.events(case.case_no)][2:] == ["held", "admitted", "late"]

    async def test_a_late_status_is_filed_with_its_reason(self, store: Store) -> None:
        case = await filed_case(store)
        await store.report(status_write(update(State.ACCEPTED, seconds(10)), case_no=case.case_no))
        filed = await store.report(
            status_write(update(State.SUPPLEMENT_REQUESTED, seconds(5)), case_no=case.case_no, followers=one_webhook)
        )
        assert filed.filing.verdict in {Verdict.LATE, Verdict.CONFLICT}
        assert filed.ready == ()
        line = (await store.events(case.case_no))[-1]
        assert line.data["filing_reason"] == filed.filing.reason != ""

    async def test_a_contradiction_changes_nothing_and_stays_visible(self, store: Store) -> None:
        case = await filed_case(store)
        await store.report(status_write(update(State.ACCEPTED, seconds(10)), case_no=case.case_no))
        await store.report(status_write(concluded(seconds(20)), case_no=case.case_no))
        other = update(State.CONCLUDED, seconds(20), conclusion=Conclusion.REJECTED, reason="材料不全")
        filed = await store.report(status_write(other, case_no=case.case_no))
        assert filed.filing.verdict is Verdict.CONFLICT
        row = await store.case(case.case_no)
        assert row is not None
        assert row.standing.conclusion is Conclusion.CERTIFICATE

    async def test_a_second_visit_without_times_of_the_department_still_counts(self, store: Store) -> None:
        case = await filed_case(store)
        states = [State.ACCEPTED, State.IN_REVIEW, State.SUSPENDED, State.IN_REVIEW, State.SUSPENDED]
        for n, state in enumerate(states):
            told = update(state, seconds(10 + n))
            told = told.model_copy(update={"marks": {"state": Mark.OBSERVED, "occurred_at": Mark.DERIVED}})
            assert (await store.report(status_write(told, case_no=case.case_no))).filing.verdict is Verdict.ADMITTED

    async def test_an_ended_case_awaits_nothing(self, store: Store) -> None:
        case = await filed_case(store)
        await store.report(status_write(update(State.ACCEPTED, seconds(10)), case_no=case.case_no))
        assert len(await store.awaiting(DEPARTMENT, limit=9)) == 1
        await store.report(status_write(concluded(seconds(20)), case_no=case.case_no))
        assert await store.awaiting(DEPARTMENT, limit=9) == []

    async def test_a_case_that_ended_before_it_was_filed_awaits_nothing(self, store: Store) -> None:
        case = new_case()
        await store.accept(case)
        claim = await take(store, case.deliveries[0].delivery_id)
        await store.report(status_write(update(State.WITHDRAWN, seconds(1)), case_no=case.case_no, source="hub"))
        await store.settle(settlement(claim, DeliveryState.DONE))
        assert await store.awaiting(DEPARTMENT, limit=9) == []

    async def test_a_number_of_nobody_is_kept_once(self, store: Store) -> None:
        told = status_write(update(State.ACCEPTED, seconds(10)), foreign_no="nobody")
        for _ in range(3):
            assert (await store.report(told)).filing.verdict is Verdict.UNMATCHED
        assert (await store.report(replace(told, foreign_no=None, case_no="C-nobody"))).filing.verdict is (
            Verdict.UNMATCHED
        )

    async def test_a_number_of_another_system_is_another_number(self, store: Store) -> None:
        await filed_case(store, foreign_no="1")
        told = status_write(update(State.ACCEPTED, seconds(10)), foreign_no="1", source="market-supervision")
        assert (await store.report(told)).filing.verdict is Verdict.UNMATCHED

    async def test_the_story_has_no_gaps_whoever_writes_it(self, open_store: OpenStore) -> None:
        stores = [await open_store(), await open_store()]
        case = await filed_case(stores[0])
        steps = [update(State.ACCEPTED, seconds(10), step=f"第{n}步") for n in range(30)]
        results = await asyncio.gather(
            *(stores[n % 2].report(status_write(told, case_no=case.case_no)) for n, told in enumerate(steps))
        )
        story = await stores[0].events(case.case_no)
        assert [line.seq for line in story] == list(range(1, len(story) + 1))
        assert all(filed.case_no == case.case_no for filed in results)
        row = await stores[1].case(case.case_no)
        assert row is not None
        assert row.version == len(story)

    async def test_followers_that_fail_write_nothing(self, store: Store) -> None:
        case = await filed_case(store)

        def no_luck(*_: object) -> tuple[()]:
            raise LookupError("no such subscription")

        told = status_write(update(State.ACCEPTED, seconds(10)), case_no=case.case_no, followers=no_luck)
        with pytest.raises(LookupError):
            await store.report(told)
        row = await store.case(case.case_no)
        assert row is not None
        assert row.standing.state is State.RECEIVED
        assert (await store.report(replace(told, followers=one_webhook))).filing.verdict is Verdict.ADMITTED

    async def test_what_cannot_be_read_is_kept_once(self, store: Store) -> None:
        for _ in range(2):
            await store.park_unreadable(
                source=DEPARTMENT, way="file", digest="d" * 64, reason="not XML", body=b"\xff\xfe", now=NOW
            )


class ReadingContract(Base):
    """What people and gauges see."""

    async def test_cases_come_newest_first_a_page_at_a_time(self, store: Store) -> None:
        cases = [new_case(received_at=seconds(n // 2)) for n in range(7)]
        for case in cases:
            await store.accept(case)
        seen: list[str] = []
        after = None
        while page := await store.cases(caller=None, state=None, department=None, after=after, limit=3):
            seen += [row.case_no for row in page]
            after = seen[-1]
        by_age = sorted(cases, key=lambda case: (case.received_at, case.case_no), reverse=True)
        assert seen == [case.case_no for case in by_age]

    async def test_cases_are_chosen_by_caller_state_and_department(self, store: Store) -> None:
        mine = new_case()
        await store.accept(mine)
        await store.accept(new_case(submitted_by="portal-2"))
        await store.accept(new_case(department="market-supervision"))
        await store.accept(new_case(state=State.SUBMITTED))
        found = await store.cases(caller="portal-1", state=State.RECEIVED, department=DEPARTMENT, after=None, limit=9)
        assert [row.case_no for row in found] == [mine.case_no]

    async def test_deliveries_are_listed_by_state(self, store: Store) -> None:
        case = await filed_case(store)
        await store.accept(new_case())
        (done,) = await store.deliveries(state=DeliveryState.DONE)
        assert (done.case_no, done.outcome, done.due_at) == (case.case_no, "accepted", None)
        (waiting,) = await store.deliveries(state=DeliveryState.WAITING)
        assert waiting.due_at == NOW

    async def test_the_backlog_says_what_stands_where_and_why(self, store: Store) -> None:
        for n, changes in enumerate(
            ({"cause": "mapping"}, {"cause": "mapping"}, {"cause": "unknown_outcome", "outcome": "unknown"})
        ):
            case = new_case(received_at=seconds(n))
            await store.accept(case)
            claim = await take(store, case.deliveries[0].delivery_id)
            await store.settle(settlement(claim, DeliveryState.PARKED, **changes))
        await store.accept(new_case(received_at=seconds(7)))
        await store.accept(new_case(received_at=seconds(5)))
        await filed_case(store)
        (here,) = await store.backlog()
        assert (here.destination, here.waiting, here.oldest_waiting_at) == (DEPARTMENT, 2, seconds(5))
        assert (dict(here.parked), here.unknown) == ({"mapping": 2, "unknown_outcome": 1}, 1)


class CatalogueContract(Base):
    """Keys, subscriptions, files, items."""

    async def test_keys_are_kept_and_revoked_once(self, store: Store) -> None:
        one = ApiKey(key_id="k1", digest="d" * 64, scopes=frozenset({"portal", "ops"}), label="前台", created_at=NOW)
        await store.add_key(one)
        assert await store.keys() == [one]
        assert await store.revoke_key("k1", seconds(5))
        assert await store.revoke_key("k1", seconds(9))
        assert (await store.keys())[0].revoked_at == seconds(5)
        assert not await store.revoke_key("k2", NOW)

    async def test_subscriptions_are_told_until_they_end(self, store: Store) -> None:
        one = Subscription(subscription_id="s1", url="https://portal.example/hook", secret="whsec_MfKQ9r8GKYqrTwjU",
                           caller="portal-1", created_at=NOW)  # fmt: skip
        await store.add_subscription(one)
        await store.add_subscription(replace(one, subscription_id="s2", caller=None, created_at=seconds(1)))
        assert await store.subscriptions() == [one, replace(one, subscription_id="s2", caller=None,
                                                            created_at=seconds(1))]  # fmt: skip
        assert await store.end_subscription("s1")
        assert not await store.end_subscription("s1")
        assert [each.subscription_id for each in await store.subscriptions()] == ["s2"]

    async def test_the_same_file_twice_is_one_row(self, store: Store) -> None:
        row = FileRow(sha256="a" * 64, size_bytes=5_000_000_000, media_type="application/pdf", name="申请表.pdf",
                      uploaded_by="portal-1", created_at=NOW)  # fmt: skip
        await store.add_file(row)
        await store.add_file(replace(row, name="另一个名字.pdf"))
        assert await store.file(row.sha256) == row
        assert await store.file("b" * 64) is None

    async def test_the_same_file_of_two_callers_is_known_to_both(self, store: Store) -> None:
        mine = FileRow(sha256="a" * 64, size_bytes=5, media_type="application/pdf", name="申请表.pdf",
                       uploaded_by="portal-1", created_at=NOW)  # fmt: skip
        theirs = replace(mine, name="另一个名字.pdf", uploaded_by="portal-2", created_at=seconds(1))
        await store.add_file(theirs)
        await store.add_file(mine)
        assert await store.file(mine.sha256, uploaded_by="portal-1") == mine
        assert await store.file(mine.sha256, uploaded_by="portal-2") == theirs
        assert await store.file(mine.sha256, uploaded_by="portal-3") is None
        assert await store.file(mine.sha256) == mine

    async def test_an_item_version_never_changes(self, store: Store) -> None:
        rows = [("A1", 1, b'{"name":"one"}'), ("A1", 2, b'{"name":"two"}')]
        await store.save_items(rows, NOW)
        await store.save_items(rows, NOW)
        assert await store.items() == [b'{"name":"one"}', b'{"name":"two"}']
        with pytest.raises(ConfigError, match="item A1 version 2"):
            await store.save_items([("A2", 1, b"{}"), ("A1", 2, b"{}")], NOW)
        assert len(await store.items()) == 2


class LifeContract(Base):
    """Opening, sharing and closing."""

    async def test_what_one_store_wrote_another_reads(self, open_store: OpenStore) -> None:
        first = await open_store()
        case = await filed_case(first, foreign_no="MZ-1")
        await first.close()
        second = await open_store()
        row = await second.case(case.case_no)
        assert row is not None
        assert row.document == DOCUMENT
        assert [line.kind for line in await second.events(case.case_no)] == ["received", "delivery_done"]

    async def test_closing_writes_what_is_pending(self, open_store: OpenStore) -> None:
        first = await open_store()
        cases = [new_case() for _ in range(50)]
        pending = [asyncio.create_task(first.accept(case)) for case in cases]
        await asyncio.sleep(0)
        await first.close()
        assert all(answer.fresh for answer in await asyncio.gather(*pending))
        second = await open_store()
        assert len(await due_ids(second, NOW)) == 50

    async def test_a_store_that_can_be_reached_answers_ping(self, store: Store) -> None:
        await store.ping()

    async def test_many_writers_of_one_case_neither_lose_nor_lock_up(self, open_store: OpenStore) -> None:
        """Claims, settlements, statuses and marks of the same few cases, from two stores at once."""
        stores = [await open_store(), await open_store()]
        cases = [new_case() for _ in range(6)]
        for case in cases:
            await stores[0].accept(case)

        async def worker(store: Store, name: str) -> None:
            for step in range(8):
                for case in cases:
                    one, at = case.deliveries[0], NOW + step * LEASE
                    claim = await store.claim(one.delivery_id, worker=name, now=at, lease_until=at + LEASE)
                    told = update(State.ACCEPTED, seconds(10), step=f"{name}-{step}")
                    jobs = [
                        store.mark_queued([ref(other.deliveries[0]) for other in cases], at),
                        store.report(status_write(told, case_no=case.case_no, followers=one_webhook)),
                    ]
                    if claim:
                        again = settlement(claim, DeliveryState.WAITING, due_at=at, ended_at=at)
                        jobs.append(store.settle(again))
                    await asyncio.gather(*jobs)

        async with asyncio.timeout(60):
            await asyncio.gather(*(worker(stores[n % 2], f"w{n}") for n in range(4)))
        for case in cases:
            story = await stores[0].events(case.case_no)
            assert [line.seq for line in story] == list(range(1, len(story) + 1))
            ends = [line for line in story if line.kind == "delivery_again"]
            (filing, *_) = await stores[0].deliveries(case_no=case.case_no)
            assert len(ends) == filing.attempt  # every claim was settled, none counted twice


class StoreContract(
    DoorContract, RelayContract, ClaimContract, SettleContract, ReportContract, ReadingContract, CatalogueContract,
    LifeContract,
):  # fmt: skip
    """All promises of a store."""
