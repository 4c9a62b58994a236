"""Nightly copies: at three in the morning, once a day, a bounded number of them, and no silence when they fail."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.journal import Journal
from bridge.stages.monitor.keeping import Copies, Keeping, is_due
from tests.support import journals
from tests.support.clock import ManualClock

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 2, 1, 30, tzinfo=UTC))  # half past two in Stockholm


@pytest.fixture
async def journal(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, clock) as opened:
        yield opened


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("local", "there", "due"),
    [
        ("2026-03-02 02:59", [], False),
        ("2026-03-02 03:00", [], True),
        ("2026-03-02 03:10", ["bridge-2026-03-02.db"], False),
        ("2026-03-02 03:10", ["bridge-2026-03-01.db", "notes.txt"], True),
        ("2026-03-02 14:00", [], False),
        ("2026-03-02 14:00", ["bridge-2026-03-01.db"], True),
        ("2026-03-02 02:00", ["bridge-2026-03-01.db"], False),
    ],
)
def test_a_copy_is_due_in_the_night_or_when_a_night_was_missed(local: str, there: list[str], *, due: bool) -> None:
    assert is_due(datetime.fromisoformat(local).replace(tzinfo=STOCKHOLM), there) is due


async def test_a_copy_is_made_once_a_night_and_can_be_opened(
    tmp_path: Path, clock: ManualClock, journal: Journal
) -> None:
    folder = tmp_path / "backup"
    keeping = Keeping(journal, clock, Copies(folder, 2, STOCKHOLM))
    await journals.admit(journal)

    for _ in range(4):
        await keeping.look()
        clock.advance(timedelta(minutes=20))

    assert names(folder) == ["bridge-2026-03-02.db"]
    with closing(sqlite3.connect(folder / "bridge-2026-03-02.db")) as copy:
        assert copy.execute("SELECT order_ref FROM orders").fetchall() == [("48447",)]


async def test_only_the_newest_copies_stay(tmp_path: Path, clock: ManualClock, journal: Journal) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    for name in ("bridge-2026-02-27.db", "bridge-2026-02-28.db", "bridge-2026-03-01.db", "mine.db"):
        (folder / name).touch()
    clock.advance(timedelta(hours=1))

    await Keeping(journal, clock, Copies(folder, 2, STOCKHOLM)).look()

    assert names(folder) == ["bridge-2026-03-01.db", "bridge-2026-03-02.db", "mine.db"]


async def test_a_copy_that_fails_is_an_alert_until_one_succeeds(
    tmp_path: Path, clock: ManualClock, journal: Journal
) -> None:
    folder = tmp_path / "backup"
    folder.write_text("a file where the folder should be")
    clock.advance(timedelta(hours=1))
    keeping, stop = Keeping(journal, clock, Copies(folder, 2, STOCKHOLM)), asyncio.Event()

    async with asyncio.TaskGroup() as group:
        group.create_task(keeping.run(stop))
        await clock.until_waiting()
        while_failing = [alert.kind for alert in keeping.findings()]
        folder.unlink()
        clock.advance(timedelta(minutes=10))
        while keeping.findings():  # noqa: ASYNC110 - the copy is made on a thread
            await asyncio.sleep(0.01)
        stop.set()

    assert while_failing == ["backup_failed"]
    assert names(folder) == ["bridge-2026-03-02.db"]
