"""The verbs that read: from the journal's file while no bridge runs, from the admin API with --url."""

import json
import re
import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.cli._client import address_of
from bridge.cli._globals import Globals
from bridge.cli._settings import settings
from bridge.journal import Journal
from bridge.journal.records import Body
from bridge.model import AckStatus
from bridge.states import DropState
from tests.cli.conftest import Verb
from tests.ops.running import Running
from tests.support import journals

Filling = Callable[[Callable[[Journal], Awaitable[object]]], object]


async def some_orders(journal: Journal) -> None:
    """One order confirmed, one dropped, one refused, one reject."""
    await journals.admit(journal, "48447")
    await journals.bring_to(journal, DropState.PUBLISHED)
    await journal.record(journals.recording(journals.ack()))
    await journals.admit(journal, "48448")
    await journals.bring_to(journal, DropState.PUBLISHED)
    await journals.admit(journal, "48449")
    refused = journals.ack("48449", AckStatus.REJECTED, number=None)
    await journal.record(journals.recording(refused, claim="2__ORDRSP_779.csv"))
    await journal.reject(journals.rejection())


@pytest.fixture
def filled(fill: Filling) -> None:
    fill(some_orders)


@pytest.mark.usefixtures("filled")
def test_a_list_is_tab_separated_where_nobody_sits_at_a_terminal(verb: Verb) -> None:
    code, out, _ = verb("orders", "list")

    rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert [(row[0], row[2]) for row in rows] == [
        ("48449", "! held"),
        ("48448", "→ dropped"),
        ("48447", "→ acknowledged"),
    ]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("words", "refs"),
    [
        (["--state", "held"], ["48449"]),
        (["-q", "so-1001"], ["48447"]),
        (["--target", "erp", "--limit", "1"], ["48449"]),
        (["--overdue"], ["48448", "48447"]),
        (["--since", "2026-03-01"], ["48449", "48448", "48447"]),
    ],
)
def test_a_list_is_narrowed(verb: Verb, words: list[str], refs: list[str]) -> None:
    code, out, _ = verb("orders", "list", "--json", *words)

    assert code == 0
    assert [order["order_ref"] for order in json.loads(out)] == refs


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("words", [["--since", "1h"], ["--state", "dead"], ["-q", "nothing like it"]])
def test_a_filter_that_nothing_fits_ends_in_3(verb: Verb, words: list[str]) -> None:
    code, out, _ = verb("orders", "list", "--json", *words)

    assert (code, json.loads(out)) == (3, [])


@pytest.mark.usefixtures("filled")
def test_a_list_as_csv_has_a_heading(verb: Verb) -> None:
    _, out, _ = verb("orders", "list", "--csv")

    assert out.splitlines()[0].startswith("id,order_ref,application,state")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("ref", ["48447", "SO-1001", "ORDERS_48447_000001.csv", "ORDRSP_778.csv", "#1", "1"])
def test_an_order_is_found_by_any_identifier(verb: Verb, ref: str) -> None:
    code, out, _ = verb("orders", "show", ref, "--json")

    assert (code, json.loads(out)["order_ref"]) == (0, "48447")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("ref", "code"), [("nobody", 3), ("request-1", 4)])
def test_no_order_ends_in_3_and_several_in_4(verb: Verb, ref: str, code: int) -> None:
    found, out, err = verb("orders", "show", ref)

    assert (found, out) == (code, "")
    assert ref in err


@pytest.mark.usefixtures("filled")
def test_payloads_come_as_they_were(verb: Verb) -> None:
    assert verb("orders", "show", "48447", "--request")[1] == journals.BODY.content.decode()
    assert verb("orders", "show", "48447", "--file")[1] == "48447;1\r\n"
    assert json.loads(verb("orders", "show", "48447", "--answer")[1])["erp_order_no"] == "SO-1001"


@pytest.mark.usefixtures("filled")
def test_a_request_can_be_sent_again_by_curl(verb: Verb) -> None:
    _, out, _ = verb("orders", "show", "48447", "--curl")

    assert out.startswith(
        "curl --user norce -H 'Content-Type: application/json' --data-binary @- http://127.0.0.1:8080/"
    )
    assert out.splitlines()[1] == journals.BODY.content.decode()


@pytest.mark.usefixtures("filled")
def test_a_timeline_tells_each_step_and_what_is_next(verb: Verb) -> None:
    _, out, _ = verb("orders", "timeline", "48449")

    assert "received" in out
    assert "erp says rejected" in out
    assert out.splitlines()[-1].startswith("Next: a person decides: the ERP answered rejected.")


@pytest.mark.usefixtures("filled")
def test_rejects_are_listed_and_shown(verb: Verb) -> None:
    (listed,) = json.loads(verb("rejects", "list", "--json")[1])
    shown = json.loads(verb("rejects", "show", "1", "--json")[1])
    body = verb("rejects", "show", "1", "--body")[1]

    assert listed == shown
    assert set(listed) >= {"id", "received_at", "reason", "size", "sha256"}
    assert body == "not an order"
    assert verb("rejects", "show", "9")[0] == 3


@pytest.mark.usefixtures("filled")
def test_status_without_a_service_tells_what_the_journal_says(verb: Verb) -> None:
    code, out, err = verb("status", "--json")
    told = json.loads(out)

    assert (code, err) == (1, "")
    assert set(told) >= {"links", "counts", "oldest", "alerts"}
    assert told["running"] is False
    assert (told["counts"]["held"], told["counts"]["rejects"]) == (1, 1)
    assert "The service does not run" in verb("status")[2]


