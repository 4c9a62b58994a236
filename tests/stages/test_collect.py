"""Answers collected from a real OpenSSH server: each is used once, what cannot be used is named, nothing is lost."""

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from bridge.stages.collect.steady import Rule
from bridge.states import PauseReason
from bridge.transports import sftp
from tests.stages.collect_support import Yard, admit_all, answer, effects, outcomes
from tests.support.journals import rows
from tests.support.needs import needs
from tests.transports.odd_server import World, serving
from tests.transports.sshd import Sshd

pytestmark = [pytest.mark.timeout(40), needs("sshd", "ssh-keygen")]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    (tmp_path / "outbox").mkdir()
    server = Sshd(tmp_path)
    yield server
    server.close()


def yard_at(server: Sshd, rule: Rule | None = None, /, **given: object) -> Yard:
    place = server.place.parent
    usual = {"directory": str(place / "outbox"), "answer_directory": str(place / "answers")}
    return Yard(place, sftp.build(server.options(**{**usual, **given})), rule or Rule())


async def test_an_answer_on_the_server_confirms_its_order_and_leaves_the_server(server: Sshd) -> None:
    yard = yard_at(server)

    async with yard.at_work() as journal:
        await admit_all(journal, ["48447"])
        yard.put("ORDRSP.json", answer("48447"))
        await yard.pass_time()
        events = await rows(journal, "SELECT kind, order_id, facts FROM events WHERE facts LIKE '%collected_at%'")

        assert await outcomes(journal) == {"48447": "confirmed"}
        assert yard.left() == []
        assert [kind for kind, *_ in events] == ["acknowledged"]
        assert await rows(journal, "SELECT count(*) FROM events WHERE kind = 'collected'") == [(1,)]
        assert yard.counters.count("answers_collected_total", target="erp") == 1
        assert yard.told() == []


async def test_a_file_is_fetched_once_it_was_found_the_same_twice_and_not_before(server: Sshd) -> None:
    yard = yard_at(server, Rule(quiet_for=timedelta(seconds=4)))
    yard.put("a.json", answer("48447", 1))

    async with yard.at_work(is_watching=False):
        await yard.pass_time(2.5)
        after_one_look = yard.arrived()
        yard.put("a.json", answer("48447", 22))
        await yard.pass_time(2.5)
        after_a_change = yard.arrived()
        await yard.pass_time(10)

        assert after_one_look == {}
        assert after_a_change == {}
        assert yard.arrived() == {"a.json": answer("48447", 22)}


async def test_a_file_that_looks_cut_is_given_patience_and_then_taken_as_it_is(server: Sshd) -> None:
    yard = yard_at(server)

    async with yard.at_work(is_watching=False):
        yard.put("cut.json", b'{"order_ref": "48447", "sta')
        yard.put("empty.json", b"")
        await yard.pass_time()
        before = yard.left()
        await yard.pass_time(30)

        assert before == ["cut.json", "empty.json"]
        assert yard.left() == []


async def test_the_same_content_under_the_same_name_is_taken_again(server: Sshd) -> None:
    yard = yard_at(server)

    async with yard.at_work() as journal:
        await admit_all(journal, ["48447"])
        for _ in range(2):
            yard.put("ANSWERS.json", answer("48447"))
            await yard.pass_time()
        files = await rows(journal, "SELECT outcome FROM inbox_files ORDER BY id")

        assert yard.left() == []
        assert files == [("matched",), ("repeated",)]
        assert await effects(journal) == [("48447", 1)]


async def test_fetched_answers_are_moved_to_the_archive_there_and_never_over_another(server: Sshd) -> None:
    archive = server.place.parent / "answers/done"
    archive.mkdir(parents=True)
    yard = yard_at(server, answer_after="move", answer_archive=str(archive))

    async with yard.at_work(is_watching=False):
        for number in (1, 2):
            yard.put("a.json", answer("48447", number))
            await yard.pass_time()
            (yard.inbox / "a.json").unlink()

        assert yard.left() == ["done"]
        assert {path.read_bytes() for path in archive.iterdir()} == {answer("48447", 1), answer("48447", 2)}
        assert "a.json" in {path.name for path in archive.iterdir()}


async def test_what_cannot_leave_is_fetched_once_told_and_leaves_when_it_may(server: Sshd) -> None:
    yard = yard_at(server, answer_after="move", answer_archive="/nowhere/done")

    async with yard.at_work(is_watching=False) as journal:
        yard.put("a.json", answer("48447"))
        await yard.pass_time(30)
        first = await rows(journal, "SELECT count(*), sum(left_at IS NULL) FROM collected")
        (alert,) = yard.collect.findings()
    able = yard_at(server)
    async with able.at_work(is_watching=False) as journal:
        await able.pass_time(5)

        assert first == [(1, 1)]
        assert alert.kind == "answers_not_removed"
        assert "answer_archive is missing" in alert.text
        assert able.left() == []
        assert await rows(journal, "SELECT count(*), sum(left_at IS NULL) FROM collected") == [(1, 0)]
        assert able.told() == []


