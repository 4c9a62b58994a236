"""What the watch stage makes of answers: quarantine, repeats, any order, and death at any moment."""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.errors import ErrorName, FatalError
from bridge.journal import Journal
from bridge.journal.records import Recorded, Recording
from bridge.states import DropState
from tests.stages.watch_support import Yard, answer, journal, until, yard
from tests.support.patience import PATIENCE_S

__all__ = ["journal", "yard"]


async def test_an_unknown_reference_goes_to_quarantine_with_its_reason(yard: Yard) -> None:
    await yard.admit("48447")

    async with yard.watching():
        yard.put("A.json", answer("4844T"))
        await until(lambda: len(yard.quarantined()) == 2)

    text = yard.note("A.json")
    assert text.startswith("A.json could not be matched to an order.\n")
    assert '"4844T"' in text
    assert "Closest:   48447 (received 20" in text
    assert "erp-bridge quarantine retry A.json --order 48447" in text
    assert f"move it to {yard.inbox}/" in text
    assert "Europe/Stockholm · sha256 " in text
    assert text.endswith(" · try 1\n")
    [(kept_as,)] = await yard.ask("SELECT kept_as FROM inbox_files")
    assert kept_as == str(yard.inbox / "quarantine" / "A.json")


async def test_an_unreadable_file_is_quarantined_and_listed(yard: Yard) -> None:
    async with yard.watching():
        yard.put("A.json", b"{never json")
        await until(lambda: len(yard.quarantined()) == 2)

    assert yard.note("A.json").startswith("A.json could not be read.\n")
    [(outcome, reasons)] = await yard.ask("SELECT outcome, reasons FROM inbox_files")
    assert outcome == "quarantined"
    assert "not JSON" in reasons


async def test_the_good_part_of_a_file_counts_and_the_file_is_quarantined(yard: Yard) -> None:
    await yard.admit("1")

    async with yard.watching():
        yard.put("A.json", answer("1") + answer("nobody"))
        await until(lambda: len(yard.quarantined()) == 2)

    assert await yard.outcome("1") == "confirmed"
    assert yard.note("A.json").startswith("A.json could be used only in part.\n")
    assert "Used:      what it says of 1;" in yard.note("A.json")


async def test_of_an_order_whose_status_is_not_known_nothing_counts_and_the_note_says_so(yard: Yard) -> None:
    await yard.admit("1")

    async with yard.watching():
        yard.put("A.json", answer("1", "X9"))
        await until(lambda: len(yard.quarantined()) == 2)

    note = yard.note("A.json")
    assert note.startswith("A.json says of an order what is not understood, so nothing followed from it.\n")
    assert "Used:" not in note
    assert "[targets.erp.answer.status_map]" in note
    assert "correct the file" not in note


async def test_a_file_moved_back_is_tried_again(yard: Yard) -> None:
    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(lambda: len(yard.quarantined()) == 2)
        (yard.inbox / "quarantine" / "A.json").rename(yard.inbox / "A.json")
        await until(lambda: yard.counters.count("inbox_files_total", outcome="quarantined") == 2)
        await until(lambda: len(yard.quarantined()) == 2)
        assert yard.note("A.json").endswith(" · try 2\n")

        await yard.admit("1")
        (yard.inbox / "quarantine" / "A.json").rename(yard.inbox / "A.json")
        await until(yard.archived)

    assert await yard.outcome("1") == "confirmed"
    assert yard.quarantined() == []


async def test_two_quarantined_files_of_one_name_keep_a_note_each(yard: Yard) -> None:
    async with yard.watching():
        yard.put("A.json", answer("no1"))
        await until(lambda: len(yard.quarantined()) == 2)
        yard.put("A.json", answer("no2"))
        await until(lambda: len(yard.quarantined()) == 4)

    assert yard.quarantined() == ["A.json", "A.json.reason.txt", "A.json~2", "A.json~2.reason.txt"]
    assert "no2" in yard.note("A.json~2")


# States of the order


@pytest.mark.parametrize("state", [DropState.QUEUED, DropState.STAGED, DropState.PUBLISHED])
async def test_an_answer_is_taken_whatever_the_drop_has_come_to(yard: Yard, state: DropState) -> None:
    await yard.admit("1", state)

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(yard.archived)

    assert await yard.ask("SELECT state FROM drops") == [("answered",)]
    assert await yard.reports() == ["confirmed"]


