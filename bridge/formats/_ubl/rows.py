"""The rows of an order as order lines, charges and allowances of UBL, and the amounts that they make together.

Not for: the part above them (``order``). Amounts are carried; what is added up is rounded as in layouts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from bridge.formats._layout.amounts import line_net, line_vat, total_of, vat
from bridge.formats._layout.options import REST
from bridge.formats._numbers import trimmed
from bridge.formats._options import word
from bridge.formats._protocol import not_renderable
from bridge.formats._ubl.names import Group, Leaf, Node, Part, group, leaf
from bridge.formats._ubl.options import RULES
from bridge.formats._ubl.parties import tax_scheme
from bridge.formats._ubl.scope import Document, Scope, inner, member
from bridge.formats._ubl.values import ENOUGH, cents
from bridge.model import Charge, Line, SalesOrder
from bridge.roles import Role

_OF_THE_ORDER = frozenset({Role.FREIGHT, Role.FEE, Role.ROUNDING, Role.GIFT_CARD, Role.COMPENSATION, Role.TAX})
_FEE, _DISCOUNT = "fee", "discount"
_NOTHING = Decimal(0)
_GTIN = "0160"
_REASONS = {
    "freight": "Freight",
    _FEE: "Fee",
    "rounding": "Rounding",
    "gift_card": "Gift card",
    "compensation": "Compensation",
    "tax": "Tax",
    _DISCOUNT: "Discount",
}


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A charge, or an allowance where ``amount`` is below nothing, of the order as a whole; in cents."""

    path: str
    kind: str
    amount: Decimal
    text: str = ""
    number: str = ""
    vat_rate: Decimal | None = None
    vat: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """The amounts of an order: lines and charges less allowances, that with tax, and what remains to be paid."""

    lines: Decimal
    tax_exclusive: Decimal
    tax: Decimal
    tax_inclusive: Decimal
    allowances: Decimal | None
    charges: Decimal | None
    prepaid: Decimal | None
    rounding: Decimal | None
    payable: Decimal


