"""A copy put back: nothing is sent by itself, no number is given twice, and the old journal is kept."""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.errors import ErrorName, PermanentError, TransientError
from bridge.journal import Journal
from bridge.journal.restore import CONTROLS_SKIPPED, Restored, check, restore
from bridge.states import DropState, HeldReason
from tests.support.clock import START, ManualClock
from tests.support.journals import (
    ack,
    admit,
    drop_state,
    one,
    opened,
    order_state_of,
    recording,
    reports_of,
    rows,
    settle,
)

LATER = START + timedelta(days=1)


def content(path: Path) -> bytes:
    return path.read_bytes()


def put(path: Path) -> None:
    path.write_bytes(b"half done")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "backup" / "bridge-2026-03-02.db"


async def one_of_each(journal: Journal) -> None:
    """Orders whose files are held, staged, published and answered, and one that waits in the queue."""
    await admit(journal, "held")
    await settle(journal, DropState.HELD, reason=HeldReason.COLLISION)
    await admit(journal, "answered")
    await settle(journal, DropState.STAGED)
    await settle(journal, DropState.PUBLISHED)
    await journal.record(recording(ack("answered")))
    await admit(journal, "published")
    await settle(journal, DropState.STAGED)
    await settle(journal, DropState.PUBLISHED)
    await admit(journal, "staged")
    await settle(journal, DropState.STAGED)
    await admit(journal, "queued")


async def test_after_a_restore_nothing_is_sent_by_itself_and_what_is_owed_to_norce_stays_owed(
    tmp_path: Path, copy: Path
) -> None:
    async with opened(tmp_path) as journal:
        await one_of_each(journal)
        await journal.copy(copy)

    found = restore(tmp_path / "bridge.db", copy, LATER)

    assert (found.orders, found.uncertain, found.owed, found.latest) == (5, 3, 1, START)
    async with opened(tmp_path) as journal:
        assert await journal.drops.due("erp") == []
        states = {ref: await drop_state(journal, ref) for ref in ("held", "staged", "queued", "published", "answered")}
        assert states == {
            "held": "uncertain",
            "staged": "uncertain",
            "queued": "uncertain",
            "published": "published",
            "answered": "answered",
        }
        assert await order_state_of(journal, "queued") == "held"
        assert [state for *_, state in await reports_of(journal, "answered")] == ["owed"]
        kinds = await rows(journal, "SELECT kind FROM events ORDER BY id DESC LIMIT 4")
        assert kinds == [("journal_restored",), ("uncertain",), ("uncertain",), ("uncertain",)]


