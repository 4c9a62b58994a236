"""What we tell Norce about an order, as the call that says it (``norce/connect.md`` 4).

Not for: when it is told (``stages/report.py``), nor how it is sent (``client``).
"""

import datetime as dt
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, assert_never

from bridge.errors import BridgeError
from bridge.model import AckStatus
from bridge.reports.kinds import (
    Bill,
    CancellationReport,
    CreditReport,
    DeliveryLine,
    DeliveryReport,
    InvoiceLine,
    InvoiceReport,
    Report,
    StatusReport,
    number_of,
)
from bridge.states import ReportKind

SEND_ORDER_STATUS = "SendOrderStatus"
OPERATIONS = {
    ReportKind.STATUS: SEND_ORDER_STATUS,
    ReportKind.DELIVERY: "CreateDeliveryNote",
    ReportKind.INVOICE: "CreateInvoice",
    ReportKind.CANCELLATION: "CancelOrder",
    ReportKind.CREDIT: "CreditPayment",
}
"""Which operation tells what."""

Body: TypeAlias = dict[str, "Value"]
Value: TypeAlias = "str | int | Decimal | Body | list[Body]"

_PLAIN_INTEGER = re.compile(r"[1-9][0-9]{0,9}")
_LARGEST_INTEGER = 2**31 - 1
_DELIVERED, _PARTLY_DELIVERED = 4, 8
"""Order statuses, and of parcels the first one: the note's own value list is nowhere to be seen, so assumed."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call owed to Norce: the operation of its order service, and the body in Norce's words."""

    operation: str
    body: Body


def call_for(report: Report, order_ref: str) -> Call:
    """The call that tells Norce what ``report`` says; what is not known is left out of it.

    Raises ``ValueError`` for an unknown status, which is never reported (decision 8).
    """
    return Call(OPERATIONS[report.kind], _body(report, order_ref))


def _body(report: Report, order_ref: str) -> Body:
    match report:
        case StatusReport():
            return _status(report, order_ref)
        case DeliveryReport():
            return _note(report, order_ref)
        case InvoiceReport():
            return _bill(report.bill, order_ref) | {"IsLastInvoiceForOrder": report.is_last, "GroupCode": order_ref}
        case CreditReport():
            return _bill(report.bill, order_ref) | {"CreditedInvoiceNo": report.credited_no}
        case CancellationReport():
            payments: list[Body] = [{"PaymentRef": ref} for ref in report.payment_refs]
            return _keys(order_ref, report.erp_order_no) | ({"Payments": payments} if payments else {})
        case _:
            assert_never(report)


def _keys(order_ref: str, number: str | None) -> Body:
    """Both keys where both can be: the reference finds the order, the ERP's number is what it is to get.

    The calls take the reference as an integer only, so any other is left out and the number must find the order
    (decision 4).
    """
    keys: Body = {}
    if is_plain_integer(order_ref):
        keys["ClientOrderRef"] = int(order_ref)
    if number is not None:
        keys["ErpOrderNo"] = number
    return keys


def _status(report: StatusReport, order_ref: str) -> Body:
    body: Body = {"OrderStatus": report.called or order_status(report.status)}
    body |= _keys(order_ref, report.erp_order_no)
    items: list[Body] = [
        {"LineNo": item.line_no, "ItemStatus": item.called or order_status(item.status)} for item in report.items
    ]
    return body | ({"ItemStatuses": items} if items else {})


def _note(report: DeliveryReport, order_ref: str) -> Body:
    """Until Norce has the ERP's number, the order's number there is its own reference."""
    body: Body = {
        "OrderNo": report.erp_order_no or order_ref,
        "NoteNo": report.note_no,
        "DeliveryDate": _moment(report.date),
        "StatusId": _DELIVERED if report.is_complete else _PARTLY_DELIVERED,
    }
    if report.carrier:
        body["DeliveryMode"] = report.carrier
    if report.text:
        body["NoteText"] = report.text
    parcels: list[Body] = [{"ParcelNumber": number, "StatusId": _DELIVERED} for number in report.parcels]
    if parcels:
        body["DeliveryNotePackages"] = parcels
    items: list[Body] = [_delivered(line, position) for position, line in enumerate(report.lines, 1)]
    return body | ({"DeliveryNoteItems": items} if items else {})


