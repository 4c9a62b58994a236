"""The rows of an order as items, charges and allowances of an ORDERS05, and the amounts at its end.

Not for: the part above them (``order``). Amounts are carried; what is added up is rounded as in layouts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from bridge.formats._edi.document import Document, member
from bridge.formats._idoc.options import IdocOptions
from bridge.formats._idoc.order import Fields, Row, text_rows
from bridge.formats._idoc.values import Values
from bridge.formats._layout.amounts import gross, line_net, line_vat, net, vat
from bridge.formats._numbers import trimmed
from bridge.formats._protocol import not_renderable
from bridge.model import Line, SalesOrder
from bridge.roles import Role

_OF_THE_ORDER = frozenset({Role.FREIGHT, Role.FEE, Role.ROUNDING, Role.GIFT_CARD, Role.COMPENSATION, Role.TAX})
_NUMBERS = (("001", "part_no"), ("002", "erp_part_no"), ("003", "gtin"))
_HIGHEST = 999_999


@dataclass(frozen=True, slots=True)
class _Charge:
    """A charge, or an allowance where ``amount`` is below nothing, of the order as a whole."""

    path: str
    kind: str
    amount: Decimal
    text: object
    vat_rate: Decimal | None


class Rows:
    """The rows of one order, parted into items and charges."""

    def __init__(self, order: SalesOrder, document: Document, values: Values, options: IdocOptions) -> None:
        self._order = order
        self._values = values
        self._options = options
        self._document = document
        self._items = [index for index, line in enumerate(order.lines) if not self._is_charge(line)]

    def _is_charge(self, line: Line) -> bool:
        if self._options.charge_rows == "line":
            return False
        return line.role in _OF_THE_ORDER or line_net(line) < 0

    # --- charges and allowances ---------------------------------------------------------------------------------------

    def charges(self) -> Iterator[Row]:
        """The charges and allowances of the order."""
        values = self._values
        for one in self._charges():
            rate = (
                "" if one.vat_rate is None else values.quantity(f"{one.path}.vat_rate", one.vat_rate, "E1EDK05-MSATZ")
            )
            yield (
                "E1EDK05",
                {
                    "ALCKZ": "-" if one.amount < 0 else "+",
                    "KSCHL": values.mapped(one.path, one.kind, "charges", "E1EDK05-KSCHL"),
                    "KOTXT": values.text(f"{one.path}.text", one.text, "E1EDK05-KOTXT"),
                    "BETRG": values.amount(one.path, abs(one.amount), "E1EDK05-BETRG"),
                    "MWSKZ": self._vat_code(one.path, one.vat_rate, "E1EDK05-MWSKZ"),
                    "MSATZ": rate,
                },
            )

    def _charges(self) -> Iterator[_Charge]:
        chosen = set(self._items)
        for index, line in enumerate(self._order.lines):
            if index not in chosen:
                text = self._text("lines", index, ("text", "part_no"))
                yield _Charge(f"lines[{index}]", line.role, line_net(line), text, line.vat_rate)
        for index, fee in enumerate(self._order.fees):
            text = self._text("fees", index, ("text", "type", "code"))
            yield _Charge(f"fees[{index}]", "fee", fee.amount or Decimal(0), text, fee.vat_rate)
        for index, discount in enumerate(self._order.discounts):
            text, amount = self._text("discounts", index, ("text", "code", "type")), abs(discount.amount or Decimal(0))
            yield _Charge(f"discounts[{index}]", "discount", -amount, text, discount.vat_rate)

    def _text(self, group: str, index: int, names: tuple[str, ...]) -> object:
        """The first of these facts that is there."""
        document = member(self._document.get(group), index)
        return next((text for name in names if str(text := document.get(name) or "").strip()), None)

    def _vat_code(self, path: str, rate: Decimal | None, place: str) -> str:
        if rate is None:
            return ""
        self._values.quantity(f"{path}.vat_rate", rate, "E1EDP04-MSATZ")
        plain_rate = trimmed(rate.copy_abs() if rate.is_zero() else rate)
        return self._values.mapped(f"{path}.vat_rate", plain_rate, "vat_codes", place)

    # --- items --------------------------------------------------------------------------------------------------------

    def items(self) -> Iterator[Row]:
        """All items, each with what stands below it."""
        for index in self._items:
            yield from self._item(
                self._order.lines[index], member(self._document.get("lines"), index), f"lines[{index}]"
            )

    def _item(self, line: Line, document: Document, path: str) -> Iterator[Row]:
        values = self._values
        unit = values.mapped(f"{path}.unit", document.get("unit"), "units", "E1EDP01-MENEE")
        yield "E1EDP01", self._general(line, path, unit)
        yield from self._tax(line, path)
        yield from self._original_price(line, path, unit)
        description = self._description(document, path)
        yield from self._article(document, path, description[0][1] if description else "")
        comment = values.paragraphs(f"{path}.comment", line.comment, "E1EDPT2-TDLINE")
        for name, lines in (("lines.text", description if len(description) > 1 else []), ("lines.comment", comment)):
            if text_id := self._options.text_ids.get(name, ""):
                yield from text_rows(("E1EDPT1", "E1EDPT2"), text_id, self._options.text_language, lines)

    def _general(self, line: Line, path: str, unit: str) -> Fields:
        values = self._values
        return {
            "POSEX": self._number(line.line_no, f"{path}.line_no"),
            "MENGE": values.quantity(f"{path}.qty", line.qty, "E1EDP01-MENGE"),
            "MENEE": unit,
            "VPREI": values.amount(f"{path}.unit_price", line.unit_price, "E1EDP01-VPREI"),
            "PEINH": "1",
            "NETWR": values.amount(f"{path}.unit_price", line_net(line), "E1EDP01-NETWR"),
            "CURCY": values.code("currency", self._document.get("currency"), "E1EDP01-CURCY"),
            "UEPOS": "" if line.parent_line_no is None else self._number(line.parent_line_no, f"{path}.parent_line_no"),
        }

    def _number(self, number: int, path: str) -> str:
        if not 0 <= number <= _HIGHEST:
            raise not_renderable(path, f"is {number}, and POSEX has six digits", "Have the shop number its rows lower")
        return f"{number:06}"

    def _tax(self, line: Line, path: str) -> Iterator[Row]:
        values, rate = self._values, line.vat_rate
        amount = line_vat(line)
        if rate is not None or amount:
            yield (
                "E1EDP04",
                {
                    "MWSKZ": self._vat_code(path, rate, "E1EDP04-MWSKZ"),
                    "MSATZ": "" if rate is None else values.quantity(f"{path}.vat_rate", rate, "E1EDP04-MSATZ"),
                    "MWSBT": values.amount(f"{path}.unit_vat", amount, "E1EDP04-MWSBT"),
                },
            )

    def _original_price(self, line: Line, path: str, unit: str) -> Iterator[Row]:
        """The price before discounts, for information: no condition type, so that nothing subtracts it again."""
        if self._options.original_price and line.unit_price_original is not None:
            price = self._values.amount(f"{path}.unit_price_original", line.unit_price_original, "E1EDP05-KRATE")
            yield "E1EDP05", {"KOTXT": "Original price", "KRATE": price, "UPRBS": "1", "MEAUN": unit}

    def _description(self, document: Document, path: str) -> list[tuple[str, str]]:
        """The description in lines: the first is KTEXT, and more than one are told as a text, where that has an id."""
        if self._options.text_ids.get("lines.text"):
            return self._values.flowing(f"{path}.text", document.get("text"), "E1EDP19-KTEXT")
        text = self._values.text(f"{path}.text", document.get("text"), "E1EDP19-KTEXT")
        return [("", text)] if text else []

    def _article(self, document: Document, path: str, description: str) -> Iterator[Row]:
        """The article's numbers; description and maker stand in the first of them."""
        values = self._values
        maker = values.code(f"{path}.manufacturer", document.get("manufacturer"), "E1EDP19-MFRPN")
        first: Fields = {"KTEXT": description, "MFRPN": maker}
        found = [
            (qualifier, code)
            for qualifier, name in _NUMBERS
            if (code := values.code(f"{path}.{name}", document.get(name), "E1EDP19-IDTNR"))
        ]
        if not found and any(first.values()):
            found = [("001", "")]
        for qualifier, code in found:
            yield "E1EDP19", {"QUALF": qualifier, "IDTNR": code, **first}
            first = {}

    # --- totals -------------------------------------------------------------------------------------------------------

    def totals(self) -> Iterator[Row]:
        """What stands behind the items: how many there are, and what the whole order comes to."""
        values, order = self._values, self._order
        currency = values.code("currency", self._document.get("currency"), "E1EDS01-WAERQ")
        yield "E1EDS01", {"SUMID": "001", "SUMME": str(len(self._items))}
        for sum_id, amount in (("002", net(order)), ("005", vat(order)), ("011", gross(order))):
            told = values.amount("lines", amount, "E1EDS01-SUMME")
            yield "E1EDS01", {"SUMID": sum_id, "SUMME": told, "WAERQ": currency}
