"""The acts on an inbox: listing, claiming, reading, keeping, and the note of a quarantined file."""

import errno
import os
import socket
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.stages.watch import moves as inbox_moves
from bridge.stages.watch.inbox import Claim, Inbox
from bridge.stages.watch.kept import REMEMBERED_S, Kept, KeptFiles, compare
from bridge.stages.watch.note import Finding, Place, note
from bridge.stages.watch.places import Places
from tests.stages.watch_support import elsewhere

__all__ = ["elsewhere"]

DAY = date(2026, 11, 21)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    made = Inbox(tmp_path / "inbox")
    made.make()
    return made


@pytest.fixture
def places(inbox: Inbox) -> Places:
    return Places(inbox.directory / "archive", inbox.directory / "quarantine")


def claimed(inbox: Inbox, name: str, content: bytes = b"x") -> Claim:
    (inbox.directory / name).write_bytes(content)
    claim = inbox.claim(name)
    assert claim is not None
    return claim


def archived(inbox: Inbox, places: Places, claim: Claim) -> Path:
    with inbox.opened(claim) as place:
        return places.archive(place, claim.name, DAY)


def quarantined(inbox: Inbox, places: Places, claim: Claim) -> Path:
    with inbox.opened(claim) as place:
        return places.quarantine(place, claim.name, lambda kept: f"about {kept}")


def test_only_the_missing_folder_itself_is_made(tmp_path: Path) -> None:
    made = Inbox(tmp_path / "in").make()

    assert made
    assert not Inbox(tmp_path / "in").make()
    with pytest.raises(FileNotFoundError):
        Inbox(tmp_path / "no" / "in").make()


def test_a_listing_tells_files_from_what_is_none(inbox: Inbox) -> None:
    (inbox.directory / "file").write_bytes(b"abc")
    (inbox.directory / "folder").mkdir()
    (inbox.directory / "link").symlink_to("file")
    os.mkfifo(inbox.directory / "pipe")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(inbox.directory / "door"))

        listing = inbox.look()

    assert [(one.name, one.size, one.is_new) for one in listing.files] == [("file", 3, False)]
    assert dict(listing.strangers) == {"link": "a symbolic link", "pipe": "a named pipe", "door": "a socket"}


def test_a_claim_moves_the_file_into_a_folder_of_its_own(inbox: Inbox) -> None:
    claim = claimed(inbox, "A", b"abc")

    assert not (inbox.directory / "A").exists()
    assert (inbox.directory / ".work" / claim.id / "A").read_bytes() == b"abc"
    assert (inbox.directory / ".work").stat().st_mode & 0o777 == 0o700


def test_a_file_that_is_gone_is_not_claimed(inbox: Inbox) -> None:
    assert inbox.claim("nobody") is None
    assert inbox.claims() == []
    assert list((inbox.directory / ".work").iterdir()) == []


def test_claims_are_listed_oldest_first_and_empty_folders_go(inbox: Inbox) -> None:
    made = [claimed(inbox, "A") for _ in range(5)]
    (inbox.directory / ".work" / "0-empty").mkdir()

    assert inbox.claims() == made
    assert not (inbox.directory / ".work" / "0-empty").exists()


def test_a_work_folder_that_is_a_link_is_refused(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / "trap").mkdir()
    (inbox.directory / ".work").symlink_to(tmp_path / "trap")
    (inbox.directory / "A").touch()

    with pytest.raises(NotADirectoryError):
        inbox.claim("A")

    assert (inbox.directory / "A").exists()


def test_a_file_is_read_with_its_facts(inbox: Inbox) -> None:
    claim = claimed(inbox, "A", b"abc")

    contents = inbox.read(claim, 3)

    assert contents is not None
    assert (contents.content, contents.links, contents.refusal) == (b"abc", 1, "")
    assert contents.seen == inbox.glance(claim)


@pytest.mark.parametrize("name", [b"bad\xff", b"line\nbreak", b"caf\xc3\xa9", b"-rf"])
def test_odd_names_are_claimed_and_kept(inbox: Inbox, places: Places, name: bytes) -> None:
    claim = claimed(inbox, os.fsdecode(name), b"abc")

    kept = archived(inbox, places, claim)

    assert kept.read_bytes() == b"abc"
    assert kept.name.isprintable()
    assert kept.name.encode("utf-8")


def test_a_file_over_the_limit_is_not_read(inbox: Inbox) -> None:
    claim = claimed(inbox, "A")
    with (inbox.directory / ".work" / claim.id / "A").open("ab") as file:
        file.truncate(10**12)

    contents = inbox.read(claim, 100)

    assert contents is not None
    assert contents.content == b""
    assert contents.is_final
    assert "1,000,000,000,000 bytes" in contents.refusal