async def test_without_the_right_to_remove_a_file_is_fetched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(what: str, path: str) -> asyncssh.SFTPError | None:
        return asyncssh.SFTPPermissionDenied("it stays") if (what, path[-6:]) == ("remove", "a.json") else None

    world = World(tmp_path / "server", refuses=refuses)

    async with serving(world, monkeypatch):
        answers = str(tmp_path / "answers")
        yard = Yard(tmp_path, sftp.build(world.options(answer_directory=answers)))
        yard.put("a.json", answer("48447"))
        async with yard.at_work(is_watching=False) as journal:
            await yard.pass_time(30)

            assert await rows(journal, "SELECT count(*) FROM collected") == [(1,)]
            assert yard.told() == ["answers_not_removed"]


async def test_a_new_file_under_the_name_of_one_that_cannot_leave_is_taken(server: Sshd) -> None:
    yard = yard_at(server, answer_after="move", answer_archive="/nowhere/done")

    async with yard.at_work() as journal:
        await admit_all(journal, ["48447", "48448"])
        yard.put("a.json", answer("48447"))
        await yard.pass_time()
        path = yard.put("a.json", answer("48448"))
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 7))
        await yard.pass_time()

        assert await outcomes(journal) == {"48447": "confirmed", "48448": "confirmed"}


async def test_what_is_no_file_or_not_ours_is_left_alone_and_named_once(
    server: Sshd, caplog: pytest.LogCaptureFixture
) -> None:
    yard = yard_at(server)
    yard.point["patterns"] = ("*.json",)
    (yard.answers / "folder.json").mkdir()
    (yard.answers / "link.json").symlink_to("/etc/hostname")
    os.mkfifo(yard.answers / "pipe.json")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(yard.answers / "socket.json"))
    yard.put("notes.txt", b"not for the bridge")
    for name in (".hidden.json", "b.json.part", "c.tmp", "d.filepart", "STATUS.txt"):
        yard.put(name, b"x")
    before = yard.left()
    caplog.set_level("INFO", "bridge")

    async with yard.at_work(is_watching=False):
        yard.put("good.json", answer("48447"))
        await yard.pass_time()

        named = [record.__dict__["file"] for record in caplog.records if record.message == "answer_ignored"]
        assert sorted(named) == ["folder.json", "link.json", "notes.txt", "pipe.json", "socket.json"]
        assert list(yard.arrived()) == ["good.json"]
        assert yard.left() == before


async def test_names_that_are_no_text_and_names_that_are_hostile_arrive_under_harmless_ones(server: Sshd) -> None:
    yard = yard_at(server)
    names = [os.fsdecode(b"\xff\xe5.json"), "-rf.json", "a\nb.json", "x" * 230 + ".json", "åäö.json"]
    for number, name in enumerate(names):
        yard.put(name, answer("48447", number))

    async with yard.at_work(is_watching=False):
        await yard.pass_time()
        arrived = yard.arrived()

    assert yard.left() == []
    assert len(arrived) == len(names)
    assert all(name.isprintable() and name.endswith(".json") and not name.startswith("-") for name in arrived)
    assert "åäö.json" in arrived


async def test_a_name_that_is_taken_in_the_inbox_waits_on_the_server(server: Sshd) -> None:
    yard = yard_at(server)

    async with yard.at_work(is_watching=False):
        (yard.inbox / "a.json").write_bytes(b"somebody else's")
        yard.put("a.json", answer("48447"))
        yard.put("b.json", answer("48448"))
        await yard.pass_time()
        meanwhile = (yard.left(), (yard.inbox / "a.json").read_bytes())
        (yard.inbox / "a.json").unlink()
        await yard.pass_time()

        assert meanwhile == (["a.json"], b"somebody else's")
        assert yard.arrived() == {"a.json": answer("48447"), "b.json": answer("48448")}


async def test_a_file_that_is_too_large_is_left_told_and_stops_nothing(server: Sshd) -> None:
    yard = yard_at(server)
    yard.point["max_file"] = 1000

    async with yard.at_work(is_watching=False):
        yard.put("large.json", b" " * 1001 + b"\n")
        yard.put("small.json", answer("48447"))
        await yard.pass_time()
        (alert,) = yard.collect.findings()

        assert yard.left() == ["large.json"]
        assert list(yard.arrived()) == ["small.json"]
        assert "1,002 bytes, and max_file allows 1,000" in alert.text


