"""Only a confirm marks a delivery sent; what a crash or a refusing broker left is found again by the sweep."""

import asyncio
import contextlib

from cases.delivery import DeliveryState
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
