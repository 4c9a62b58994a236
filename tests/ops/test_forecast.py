"""What Norce would be told follows the same rules as what is really owed."""

from decimal import Decimal

import pytest

from bridge.model import AckKind, Acknowledgement, AckStatus
from bridge.ops.forecast import calls_of, shown
from bridge.states import Choice, ReportPolicy
from tests.support.journals import ack
from tests.support.rows import TODAY, cancellation, delivery, invoice, row


def told(*acks: Acknowledgement) -> list[str]:
    return [str(call.body["OrderStatus"]) for call in calls_of(acks, ReportPolicy())]


@pytest.mark.parametrize(
    ("acks", "expected"),
    [
        ([ack()], ["Confirmed"]),
        ([ack(), ack()], ["Confirmed"]),
        ([ack(kind=AckKind.RECEIPT, status=AckStatus.RECEIVED)], []),
        ([ack(status=AckStatus.UNKNOWN)], []),
        ([ack(status=AckStatus.REJECTED)], []),
        ([ack(status=AckStatus.BACKORDER)], ["Confirmed", "BackOrder"]),
        ([ack(status=AckStatus.DELIVERED), ack()], ["Delivered"]),
        ([ack("1"), ack("2", number="SO-2")], ["Confirmed", "Confirmed"]),
        ([ack(None)], ["Confirmed"]),
    ],
)
def test_a_file_reports_what_its_acknowledgements_bring_about(acks: list[Acknowledgement], expected: list[str]) -> None:
    assert told(*acks) == expected


def test_the_number_that_came_first_goes_with_every_later_call() -> None:
    calls = calls_of([ack(), ack(status=AckStatus.DELIVERED, number=None)], ReportPolicy())

    assert [call.body["ErpOrderNo"] for call in calls] == ["SO-1001", "SO-1001"]


DOCUMENTS = ReportPolicy(
    invoiced=Choice.DOCUMENT, cancelled=Choice.DOCUMENT, rejected=Choice.DOCUMENT, credited=Choice.DOCUMENT
)


def test_documents_are_shown_with_what_the_file_itself_says() -> None:
    lines = (row("1", "2", part_no="SHOE", unit_price=Decimal("375.00")),)

    calls = calls_of([delivery(*lines), invoice(*lines)], DOCUMENTS)

    assert [call.operation for call in calls] == ["SendOrderStatus", "CreateDeliveryNote", "CreateInvoice"]
    assert calls[1].body["DeliveryNoteItems"] == [{"RowNumber": 1, "ItemNo": "SHOE", "Qty": Decimal(2)}]
    assert calls[2].body["Items"] == [
        {"PartNo": "SHOE", "Quantity": 2, "LineNo": 1, "UnitPrice": Decimal("375.00")},
    ]


def test_a_cancellation_is_shown_without_the_payments_that_only_the_order_knows() -> None:
    (call,) = calls_of([cancellation()], DOCUMENTS)

    assert (call.operation, call.body) == ("CancelOrder", {"ClientOrderRef": 48447, "ErpOrderNo": "SO-1"})


def test_the_same_invoice_in_two_files_is_shown_once() -> None:
    lines = (row("1", "2", part_no="SHOE"),)

    calls = calls_of([ack(number="SO-1"), invoice(*lines), invoice(*lines, due=TODAY)], DOCUMENTS)

    assert [call.operation for call in calls] == ["SendOrderStatus", "CreateInvoice"]


@pytest.mark.parametrize(
    ("price", "expected"), [("375.00", 375.0), ("12.345", 12.345), ("123456789012.123457", "123456789012.123457")]
)
def test_an_amount_is_shown_as_it_is(price: str, expected: object) -> None:
    (_, call) = calls_of([invoice(row("1", "2", part_no="SHOE", unit_price=Decimal(price)))], DOCUMENTS)

    assert shown(call)["body"]["Items"][0]["UnitPrice"] == expected
