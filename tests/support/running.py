"""A stage at work for as long as a block runs, and the moment at which it has come to rest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.support.clock import ManualClock

_TURNS = 20  # of the loop, until whoever was woken has begun


@asynccontextmanager
async def running(run: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[asyncio.Event]:
    """Runs a stage; it is stopped at the end and must have nothing to complain about. Gives its stop event."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_run(run, stop))
        try:
            yield stop
        finally:
            stop.set()


async def _run(run: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event) -> None:
    await run(stop)


async def a_few_turns() -> None:
    """Lets everybody who can go on do so; no time passes."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def at_rest(clock: ManualClock, loops: int = 1) -> None:
    """Returns once so many loops wait for the clock and none was woken meanwhile."""
    await a_few_turns()
    await clock.until_waiting(loops)
