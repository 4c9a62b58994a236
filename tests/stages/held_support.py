"""What the tests of held, resent and abandoned files share: a yard with a journal, and a death in the middle."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from bridge.journal import Journal
from bridge.journal.records import CurrentDrop, RenderedDrop
from tests.stages.drop_support import SECOND, Yard
from tests.support import journals
from tests.support.journals import admit, drop
from tests.support.running import at_rest, running

NAME = "ORDERS_48447_000001.csv"
CONTENT = b"48447;1\r\n"


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


@pytest.fixture
async def journal(tmp_path: Path, yard: Yard) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        yield journal


def held(yard: Yard) -> dict[str, bytes]:
    folder = yard.outbox / ".held"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


async def render(order_id: int, target: str) -> RenderedDrop:
    """Today's mapping says more than yesterday's."""
    assert (order_id, target) == (1, "erp")
    return drop("48447", 2)


async def a_second(yard: Yard) -> None:
    await at_rest(yard.clock)
    yard.clock.advance(SECOND)
    await at_rest(yard.clock)


async def seen(journal: Journal) -> CurrentDrop:
    return (await journal.acts.current(1))[0]


async def died_at(journal: Journal, yard: Yard, step: Literal["staged", "renamed", "published"]) -> None:
    """The journal and the folder as a process leaves them that dies after this step of publishing its first order."""
    await admit(journal)
    await started_again(journal, yard)
    if step == "staged":
        (yard.outbox / NAME).rename(yard.staging / f"{NAME}.part")
    if step != "published":
        await journals.meddle(journal, "UPDATE drops SET state = 'staged', published_at = NULL")
    yard.new_wire()


async def started_again(journal: Journal, yard: Yard) -> None:
    """A stage as after a start, until it has come to rest."""
    yard.new_wire()
    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
