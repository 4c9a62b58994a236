"""What an acknowledgement makes owed: each document once, nothing told twice, and no money by a guess."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, strategies as st

from bridge.model import AckKind, AckLine, Acknowledgement, AckStatus
from bridge.reports.brief import Brief
from bridge.reports.kinds import InvoiceReport, StatusReport
from bridge.reports.owing import plan
from bridge.reports.plans import Plan, Verdict
from bridge.states import Choice, Outcome, ReportPolicy
from tests.reports.plans import ALL, CONFIRMED, EVERYTHING, NEW, bill, document, last, note, told
from tests.support.rows import FREIGHT, SHOES, SOCKS, TODAY, brief, cancellation, delivery, invoice, row

# --- deliveries ----------------------------------------------------------------------------------------------------


def test_the_note_that_completes_the_order_is_the_one_that_says_delivered() -> None:
    plans = told(delivery(row(SHOES, "2")), delivery(row(SOCKS, "4"), note="DN-2"), delivery(row(SOCKS, "6"), note="3"))

    assert [note(each).is_complete for each in plans] == [False, False, True]
    assert [each.outcome for each in plans] == [Outcome.PARTLY_DELIVERED, Outcome.PARTLY_DELIVERED, Outcome.DELIVERED]


def test_rows_called_delivered_do_not_make_the_order_delivered() -> None:
    some = delivery(row(SHOES, "2", status=AckStatus.DELIVERED), status=AckStatus.DELIVERED)

    follows = last(some)

    assert (note(follows).is_complete, follows.outcome) == (False, Outcome.PARTLY_DELIVERED)


def test_an_order_called_delivered_is_and_a_person_hears_what_is_missing() -> None:
    follows = last(delivery(row(SHOES, "2"), status=AckStatus.DELIVERED))

    assert (note(follows).is_complete, follows.outcome) == (True, Outcome.DELIVERED)
    assert follows.alert is not None
    assert follows.alert.kind == "delivered_short"


def test_a_cancelled_row_is_not_waited_for() -> None:
    follows = last(cancellation(row(SOCKS)), delivery(row(SHOES, "2")))

    assert note(follows).is_complete


def test_a_row_delivered_without_a_quantity_went_out_whole() -> None:
    follows = last(delivery(row(SOCKS, "4")), delivery(row(SOCKS, status=AckStatus.DELIVERED), note="DN-2"))

    assert [(line.line_no, line.part_no, line.qty) for line in note(follows).lines] == [(SOCKS, "SOCK", Decimal(6))]


def test_pieces_that_are_only_confirmed_have_not_left() -> None:
    waits = row(SOCKS, status=AckStatus.BACKORDER, qty_confirmed=Decimal(6))

    follows = last(delivery(row(SHOES, "2"), waits))

    assert [line.line_no for line in note(follows).lines] == [SHOES]


def test_rows_without_any_quantity_are_told_as_a_status() -> None:
    follows = last(delivery(row(SOCKS, reason="soon")))

    assert follows.reports == (StatusReport(AckStatus.PARTLY_DELIVERED, "SO-1"),)


def test_rows_that_the_erp_numbers_anew_are_found_by_their_article() -> None:
    follows = last(delivery(row("20", "2", part_no="E-SHOE"), row("10", "1", part_no="SOCK")))

    assert [(line.line_no, line.part_no) for line in note(follows).lines] == [(SHOES, "SHOE"), (SOCKS, "SOCK")]


def test_parcels_alone_of_a_delivered_order_bring_all_its_goods() -> None:
    follows = last(delivery(status=AckStatus.DELIVERED, tracking=("373500", "373501")))

    assert note(follows).parcels == ("373500", "373501")
    assert [(line.part_no, line.qty) for line in note(follows).lines] == [("SHOE", Decimal(2)), ("SOCK", Decimal(10))]


def test_a_delivery_without_rows_or_parcels_is_a_status() -> None:
    follows = last(delivery())

    assert follows.reports == (StatusReport(AckStatus.PARTLY_DELIVERED, "SO-1"),)


def test_norce_is_told_the_number_before_a_note_that_goes_by_it() -> None:
    follows = last(delivery(row(SHOES, "2")), known=NEW)

    assert follows.reports[0] == StatusReport(AckStatus.CONFIRMED, "SO-1")
    assert note(follows).erp_order_no == "SO-1"


def test_a_note_goes_by_the_order_s_own_number_where_norce_cannot_be_told_another() -> None:
    nameless = replace(CONFIRMED, outcome=Outcome.DELIVERED, number=None, erp_order_no=None)

    follows = last(delivery(row(SHOES, "2")), known=nameless)

    assert [report.kind for report in follows.reports] == ["delivery"]
    assert note(follows).erp_order_no is None


def test_invariant_8_an_older_status_that_is_a_new_document_is_owed_and_moves_nothing_back() -> None:
    first, bought, second = delivery(row(SHOES, "2")), invoice(row(SHOES, "2")), delivery(row(SOCKS, "10"), note="DN-2")

    follows = last(first, bought, second)

    assert (follows.verdict, follows.outcome) == (Verdict.DOCUMENT, None)
    assert [report.kind for report in follows.reports] == ["delivery"]


def test_invariant_8_the_same_note_in_another_file_is_owed_once() -> None:
    follows = last(delivery(row(SHOES, "2")), delivery(row(SHOES, "2"), date=TODAY, reason="printed again"))

    assert follows == Plan(Verdict.REPEATED)


def test_the_same_note_with_other_content_is_held_for_a_person() -> None:
    follows = last(delivery(row(SHOES, "2")), delivery(row(SHOES, "1")))

    assert (follows.verdict, follows.reports) == (Verdict.CONFLICT, ())
    assert "DN-1 came again with other content" in (follows.waits_because or "")
    assert follows.alert is not None


def test_notes_without_a_number_get_one_each_that_is_the_same_next_time() -> None:
    first, second = told(delivery(row(SHOES, "1"), note=None), delivery(row(SHOES, "1", reason="2nd"), note=None))

    assert note(first).note_no != note(second).note_no
    assert note(first).note_no.startswith("48447-")
    assert len(note(first).note_no) <= 50


def test_by_setting_a_delivery_is_a_status_whatever_is_known() -> None:
    follows = last(delivery(row(SHOES, "2")), policy=ReportPolicy(delivered=Choice.STATUS))

    assert follows.reports == (StatusReport(AckStatus.PARTLY_DELIVERED, "SO-1"),)


# --- invoices ------------------------------------------------------------------------------------------------------


def test_an_invoice_carries_the_order_s_own_prices_and_vat() -> None:
    (line, *_) = bill(last(invoice(row(SOCKS, "3", unit_price=Decimal("12.35"))))).bill.lines

    assert (line.part_no, line.qty, line.unit_price, line.unit_vat, line.vat_rate) == (
        "SOCK",
        Decimal(3),
        Decimal("12.345"),
        Decimal("3.09"),
        Decimal("25.00"),
    )


def test_an_invoice_without_a_number_of_the_erp_s_has_the_same_one_whenever_it_is_read() -> None:
    known = replace(CONFIRMED, fingerprint="5f9c1b5c8e2d4a7f")

    numbers = {bill(plan(ALL, invoice(*EVERYTHING, no=None), known)).bill.no for _ in range(2)}

    assert numbers == {"48447-5f9c1b5c8e2d4a7f"}


def test_only_the_invoice_that_completes_the_order_is_the_last() -> None:
    plans = told(
        invoice(row(SHOES, "2")),
        invoice(row(SOCKS, "10"), no="F-2"),
        invoice(row(FREIGHT, "1"), no="F-3"),
    )

    assert [bill(each).is_last for each in plans] == [False, False, True]


def test_a_fee_that_the_invoices_leave_out_is_told_since_the_payment_stays_open() -> None:
    short, whole = told(invoice(row(SHOES, "2"), row(SOCKS, "10")), invoice(row(FREIGHT, "1"), no="F-2"))

    assert short.alert is not None
    assert "row 3 is not" in short.alert.text
    assert (bill(short).is_last, bill(whole).is_last, whole.alert) == (False, True, None)


def test_an_invoice_is_the_last_when_the_rest_was_cancelled_before() -> None:
    plans = told(delivery(row(SHOES, "2")), cancellation(row(SOCKS)), invoice(row(SHOES, "2"), row(FREIGHT, "1")))

    assert bill(plans[-1]).is_last


def test_by_default_an_invoice_moves_no_money() -> None:
    follows = last(invoice(*EVERYTHING), policy=ReportPolicy())

    assert follows.reports == (StatusReport(AckStatus.INVOICED, "SO-1"),)


def test_an_invoice_without_rows_is_a_status_and_an_alert() -> None:
    follows = last(invoice())

    assert follows.reports == (StatusReport(AckStatus.INVOICED, "SO-1"),)
    assert follows.alert is not None
    assert "no money is captured" in follows.alert.text


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((row(SHOES, "3"),), "row 1: 3 in all, and only 2 ordered"),
        ((row(SHOES, "1"), row("9", "1")), "row 9 is not one row of the order"),
        ((row(None, "1", part_no="HAT"),), "row HAT is not one row of the order"),
        ((row(SHOES, "1.5"),), "row 1: 1.5 pieces; Norce takes whole numbers only"),
        ((row(SHOES, "-1"),), "row 1: -1 pieces are a credit"),
        ((row(SHOES, "1", unit_price=Decimal(300)),), "row 1 costs 300, and 375.00 in the order"),
    ],
)
def test_an_invoice_whose_money_is_not_certain_waits_for_a_person(lines: tuple[AckLine, ...], why: str) -> None:
    follows = last(invoice(*lines))

    assert (follows.verdict, follows.reports) == (Verdict.CONFLICT, ())
    assert why in (follows.waits_because or "")


def test_an_invoice_in_another_currency_waits_for_a_person() -> None:
    assert "it is in EUR" in (last(invoice(*EVERYTHING, currency="EUR")).waits_because or "")


def test_the_same_rows_under_a_second_invoice_number_are_more_than_was_ordered() -> None:
    follows = last(invoice(*EVERYTHING), invoice(*EVERYTHING, no="F-2"))

    assert follows.verdict is Verdict.CONFLICT


def test_an_order_of_the_time_before_briefs_is_never_invoiced_by_guess() -> None:
    follows = last(invoice(row(SHOES, "1")), known=replace(CONFIRMED, brief=Brief()))

    assert follows.verdict is Verdict.CONFLICT


@given(
    st.lists(
        st.tuples(
            st.sampled_from([SHOES, SOCKS, FREIGHT, "9"]),
            st.integers(-1, 12),
            st.sampled_from(["F-1", "F-2", "F-3", None]),
        ),
        max_size=8,
    )
)
def test_whatever_invoices_come_no_row_is_captured_beyond_what_was_ordered(said: list[tuple[str, int, str]]) -> None:
    captured: Counter[str] = Counter()

    plans = told(*(invoice(row(line_no, str(qty)), no=number) for line_no, qty, number in said))

    bills = [one for each in plans for one in each.reports if isinstance(one, InvoiceReport)]
    for one in bills:
        captured.update({line.line_no or "": int(line.qty) for line in one.bill.lines})
    assert all(captured[each.line_no] <= each.qty for each in brief().lines)
    assert set(captured) <= {each.line_no for each in brief().lines}
    assert len({one.bill.no for one in bills}) == len(bills)
    assert sum(one.is_last for one in bills) <= 1


def test_in_whatever_order_words_come_no_money_is_asked_for_unseen_once_the_payment_is_closed() -> None:
    words = (
        delivery(row(SOCKS, "4")),
        cancellation(row(SOCKS)),
        invoice(row(SOCKS, "4")),
        delivery(row(SHOES, "2"), note="DN-2"),
        invoice(row(SHOES, "2"), row(FREIGHT, "1"), no="F-2"),
    )

    lives = [told(*life) for life in permutations(words)]

    for plans in lives:
        bills = [(one, each.alert) for each in plans for one in each.reports if isinstance(one, InvoiceReport)]
        assert len(bills) == 2
        (first, _), (second, alert) = bills
        assert first.is_last is (alert is not None and alert.kind == "invoiced_late")
        assert second.is_last or not first.is_last


def test_a_document_after_the_order_s_end_is_shown_and_told_to_nobody() -> None:
    ended = replace(CONFIRMED, outcome=Outcome.REJECTED)

    plans = [last(each, known=ended) for each in (delivery(row(SHOES, "2")), invoice(row(SHOES, "2")))]

    assert [each.verdict for each in plans] == [Verdict.AFTER_END] * 2
    assert all(each.reports == () for each in plans)


def test_nothing_is_owed_while_reporting_is_off() -> None:
    policy = replace(ALL, enabled=False)

    plans = told(delivery(row(SHOES, "2")), invoice(row(SHOES, "2")), cancellation(), policy=policy)

    assert all(each.reports == () for each in plans)


# --- statuses ------------------------------------------------------------------------------------------------------


def test_a_change_tells_what_became_of_each_row() -> None:
    lines = (
        row("10", part_no="E-SHOE", status=AckStatus.CONFIRMED),
        row(SOCKS, status=AckStatus.BACKORDER),
        row(FREIGHT),
        row("9", status=AckStatus.CONFIRMED),
    )
    change = Acknowledgement(AckKind.RESPONSE, AckStatus.CHANGED, "48447", "SO-1", lines=lines)

    report = document(last(change, known=NEW))

    assert isinstance(report, StatusReport)
    assert [(item.line_no, item.status) for item in report.items] == [(SHOES, "confirmed"), (SOCKS, "backorder")]


def test_a_setting_gives_a_status_another_of_norce_s_names() -> None:
    waits = Acknowledgement(AckKind.RESPONSE, AckStatus.ON_HOLD, "48447", "SO-1")

    report = document(last(waits, known=NEW, policy=ReportPolicy(names={"on_hold": "CreditControl"})))

    assert report == StatusReport(AckStatus.ON_HOLD, "SO-1", "CreditControl")
