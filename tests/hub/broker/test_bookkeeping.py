"""Confirms and acknowledgements as bookkeeping: exact, without a broker."""

import asyncio

import pytest

from hub.broker.acks import Acks
from hub.broker.confirms import Batch, Confirms, Fate


def _nowhere(_: bytes) -> None:
    return None


async def _sent(confirms: Confirms, count: int) -> Batch:
    batch = Batch(count)
    for index in range(count):
        await confirms.send(batch, index, f"m{index}".encode(), _nowhere)
    return batch


class TestConfirms:
    async def test_one_answer_may_cover_many(self) -> None:
        confirms = Confirms(window=8)
        batch = await _sent(confirms, 4)
        confirms.answered(3, multiple=True, kept=True)
        assert batch.fates == [Fate.CONFIRMED] * 3 + [Fate.OPEN]
        assert not batch.done.is_set()
        confirms.answered(4, multiple=False, kept=True)
        assert batch.done.is_set()

    async def test_answers_may_come_out_of_order(self) -> None:
        confirms = Confirms(window=8)
        batch = await _sent(confirms, 3)
        confirms.answered(2, multiple=False, kept=True)
        confirms.answered(3, multiple=True, kept=True)
        assert batch.fates == [Fate.CONFIRMED] * 3

    async def test_a_returned_message_is_not_confirmed_by_the_confirm_that_follows(self) -> None:
        confirms = Confirms(window=8)
        batch = await _sent(confirms, 2)
        confirms.returned(b"m0")
        confirms.answered(2, multiple=True, kept=True)
        assert batch.fates == [Fate.RETURNED, Fate.CONFIRMED]

    async def test_a_refusal_is_no_confirm(self) -> None:
        confirms = Confirms(window=8)
        batch = await _sent(confirms, 1)
        confirms.answered(1, multiple=False, kept=False)
        assert batch.fates == [Fate.REFUSED]

    async def test_a_lost_channel_answers_for_everything_that_is_out_and_takes_nothing_more(self) -> None:
        confirms = Confirms(window=8)
        batch = await _sent(confirms, 2)
        confirms.answered(1, multiple=False, kept=True)
        confirms.lost()
        assert batch.fates == [Fate.CONFIRMED, Fate.LOST]
        assert (await _sent(confirms, 1)).fates == [Fate.LOST]

    async def test_the_window_holds_and_opens_again(self) -> None:
        confirms = Confirms(window=2)
        sending = asyncio.create_task(_sent(confirms, 3))
        await asyncio.sleep(0)
        assert not sending.done()
        confirms.answered(1, multiple=False, kept=True)
        batch = await sending
        assert batch.fates == [Fate.CONFIRMED, Fate.OPEN, Fate.OPEN]

    async def test_whoever_waits_for_room_is_told_when_the_channel_is_lost(self) -> None:
        confirms = Confirms(window=1)
        sending = asyncio.create_task(_sent(confirms, 3))
        await asyncio.sleep(0)
        confirms.lost()
        assert (await sending).fates == [Fate.LOST] * 3

    async def test_a_publish_that_fails_takes_no_room_and_no_tag(self) -> None:
        confirms, batch = Confirms(window=1), Batch(2)

        def fails(_: bytes) -> None:
            raise ConnectionError("the channel is closed")

        with pytest.raises(ConnectionError):
            await confirms.send(batch, 0, b"m0", fails)
        await confirms.send(batch, 1, b"m1", _nowhere)
        confirms.answered(1, multiple=False, kept=True)
        assert batch.fates == [Fate.OPEN, Fate.CONFIRMED]


class TestAcks:
    @pytest.fixture
    def acks(self) -> Acks:
        acks = Acks()
        for tag in range(1, 6):
            acks.received(tag)
        return acks

    def test_a_run_is_acknowledged_at_once(self, acks: Acks) -> None:
        assert [acks.done(tag) for tag in (2, 1, 3)] == [True, False, False]
        assert acks.flush() == [(3, True)]

    def test_what_lies_behind_a_message_in_hand_is_acknowledged_alone(self, acks: Acks) -> None:
        for tag in (1, 2, 4, 5):
            acks.done(tag)
        assert acks.flush() == [(2, True), (4, False), (5, False)]

    def test_a_single_message_is_not_acknowledged_as_a_run(self, acks: Acks) -> None:
        acks.done(1)
        assert acks.flush() == [(1, False)]

    def test_what_was_put_back_does_not_hold_up_the_others(self, acks: Acks) -> None:
        acks.put_back(1)
        acks.done(2)
        acks.done(3)
        assert acks.flush() == [(3, True)]

    def test_nothing_done_is_nothing_to_say(self, acks: Acks) -> None:
        assert acks.flush() == []

    def test_each_flush_begins_anew(self, acks: Acks) -> None:
        acks.done(1)
        acks.flush()
        assert acks.done(2)
        assert acks.flush() == [(2, False)]
