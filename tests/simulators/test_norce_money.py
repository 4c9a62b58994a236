"""The simulated Norce's books of deliveries, invoices, cancellations and credits, and what it refuses."""

from decimal import Decimal
from typing import Any

import pytest

from bridge.simulators.norce_book import Book, OrderRecord
from bridge.simulators.norce_delivery import NOTE_EXISTS
from bridge.simulators.norce_fields import RefusedCallError
from bridge.simulators.norce_invoice import INVOICE_EXISTS
from bridge.simulators.norce_operations import OPERATIONS

ORDER = {
    "ClientOrderRef": "48447",
    "CurrencyCode": "SEK",
    "Payments": [{"PaymentRef": "PSP-1", "PaymentCode": 10, "Amount": Decimal("1005.00")}],
    "Items": [
        {"LineNo": 1, "PartNo": "A", "ErpPartNo": "E-A", "TypeGroup": "Physical", "Quantity": 2},
        {"LineNo": 2, "PartNo": "B", "TypeGroup": "Physical", "Quantity": 3, "Quantity2": Decimal("3.000")},
        {"LineNo": 3, "PartNo": "FRT", "TypeGroup": "Fee", "Quantity": 1},
    ],
}
NOTE = {
    "OrderNo": "SO-1",
    "NoteNo": "N-1",
    "DeliveryDate": "2026-11-20T12:00:00",
    "StatusId": 4,
    "DeliveryNotePackages": [{"ParcelNumber": "370", "StatusId": 4}],
    "DeliveryNoteItems": [{"RowNumber": 1, "ItemNo": "A", "Qty": 2}],
}
INVOICE = {
    "InvoiceNo": "F-1",
    "ClientOrderRef": 48447,
    "ErpOrderNo": "SO-1",
    "CurrencyCode": "SEK",
    "InvoiceDate": "2026-11-20T12:00:00+01:00",
    "IsLastInvoiceForOrder": False,
    "Items": [{"LineNo": 1, "PartNo": "A", "Quantity": 2, "UnitPrice": Decimal("100.00"), "UnitVat": 25}],
}
ALL = {"PartNo": "A", "Quantity": 2, "UnitPrice": Decimal("402.00"), "UnitVat": Decimal("100.50")}
CREDIT = {**INVOICE, "InvoiceNo": "C-1", "CreditedInvoiceNo": "F-1"}
CANCEL = {"ClientOrderRef": 48447, "ErpOrderNo": "SO-1", "Payments": [{"PaymentRef": "PSP-1"}]}


@pytest.fixture
def book() -> Book:
    book = Book()
    for reference, number in (("48447", "SO-1"), ("48448", "SO-2")):
        book.place(reference).learn(ORDER)
        book.answered(reference, number, ok=True)
    return book


@pytest.fixture
def record(book: Book) -> OrderRecord:
    return book.orders()[0]


def call(book: Book, operation: str, body: dict[str, Any], **changes: Any) -> None:
    OPERATIONS[operation](book, {**body, **changes})


def note(number: str, part: str, quantity: Any) -> dict[str, Any]:
    items = [{"RowNumber": 1, "ItemNo": part, "Qty": quantity}]
    return {**NOTE, "NoteNo": number, "DeliveryNoteItems": items, "StatusId": 8}


def test_partial_deliveries_invoices_a_cancelled_rest_and_a_credit_leave_the_books_right(
    book: Book, record: OrderRecord
) -> None:
    statuses = []
    for operation, body in (
        ("CreateDeliveryNote", note("N-1", "E-A", 2)),
        ("CreateInvoice", INVOICE),
        ("CreateDeliveryNote", note("N-2", "B", Decimal("1.000"))),
        ("CreateInvoice", {**INVOICE, "InvoiceNo": "F-2", "Items": [{**ALL, "PartNo": "B", "Quantity": 1}]}),
        ("CancelOrder", CANCEL),
        ("CreditPayment", CREDIT),
    ):
        call(book, operation, body)
        statuses.append(record.status)

    shown = record.document()
    assert statuses == ["PartlyDelivered"] * 4 + ["Cancelled"] * 2
    assert [(row["ordered"], row["delivered"], row["invoiced"]) for row in shown["rows"]] == [
        (2, 2, 2),
        (3, 1, 1),
        (1, 0, 0),
    ]
    assert (shown["reserved"], shown["captured"], shown["credited"]) == (1005, Decimal("752.50"), 250)
    assert shown["notes"] == ["N-1", "N-2"]
    assert [invoice["InvoiceNo"] for invoice in shown["invoices"]] == ["F-1", "F-2", "C-1"]
    assert shown["annulled"] == ["PSP-1"]


