"""Who owns a journal, what opening it does, and that readers can only read."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.errors import ErrorName, FatalError, TransientError
from bridge.journal import Journal
from bridge.journal.lock import LockFile
from bridge.journal.threads import open_read_only
from tests.support.clock import START, ManualClock
from tests.support.journals import admission, admit, one, opened, rows

HOLDER = """
import sys, time
from pathlib import Path
from bridge.journal.lock import LockFile
lock = LockFile(Path(sys.argv[1]))
lock.take()
print("taken", flush=True)
time.sleep(60)
"""


async def test_a_second_journal_is_refused_within_two_seconds_and_told_who_owns_it(tmp_path: Path) -> None:
    async with opened(tmp_path):
        second = Journal(tmp_path / "bridge.db", SystemClock())
        began = time.monotonic()

        with pytest.raises(TransientError) as caught:
            await second.open()

        assert time.monotonic() - began < 2
        assert caught.value.name is ErrorName.JOURNAL_LOCKED
        assert f"pid {os.getpid()}" in caught.value.message


async def test_the_lock_is_free_again_after_closing(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass

    async with opened(tmp_path) as journal:
        assert await journal.find("48447") is None


def test_a_killed_owner_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / "bridge.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        lock = LockFile(path)
        with pytest.raises(TransientError, match=f"pid {holder.pid}"):
            lock.take(patience_s=0)
        holder.send_signal(signal.SIGKILL)
        holder.wait(5)

    lock.take(patience_s=0)
    lock.release()
    lock.release()


async def test_a_place_that_cannot_hold_a_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_bytes(b"a file where a folder should be")

    with pytest.raises(FatalError) as caught:
        await Journal(tmp_path / "var" / "bridge.db", SystemClock()).open()

    assert caught.value.name is ErrorName.JOURNAL_UNUSABLE
    assert "var" in caught.value.line()


async def test_a_failed_opening_gives_the_lock_back(tmp_path: Path) -> None:
    (tmp_path / "bridge.db").write_bytes(b"this is not a database at all" * 100)

    with pytest.raises(FatalError):
        await Journal(tmp_path / "bridge.db", SystemClock()).open()

    LockFile(tmp_path / "bridge.lock").take(patience_s=0)


async def test_opening_counts_answers_in_doubt_as_written_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.admit(admission("48447"), keep_conflicts=True)
        before = await one(journal, "SELECT answered_at FROM orders")

    async with opened(tmp_path, ManualClock()) as journal:
        after = await one(journal, "SELECT answered_at FROM orders")

    assert before is None
    assert after == START.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def test_opening_leaves_answers_that_were_noted_as_they_are(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        before = await one(journal, "SELECT answered_at FROM orders")
    later = ManualClock(START.replace(hour=23))

    async with opened(tmp_path, later) as journal:
        after = await one(journal, "SELECT answered_at FROM orders")

    assert after == before


async def test_what_was_admitted_is_there_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        drops = await rows(journal, "SELECT * FROM drops")

    async with opened(tmp_path) as journal:
        assert await rows(journal, "SELECT * FROM drops") == drops


@pytest.mark.parametrize(
    "act",
    [
        "DELETE FROM orders",
        "UPDATE orders SET state = 'dead'",
        "CREATE TABLE more (id INTEGER)",
        "PRAGMA journal_mode = DELETE",
    ],
)
async def test_a_reader_cannot_change_anything(journal: Journal, tmp_path: Path, act: str) -> None:
    await admit(journal)
    reader = open_read_only(tmp_path / "bridge.db")

    with closing(reader.conn), pytest.raises(sqlite3.OperationalError):
        reader.execute(act)

    assert await one(journal, "SELECT count(*) FROM orders") == 1


@pytest.mark.parametrize("act", ["UPDATE events SET kind = 'nothing'", "DELETE FROM events"])
async def test_invariant_10_events_are_never_changed(journal: Journal, tmp_path: Path, act: str) -> None:
    await admit(journal)
    before = await rows(journal, "SELECT * FROM events")

    with (
        closing(sqlite3.connect(tmp_path / "bridge.db")) as foreign,
        pytest.raises(sqlite3.IntegrityError, match="never changed"),
    ):
        foreign.execute(act)

    assert await rows(journal, "SELECT * FROM events") == before
    assert before
