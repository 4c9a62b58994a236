"""The manners of network shares: what one refuses, loses or tells late, answered by a kernel that fails on cue."""

import errno
import os
from pathlib import Path

import pytest

from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports import PausedError, folder
from bridge.transports._staging import concerns_every_file, may_concern_every_file, paused, why
from tests.support.kernel import ROOT, run_preloaded, run_tampered
from tests.support.needs import needs
from tests.support.publish_thrice import NAMES
from tests.transports.bench import IDENTITY, FolderBench, parcel

SCRIPT = ROOT / "tests" / "support" / "publish_thrice.py"
LOST_ANSWERS = ROOT / "tests" / "support" / "lost_answers.c"
ALL = ["published"] * 3
THERE = list(NAMES)
FLAG = "rename that never replaces"


@needs("strace")
@pytest.mark.parametrize("fault", ["EACCES", "EBUSY"])
def test_one_file_that_another_program_holds_open_stops_no_other_and_follows(tmp_path: Path, fault: str) -> None:
    told = run_tampered(SCRIPT, tmp_path, "-e", f"inject=renameat2:error={fault}:when=3")  # the probe's is the first

    first, second, third = told["first"]
    assert (first, third) == ("published", "published")
    assert second.startswith("failed b.csv: ")
    assert told["second"] == ALL
    assert told["found"] == THERE


@needs("strace")
@pytest.mark.parametrize(
    ("fault", "words"),
    [("EACCES", "cannot be used"), ("ENOTCONN", "does not answer")],
)
def test_a_folder_that_refuses_every_file_is_a_pause_and_nothing_is_concluded(
    tmp_path: Path, fault: str, words: str
) -> None:
    told = run_tampered(SCRIPT, tmp_path, "-e", f"inject=renameat2:error={fault}:when=2+")

    assert words in told["paused"]
    assert "first" not in told
    assert told["found"] == []


@needs("strace")
def test_a_flag_that_is_refused_after_a_good_probe_is_done_without(tmp_path: Path) -> None:
    told = run_tampered(SCRIPT, tmp_path, "-e", "inject=renameat2:error=EINVAL:when=2+")

    assert told["how"] == FLAG
    assert told["first"] == told["second"] == ALL
    assert told["found"] == THERE


@needs("strace")
def test_folders_that_cannot_be_synced_are_named_by_the_probe_and_used(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    paths = ("-P", str(outbox), "-P", str(outbox / ".staging"), "-P", str(outbox / ".held"))

    told = run_tampered(SCRIPT, tmp_path, *paths, "-e", "inject=fsync:error=EINVAL")

    assert told["how"].startswith(f"{FLAG}; folders cannot be synced")
    assert told["first"] == ALL
    assert told["held"] == "held"


@needs("strace")
def test_a_folder_whose_sync_fails_is_still_a_pause(tmp_path: Path) -> None:
    told = run_tampered(SCRIPT, tmp_path, "-P", str(tmp_path / "outbox"), "-e", "inject=fsync:error=EIO:when=2+")

    assert "does not answer" in told["paused"]


@needs("strace")
def test_a_file_system_without_rights_is_named_by_the_probe_and_used(tmp_path: Path) -> None:
    told = run_tampered(SCRIPT, tmp_path, "-e", "inject=chmod,fchmod,fchmodat:error=EPERM")

    assert told["how"] == f"{FLAG}; rights cannot be set (the options of the mount decide who reads)"
    assert told["first"] == ALL


@needs("strace")
def test_what_a_late_listing_lacks_was_not_taken(tmp_path: Path) -> None:
    told = run_tampered(SCRIPT, tmp_path, "-P", str(tmp_path / "outbox"), "-e", "inject=getdents64:retval=0")

    assert told["missing"] == []
    assert told["first"] == ALL


@needs("gcc")
@pytest.mark.parametrize("fault", [errno.ENOENT, errno.EEXIST, errno.EIO], ids=errno.errorcode.get)
def test_a_rename_whose_answer_was_lost_is_known_by_its_witness(tmp_path: Path, fault: int) -> None:
    told = run_preloaded(SCRIPT, tmp_path, LOST_ANSWERS, {"LOST_ANSWER": str(fault)})

    assert told["first"] == ALL
    assert told["missing"] == []
    assert told["held"] == "held"
    assert told["found"] == THERE


@pytest.mark.parametrize(
    ("number", "is_every_file_s", "may_be"),
    [
        (errno.ENOSPC, True, False),
        (errno.EROFS, True, False),
        (errno.EHOSTDOWN, True, False),
        (errno.ENOTCONN, True, False),
        (errno.ESTALE, False, True),
        (errno.EIO, False, True),
        (errno.EACCES, False, True),
        (errno.EPERM, False, True),
        (errno.EBUSY, False, False),
        (errno.ETXTBSY, False, False),
        (errno.ENAMETOOLONG, False, False),
    ],
    ids=str,
)
def test_each_fault_has_its_judge(number: int, is_every_file_s: bool, may_be: bool) -> None:  # noqa: FBT001
    error = OSError(number, os.strerror(number))

    assert concerns_every_file(error) is is_every_file_s
    assert may_concern_every_file(error) is may_be


def test_a_file_held_open_elsewhere_is_said_to_be_so() -> None:
    assert why(OSError(errno.EBUSY, "Device or resource busy")).endswith("another program may hold the file open")
    assert why(OSError(errno.ENAMETOOLONG, "File name too long")) == "File name too long"


def test_a_share_that_is_away_is_no_question_of_rights(tmp_path: Path) -> None:
    pause = paused(OSError(errno.EHOSTDOWN, "Host is down"), tmp_path)

    assert (pause.reason, pause.name) == (PauseReason.FOLDER, ErrorName.FOLDER_MISSING)
    assert "server and the network" in pause.hint


async def test_a_share_that_hangs_is_a_pause_and_what_hung_does_no_harm_when_it_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = FolderBench(tmp_path)
    await bench.transport.plant(IDENTITY, replace=False)
    await bench.transport.probe(IDENTITY)
    await bench.transport.stage([parcel()])
    identity = bench.staging / ".bridge-identity"
    identity.rename(tmp_path / "kept")
    os.mkfifo(identity)  # whoever opens it to read waits, as on a dead mount
    monkeypatch.setattr(folder, "_ANSWERS_WITHIN_S", 0.2)

    with pytest.raises(PausedError) as caught:
        await bench.transport.publish([parcel()])
    identity.write_text(f"{IDENTITY}\n")
    (tmp_path / "kept").replace(identity)
    again = await bench.transport.publish([parcel()])

    await bench.transport.close()
    assert "has not answered for 0.2 s" in caught.value.message
    assert [step.end for step in again] == ["published"]
    assert bench.finals() == {parcel().final: parcel().content}
