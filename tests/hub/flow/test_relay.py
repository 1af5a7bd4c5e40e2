"""Only a confirm marks a delivery sent; what a crash or a refusing broker left is found again by the sweep."""

import asyncio
import contextlib
from datetime import timedelta

from cases.delivery import DeliveryState
from hub.ports import Settlement
from tests.hub.flow.kit import REF, Kit


async def run_for_a_moment(*loops) -> None:
    tasks = [asyncio.create_task(loop) for loop in loops]
    await asyncio.sleep(0.15)
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_confirmed_delivery_is_queued(kit: Kit) -> None:
    kit.relay.push([REF])
    await run_for_a_moment(kit.relay.run())
    assert kit.broker.published == [REF]
    assert (await kit.one_delivery()).state is DeliveryState.QUEUED


async def test_an_unconfirmed_delivery_stays_waiting(kit: Kit) -> None:
    kit.broker.confirms = False
    kit.relay.push([REF])
    await run_for_a_moment(kit.relay.run())
    assert (await kit.one_delivery()).state is DeliveryState.WAITING


async def test_the_sweep_finds_what_a_crash_left_between_commit_and_publish(kit: Kit) -> None:
    kit.clock.pass_seconds(5)
    await run_for_a_moment(kit.relay.run(), kit.relay.sweep(0.05))
    assert kit.broker.published[0] == REF
    assert (await kit.one_delivery()).state is DeliveryState.QUEUED


async def test_pushing_the_same_delivery_twice_publishes_it_once(kit: Kit) -> None:
    kit.relay.push([REF, REF])
    kit.relay.push([REF])
    await run_for_a_moment(kit.relay.run())
    assert kit.broker.published == [REF]


async def test_what_was_tried_again_before_its_mark_is_not_marked(kit: Kit) -> None:
    """The mark of the first message must not swallow the turn of the second."""
    confirmed_at = kit.clock.now()
    kit.clock.pass_seconds(0.01)
    now = kit.clock.now()
    claim = await kit.store.claim(REF.delivery_id, worker="w", now=now, lease_until=now + timedelta(seconds=9))
    assert claim is not None
    again = Settlement(
        delivery_id=REF.delivery_id,
        attempt=claim.attempt,
        state=DeliveryState.WAITING,
        outcome="again",
        due_at=now,
        started_at=now,
        ended_at=now,
    )
    await kit.store.settle(again)
    await kit.store.mark_queued([REF], confirmed_at)
    assert (await kit.one_delivery()).state is DeliveryState.WAITING
    await kit.store.mark_queued([REF], now)
    assert (await kit.one_delivery()).state is DeliveryState.QUEUED


async def test_what_was_confirmed_is_marked_even_where_the_process_stops_at_once(kit: Kit) -> None:
    kit.relay.push([REF])
    task = asyncio.create_task(kit.relay.run())
    while not kit.broker.published:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert (await kit.one_delivery()).state is DeliveryState.QUEUED
