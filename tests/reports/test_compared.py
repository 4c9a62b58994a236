"""An answer beside the order: fewer rows or pieces than were ordered is never *confirmed*."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bridge.model import AckKind, AckLine, Acknowledgement, AckStatus
from bridge.reports.brief import Brief
from bridge.reports.kinds import StatusReport
from bridge.reports.owing import plan
from bridge.states import Choice, Outcome, ReportPolicy
from tests.reports.plans import NEW, last
from tests.support.rows import FREIGHT, SHOES, SOCKS

S = AckStatus
Pieces = dict[str, str | None]


def answer(pieces: Pieces, status: S = S.CONFIRMED, line_status: S | None = S.CONFIRMED) -> Acknowledgement:
    lines = tuple(
        AckLine(line_no=no, status=line_status, qty_confirmed=None if qty is None else Decimal(qty))
        for no, qty in pieces.items()
    )
    return Acknowledgement(AckKind.RESPONSE, status, order_ref="48447", erp_order_no="SO-1", lines=lines)


@pytest.mark.parametrize(
    "pieces",
    [
        {},
        {SHOES: "2", SOCKS: "10", FREIGHT: "1"},
        {SHOES: "2.000", SOCKS: "10"},  # freight is no goods, and many ERPs leave it out
        {SHOES: None, SOCKS: None},
        {SHOES: "2", SOCKS: "10", "99": "1"},  # a row of the ERP's own
        {"99": "1"},
    ],
)
def test_as_many_pieces_as_were_ordered_are_confirmed(pieces: Pieces) -> None:
    follows = last(answer(pieces), known=NEW)

    assert (follows.outcome, follows.alert) == (Outcome.CONFIRMED, None)


@pytest.mark.parametrize(
    ("pieces", "rows"),
    [
        ({SHOES: "2"}, SOCKS),
        ({SHOES: "1", SOCKS: "10"}, SHOES),
        ({SHOES: "2", SOCKS: "9.999"}, SOCKS),
        ({SOCKS: "0"}, f"{SHOES}, {SOCKS}"),
        ({SHOES: "1", "99": "1"}, SHOES),
    ],
)
def test_fewer_rows_or_pieces_are_a_change_with_their_rows_named(pieces: Pieces, rows: str) -> None:
    follows = last(answer(pieces), known=NEW)

    assert follows.outcome is Outcome.CHANGED
    [report] = [each for each in follows.reports if isinstance(each, StatusReport)]
    short = {item.line_no for item in report.items if item.status is S.CHANGED}
    assert (report.status, short) == (S.CHANGED, {no for no in rows.split(", ") if no in pieces})
    assert follows.alert is not None
    assert follows.alert.text.endswith(f"It calls itself confirmed, and not all pieces of row {rows} are in it")


def test_pieces_of_a_row_that_is_split_are_added() -> None:
    split = answer({SHOES: "2"})
    split = replace(split, lines=(*split.lines, *answer({SOCKS: "4"}).lines, *answer({SOCKS: "6"}).lines))

    assert last(split, known=NEW).outcome is Outcome.CONFIRMED


def test_where_the_order_is_not_at_hand_the_words_are_taken_as_they_are() -> None:
    assert last(answer({SHOES: "1"}), known=replace(NEW, brief=Brief())).outcome is Outcome.CONFIRMED


@pytest.mark.parametrize("status", [S.REJECTED, S.CANCELLED])
def test_a_change_that_refuses_each_row_is_a_refusal_and_asks_a_person(status: S) -> None:
    refused = answer({SHOES: None, SOCKS: None}, S.CHANGED, status)

    follows = plan(ReportPolicy(), refused, NEW)

    assert (follows.outcome, follows.waits_because) == (Outcome(status.value), f"the ERP answered {status}")


def test_a_change_that_refuses_some_rows_is_a_change() -> None:
    policy = ReportPolicy(rejected=Choice.HOLD)

    assert plan(policy, answer({SOCKS: None}, S.CHANGED, S.REJECTED), NEW).outcome is Outcome.CHANGED
