"""The watch stage with a real journal, real files, a real format and the machine's clock at small times."""

import asyncio
import os
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bridge import formats
from bridge.clock import SystemClock
from bridge.stages.watch.stability import Finish
from bridge.stages.watch.stage import Method, WatchSettings
from tests.stages.watch_support import Yard, answer, elsewhere, journal, until, yard

__all__ = ["elsewhere", "journal", "yard"]


async def test_an_answer_is_recorded_and_archived(yard: Yard) -> None:
    await yard.admit("48447")

    async with yard.watching():
        yard.put("A.json", answer("48447", erp_order_no="SO-1"))
        await until(yard.archived)

    assert await yard.outcome("48447") == "confirmed"
    assert await yard.reports() == ["confirmed"]
    assert yard.archived() == ["A.json"]
    assert yard.claims() == []
    assert list((yard.inbox / ".work").iterdir()) == []
    assert not list(yard.inbox.glob("*.json"))


async def test_the_journal_knows_where_the_file_lies(yard: Yard) -> None:
    await yard.admit("48447")

    async with yard.watching():
        yard.put("A.json", answer("48447"))
        await until(yard.archived)

    [(name, kept_as)] = await yard.ask("SELECT name, kept_as FROM inbox_files")
    assert name == "A.json"
    assert [str(path) for path in yard.inbox.glob("archive/*/*")] == [kept_as]
    day = SystemClock().now().astimezone(yard.settings.zone).date()
    assert Path(kept_as).parent.name in {day.isoformat(), (day - timedelta(days=1)).isoformat()}


async def test_it_is_counted(yard: Yard) -> None:
    await yard.admit("48447")

    async with yard.watching():
        yard.put("A.json", answer("48447"))
        await until(yard.archived)

    folder = str(yard.inbox)
    assert yard.counters.count("inbox_files_total", outcome="matched") == 1
    assert yard.counters.count("acknowledgements_total", result="accepted") == 1
    assert yard.counters.count("watcher_events_total", folder=folder) >= 1
    levels = {name: value for name, _, value in yard.counters.levels()}
    assert levels["watcher_up"] == 1
    assert levels["last_sweep_timestamp_seconds"] > 0
    assert [name for name, *_ in yard.counters.durations()] == ["stage_duration_seconds"]


# How files come


async def test_a_slow_writer_is_waited_for(yard: Yard) -> None:
    await yard.admit("48447")
    text = answer("48447")

    async with yard.watching():
        with (yard.inbox / "A.json").open("wb", buffering=0) as file:
            for letter in text:
                file.write(bytes([letter]))
                await asyncio.sleep(0.003)
        await until(yard.archived)

    assert await yard.file_outcomes() == ["matched"]


async def test_what_is_appended_after_the_claim_is_read(yard: Yard) -> None:
    await yard.admit("48447")
    text = answer("48447")

    async with yard.watching():
        with (yard.inbox / "A.json").open("wb", buffering=0) as file:
            file.write(text[:20])
            await until(yard.claims)
            file.write(text[20:])
        await until(yard.archived)

    assert await yard.outcome("48447") == "confirmed"
    assert await yard.file_outcomes() == ["matched"]
    assert yard.quarantined() == []


async def test_what_is_appended_after_archiving_is_read(yard: Yard) -> None:
    await yard.admit("1")
    await yard.admit("2")

    async with yard.watching():
        with (yard.inbox / "A.json").open("wb", buffering=0) as file:
            file.write(answer("1"))
            await until(yard.archived)
            file.write(answer("2"))
            await until(lambda: yard.counters.count("inbox_files_total", outcome="matched") == 2)
        await until(lambda: yard.archived() and not yard.claims())

    assert await yard.outcome("2") == "confirmed"
    assert await yard.verdicts() == ["applied", "repeated", "applied"]
    assert yard.archived() == ["A.json"]


async def test_what_grew_while_the_bridge_was_down_is_read(yard: Yard) -> None:
    await yard.admit("1")
    await yard.admit("2")
    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(yard.archived)

    [kept] = (yard.inbox / "archive").glob("*/*")
    with kept.open("ab") as file:
        file.write(answer("2"))
    async with yard.watching():
        await until(lambda: yard.counters.count("inbox_files_total", outcome="matched") == 2)

    assert await yard.outcome("2") == "confirmed"


