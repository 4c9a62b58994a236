"""The rows of an order as lines, charges and allowances of an ORDERS message, and the amounts at its end.

Not for: the part above them (``_edifact_order``). Amounts are carried; what is added up is rounded as in layouts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.formats._edi.document import Document, members
from bridge.formats._edi.values import Values
from bridge.formats._edifact.options import EdifactOptions
from bridge.formats._edifact.order import PER_SEGMENT, REFERENCE, TEXT_LINE, Row, prepaid
from bridge.formats._layout.amounts import gross, line_net, line_vat, total_of, vat
from bridge.formats._layout.options import KEEP, LEAVE_OUT
from bridge.formats._layout.values import unknown_unit
from bridge.formats._numbers import trimmed
from bridge.formats._protocol import not_renderable
from bridge.model import Charge, Line, SalesOrder
from bridge.roles import Role

_OF_THE_ORDER = frozenset({Role.FREIGHT, Role.FEE, Role.ROUNDING, Role.GIFT_CARD, Role.COMPENSATION, Role.TAX})
_CHARGES_AT_MOST = {"D96A": 15, "D01B": 99}
_DIGITS, _QTY_DIGITS, _LINE_DIGITS = 18, 15, 6
_ITEM_TYPES = {"erp_part_no": "SA", "gtin": "EN", "part_no": "IN"}
_NAME_LINES = 2
_INSTEAD = {KEEP: "it is written as it came", LEAVE_OUT: "no unit is written"}


@dataclass(frozen=True, slots=True)
class _Adjustment:
    """A charge, or an allowance where ``amount`` is below nothing, of the order as a whole."""

    path: str
    reason: str
    amount: Decimal
    number: str = ""
    text: object = None
    qty: Decimal | None = None
    vat_rate: Decimal | None = None
    vat: Decimal | None = None


class Rows:
    """The rows of one order, parted into lines and adjustments."""

    def __init__(self, order: SalesOrder, document: Document, values: Values, options: EdifactOptions) -> None:
        self._order = order
        self._values = values
        self._options = options
        self._documents = members(document, "lines")
        self._fees, self._discounts = members(document, "fees"), members(document, "discounts")
        self._lines = [index for index, line in enumerate(order.lines) if not self._is_adjustment(line)]

    def charges(self) -> Iterator[Row]:
        """The charges and allowances of the order."""
        found = list(self._adjustments())
        most = _CHARGES_AT_MOST[self._options.directory]
        if len(found) > most:
            raise not_renderable(
                found[most].path,
                f"is one of {len(found)} charges and allowances, and the message has room for {most}",
                'Set charge_rows = "line"',
            )
        for adjustment in found:
            yield from self._adjustment(adjustment)

    def lines(self) -> Iterator[Row]:
        """All lines."""
        for place, index in enumerate(self._lines, 1):
            yield from self._line(place, index)

    def unknown_units(self) -> tuple[str, ...]:
        """For each unit that the table of units does not know a sentence, which names the first line and the remedy."""
        found: dict[tuple[str, str], list[int]] = {}
        for index in self._lines:
            unit = self._order.lines[index].unit
            rest = self._values.rest(unit, "units") if unit and unit.strip() else None
            if unit and rest is not None:
                found.setdefault((unit, rest), []).append(index)
        return tuple(_places(lines) + unknown_unit(*unit, "units", _INSTEAD) for unit, lines in found.items())

    def totals(self) -> Iterator[Row]:
        """What stands behind the lines."""
        order, lines = self._order, [self._order.lines[index] for index in self._lines]
        adjustments = [one.amount for one in self._adjustments()]
        amounts = [
            ("79", "lines", total_of(line_net(line) for line in lines)),
            ("131", "fees", total_of(adjustments) if adjustments else None),
            ("124", "lines", vat(order)),
            ("128", "lines", gross(order)),
            ("113", "payments", prepaid(order, self._options.prepaid, total_of)),
        ]
        yield "UNS", "S"
        for qualifier, path, amount in amounts:
            if amount is not None:
                yield self._moa(qualifier, path, amount)
        yield "CNT", ("2", str(len(lines)))

    def _moa(self, qualifier: str, path: str, amount: Decimal) -> Row:
        return "MOA", (qualifier, self._values.amount(path, amount, _DIGITS))

    # --- charges and allowances ---------------------------------------------------------------------------------------

    def _is_adjustment(self, line: Line) -> bool:
        if self._options.charge_rows == "line":
            return False
        return line.role in _OF_THE_ORDER or line_net(line) < 0

    def _adjustments(self) -> Iterator[_Adjustment]:
        chosen = set(self._lines)
        for index, line in enumerate(self._order.lines):
            if index not in chosen:
                yield self._of_row(index, line)
        for index, fee in enumerate(self._order.fees):
            yield self._of_charge(f"fees[{index}]", self._fees[index], "fee", fee)
        for index, discount in enumerate(self._order.discounts):
            yield self._of_charge(f"discounts[{index}]", self._discounts[index], "discount", discount)

    def _of_row(self, index: int, line: Line) -> _Adjustment:
        document, path = self._documents[index], f"lines[{index}]"
        return _Adjustment(
            path=path,
            reason=line.role,
            amount=line_net(line),
            number=self._values.code(f"{path}.part_no", document.get("part_no"), REFERENCE),
            text=document.get("text"),
            qty=line.qty if line.qty != 1 else None,
            vat_rate=line.vat_rate,
            vat=line_vat(line),
        )

    def _of_charge(self, path: str, document: Document, reason: str, charge: Charge) -> _Adjustment:
        amount = charge.amount or Decimal(0)
        return _Adjustment(
            path=path,
            reason=reason,
            amount=-abs(amount) if reason == "discount" else amount,
            number=self._values.code(f"{path}.code", document.get("code"), REFERENCE),
            text=document.get("text") or document.get("type"),
            vat_rate=charge.vat_rate,
        )

    def _adjustment(self, of: _Adjustment) -> Iterator[Row]:
        values, path = self._values, of.path
        is_allowance = of.amount < 0
        reason = values.mapped(path, of.reason, "charges")
        texts = values.lines(f"{path}.text", _one_line(of.text), (REFERENCE, _NAME_LINES))
        special = (values.code(path, reason, 3), "", "", *texts)
        yield "ALC", "A" if is_allowance else "C", (of.number,), "", "", special
        if of.qty is not None:
            yield "QTY", ("1", values.quantity(f"{path}.qty", of.qty, _QTY_DIGITS))
        yield self._moa("204" if is_allowance else "8", path, abs(of.amount))
        yield from self._tax(path, of.vat_rate, of.vat)

    # --- lines --------------------------------------------------------------------------------------------------------

    def _line(self, place: int, index: int) -> Iterator[Row]:
        line, document, path, values = self._order.lines[index], self._documents[index], f"lines[{index}]", self._values
        yield from self._item(place, document, path)
        names = values.whole(f"{path}.text", document.get("text"), REFERENCE)
        for start in range(0, len(names), _NAME_LINES):
            yield "IMD", "F", "", ("", "", "", *names[start : start + _NAME_LINES])
        unit = self._unit(document, path)
        yield "QTY", ("21", values.quantity(f"{path}.qty", line.qty, _QTY_DIGITS), unit)
        yield self._moa("203", f"{path}.unit_price", line_net(line))
        yield from self._comment(document.get("comment"), path)
        yield from self._prices(line, path, unit)
        yield "RFF", ("LI", self._number(line.line_no, f"{path}.line_no"))
        yield from self._tax(path, line.vat_rate, line_vat(line))

    def _item(self, place: int, document: Document, path: str) -> Iterator[Row]:
        numbers = {
            name: value
            for name in (self._options.item_number, *_ITEM_TYPES)
            if (value := self._values.code(f"{path}.{name}", document.get(name), REFERENCE))
        }
        name = next(iter(numbers), "")
        item = (numbers.pop(name), _ITEM_TYPES[name]) if name else ""
        parent = document.get("parent_line_no")
        above = "" if parent is None else ("1", self._number(parent, f"{path}.parent_line_no"))
        yield "LIN", self._number(place, "lines"), "", item, above
        if numbers:
            yield "PIA", "1", *((value, _ITEM_TYPES[name]) for name, value in numbers.items())

    def _number(self, number: object, path: str) -> str:
        return self._values.code(path, number, _LINE_DIGITS)

    def _unit(self, document: Document, path: str) -> str:
        unit = self._values.mapped(f"{path}.unit", document.get("unit"), "units")
        return self._values.code(f"{path}.unit", unit, 3)

    def _comment(self, comment: object, path: str) -> Iterator[Row]:
        parts = self._values.whole(f"{path}.comment", comment, TEXT_LINE)
        for start in range(0, len(parts), PER_SEGMENT):
            yield "FTX", "LIN", "", "", parts[start : start + PER_SEGMENT]

    def _prices(self, line: Line, path: str, unit: str) -> Iterator[Row]:
        for qualifier, name, price in (
            ("AAA", "unit_price", line.unit_price),
            ("AAB", "unit_price_original", line.unit_price_original),
        ):
            if price is not None:
                amount = self._values.amount(f"{path}.{name}", price, _QTY_DIGITS)
                yield "PRI", (qualifier, amount, "", "", "", unit)

    def _tax(self, path: str, rate: Decimal | None, amount: Decimal | None) -> Iterator[Row]:
        if rate is None and not amount:
            return
        category = ""
        if rate is not None:
            exact = self._values.quantity(f"{path}.vat_rate", rate, 17)
            plain_rate = trimmed(rate.copy_abs() if rate.is_zero() else rate)
            category = self._values.mapped(f"{path}.vat_rate", plain_rate, "vat_categories")
            category = self._values.code(f"{path}.vat_rate", category, 3)
        yield "TAX", "7", "VAT", "", "", ("", "", "", exact if rate is not None else ""), category
        if amount is not None:
            yield self._moa("124", f"{path}.unit_vat", amount)


def _places(lines: Sequence[int]) -> str:
    others = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
    return f"lines[{lines[0]}].unit{others}"


def _one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text