def _delivered(line: DeliveryLine, position: int) -> Body:
    item: Body = {"RowNumber": _row_number(line.line_no) or position, "ItemNo": line.part_no, "Qty": line.qty}
    return item | ({"Description": line.text} if line.text else {})


def _bill(bill: Bill, order_ref: str) -> Body:
    body: Body = {"InvoiceNo": bill.no, **_keys(order_ref, bill.erp_order_no), "InvoiceDate": _moment(bill.date)}
    if bill.currency is not None:
        body["CurrencyCode"] = bill.currency
    if bill.due is not None:
        body["InvoiceDueDate"] = _moment(bill.due)
    if bill.vat is not None:
        body["Vat"] = abs(bill.vat)
    if bill.application_key is not None:
        body["ApplicationKey"] = bill.application_key
    return body | {"Items": [_item(line) for line in bill.lines]}


def _item(line: InvoiceLine) -> Body:
    item: Body = {"PartNo": line.part_no, "Quantity": int(line.qty)}
    number = _row_number(line.line_no)
    if number is not None:
        item["LineNo"] = number
    if line.text:
        item["Description"] = line.text
    amounts = {"UnitPrice": line.unit_price, "UnitVat": line.unit_vat, "VatRate": line.vat_rate}
    return item | {name: amount for name, amount in amounts.items() if amount is not None}


def _moment(day: dt.date) -> str:
    return f"{day.isoformat()}T00:00:00"


def _row_number(line_no: str | None) -> int | None:
    """A row's number as Norce's notes and invoices take it."""
    return int(line_no) if line_no and is_plain_integer(line_no) else None


def is_plain_integer(order_ref: str) -> bool:
    """True for digits without leading zero that fit into 32 bits: what Norce's status call can carry."""
    return bool(_PLAIN_INTEGER.fullmatch(order_ref)) and int(order_ref) <= _LARGEST_INTEGER


def encoded(body: Body) -> bytes:
    """``body`` as JSON; an amount goes out with the digits that it came with."""
    return _json(body).encode()


def _json(value: Value) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(name)}: {_json(one)}" for name, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(_json(one) for one in value) + "]"
        case Decimal():
            return f"{value:f}"
        case _:
            return json.dumps(value)


def says_known(refusal: BridgeError, report: Report) -> bool:
    """True when Norce refuses a document because it has one with this number.

    How Norce words that is not documented. Assumed is that it names the field and the number and says *already* or
    *exists*; what reads otherwise is a refusal like any other, for a person to judge.
    """
    number = number_of(report)
    field = "noteno" if report.kind is ReportKind.DELIVERY else "invoiceno"
    said = refusal.message.casefold()
    if number is None or field not in said or not ("already" in said or "exists" in said):
        return False
    return re.search(rf"(?<!\w){re.escape(number.casefold())}(?!\w)", said) is not None


def order_status(status: AckStatus) -> str:  # noqa: PLR0911 - a table, with the checker proving it whole
    """Norce's usual name of a status (``norce/connect.md`` 4, OrderStatus); the others are chosen by setting."""
    match status:
        case AckStatus.RECEIVED:
            return "Acknowledged"
        case AckStatus.CONFIRMED | AckStatus.CHANGED:
            return "Confirmed"
        case AckStatus.BACKORDER:
            return "BackOrder"
        case AckStatus.PARTLY_DELIVERED:
            return "PartlyDelivered"
        case AckStatus.DELIVERED:
            return "Delivered"
        case AckStatus.INVOICED:
            return "Invoiced"
        case AckStatus.CANCELLED | AckStatus.REJECTED:
            return "Cancelled"
        case AckStatus.ON_HOLD:
            return "OnHold"
        case AckStatus.UNKNOWN:
            raise ValueError("an unknown status is never reported")
        case _:
            assert_never(status)
