"""A bridge killed while people hold, release, resend, abandon and make anew: what was acknowledged stands.

The same judges as in ``test_kills.py``; besides, no name that was promised to be out of the ERP's sight is ever seen in
the outbox, and nothing is done twice. A patient ERP lets people finish; an eager one is often quicker than they are.
"""

import asyncio
from pathlib import Path

import pytest

from tests.crash.people import BY_API, BY_FILE, Scripts
from tests.crash.plants import PLANTS_OF_ACTS
from tests.crash.test_kills import LATER, complaints, run_all
from tests.crash.trial import Plan

FIRST_ACT, LAST_STEP = 130, 660
LAST_STEP_BY_FILE = 280
LANES = 3

a_few_lives = pytest.mark.timeout(120)


def patient(*kills: int | None, acts: Scripts = BY_API, plant: str = "") -> Plan:
    return Plan(kills=kills, acts=acts, erp_is_patient=True, plant=plant)


def eager(*kills: int | None, acts: Scripts = BY_API) -> Plan:
    return Plan(kills=kills, acts=acts, erp_waits_s=LATER)


async def killed(folder: Path, plans: list[Plan], *, until_complaint: bool = False) -> tuple[int, list[str]]:
    """How many bridges were killed, and the complaints. Trials mostly wait; so there are several worlds at once."""
    parts = [plans[lane::LANES] for lane in range(LANES)]
    runs = (run_all(folder / str(lane), part, until_complaint=until_complaint) for lane, part in enumerate(parts))
    found = await asyncio.gather(*runs)
    told = [complaint for part, stories in zip(parts, found, strict=True) for complaint in complaints(stories, part)]
    return sum(story.killed for stories in found for story in stories), told


@a_few_lives
async def test_a_kill_at_any_step_of_an_act_leaves_what_was_acknowledged(tmp_path: Path) -> None:
    plans = [
        patient(acts=BY_FILE),
        *(patient(step) for step in (170, 290, 410, 530)),
        patient(160, acts=BY_FILE),
        eager(230),
    ]

    kills, told = await killed(tmp_path, plans)

    assert "\n".join(told) == ""
    assert kills >= len(plans) // 2


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_kill_at_each_step_of_acts_before_a_patient_erp(tmp_path: Path) -> None:
    plans = [patient(step) for step in range(FIRST_ACT, LAST_STEP, 2)]

    _, told = await killed(tmp_path, plans)

    assert "\n".join(told) == ""


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_kill_at_each_step_of_acts_beside_an_eager_erp(tmp_path: Path) -> None:
    plans = [eager(step) for step in range(FIRST_ACT, LAST_STEP, 5)]
    plans += [eager(step, acts=BY_FILE) for step in range(100, LAST_STEP_BY_FILE, 6)]

    _, told = await killed(tmp_path, plans)

    assert "\n".join(told) == ""


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_kill_at_each_step_of_acts_by_a_file_named_hold(tmp_path: Path) -> None:
    plans = [patient(step, acts=BY_FILE) for step in range(90, LAST_STEP_BY_FILE, 2)]

    _, told = await killed(tmp_path, plans)

    assert "\n".join(told) == ""


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_second_kill_while_an_act_is_taken_up_again_changes_nothing(tmp_path: Path) -> None:
    plans = [patient(first, second) for first in range(150, 600, 50) for second in range(25, 200, 25)]

    _, told = await killed(tmp_path, plans)

    assert "\n".join(told) == ""


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", PLANTS_OF_ACTS)
async def test_a_fault_planted_into_acts_is_noticed(tmp_path: Path, fault: str) -> None:
    plans = [patient(step, plant=fault) for step in range(FIRST_ACT, 900, 15)]

    _, told = await killed(tmp_path, plans, until_complaint=True)

    assert told != []
