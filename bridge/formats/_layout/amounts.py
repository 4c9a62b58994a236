"""Amounts that an order does not carry but a layout may ask for: of a line, and of the order as a whole.

Not for: rounding to what a field wants (``_layout_values``). A line's amounts are rounded once, to cents, so that the
rows of a file add up to its total. What has too many digits is a ``ValueError``.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext

from bridge.formats._numbers import plain
from bridge.model import Line, SalesOrder

_CENT = Decimal("0.01")
_ENOUGH = 60  # digits; two numbers within bounds never need more


def total_of(amounts: Iterable[Decimal | None]) -> Decimal:
    """All amounts together; nothing counts as nought."""
    with localcontext(prec=_ENOUGH):
        return sum((_bounded(amount) for amount in amounts if amount is not None), Decimal(0))


def line_net(line: Line) -> Decimal:
    """Quantity times price, in cents."""
    return _product(line.qty, line.unit_price)


def line_vat(line: Line) -> Decimal:
    """Quantity times VAT per unit, in cents."""
    return _product(line.qty, line.unit_vat)


def line_gross(line: Line) -> Decimal:
    """The line's amount with VAT: what the two above make together."""
    return line_net(line) + line_vat(line)


def unit_discount(line: Line) -> Decimal | None:
    """How much a unit costs less than its original price; information only, the price has it already."""
    if line.unit_price_original is None:
        return None
    with localcontext(prec=_ENOUGH):
        return _bounded(line.unit_price_original) - _bounded(line.unit_price)


def lines_net(order: SalesOrder) -> Decimal:
    """All lines, excluding VAT."""
    return total_of(line_net(line) for line in order.lines)


def charges(order: SalesOrder) -> Decimal:
    """All fees that are no lines."""
    return total_of(fee.amount for fee in order.fees)


def allowances(order: SalesOrder) -> Decimal:
    """All discounts that are no lines, above zero: Norce does not say which sign they come with, and none adds."""
    return total_of(None if discount.amount is None else abs(discount.amount) for discount in order.discounts)


def net(order: SalesOrder) -> Decimal:
    """What the order costs, excluding VAT."""
    return lines_net(order) + charges(order) - allowances(order)


def vat(order: SalesOrder) -> Decimal:
    """VAT of all lines and fees; a discount that is no line comes without a rate."""
    fees = (_percent(fee.amount, fee.vat_rate) for fee in order.fees)
    return total_of([*(line_vat(line) for line in order.lines), *fees])


def gross(order: SalesOrder) -> Decimal:
    """What the order costs, including VAT."""
    return net(order) + vat(order)


def prepaid(order: SalesOrder) -> Decimal:
    """All payments."""
    return total_of(payment.amount for payment in order.payments)


def payable(order: SalesOrder) -> Decimal:
    """What remains to be paid."""
    return gross(order) - prepaid(order)


OF_LINE: Mapping[str, Callable[[Line], Decimal | None]] = {
    "line_net": line_net,
    "line_vat": line_vat,
    "line_gross": line_gross,
    "unit_discount": unit_discount,
}
OF_ORDER: Mapping[str, Callable[[SalesOrder], Decimal]] = {
    "lines_net": lines_net,
    "charges": charges,
    "allowances": allowances,
    "net": net,
    "vat": vat,
    "gross": gross,
    "prepaid": prepaid,
    "payable": payable,
    "total_net": net,
    "tax_total": vat,
    "total": gross,
}


def _product(first: Decimal, second: Decimal) -> Decimal:
    with localcontext(prec=_ENOUGH):
        return (_bounded(first) * _bounded(second)).quantize(_CENT, ROUND_HALF_UP)


def _percent(amount: Decimal | None, rate: Decimal | None) -> Decimal | None:
    if amount is None or rate is None:
        return None
    with localcontext(prec=_ENOUGH):
        return (_bounded(amount) * _bounded(rate) / 100).quantize(_CENT, ROUND_HALF_UP)


def _bounded(value: Decimal) -> Decimal:
    plain(value)
    return value