async def test_a_cut_file_that_is_completed_in_quarantine_is_read(yard: Yard) -> None:
    await yard.admit("48447")
    yard.change(patience=timedelta(seconds=0.1))
    text = answer("48447")

    async with yard.watching():
        with (yard.inbox / "A.json").open("wb", buffering=0) as file:
            file.write(text[:20])
            await until(lambda: "A.json" in yard.quarantined())
            file.write(text[20:])
            await until(yard.archived)

    assert await yard.outcome("48447") == "confirmed"
    assert yard.quarantined() == []


async def test_a_file_without_its_last_line_end_is_taken_after_patience(yard: Yard) -> None:
    await yard.admit("48447")
    yard.change(format=formats.build("delimited", {}))

    async with yard.watching():
        yard.put("A.csv", b"order_ref;status\n48447;confirmed")
        await until(yard.claims)
        assert yard.archived() == []
        await until(yard.archived)

    assert await yard.outcome("48447") == "confirmed"


async def test_a_hard_linked_file_is_taken_once_its_other_name_is_gone(yard: Yard) -> None:
    await yard.admit("48447")
    yard.change(patience=timedelta(seconds=30))
    other = yard.root / "other"
    other.write_bytes(answer("48447"))

    async with yard.watching():
        (yard.inbox / "A.json").hardlink_to(other)
        await until(yard.claims)
        await asyncio.sleep(0.1)
        assert yard.archived() == []
        other.unlink()
        await until(yard.archived)

    assert await yard.outcome("48447") == "confirmed"


async def test_a_file_that_keeps_its_second_name_is_taken_after_patience(yard: Yard) -> None:
    await yard.admit("48447")
    other = yard.root / "other"
    other.write_bytes(answer("48447"))

    async with yard.watching():
        (yard.inbox / "A.json").hardlink_to(other)
        await until(yard.archived)

    assert await yard.outcome("48447") == "confirmed"


async def test_the_same_name_twice_overwrites_nothing(yard: Yard) -> None:
    await yard.admit("1")
    await yard.admit("2")

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(yard.archived)
        yard.put("A.json", answer("2"))
        await until(lambda: len(yard.archived()) == 2)

    assert yard.archived() == ["A.json", "A.json~2"]
    assert [await yard.outcome(ref) for ref in "12"] == ["confirmed", "confirmed"]


async def test_a_file_overwritten_before_it_was_taken_counts_as_it_is_now(yard: Yard) -> None:
    await yard.admit("1")
    await yard.admit("2")
    yard.change(quiet_for=timedelta(seconds=0.3))

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await asyncio.sleep(0.1)
        yard.put("A.json", answer("2"))
        await until(yard.archived)

    assert [await yard.outcome(ref) for ref in "12"] == [None, "confirmed"]


async def test_a_growing_file_holds_back_a_younger_one(yard: Yard) -> None:
    await yard.admit("48447")
    yard.change(quiet_for=timedelta(seconds=0.2))

    async with yard.watching():
        with (yard.inbox / "A.json").open("wb", buffering=0) as older:
            older.write(answer("48447", "confirmed"))
            await asyncio.sleep(0.1)  # it is seen before it grows; its oldest mtime is its place
            yard.put("B.json", answer("48447", "delivered"))
            for _ in range(40):
                older.write(b" ")
                await asyncio.sleep(0.01)
            assert yard.archived() == []
        await until(lambda: len(yard.archived()) == 2)

    assert await yard.verdicts() == ["applied", "applied"]
    assert await yard.reports() == ["confirmed", "delivered"]


async def test_a_claim_that_is_not_whole_holds_back_a_younger_file(yard: Yard) -> None:
    await yard.admit("48447")
    yard.change(patience=timedelta(seconds=5))
    text = answer("48447", "confirmed")

    async with yard.watching():
        with (yard.inbox / "A.json").open("wb", buffering=0) as older:
            older.write(text[:20])
            await until(yard.claims)
            yard.put("B.json", answer("48447", "delivered"))
            await asyncio.sleep(0.3)
            assert yard.archived() == []
            older.write(text[20:])
        await until(lambda: len(yard.archived()) == 2)

    assert await yard.reports() == ["confirmed", "delivered"]


async def test_files_are_taken_in_the_order_of_their_age(yard: Yard) -> None:
    await yard.admit("48447")
    for name, status, age in (("A", "delivered", 1), ("B", "confirmed", 9)):
        path = yard.put(f"{name}.json", answer("48447", status))
        then = SystemClock().now().timestamp() - age
        os.utime(path, (then, then))

    async with yard.watching():
        await until(lambda: len(yard.archived()) == 2)

    assert await yard.reports() == ["confirmed", "delivered"]