def test_an_order_is_delivered_once_all_that_is_physical_is(book: Book, record: OrderRecord) -> None:
    call(book, "CreateDeliveryNote", note("N-1", "A", 2))
    call(book, "CreateDeliveryNote", note("N-2", "B", 3))

    assert record.history[-2:] == ["PartlyDelivered", "Delivered"]


def test_a_note_of_parcels_alone_sends_all_that_is_left(book: Book, record: OrderRecord) -> None:
    call(book, "CreateDeliveryNote", note("N-1", "A", 1))

    call(book, "CreateDeliveryNote", NOTE, NoteNo="N-2", DeliveryNoteItems=None)

    assert [row.delivered for row in record.rows] == [2, 3, 1]
    assert record.status == "Delivered"


def test_the_last_invoice_makes_the_order_invoiced_and_null_counts_as_the_last(book: Book, record: OrderRecord) -> None:
    call(book, "CreateInvoice", INVOICE, IsLastInvoiceForOrder=None, Items=[ALL])

    assert record.status == "Invoiced"
    assert record.captured == 1005
    with pytest.raises(RefusedCallError, match="last invoice"):
        call(book, "CreateInvoice", INVOICE, InvoiceNo="F-2")


def test_a_late_note_does_not_take_an_invoiced_order_back(book: Book, record: OrderRecord) -> None:
    call(book, "CreateInvoice", INVOICE, IsLastInvoiceForOrder=True)

    call(book, "CreateDeliveryNote", NOTE)

    assert record.status == "Invoiced"
    assert record.rows[0].delivered == 2


def test_an_invoice_that_is_only_to_be_stored_captures_nothing_and_cannot_be_credited(
    book: Book, record: OrderRecord
) -> None:
    call(book, "CreateInvoice", INVOICE, SuppressPspCall=True)

    assert record.captured == 0
    with pytest.raises(RefusedCallError, match="No captured invoice F-1"):
        call(book, "CreditPayment", CREDIT)


def test_what_norce_has_already_is_refused_in_words_that_name_it(book: Book, record: OrderRecord) -> None:
    call(book, "CreateInvoice", INVOICE)
    call(book, "CreateDeliveryNote", NOTE)

    with pytest.raises(RefusedCallError) as invoice:
        call(book, "CreateInvoice", INVOICE)
    with pytest.raises(RefusedCallError) as credit:
        call(book, "CreditPayment", CREDIT, InvoiceNo="F-1")
    with pytest.raises(RefusedCallError) as delivery:
        call(book, "CreateDeliveryNote", NOTE)

    assert str(invoice.value) == str(credit.value) == INVOICE_EXISTS.format("F-1") == "InvoiceNo F-1 already exists"
    assert str(delivery.value) == NOTE_EXISTS.format("N-1") == "NoteNo N-1 already exists"
    assert record.captured == 250
    assert record.credited == 0


def test_the_same_cancellation_again_changes_nothing(book: Book, record: OrderRecord) -> None:
    call(book, "CancelOrder", CANCEL)
    before = record.document()

    call(book, "CancelOrder", CANCEL)

    assert record.document() == before
    assert record.status == "Cancelled"


def test_nothing_is_captured_once_the_payment_was_let_go(book: Book) -> None:
    call(book, "CancelOrder", CANCEL)

    with pytest.raises(RefusedCallError, match="was cancelled"):
        call(book, "CreateInvoice", INVOICE)


def test_an_order_that_was_not_given_whole_takes_quantities_as_they_come(book: Book) -> None:
    book.answered("7", "SO-7", ok=True)

    call(book, "CreateDeliveryNote", NOTE, OrderNo="SO-7")
    call(book, "CreateInvoice", INVOICE, ClientOrderRef=7, ErpOrderNo="SO-7")

    assert book.orders()[-1].captured == 250