def test_what_is_no_file_is_never_opened(inbox: Inbox) -> None:
    folder = inbox.directory / ".work" / "1-a"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("/etc/hostname")
    (folder / "sub").mkdir()

    refusals = {claim.name: inbox.read(claim, 10) for claim in inbox.claims()}

    assert {name: found.refusal for name, found in refusals.items() if found} == {
        "link": "it is a symbolic link, not a file",
        "pipe": "it is a named pipe, not a file",
        "sub": "it is a folder, not a file",
    }


@pytest.mark.parametrize("kind", ["pipe", "link", "sub"])
def test_what_is_no_file_goes_to_quarantine_as_it_is(inbox: Inbox, places: Places, kind: str) -> None:
    folder = inbox.directory / ".work" / "1-a"
    folder.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(folder / "pipe")
    elif kind == "link":
        (folder / "link").symlink_to("nowhere")
    else:
        (folder / "sub").mkdir()

    kept = quarantined(inbox, places, Claim("1-a", kind))

    assert kept.lstat()
    assert not os.path.lexists(folder / kind)


def test_a_file_somebody_took_away_is_none(inbox: Inbox) -> None:
    claim = claimed(inbox, "A")
    (inbox.directory / ".work" / claim.id / "A").unlink()

    assert inbox.read(claim, 10) is None
    assert inbox.glance(claim) is None


def test_nothing_in_the_archive_is_overwritten(inbox: Inbox, places: Places) -> None:
    kept = [archived(inbox, places, claimed(inbox, "A", bytes([65 + n]))) for n in range(6)]

    assert [path.name for path in kept] == ["A", *(f"A~{n}" for n in range(2, 7))]
    assert [path.read_bytes() for path in kept] == [b"A", b"B", b"C", b"D", b"E", b"F"]
    assert kept[0].parent.name == "2026-11-21"


def test_quarantine_comes_with_a_note_under_the_same_name(inbox: Inbox, places: Places) -> None:
    kept = [quarantined(inbox, places, claimed(inbox, "A")) for _ in range(2)]

    names = sorted(path.name for path in (inbox.directory / "quarantine").iterdir())
    assert names == ["A", "A.reason.txt", "A~2", "A~2.reason.txt"]
    assert kept[1].with_name("A~2.reason.txt").read_text() == "about A~2"


def test_a_note_left_by_a_death_is_written_again(inbox: Inbox, places: Places) -> None:
    folder = inbox.directory / "quarantine"
    folder.mkdir()
    (folder / "A.reason.txt").write_text("older")

    kept = quarantined(inbox, places, claimed(inbox, "A"))

    assert kept.name == "A"
    assert (folder / "A.reason.txt").read_text() == "about A"


def test_the_note_goes_once_the_file_is_archived(inbox: Inbox, places: Places) -> None:
    kept = quarantined(inbox, places, claimed(inbox, "A"))
    kept.rename(inbox.directory / "A")
    claim = inbox.claim("A")
    assert claim is not None

    archived(inbox, places, claim)

    assert list((inbox.directory / "quarantine").iterdir()) == []


def test_a_marker_goes_unless_its_file_is_there_again(inbox: Inbox) -> None:
    for name in ("A", "A.done", "B.done"):
        (inbox.directory / name).touch()

    inbox.remove_marker("A.done", "A")
    inbox.remove_marker("B.done", "B")
    inbox.remove_marker("C.done", "C")

    assert sorted(path.name for path in inbox.directory.glob("*")) == ["A", "A.done"]


def test_a_kept_file_comes_back_as_a_new_claim(inbox: Inbox, places: Places) -> None:
    first = claimed(inbox, "A", b"abc")
    kept = archived(inbox, places, first)

    again = inbox.reclaim(kept, "A")

    assert again is not None
    assert again.id > first.id
    assert inbox.reclaim(kept, "A") is None
    contents = inbox.read(again, 10)
    assert contents is not None
    assert contents.content == b"abc"


def test_a_file_goes_to_another_file_system_whole(inbox: Inbox, elsewhere: Path) -> None:
    claim = claimed(inbox, "A", os.urandom(3_000_000))
    before = inbox.read(claim, 10**7)

    kept = archived(inbox, Places(elsewhere / "archive", elsewhere / "quarantine"), claim)

    assert before is not None
    assert kept.read_bytes() == before.content
    assert [path.name for path in kept.parent.iterdir()] == ["A"]
    assert inbox.glance(claim) is None


def test_a_hole_goes_to_another_file_system_as_a_hole(inbox: Inbox, elsewhere: Path) -> None:
    claim = claimed(inbox, "A", b"begin")
    with (inbox.directory / ".work" / claim.id / "A").open("r+b") as file:
        file.truncate(10**10)
        file.seek(5 * 10**9)
        file.write(b"middle")

    kept = archived(inbox, Places(elsewhere / "archive", elsewhere / "quarantine"), claim)

    assert kept.stat().st_size == 10**10
    assert kept.stat().st_blocks * 512 < 10**6
    with kept.open("rb") as file:
        file.seek(5 * 10**9)
        assert file.read(6) == b"middle"


