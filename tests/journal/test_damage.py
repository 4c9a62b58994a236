"""Copies of a journal, and what happens when its file is damaged."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bridge.errors import ErrorName, FatalError, TransientError
from bridge.journal import Journal
from bridge.journal.records import AlertFound
from tests.support.clock import ManualClock
from tests.support.journals import admission, admit, one, opened, rows


async def journal_with_damage(folder: Path, table: str) -> None:
    """Leaves a journal behind in which a page of one table was overwritten."""
    database = folder / "bridge.db"
    async with opened(folder) as journal:
        await admit(journal)
    with closing(sqlite3.connect(database)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", [table]).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with database.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xa5" * size)


async def test_a_whole_journal_has_no_finding(journal: Journal) -> None:
    await admit(journal)

    assert await journal.check() is None


async def test_damage_stops_admission_and_nothing_else(tmp_path: Path) -> None:
    await journal_with_damage(tmp_path, "conflicts")
    async with opened(tmp_path) as journal:
        finding = await journal.check()

        with pytest.raises(TransientError) as caught:
            await journal.admit(admission("48448", 2), keep_conflicts=True)

        assert finding
        assert caught.value.name is ErrorName.JOURNAL_DAMAGED
        assert await journal.find("48447") is not None
        await journal.note_answered([(1, None)])


async def test_damage_met_by_a_change_ends_the_journal(tmp_path: Path) -> None:
    await journal_with_damage(tmp_path, "alerts")
    async with opened(tmp_path) as journal:
        failing = asyncio.ensure_future(journal.failure())

        with pytest.raises(FatalError):
            await journal.compare_alerts([AlertFound("disk_low", "var", "page", "little space")])

        assert (await failing).name is ErrorName.JOURNAL_DAMAGED
        with pytest.raises(FatalError):
            await journal.admit(admission("48448", 2), keep_conflicts=True)


async def test_damage_met_by_a_question_ends_the_journal(tmp_path: Path) -> None:
    await journal_with_damage(tmp_path, "rejects")
    async with opened(tmp_path) as journal:
        with pytest.raises(FatalError):
            await journal.stored_reject(1)

        assert (await journal.failure()).name is ErrorName.JOURNAL_DAMAGED


async def test_a_question_that_cannot_be_answered_now_may_come_again(journal: Journal) -> None:
    with pytest.raises(TransientError):
        await rows(journal, "SELECT * FROM no_such_table")

    assert await rows(journal, "SELECT 1") == [(1,)]


async def test_a_copy_is_complete_and_opens_as_a_journal(journal: Journal, tmp_path: Path) -> None:
    for number in range(50):
        await admit(journal, f"R{number}")
    copy = tmp_path / "backup" / "2026-11-21" / "bridge.db"

    await journal.copy(copy)

    async with opened(copy.parent, ManualClock()) as restored:
        assert await one(restored, "SELECT count(*) FROM orders") == 50
        assert await rows(restored, "SELECT * FROM events") == await rows(journal, "SELECT * FROM events")
        assert await restored.check() is None
        assert await restored.take_control("erp") == 101


async def test_a_copy_is_for_the_bridge_s_eyes_only_and_stands_alone(journal: Journal, tmp_path: Path) -> None:
    copy = tmp_path / "backup" / "bridge.db"

    await journal.copy(copy)

    assert copy.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in copy.parent.iterdir()] == ["bridge.db"]


async def test_a_copy_replaces_the_one_before_and_clears_a_half_done_one(journal: Journal, tmp_path: Path) -> None:
    copy = tmp_path / "backup" / "bridge.db"
    await journal.copy(copy)
    await admit(journal)
    (copy.parent / ".bridge.db.part").write_bytes(b"half done")

    await journal.copy(copy)

    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)
    assert not (copy.parent / ".bridge.db.part").exists()


async def test_a_copy_that_cannot_be_made_leaves_nothing_behind(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "backup").write_bytes(b"a file where a folder should be")

    with pytest.raises(TransientError) as caught:
        await journal.copy(tmp_path / "backup" / "bridge.db")

    assert caught.value.name is ErrorName.FILE_NOT_WRITTEN
