"""Which answers were written out comes to the journal in batches, and in the end at the latest."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.journal import Journal
from bridge.stages.receive.told import TRY_AGAIN, ToldAnswers
from tests.support import journals
from tests.support.clock import ManualClock
from tests.support.journals import admission, one, rows
from tests.support.running import at_rest, running

UNNOTED = "SELECT count(*) FROM orders WHERE answered_at IS NULL"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, clock) as journal:
        for number in range(1, 4):
            await journal.admit(admission(f"R{number}", number), keep_conflicts=True)
        yield journal


async def test_an_answer_is_noted_as_soon_as_it_was_written_out(journal: Journal, clock: ManualClock) -> None:
    told = ToldAnswers(journal, clock)

    async with running(told.run):
        await at_rest(clock)
        told.add(1, None)
        told.add(2, None)
        await at_rest(clock)

        assert await one(journal, UNNOTED) == 1


async def test_what_was_written_out_last_is_noted_before_the_end(journal: Journal, clock: ManualClock) -> None:
    told = ToldAnswers(journal, clock)

    async with running(told.run) as stop:
        await at_rest(clock)
        stop.set()
        for order_id in (1, 2, 3):
            told.add(order_id, None)

    assert await one(journal, UNNOTED) == 0


async def test_a_busy_journal_is_told_again_and_nothing_is_forgotten(
    journal: Journal, clock: ManualClock, tmp_path: Path
) -> None:
    told = ToldAnswers(journal, clock)

    async with running(told.run):
        await at_rest(clock)
        async with journals.made_busy(journal, tmp_path):
            told.add(1, None)
            await at_rest(clock)
        told.add(2, None)
        clock.advance(TRY_AGAIN)
        await at_rest(clock)

    assert await rows(journal, "SELECT id FROM orders WHERE answered_at IS NULL") == [(3,)]