async def test_a_marker_finishes_its_file_at_once(yard: Yard) -> None:
    await yard.admit("1")
    yard.change(finished=Finish.MARKER, quiet_for=timedelta(seconds=30))

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await asyncio.sleep(0.1)
        assert yard.archived() == []
        (yard.inbox / "A.json.done").touch()
        await until(yard.archived)

    assert yard.archived() == ["A.json"]
    assert not (yard.inbox / "A.json.done").exists()
    assert yard.counters.count("inbox_files_total", outcome="ignored") == 0


async def test_a_name_that_fits_finishes_a_file_at_once(yard: Yard) -> None:
    await yard.admit("1")
    yard.change(finished=Finish.RENAME, patterns=("*.json",), quiet_for=timedelta(seconds=30))

    async with yard.watching():
        upload = yard.put("A.json.uploading", answer("1"))
        await asyncio.sleep(0.1)
        assert yard.archived() == []
        upload.rename(yard.inbox / "A.json")
        await until(yard.archived)

    assert await yard.outcome("1") == "confirmed"


# What is no answer


async def test_odd_entries_do_no_harm(yard: Yard) -> None:
    await yard.admit("1")
    secret = yard.root / "secret"
    secret.write_bytes(answer("1", "rejected"))
    (yard.inbox / "link.json").symlink_to(secret)
    (yard.inbox / "loop.json").symlink_to("loop.json")
    (yard.inbox / "folder.json").mkdir()
    os.mkfifo(yard.inbox / "pipe.json")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(yard.inbox / "socket.json"))

        async with yard.watching():
            yard.put("A.json", answer("1"))
            await until(yard.archived)

    left = {"link.json", "loop.json", "folder.json", "pipe.json", "socket.json"}
    assert left <= {path.name for path in yard.inbox.iterdir()}
    assert await yard.outcome("1") == "confirmed"
    assert yard.counters.count("inbox_files_total", outcome="ignored") == 4


async def test_a_huge_sparse_file_is_not_read(yard: Yard) -> None:
    await yard.admit("1")
    with (yard.inbox / "huge.json").open("wb") as file:
        file.truncate(10**12)

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(lambda: yard.archived() and "huge.json" in yard.quarantined())

    assert "max_file" in yard.note("huge.json")
    assert await yard.ask("SELECT size, outcome FROM inbox_files WHERE name = 'huge.json'") == [(0, "quarantined")]


async def test_a_name_that_is_not_text_is_taken(yard: Yard) -> None:
    await yard.admit("1")

    async with yard.watching():
        yard.put(os.fsdecode(b"bad\xff\n.json"), answer("1"))
        await until(yard.archived)

    assert await yard.outcome("1") == "confirmed"
    assert yard.archived() == ["bad_xff_x0a.json"]
    assert await yard.ask("SELECT name FROM inbox_files") == [("bad\\xff\\x0a.json",)]


async def test_names_that_fit_no_pattern_are_left_and_counted_once(yard: Yard) -> None:
    yard.change(patterns=("*.json",))
    yard.settings = replace(yard.settings, sweep=timedelta(seconds=0.03))

    async with yard.watching():
        yard.put("other.csv", b"x")
        yard.put("unfinished.part", b"x")
        yard.put("STATUS.txt", b"x")
        await until(lambda: yard.counters.count("inbox_files_total", outcome="ignored"))
        await asyncio.sleep(0.2)

    assert yard.counters.count("inbox_files_total", outcome="ignored") == 1
    assert (yard.inbox / "other.csv").exists()
    assert await yard.file_outcomes() == []


# Without events


async def test_with_events_off_everything_is_found_by_the_sweep(yard: Yard) -> None:
    await yard.admit("1")
    yard.settings = WatchSettings(sweep=timedelta(seconds=0.1), method=Method.POLL, zone=yard.settings.zone)

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(yard.archived)

    assert await yard.outcome("1") == "confirmed"
    assert yard.counters.count("watcher_events_total", folder=str(yard.inbox)) == 0
    assert yard.counters.count("sweep_finds_total", folder=str(yard.inbox)) == 1


