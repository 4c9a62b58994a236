"""The verbs about folders and quarantine, the archive of an order, and the history as it grows."""

import hashlib
import json
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.journal import Journal
from bridge.states import DropState
from tests.cli.conftest import Verb, serving
from tests.support import journals
from tests.support.patience import PATIENCE_S

COMMAND = [sys.executable, "-c", "import sys; from bridge.cli import main; sys.exit(main(sys.argv[1:]))"]
Filling = Callable[[Callable[[Journal], Awaitable[object]]], object]


async def answered(journal: Journal) -> None:
    await journals.admit(journal)
    await journals.bring_to(journal, DropState.TAKEN)
    await journal.record(journals.recording(journals.ack()))


@pytest.fixture
def filled(fill: Filling) -> None:
    fill(answered)


@pytest.fixture
def stray(home: Path) -> Path:
    """A file in quarantine with its note."""
    folder = home / "inbox" / "quarantine"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"4844T;SO-1\n")
    (folder / "a.csv.reason.txt").write_text('a.csv could not be matched.\n  Found:     no order "4844T"\n')
    return folder / "a.csv"


@pytest.mark.usefixtures("stray")
def test_quarantine_is_listed_and_shown_without_a_service(verb: Verb) -> None:
    listed = verb("quarantine", "list")
    shown = verb("quarantine", "show", "a.csv")
    content = verb("quarantine", "show", "a.csv", "--file")

    assert listed[0] == 0
    assert listed[1].split("\t")[0] == "a.csv"
    assert listed[1].rstrip().endswith('no order "4844T"')
    assert "could not be matched" in shown[1]
    assert content[1] == "4844T;SO-1\n"
    assert verb("quarantine", "show", "b.csv")[0] == 3


@pytest.mark.usefixtures("stray")
def test_a_name_in_two_quarantines_is_ambiguous(verb: Verb, home: Path) -> None:
    second = home / "b" / "quarantine"
    second.mkdir(parents=True)
    (second / "a.csv").touch()
    (home / "config.toml").write_text(
        '[targets.erp.answer]\nquarantine = "inbox/quarantine"\n[targets.wms.answer]\nquarantine = "b/quarantine"\n'
    )

    shown, content = verb("quarantine", "show", "a.csv"), verb("quarantine", "show", "a.csv", "--file")

    assert (shown[0], content[0]) == (4, 4)
    assert str(second / "a.csv") in shown[2]


def test_a_file_that_a_person_laid_down_is_read_under_whatever_name(verb: Verb, home: Path) -> None:
    folder = home / "inbox" / "quarantine"
    folder.mkdir()
    (folder / "o\udcff.csv").write_bytes(b"x")

    assert verb("quarantine", "list")[1].startswith("o\\xff.csv\t")
    assert verb("quarantine", "show", "o\\xff.csv", "--file")[:2] == (0, "x")


def test_our_own_note_is_no_file_of_the_inbox(verb: Verb, home: Path) -> None:
    (home / "inbox" / "STATUS.txt").touch()
    (home / "inbox" / "late.csv.part").touch()

    listed = json.loads(verb("files", "list", "--json")[1])

    assert [file["name"] for file in listed] == ["late.csv.part"]


@pytest.mark.usefixtures("stray")
def test_acts_on_quarantine_need_the_service(verb: Verb, home: Path) -> None:
    (home / "config.toml").write_text('[admin]\nlisten = "127.0.0.1:1"\n')

    codes = [
        verb("quarantine", "retry", "a.csv")[0],
        verb("quarantine", "discard", "a.csv", "--because", "x")[0],
        verb("quarantine", "discard", "a.csv")[0],
    ]

    assert codes == [69, 69, 2]


def test_files_are_listed_by_folder(verb: Verb, home: Path) -> None:
    (home / "outbox" / "ORDERS_1.csv").write_text("x")

    every, outbox = verb("files", "list", "--json"), verb("files", "list", "--folder", "outbox")
    old = verb("files", "list", "--older", "30m")

    assert [file["folder"] for file in json.loads(every[1])] == ["outbox"]
    assert outbox[1].startswith("outbox\tORDERS_1.csv\terp\t")
    assert (old[0], old[1]) == (3, "")
    assert verb("files", "list", "--older", "soon")[0] == 2


@pytest.mark.usefixtures("filled")
def test_an_export_holds_everything_and_a_manifest_of_hashes(verb: Verb, home: Path) -> None:
    code, out, _ = verb("orders", "export", "48447", "-o", "x.zip")

    with zipfile.ZipFile(home / "x.zip") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts.pop("manifest.json"))
    assert (code, out) == (0, "")
    assert set(parts) == {
        "order.json",
        "events.json",
        "request.json",
        "files/erp/ORDERS_48447_000001.csv",
        "answers/01-ORDRSP_778.csv",
    }
    assert {name: file["sha256"] for name, file in manifest["files"].items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in parts.items()
    }
    assert parts["request.json"] == journals.BODY.content
    assert stat.S_IMODE((home / "x.zip").stat().st_mode) == 0o600


@pytest.mark.usefixtures("filled")
def test_an_export_that_cannot_be_made_leaves_nothing(verb: Verb, home: Path) -> None:
    assert verb("orders", "export", "9999", "-o", "x.zip")[0] == 3
    assert verb("orders", "export", "48447", "-o", "nowhere/x.zip")[0] == 73
    assert not list(home.glob("*.zip*"))


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("words", [(), ("--order", "48447")], ids=["all", "one order"])
def test_tail_tells_the_history_and_ctrl_c_ends_it_with_130(home: Path, words: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [*COMMAND, "tail", "--since", "2026-01-01", "--json", *words], cwd=home, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [json.loads(process.stdout.readline()) for _ in range(5)]
        process.send_signal(signal.SIGINT)
        code = process.wait(5)

    assert [event["kind"] for event in told] == ["received", "staged", "dropped", "fetched", "acknowledged"]
    assert {event["order_ref"] for event in told} == {"48447"}
    assert code == 130


def test_tail_needs_a_journal_or_another_bridge(verb: Verb) -> None:
    assert verb("tail")[0] == 69
    assert verb("tail", "--url", "http://127.0.0.1:1")[0] == 69


@pytest.mark.usefixtures("filled")
def test_tail_follows_another_bridge_until_that_is_gone(verb: Verb, home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with ExitStack() as stack:
        with serving(home, clock=SystemClock()):
            url = (home / "config.toml").read_text().split('"')[1]
            words = ["tail", "--since", "2026-01-01", "--json", "--url", url]
            process = stack.enter_context(
                subprocess.Popen(
                    [*COMMAND, *words], cwd=elsewhere, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                )
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            told = [json.loads(process.stdout.readline()) for _ in range(5)]
            verb("orders", "note", "48447", "seen from afar")
            note = json.loads(process.stdout.readline())
            nobody = verb("tail", "--order", "9999", "--url", url)
        _, err = process.communicate(timeout=PATIENCE_S)

    assert [event["kind"] for event in told] == ["received", "staged", "dropped", "fetched", "acknowledged"]
    assert (note["kind"], note["facts"]) == ("note", {"text": "seen from afar"})
    assert (nobody[0], process.returncode) == (3, 69)
    assert "does not answer at http://127.0.0.1:" in err


@pytest.mark.usefixtures("filled")
def test_tail_of_an_unknown_order_ends_in_3(verb: Verb) -> None:
    assert verb("tail", "--order", "9999")[0] == 3