def test_a_taken_name_on_another_file_system_is_not_overwritten(inbox: Inbox, elsewhere: Path) -> None:
    (elsewhere / "A").write_bytes(b"theirs")
    claim = claimed(inbox, "A", b"ours")

    with inbox.opened(claim) as source, inbox_moves.opened(elsewhere) as target, pytest.raises(FileExistsError):
        inbox_moves.move(source, "A", target, "A")

    assert [path.name for path in elsewhere.iterdir()] == ["A"]
    assert (elsewhere / "A").read_bytes() == b"theirs"
    assert inbox.glance(claim) is not None


def test_what_is_no_file_does_not_go_to_another_file_system(inbox: Inbox, elsewhere: Path) -> None:
    folder = inbox.directory / ".work" / "1-a"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe")

    with (
        inbox.opened(Claim("1-a", "pipe")) as source,
        inbox_moves.opened(elsewhere) as target,
        pytest.raises(OSError, match="regular file") as raised,
    ):
        inbox_moves.move(source, "pipe", target, "pipe")

    assert raised.value.errno == errno.EXDEV


# The note


def test_a_note_says_what_where_and_what_to_do() -> None:
    finding = Finding(
        reasons=('no order "4844T" is known for target erp (looked in 1204 orders since 2026-08-23)',),
        is_read=True,
        sha256="51be",
        closest=("48447", "received 2026-11-21 14:02, waiting for an answer"),
    )
    place = Place("inbox", datetime(2026, 11, 21, 13, 6, 22, tzinfo=UTC), ZoneInfo("Europe/Stockholm"))

    text = note("ORDRSP_778.edi", finding, place)

    assert text == (
        "ORDRSP_778.edi could not be matched to an order.\n"
        '  Found:     no order "4844T" is known for target erp (looked in 1204 orders since 2026-08-23)\n'
        "  Closest:   48447 (received 2026-11-21 14:02, waiting for an answer)\n"
        "What to do:  correct the file and move it to inbox/, or\n"
        "             erp-bridge quarantine retry ORDRSP_778.edi --order 48447\n"
        "Read 2026-11-21 14:06:22 Europe/Stockholm · sha256 51be · try 1\n"
    )


UNKNOWN = 'line 2: status "X9" is not known; add it to status_map'
MEND = "give the word a meaning in [targets.erp.answer.status_map] and restart the bridge, then"
CORRECT = "correct the file and move it to inbox/, or"
RETRY = "erp-bridge quarantine retry A"


@pytest.mark.parametrize(
    ("reasons", "helps"),
    [
        ((UNKNOWN,), [MEND, RETRY]),
        ((UNKNOWN, "line 3: it has no status"), [MEND, CORRECT, RETRY]),
        (("line 3: it has no status",), [CORRECT, RETRY]),
    ],
)
def test_a_notes_remedy_fits_the_fault(reasons: tuple[str, ...], helps: list[str]) -> None:
    finding = Finding(reasons, is_read=True, sha256="51be", is_matched=True, target="erp")
    place = Place("inbox", datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))

    text = note("A", finding, place)

    assert text.startswith("A says of an order what is not understood, so nothing followed from it.\n")
    assert [line[13:] for line in text[text.index("What to do:") :].splitlines()[:-1]] == helps


def test_a_note_stays_short_and_printable_whatever_the_file_says() -> None:
    reasons = tuple(f"line {n}: \x1b[31m{'x' * 5000}" for n in range(1000))
    place = Place("inbox", datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))

    text = note("A", Finding(reasons, is_read=False, sha256=""), place)

    assert len(text) < 10_000
    assert "\x1b" not in text
    assert "and 980 more" in text
    assert "content not read" in text


# Files that grow after they were kept


def test_growth_is_seen_and_so_is_absence(tmp_path: Path) -> None:
    same, more, less, gone = (Kept(tmp_path / name, name, 5) for name in ("same", "more", "less", "gone"))
    for kept, size in ((same, 5), (more, 6), (less, 4)):
        kept.path.write_bytes(b"x" * size)

    grown, missing = compare([same, more, less, gone])

    assert grown == [more]
    assert missing == [gone]


def test_young_files_are_looked_at_each_time_and_old_ones_now_and_then() -> None:
    files = KeptFiles()
    old, young = Kept(Path("old"), "old", 1), Kept(Path("young"), "young", 1)
    files.remember(old, 0.0)
    files.remember(young, 5000.0)

    looks = [files.to_look_at(at) for at in (5001.0, 5002.0, 5700.0)]

    assert looks == [[old, young], [young], [old, young]]


def test_after_a_day_a_file_is_forgotten_unless_it_was_kept_again() -> None:
    files = KeptFiles()
    again = Kept(Path("again"), "again", 2)
    files.remember(Kept(Path("once"), "once", 1), 0.0)
    files.remember(Kept(Path("again"), "again", 1), 0.0)
    files.remember(again, 100.0)

    assert files.to_look_at(REMEMBERED_S + 1) == [again]
    assert files.to_look_at(REMEMBERED_S + 101) == []