class Rows:
    """The rows of one order, parted into lines, adjustments and rounding."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        lines = list(enumerate(scope.order.lines))
        self._rounding = [line for _, line in lines if self._is_rounding(line)]
        self._lines = [(index, line) for index, line in lines if not self._is_adjustment(line)]
        if not self._lines:
            remedy = 'Set charge_rows = "line", if fees alone may be ordered'
            raise not_renderable("lines", "holds no article, and UBL knows no order without", remedy)
        self._adjustments = list(self._found_adjustments())
        self.totals = self._added_up()

    def adjustments(self) -> Iterator[Part]:
        """The charges and allowances of the order."""
        return (self._adjustment(one) for one in self._adjustments)

    def lines(self) -> Iterator[Part]:
        """All lines."""
        return (self._line(index, line) for index, line in self._lines)

    def totals_of_order(self) -> Iterator[Part]:
        """TaxTotal and AnticipatedMonetaryTotal."""
        totals = self.totals
        yield group("cac:TaxTotal", self._scope.amount("cbc:TaxAmount", "lines", totals.tax))
        amounts = (
            ("LineExtensionAmount", totals.lines),
            ("TaxExclusiveAmount", totals.tax_exclusive),
            ("TaxInclusiveAmount", totals.tax_inclusive),
            ("AllowanceTotalAmount", totals.allowances),
            ("ChargeTotalAmount", totals.charges),
            ("PrepaidAmount", totals.prepaid),
            ("PayableRoundingAmount", totals.rounding),
            ("PayableAmount", totals.payable),
        )
        parts = (self._scope.amount(f"cbc:{name}", "lines", sum_) for name, sum_ in amounts if sum_ is not None)
        yield group("cac:AnticipatedMonetaryTotal", *parts)

    def _added_up(self) -> Totals:
        order, options = self._scope.order, self._scope.options
        found = [one.amount for one in self._adjustments]
        known = {word(method) for method in options.prepaid}
        paid = [one.amount for one in order.payments if REST in known or word(one.method or "") in known]
        lines, tax = total_of(line_net(line) for _, line in self._lines), vat(order)
        prepaid = cents(total_of(paid)) if paid else None
        rounding = total_of(line_net(line) for line in self._rounding) if self._rounding else None
        with localcontext(prec=ENOUGH):
            tax_exclusive = sum(found, lines)
            return Totals(
                lines=lines,
                tax_exclusive=tax_exclusive,
                tax=tax,
                tax_inclusive=tax_exclusive + tax,
                allowances=-sum((one for one in found if one < 0), _NOTHING) or None,
                charges=sum((one for one in found if one >= 0), _NOTHING) or None,
                prepaid=prepaid,
                rounding=rounding,
                payable=tax_exclusive + tax - (prepaid or _NOTHING) + (rounding or _NOTHING),
            )

    # --- charges and allowances ---------------------------------------------------------------------------------------

    def _is_rounding(self, line: Line) -> bool:
        """A row of rounding without VAT has a place among the totals."""
        is_charge = self._scope.options.charge_rows == "charge"
        return is_charge and line.role is Role.ROUNDING and line_vat(line) == 0

    def _is_adjustment(self, line: Line) -> bool:
        """A price or a quantity below nothing is an allowance wherever it comes from: no partner takes it in a line."""
        if line.qty < 0 or line.unit_price < 0:
            return True
        return self._scope.options.charge_rows == "charge" and line.role in _OF_THE_ORDER

    def _found_adjustments(self) -> Iterator[Adjustment]:
        order = self._scope.order
        for index, line in enumerate(order.lines):
            if self._is_adjustment(line) and not self._is_rounding(line):
                yield self._of_row(index, line)
        for index, fee in enumerate(order.fees):
            yield self._of_charge("fees", index, fee, fee.amount or _NOTHING)
        for index, discount in enumerate(order.discounts):
            # Norce does not say which sign a discount comes with, and none adds.
            yield self._of_charge("discounts", index, discount, -abs(discount.amount or _NOTHING))

    def _of_row(self, index: int, line: Line) -> Adjustment:
        told, path, words = member(self._scope.document, "lines", index), f"lines[{index}]", self._scope.words
        return Adjustment(
            path=path,
            kind=line.role,
            amount=line_net(line),
            text=words.text(told.get("text")),
            number=words.code(f"{path}.part_no", told.get("part_no")),
            vat_rate=line.vat_rate,
            vat=line_vat(line),
        )

    def _of_charge(self, name: str, index: int, charge: Charge, amount: Decimal) -> Adjustment:
        told, path, words = member(self._scope.document, name, index), f"{name}[{index}]", self._scope.words
        return Adjustment(
            path=path,
            kind=_FEE if name == "fees" else _DISCOUNT,
            amount=cents(amount),
            text=words.text(told.get("text")) or words.text(told.get("type")),
            number=words.code(f"{path}.code", told.get("code")),
            vat_rate=charge.vat_rate,
        )

    def _adjustment(self, of: Adjustment) -> Part:
        """Number and VAT of a charge have no place in Peppol's orders; the text that all want is never empty."""
        scope, is_plain = self._scope, not self._scope.options.is_peppol
        is_charge = of.amount >= 0 and of.kind != _DISCOUNT
        code = scope.words.mapped(of.path, of.kind, "charges" if is_charge else "allowances")
        tax = None if of.vat is None or not is_plain else (of.vat if is_charge else -of.vat)
        return group(
            "cac:AllowanceCharge",
            leaf("cbc:ID", of.number if is_plain else ""),
            leaf("cbc:ChargeIndicator", "true" if is_charge else "false"),
            leaf("cbc:AllowanceChargeReasonCode", code),
            leaf("cbc:AllowanceChargeReason", of.text or _REASONS.get(of.kind, "Charge" if is_charge else "Allowance")),
            scope.amount("cbc:Amount", of.path, abs(of.amount)),
            self._category("cac:TaxCategory", of.path, of.vat_rate),
            None if tax is None else group("cac:TaxTotal", scope.amount("cbc:TaxAmount", of.path, tax)),
        )

    # --- lines --------------------------------------------------------------------------------------------------------

    def _line(self, index: int, line: Line) -> Part:
        told, path, scope = member(self._scope.document, "lines", index), f"lines[{index}]", self._scope
        unit = self._unit(told, path)
        above = "" if line.parent_line_no is None else f"Part of line {line.parent_line_no}"
        taxed = None if scope.options.is_peppol else scope.amount("cbc:TotalTaxAmount", path, line_vat(line))
        return group(
            "cac:OrderLine",
            leaf("cbc:Note", "\n".join(filter(None, (scope.words.note(told.get("comment")), above)))),
            group(
                "cac:LineItem",
                leaf("cbc:ID", scope.words.code(f"{path}.line_no", line.line_no)),
                leaf("cbc:Quantity", scope.words.quantity(f"{path}.qty", line.qty), ("unitCode", unit)),
                scope.amount("cbc:LineExtensionAmount", path, line_net(line)),
                taxed,
                self._price(line, path),
                self._item(line, told, path),
            ),
        )

    def _unit(self, told: Document, path: str) -> str:
        """The unit of a row; where it has none Peppol gets that of the rule for the rest, since it wants one."""
        words, options = self._scope.words, self._scope.options
        unit = words.mapped(f"{path}.unit", told.get("unit"), "units")
        if unit or not options.is_peppol:
            return unit
        rest = options.units[REST]
        if rest in RULES or str(told.get("unit") or "").strip():
            remedy = f'Have the shop send another, or set "{REST}" of the table units to a unit'
            raise not_renderable(f"{path}.unit", "is none of UN/ECE recommendation 20, and Peppol wants one", remedy)
        return rest

    def _price(self, line: Line, path: str) -> Part:
        scope, original = self._scope, line.unit_price_original
        is_told = original is not None and (original >= line.unit_price or not scope.options.is_peppol)
        return group(
            "cac:Price",
            scope.amount("cbc:PriceAmount", f"{path}.unit_price", line.unit_price),
            self._discount(line.unit_price, original, path) if is_told and original is not None else None,
        )

    def _discount(self, price: Decimal, original: Decimal, path: str) -> Group | None:
        """From the original price to the price: information only, the price has it already."""
        name, difference = f"{path}.unit_price_original", total_of((original, -price))
        return group(
            "cac:AllowanceCharge",
            leaf("cbc:ChargeIndicator", "false" if difference >= 0 else "true"),
            self._scope.amount("cbc:Amount", name, abs(difference)),
            self._scope.amount("cbc:BaseAmount", name, original),
        )

    def _item(self, line: Line, told: Document, path: str) -> Group:
        words = self._scope.words
        numbers = {name: words.code(f"{path}.{name}", told.get(name)) for name in ("part_no", "erp_part_no", "gtin")}
        name = words.text(told.get("text"))
        if self._scope.options.is_peppol:
            name = name or numbers["part_no"] or numbers["erp_part_no"]
        parts: list[Part] = [
            leaf("cbc:Name", name),
            group("cac:BuyersItemIdentification", leaf("cbc:ID", numbers["part_no"])),
            group("cac:SellersItemIdentification", leaf("cbc:ID", numbers["erp_part_no"])),
            group("cac:StandardItemIdentification", leaf("cbc:ID", numbers["gtin"], ("schemeID", _GTIN))),
            self._category("cac:ClassifiedTaxCategory", path, line.vat_rate),
            *self._properties(told),
        ]
        found: list[Node] = [part for part in parts if part is not None]
        return Group("cac:Item", found)  # UBL wants it, even of a row that tells nothing of its article

    def _properties(self, told: Document) -> Iterator[Part]:
        if not self._scope.options.properties:
            return
        words, facts = self._scope.words, {"Manufacturer": told.get("manufacturer"), **inner(told, "info")}
        for name, value in facts.items():
            named, text = leaf("cbc:Name", words.text(name)), leaf("cbc:Value", words.text(value))
            if named is not None and text is not None:
                yield group("cac:AdditionalItemProperty", named, text)

    def _category(self, name: str, path: str, rate: Decimal | None) -> Part:
        """The VAT category with its rate; none where the table leaves it out."""
        if rate is None:
            return None
        words, where = self._scope.words, f"{path}.vat_rate"
        exact: Leaf | None = leaf("cbc:Percent", words.quantity(where, rate))
        plain = trimmed(rate.copy_abs() if rate.is_zero() else rate)
        category = words.mapped(where, plain, "vat_categories")
        if self._scope.options.is_peppol and category == "S" and rate <= 0:
            raise not_renderable(
                where, f'is {plain}, and Peppol takes category "S" above nothing only', "Mend the table vat_categories"
            )
        return group(name, leaf("cbc:ID", category), exact, tax_scheme()) if category else None


def roundings(order: SalesOrder) -> Iterator[str]:
    """A sentence for each fee and discount whose amount has more than cents."""
    for name, charges in (("fees", order.fees), ("discounts", order.discounts)):
        for index, charge in enumerate(charges):
            if charge.amount is not None and charge.amount != cents(charge.amount):
                yield f"{name}[{index}].amount is rounded from {trimmed(charge.amount)} to {cents(charge.amount)}"
