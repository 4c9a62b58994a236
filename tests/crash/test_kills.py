"""Each trial kills a real process with SIGKILL at one step and compares the books of Norce, ERP and journal.

A whole run makes some two hundred steps (before and after each write, sync, rename, unlink, commit). CI takes a
share of them; ``make soak`` takes each one, with an ERP that fetches at once and one that waits, and kills recovery
too.
"""

from pathlib import Path

import pytest

from tests.crash.plants import PLANTS
from tests.crash.trial import Plan, Story, Trial
from tests.crash.world import Norce, mother

AT_ONCE, LATER = 0.0, 0.25
LAST_STEP = 220
SHARE = 24
a_trial_is_two_lives = pytest.mark.timeout(120)


async def run_all(folder: Path, plans: list[Plan], *, until_complaint: bool = False) -> list[Story]:
    norce = Norce()
    runner = await norce.start()
    stories: list[Story] = []
    try:
        async with mother() as forks:
            for number, plan in enumerate(plans):
                stories.append(await Trial(folder / str(number), forks, norce, plan).run())
                if until_complaint and stories[-1].complaints:
                    break
    finally:
        await runner.cleanup()
    return stories


def complaints(stories: list[Story], plans: list[Plan]) -> list[str]:
    told = zip(plans, stories, strict=False)
    return [f"killed at {plan.kills}: {complaint}" for plan, story in told for complaint in story.complaints]


@a_trial_is_two_lives
async def test_a_run_that_nobody_kills_leaves_the_books_right(tmp_path: Path) -> None:
    (story,) = await run_all(tmp_path, [Plan()])

    assert story.complaints == []
    assert story.steps > SHARE


@a_trial_is_two_lives
@pytest.mark.parametrize(("offset", "erp_waits_s"), [(5, AT_ONCE), (17, LATER)], ids=["erp_takes_at_once", "erp_waits"])
async def test_a_kill_at_any_step_loses_nothing_and_doubles_nothing(
    tmp_path: Path, erp_waits_s: float, offset: int
) -> None:
    plans = [Plan(kills=(step,), erp_waits_s=erp_waits_s) for step in range(offset, LAST_STEP, SHARE)]

    stories = await run_all(tmp_path, plans)

    assert complaints(stories, plans) == []
    assert sum(story.killed for story in stories) > len(plans) // 2


@a_trial_is_two_lives
async def test_a_second_kill_during_recovery_changes_nothing(tmp_path: Path) -> None:
    plans = [Plan(kills=(first, second)) for first in (70, 100, 140) for second in (25, 60)]

    stories = await run_all(tmp_path, plans)

    assert complaints(stories, plans) == []
    assert sum(story.killed for story in stories) > len(plans)


@a_trial_is_two_lives
@pytest.mark.parametrize("fault", PLANTS)
async def test_a_planted_fault_is_noticed(tmp_path: Path, fault: str) -> None:
    plans = [Plan(kills=(step,), plant=fault) for step in range(60, 260, 15)]

    stories = await run_all(tmp_path, plans, until_complaint=True)

    assert complaints(stories, plans) != []


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("erp_waits_s", [AT_ONCE, LATER], ids=["erp_takes_at_once", "erp_waits"])
async def test_a_kill_at_each_step_loses_nothing_and_doubles_nothing(tmp_path: Path, erp_waits_s: float) -> None:
    plans = [Plan(kills=(step,), erp_waits_s=erp_waits_s) for step in range(1, LAST_STEP)]

    stories = await run_all(tmp_path, plans)

    assert complaints(stories, plans) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_second_kill_at_any_step_of_recovery_changes_nothing(tmp_path: Path) -> None:
    plans = [Plan(kills=(first, second)) for first in range(40, LAST_STEP, 12) for second in range(5, 160, 12)]

    stories = await run_all(tmp_path, plans)

    assert complaints(stories, plans) == []
