"""A copy made or put back by a process that is killed at each step: the old journal or the new one, never neither."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bridge.journal.restore import check
from tests.crash.world import Mother, mother
from tests.support.journals import admit, opened

BEFORE, SINCE = "48447", "48448"
OLD = [(BEFORE, "queued"), (SINCE, "queued")]
NEW = [(BEFORE, "uncertain")]
A_RUN_AT_MOST = 200

many_short_lives = pytest.mark.timeout(60)


async def carried_out(forks: Mother, do: str, folder: Path, kill_at: int | None = None) -> int:
    """How the process ended; one that is not killed must end well."""
    await forks.begin(do, folder, kill_at)
    while "ended" not in (heard := await forks.hear()):
        continue
    assert heard["ended"] in {0, -signal.SIGKILL}, (folder / "log").read_text()
    return int(heard["ended"])


def drops_in(database: Path) -> list[tuple[str, str]]:
    """What a bridge would go on with; looked at through a log that a death left, as the bridge would."""
    question = "SELECT o.order_ref, d.state FROM drops d JOIN orders o ON o.id = d.order_id ORDER BY o.id"
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return db.execute(question).fetchall()


async def write_journal(folder: Path) -> dict[str, bytes]:
    """A journal whose bridge was killed, so that its latest order is in the log only, and an older copy of it."""
    async with opened(folder) as journal:
        await admit(journal, BEFORE)
        await journal.copy(folder / "copy.db")
        await admit(journal, SINCE)
        return {name: (folder / name).read_bytes() for name in ("bridge.db", "bridge.db-wal", "copy.db")}


def laid_out(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@many_short_lives
async def test_a_restore_killed_at_any_step_leaves_the_old_journal_or_the_new_one(tmp_path: Path) -> None:
    """And the next restore ends well, with the old journal whole beside the new one."""
    files = await write_journal(tmp_path)
    found = []

    async with mother() as forks:
        for step in range(1, A_RUN_AT_MOST):
            folder = laid_out(tmp_path / str(step), files)
            is_over = await carried_out(forks, "restore", folder, step) == 0
            found.append(drops_in(folder / "bridge.db"))
            await carried_out(forks, "restore", folder)
            assert drops_in(folder / "bridge.db") == NEW
            assert OLD in [drops_in(path) for path in folder.glob("bridge-before-*.db")]
            assert not list(folder.glob(".*"))
            if is_over:
                break

    assert is_over
    assert [drops for drops in found if drops not in (OLD, NEW)] == []
    assert found == sorted(found, key=[OLD, NEW].index)
    assert found.count(OLD) > 20
    assert found[-1] == NEW


@many_short_lives
async def test_a_copy_killed_at_any_step_is_whole_or_absent_and_the_next_one_is_made(tmp_path: Path) -> None:
    files = await write_journal(tmp_path)
    del files["copy.db"]
    seen = set()

    async with mother() as forks:
        for step in range(1, A_RUN_AT_MOST):
            folder = laid_out(tmp_path / str(step), files)
            is_over = await carried_out(forks, "copy", folder, step) == 0
            seen.add((folder / "copy.db").exists())
            if (folder / "copy.db").exists():
                check(folder / "copy.db")
            await carried_out(forks, "copy", folder)
            assert drops_in(folder / "copy.db") == OLD
            if is_over:
                break

    assert is_over
    assert seen == {False, True}
