"""The demo as a person starts it: a process in an empty folder, its lines, its exit code, what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.cli._demo_books import Books, disagreements
from bridge.cli._demo_progress import Sight, finished
from bridge.simulators.erp_book import Entry, ErpBook, Mood
from bridge.simulators.norce_book import CONFIRMED, OrderRecord
from tests.cli.conftest import Verb
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "BRIDGE_NO_BOOTSTRAP": "1"}
COMMAND = [sys.executable, "-m", "bridge"]
AT = "2026-03-02T09:00:00.000000Z"
NOW = datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC)

starts_a_bridge = pytest.mark.timeout(30)


def played(folder: Path, *words: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, the JSON lines of stdout, and stderr."""
    done = subprocess.run(
        [*COMMAND, "demo", "--port", "0", "--json", *words],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@starts_a_bridge
def test_one_order_goes_round_and_so_does_the_next(tmp_path: Path) -> None:
    first = played(tmp_path, "--once")
    second = played(tmp_path, "--once")
    timeline = _verb(tmp_path, "-c", "var/demo/config.toml", "orders", "timeline", "48447").stdout

    for code, (order, summary), err in (first, second):
        assert code == 0, err
        assert (order["order_ref"], order["state"], order["erp_order_no"]) == ("48447", "confirmed", "SO-1001")
        assert (summary["orders"], summary["confirmed"], summary["disagreements"]) == (1, 1, [])
    assert timeline.count("ORDERS_48447_000001.csv by erp over SFTP") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["var"]
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["demo"]


@starts_a_bridge
def test_with_faults_each_order_ends_confirmed_or_held_and_the_books_agree(tmp_path: Path) -> None:
    code, (*orders, summary), err = played(tmp_path, "--orders", "8", "--faults", "0.5")

    assert code == 0, err
    assert len(orders) == 8
    assert {order["state"] for order in orders} == {"confirmed", "held"}
    assert all(order["held_for"] and order["command"] for order in orders if order["state"] == "held")
    assert summary["confirmed"] + len(summary["held"]) == summary["orders"] == 8
    assert (summary["unfinished"], summary["disagreements"]) == ([], [])


@pytest.mark.soak
@pytest.mark.timeout(180)
@pytest.mark.parametrize("format_name", ["delimited", "json"])
def test_many_orders_with_many_faults_end_confirmed_or_held_and_the_books_agree(
    tmp_path: Path, format_name: str
) -> None:
    code, (*orders, summary), err = played(tmp_path, "--orders", "50", "--faults", "0.3", "--format", format_name)

    assert code == 0, err
    assert len(orders) == 50
    assert (summary["unfinished"], summary["disagreements"]) == ([], [])


@starts_a_bridge
def test_ctrl_c_ends_it_well_while_other_verbs_know_it_and_a_second_one_is_refused(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "demo", "--port", "0"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    config = tmp_path / "var/demo/config.toml"
    assert process.stderr is not None
    while "Ctrl-C" not in process.stderr.readline():
        assert process.poll() is None

    asked = _verb(tmp_path, "-c", str(config), "send", "--sample", "--json")
    again = _verb(tmp_path, "demo", "--once", "--port", "0")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE_S)

    assert json.loads(asked.stdout)["StatusCode"] == "OK"
    assert (again.returncode, "already" in again.stderr) == (75, True)
    assert process.returncode == 0
    assert "agree" in out


def _verb(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, *words], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


def test_a_port_that_is_taken_is_told_in_words(home: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])

        done = _verb(home, "demo", "--once", "--port", port)

    assert done.returncode == 75
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_does_not_empty_a_folder_that_a_link_leads_to(verb: Verb, home: Path) -> None:
    precious = home / "precious"
    precious.mkdir()
    (precious / "file").touch()
    (home / "var/demo").symlink_to(precious)

    code, _, err = verb("demo", "--once")

    assert code == 73
    assert "somewhere else" in err
    assert (precious / "file").exists()


@pytest.mark.parametrize("words", [("--once", "--orders", "2"), ("--format", "klingon"), ("--faults", "2")])
def test_wrong_usage_of_the_demo_ends_in_2(verb: Verb, words: tuple[str, ...]) -> None:
    code, out, err = verb("demo", *words)

    assert (code, out) == (2, "")
    assert err