async def test_an_answer_settles_what_a_restore_made_uncertain(tmp_path: Path, copy: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await journal.copy(copy)
    restore(tmp_path / "bridge.db", copy, LATER)

    async with opened(tmp_path) as journal:
        await journal.record(recording(ack()))

        assert await drop_state(journal) == "answered"


async def test_control_numbers_go_on_behind_those_given_out_since_the_copy(tmp_path: Path, copy: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await journal.copy(copy)
        for _ in range(150):
            last = await journal.take_control("erp")

    restore(tmp_path / "bridge.db", copy, LATER)

    async with opened(tmp_path) as journal:
        assert await journal.take_control("erp") > last


@pytest.mark.parametrize("old", [None, b"not a database at all"])
async def test_without_a_readable_old_journal_control_numbers_jump(
    tmp_path: Path, copy: Path, old: bytes | None
) -> None:
    async with opened(tmp_path / "elsewhere") as journal:
        await admit(journal)
        await journal.copy(copy)
    if old is not None:
        (tmp_path / "bridge.db").write_bytes(old)

    found = restore(tmp_path / "bridge.db", copy, LATER)

    assert (found.kept_as.read_bytes() if found.kept_as else None) == old
    async with opened(tmp_path) as journal:
        assert await journal.take_control("erp") > CONTROLS_SKIPPED


async def test_the_old_journal_is_kept_whole_beside_the_new_one_and_the_copy_stays_as_it_was(
    tmp_path: Path, copy: Path
) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal, "1")
        await journal.copy(copy)
        await admit(journal, "2")
    before = content(copy)

    found = restore(tmp_path / "bridge.db", copy, LATER)

    assert found.kept_as == tmp_path / "bridge-before-2026-03-03-090000.db"
    with closing(sqlite3.connect(found.kept_as)) as kept:
        assert kept.execute("SELECT order_ref FROM orders ORDER BY id").fetchall() == [("1",), ("2",)]
    assert content(copy) == before
    assert names(copy.parent) == [copy.name]
    assert names(tmp_path) == [
        "backup",
        "bridge-before-2026-03-03-090000.db",
        "bridge.db",
        "bridge.lock",
    ]
    async with opened(tmp_path, ManualClock()) as journal:
        assert await one(journal, "SELECT order_ref FROM orders") == "1"
        assert await journal.check() is None


async def test_a_log_that_a_kill_left_is_not_folded_into_the_new_journal(tmp_path: Path, copy: Path) -> None:
    async with opened(tmp_path / "live") as journal:
        await admit(journal, "1")
        await journal.copy(copy)
        await admit(journal, "2")
        for name in ("bridge.db", "bridge.db-wal"):
            (tmp_path / name).write_bytes((tmp_path / "live" / name).read_bytes())

    found = restore(tmp_path / "bridge.db", copy, LATER)

    async with opened(tmp_path) as journal:
        assert await rows(journal, "SELECT order_ref FROM orders") == [("1",)]
    with closing(sqlite3.connect(found.kept_as or "")) as kept:
        assert kept.execute("SELECT count(*) FROM orders").fetchone() == (2,)


async def test_a_running_bridge_keeps_its_journal(tmp_path: Path, copy: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await journal.copy(copy)

        with pytest.raises(TransientError) as caught:
            restore(tmp_path / "bridge.db", copy, LATER)

        assert caught.value.name is ErrorName.JOURNAL_LOCKED
        assert await drop_state(journal) == "queued"


def spoilt(copy: Path, how: str) -> None:
    match how:
        case "garbage":
            copy.write_bytes(b"garbage" * 1000)
        case "empty":
            copy.write_bytes(b"")
        case "torn":
            copy.write_bytes(copy.read_bytes()[:-8192])
        case "another database":
            copy.unlink()
            with closing(sqlite3.connect(copy)) as connection:
                connection.execute("CREATE TABLE t (a)")
        case "a newer bridge":
            with closing(sqlite3.connect(copy)) as connection, connection:
                connection.execute("UPDATE _sqlite_migrations SET name = 'm9999_from_tomorrow' WHERE id = 1")


@pytest.mark.parametrize("how", ["garbage", "empty", "torn", "another database", "a newer bridge"])
async def test_what_is_no_whole_journal_of_ours_is_refused_and_nothing_changes(
    tmp_path: Path, copy: Path, how: str
) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await journal.copy(copy)
    before = (tmp_path / "bridge.db").read_bytes()
    spoilt(copy, how)

    with pytest.raises(PermanentError) as caught:
        restore(tmp_path / "bridge.db", copy, LATER)

    assert caught.value.hint
    assert (tmp_path / "bridge.db").read_bytes() == before
    async with opened(tmp_path) as journal:
        assert await drop_state(journal) == "queued"


async def test_a_copy_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as caught:
        check(tmp_path / "nowhere.db")

    assert caught.value.name is ErrorName.NOT_FOUND


async def test_a_copy_is_put_back_twice_like_once(tmp_path: Path, copy: Path) -> None:
    async with opened(tmp_path) as journal:
        await one_of_each(journal)
        await journal.copy(copy)

    first = restore(tmp_path / "bridge.db", copy, LATER)
    second = restore(tmp_path / "bridge.db", copy, LATER)

    def numbers(found: Restored) -> tuple[int, int, int]:
        return found.orders, found.uncertain, found.owed

    assert numbers(first) == numbers(second)
    assert first.kept_as != second.kept_as


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
async def test_what_root_restores_belongs_to_the_bridges_user(tmp_path: Path, copy: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.copy(copy)
    os.chown(tmp_path / "bridge.db", 12345, 12346)

    restore(tmp_path / "bridge.db", copy, LATER)

    status = os.stat(tmp_path / "bridge.db")  # noqa: PTH116 - a name that the loop's own rule leaves alone
    assert (status.st_uid, status.st_gid) == (12345, 12346)


async def test_what_a_killed_restore_left_is_in_nobodys_way(tmp_path: Path, copy: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await journal.copy(copy)
    for name in (".bridge.db.restoring", ".bridge.db.restoring-journal"):
        put(tmp_path / name)

    restore(tmp_path / "bridge.db", copy, LATER)

    assert not [name for name in names(tmp_path) if name.startswith(".")]
    async with opened(tmp_path) as journal:
        assert await drop_state(journal) == "uncertain"
