"""The loop that drop and report share: it looks when woken or in time, and one poison act stops nothing else."""

import asyncio
from datetime import timedelta

import pytest

from bridge.errors import BridgeError, ErrorName, FatalError, PermanentError, TransientError
from bridge.stages.courier import carry, keep_looking
from tests.support.clock import ManualClock
from tests.support.running import at_rest, running

SECOND = timedelta(seconds=1)


class Looks:
    """Counts how often somebody looked; says when to look again."""

    def __init__(self, clock: ManualClock, again: timedelta = 10 * SECOND) -> None:
        self.number = 0
        self.wake = asyncio.Event()
        self._clock = clock
        self._again = again

    async def look(self) -> timedelta:
        self.number += 1
        return self._again

    async def run(self, stop: asyncio.Event) -> None:
        await keep_looking(self.look, self.wake, stop, self._clock)


async def test_it_looks_at_once_when_woken_and_when_the_time_has_passed() -> None:
    clock = ManualClock()
    looks = Looks(clock)
    numbers = []

    async with running(looks.run):
        await at_rest(clock)
        numbers.append(looks.number)
        looks.wake.set()
        await at_rest(clock)
        numbers.append(looks.number)
        clock.advance(10 * SECOND)
        await at_rest(clock)
        numbers.append(looks.number)

    assert numbers == [1, 2, 3]


async def test_a_wake_during_a_look_is_not_missed() -> None:
    clock = ManualClock()
    looks = Looks(clock)

    async def look_and_be_woken() -> timedelta:
        if looks.number == 0:
            looks.wake.set()
        return await looks.look()

    async with running(lambda stop: keep_looking(look_and_be_woken, looks.wake, stop, clock)):
        await at_rest(clock)

    assert looks.number == 2


async def test_it_stops_at_once_and_looks_no_more() -> None:
    clock = ManualClock()
    looks = Looks(clock)

    async with running(looks.run) as stop:
        await at_rest(clock)
        stop.set()

    assert looks.number == 1
    assert clock.waiters == 0


async def act_that_raises(error: BaseException) -> str:
    raise error


@pytest.mark.parametrize("kind", [TransientError, PermanentError])
async def test_a_fault_of_one_act_becomes_its_result(kind: type[BridgeError]) -> None:
    fault = kind("no luck", name=ErrorName.FILE_NOT_WRITTEN)

    found = await carry(lambda: act_that_raises(fault), lambda error: error)

    assert found is fault


async def test_a_fault_that_nobody_foresaw_is_logged_and_may_pass(caplog: pytest.LogCaptureFixture) -> None:
    found = await carry(lambda: act_that_raises(KeyError("x")), lambda error: error, order="48447")

    assert isinstance(found, TransientError)
    assert found.name is ErrorName.UNFORESEEN
    (record,) = caplog.records
    assert record.message == "unforeseen_error"
    assert record.exc_info


async def test_what_ends_the_process_passes_through() -> None:
    fatal = FatalError("the disk is gone", name=ErrorName.JOURNAL_DAMAGED)

    with pytest.raises(FatalError):
        await carry(lambda: act_that_raises(fatal), lambda error: error)


async def test_invariant_11_being_cancelled_is_no_fault_of_the_act() -> None:
    with pytest.raises(asyncio.CancelledError):
        await carry(lambda: act_that_raises(asyncio.CancelledError()), lambda error: error)
