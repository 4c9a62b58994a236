"""What an order needs before an ERP may see it, and what is odd about it all the same.

A fault ends the order (Norce is answered Failed and does not try again), so only what no ERP can do without is one;
everything else is a warning that goes with the order. Not for: totals against payments (decision 7), and what one
target wants.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, islice

from bridge.model import Fault
from bridge.norce.faults import shown
from bridge.norce.reports import is_plain_integer
from bridge.norce.vocabulary import is_currency, is_known_group, is_known_type
from bridge.norce.wire import CodeValue, OrderItem, OrderRequest

LONGEST_REFERENCE = 50
MOST_WARNINGS = 20

_LINE_BREAK_OR_TAB = re.compile(r"[\t\r\n]")
_LEAST_PERCENT = 2


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with an order, and what a person should know about it."""

    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()


def findings(request: OrderRequest) -> Findings:
    """Every fault of an order and its first oddities; nothing in them quotes a customer's text."""
    warnings = chain(
        _warnings_of_order(request),
        chain.from_iterable(_warnings_of_row(at, item) for at, item in enumerate(request.items)),
        _warnings_of_parents(request.items),
        _warnings_of_infos(request),
    )
    return Findings(
        faults=(*_faults_of_order(request), *_faults_of_rows(request.items)),
        warnings=tuple(islice(warnings, MOST_WARNINGS)),
    )


def is_blank(text: str | None) -> bool:
    """True when there is nothing to read; empty text and missing are one."""
    return text is None or not text.strip()


def _faults_of_order(request: OrderRequest) -> Iterator[Fault]:
    ref = request.client_order_ref
    if ref is None or is_blank(ref):
        yield Fault("ClientOrderRef", "is empty; without it nobody can tell which order this is")
    elif len(ref) > LONGEST_REFERENCE:
        yield Fault("ClientOrderRef", f"has {len(ref)} characters; {LONGEST_REFERENCE} are the limit")
    elif _LINE_BREAK_OR_TAB.search(ref):
        yield Fault("ClientOrderRef", "holds a line break or tab; a reference is one word")
    if request.currency_code and not is_blank(request.currency_code) and not is_currency(request.currency_code):
        yield Fault("CurrencyCode", f"is {shown(request.currency_code)}, which is no currency (ISO 4217)")
    if not request.items:
        yield Fault("Items", "is empty; an order has at least one row")


def _faults_of_rows(items: Sequence[OrderItem]) -> Iterator[Fault]:
    times = Counter(item.line_no for item in items)
    for at, item in enumerate(items):
        if item.line_no is None:
            yield _row_fault(at, "LineNo", "is empty; the ERP's answer names rows by it")
        elif times[item.line_no] > 1:
            yield _row_fault(at, "LineNo", f"is {item.line_no}, which another row has too")
        if is_blank(item.part_no):
            yield _row_fault(at, "PartNo", "is empty; the ERP needs it")
        yield from _faults_of_numbers(at, item)


def _faults_of_numbers(at: int, item: OrderItem) -> Iterator[Fault]:
    qty = quantity_of(item)
    if qty is None:
        yield _row_fault(at, "Quantity", "is empty; the ERP needs it")
    elif qty <= 0:
        name = "Quantity" if item.quantity2 is None else "Quantity2"
        yield _row_fault(at, name, f"is {qty}; it must be above zero")
    if item.unit_price is None:
        yield _row_fault(at, "UnitPrice", "is empty; the ERP needs it, if only as 0")
    if item.unit_vat is None:
        yield _row_fault(at, "UnitVat", "is empty; the ERP needs it, if only as 0")


def quantity_of(item: OrderItem) -> Decimal | None:
    """The quantity with decimals if it was sent, else the whole one (``formats/mapping.md`` 2.0)."""
    return item.quantity if item.quantity2 is None else item.quantity2


def _row_fault(at: int, field: str, what: str) -> Fault:
    return Fault(f"Items[{at}].{field}", what)


def _warnings_of_order(request: OrderRequest) -> Iterator[str]:
    ref = request.client_order_ref
    if ref and not is_plain_integer(ref):
        yield (
            "ClientOrderRef is not a plain number, so Norce can match our reports by the ERP's order number only; "
            "confirm_within lets the answer to the order carry it"
        )
    if is_blank(request.currency_code):
        yield "CurrencyCode is empty; the ERP must know the currency by itself"
    if request.submit_date is None:
        yield "SubmitDate is empty; the file carries no order date"
    for at, fee in enumerate(request.fees):
        if _is_no_percentage(fee.vat_rate):
            yield f"Fees[{at}].VatRate is {fee.vat_rate}; it should be percent, such as 25"
    for at, discount in enumerate(request.discounts):
        if discount.amount is not None and discount.amount < 0:
            yield f"Discounts[{at}].Amount is {discount.amount}; it counts as so much off, like one above zero"


def _is_no_percentage(rate: Decimal | None) -> bool:
    """True for a factor as baskets have it (1.25) and for a share as the checkout has it (0.25)."""
    return rate is not None and 0 < rate < _LEAST_PERCENT


def _warnings_of_row(at: int, item: OrderItem) -> Iterator[str]:
    if item.type_group and not is_known_group(item.type_group):
        yield f"Items[{at}].TypeGroup is none that is known"
    if item.type and not is_known_type(item.type):
        yield f"Items[{at}].Type is none that is known"
    if _is_no_percentage(item.vat_rate):
        yield f"Items[{at}].VatRate is {item.vat_rate}; it should be percent, such as 25"
    whole, exact = item.quantity, item.quantity2
    if whole is not None and exact is not None and abs(whole - exact) >= 1:  # less is rounding
        yield f"Items[{at}].Quantity is {whole}, Quantity2 is {exact}; the second counts"


def _warnings_of_parents(items: Sequence[OrderItem]) -> Iterator[str]:
    known = {item.line_no for item in items}
    for at, item in enumerate(items):
        if item.parent_line_no is None:
            continue
        if item.parent_line_no == item.line_no or item.parent_line_no not in known:
            yield f"Items[{at}].ParentLineNo is {item.parent_line_no}, which is no other row"


def _warnings_of_infos(request: OrderRequest) -> Iterator[str]:
    for place, values in _infos(request):
        codes = Counter(code_of(value).casefold() for value in values)
        if codes[""]:
            yield f"{place} has a value without a code; it is left out"
        if any(times > 1 for code, times in codes.items() if code):
            yield f"{place} gives a code twice; the first counts"


def code_of(value: CodeValue) -> str:
    """The code of an info type: Code2, else Code, which is known to be wrong, else its number (decision 6)."""
    for code in (value.code2, value.code):
        if code is not None and not is_blank(code):
            return code.strip()
    return "" if value.id is None else str(value.id)


def _infos(request: OrderRequest) -> Iterator[tuple[str, Sequence[CodeValue]]]:
    yield "AdditionalInfo", request.additional_info
    for at, item in enumerate(request.items):
        yield f"Items[{at}].AdditionalInfo", item.additional_info
    for at, payment in enumerate(request.payments):
        yield f"Payments[{at}].AdditionalInfo", payment.additional_info
    for name, customer in (
        ("SellTo", request.sell_to),
        ("BillTo", request.bill_to),
        ("ShipTo", request.ship_to),
    ):
        if customer and customer.person:
            yield f"{name}.Person.AdditionalInfo", customer.person.additional_info
    if request.shipping_advice and request.shipping_advice.pickup_store:
        yield "ShippingAdvice.PickupStore.AdditionalInfo", request.shipping_advice.pickup_store.additional_info
