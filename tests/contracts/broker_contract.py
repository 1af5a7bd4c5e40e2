"""What every broker promises, whatever carries the messages. Each implementation inherits `BrokerContract`.

Two things the port leaves to this suite:
- leaving the `consume` context takes no new message and waits for the handlers that run: a send under way is finished;
- `close` does not wait: what was in a handler's hands is delivered again, to whoever consumes next.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from cases.delivery import DeliveryRef
from hub.ports import Broker

#: Opens one more broker on the same place (queue server, database); the suite closes it.
OpenBroker = Callable[[], Awaitable[Broker]]

PATIENCE_SECONDS = 20.0
#: Long enough for a message that should not come to come.
SILENCE_SECONDS = 0.3


def refs(destination: str, count: int) -> list[DeliveryRef]:
    """Make deliveries for one destination."""
    return [DeliveryRef(delivery_id=secrets.token_hex(16), destination=destination) for _ in range(count)]


class Seen:
    """A handler that notes what it was given."""

    def __init__(self) -> None:
        self.refs: list[DeliveryRef] = []
        self._came = asyncio.Condition()

    async def __call__(self, ref: DeliveryRef) -> None:
        async with self._came:
            self.refs.append(ref)
            self._came.notify_all()

    @property
    def ids(self) -> list[str]:
        return [ref.delivery_id for ref in self.refs]

    async def wait(self, count: int) -> None:
        """Wait until at least `count` messages came."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._came:
            await self._came.wait_for(lambda: len(self.refs) >= count)


