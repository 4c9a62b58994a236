"""The tests' own clock: nobody wakes early, everybody wakes in time."""

import asyncio
from datetime import timedelta

from tests.support.clock import START, ManualClock

SECOND = timedelta(seconds=1)


async def test_time_stands_still_until_it_is_advanced() -> None:
    clock = ManualClock()

    clock.advance(3 * SECOND)

    assert clock.now() == START + 3 * SECOND
    assert clock.monotonic() == 3


async def test_a_wait_ends_when_its_time_has_passed_and_not_before() -> None:
    clock, event = ManualClock(), asyncio.Event()
    waiting = asyncio.ensure_future(clock.wait(event, 5 * SECOND))
    await clock.until_waiting()

    clock.advance(4 * SECOND)
    await asyncio.sleep(0)
    is_early = waiting.done()
    clock.advance(SECOND)

    assert (is_early, await waiting) == (False, False)


async def test_a_wait_ends_when_its_event_is_set() -> None:
    clock, event = ManualClock(), asyncio.Event()
    waiting = asyncio.ensure_future(clock.wait(event, 5 * SECOND))
    await clock.until_waiting()

    event.set()

    assert await waiting


async def test_a_wait_for_nothing_tells_the_event_as_it_is() -> None:
    event = asyncio.Event()
    event.set()

    assert await ManualClock().wait(event, timedelta())
    assert not await ManualClock().wait(asyncio.Event(), timedelta())


async def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    clock = ManualClock()
    waiting = asyncio.ensure_future(clock.wait(asyncio.Event(), SECOND))
    await clock.until_waiting()

    waiting.cancel()
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    assert clock.waiters == 0
