"""What every kind of connector promises. A kind inherits the suite and brings a stage: its department, for real."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from cases.outcome import Accepted, Again, Answered, Broken, NotThere, Refused, Unknown
from connectors.contract import Call, CallRefused, Connector, Incoming, Parcel, Pending, Received, Unreadable


class Stage(ABC):
    """A department and the connector towards it."""

    connector: Connector
    total_seconds: float  # the connector's whole time budget

    @abstractmethod
    async def play(self, manner: str) -> Parcel:
        """Make the department behave in a manner, and return a new case to be sent to it."""

    @abstractmethod
    def filings(self, case_no: str) -> int:
        """How often the department opened this case."""

    async def statuses_ready(self, case_no: str) -> int:
        """Let the department have statuses to fetch; return how many."""
        raise NotImplementedError

    async def call(self, case_no: str, *, genuine: bool) -> Call:
        """A call of the department with one status, or a forged one."""
        raise NotImplementedError


class ConnectorContract:
    """One test per promise. `waived` names promises that a kind cannot be asked for, each with its reason."""

    waived: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _waive(self, request: pytest.FixtureRequest) -> None:
        name = request.node.originalname.removeprefix("test_")
        if name in self.waived:
            pytest.skip(f"waived: {self.waived[name]}")

    async def test_an_accepted_case_is_filed_once(self, stage: Stage) -> None:
        parcel = await stage.play("accept")
        assert isinstance(await stage.connector.send(parcel), Accepted)
        assert stage.filings(parcel.case_no) == 1

    async def test_a_status_in_the_reply_comes_with_the_outcome(self, stage: Stage) -> None:
        outcome = await stage.connector.send(await stage.play("answer"))
        assert isinstance(outcome, Answered)
        assert outcome.status

    async def test_a_refusal_has_a_code_and_a_reason(self, stage: Stage) -> None:
        outcome = await stage.connector.send(await stage.play("refuse"))
        assert isinstance(outcome, Refused)
        assert outcome.code
        assert outcome.reason

    async def test_a_busy_department_is_tried_again_after_its_pause(self, stage: Stage) -> None:
        parcel = await stage.play("busy")
        outcome = await stage.connector.send(parcel)
        assert isinstance(outcome, Again)
        assert outcome.after_seconds is not None
        assert stage.filings(parcel.case_no) == 0

    async def test_a_lost_reply_is_unknown_although_the_case_was_filed(self, stage: Stage) -> None:
        parcel = await stage.play("timeout_after")
        assert isinstance(await stage.connector.send(parcel), Unknown)
        assert stage.filings(parcel.case_no) == 1

    async def test_a_connection_cut_after_filing_is_unknown(self, stage: Stage) -> None:
        parcel = await stage.play("reset_after")
        assert isinstance(await stage.connector.send(parcel), Unknown)
        assert stage.filings(parcel.case_no) == 1

    async def test_an_unreadable_reply_is_unknown(self, stage: Stage) -> None:
        assert isinstance(await stage.connector.send(await stage.play("garbage")), Unknown)

    async def test_the_same_parcel_again_files_no_second_case(self, stage: Stage) -> None:
        if not stage.connector.capabilities.idempotency_key:
            pytest.skip("waived: this department takes no key")
        parcel = await stage.play("timeout_after")
        for _ in range(3):
            outcome = await stage.connector.send(parcel)
        assert isinstance(outcome, Accepted)
        assert stage.filings(parcel.case_no) == 1

    async def test_a_lookup_finds_what_was_filed(self, stage: Stage) -> None:
        parcel = await stage.play("timeout_after")
        await stage.connector.send(parcel)
        assert isinstance(await stage.connector.lookup(parcel), Accepted)

    async def test_a_lookup_says_that_nothing_arrived(self, stage: Stage) -> None:
        assert isinstance(await stage.connector.lookup(await stage.play("accept")), NotThere)

    async def test_a_lookup_without_an_answer_decides_nothing(self, stage: Stage) -> None:
        assert isinstance(await stage.connector.lookup(await stage.play("unreachable")), Unknown)

    async def test_nobody_there_means_certainly_not_sent(self, stage: Stage) -> None:
        assert isinstance(await stage.connector.send(await stage.play("unreachable")), Again)

    async def test_an_endless_reply_is_cut_off(self, stage: Stage) -> None:
        assert isinstance(await stage.connector.send(await stage.play("oversize")), Unknown)

    async def test_a_small_reply_that_unpacks_to_a_huge_one_is_cut_off(self, stage: Stage) -> None:
        assert isinstance(await stage.connector.send(await stage.play("bomb")), Unknown)

    async def test_a_dripping_reply_ends_with_the_budget(self, stage: Stage) -> None:
        parcel = await stage.play("drip")
        started = time.monotonic()
        assert isinstance(await stage.connector.send(parcel), Unknown)
        assert time.monotonic() - started < stage.total_seconds + 1

    async def test_a_redirect_is_not_followed(self, stage: Stage) -> None:
        parcel = await stage.play("redirect")
        assert isinstance(await stage.connector.send(parcel), (Unknown, Broken))
        assert stage.filings(parcel.case_no) == 0

    async def test_a_fetched_status_comes_until_it_is_settled_and_then_no_more(self, stage: Stage) -> None:
        parcel = await stage.play("accept")
        await stage.connector.send(parcel)
        count = await stage.statuses_ready(parcel.case_no)
        first = await self._fetched(stage, parcel)
        again = await self._fetched(stage, parcel)
        assert count == len(first) == len(again) > 0
        assert {status.digest for status in first} == {status.digest for status in again}
        for status in again:
            await status.settle()
        assert not {status.digest for status in await self._fetched(stage, parcel)} - {s.digest for s in first}

    async def test_a_genuine_call_is_opened(self, stage: Stage) -> None:
        call = await stage.call("A-1", genuine=True)
        received = await stage.connector.receive(call)
        assert isinstance(received, Received)
        assert [type(status) for status in received.statuses] == [Incoming]
        assert received.reply.status == 200
        assert received.trouble.status >= 500

    async def test_a_forged_call_is_refused_unread(self, stage: Stage) -> None:
        refused = await stage.connector.receive(await stage.call("A-1", genuine=False))
        assert isinstance(refused, CallRefused)
        assert refused.reply.status in (401, 403)

    async def test_an_old_call_is_refused(self, stage: Stage) -> None:
        call = await stage.call("A-1", genuine=True)
        late = replace(call, received_at=datetime.fromtimestamp(call.received_at.timestamp() + 301, UTC))
        assert isinstance(await stage.connector.receive(late), CallRefused)

    async def test_the_same_call_again_is_let_through_with_the_same_digest(self, stage: Stage) -> None:
        call = await stage.call("A-1", genuine=True)
        one, two = await stage.connector.receive(call), await stage.connector.receive(call)
        assert isinstance(one, Received)
        assert isinstance(two, Received)
        assert one.statuses[0].digest == two.statuses[0].digest

    async def test_many_at_once_are_each_filed_once(self, stage: Stage) -> None:
        parcels = [await stage.play("accept") for _ in range(20)]
        outcomes = await asyncio.gather(*(stage.connector.send(parcel) for parcel in parcels))
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert [stage.filings(parcel.case_no) for parcel in parcels] == [1] * 20

    async def test_a_check_finds_nothing_wrong_with_a_department_that_is_there(self, stage: Stage) -> None:
        await stage.play("accept")
        assert await stage.connector.check() == []

    async def test_a_check_names_what_cannot_be_reached(self, stage: Stage) -> None:
        await stage.play("unreachable")
        assert await stage.connector.check()

    async def _fetched(self, stage: Stage, parcel: Parcel) -> list[Incoming | Unreadable]:
        pending = [Pending(case_no=parcel.case_no, foreign_no=None, since=datetime.now(UTC))]
        return [status async for status in stage.connector.fetch(pending)]
