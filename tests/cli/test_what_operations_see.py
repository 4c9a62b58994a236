"""What an operator is shown of trouble with the ERP's files: refusals by receipt, reasons, quarantine."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.journal import Journal
from bridge.model import AckKind, AckStatus
from bridge.simulators.sides.edifact import syntax_receipt
from bridge.states import DropState
from tests.cli.conftest import Verb
from tests.support import journals

Filling = Callable[[Callable[[Journal], Awaitable[object]]], object]

ORDER_FILE = b"UNB+UNOC:3+US:ZZ+THEM:ZZ+261122:1140+12'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+12'"


async def refused_file(journal: Journal) -> None:
    """An order whose file the ERP fetched and refused by a receipt."""
    await journals.admit(journal)
    await journals.bring_to(journal, DropState.TAKEN)
    receipt = journals.ack(status=AckStatus.REJECTED, number=None, kind=AckKind.RECEIPT, reason="UCI: syntax error 12")
    await journal.record(journals.recording(receipt))


@pytest.fixture
def refused(fill: Filling) -> None:
    fill(refused_file)


@pytest.mark.usefixtures("refused", "service")
def test_a_refused_file_is_critical_to_nagios_and_an_open_page_in_status(verb: Verb) -> None:
    nagios = verb("status", "--nagios")
    words = verb("status")
    (alert,) = json.loads(verb("status", "--json")[1])["alerts"]

    assert nagios[0] == 2
    assert nagios[1].startswith("ERP-BRIDGE CRITICAL - file_refused 48447 |")
    assert words[0] == 1
    assert "✗ Order 48447: the ERP of target erp refuses our file: UCI: syntax error 12" in words[1]
    assert "No alert is open." not in words[1]
    assert (alert["kind"], alert["subject"], alert["severity"]) == ("file_refused", "48447", "page")


@pytest.mark.usefixtures("refused")
def test_an_order_whose_file_was_refused_names_the_reason_and_the_verb_that_hands_it_over_anew(verb: Verb) -> None:
    timeline = verb("orders", "timeline", "48447")[1]
    shown = verb("orders", "show", "48447")[1]
    (drop,) = json.loads(verb("orders", "show", "48447", "--json")[1])["drops"]

    remedy = "erp-bridge orders resend 48447 --render-again --because TEXT"
    assert "erp says rejected: UCI: syntax error 12 (a receipt that refuses our file" in timeline
    assert timeline.splitlines()[-1].startswith("Next: erp refused ORDERS_48447_000001.csv (UCI: syntax error 12), so")
    assert remedy in timeline.splitlines()[-1]
    assert remedy in shown
    assert ": taken, refused by the ERP, sha256 " in shown
    assert (drop["refusal"], drop["refused_at"]) == ("UCI: syntax error 12", "2026-03-02T09:00:00.000000Z")


@pytest.mark.parametrize(("count", "words"), [(1, "1 file of the ERP lies in"), (2, "2 files of the ERP lie in")])
def test_status_says_what_to_do_about_files_in_quarantine(
    verb: Verb, home: Path, fill: Filling, count: int, words: str
) -> None:
    fill(journals.admit)
    (home / "inbox" / "quarantine").mkdir()
    for number in range(count):
        (home / "inbox" / "quarantine" / f"{number}.csv").touch()

    told = verb("status")[1]

    assert words in told
    assert [
        verb for verb in ("list", "retry NAME", "discard NAME") if f"erp-bridge quarantine {verb}" not in told
    ] == []


def test_status_says_nothing_of_an_empty_quarantine(verb: Verb, fill: Filling) -> None:
    fill(journals.admit)

    assert "quarantine" not in verb("status")[1]


def test_read_names_the_control_number_and_the_reason_of_a_receipt(verb: Verb, home: Path) -> None:
    (home / "config.toml").write_text('[targets.erp.answer]\nformat = "edifact"\n')
    (home / "CONTRL.edi").write_bytes(syntax_receipt(ORDER_FILE, "4", error="12"))

    out = verb("read", "CONTRL.edi")[1]

    assert "  our file with control number 12: rejected (receipt): UCI: syntax error 12" in out


def test_read_shows_the_erps_reason_on_one_short_line_that_steers_no_terminal(verb: Verb, home: Path) -> None:
    heading = "order_ref;erp_order_no;status;line_no;reason\n"
    (home / "ORDRSP.csv").write_text(f"{heading}48447;SO-1;rejected;;Client inconnu \x1b[31m{'x' * 500}\n")

    (line,) = [line for line in verb("read", "ORDRSP.csv")[1].splitlines() if "order 48447" in line]

    assert "): Client inconnu" in line
    assert "\x1b" not in line
    assert len(line) < 300


def test_check_names_the_files_that_only_capitals_keep_from_being_taken(verb: Verb, home: Path) -> None:
    (home / "password").write_text("demo")
    head = '[receiver]\npassword_file = "password"\n[targets.erp.answer]\npatterns = '
    for name in ("ordrsp_1.csv", "ORDRSP_2.csv", "elsewhere.csv"):
        (home / "inbox" / name).touch()

    (home / "config.toml").write_text(head + '["ORDRSP*.csv"]\n')
    missed = verb("check")
    (home / "config.toml").write_text(head + '["ORDRSP*.csv", "ordrsp*.csv"]\n')
    taken = verb("check")

    assert (missed[0], taken[0]) == (0, 0)
    assert "1 file(s) are left alone" in missed[1]
    assert "differ from their names in capitals: ordrsp_1.csv\n" in missed[1]
    assert "left alone" not in taken[1]
