"""Orders by chance with hostile text, what a UBL Order must tell of each, and another reading of that.

The reading is by the standard library, and shares nothing with the writer but the mapping table that both follow
(``formats/mapping.md`` 2.1).
"""

import datetime as dt
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bridge.model import Line, Party, PartyKind, Phones, PickupStore, SalesOrder
from tests.formats.edifact_orders import Maker

_NASTY = (
    "<", ">", "&", "&amp;", "&#0;", '"', "'", "]]>", "<![CDATA[", "<!--", "-->", "<?xml?>", "<!DOCTYPE a>",
    "</cbc:Note>", "</Order><Order>", "<cac:OrderLine><cac:LineItem><cbc:ID>9</cbc:ID></cac:LineItem></cac:OrderLine>",
    "%p;", "\r\n", "\n", "\r", "\t", "\x00", "\x0b", "\x1f", "\x85", "\u2028", "\ufffe", "\uffff", "\ufeff", "\u200b",
    "å", "ÄÖ", "€", "漢", "\U0001f600", " ", "  ", "a", "Storgatan 1", "x" * 40,
)  # fmt: skip
_CODES = ("<", ">", "&", '"', "'", "A", "b", "7", "-", "/", ".", "å", "]]>", " ", "漢")
_GLNS = (None, None, "7350000000009", "7300010000001")
_NS = {
    "o": "urn:oasis:names:specification:ubl:schema:xsd:Order-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_FEES = {"Freight": "FC", "PackingFee": "SH"}
_ROUNDING = "CentRounding"
CENT = Decimal("0.01")


class UblMaker(Maker):
    """Orders that XML finds hard; ``fit`` keeps them within what Peppol's rules ask of an order's own facts."""

    def __init__(self, seed: int, *, fit: bool = False) -> None:
        super().__init__(seed)
        self.fit = fit

    def text(self, most: int = 6) -> str | None:
        if self.chance.random() < 0.2:
            return None
        return "".join(self.chance.choices(_NASTY, k=self.chance.randint(1, most)))

    def code(self, most: int = 8) -> str:
        return "A" + "".join(self.chance.choices(_CODES, k=self.chance.randint(1, most)))

    def party(self) -> Party:
        chance = self.chance
        return Party(
            kind=chance.choice(tuple(PartyKind)),
            code=self.perhaps(self.code),
            gln=chance.choice(_GLNS),
            name=(self.text() or "") + "Ö&<" if self.fit else self.text(),
            first_name=self.perhaps(lambda: "Åsa"),
            last_name=self.perhaps(lambda: "O'Neil <&>"),
            vat_no=self.perhaps(lambda: "SE" + self.code() if self.fit else self.code()),
            org_no=self.perhaps(self.code),
            ssn="19121212-1212",
            street=self.text(),
            street2=self.perhaps(self.text),
            box=self.text(),
            care_of=self.perhaps(self.text),
            zip=self.perhaps(self.code),
            city=self.text(),
            region=self.text(),
            country=chance.choice(("SE", "NO", "ES") if self.fit else ("SE", None, "Å&")),
            phones=Phones(work=self.perhaps(lambda: "+46 70"), cell=self.perhaps(lambda: "070<&")),
            email=self.perhaps(lambda: "a&b@example.com"),
            contact=self.perhaps(lambda: "Kim <>"),
        )

    def line(self, number: int) -> Line:
        made = super().line(number)
        return replace(
            made,
            part_no=self.code() if self.fit else made.part_no,
            type=self.chance.choice(("ErpStandard", "Standard", "Standard", *_FEES, _ROUNDING)),
            unit=self.chance.choice(("pcs", "ST", "kg") if self.fit else ("pcs", "ST", "kg", None)),
            manufacturer=self.perhaps(self.code),
            info={"Färg<": self.code(), "Empty": ""} if self.chance.random() < 0.5 else {},
        )

    def order(self) -> SalesOrder:
        made, chance = super().order(), self.chance
        lines = made.lines or (self.line(1),)
        goods = replace(lines[0], type="Standard", unit_price=abs(lines[0].unit_price))
        delivery = replace(made.delivery, pickup=self.perhaps(self._store))
        return replace(
            made,
            lines=(goods, *lines[1:]),
            currency=chance.choice(("SEK", "EUR", "NOK")) if self.fit else chance.choice(("SEK", "S&K<", "EUR", None)),
            suggested_erp_no=self.perhaps(self.code),
            sold_to=self.party() if self.fit else made.sold_to,
            ship_to=self.party() if self.fit else made.ship_to,
            delivery=delivery,
        )

    def _store(self) -> PickupStore:
        where = self.perhaps(self.party)
        return PickupStore(self.code(4), "Butik <&", address=where)


def orders(seed: int, count: int, *, fit: bool = False) -> Iterator[SalesOrder]:
    maker = UblMaker(seed, fit=fit)
    return (maker.order() for _ in range(count))


# --- what must be told ------------------------------------------------------------------------------------------------


def clean(text: str | None, line_break: str = " ") -> str:
    """Text as XML may hold it."""
    spaced = re.sub("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", line_break, text or "").replace("\t", " ")
    bare = "".join(one for one in spaced if one == "\n" or unicodedata.category(one) != "Cc")
    held = bare.replace("\ufffe", "").replace("\uffff", "")
    return held if held.strip() else ""


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def _net(line: Line) -> Decimal:
    return cents(line.qty * line.unit_price)


def _vat(line: Line) -> Decimal:
    return cents(line.qty * line.unit_vat)


def _is_rounding(line: Line) -> bool:
    return line.type == _ROUNDING and _vat(line) == 0


def _is_adjustment(line: Line) -> bool:
    return line.type in {*_FEES, _ROUNDING} or line.unit_price < 0


def expected(order: SalesOrder, received_at: dt.datetime, *, peppol: bool = False) -> dict[str, Any]:
    """What a UBL Order with the settings of the tests tells of an order."""
    at = (order.ordered_at or received_at).astimezone(ZoneInfo("Europe/Stockholm"))
    goods = [line for line in order.lines if not _is_adjustment(line)]
    store = order.delivery.pickup
    place = store.address if store and store.address and any(_address(store.address)) else order.ship_to
    return {
        "ref": order.order_ref,
        "erp": order.suggested_erp_no or "",
        "at": (at.date().isoformat(), at.time().isoformat("seconds")),
        "currency": order.currency,
        "comment": clean(order.comment, "\n"),
        "customer_ref": order.customer_order_ref or "",
        "documents": [
            (kind, value)
            for kind, value in (
                ("Invoice reference", order.customer_invoice_ref),
                ("Discount code", order.discount_code),
            )
            if value
        ],
        "parties": {
            role: _party(party, peppol)
            for role, party in (("Buyer", order.sold_to), ("Accounting", order.bill_to))
            if party
        },
        "receiver": _receiver(order.ship_to, peppol),
        "place": (_address(place) if place else _address(Party(PartyKind.PERSON))),
        "store": (store.code, store.name) if store else ("", ""),
        "terms": (order.delivery.method or "", "Ship complete" if order.delivery.complete else ""),
        "payments": [f"{one.method}, {one.ref}, {one.amount} {one.currency}" for one in order.payments],
        "charges": [*_charges(order, peppol)],
        "lines": [_line(line, peppol) for line in goods],
        "totals": _totals(order, goods),
    }


def _name(party: Party) -> str:
    person = " ".join(part for part in (party.first_name, party.last_name) if part)
    return clean(party.name) or person


def _address(party: Party) -> tuple[str, ...]:
    """Street, second street, town, zip, region, lines, country."""
    lines = [text for text in (clean(party.care_of), clean(party.box)) if text]
    facts = [clean(text) for text in (party.street, party.street2, party.city, party.zip, party.region)]
    return (*facts, "|".join(lines), party.country or "")


def _party(party: Party, peppol: bool) -> dict[str, Any]:  # noqa: FBT001  # one of two profiles
    is_legal = peppol or party.kind is PartyKind.COMPANY
    return {
        "ids": [(scheme, number) for scheme, number in (("0088", party.gln), ("", party.code)) if number],
        "name": _name(party),
        "address": _address(party),
        "vat": party.vat_no or "",
        "legal": (_name(party) if is_legal else "", party.org_no or ""),
        "contact": _contact(party, (party.phones.work, party.phones.cell), peppol),
    }


def _receiver(party: Party | None, peppol: bool) -> dict[str, Any]:  # noqa: FBT001
    party = party or Party(PartyKind.PERSON)
    told = _party(party, peppol)
    told["contact"] = _contact(party, (party.phones.cell, party.phones.work), peppol)
    if peppol:
        told |= {"vat": "", "legal": ("", "")}
    del told["address"]
    return told


def _contact(party: Party, phones: tuple[str | None, ...], peppol: bool) -> tuple[str, ...]:  # noqa: FBT001
    person = " ".join(part for part in (party.first_name, party.last_name) if part)
    numbers = [one for one in phones if one]
    others = "" if peppol else "|".join(numbers[1:])
    return (clean(party.contact) or person, numbers[0] if numbers else "", party.email or "", others)


def _charges(order: SalesOrder, peppol: bool) -> Iterator[tuple[Any, ...]]:  # noqa: FBT001
    """Amount, reason code, reason, number, rate and VAT of each."""
    names = {"Freight": "Freight", "PackingFee": "Fee", _ROUNDING: "Rounding"}
    for line in order.lines:
        if _is_adjustment(line) and not _is_rounding(line):
            is_charge = _net(line) >= 0
            text = clean(line.text) or names.get(line.type or "", "Charge" if is_charge else "Allowance")
            code = _FEES.get(line.type or "", "") if is_charge else "95"
            plain = ("", None) if peppol else (line.part_no or "", _vat(line) if is_charge else -_vat(line))
            yield _net(line), code, text, plain[0], line.vat_rate, plain[1]
    for fee in order.fees:
        yield cents(fee.amount or Decimal(0)), "SH", fee.text or fee.type, "", None, None
    for one in order.discounts:
        yield (
            -cents(one.amount or Decimal(0)),
            "95",
            one.text,
            "" if peppol else one.code,
            None,
            None,
        )


def _line(line: Line, peppol: bool) -> dict[str, Any]:  # noqa: FBT001
    above = [] if line.parent_line_no is None else [f"Part of line {line.parent_line_no}"]
    comment = clean(line.comment, "\n")
    original = line.unit_price_original
    return {
        "no": str(line.line_no),
        "note": "\n".join([*([comment] if comment else []), *above]),
        "numbers": (line.part_no or "", line.erp_part_no or "", line.gtin or ""),
        "text": clean(line.text) or (line.part_no or line.erp_part_no or "" if peppol else ""),
        "qty": line.qty,
        "unit": {"pcs": "C62", "ST": "C62", "kg": "KGM", None: ""}[line.unit],
        "net": _net(line),
        "vat": None if peppol else _vat(line),
        "price": line.unit_price,
        "original": None if original is not None and peppol and original < line.unit_price else original,
        "rate": line.vat_rate,
        "properties": [("Manufacturer", line.manufacturer)] * bool(line.manufacturer)
        + [(name, value) for name, value in line.info.items() if value],
    }


def _totals(order: SalesOrder, goods: list[Line]) -> dict[str, Decimal]:
    adjustments = [amount for amount, *_ in _charges(order, peppol=False)]
    lines = sum((_net(line) for line in goods), Decimal(0))
    tax = sum((_vat(line) for line in order.lines), Decimal(0))
    net = lines + sum(adjustments, Decimal(0))
    rounding = [_net(line) for line in order.lines if _is_rounding(line)]
    allowances, charges = (-sum(x for x in adjustments if x < 0), sum(x for x in adjustments if x > 0))
    found = {"LineExtensionAmount": lines, "TaxExclusiveAmount": net, "TaxInclusiveAmount": net + tax, "TaxAmount": tax}
    found |= {"AllowanceTotalAmount": Decimal(allowances)} if allowances else {}
    found |= {"ChargeTotalAmount": Decimal(charges)} if charges else {}
    found |= {"PayableRoundingAmount": sum(rounding, Decimal(0))} if rounding else {}
    return found | {"PayableAmount": net + tax + sum(rounding, Decimal(0))}


# --- what is told -----------------------------------------------------------------------------------------------------


def told(content: bytes) -> dict[str, Any]:
    """The same from the bytes of a file."""
    root = ET.fromstring(content)  # noqa: S314  # our own file
    delivery = root.find("cac:Delivery", _NS)
    delivery = ET.Element("none") if delivery is None else delivery
    where = "cac:DeliveryLocation"
    amounts = [*root.iterfind("cac:TaxTotal/*", _NS), *root.iterfind("cac:AnticipatedMonetaryTotal/*", _NS)]
    currency = _at(root, "cbc:DocumentCurrencyCode")
    assert {one.get("currencyID") for one in root.iter() if one.get("currencyID")} == {currency}
    return {
        "ref": _at(root, "cbc:ID"),
        "erp": _at(root, "cbc:SalesOrderID"),
        "at": (_at(root, "cbc:IssueDate"), _at(root, "cbc:IssueTime")),
        "currency": currency,
        "comment": _at(root, "cbc:Note"),
        "customer_ref": _at(root, "cbc:CustomerReference"),
        "documents": [
            (_at(one, "cbc:DocumentType"), _at(one, "cbc:ID"))
            for one in root.iterfind("cac:AdditionalDocumentReference", _NS)
        ],
        "parties": {
            role: _told_party(party)
            for role in ("Buyer", "Accounting")
            if (party := root.find(f"cac:{role}CustomerParty/cac:Party", _NS)) is not None
            and [one for one in party if not one.tag.endswith("EndpointID")]
        },
        "receiver": _told_receiver(delivery),
        "place": _told_address(delivery.find(f"{where}/cac:Address", _NS)),
        "store": (_at(delivery, f"{where}/cbc:ID"), _at(delivery, f"{where}/cbc:Name")),
        "terms": (_at(root, "cac:DeliveryTerms/cbc:ID"), _at(root, "cac:DeliveryTerms/cbc:SpecialTerms")),
        "payments": [one for one in _at(root, "cac:PaymentTerms/cbc:Note").split("\n") if one],
        "charges": [_told_charge(one) for one in root.iterfind("cac:AllowanceCharge", _NS)],
        "lines": [_told_line(one) for one in root.iterfind("cac:OrderLine", _NS)],
        "totals": {one.tag.partition("}")[2]: Decimal(one.text or "") for one in amounts},
    }


def _at(element: ET.Element, path: str) -> str:
    found = element.findall(path, _NS)
    assert len(found) <= 1, path
    return (found[0].text or "") if found else ""


def _told_party(party: ET.Element) -> dict[str, Any]:
    return {
        "ids": [(one.get("schemeID", ""), one.text) for one in party.iterfind("cac:PartyIdentification/cbc:ID", _NS)],
        "name": _at(party, "cac:PartyName/cbc:Name"),
        "address": _told_address(party.find("cac:PostalAddress", _NS)),
        "vat": _at(party, "cac:PartyTaxScheme/cbc:CompanyID"),
        "legal": (
            _at(party, "cac:PartyLegalEntity/cbc:RegistrationName"),
            _at(party, "cac:PartyLegalEntity/cbc:CompanyID"),
        ),
        "contact": (
            *(_at(party, f"cac:Contact/cbc:{name}") for name in ("Name", "Telephone", "ElectronicMail")),
            "|".join(one.text or "" for one in party.iterfind("cac:Contact/cac:OtherCommunication/cbc:Value", _NS)),
        ),
    }


def _told_receiver(delivery: ET.Element) -> dict[str, Any]:
    party = delivery.find("cac:DeliveryParty", _NS)
    found = _told_party(ET.Element("none") if party is None else party)
    del found["address"]
    return found


def _told_address(address: ET.Element | None) -> tuple[str, ...]:
    if address is None:
        return ("",) * 7
    names = ("StreetName", "AdditionalStreetName", "CityName", "PostalZone", "CountrySubentity")
    lines = "|".join(one.text or "" for one in address.iterfind("cac:AddressLine/cbc:Line", _NS))
    return (*(_at(address, f"cbc:{name}") for name in names), lines, _at(address, "cac:Country/cbc:IdentificationCode"))


def _told_charge(charge: ET.Element) -> tuple[Any, ...]:
    amount = Decimal(_at(charge, "cbc:Amount"))
    return (
        amount if _at(charge, "cbc:ChargeIndicator") == "true" else -amount,
        _at(charge, "cbc:AllowanceChargeReasonCode"),
        _at(charge, "cbc:AllowanceChargeReason"),
        _at(charge, "cbc:ID"),
        _number(charge, "cac:TaxCategory/cbc:Percent"),
        _number(charge, "cac:TaxTotal/cbc:TaxAmount"),
    )


def _told_line(line: ET.Element) -> dict[str, Any]:
    item, price = "cac:LineItem/cac:Item", "cac:LineItem/cac:Price"
    numbers = tuple(
        _at(line, f"{item}/cac:{kind}ItemIdentification/cbc:ID") for kind in ("Buyers", "Sellers", "Standard")
    )
    quantity = line.find("cac:LineItem/cbc:Quantity", _NS)
    assert quantity is not None
    return {
        "no": _at(line, "cac:LineItem/cbc:ID"),
        "note": _at(line, "cbc:Note"),
        "numbers": numbers,
        "text": _at(line, f"{item}/cbc:Name"),
        "qty": Decimal(quantity.text or ""),
        "unit": quantity.get("unitCode", ""),
        "net": _number(line, "cac:LineItem/cbc:LineExtensionAmount"),
        "vat": _number(line, "cac:LineItem/cbc:TotalTaxAmount"),
        "price": _number(line, f"{price}/cbc:PriceAmount"),
        "original": _number(line, f"{price}/cac:AllowanceCharge/cbc:BaseAmount"),
        "rate": _number(line, f"{item}/cac:ClassifiedTaxCategory/cbc:Percent"),
        "properties": [
            (_at(one, "cbc:Name"), _at(one, "cbc:Value"))
            for one in line.iterfind(f"{item}/cac:AdditionalItemProperty", _NS)
        ],
    }


def _number(element: ET.Element, path: str) -> Decimal | None:
    text = _at(element, path)
    return Decimal(text) if text else None
