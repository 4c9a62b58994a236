"""Whether the rows of an order come to what was paid for it.

Not for: mending anything; amounts are carried as they came (decision 5). Which rows of a bundle count was decided
before (``bundles``).
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext

from bridge.model import Payment, SalesOrder

TOLERANCE = Decimal("1.00")
"""A difference up to this says nothing: payments are told after rounding, at most to a whole unit of the currency, and
VAT was rounded for each unit before."""

_DIGITS = 80  # so that no sum of amounts with 34 digits is rounded
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)


def oddity(order: SalesOrder, payments: Sequence[Payment]) -> str | None:
    """What is odd about rows against payments, in words without any name; ``None`` when they agree or none is told.

    Norce does not say whether fees and discounts of the whole order include VAT, nor whether rows repeat them. So each
    way of counting them may add up; the words tell of the rows alone.
    """
    amounts = [payment.amount for payment in payments if payment.amount is not None]
    if sum(amounts, Decimal()) == sum((line.line_gross for line in order.lines), Decimal()):
        return None  # as nearly always, and quickly
    if not amounts or _foreign(order, payments) is not None:
        return None
    with localcontext(prec=_DIGITS):
        paid, rows = sum(amounts, Decimal()), sum((line.line_gross for line in order.lines), Decimal())
        if min(abs(rows + more - paid) for more in _beside_rows(order)) <= TOLERANCE:
            return None
        return (
            f"the rows come to {_shown(rows)} with VAT and the payments to {_shown(paid)}, "
            f"which is {_shown(abs(rows - paid))} {'less' if paid < rows else 'more'}"
        )


def incomparable(order: SalesOrder, payments: Sequence[Payment]) -> str | None:
    """Why :func:`oddity` compares nothing although payments are told; ``None`` when it does."""
    at = _foreign(order, payments)
    if at is None:
        return None
    return f"Payments[{at}].CurrencyCode is not the order's currency, so rows and payments are not compared"


def _foreign(order: SalesOrder, payments: Sequence[Payment]) -> int | None:
    """The first payment in another currency than the order's: money of two currencies does not add up."""
    own = (order.currency or "").casefold()
    currencies = enumerate(payment.currency for payment in payments)
    return next((at for at, currency in currencies if currency and currency.casefold() != own), None)


def _beside_rows(order: SalesOrder) -> Iterator[Decimal]:
    """What fees and discounts may add to the rows: nothing, as they are, or with VAT on the fees."""
    fees = [(fee.amount, fee.vat_rate or Decimal()) for fee in order.fees if fee.amount is not None]
    plain = sum((amount for amount, _ in fees), Decimal())
    with_vat = sum((amount * (1 + rate / _HUNDRED) for amount, rate in fees), Decimal())
    off = sum((abs(discount.amount) for discount in order.discounts if discount.amount is not None), Decimal())
    for fee in (Decimal(), plain, with_vat):
        yield fee
        yield fee - off


def _shown(amount: Decimal) -> str:
    return f"{amount.quantize(_CENT):f}"
