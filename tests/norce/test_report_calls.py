"""Each report is the call of Norce's contract that says it, amounts with the digits that they came with."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bridge.errors import ErrorName, PermanentError
from bridge.model import AckStatus
from bridge.norce.reports import Body, call_for, encoded, says_known
from bridge.reports import documents
from bridge.reports.kinds import (
    Bill,
    CancellationReport,
    CreditReport,
    DeliveryLine,
    DeliveryReport,
    InvoiceLine,
    InvoiceReport,
    ItemStatus,
    Report,
    StatusReport,
)

DAY = dt.date(2026, 11, 21)
KEY = "123e4567-e89b-12d3-a456-426614174000"
LINE = InvoiceLine("2", "SOCK", Decimal(3), Decimal("12.345"), Decimal("3.09"), Decimal("25.00"), "Socks")
BILL = Bill("SO-1", "F-1", DAY, (LINE,), "SEK", DAY, Decimal("9.27"), KEY)
NOTE = DeliveryReport(
    "SO-1", "DN-1", DAY, is_complete=False, lines=(DeliveryLine("2", "SOCK", Decimal("2.5"), "Socks"),),
    parcels=("373500",), carrier="PN", text="left at the door",
)  # fmt: skip
CALLS: list[tuple[Report, str, Body]] = [
    (
        StatusReport(AckStatus.ON_HOLD, "SO-1", "CreditControl"),
        "SendOrderStatus",
        {"ClientOrderRef": 48447, "ErpOrderNo": "SO-1", "OrderStatus": "CreditControl"},
    ),
    (
        StatusReport(AckStatus.CHANGED, "SO-1", items=(ItemStatus("1", AckStatus.BACKORDER),)),
        "SendOrderStatus",
        {
            "ClientOrderRef": 48447,
            "ErpOrderNo": "SO-1",
            "OrderStatus": "Confirmed",
            "ItemStatuses": [{"LineNo": "1", "ItemStatus": "BackOrder"}],
        },
    ),
    (
        NOTE,
        "CreateDeliveryNote",
        {
            "OrderNo": "SO-1",
            "NoteNo": "DN-1",
            "DeliveryDate": "2026-11-21T00:00:00",
            "StatusId": 8,
            "DeliveryMode": "PN",
            "NoteText": "left at the door",
            "DeliveryNotePackages": [{"ParcelNumber": "373500", "StatusId": 4}],
            "DeliveryNoteItems": [{"RowNumber": 2, "ItemNo": "SOCK", "Qty": Decimal("2.5"), "Description": "Socks"}],
        },
    ),
    (
        InvoiceReport(BILL, is_last=False),
        "CreateInvoice",
        {
            "InvoiceNo": "F-1",
            "ClientOrderRef": 48447,
            "ErpOrderNo": "SO-1",
            "InvoiceDate": "2026-11-21T00:00:00",
            "InvoiceDueDate": "2026-11-21T00:00:00",
            "CurrencyCode": "SEK",
            "Vat": Decimal("9.27"),
            "ApplicationKey": KEY,
            "IsLastInvoiceForOrder": False,
            "GroupCode": "48447",
            "Items": [
                {
                    "LineNo": 2,
                    "PartNo": "SOCK",
                    "Description": "Socks",
                    "Quantity": 3,
                    "UnitPrice": Decimal("12.345"),
                    "UnitVat": Decimal("3.09"),
                    "VatRate": Decimal("25.00"),
                }
            ],
        },
    ),
    (
        CancellationReport("SO-1", ("PAY-1", "PAY-2")),
        "CancelOrder",
        {
            "ClientOrderRef": 48447,
            "ErpOrderNo": "SO-1",
            "Payments": [{"PaymentRef": "PAY-1"}, {"PaymentRef": "PAY-2"}],
        },
    ),
    (CancellationReport(None), "CancelOrder", {"ClientOrderRef": 48447}),
]


@pytest.mark.parametrize(("report", "operation", "body"), CALLS)
def test_each_report_is_its_call(report: Report, operation: str, body: Body) -> None:
    call = call_for(report, "48447")

    assert (call.operation, call.body) == (operation, body)


def test_a_credit_names_the_invoice_whose_money_goes_back() -> None:
    call = call_for(CreditReport(BILL, "F-0"), "48447")

    assert (call.operation, call.body["CreditedInvoiceNo"], call.body["InvoiceNo"]) == ("CreditPayment", "F-0", "F-1")
    assert "IsLastInvoiceForOrder" not in call.body


def test_before_norce_has_a_number_a_note_goes_by_the_order_s_own() -> None:
    note = DeliveryReport(None, "DN-1", DAY, is_complete=True)

    assert call_for(note, "48447").body["OrderNo"] == "48447"


def test_every_field_sent_is_one_of_the_contract(shared: Path) -> None:
    contract = json.loads((shared / "norce/connect-order-contract.json").read_text())["classes"]

    for report, operation, _ in [*CALLS, (CreditReport(BILL, "F-0"), "CreditPayment", {})]:
        assert set(call_for(report, "48447").body) <= set(contract[CLASSES[operation]])


CLASSES = {
    "SendOrderStatus": "SendOrderStatusRequest",
    "CreateDeliveryNote": "DeliveryNote",
    "CreateInvoice": "Invoice",
    "CreditPayment": "Invoice",
    "CancelOrder": "CancelOrderRequest",
}

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=None)


@given(DECIMALS)
def test_an_amount_keeps_its_digits_on_the_way(amount: Decimal) -> None:
    sent = encoded({"Items": [{"UnitPrice": amount}]})

    (item,) = json.loads(sent, parse_float=Decimal, parse_int=Decimal)["Items"]
    assert item["UnitPrice"] == amount
    assert f"{amount:f}".encode() in sent


def test_a_body_is_json_as_everyone_reads_it() -> None:
    body: Body = {"a": 'å"\n', "b": True, "c": 1, "d": [], "e": {"f": Decimal("1E+2")}}

    assert json.loads(encoded(body)) == {"a": 'å"\n', "b": True, "c": 1, "d": [], "e": {"f": 100}}


@pytest.mark.parametrize("report", [report for report, *_ in CALLS])
def test_invariant_9_a_report_is_read_again_as_it_was_written(report: Report) -> None:
    assert documents.read(report.kind, documents.written(report)) == report


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("Norce refused CreateInvoice with 400: InvoiceNo F-1 already exists", True),
        ("Norce refused CreateInvoice with 409: a duplicate; InvoiceNo 'f-1' exists", True),
        ("Norce refused CreateInvoice with 400: InvoiceNo F-10 already exists", False),
        ("Norce refused CreateInvoice with 400: The last invoice of order F-1 was there already", False),
        ("Norce refused CreateInvoice with 400: InvoiceNo F-1 is too long", False),
    ],
)
def test_norce_has_an_invoice_when_it_says_so_of_this_number(said: str, known: object) -> None:
    refusal = PermanentError(said, name=ErrorName.NORCE_REFUSED)

    assert says_known(refusal, InvoiceReport(BILL, is_last=True)) is known
