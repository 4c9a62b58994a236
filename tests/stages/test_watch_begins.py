"""An inbox whose journal cannot be read when it begins: it waits, forgets nothing, and ends nothing."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from sqlite_utils import Database

from bridge.clock import SystemClock
from bridge.errors import ErrorName, TransientError
from bridge.journal import Journal
from tests.stages.watch_support import Yard, answer, until
from tests.support.journals import rows

T = TypeVar("T")


class BusyAtFirst(Journal):
    """A journal of which the first reads after `refuse` fail as a busy one does."""

    refused = 0

    async def read(self, question: Callable[[Database], T]) -> T:
        if self.refused:
            self.refused -= 1
            raise TransientError("database is locked", name=ErrorName.JOURNAL_BUSY)
        return await super().read(question)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[BusyAtFirst]:
    journal = BusyAtFirst(tmp_path / "var" / "bridge.db", SystemClock())
    (tmp_path / "var").mkdir()
    await journal.open()
    yield journal
    await journal.close()


async def test_a_journal_that_is_busy_when_an_inbox_begins_only_delays_it(journal: BusyAtFirst, tmp_path: Path) -> None:
    yard = Yard(tmp_path, journal)
    yard.inbox.mkdir()
    await yard.admit("48447")
    (yard.inbox / "ORDRSP_1.json").write_bytes(answer("48447"))
    journal.refused = 2

    async with yard.watching():
        await until(lambda: not list(yard.inbox.glob("*.json")))

    assert journal.refused == 0
    assert await rows(journal, "SELECT verdict FROM acknowledgements") == [("applied",)]