async def test_invariant_8_the_same_answer_twice_changes_nothing(yard: Yard) -> None:
    await yard.admit("1")

    async with yard.watching():
        yard.put("A.json", answer("1"))
        yard.put("B.json", answer("1"))
        await until(lambda: len(yard.archived()) == 2)

    assert await yard.verdicts() == ["applied", "repeated"]
    assert await yard.reports() == ["confirmed"]
    assert yard.counters.count("inbox_files_total", outcome="repeated") == 1
    assert yard.counters.count("acknowledgements_total", result="accepted") == 1


async def test_what_is_new_in_a_file_is_counted_though_a_repeat_comes_before_it(yard: Yard) -> None:
    await yard.admit("1")
    await yard.admit("2")

    async with yard.watching():
        yard.put("A.json", answer("1", "changed"))
        await until(yard.archived)
        yard.put("B.json", answer("1", "changed") + answer("2", "rejected"))
        await until(lambda: len(yard.archived()) == 2)

    assert await yard.verdicts() == ["applied", "repeated", "applied"]
    assert yard.counters.count("acknowledgements_total", result="changed") == 1
    assert yard.counters.count("acknowledgements_total", result="refused") == 1


async def test_invariant_8_an_older_status_after_a_newer_one_is_stored_and_not_reported(yard: Yard) -> None:
    await yard.admit("1")

    async with yard.watching():
        yard.put("A.json", answer("1", "delivered"))
        await until(yard.archived)
        yard.put("B.json", answer("1", "confirmed"))
        await until(lambda: len(yard.archived()) == 2)

    assert await yard.verdicts() == ["applied", "older"]
    assert await yard.reports() == ["delivered"]


# Deaths and faults


async def test_invariant_7_a_file_stays_claimed_until_the_journal_has_it(yard: Yard) -> None:
    await yard.admit("1")
    yard.settings = replace(yard.settings, sweep=timedelta(seconds=0.1))
    blocker = _Lock(yard.root / "var" / "bridge.db")

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(yard.claims)
        await asyncio.sleep(0.2)
        assert yard.archived() == []
        assert len(yard.claims()) == 1
        blocker.close()
        await until(yard.archived)

    assert await yard.outcome("1") == "confirmed"


class _Lock:
    """A stranger that keeps the database to itself."""

    def __init__(self, database: Path) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        self._connection.rollback()
        self._connection.close()


async def test_claims_found_at_start_come_before_anything_new(yard: Yard) -> None:
    await yard.admit("1")
    for claim, status in (("00000000000000000002-b", "delivered"), ("00000000000000000001-a", "confirmed")):
        folder = yard.inbox / ".work" / claim
        folder.mkdir(parents=True)
        (folder / "A.json").write_bytes(answer("1", status))
    (yard.inbox / ".work" / "00000000000000000003-c").mkdir()
    newest = yard.put("B.json", answer("1", "invoiced"))
    os.utime(newest, (1, 1))

    async with yard.watching():
        await until(lambda: len(yard.archived()) == 3)

    assert await yard.reports() == ["confirmed", "delivered", "invoiced"]
    assert list((yard.inbox / ".work").iterdir()) == []


async def test_invariant_7_a_death_between_commit_and_move_applies_nothing_twice(yard: Yard) -> None:
    await yard.admit("1")
    mute = _Dying(yard.journal)
    folder = yard.inbox / ".work" / "00000000000000000001-a"
    folder.mkdir(parents=True)
    (folder / "A.json").write_bytes(answer("1"))
    dying = Yard(yard.root, mute)  # type: ignore[arg-type]  # a journal that commits and then ends the process

    with pytest.RaisesGroup(FatalError, flatten_subgroups=True):
        async with dying.watching():
            await asyncio.sleep(5)
    assert len(yard.claims()) == 1
    async with yard.watching():
        await until(yard.archived)

    assert await yard.file_outcomes() == ["matched"]
    assert await yard.reports() == ["confirmed"]


