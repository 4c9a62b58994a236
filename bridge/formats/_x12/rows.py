"""The rows of an order as lines, charges and allowances of an 850, and the amounts of the whole.

Not for: the part above them (``order``). Amounts are carried; what is added up is rounded as in layouts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from bridge.formats._edi.document import Document, member
from bridge.formats._layout.amounts import gross, line_net, line_vat, vat
from bridge.formats._protocol import not_renderable
from bridge.formats._x12.elements import Elements, is_in_cents
from bridge.formats._x12.options import X12Options
from bridge.formats._x12.order import REFERENCE, Row, texts
from bridge.model import Line, SalesOrder
from bridge.roles import Role

_OF_THE_ORDER = frozenset({Role.FREIGHT, Role.FEE, Role.ROUNDING, Role.GIFT_CARD, Role.COMPENSATION, Role.TAX})
_CHARGES_AT_MOST = 25
_UNIT, _ITEM, _TEXT = (2, 2), (1, 48), 80
_QTY_DIGITS, _PRICE_DIGITS, _AMOUNT_DIGITS, _RATE_DIGITS = 15, 17, 18, 10


@dataclass(frozen=True, slots=True)
class _Adjustment:
    """A charge, or an allowance where ``amount`` is below nothing, of the order as a whole."""

    path: str
    reason: str
    amount: Decimal
    number: tuple[str, object]
    text: object


class Rows:
    """The rows of one order, parted into lines and adjustments."""

    def __init__(self, order: SalesOrder, document: Document, elements: Elements, options: X12Options) -> None:
        self._order = order
        self._elements = elements
        self._options = options
        # Texts come from the document, which is clean; the order itself may hold control characters.
        self._documents, self._fees, self._discounts = (document.get(name) for name in ("lines", "fees", "discounts"))
        self._lines = [index for index, line in enumerate(order.lines) if not self._is_adjustment(line)]

    def charges(self) -> Iterator[Row]:
        """The charges and allowances of the order."""
        found = list(self._adjustments())
        if len(found) > _CHARGES_AT_MOST:
            what = f"is one of {len(found)} charges and allowances, and an 850 has room for {_CHARGES_AT_MOST}"
            raise not_renderable(found[_CHARGES_AT_MOST].path, what, 'Set charge_rows = "line"')
        for adjustment in found:
            yield self._adjustment(adjustment)

    def tax(self) -> Iterator[Row]:
        """The VAT of the whole."""
        yield "TXI", "VA", self._elements.amount("lines", vat(self._order), _AMOUNT_DIGITS)

    def lines(self) -> Iterator[Row]:
        """All lines. Raises ``PermanentError`` where there is none: an 850 has one at least."""
        if not self._lines:
            raise not_renderable("lines", "has no row that is a line of an 850", 'Set charge_rows = "line"')
        for index in self._lines:
            yield from self._line(self._order.lines[index], member(self._documents, index), f"lines[{index}]")

    def totals(self) -> Iterator[Row]:
        """What stands behind the lines."""
        yield "CTT", str(len(self._lines))
        yield "AMT", "TT", self._elements.amount("lines", gross(self._order), _AMOUNT_DIGITS)

    def rounded(self) -> Iterator[str]:
        """The paths of the charges whose amounts have parts of a cent."""
        return (one.path for one in self._adjustments() if not is_in_cents(one.amount))

    # --- charges and allowances ---------------------------------------------------------------------------------------

    def _is_adjustment(self, line: Line) -> bool:
        if self._options.charge_rows == "line":
            return False
        return line.role in _OF_THE_ORDER or line_net(line) < 0

    def _adjustments(self) -> Iterator[_Adjustment]:
        chosen = set(self._lines)
        for index, line in enumerate(self._order.lines):
            if index not in chosen:
                path, document = f"lines[{index}]", member(self._documents, index)
                number = (f"{path}.part_no", document.get("part_no"))
                yield _Adjustment(path, line.role, line_net(line), number, document.get("text"))
        for index, fee in enumerate(self._order.fees):
            yield self._of_charge(f"fees[{index}]", "fee", member(self._fees, index), fee.amount or Decimal(0))
        for index, discount in enumerate(self._order.discounts):
            # Norce does not say which sign they come with, and none adds.
            amount = -abs(discount.amount or Decimal(0))
            yield self._of_charge(f"discounts[{index}]", "discount", member(self._discounts, index), amount)

    def _of_charge(self, path: str, reason: str, charge: Document, amount: Decimal) -> _Adjustment:
        text = charge.get("text") or charge.get("type")
        return _Adjustment(path, reason, amount, (f"{path}.code", charge.get("code")), text)

    def _adjustment(self, of: _Adjustment) -> Row:
        elements = self._elements
        kind = elements.mapped(of.path, of.reason, "charges", (4, 4))
        if not kind:
            raise not_renderable(of.path, f"is {of.reason} and has no code (SAC02)", "Add one to the table charges")
        number = elements.code(*of.number, REFERENCE)
        text = next(iter(elements.lines(f"{of.path}.text", _one_line(of.text), (_TEXT, 1))), "")
        indicator = "A" if of.amount < 0 else "C"
        cents = elements.cents(of.path, of.amount).removeprefix("-")
        return "SAC", indicator, kind, "", "", cents, *[""] * 7, number, "", text

    # --- lines --------------------------------------------------------------------------------------------------------

    def _line(self, line: Line, document: Document, path: str) -> Iterator[Row]:
        elements = self._elements
        unit = elements.mapped(f"{path}.unit", document.get("unit"), "units", _UNIT)
        quantity = elements.quantity(f"{path}.qty", line.qty, _QTY_DIGITS)
        price = elements.amount(f"{path}.unit_price", line.unit_price, _PRICE_DIGITS)
        number = elements.code(f"{path}.line_no", document.get("line_no"), (1, 20))
        yield "PO1", number, quantity, unit, price, "PE", *self._numbers(document, path)
        if line.unit_price_original is not None:
            original = elements.amount(f"{path}.unit_price_original", line.unit_price_original, _PRICE_DIGITS)
            yield "CTP", "", "CAT", original
        for part in elements.whole(f"{path}.text", document.get("text"), _TEXT):
            yield "PID", "F", "", "", "", part
        parent = elements.code(f"{path}.parent_line_no", document.get("parent_line_no"), REFERENCE)
        if parent:
            yield "REF", "ZZ", parent, "PARENT LINE"
        yield from self._tax(line, path)
        yield from texts(elements, "COMMENT", f"{path}.comment", document.get("comment"))
        yield "AMT", "1", elements.amount(f"{path}.unit_price", line_net(line), _AMOUNT_DIGITS)

    def _numbers(self, document: Document, path: str) -> Iterator[str]:
        for name, kind in self._options.item_numbers.items():
            number = self._elements.code(f"{path}.{name}", document.get(name), _ITEM) if kind else ""
            if number:
                yield from (kind, number)

    def _tax(self, line: Line, path: str) -> Iterator[Row]:
        amount = line_vat(line)
        if line.vat_rate is None and not amount:
            return
        rate = "" if line.vat_rate is None else self._elements.quantity(f"{path}.vat_rate", line.vat_rate, _RATE_DIGITS)
        yield "TXI", "VA", self._elements.amount(f"{path}.unit_vat", amount, _AMOUNT_DIGITS), rate


def _one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text
