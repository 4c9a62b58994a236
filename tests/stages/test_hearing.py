"""Whether events come is judged by what listings find and events told, and by nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.stages.watch.hearing import POLL, Change, Hearing, poll_every
from bridge.stages.watch.mounts import shared_kind

TABLE = """\
21 1 253:0 / / rw - ext4 /dev/vda rw
30 21 0:50 / {place} rw - tmpfs none rw
31 30 0:51 / {place}/a\\040share rw,relatime shared:3 - cifs //erp/share rw
32 30 0:52 / {place}/covered rw - nfs4 erp:/x rw
33 32 0:53 / {place}/covered rw - ext4 /dev/vdb rw
34 30 0:54 / {place}/mine rw - fuse.sshfs erp:/x rw
"""


class Folder:
    """A folder that is listed every three seconds."""

    def __init__(self, *, is_shared: bool = False) -> None:
        self.hearing = Hearing()
        self.hearing.begin(is_shared=is_shared)
        self.at = 0.0
        self.untold = 0

    def look(self, *fresh: str, told: str = "", told_late: str = "") -> Change | None:
        """One listing; events of it came a moment before, or a moment after."""
        self.at += 3.0
        self.hearing.note_event([told], self.at - 0.1)
        untold, change = self.hearing.note_listing(fresh, self.at)
        self.hearing.note_event([told_late], self.at + 0.5)
        self.untold += untold
        return change


def test_three_looks_in_a_row_that_found_what_nobody_told_of_mean_that_no_events_come() -> None:
    folder = Folder()

    changes = [folder.look("A"), folder.look("B"), folder.look("C"), folder.look()]

    assert changes == [None, None, None, Change.SILENT]
    assert folder.hearing.is_silent
    assert folder.untold == 3


def test_one_look_with_many_files_proves_no_more_than_one_with_one() -> None:
    folder = Folder()

    changes = [folder.look(*"ABCDEF"), folder.look(), folder.look(), folder.look()]

    assert changes == [None] * 4
    assert folder.untold == 6


def test_an_event_that_comes_after_the_listing_tells_all_the_same() -> None:
    folder = Folder()

    for name in "ABCDEF":
        folder.look(name, told_late=name)

    assert not folder.hearing.is_silent
    assert folder.untold == 0


def test_a_file_that_was_told_of_begins_the_count_anew() -> None:
    folder = Folder()

    changes = [folder.look("A"), folder.look("B"), folder.look("C", told="C"), folder.look("D"), folder.look()]

    assert changes == [None] * 5


def test_quiet_looks_in_between_change_nothing() -> None:
    folder = Folder()

    changes = [folder.look(*fresh) for fresh in ("A", "", "B", "", "", "C", "")]

    assert changes[-1] is Change.SILENT


@pytest.mark.parametrize("own", ["STATUS.txt", ".STATUS.txt.part", "A.part"])
def test_events_of_names_that_are_no_answers_prove_nothing(own: str) -> None:
    folder = Folder()

    changes = [folder.look(name, told=own) for name in "ABCD"]

    assert changes[-1] is Change.SILENT


def test_events_count_again_once_they_told_of_three_finds_in_a_row() -> None:
    folder = Folder(is_shared=True)

    one_only = [folder.look("A", told="A"), folder.look("B"), folder.look("C", told="C"), folder.look("D", told="D")]
    changes = [folder.look("E", told="E"), folder.look("F", told="F")]

    assert one_only == [None, None, None, None]
    assert changes == [None, Change.HEARD]
    assert not folder.hearing.is_silent


def test_a_share_is_silent_until_it_proves_otherwise() -> None:
    assert Folder(is_shared=True).hearing.is_silent
    assert not Folder().hearing.is_silent


def test_more_names_than_are_remembered_are_not_taken_for_silence() -> None:
    folder = Folder()

    for look in range(5):
        names = [f"{look}-{number}" for number in range(12_000)]
        folder.hearing.note_event(names, folder.at + 2.9)
        folder.look(*names)
    folder.look()

    assert not folder.hearing.is_silent
    assert folder.untold == 0


@pytest.mark.parametrize(
    ("sweep_s", "took_s", "every_s"),
    [(15, 0.01, 5), (15, 0.5, 10), (15, 60, 15), (2, 0.01, 2), (600, 0.01, 5)],
)
def test_a_silent_folder_is_looked_through_as_often_as_looking_allows(
    sweep_s: int, took_s: float, every_s: float
) -> None:
    assert poll_every(timedelta(seconds=sweep_s), took_s).total_seconds() == every_s
    assert POLL.total_seconds() == 5


@pytest.mark.parametrize(
    ("below", "kind"),
    [("", ""), ("a share", "cifs"), ("a share/in", "cifs"), ("covered", ""), ("mine", "fuse.sshfs"), ("a shar", "")],
)
def test_the_innermost_mount_says_what_kind_of_file_system_it_is(tmp_path: Path, below: str, kind: str) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE.format(place=tmp_path))
    folder = tmp_path / below
    folder.mkdir(parents=True, exist_ok=True)

    assert shared_kind(folder, table) == kind


def test_a_link_to_a_share_is_seen_through(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE.format(place=tmp_path))
    (tmp_path / "a share").mkdir()
    (tmp_path / "inbox").symlink_to(tmp_path / "a share")

    assert shared_kind(tmp_path / "inbox", table) == "cifs"


def test_a_folder_of_this_machine_is_no_share(tmp_path: Path) -> None:
    assert shared_kind(tmp_path) == ""