@pytest.mark.usefixtures("filled")
def test_nagios_gets_one_line_and_its_own_codes(verb: Verb) -> None:
    code, out, _ = verb("status", "--nagios")

    assert code == 2
    assert re.fullmatch(r"ERP-BRIDGE CRITICAL - the service does not run; .*\| received=0 dropped=1 .*\n", out)


def test_without_journal_and_service_reading_ends_in_69(verb: Verb) -> None:
    code, out, err = verb("orders", "list")

    assert (code, out) == (69, "")
    assert "erp-bridge run" in err


@pytest.mark.usefixtures("filled")
def test_the_api_tells_the_same_as_the_file(verb: Verb, service: Running) -> None:
    url = address_of(settings(Globals()))
    questions = [
        ("orders", "list", "--json", "--state", "held"),
        ("orders", "show", "48447", "--json"),
        ("orders", "show", "48447", "--file"),
        ("orders", "show", "48447", "--answer"),
        ("orders", "timeline", "48447"),
        ("orders", "show", "nobody"),
        ("orders", "show", "request-1"),
        ("rejects", "list", "--json"),
        ("rejects", "show", "1", "--body"),
    ]

    by_file = [verb(*question) for question in questions]
    by_api = [verb("--url", url, *question) for question in questions]

    assert by_api == by_file
    assert service.asked == []


@pytest.mark.usefixtures("filled")
def test_status_asks_the_service_when_it_runs(verb: Verb, service: Running) -> None:
    code, out, _ = verb("status", "--json")

    assert code == 0
    assert json.loads(out)["running"] is True
    assert service.paused == []


def test_check_marks_each_line_and_ends_in_1_when_something_is_wrong(verb: Verb, home: Path) -> None:
    secret = home / "password"
    secret.write_text("demo")
    (home / "config.toml").write_text('[receiver]\npassword_file = "password"\n')

    well = verb("check")
    (home / "outbox").rmdir()
    bad = verb("check")

    assert (well[0], bad[0]) == (0, 1)
    assert {line.split()[0] for line in well[1].splitlines()} <= {"ok", "!", "→"}
    assert any(line.startswith("✗  outbox erp") for line in bad[1].splitlines())
    assert f"mkdir -p {home}/outbox" in bad[1]


def test_check_names_a_format_that_cannot_be_set_up(verb: Verb, home: Path) -> None:
    (home / "order.txt.j2").write_text("{{ order.order_ref }}\n{{ order.comnent }}\n")
    (home / "config.toml").write_text('[targets.erp.order]\nformat = "template"\nfile = "order.txt.j2"\n')
    wrong = verb("check")
    (home / "order.txt.j2").write_text("{{ order.order_ref }}\n{{ order.comment }}\n")
    right = verb("check")

    assert wrong[0] == 1
    assert "✗  order file erp" in wrong[1]
    assert "✗  order file erp" not in right[1]
    assert 'order.txt.j2, line 2: there is no "comnent" here; did you mean "comment"?' in wrong[1]
    assert "writes its sample orders" in right[1]


@pytest.mark.usefixtures("filled")
def test_check_looks_into_the_journal(verb: Verb) -> None:
    told = {one["name"]: one for one in json.loads(verb("check", "--json")[1])}

    assert "3 orders" in told["journal"]["seen"]
    assert told["service"]["seen"] == "does not run"
    assert told["SQLite"]["mark"] in {"ok", "note"}


def test_a_body_cannot_end_early_in_the_shell_and_run_as_commands(verb: Verb, fill: Callable[..., object]) -> None:
    async def sly(journal: Journal) -> None:
        body = Body(b"<Order>\nORDER\nrm -rf /\n</Order>", "application/xml; x='; rm -rf /'", "xml", "xml")
        await journal.admit(journals.admission(body=body), keep_conflicts=True)

    fill(sly)

    out = verb("orders", "show", "48447", "--curl")[1]
    command, *_, last = out.splitlines()
    assert shlex.split(command)[:6][5] == "--data-binary"
    assert (command.endswith("<<'ORDER_'"), last) == (True, "ORDER_")


def test_status_without_an_order_says_so(verb: Verb, fill: Callable[..., object]) -> None:
    async def nothing(_: Journal) -> None:
        """Leaves the journal as it was made."""

    fill(nothing)

    assert "no order yet" in verb("status")[1]


@pytest.mark.usefixtures("filled")
def test_status_counts_what_lies_in_quarantine_now(verb: Verb, home: Path) -> None:
    folder = home / "inbox" / "quarantine"
    folder.mkdir()
    for name in ("a.csv", "a.csv.reason.txt", ".part"):
        (folder / name).touch()

    one = json.loads(verb("status", "--json")[1])["counts"]["quarantined"]
    (folder / "a.csv").unlink()
    none = json.loads(verb("status", "--json")[1])["counts"]["quarantined"]

    assert (one, none) == (1, 0)


@pytest.mark.usefixtures("filled")
def test_times_of_rejects_are_those_of_the_site(verb: Verb) -> None:
    assert verb("rejects", "list")[1].split("\t")[1] == "2026-03-02 10:00:00"
