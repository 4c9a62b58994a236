"""The verbs by which a person decides about an order; the exit codes say what came of it."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.journal import Journal
from bridge.journal.records import ReportEnd, ReportResult
from tests.cli.conftest import Verb
from tests.support import journals

Filling = Callable[[Callable[[Journal], Awaitable[object]]], object]
ACTS = ("hold", "release", "resend", "abandon", "confirm", "settle")
NUMBER = {"confirm": ("--erp-no", "SO-1")}


async def in_doubt(journal: Journal) -> None:
    await journals.admit(journal)
    await journal.record(journals.recording(journals.ack()))
    (report,) = await journal.reports.due(timedelta())
    await journal.reports.settle(ReportResult(report, ReportEnd.UNCERTAIN, "the answer was cut off"))


async def two_alike(journal: Journal) -> None:
    await journals.admit(journal, "a1")
    await journals.admit(journal, "A1")
    await journals.admit(journal, "48447")


@pytest.fixture
def filled(fill: Filling) -> None:
    fill(two_alike)


@pytest.fixture
def doubted(fill: Filling) -> None:
    fill(in_doubt)


def words(act: str, ref: str) -> list[str]:
    return ["orders", act, ref, *NUMBER.get(act, ()), "--because", "x"]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("act", ACTS)
def test_an_act_needs_the_service_and_a_reason(verb: Verb, home: Path, act: str) -> None:
    (home / "config.toml").write_text('[admin]\nlisten = "127.0.0.1:1"\n')

    asleep = verb(*words(act, "48447"))
    silent = verb("orders", act, "48447", *NUMBER.get(act, ()))

    assert (asleep[0], silent[0]) == (69, 2)
    assert "start it: erp-bridge run" in asleep[2]


@pytest.mark.usefixtures("filled", "service")
@pytest.mark.parametrize("act", ACTS)
def test_an_unknown_reference_ends_in_3_and_an_ambiguous_one_in_4_with_candidates(verb: Verb, act: str) -> None:
    unknown, ambiguous = verb(*words(act, "9999")), verb(*words(act, "A1 "))

    assert (unknown[0], ambiguous[0]) == (3, 4)
    assert "a1 (#1), A1 (#2)" in ambiguous[2]


@pytest.mark.usefixtures("filled", "service")
def test_what_a_state_forbids_ends_in_4(verb: Verb) -> None:
    code, out, err = verb(*words("hold", "48447"))

    assert (code, out) == (4, "")
    assert "carries no orders out" in err


@pytest.mark.usefixtures("filled", "service")
@pytest.mark.parametrize(
    "blank",
    [
        ("orders", "abandon", "48447", "--because", " "),
        ("orders", "confirm", "48447", "--erp-no", "", "--because", "x"),
        ("orders", "note", "48447", " "),
        ("target", "pause", "erp", "--because", ""),
    ],
)
def test_what_must_be_said_in_words_is_not_left_empty(verb: Verb, blank: tuple[str, ...]) -> None:
    code, _, err = verb(*blank)

    assert code == 2
    assert "it is empty; say it in a few words" in err


@pytest.mark.usefixtures("filled", "service")
def test_a_remark_is_kept_and_told_as_json_too(verb: Verb) -> None:
    told = verb("orders", "note", "48447", "called the warehouse")
    as_json = verb("orders", "note", "48447", "again", "--json")

    assert told[:2] == (0, "48447: noted\n")
    assert json.loads(as_json[1])["told"] == "noted"
    assert "called the warehouse" in verb("orders", "timeline", "48447")[1]


@pytest.mark.usefixtures("doubted", "service")
def test_a_matter_is_settled_by_hand_once_and_its_reason_told(verb: Verb) -> None:
    asks, first, second = (
        verb("orders", "show", "48447"),
        verb(*words("settle", "48447")),
        verb(*words("settle", "48447")),
    )

    assert "done: erp-bridge orders settle 48447 --because TEXT" in asks[1]
    assert "report 1  SendOrderStatus confirmed: uncertain (the answer was cut off)" in asks[1]
    assert first[:2] == (0, "48447: settled by hand: report 1 (status confirmed), which was uncertain\n")
    assert second[0] == 4
    assert "order 48447 is reported: nothing of it waits to be settled" in second[2]
    timeline = verb("orders", "timeline", "48447")[1]
    assert "settled       SendOrderStatus confirmed by a person, nothing was sent: x" in timeline
