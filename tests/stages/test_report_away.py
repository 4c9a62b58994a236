"""While Norce is away one report is the probe, and the others neither try nor wait."""

from datetime import timedelta

import pytest

from bridge.errors import ErrorName, TransientError
from bridge.journal import Journal
from bridge.norce.reports import Body
from tests.stages.drop_support import SECOND
from tests.stages.test_report import Norce, clock, counters, failing, journal, norce, owe, stage_of
from tests.support.clock import ManualClock
from tests.support.journals import rows
from tests.support.running import at_rest, running

__all__ = ["clock", "counters", "journal", "norce"]

GONE = TransientError("nobody there", name=ErrorName.NORCE_UNREACHABLE)


async def attempts(journal: Journal) -> list[int]:
    return sorted(row[0] for row in await rows(journal, "SELECT attempts FROM reports"))


async def test_nobody_tries_while_norce_is_closed_and_all_go_at_once_afterwards(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    for ref in ("48447", "48448", "48449"):
        await owe(journal, clock, ref=ref)
    norce.is_away, norce.closed_for = True, timedelta(minutes=1)

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)
        clock.advance(15 * SECOND)
        await at_rest(clock)
        before = (len(norce.told), await attempts(journal))
        norce.is_away, norce.closed_for = False, timedelta()
        clock.advance(15 * SECOND)
        await at_rest(clock)

    assert before == (0, [0, 0, 0])
    assert len(norce.told) == 3


async def test_a_probe_that_fails_is_one_orders_attempt(journal: Journal, clock: ManualClock, norce: Norce) -> None:
    for ref in ("48447", "48448", "48449"):
        await owe(journal, clock, ref=ref)

    async def gone(body: Body) -> None:
        norce.closed_for = timedelta(minutes=1)
        await failing(GONE)(body)

    norce.is_away, norce.cue = True, gone
    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)

    assert await attempts(journal) == [0, 0, 1]


@pytest.mark.parametrize("number", [2, 5])
async def test_a_probe_that_is_answered_lets_the_others_follow(
    journal: Journal, clock: ManualClock, norce: Norce, number: int
) -> None:
    for ref in range(48447, 48447 + number):
        await owe(journal, clock, ref=str(ref))

    async def back(_: Body) -> None:
        norce.is_away = False

    norce.is_away, norce.after = True, back
    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)

    assert len(norce.told) == number