def test_an_order_without_a_number_of_the_erp_is_found_by_its_own(book: Book) -> None:
    book.answered("7", None, ok=True)

    call(book, "CreateDeliveryNote", NOTE, OrderNo="7")

    assert book.orders()[-1].notes == ["N-1"]


ITEM, INVOICE_ITEM = NOTE["DeliveryNoteItems"][0], INVOICE["Items"][0]  # type: ignore[index] # a document


@pytest.mark.parametrize(
    ("operation", "body", "changes", "what"),
    [
        ("CreateDeliveryNote", NOTE, {"OrderNo": None}, "OrderNo is required"),
        ("CreateDeliveryNote", NOTE, {"NoteNo": None}, "NoteNo is required"),
        ("CreateDeliveryNote", NOTE, {"NoteNo": "9" * 51}, "NoteNo is not a text of at most 50"),
        ("CreateDeliveryNote", NOTE, {"DeliveryDate": None}, "DeliveryDate is required"),
        ("CreateDeliveryNote", NOTE, {"DeliveryDate": "20 November"}, "DeliveryDate is not a date and time"),
        ("CreateDeliveryNote", NOTE, {"OrderNo": 1}, "OrderNo is not a text"),
        ("CreateDeliveryNote", NOTE, {"OrderNo": "SO-9"}, "No order was found by SO-9"),
        ("CreateDeliveryNote", NOTE, {"StatusId": "Delivered"}, "StatusId is not an integer"),
        ("CreateDeliveryNote", NOTE, {"StatusId": 99}, "StatusId is not one of"),
        ("CreateDeliveryNote", NOTE, {"DeliveryNotePackages": [{"StatusId": 5}]}, "parcel statuses"),
        ("CreateDeliveryNote", NOTE, {"DeliveryNoteItems": {}}, "not a list"),
        ("CreateDeliveryNote", NOTE, {"DeliveryNoteItems": [1]}, r"DeliveryNoteItems\[0\] is not an object"),
        ("CreateDeliveryNote", NOTE, {"DeliveryNoteItems": [{**ITEM, "Qty": "2"}]}, r"\[0\].Qty is not a number"),
        ("CreateDeliveryNote", NOTE, {"DeliveryNoteItems": [{**ITEM, "ItemNo": None}]}, "ItemNo is required"),
        ("CreateDeliveryNote", NOTE, {"DeliveryNoteItems": [{**ITEM, "Qty": 0}]}, "not above 0"),
        ("CreateDeliveryNote", NOTE, {"DeliveryNoteItems": [{**ITEM, "Qty": 3}]}, "More of A"),
        ("CreateDeliveryNote", NOTE, {"DeliveryNoteItems": [ITEM, ITEM]}, "More of A"),
        ("CreateDeliveryNote", NOTE, {"DeliveryNoteItems": [{**ITEM, "ItemNo": "X"}]}, "Part X is not on"),
        (
            "CreateDeliveryNote",
            NOTE,
            {"DeliveryNoteItems": [], "DeliveryNotePackages": []},
            "DeliveryNoteItems is required",
        ),
        ("CreateInvoice", INVOICE, {"Items": None}, "Items is required"),
        ("CreateInvoice", INVOICE, {"Items": []}, "Items is required"),
        ("CreateInvoice", INVOICE, {"ClientOrderRef": "48447"}, "ClientOrderRef is not an integer"),
        ("CreateInvoice", INVOICE, {"ErpOrderNo": None}, "ErpOrderNo is required"),
        ("CreateInvoice", INVOICE, {"ErpOrderNo": "SO-2"}, "belongs to another"),
        ("CreateInvoice", INVOICE, {"ErpOrderNo": "SO-9"}, "another order number"),
        ("CreateInvoice", INVOICE, {"InvoiceDate": None}, "InvoiceDate is required"),
        ("CreateInvoice", INVOICE, {"CurrencyCode": "kr"}, "CurrencyCode is not a currency"),
        ("CreateInvoice", INVOICE, {"CurrencyCode": "EUR"}, "CurrencyCode is not that of"),
        ("CreateInvoice", INVOICE, {"IsLastInvoiceForOrder": "false"}, "not true or false"),
        ("CreateInvoice", INVOICE, {"ApplicationKey": "demo"}, "not a GUID"),
        ("CreateInvoice", INVOICE, {"Payment": {"Amount": 250}}, "must be given"),
        ("CreateInvoice", INVOICE, {"Payment": {"PaymentRef": "PSP-9"}}, "PSP-9 is not one of"),
        ("CreateInvoice", INVOICE, {"Payment": {"PaymentCode": 10, "Amount": 900}}, "not what the rows come to"),
        (
            "CreateInvoice",
            INVOICE,
            {"Items": [{**INVOICE_ITEM, "Quantity": Decimal("2.0")}]},
            "Quantity is not an integer",
        ),
        ("CreateInvoice", INVOICE, {"Items": [{**INVOICE_ITEM, "UnitPrice": "100"}]}, "UnitPrice is not a number"),
        ("CreateInvoice", INVOICE, {"Items": [{**INVOICE_ITEM, "Quantity": 3}]}, "More of A"),
        ("CreateInvoice", INVOICE, {"Items": [{**INVOICE_ITEM, "UnitPrice": 2000}]}, "More than is reserved"),
        ("CreditPayment", CREDIT, {"CreditedInvoiceNo": None}, "CreditedInvoiceNo is required"),
        ("CreditPayment", CREDIT, {}, "No captured invoice F-1"),
        ("CancelOrder", CANCEL, {"Payments": [{"Amount": 1}]}, "PaymentRef is required"),
        ("CancelOrder", CANCEL, {"Payments": [{"PaymentRef": "PSP-9"}]}, "PSP-9 is not one of"),
        ("CancelOrder", CANCEL, {"ClientOrderRef": 7, "ErpOrderNo": None}, "No order was found by 7"),
        ("CancelOrder", CANCEL, {"ClientOrderRef": None, "ErpOrderNo": None}, "must be given"),
    ],
)
def test_a_call_against_the_contract_is_refused_and_books_nothing(
    book: Book, operation: str, body: dict[str, Any], changes: dict[str, Any], what: str
) -> None:
    before = [record.document() for record in book.orders()]

    with pytest.raises(RefusedCallError, match=what):
        call(book, operation, body, **changes)

    assert [record.document() for record in book.orders()] == before


