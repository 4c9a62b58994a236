"""A real process is killed at one step while it collects answers from a real server, and started again.

A whole run makes some hundred steps: before and after each request to the server, each write, sync, rename and commit.
CI takes a few of them; ``make soak`` takes each one.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crash.collecting import SETTINGS, is_done
from tests.crash.trial import Story
from tests.crash.world import mother
from tests.stages.collect_support import answer, effects, with_seconds
from tests.support.journals import admit, opened, rows
from tests.support.needs import needs
from tests.transports.sshd import Sshd

pytestmark = [needs("sshd", "ssh-keygen"), pytest.mark.timeout(60)]
REFS = ("48447", "48448", "48449")
LIVES_AT_MOST = 3


async def prepare(place: Path, server: Sshd) -> None:
    for name in ("inbox/.work", "answers", "outbox"):
        (place / name).mkdir(parents=True)
    options = server.options(directory=str(place / "outbox"), answer_directory=str(place / "answers"))
    (place / SETTINGS).write_text(options.model_dump_json(exclude={"password", "poll", "timeout", "keepalive"}))
    assert json.loads((place / SETTINGS).read_text())["answer_directory"]
    async with opened(place) as journal:
        for ref in REFS:
            await admit(journal, ref)
    for number, ref in enumerate(REFS):
        path = place / "answers" / f"{ref}.json"
        path.write_bytes(answer(ref, number))
        with_seconds(path)


async def trials(folder: Path, kills: Sequence[int | None], plant: str = "") -> list[Story]:
    """One story for each step to be killed at: lives until the work is done, then the books compared."""
    server = Sshd(folder)
    stories = []
    try:
        async with mother() as forks:
            for kill_at in kills:
                place = folder / str(kill_at)
                await prepare(place, server)
                story = Story()
                for kill in [kill_at, *[None] * LIVES_AT_MOST]:
                    await forks.begin("collect", place, kill, plant if kill else "")
                    heard = await forks.hear()
                    while "ended" not in heard:
                        story.steps = heard.get("steps", story.steps)
                        heard = await forks.hear()
                    story.killed += heard["ended"] != 0
                    if heard["ended"] == 0:
                        break
                story.complaints += await compare(place, f"killed at {kill_at}")
                stories.append(story)
    finally:
        server.close()
    return stories


async def compare(place: Path, about: str) -> list[str]:
    """Each answer used once, and nothing of it left anywhere."""
    async with opened(place) as journal:
        used = await effects(journal)
        verdicts = [row[0] for row in await rows(journal, "SELECT verdict FROM acknowledgements")]
    wrong = [f"{about}: used {used}"] if used != [(ref, 1) for ref in REFS] else []
    if verdicts.count("applied") != len(REFS) or set(verdicts) - {"applied", "repeated"}:
        wrong.append(f"{about}: {verdicts}")
    return wrong + [f"{about}: left {name}" for name in left_over(place)]


def left_over(place: Path) -> list[str]:
    undone = [] if is_done(place) else ["something to collect"]
    return undone + [path.name for mask in (".collect*", "quarantine/*") for path in (place / "inbox").glob(mask)]


def complaints(stories: Sequence[Story]) -> list[str]:
    return [complaint for story in stories for complaint in story.complaints]


async def test_a_kill_while_collecting_uses_each_answer_once(tmp_path: Path) -> None:
    stories = await trials(tmp_path, (60, 75, 96, 110))

    assert complaints(stories) == []
    assert [story.killed for story in stories] == [1, 1, 1, 1]


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_a_kill_at_every_single_step_of_collecting_uses_each_answer_once(tmp_path: Path) -> None:
    (whole,) = await trials(tmp_path / "whole", [None])

    stories = await trials(tmp_path / "killed", range(1, whole.steps + 1, 1))

    assert complaints([whole, *stories]) == []
    assert sum(story.killed for story in stories) > whole.steps // 2


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_a_file_that_is_removed_before_it_is_kept_is_noticed(tmp_path: Path) -> None:
    stories = await trials(tmp_path, range(40, 100, 3), plant="remove_before_kept")

    assert complaints(stories)
