"""What a kill cannot show of copies and of putting them back: what is synced before what, and what is left behind."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ErrorName, PermanentError
from bridge.journal import backup
from bridge.journal.restore import restore
from tests.support.clock import START
from tests.support.journals import admit, drop_state, opened

LATER = START + timedelta(days=1)
PAGE = 4096


def written_down(monkeypatch: pytest.MonkeyPatch, place: Path) -> list[str]:
    """The syncs and changes of names from here on, in their order; each is still done."""
    seen: list[str] = []

    def name(of: object) -> str:
        path = Path(f"/proc/self/fd/{of}").readlink() if isinstance(of, int) else Path(str(of))
        return "folder" if path == place else path.name

    def around(act: Callable[..., Any], what: str) -> Callable[..., Any]:
        def done(first: object, *rest: Any, **more: Any) -> Any:
            seen.append(f"{what} {name(first)}")
            return act(first, *rest, **more)

        return done

    for what in ("fsync", "replace", "link"):
        monkeypatch.setattr(os, what, around(getattr(os, what), what))
    return seen


async def test_a_copy_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)

        seen = written_down(monkeypatch, tmp_path)
        backup.copy(tmp_path / "bridge.db", tmp_path / "copy.db")

    assert seen == ["fsync .copy.db.part", "replace .copy.db.part", "fsync folder"]


async def test_a_restored_journal_is_on_the_disk_before_it_takes_the_old_ones_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await journal.copy(tmp_path / "copy.db")

    seen = written_down(monkeypatch, tmp_path)
    restore(tmp_path / "bridge.db", tmp_path / "copy.db", LATER)

    assert seen == ["fsync .bridge.db.restoring", "link bridge.db", "replace .bridge.db.restoring", "fsync folder"]


async def test_a_log_that_somebody_still_reads_goes_aside_with_the_old_journal(tmp_path: Path) -> None:
    """It cannot be folded then; beside the new journal it would be folded into that."""
    async with opened(tmp_path / "live") as journal:
        await admit(journal)
        await journal.copy(tmp_path / "copy.db")
        await admit(journal, "48448")
        for name in ("bridge.db", "bridge.db-wal"):
            (tmp_path / name).write_bytes((tmp_path / "live" / name).read_bytes())

    with closing(sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM orders").fetchone()
        restore(tmp_path / "bridge.db", tmp_path / "copy.db", LATER)

        assert not (tmp_path / "bridge.db-wal").exists()
    async with opened(tmp_path) as journal:
        assert await drop_state(journal) == "uncertain"


async def test_a_copy_with_a_damaged_page_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await journal.copy(tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        (page,) = copy.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'orders'").fetchone()
    content = (tmp_path / "copy.db").read_bytes()
    start = (page - 1) * PAGE
    (tmp_path / "copy.db").write_bytes(content[:start] + b"\xff" * PAGE + content[start + PAGE :])

    with pytest.raises(PermanentError, match="is damaged") as caught:
        restore(tmp_path / "bridge.db", tmp_path / "copy.db", LATER)

    assert caught.value.name is ErrorName.JOURNAL_DAMAGED
    async with opened(tmp_path) as journal:
        assert await drop_state(journal) == "queued"


async def test_a_target_that_the_copy_does_not_know_gets_no_number_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await journal.copy(tmp_path / "copy.db")
        given = await journal.take_control("wms")

    restore(tmp_path / "bridge.db", tmp_path / "copy.db", LATER)

    async with opened(tmp_path) as journal:
        assert await journal.take_control("wms") > given
