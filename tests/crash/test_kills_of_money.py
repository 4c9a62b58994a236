"""A kill around the call that captures money: nothing is captured twice, and what is in doubt waits for a person."""

from pathlib import Path

import pytest

from tests.crash.money import Plan, Story, Till, Trial
from tests.crash.plants import PLANTS_OF_MONEY
from tests.crash.world import mother

AROUND = 40
"""The last steps of a whole run are those of the invoice: begun, sent, settled, its file archived, the end."""

pytestmark = pytest.mark.timeout(120)


async def run_all(folder: Path, plans: list[Plan]) -> list[Story]:
    norce = Till()
    runner = await norce.start()
    stories: list[Story] = []
    try:
        async with mother() as forks:
            for number, plan in enumerate(plans):
                stories.append(await Trial(folder / str(number), forks, norce, plan).run())
    finally:
        await runner.cleanup()
    return stories


def complaints(stories: list[Story], plans: list[Plan]) -> list[str]:
    told = zip(plans, stories, strict=False)
    return [f"{plan}: {complaint}" for plan, story in told for complaint in story.complaints]


async def test_a_run_that_nobody_kills_captures_once_and_asks_nobody(tmp_path: Path) -> None:
    (story,) = await run_all(tmp_path, [Plan()])

    assert (story.complaints, story.retried) == ([], 0)
    assert story.steps > AROUND


@pytest.mark.parametrize("kills", [6, pytest.param(20, marks=pytest.mark.soak)])
async def test_kills_around_the_call_capture_nothing_twice(tmp_path: Path, kills: int) -> None:
    (whole,) = await run_all(tmp_path / "whole", [Plan()])
    plans = [Plan(kill_at=whole.steps - AROUND + number * AROUND // kills) for number in range(kills)]

    stories = await run_all(tmp_path, plans)

    assert complaints(stories, plans) == []
    assert sum(story.killed for story in stories) > kills // 2


async def test_a_kill_while_norce_works_leaves_the_invoice_in_doubt_until_a_person_has_looked(tmp_path: Path) -> None:
    plans = [Plan(kill_before=True), Plan(kill_after=True)]

    stories = await run_all(tmp_path, plans)

    assert complaints(stories, plans) == []
    assert [(story.killed, story.retried) for story in stories] == [(1, 1), (1, 1)]


async def settled(folder: Path, steps: list[int]) -> list[Story]:
    """Norce has the money and its answer is lost; then the bridge is killed at a step while a person says so."""
    plans = [Plan(kill_after=True, settles=True, kill_again=step) for step in steps]
    stories = await run_all(folder, plans)
    assert complaints(stories, plans) == []
    return stories


async def test_what_a_person_settled_is_never_sent_whenever_the_bridge_is_killed(tmp_path: Path) -> None:
    (whole,) = await settled(tmp_path / "whole", [10_000])

    stories = await settled(tmp_path, [whole.steps * part // 6 for part in (3, 5)])

    assert (whole.killed, whole.retried, whole.settled) == (1, 0, 1)
    assert sum(story.killed for story in stories) > len(stories) + 1
    assert all(story.retried == 0 for story in stories)


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_a_kill_at_each_step_around_a_persons_word_settles_once(tmp_path: Path) -> None:
    (whole,) = await settled(tmp_path / "whole", [10_000])

    stories = await settled(tmp_path, list(range(1, whole.steps + 1)))

    assert all(story.retried == 0 for story in stories)


@pytest.mark.parametrize("fault", PLANTS_OF_MONEY)
async def test_a_planted_fault_is_noticed(tmp_path: Path, fault: str) -> None:
    plans = [Plan(kill_after=True, plant=fault)]

    stories = await run_all(tmp_path, plans)

    assert complaints(stories, plans) != []
