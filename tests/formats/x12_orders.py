"""Orders by chance with hostile text, what an 850 must tell of each, and a reading of that from a file's segments.

The reading shares nothing with the writer but the mapping table that both follow (``formats/mapping.md`` 2.1).
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bridge.model import Line, Party, SalesOrder
from tests.formats.edifact_orders import Maker, cents, clean
from tests.formats.x12_judge import Seg

_NASTY = (
    *("*", "~", ">", "|", "^", "SE*3*0001~", "~PO1*9*9*EA*1~", "IEA*1*000000123~", "~IEA*", "ISA*00*"),
    *("\r\n", "\n", "\x00", "\x1d", "\t", "\x85", "\u2028", "å", "ÄÖ", "é", "“", "@", "'", "+", ":", "?"),
    *(",", ".", " ", "  ", "a", "Storgatan 1", "word ", "x" * 40),
)
_CODES = ("A", "b", "7", "-", "/", ".", "'", "?", "SE", "0")
_FEES = {"Freight": "D240", "PackingFee": "D500", "CentRounding": "ZZZZ"}
_PLAIN = {"“": '"', "^": "'"}


class X12Maker(Maker):
    """Orders by a seed; codes are at least two letters long, and mostly without separators."""

    def text(self, most: int = 6) -> str | None:
        if self.chance.random() < 0.2:
            return None
        return "".join(self.chance.choices(_NASTY, k=self.chance.randint(1, most)))

    def code(self, most: int = 8) -> str:
        odd = ("*",) if self.chance.random() < 0.004 else ()
        return "X" + "".join(self.chance.choices(_CODES, k=self.chance.randint(1, most))) + "".join(odd)

    def party(self) -> Party:
        found = super().party()
        return replace(found, zip="?'0") if found.zip == "?'" else found

    def order(self) -> SalesOrder:
        found = super().order()
        goods = replace(self.line(len(found.lines) + 1), type="ErpStandard", unit_price=self.amount())
        return replace(found, lines=(*found.lines, goods))


def orders(seed: int, count: int) -> Iterator[SalesOrder]:
    maker = X12Maker(seed)
    return (maker.order() for _ in range(count))


# --- what must be told ------------------------------------------------------------------------------------------------


def seen(text: str | None, signs: str, rule: str) -> str:
    """Text without blanks, as the settings of the tests leave it: plain ASCII, or Latin-1 or Unicode less the signs."""
    bare = clean(text, "?" if rule == "latin" else "")
    bare = "".join(("?" if rule == "latin" else " ") if one in signs else one for one in bare)
    if rule == "extended":
        decomposed = unicodedata.normalize("NFD", "".join(_PLAIN.get(one, one) for one in bare))
        bare = "".join(one for one in decomposed if not unicodedata.combining(one))
    return "".join(bare.split())


def _net(line: Line) -> Decimal:
    return cents(line.qty * line.unit_price)


def _is_adjustment(line: Line) -> bool:
    return line.type in _FEES or _net(line) < 0


def expected(order: SalesOrder, signs: str, rule: str) -> dict[str, Any]:
    """What an 850 with the settings of the tests tells of an order."""
    goods = [line for line in order.lines if not _is_adjustment(line)]
    references = {
        **({"CO": order.customer_order_ref} if order.customer_order_ref else {}),
        **({"IV": order.customer_invoice_ref} if order.customer_invoice_ref else {}),
        **({"PD": order.discount_code} if order.discount_code else {}),
    }
    contact, store = order.sales_contact, order.delivery.pickup
    vat = sum((cents(line.qty * line.unit_vat) for line in order.lines), Decimal(0))
    fees = sum((fee.amount or Decimal(0) for fee in order.fees), Decimal(0))
    discounts = sum((abs(one.amount or Decimal(0)) for one in order.discounts), Decimal(0))
    return {
        "ref": order.order_ref,
        "currency": order.currency or "",
        "comment": seen(order.comment, signs, rule),
        "references": references,
        "contact": (contact.code or "", seen(contact.division, signs, rule)),
        "complete": bool(order.delivery.complete),
        "method": seen(order.delivery.method, signs, rule),
        "parties": {
            code: _party(party, signs, rule)
            for code, party in (("BY", order.sold_to), ("BT", order.bill_to), ("ST", order.ship_to))
            if party
        },
        "pickup": (store.code, seen(store.name, signs, rule)) if store else ("", ""),
        "payments": [
            f"METHOD {seen(one.method, signs, rule)}/REF {one.ref}/AMOUNT {one.amount} {one.currency}"
            for one in order.payments
        ],
        "charges": list(_charges(order, signs, rule)),
        "lines": [_line(line, signs, rule) for line in goods],
        "vat": vat,
        "total": sum((_net(line) for line in order.lines), Decimal(0)) + fees - discounts + vat,
        "count": len(goods),
    }


def _party(party: Party, signs: str, rule: str) -> dict[str, Any]:
    person = " ".join(part for part in (party.first_name, party.last_name) if part)
    region = seen(party.region, signs, rule)
    name = seen(party.name, signs, rule) or seen(person, signs, rule)
    return {
        "id": ("UL", party.gln) if party.gln else ("92", party.code) if party.code else ("", ""),
        "code": (party.code or "") if party.gln else "",
        "name": name or ("" if party.gln or party.code else "-"),
        "address": "".join(seen(part, signs, rule) for part in (party.street, party.box)),
        "place": (seen(party.city, signs, rule), "", party.zip or "", party.country or ""),
        "province": region,
        "vat": party.vat_no or "",
        "org": party.org_no or "",
        "contact": seen(party.contact or person, signs, rule),
        "addresses": [
            seen(one, signs, rule) for one in dict.fromkeys((party.phones.work, party.phones.cell, party.email)) if one
        ],
    }


def _charges(order: SalesOrder, signs: str, rule: str) -> Iterator[tuple[Any, ...]]:
    for line in order.lines:
        if _is_adjustment(line):
            text = " ".join(clean(line.text).split())
            yield _FEES.get(line.type or "", "ZZZZ"), _net(line), line.part_no or "", seen(text, signs, rule)
    for fee in order.fees:
        yield "D500", _cents(fee.amount), "", seen(fee.text or fee.type, signs, rule)
    for discount in order.discounts:
        yield "C310", -_cents(discount.amount), discount.code or "", seen(discount.text, signs, rule)


def _cents(amount: Decimal | None) -> Decimal:
    return (amount or Decimal(0)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _line(line: Line, signs: str, rule: str) -> dict[str, Any]:
    numbers = {"VP": line.erp_part_no, "EN": line.gtin, "BP": line.part_no}
    return {
        "no": str(line.line_no),
        "parent": "" if line.parent_line_no is None else str(line.parent_line_no),
        "numbers": {kind: value for kind, value in numbers.items() if value},
        "text": seen(line.text, signs, rule),
        "qty": line.qty,
        "unit": {"pcs": "EA", "ST": "EA", "kg": "KG", None: ""}[line.unit],
        "price": line.unit_price,
        "original": line.unit_price_original,
        "net": _net(line),
        "rate": line.vat_rate,
        "vat": cents(line.qty * line.unit_vat),
        "comment": seen(line.comment, signs, rule),
    }


# --- what is told -----------------------------------------------------------------------------------------------------


def told(found: list[Seg]) -> dict[str, Any]:
    """The same from the segments of a file."""
    groups = _groups(found)
    head = groups["head"]
    contact = next((one for one in head if one.tag == "REF" and one.at(1) == "SA"), Seg("REF", []))
    pickup = groups["parties"].pop("DA", [Seg("N1", [])])[0]
    groups["parties"].pop("SE", None)
    return {
        "ref": next(one.at(3) for one in head if one.tag == "BEG"),
        "currency": next((one.at(2) for one in head if one.tag == "CUR"), ""),
        "comment": _squashed(_texts(groups["notes"], "COMMENT")),
        "references": {one.at(1): one.at(2) for one in head if one.tag == "REF" and one.at(1) != "SA"},
        "contact": (contact.at(2), _squashed(contact.at(3))),
        "complete": any(one.tag == "CSH" for one in head),
        "method": _squashed(next((one.at(5) for one in head if one.tag == "TD5"), "")),
        "parties": {name: _told_party(party) for name, party in groups["parties"].items()},
        "pickup": (pickup.at(4), _squashed(pickup.at(2))),
        "payments": ["/".join(one.at(1) for one in note[1:]) for note in groups["notes"] if note[0].at(2) == "PAYMENT"],
        "charges": [_told_charge(one) for one in head if one.tag == "SAC"],
        "lines": [_told_line(group) for group in groups["lines"]],
        "vat": Decimal(next(one.at(2) for one in head if one.tag == "TXI")),
        "total": Decimal(next(one.at(2) for one in groups["end"] if one.at(1) == "TT")),
        "count": int(groups["end"][0].at(1)),
    }


def _groups(found: list[Seg]) -> dict[str, Any]:
    groups: dict[str, Any] = {"head": [], "notes": [], "parties": {}, "lines": [], "end": []}
    current = groups["head"]
    for segment in found:
        match segment.tag:
            case "N9" if not groups["lines"]:
                groups["notes"].append(current := [])
            case "N1":
                current = groups["parties"][segment.at(1)] = []
            case "PO1":
                groups["lines"].append(current := [])
            case "CTT":
                current = groups["end"]
        current.append(segment)
    return groups


def _squashed(text: str) -> str:
    return "".join(text.split())


def _texts(notes: list[list[Seg]], kind: str) -> str:
    return "".join(one.at(1) for note in notes if note[0].at(2) == kind for one in note[1:])


def _told_party(group: list[Seg]) -> dict[str, Any]:
    n1 = group[0]
    references = {one.at(1): one.at(2) for one in group if one.tag == "REF"}
    place = next((one for one in group if one.tag == "N4"), Seg("N4", []))
    contacts = [one for one in group if one.tag == "PER"]
    return {
        "id": (n1.at(3), n1.at(4)),
        "code": references.get("11", ""),
        "name": _squashed(n1.at(2) + "".join("".join(one.elements) for one in group if one.tag == "N2")),
        "address": _squashed("".join("".join(one.elements) for one in group if one.tag == "N3")),
        "place": (_squashed(place.at(1)), place.at(2), place.at(3), place.at(4)),
        "province": _squashed(place.at(6)) if place.at(5) == "SP" else "",
        "vat": references.get("TJ", ""),
        "org": references.get("EI", ""),
        "contact": _squashed(contacts[0].at(2)) if contacts else "",
        "addresses": [_squashed(one.at(place)) for one in contacts for place in (4, 6, 8) if one.at(place)],
    }


def _told_charge(sac: Seg) -> tuple[Any, ...]:
    amount = Decimal(sac.at(5)).scaleb(-2)
    return sac.at(2), amount if sac.at(1) == "C" else -amount, sac.at(13), _squashed(sac.at(15))


def _told_line(group: list[Seg]) -> dict[str, Any]:
    po1 = group[0]
    tax = next((one for one in group if one.tag == "TXI"), Seg("TXI", []))
    return {
        "no": po1.at(1),
        "parent": next((one.at(2) for one in group if one.tag == "REF"), ""),
        "numbers": {po1.at(place): po1.at(place + 1) for place in range(6, len(po1.elements), 2)},
        "text": _squashed("".join(one.at(5) for one in group if one.tag == "PID")),
        "qty": Decimal(po1.at(2)),
        "unit": po1.at(3),
        "price": Decimal(po1.at(4)),
        "original": next((Decimal(one.at(3)) for one in group if one.tag == "CTP"), None),
        "net": Decimal(next(one.at(2) for one in group if one.tag == "AMT")),
        "rate": Decimal(tax.at(3)) if tax.at(3) else None,
        "vat": Decimal(tax.at(2) or 0),
        "comment": _squashed("".join(one.at(1) for one in group if one.tag == "MSG")),
    }