async def test_a_death_between_commit_and_quarantine_leaves_the_note_true(yard: Yard) -> None:
    await yard.admit("1")
    folder = yard.inbox / ".work" / "00000000000000000001-a"
    folder.mkdir(parents=True)
    (folder / "A.json").write_bytes(answer("1") + answer("nobody"))
    dying = Yard(yard.root, _Dying(yard.journal))  # type: ignore[arg-type]  # as above

    with pytest.RaisesGroup(FatalError, flatten_subgroups=True):
        async with dying.watching():
            await asyncio.sleep(5)
    async with yard.watching():
        await until(lambda: len(yard.quarantined()) == 2)

    assert yard.note("A.json").startswith("A.json could be used only in part.\n")
    assert "Used:      what it says of 1;" in yard.note("A.json")
    assert await yard.verdicts() == ["applied", "unmatched"]


class _Dying:
    """The journal of a process that dies once the commit is made."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.read = journal.read

    async def record(self, recording: Recording) -> Recorded:
        await self._journal.record(recording)
        raise FatalError("killed", name=ErrorName.JOURNAL_DAMAGED)


async def test_a_stop_takes_no_new_file(yard: Yard) -> None:
    for number in range(30):
        await yard.admit(str(number))
        yard.put(f"{number:02}.json", answer(str(number)))
    stop, stage = asyncio.Event(), yard.stage()

    async with asyncio.TaskGroup() as group:
        group.create_task(stage.run(stop))
        await until(yard.archived)
        stop.set()

    assert 0 < len(yard.archived()) < 30
    assert yard.claims() == []
    assert len(yard.archived()) + len(list(yard.inbox.glob("*.json"))) == 30


async def test_many_files_are_each_applied_once(yard: Yard) -> None:
    for number in range(300):
        await yard.admit(str(number), DropState.QUEUED)

    async with yard.watching():
        for number in range(300):
            yard.put(f"{number}.json", answer(str(number)))
        await until(lambda: len(yard.archived()) == 300, within_s=PATIENCE_S)

    assert await yard.verdicts() == ["applied"] * 300


@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=[pytest.mark.soak, pytest.mark.timeout(300)])])
async def test_invariant_7_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path, kills: int) -> None:
    journal = Journal(tmp_path / "var" / "bridge.db", SystemClock(), durability="normal")
    yard = Yard(tmp_path, journal)
    yard.inbox.mkdir()
    await journal.open()
    refs = [str(number) for number in range(20 * kills)]
    for ref in refs:
        await yard.admit(ref)
    await journal.close()

    for kill in range(kills):
        for ref in refs[20 * kill : 20 * kill + 20]:
            yard.put(f"{ref}.json", answer(ref))
        await _killed_in_the_middle(yard)
    await _ends_well(yard)

    assert sorted(yard.archived()) == sorted(f"{ref}.json" for ref in refs)


async def _killed_in_the_middle(yard: Yard) -> None:
    before = len(yard.archived())
    script = "import sys; from tests.stages.watch_support import serve; serve(sys.argv[1])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(yard.root))
    await until(lambda: len(yard.archived()) > before + random.randrange(15), within_s=PATIENCE_S)
    await asyncio.sleep(random.random() / 200)
    process.send_signal(signal.SIGKILL)
    await process.wait()


async def _ends_well(yard: Yard) -> None:
    """A last, undisturbed run; then each order has one effect and one report."""
    yard.journal = Journal(yard.root / "var" / "bridge.db", SystemClock(), durability="normal")
    await yard.journal.open()
    try:
        async with yard.watching():
            await until(lambda: not yard.claims() and not list(yard.inbox.glob("*.json")), within_s=60)
        effects = await yard.ask("SELECT order_id, count(*) FROM acknowledgements WHERE verdict = 'applied' GROUP BY 1")
        reports = await yard.ask("SELECT order_id, count(*) FROM reports GROUP BY 1")
        orders = await yard.ask("SELECT count(*) FROM orders")
        places = await yard.ask("SELECT kept_as FROM inbox_files WHERE kept_as IS NOT NULL")
    finally:
        await yard.journal.close()
    assert {count for _, count in effects} == {count for _, count in reports} == {1}
    assert [(len(effects),)] == [(len(reports),)] == orders
    assert {path for (path,) in places} == {str(path) for path in yard.inbox.glob("archive/*/*")}
