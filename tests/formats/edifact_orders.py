"""Orders by chance with hostile text, what an ORDERS must tell of each, and a reading of that from a file's segments.

The reading shares nothing with the writer but the mapping table that both follow (``formats/mapping.md`` 2.1).
"""

import datetime as dt
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bridge.model import (
    Charge,
    Delivery,
    Line,
    Party,
    PartyKind,
    Payment,
    Phones,
    PickupStore,
    SalesContact,
    SalesOrder,
)
from tests.formats.edifact_tokens import Seg

_NASTY = (
    "'",
    "+",
    ":",
    "?",
    "??'",
    "?'",
    "UNT+1+1'UNZ+1+1'",
    "'LIN+9++FAKE:SA'",
    "\r\n",
    "\n",
    "\x00",
    "\x1d",
    "\t",
    "\x85",
    "\u2028",
    "å",
    "ÄÖ",
    "€",
    "Ł",
    "“",
    "漢",
    "*",
    ",",
    ".",
    " ",
    "  ",
    "a",
    "Storgatan 1",
    "word ",
    "x" * 40,
)
_CODES = ("'", "+", ":", "?", "A", "b", "7", "-", "/", ".", "å", "?'", "UNZ")
CENT = Decimal("0.01")
_FEES = {"Freight": "FC", "PackingFee": "SH", "CentRounding": ""}