async def wait_for_depth(broker: Broker, destination: str, depth: int) -> None:
    """Wait until the queue is that deep; brokers count with a little delay."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await broker.depth(destination) != depth:
            await asyncio.sleep(0.02)


class BrokerContract:
    """Inherit and provide `open_broker`."""

    @pytest.fixture
    async def open_broker(self) -> OpenBroker:
        raise NotImplementedError("the inheriting suite says how its broker is opened, and closes what it opened")

    @pytest.fixture
    def destination(self) -> str:
        return f"dep-{secrets.token_hex(4)}"

    @pytest.fixture
    async def broker(self, open_broker: OpenBroker) -> Broker:
        return await open_broker()

    async def test_publish_returns_what_was_confirmed_and_each_is_consumed_once(
        self, broker: Broker, destination: str
    ) -> None:
        sent, seen = refs(destination, 50), Seen()
        assert await broker.publish(sent) == sent
        async with broker.consume(destination, seen, in_flight=8):
            await seen.wait(50)
            await asyncio.sleep(SILENCE_SECONDS)
        assert sorted(seen.ids) == sorted(ref.delivery_id for ref in sent)
        assert {ref.destination for ref in seen.refs} == {destination}

    async def test_publishing_nothing_confirms_nothing(self, broker: Broker) -> None:
        assert await broker.publish([]) == []

    async def test_a_message_wakes_a_consumer_that_waits(self, broker: Broker, destination: str) -> None:
        seen = Seen()
        async with broker.consume(destination, seen, in_flight=1):
            await asyncio.sleep(0.05)
            await broker.publish(refs(destination, 1))
            await seen.wait(1)

    async def test_one_call_may_publish_to_several_destinations(self, broker: Broker, destination: str) -> None:
        here, there = refs(destination, 3), refs(destination + "-b", 2)
        assert len(await broker.publish([*here, *there])) == 5
        seen_here, seen_there = Seen(), Seen()
        async with (
            broker.consume(destination, seen_here, in_flight=4),
            broker.consume(destination + "-b", seen_there, in_flight=4),
        ):
            await seen_here.wait(3)
            await seen_there.wait(2)
        assert sorted(seen_there.ids) == sorted(ref.delivery_id for ref in there)

    async def test_what_nobody_consumes_waits(self, broker: Broker, destination: str) -> None:
        await broker.publish(refs(destination, 3))
        await wait_for_depth(broker, destination, 3)
        seen = Seen()
        async with broker.consume(destination, seen, in_flight=1):
            await seen.wait(3)
        await wait_for_depth(broker, destination, 0)

    async def test_an_unknown_destination_is_empty(self, broker: Broker, destination: str) -> None:
        assert await broker.depth(destination + "-never-used") == 0

    async def test_a_handler_that_raises_gets_the_message_again(self, broker: Broker, destination: str) -> None:
        seen = Seen()

        async def fails_once(ref: DeliveryRef) -> None:
            await seen(ref)
            if len(seen.refs) == 1:
                raise RuntimeError("the store cannot be reached")

        await broker.publish(refs(destination, 1))
        async with broker.consume(destination, fails_once, in_flight=1):
            await seen.wait(2)
        assert len(set(seen.ids)) == 1
        await wait_for_depth(broker, destination, 0)

    async def test_one_failing_message_does_not_stop_the_others(self, broker: Broker, destination: str) -> None:
        sent, seen = refs(destination, 10), Seen()
        bad = sent[0].delivery_id

        async def one_is_bad(ref: DeliveryRef) -> None:
            if ref.delivery_id == bad:
                raise RuntimeError("no luck")
            await seen(ref)

        await broker.publish(sent)
        async with broker.consume(destination, one_is_bad, in_flight=2):
            await seen.wait(9)
        assert sorted(seen.ids) == sorted(ref.delivery_id for ref in sent[1:])

    async def test_no_more_than_in_flight_are_handled_at_once(self, broker: Broker, destination: str) -> None:
        running, most, seen = 0, 0, Seen()

        async def slow(ref: DeliveryRef) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.02)
            running -= 1
            await seen(ref)

        await broker.publish(refs(destination, 20))
        async with broker.consume(destination, slow, in_flight=4):
            await seen.wait(20)
        assert most == 4

    async def test_leaving_waits_for_the_handler_that_runs(self, broker: Broker, destination: str) -> None:
        started, finished = asyncio.Event(), asyncio.Event()

        async def slow(_: DeliveryRef) -> None:
            started.set()
            await asyncio.sleep(0.1)
            finished.set()

        await broker.publish(refs(destination, 1))
        async with asyncio.timeout(PATIENCE_SECONDS), broker.consume(destination, slow, in_flight=1):
            await started.wait()
        assert finished.is_set()
        await wait_for_depth(broker, destination, 0)

    async def test_what_a_closed_consumer_had_in_hand_comes_again(
        self, open_broker: OpenBroker, destination: str
    ) -> None:
        first = await open_broker()
        started, seen = asyncio.Event(), Seen()

        async def never_done(_: DeliveryRef) -> None:
            started.set()
            await asyncio.Event().wait()

        sent = refs(destination, 1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await first.publish(sent)
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(first.consume(destination, never_done, in_flight=1))
                await started.wait()
                await first.close()
            second = await open_broker()
            async with second.consume(destination, seen, in_flight=1):
                await seen.wait(1)
        assert seen.refs == sent

    async def test_messages_outlive_the_broker_object(self, open_broker: OpenBroker, destination: str) -> None:
        first = await open_broker()
        sent = refs(destination, 5)
        await first.publish(sent)
        await first.close()
        second, seen = await open_broker(), Seen()
        await wait_for_depth(second, destination, 5)
        async with second.consume(destination, seen, in_flight=2):
            await seen.wait(5)
        assert sorted(seen.ids) == sorted(ref.delivery_id for ref in sent)

    async def test_many_publishers_at_once_lose_nothing(self, broker: Broker, destination: str) -> None:
        sent, seen = refs(destination, 400), Seen()
        async with broker.consume(destination, seen, in_flight=16):
            confirmed = await asyncio.gather(*(broker.publish([ref]) for ref in sent))
            await seen.wait(400)
        assert [ref for one in confirmed for ref in one] == sent
        assert sorted(seen.ids) == sorted(ref.delivery_id for ref in sent)

    async def test_ping_answers_and_closing_twice_is_allowed(self, broker: Broker) -> None:
        await broker.ping()
        await broker.close()
        await broker.close()