def test_more_than_was_captured_is_not_given_back(book: Book, record: OrderRecord) -> None:
    call(book, "CreateInvoice", INVOICE)
    call(book, "CreditPayment", CREDIT)

    with pytest.raises(RefusedCallError, match="More than invoice F-1"):
        call(book, "CreditPayment", CREDIT, InvoiceNo="C-2")

    assert record.credited == 250


def test_an_invoice_for_an_order_whose_number_norce_was_never_given_is_refused(book: Book) -> None:
    book.answered("7", None, ok=True)

    with pytest.raises(RefusedCallError, match="never given"):
        call(book, "CreateInvoice", INVOICE, ClientOrderRef=7, ErpOrderNo="SO-7")


def test_neither_note_nor_status_follows_a_cancellation(book: Book) -> None:
    call(book, "CancelOrder", CANCEL)

    with pytest.raises(RefusedCallError, match="is cancelled"):
        call(book, "CreateDeliveryNote", NOTE)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"Infos": [{"Value": "x"}]}, r"Infos\[0\].Code is required"),
        ({"AccountId": "7"}, "AccountId is not an integer"),
        ({"ItemStatuses": [{"LineNo": "1", "ItemStatus": "Shipped"}]}, r"ItemStatuses\[0\].ItemStatus is not one of"),
        ({"ItemStatuses": [{"LineNo": 1, "ItemStatus": "Delivered"}]}, "LineNo is not a text"),
    ],
)
def test_what_goes_with_a_status_is_looked_at_too(book: Book, changes: dict[str, Any], what: str) -> None:
    with pytest.raises(RefusedCallError, match=what):
        call(book, "SendOrderStatus", {"ClientOrderRef": 48447, "OrderStatus": "Delivered"}, **changes)
