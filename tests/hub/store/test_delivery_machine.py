"""Any order of relaying, claiming, settling and waiting leads where a model of a dozen lines says it must."""

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cases.delivery import DeliveryState, NewDelivery
from hub.ports import Claim
from hub.store import open_store
from tests.contracts.made import LEASE, NOW, due_ids, new_case, new_delivery, ref, settlement

LOST_AFTER = timedelta(minutes=10)
FINISHED = (DeliveryState.DONE, DeliveryState.REFUSED)


@dataclass
class Model:
    """What one delivery should look like."""

    new: NewDelivery
    state: DeliveryState = DeliveryState.WAITING
    turn_at: datetime = NOW
    attempt: int = 0
    queued: int = 0


class Deliveries(RuleBasedStateMachine):
    @initialize(lanes=st.lists(st.sampled_from("ab"), min_size=1, max_size=4))
    def begin(self, lanes: list[str]) -> None:
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        url = f"sqlite:///{Path(self.folder.name)}/hub.db"
        self.store = self.runner.run(open_store(url, data_keys=[], lost_after=LOST_AFTER))
        case_no = "C1"
        self.models = [Model(new_delivery(case_no, lane=lane)) for lane in lanes]
        self.claims: list[Claim] = []
        self.settled: set[tuple[str, int]] = set()
        self.now = NOW
        case = new_case(case_no=case_no, deliveries=[model.new for model in self.models])
        self.runner.run(self.store.accept(case))

    def first_of_lane(self, model: Model) -> bool:
        for other in self.models:
            if other.new.lane == model.new.lane and other.state not in FINISHED:
                return other is model
        return False

    def can_be_taken(self, model: Model) -> bool:
        if not self.first_of_lane(model) or model.state is DeliveryState.PARKED:
            return False
        return model.state is DeliveryState.QUEUED or model.turn_at <= self.now

    @rule(seconds=st.sampled_from([1, 30, 61, 700, 5000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(data=st.data())
    def a_worker_claims(self, data: st.DataObject) -> None:
        model = data.draw(st.sampled_from(self.models))
        claim = self.runner.run(
            self.store.claim(model.new.delivery_id, worker="w", now=self.now, lease_until=self.now + LEASE)
        )
        assert (claim is not None) == self.can_be_taken(model)
        if claim:
            model.state, model.turn_at, model.queued = DeliveryState.CLAIMED, self.now + LEASE, 0
            model.attempt += 1
            earlier = {(model.new.delivery_id, n) for n in range(1, model.attempt)}
            assert claim.attempt == model.attempt
            assert claim.unsettled == bool(earlier - self.settled)
            self.claims.append(claim)

    @rule(data=st.data())
    def the_broker_confirms(self, data: st.DataObject) -> None:
        model = data.draw(st.sampled_from(self.models))
        self.runner.run(self.store.mark_queued([ref(model.new)], self.now))
        waits = model.state in (DeliveryState.WAITING, DeliveryState.QUEUED)
        if waits and self.first_of_lane(model) and model.turn_at <= self.now:
            model.state, model.turn_at = DeliveryState.QUEUED, self.now + LOST_AFTER * 2**model.queued
            model.queued += 1

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        state=st.sampled_from([DeliveryState.WAITING, DeliveryState.DONE, DeliveryState.REFUSED, DeliveryState.PARKED]),
        pause=st.sampled_from([0, 45, 900]),
    )
    def an_attempt_ends(self, data: st.DataObject, state: DeliveryState, pause: int) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        model = next(one for one in self.models if one.new.delivery_id == claim.delivery_id)
        due_at = self.now + timedelta(seconds=pause)
        end = settlement(claim, state, due_at=due_at, started_at=self.now, ended_at=self.now)
        ready = self.runner.run(self.store.settle(end))
        key = (claim.delivery_id, claim.attempt)
        if key in self.settled:
            assert ready == ()
            return
        self.settled.add(key)
        newest = claim.attempt == model.attempt
        spares = state is DeliveryState.DONE and model.state is not DeliveryState.CLAIMED
        if model.state in FINISHED or not (newest or spares):
            return
        model.state, model.turn_at = state, due_at
        following = next((one for one in self.models if self.first_of_lane(one) and one.new.lane == claim.lane), None)
        freed = state in FINISHED and following is not None
        assert [one.delivery_id for one in ready] == ([following.new.delivery_id] if freed else [])

    @invariant()
    def what_is_due_is_due(self) -> None:
        if not hasattr(self, "store"):
            return
        expected = {
            model.new.delivery_id
            for model in self.models
            if self.first_of_lane(model) and model.state is not DeliveryState.PARKED and model.turn_at <= self.now
        }
        assert set(self.runner.run(due_ids(self.store, self.now))) == expected

    @invariant()
    def the_story_has_no_gaps(self) -> None:
        if hasattr(self, "store"):
            story = self.runner.run(self.store.events("C1"))
            assert [line.seq for line in story] == list(range(1, len(self.settled) + 2))

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.runner.run(self.store.close())
            self.runner.close()
            self.folder.cleanup()


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
