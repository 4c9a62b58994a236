"""One life of a bridge in a trial: from its start to its end, whether it was killed or finished its work."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Protocol

from tests.crash.world import Mother

Work = Callable[[int, int], Coroutine[None, None, None]]
"""What is done with a ready bridge, given the ports of its listeners, up to asking it to stop."""


class Story(Protocol):
    """What every kind of trial notes of its lives."""

    killed: int
    steps: int
    complaints: list[str]


async def one_life(mother: Mother, work: Work, story: Story, log: Path) -> bool:
    """True when this life was not killed; an end that nobody wished for is a complaint."""
    heard = await mother.hear()
    life: asyncio.Task[None] | None = None
    while "ended" not in heard:
        if "ready" in heard:
            life = asyncio.create_task(work(*heard["ready"]))
        story.steps = heard.get("steps", story.steps)
        heard = await mother.hear()
    if life is not None:
        life.cancel()
        await asyncio.wait([life])
    if heard["ended"] == -signal.SIGKILL:
        story.killed += 1
        return False
    if heard["ended"] != 0:
        story.complaints.append(f"it ended with {heard['ended']}: {_end_of(log)}")
    return True


def _end_of(log: Path) -> str:
    return log.read_text()[-800:]