async def test_with_markers_a_file_is_fetched_with_its_marker_and_both_leave(server: Sshd) -> None:
    yard = yard_at(server, Rule("marker"))

    async with yard.at_work() as journal:
        await admit_all(journal, ["48447"])
        yard.put("a.json", answer("48447"))
        await yard.pass_time()
        waits = yard.left()
        yard.put("a.json.done", b"")
        await yard.pass_time()

        assert waits == ["a.json"]
        assert yard.left() == []
        assert yard.arrived() == {}
        assert await outcomes(journal) == {"48447": "confirmed"}


async def test_by_rename_a_name_that_fits_is_finished_at_the_first_look(server: Sshd) -> None:
    yard = yard_at(server, Rule("rename"))
    yard.point["patterns"] = ("*.json",)
    yard.put("a.json", answer("48447"))
    yard.put("b.json.writing", answer("48448"))

    async with yard.at_work(is_watching=False):
        await yard.pass_time(5)

        assert yard.left() == ["b.json.writing"]


async def test_a_missing_answer_folder_is_told_and_order_files_go_on(server: Sshd) -> None:
    yard = yard_at(server)

    async with yard.at_work(is_watching=False) as journal:
        yard.answers.rename(yard.place / "elsewhere")
        await yard.pass_time(7.5)
        short = yard.told()
        await admit_all(journal, ["48447"])
        await yard.pass_time(70, 5)
        (alert,) = yard.collect.findings()
        (yard.place / "elsewhere").rename(yard.answers)
        yard.put("a.json", answer("48447"))
        await yard.pass_time()

        assert short == []
        assert (alert.kind, alert.severity) == ("answers_not_collected", "page")
        assert "missing" in alert.text
        assert yard.drop.pauses() == {}
        assert [path.name for path in (yard.place / "outbox").glob("ORDERS*")] == ["ORDERS_48447_000001.csv"]
        assert (yard.told(), yard.left()) == ([], [])


async def test_a_server_that_goes_away_pauses_the_target_and_collecting_goes_on_by_itself(server: Sshd) -> None:
    yard = yard_at(server)

    async with yard.at_work(is_watching=False):
        server.close()
        yard.put("a.json", answer("48447"))
        await yard.pass_time(10)
        pause = yard.drop.pauses()["erp"]
        server.start()
        await yard.pass_time(25)

        assert pause.reason is PauseReason.CONNECTION
        assert yard.drop.pauses() == {}
        assert list(yard.arrived()) == ["a.json"]


async def test_a_target_that_a_person_paused_is_not_collected_from(server: Sshd) -> None:
    yard = yard_at(server)

    async with yard.at_work(is_watching=False):
        await yard.drop.pause("erp", "their maintenance")
        yard.put("a.json", answer("48447"))
        await yard.pass_time()
        paused = yard.left()
        await yard.drop.resume("erp", "over")
        await yard.pass_time()

        assert paused == ["a.json"]
        assert yard.left() == []


async def test_a_full_inbox_disk_or_a_missing_inbox_loses_nothing(server: Sshd) -> None:
    yard = yard_at(server)

    async with yard.at_work(is_watching=False) as journal:
        yard.inbox.rename(yard.place / "away")
        yard.put("a.json", answer("48447"))
        await yard.pass_time(75, 5)
        (alert,) = yard.collect.findings()
        there = yard.left()
        (yard.place / "away").rename(yard.inbox)
        await yard.pass_time()

        assert "the folder is missing" in alert.text
        assert there == ["a.json"]
        assert list(yard.arrived()) == ["a.json"]
        assert await rows(journal, "SELECT count(*) FROM collected") == [(1,)]


async def test_a_folder_with_many_entries_stops_nothing(server: Sshd) -> None:
    await collect_among(server, 1_200)


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_a_folder_with_a_hundred_thousand_entries_stops_nothing(server: Sshd) -> None:
    await collect_among(server, 100_000)


async def collect_among(server: Sshd, count: int) -> None:
    yard = yard_at(server)
    yard.point["patterns"] = ("*.json",)
    for number in range(count):
        (yard.answers / f"{number:06}.other").touch()
    yard.put("zzz.json", answer("48447"))

    async with yard.at_work(is_watching=False):
        await yard.pass_time(7.5)

        assert list(yard.arrived()) == ["zzz.json"]
        assert len(yard.left()) == count


async def test_answers_come_in_the_order_of_their_times(server: Sshd) -> None:
    yard = yard_at(server)
    for place, name in enumerate(["c.json", "a.json", "b.json"]):
        path = yard.put(name, answer("48447", place))
        os.utime(path, (1_000_000_001 + 10 * place, 1_000_000_001 + 10 * place))

    async with yard.at_work(is_watching=False) as journal:
        await yard.pass_time(7.5)
        names = await rows(journal, "SELECT file FROM collected ORDER BY id")

        assert names == [("c.json",), ("a.json",), ("b.json",)]