class Maker:
    """Orders by a seed; the same seed makes the same orders."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def text(self, most: int = 6) -> str | None:
        if self.chance.random() < 0.2:
            return None
        return "".join(self.chance.choices(_NASTY, k=self.chance.randint(1, most)))

    def code(self, most: int = 8) -> str:
        return "".join(self.chance.choices(_CODES, k=self.chance.randint(1, most)))

    def perhaps(self, make: Callable[[], Any]) -> Any:
        return make() if self.chance.random() < 0.7 else None

    def amount(self, low: int = 0) -> Decimal:
        return Decimal(self.chance.randint(low, 10**7)).scaleb(-self.chance.choice((0, 1, 2, 4)))

    def party(self) -> Party:
        short = self.chance.choice(("Skåne", "AB'?", None, "Västra Götalands län"))
        return Party(
            kind=PartyKind.COMPANY,
            code=self.perhaps(self.code),
            gln=self.chance.choice((None, None, "7350000000009")),
            name=self.text(),
            first_name=self.perhaps(lambda: "Åsa"),
            last_name=self.perhaps(lambda: "O'Neil"),
            vat_no=self.perhaps(self.code),
            org_no=self.perhaps(self.code),
            street=self.chance.choice((None, "Storgatan 1'+:?", "x" * 36)),
            box=self.chance.choice((None, "Box ?")),
            zip=self.chance.choice((None, "123 45", "?'")),
            city=self.chance.choice((None, "Malmö", "A+B:C'?")),
            region=short,
            country=self.chance.choice((None, "SE", "NO")),
            phones=Phones(work=self.perhaps(lambda: "+46 70"), cell=self.perhaps(lambda: "070'?")),
            email=self.perhaps(lambda: "a+b@example.com"),
            contact=self.perhaps(lambda: "Kim ?'"),
        )

    def line(self, number: int) -> Line:
        kind = self.chance.choice(("ErpStandard", "Standard", *_FEES))
        return Line(
            line_no=number,
            parent_line_no=self.chance.choice((None, None, 1)),
            type=kind,
            part_no=self.perhaps(self.code),
            erp_part_no=self.perhaps(self.code),
            gtin=self.chance.choice((None, "07350000000009")),
            text=self.text(),
            qty=self.amount(),
            unit=self.chance.choice(("pcs", "ST", "kg", None)),
            unit_price=self.amount(-(10**6)),
            unit_price_original=self.perhaps(self.amount),
            unit_vat=self.amount(),
            vat_rate=self.chance.choice((None, Decimal("25.00"), Decimal(0), Decimal("12.5"))),
            comment=self.text(30),
        )

    def order(self) -> SalesOrder:
        chance = self.chance
        return SalesOrder(
            order_ref=self.code(),
            application="demo",
            ordered_at=self.perhaps(lambda: dt.datetime(2026, chance.randint(1, 12), 3, 23, 30, tzinfo=dt.UTC)),
            currency=chance.choice(("SEK", "EUR", None)),
            lines=tuple(self.line(number) for number in range(1, chance.randint(1, 8))),
            customer_order_ref=self.perhaps(self.code),
            customer_invoice_ref=self.perhaps(self.code),
            discount_code=self.perhaps(self.code),
            comment=self.text(60),
            sales_contact=SalesContact(self.perhaps(lambda: "S1'"), self.perhaps(lambda: "Väst")),
            sold_to=self.perhaps(self.party),
            bill_to=self.perhaps(self.party),
            ship_to=self.perhaps(self.party),
            delivery=Delivery(
                method=self.perhaps(lambda: "Post+Nord'"),
                pickup=self.perhaps(lambda: PickupStore(self.code(4), "Butik ?'")),
                complete=chance.random() < 0.5,
            ),
            payments=tuple(
                Payment(method=self.code(), ref=self.code(), amount=self.amount(), currency="SEK")
                for _ in range(chance.randint(0, 2))
            ),
            fees=tuple(
                Charge(type="Fee", text=self.perhaps(lambda: "Av'gift"), amount=self.amount())
                for _ in range(chance.randint(0, 2))
            ),
            discounts=tuple(
                Charge(text="Rabatt+", code=self.code(), amount=self.amount()) for _ in range(chance.randint(0, 2))
            ),
        )


def orders(seed: int, count: int) -> Iterator[SalesOrder]:
    maker = Maker(seed)
    return (maker.order() for _ in range(count))


# --- what must be told ------------------------------------------------------------------------------------------------


def clean(text: str | None, latin: str = "") -> str:
    """Text as any file may hold it; with ``latin`` other letters than those of Latin-1 are that."""
    spaced = re.sub("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", " ", text or "").replace("\t", " ")
    bare = "".join(one for one in spaced if unicodedata.category(one) != "Cc")
    if latin:
        bare = "".join(one if ord(one) < 256 else latin for one in unicodedata.normalize("NFC", bare))
    return bare if bare.strip() else ""


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _net(line: Line) -> Decimal:
    return cents(line.qty * line.unit_price)


def _is_adjustment(line: Line) -> bool:
    return line.type in _FEES or _net(line) < 0


def expected(order: SalesOrder, latin: str = "") -> dict[str, Any]:
    """What an ORDERS with the settings of the tests tells of an order."""
    goods = [line for line in order.lines if not _is_adjustment(line)]
    return {
        "ref": order.order_ref,
        "currency": order.currency or "",
        "comment": clean(order.comment, latin),
        "references": {
            code: value
            for code, value in (
                ("CR", order.customer_order_ref),
                ("IV", order.customer_invoice_ref),
                ("PD", order.discount_code),
            )
            if value
        },
        "parties": {
            code: _party(party, latin)
            for code, party in (("BY", order.sold_to), ("IV", order.bill_to), ("DP", order.ship_to))
            if party
        },
        "method": order.delivery.method or "",
        "pickup": (order.delivery.pickup.code, order.delivery.pickup.name) if order.delivery.pickup else ("", ""),
        "payments": [(one.method, one.ref, one.amount, one.currency) for one in order.payments],
        "charges": [*_charges(order, latin)],
        "lines": [_line(line, latin) for line in goods],
        "totals": _totals(order, goods),
        "count": len(goods),
    }


def _party(party: Party, latin: str) -> dict[str, Any]:
    person = " ".join(part for part in (party.first_name, party.last_name) if part)
    region = party.region or ""
    return {
        "id": party.gln or party.code or "",
        "code": (party.code or "") if party.gln else "",
        "name": clean(party.name, latin) or person,
        "address": "".join(
            [
                clean(party.street, latin),
                clean(party.box, latin),
                clean(region, latin) if len(region) > 9 else "",
            ],
        ),
        "region": region if len(region) <= 9 else "",
        "zip": party.zip or "",
        "city": party.city or "",
        "country": party.country or "",
        "vat": party.vat_no or "",
        "org": party.org_no or "",
        "contact": party.contact or person,
        "addresses": [one for one in dict.fromkeys((party.phones.work, party.phones.cell, party.email)) if one],
    }


def _charges(order: SalesOrder, latin: str) -> Iterator[tuple[Any, ...]]:
    for line in order.lines:
        if _is_adjustment(line):
            text = " ".join(clean(line.text, latin).split())[:70]
            yield _net(line), line.part_no or "", text, line.vat_rate, cents(line.qty * line.unit_vat)
    for fee in order.fees:
        yield fee.amount, "", fee.text or fee.type, None, None
    for discount in order.discounts:
        yield -abs(discount.amount or Decimal(0)), discount.code, discount.text, None, None


def _line(line: Line, latin: str) -> dict[str, Any]:
    numbers = {"SA": line.erp_part_no, "EN": line.gtin, "IN": line.part_no}
    return {
        "no": str(line.line_no),
        "parent": "" if line.parent_line_no is None else str(line.parent_line_no),
        "numbers": {kind: value for kind, value in numbers.items() if value},
        "text": clean(line.text, latin),
        "qty": line.qty,
        "unit": {"pcs": "PCE", "ST": "PCE", "kg": "KGM", None: ""}[line.unit],
        "net": _net(line),
        "comment": clean(line.comment, latin),
        "price": line.unit_price,
        "original": line.unit_price_original,
        "rate": line.vat_rate,
        "vat": cents(line.qty * line.unit_vat),
    }


def _totals(order: SalesOrder, goods: list[Line]) -> dict[str, Decimal]:
    adjustments = [amount for amount, *_ in _charges(order, "")]
    vat = sum((cents(line.qty * line.unit_vat) for line in order.lines), Decimal(0))
    net = sum((_net(line) for line in goods), Decimal(0)) + sum(adjustments, Decimal(0))
    found = {"79": sum((_net(line) for line in goods), Decimal(0)), "124": vat, "128": net + vat}
    return found | ({"131": sum(adjustments, Decimal(0))} if adjustments else {})


# --- what is told -----------------------------------------------------------------------------------------------------


def told(segments: list[Seg], mark: str = ".") -> dict[str, Any]:
    """The same from the segments of a file."""
    groups = _groups(segments)
    head, summary = groups["head"], groups["summary"]
    pickup = next((one for one in head if one.tag == "LOC"), Seg("LOC", []))
    return {
        "ref": next(one.at(2) for one in head if one.tag == "BGM"),
        "currency": next((one.at(1, 1) for one in head if one.tag == "CUX"), ""),
        "comment": _text(head, "AAI"),
        "references": {one.at(1): one.at(1, 1) for one in groups["references"]},
        "parties": {name: _told_party(party) for name, party in groups["parties"].items() if name != "SU"},
        "method": next((one.at(5, 3) for one in head if one.tag == "TDT"), ""),
        "pickup": (pickup.at(2), pickup.at(2, 3)),
        "payments": [
            (one.at(4), one.at(4, 1), _decimal(one.at(4, 2), mark), one.at(4, 3))
            for one in head
            if one.tag == "FTX" and one.at(1) == "PMT"
        ],
        "charges": [_told_charge(group, mark) for group in groups["charges"]],
        "lines": [_told_line(group, mark) for group in groups["lines"]],
        "totals": {one.at(1): _decimal(one.at(1, 1), mark) for one in summary if one.tag == "MOA"},
        "count": int(next(one.at(1, 1) for one in summary if one.tag == "CNT")),
    }


def _groups(segments: list[Seg]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "head": [],
        "references": [],
        "parties": {},
        "charges": [],
        "lines": [],
        "summary": [],
    }
    current = found["head"]
    for segment in segments:
        match segment.tag:
            case "NAD":
                current = found["parties"][segment.at(1)] = []
            case "CUX" | "TDT" | "TOD" | "LOC":
                current = found["head"]
            case "ALC" | "LIN":
                found["charges" if segment.tag == "ALC" else "lines"].append(current := [])
            case "UNS":
                current = found["summary"]
        is_header_reference = segment.tag == "RFF" and current is found["head"]
        (found["references"] if is_header_reference else current).append(segment)
    return found


def _told_party(group: list[Seg]) -> dict[str, Any]:
    nad = group[0]
    references = {one.at(1): one.at(1, 1) for one in group if one.tag == "RFF"}
    return {
        "id": nad.at(2),
        "code": references.get("IT", ""),
        "name": "".join(nad.elements[3]) if len(nad.elements) > 3 else "",
        "address": "".join(nad.elements[4]) if len(nad.elements) > 4 else "",
        "city": nad.at(6),
        "region": nad.at(7),
        "zip": nad.at(8),
        "country": nad.at(9),
        "vat": references.get("VA", ""),
        "org": references.get("AHP", ""),
        "contact": next((one.at(2, 1) for one in group if one.tag == "CTA"), ""),
        "addresses": [one.at(1) for one in group if one.tag == "COM"],
    }


def _told_charge(group: list[Seg], mark: str) -> tuple[Any, ...]:
    alc = group[0]
    amounts = {one.at(1): _decimal(one.at(1, 1), mark) for one in group if one.tag == "MOA"}
    amount = amounts["8"] if alc.at(1) == "C" else -(amounts["204"] or 0)
    rate = next((_decimal(one.at(5, 3), mark) for one in group if one.tag == "TAX"), None)
    return amount, alc.at(2), alc.at(5, 3) + alc.at(5, 4), rate, amounts.get("124")


def _told_line(group: list[Seg], mark: str) -> dict[str, Any]:
    lin = group[0]
    numbers = {lin.at(3, 1): lin.at(3)} if lin.at(3) else {}
    for pia in (one for one in group if one.tag == "PIA"):
        numbers |= {kind: value for value, kind in pia.elements[1:]}
    prices = {one.at(1): _decimal(one.at(1, 1), mark) for one in group if one.tag == "PRI"}
    amounts = {one.at(1): _decimal(one.at(1, 1), mark) for one in group if one.tag == "MOA"}
    quantity = next(one for one in group if one.tag == "QTY")
    return {
        "no": next(one.at(1, 1) for one in group if one.tag == "RFF"),
        "parent": lin.at(4, 1),
        "numbers": numbers,
        "text": "".join(part for one in group if one.tag == "IMD" for part in one.elements[2][3:]),
        "qty": _decimal(quantity.at(1, 1), mark),
        "unit": quantity.at(1, 2),
        "net": amounts["203"],
        "comment": _text(group, "LIN"),
        "price": prices["AAA"],
        "original": prices.get("AAB"),
        "rate": next((_decimal(one.at(5, 3), mark) for one in group if one.tag == "TAX"), None),
        "vat": amounts.get("124", Decimal(0)),
    }


def _text(segments: list[Seg], qualifier: str) -> str:
    return "".join(part for one in segments if one.tag == "FTX" and one.at(1) == qualifier for part in one.elements[3])


def _decimal(text: str, mark: str) -> Decimal | None:
    assert mark == "." or "." not in text
    return Decimal(text.replace(mark, ".")) if text else None
