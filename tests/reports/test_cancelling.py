"""Cancellations and credits: what is owed once, and no payment annulled or paid back by a guess."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bridge.model import AckKind, AckLine, Acknowledgement, AckStatus
from bridge.reports.brief import Brief
from bridge.reports.kinds import CancellationReport, CreditReport
from bridge.reports.plans import Verdict
from bridge.states import Outcome, ReportPolicy
from tests.reports.plans import CONFIRMED, EVERYTHING, bill, document, last, told
from tests.support.rows import FREIGHT, SHOES, SOCKS, TODAY, brief, cancellation, delivery, invoice, row


def test_a_whole_order_is_cancelled_with_its_payments_by_setting() -> None:
    follows = last(cancellation())

    assert follows.reports == (CancellationReport("SO-1", ("PAY-1",)),)
    assert follows.outcome is Outcome.CANCELLED


def test_by_default_a_cancellation_is_held() -> None:
    follows = last(cancellation(), policy=ReportPolicy())

    assert (follows.reports, follows.waits_because) == ((), "the ERP answered cancelled")


def test_some_cancelled_rows_never_annul_the_payment_of_the_others() -> None:
    follows = last(cancellation(row(SOCKS)))

    assert [report.kind for report in follows.reports] == ["status"]
    assert follows.outcome is Outcome.CHANGED


def test_the_rest_of_a_begun_order_is_cancelled_and_it_stays_as_far_as_it_is() -> None:
    follows = last(delivery(row(SHOES, "2")), invoice(row(SHOES, "2")), cancellation(row(SOCKS)))

    assert follows.reports == (CancellationReport("SO-1", ("PAY-1",)),)
    assert (follows.verdict, follows.outcome) == (Verdict.DOCUMENT, None)


def test_the_payment_of_delivered_goods_is_not_annulled_before_they_are_invoiced() -> None:
    paid = invoice(row(SHOES, "2"), row(FREIGHT, "1"))

    _, cancelled, billed = told(delivery(row(SHOES, "2")), cancellation(row(SOCKS)), paid)

    assert (cancelled.verdict, cancelled.reports) == (Verdict.DOCUMENT, ())
    assert "row 1 is not invoiced" in str(cancelled.waits_because)
    assert bill(billed).is_last


def test_the_rest_is_cancelled_once_whatever_files_say_so() -> None:
    again = replace(cancellation(row(SOCKS)), reason="sent once more")

    *_, first, second = told(delivery(row(SHOES, "2")), invoice(row(SHOES, "2")), cancellation(row(SOCKS)), again)

    assert [report.kind for report in first.reports] == ["cancellation"]
    assert (second.verdict, second.reports) == (Verdict.REPEATED, ())


def test_an_order_cancelled_after_something_left_keeps_the_payment_of_that() -> None:
    follows = last(delivery(row(SHOES, "2")), cancellation())

    assert (follows.verdict, follows.reports) == (Verdict.CONFLICT, ())
    assert "lose its money" in str(follows.waits_because)


def test_an_order_of_which_nothing_is_left_is_not_cancelled() -> None:
    follows = last(delivery(*EVERYTHING), invoice(*EVERYTHING), cancellation())

    assert (follows.verdict, follows.reports) == (Verdict.CONFLICT, ())
    assert "nothing of the order is left" in str(follows.waits_because)


def test_the_rest_may_be_cancelled_by_a_word_on_the_whole_order() -> None:
    follows = last(delivery(row(SHOES, "2")), invoice(row(SHOES, "2"), row(FREIGHT, "1")), cancellation())

    assert [report.kind for report in follows.reports] == ["cancellation"]


def test_one_cancelled_row_of_an_order_of_the_time_before_briefs_does_not_cancel_it() -> None:
    follows = last(cancellation(row(SOCKS)), known=replace(CONFIRMED, brief=Brief()))

    assert (follows.verdict, follows.reports) == (Verdict.CONFLICT, ())


def test_rows_cancelled_of_a_begun_order_annul_nothing_while_others_still_come() -> None:
    follows = last(delivery(row(SHOES, "1")), cancellation(row(SOCKS)))

    assert follows.reports == ()
    assert follows.alert is not None


@pytest.mark.parametrize(
    "line",
    [
        row(SOCKS, "4"),
        row(SOCKS, qty_confirmed=Decimal(4)),
        row(SOCKS, qty_outstanding=Decimal(4)),
        row(SOCKS, qty_backorder=Decimal(4)),
    ],
)
def test_a_row_cancelled_in_part_is_not_taken_for_a_whole_one(line: AckLine) -> None:
    follows = last(cancellation(line))

    assert (follows.verdict, follows.reports) == (Verdict.CONFLICT, ())
    assert "it cancels row 2 and tells a part of its pieces" in str(follows.waits_because)


@pytest.mark.parametrize(
    "line",
    [row(SOCKS), row(SOCKS, "0"), row(SOCKS, "10"), row(SOCKS, qty_confirmed=Decimal(0)), row(SOCKS, "4")],
)
def test_a_row_is_cancelled_whole_by_all_its_pieces_or_by_those_that_came_before(line: AckLine) -> None:
    paid = invoice(row(SHOES, "2"), row(SOCKS, "4"), row(FREIGHT, "1"))

    _, cancelled, billed = told(delivery(row(SOCKS, "4"), row(SHOES, "2")), cancellation(line), paid)

    assert cancelled.verdict is Verdict.DOCUMENT
    assert bill(billed).is_last


def test_a_change_that_cancels_a_part_of_a_row_leaves_its_payment_open() -> None:
    part = row(SOCKS, status=AckStatus.CANCELLED, qty_confirmed=Decimal(4))
    change = Acknowledgement(AckKind.RESPONSE, AckStatus.CHANGED, "48447", "SO-1", lines=(part,))

    follows = last(change, invoice(row(SHOES, "2"), row(FREIGHT, "1")))

    assert not bill(follows).is_last


def test_an_invoice_after_the_one_that_closed_the_payment_goes_out_and_is_told() -> None:
    """The row was cancelled before its delivery note came, so nothing spoke against closing the payment."""
    rest = invoice(row(SHOES, "2"), row(FREIGHT, "1"))

    _, closes, _, late = told(
        cancellation(row(SOCKS)), rest, delivery(row(SOCKS, "4")), invoice(row(SOCKS, "4"), no="F-2")
    )

    assert (bill(closes).is_last, closes.alert) == (True, None)
    assert bill(late).bill.no == "F-2"
    assert late.alert is not None
    assert "invoice F-2 comes after F-1, which closed the payment" in late.alert.text


def test_a_cancelled_row_that_nobody_knows_is_held() -> None:
    assert last(cancellation(row("9"))).verdict is Verdict.CONFLICT


def test_a_credit_is_held_by_default_and_paid_back_by_setting() -> None:
    back = invoice(row(SHOES, "-1"), no="C-1", credited_no="F-1")

    held, paid = last(back, policy=ReportPolicy()), last(invoice(row(SHOES, "2")), back)

    assert (held.reports, held.waits_because) == ((), "the ERP credits invoice F-1 by C-1")
    report = document(paid)
    assert isinstance(report, CreditReport)
    assert (report.credited_no, report.bill.no, report.bill.lines[0].qty) == ("F-1", "C-1", Decimal(1))
    assert (paid.verdict, paid.outcome) == (Verdict.DOCUMENT, None)


def test_a_credit_comes_after_the_order_s_end_too() -> None:
    ended = replace(CONFIRMED, outcome=Outcome.CANCELLED)

    follows = last(invoice(row(SHOES, "1"), no="C-1", credited_no="F-1"), known=ended)

    assert [report.kind for report in follows.reports] == ["credit"]


def test_no_more_is_credited_than_was_invoiced() -> None:
    first = invoice(row(SHOES, "1"), no="C-1", credited_no="F-1")
    again = replace(first, invoice=replace(first.invoice, no="C-2")) if first.invoice else first

    follows = last(invoice(row(SHOES, "1")), first, again)

    assert follows.verdict is Verdict.CONFLICT
    assert "only 1 invoiced by F-1" in (follows.waits_because or "")


def test_no_more_is_credited_than_was_ordered_where_the_invoice_went_past_us() -> None:
    first, second = (invoice(row(SHOES, "-2"), no=number, credited_no="F-1") for number in ("C-1", "C-2"))

    assert [follows.verdict for follows in told(first, second)] == [Verdict.DOCUMENT, Verdict.CONFLICT]


def test_an_invoice_that_norce_was_never_told_of_is_not_credited_where_it_was_told_of_others() -> None:
    assert last(invoice(row(SHOES, "2")), invoice(row(SHOES, "-1"), credited_no="F-9")).verdict is Verdict.CONFLICT


@pytest.mark.parametrize("credited_no", [None, "F-1"])
def test_money_without_a_number_that_says_what_was_said_before_waits_for_a_person(credited_no: str | None) -> None:
    first = invoice(row(SOCKS, "4"), no=None, credited_no=credited_no)
    later = replace(first, message_date=TODAY)

    follows = told(invoice(row(SOCKS, "9")) if credited_no else delivery(row(SOCKS, "9")), first, later, first)

    assert [len(each.reports) for each in follows[1:]] == [1, 0, 0]
    assert "has no number" in str(follows[2].waits_because)


def test_rows_that_share_a_number_are_never_invoiced_by_guess() -> None:
    rows = brief().lines
    twice = replace(brief(), lines=(rows[0], replace(rows[1], line_no=SHOES)))

    follows = last(invoice(row(SHOES, "10", part_no="SOCK")), known=replace(CONFIRMED, brief=twice))

    assert (follows.verdict, follows.reports) == (Verdict.CONFLICT, ())