async def test_events_bring_a_file_sooner_than_the_sweep(yard: Yard) -> None:
    await yard.admit("1")
    yard.settings = replace(yard.settings, sweep=timedelta(seconds=60))

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(yard.archived)

    assert yard.counters.count("sweep_finds_total", folder=str(yard.inbox)) == 0


async def test_at_rest_nothing_is_looked_at(yard: Yard) -> None:
    yard.settings = replace(yard.settings, sweep=timedelta(seconds=60))

    async with yard.watching():
        await asyncio.sleep(0.2)
        before = yard.counters.count("watcher_events_total", folder=str(yard.inbox))
        await asyncio.sleep(0.2)

    assert yard.counters.count("watcher_events_total", folder=str(yard.inbox)) == before == 0


# Folders that come and go


async def test_a_missing_inbox_is_made(yard: Yard) -> None:
    yard.inbox.rmdir()
    await yard.admit("1")

    async with yard.watching():
        assert yard.inbox.stat().st_mode & 0o7777 == 0o2770
        yard.put("A.json", answer("1"))
        await until(yard.archived)


async def test_a_folder_removed_and_made_again_is_watched_again(yard: Yard) -> None:
    await yard.admit("1")
    yard.settings = replace(yard.settings, sweep=timedelta(seconds=0.1))

    async with yard.watching():
        yard.inbox.rename(yard.root / "gone")
        await until(lambda: _level(yard, "watcher_up") == 0)
        yard.inbox.mkdir()
        await until(lambda: _level(yard, "watcher_up") == 1)
        before = yard.counters.count("watcher_events_total", folder=str(yard.inbox))
        yard.put("A.json", answer("1"))
        await until(yard.archived)

    assert yard.counters.count("watcher_events_total", folder=str(yard.inbox)) > before


def _level(yard: Yard, name: str) -> float:
    return next((value for found, _, value in yard.counters.levels() if found == name), -1.0)


async def test_an_inbox_whose_parent_is_missing_is_waited_for(yard: Yard) -> None:
    await yard.admit("1")
    yard.settings = replace(yard.settings, sweep=timedelta(seconds=0.05))
    share = yard.root / "share"
    yard.inbox = share / "inbox"
    yard.change(directory=yard.inbox, archive=yard.inbox / "archive", quarantine=yard.inbox / "quarantine")

    async with yard.watching():
        await asyncio.sleep(0.1)
        yard.inbox.mkdir(parents=True)
        yard.put("A.json", answer("1"))
        await until(yard.archived)


async def test_an_archive_that_cannot_be_used_stops_no_other_file(yard: Yard) -> None:
    await yard.admit("1")
    await yard.admit("2")
    yard.settings = replace(yard.settings, sweep=timedelta(seconds=0.1))
    place = yard.root / "archive"
    place.touch()  # a file in the folder's place
    yard.change(archive=place)

    async with yard.watching():
        yard.put("A.json", answer("1"))
        yard.put("B.json", answer("2"))
        await until(lambda: yard.counters.count("acknowledgements_total", result="accepted") == 2)
        assert len(yard.claims()) == 2
        place.unlink()
        await until(lambda: len(list(place.glob("*/*"))) == 2)

    assert yard.counters.count("inbox_files_total", outcome="matched") == 2


async def test_the_archive_may_lie_on_another_file_system(yard: Yard, elsewhere: Path) -> None:
    yard.change(archive=elsewhere)
    await yard.admit("1")

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(lambda: list(elsewhere.glob("*/A.json")))
        await until(lambda: not yard.claims())

    [(kept_as,)] = await yard.ask("SELECT kept_as FROM inbox_files")
    assert kept_as.startswith(str(elsewhere))


async def test_two_targets_may_share_an_inbox(yard: Yard) -> None:
    await yard.admit("1")
    await yard.admit("2", target="warehouse")
    other = replace(yard.pickup, target="warehouse", patterns=("W*",))
    yard.change(patterns=("A*",))
    yard.more = (other,)
    found = yard.inbox / ".work" / "1-a"
    found.mkdir(parents=True)
    (found / "W1.json").write_bytes(answer("2", "received", kind="response"))

    async with yard.watching():
        yard.put("A.json", answer("1"))
        yard.put("W2.json", answer("2"))
        await until(lambda: len(yard.archived()) == 3)

    assert [await yard.outcome(ref) for ref in "12"] == ["confirmed", "confirmed"]
    assert yard.counters.count("inbox_files_total", outcome="ignored") == 0


# Quarantine
