"""The calls CreateInvoice and CreditPayment, as the simulated Norce books them (``norce/connect.md`` 4). Pure.

Not for: types of fields (``norce_fields.py``).
"""

from decimal import Decimal

from bridge.simulators.norce_book import Book, OrderRecord
from bridge.simulators.norce_fields import INVOICE, Call, RefusedCallError, checked
from bridge.simulators.norce_rows import NOTHING, InvoiceRecord, row_for

INVOICE_EXISTS = "InvoiceNo {} already exists"
"""What is said of an invoice that Norce has: its money was moved, and is not moved again."""

CENTS = Decimal(1)
"""By so much an invoice may pass what is reserved: Norce and the ERP round VAT in different places."""

_INVOICED = "Invoiced"


def create_invoice(book: Book, call: Call) -> None:
    """Book an invoice and capture its amount. Raises :class:`RefusedCallError`."""
    record = _checked(book, call)
    if record.is_paid_up:
        raise RefusedCallError(f"The last invoice of order {record.order_ref} was there already")
    amount, added = _amount(call), _added(record, call)
    captures = not call.get("SuppressPspCall")
    if captures:
        _check_capture(record, amount)
    number = call.get("InvoiceNo") or f"{record.order_ref}-{len(record.invoices) + 1}"
    record.invoices.append(InvoiceRecord(number, amount if captures else NOTHING))
    for index, quantity in added.items():
        record.rows[index].invoiced += quantity
    if call.get("IsLastInvoiceForOrder") is not False:  # null counts as true
        record.is_paid_up = True
        record.advance(_INVOICED)


def credit_payment(book: Book, call: Call) -> None:
    """Give back money of an invoice that was captured. Raises :class:`RefusedCallError`."""
    record = _checked(book, call)
    wanted = call.get("CreditedInvoiceNo")
    if not wanted:
        raise RefusedCallError("CreditedInvoiceNo is required")
    credited = next((invoice for invoice in record.invoices if invoice.invoice_no == wanted), None)
    if credited is None or not credited.captured:
        raise RefusedCallError(f"No captured invoice {wanted} was found on order {record.order_ref}")
    amount = abs(_amount(call))  # whether a credit is written with a minus is not documented
    if credited.credited + amount > credited.captured:
        raise RefusedCallError(f"More than invoice {wanted} has captured")
    credited.credited += amount
    if call.get("InvoiceNo"):
        record.invoices.append(InvoiceRecord(call["InvoiceNo"], NOTHING, credits=wanted))


def _checked(book: Book, call: Call) -> OrderRecord:
    """The order of a call that is well-formed and not known yet."""
    checked(call, INVOICE)
    number = call.get("InvoiceNo")
    if number and any(invoice.invoice_no == number for other in book.orders() for invoice in other.invoices):
        raise RefusedCallError(INVOICE_EXISTS.format(number))
    if not call.get("Items"):
        raise RefusedCallError("Items is required: nothing can be captured without rows")
    record = book.ordered(call)
    if record.erp_order_no is None:
        raise RefusedCallError(f"ErpOrderNo {call['ErpOrderNo']} was never given for order {record.order_ref}")
    if record.currency not in {None, call["CurrencyCode"]}:
        raise RefusedCallError(f"CurrencyCode is not that of order {record.order_ref}")
    _check_payment(record, call.get("Payment"))
    return record


def _check_payment(record: OrderRecord, payment: Call | None) -> None:
    if payment is None:
        return
    reference = payment.get("PaymentRef")
    if not reference and payment.get("PaymentCode") is None:
        raise RefusedCallError("Payment.PaymentCode or Payment.PaymentRef must be given")
    if reference and record.payments and reference not in record.payments:
        raise RefusedCallError(f"Payment {reference} is not one of order {record.order_ref}")


def _amount(call: Call) -> Decimal:
    """What the rows come to; a payment's amount beside them has to be the same."""
    rows = (Decimal(item["UnitPrice"] + (item.get("UnitVat") or 0)) * item["Quantity"] for item in call["Items"])
    total = sum(rows, NOTHING) + Decimal(call.get("InvoiceRoundOff") or 0)
    stated = (call.get("Payment") or {}).get("Amount")
    if stated is None:
        return total
    if abs(abs(stated) - abs(total)) > CENTS:
        raise RefusedCallError(f"Payment.Amount {stated} is not what the rows come to, {total}")
    return Decimal(stated)


def _added(record: OrderRecord, call: Call) -> dict[int, Decimal]:
    """The quantity that is invoiced of each row, by its place; never more than was ordered."""
    added: dict[int, Decimal] = {}
    for item in call["Items"] if record.rows else ():
        row = row_for(record.rows, item["PartNo"], item.get("LineNo"), "invoiced")
        index = record.rows.index(row)
        added[index] = added.get(index, NOTHING) + item["Quantity"]
        if row.invoiced + added[index] > row.ordered:
            raise RefusedCallError(f"More of {item['PartNo']} than was ordered")
    return added


def _check_capture(record: OrderRecord, amount: Decimal) -> None:
    reserved = sum((held for name, held in record.payments.items() if name not in record.annulled), NOTHING)
    if record.annulled and reserved == 0:
        raise RefusedCallError(f"The payment of order {record.order_ref} was cancelled")
    if record.payments and record.captured + amount > reserved + CENTS:
        raise RefusedCallError(f"More than is reserved for order {record.order_ref}: {reserved}")