# --- the comparison of the books --------------------------------------------------------------------------------------


def document(**changed: Any) -> dict[str, Any]:
    drop = {"file": "a.csv", "sha256": "", "state": "answered", "published_at": AT, "detail": None, "refused_at": None}
    report = {"sent_at": AT, "error": None}
    return {
        "order_ref": "48447",
        "state": "reported",
        "erp_order_no": "SO-1001",
        "received_at": AT,
        "changed_at": AT,
        "waits_because": None,
        "drops": [drop],
        "reports": [report],
        "acknowledgements": [],
    } | changed


def books() -> Books:
    """One order that went well."""
    erp = ErpBook()
    taken = erp.take("a.csv", b"x", "48447")
    erp.enter("48447", Mood.WELL)
    known = document()
    known["drops"][0]["sha256"] = taken.sha256
    record = OrderRecord("48447", status=CONFIRMED, erp_order_no="SO-1001", answer="OK")
    return Books([known], [record], erp, frozenset())


def test_books_of_an_order_that_went_well_agree() -> None:
    assert disagreements(books()) == []


def test_an_order_that_was_answered_ok_and_is_nowhere_is_named() -> None:
    lost = replace(books(), journal=[])

    said = disagreements(lost)

    assert any("answered OK, but the journal has no such order" in each for each in said)


def test_an_order_that_the_erp_got_twice_is_named() -> None:
    doubled = books()
    doubled.erp.take("a.csv", b"x", "48447")

    said = disagreements(doubled)

    assert said == ["48447: the ERP got it 2 times"]


def test_other_bytes_than_were_written_are_named() -> None:
    changed = books()
    changed.journal[0]["drops"][0]["sha256"] = "other"

    said = disagreements(changed)

    assert said == ["a.csv: the ERP took other bytes than the journal wrote"]


def test_a_file_that_left_the_outbox_and_never_arrived_is_named_unless_it_still_lies_there() -> None:
    missing = replace(books(), erp=ErpBook())
    waiting = replace(missing, waiting={"a.csv"})

    said, said_of_waiting = disagreements(missing), disagreements(waiting)

    assert "a.csv: the journal calls it answered, but the ERP never got it" in said
    assert not any("never got it" in each for each in said_of_waiting)


def test_a_confirmation_with_another_number_or_without_a_report_is_named() -> None:
    other = books()
    other.norce[0].erp_order_no = "SO-9"
    untold = books()
    untold.norce[0].status = "Allocation"

    assert any("number SO-1001, SO-9" in each for each in disagreements(other))
    assert any("Allocation at Norce, but told" in each for each in disagreements(untold))


# --- when an order has come to its end --------------------------------------------------------------------------------


def sight(*, is_done: bool = True, quarantined: frozenset[str] = frozenset({"x.csv"})) -> Sight:
    return Sight(Entry("48447", "SO-1001", Mood.UNREADABLE, ["x.csv"], is_done), quarantined, Path("var/demo"), NOW)


def test_an_order_is_confirmed_when_norce_was_told() -> None:
    one = finished(document(), sight())

    assert one is not None
    assert one.is_confirmed
    assert one.steps[-2:] == ("accepted SO-1001", "confirmed")


@pytest.mark.parametrize("state", ["received", "dropped", "acknowledged"])
def test_an_order_on_its_way_has_no_end_yet(state: str) -> None:
    assert finished(document(state=state), sight(is_done=False)) is None
    assert finished(document(state=state), sight(quarantined=frozenset())) is None


@pytest.mark.parametrize(
    ("changed", "held_for", "command"),
    [
        ({"state": "dropped"}, "lies in quarantine", "quarantine show x.csv"),
        ({"state": "held", "waits_because": "the ERP refused it"}, "the ERP refused it", "orders timeline 48447"),
        ({"state": "dead", "reports": [{"sent_at": None, "error": "no such order"}]}, "no such order", "orders retry"),
    ],
)
def test_a_held_order_names_why_and_the_command(changed: dict[str, Any], held_for: str, command: str) -> None:
    one = finished(document(**changed), sight())

    assert one is not None
    assert not one.is_confirmed
    assert held_for in str(one.held_for)
    assert command in str(one.command)
