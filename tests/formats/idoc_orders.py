"""What an ORDERS05 must tell of an order, and a reading of that from a file's segments.

The reading shares nothing with the writer but the mapping table that both follow (``formats/mapping.md`` 2.1).
"""

import re
from decimal import Decimal
from typing import Any

from bridge.model import Line, Party, SalesOrder
from tests.formats.edifact_orders import cents, clean
from tests.formats.idoc_reader import File, Seg

_FEES = {"Freight", "PackingFee", "CentRounding"}


def one_line(text: str | None, latin: str = "") -> str:
    """Text in one line as a field holds it."""
    return re.sub(" +", " ", clean(text, latin)).strip(" ")


def paragraphs(text: str | None, latin: str = "") -> str:
    parts = re.split("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text or "")
    return "\n".join(one_line(part, latin) for part in parts).strip("\n")


def _bare(text: str) -> str:
    return text.replace(" ", "")


def is_charge(line: Line) -> bool:
    return line.type in _FEES or cents(line.qty * line.unit_price) < 0


def expected(order: SalesOrder, latin: str = "") -> dict[str, Any]:
    """What an ORDERS05 with the settings of the tests tells of an order."""
    items = [line for line in order.lines if not is_charge(line)]
    parties = (("AG", order.sold_to), ("WE", order.ship_to), ("RE", order.bill_to))
    return {
        "ref": order.order_ref,
        "currency": order.currency or "",
        "complete": order.delivery.complete,
        "comment": paragraphs(order.comment, latin),
        "references": {
            code: value.strip(" ")
            for code, value in (("001", order.order_ref), ("018", order.customer_order_ref))
            if value
        },
        "invoice_ref": (order.customer_invoice_ref or "") if order.bill_to else "",
        "discount": one_line(order.discount_code, latin),
        "parties": {code: _party(party, latin) for code, party in parties if party},
        "vat_no": (order.sold_to.vat_no or "") if order.sold_to else "",
        "contact": order.sales_contact.code or "",
        "division": order.sales_contact.division or "",
        "method": order.delivery.method or "",
        "pickup": _pickup(order),
        "payments": [f"{one.method} {one.ref} {one.amount} {one.currency}" for one in order.payments],
        "charges": _charges(order, latin),
        "lines": [_line(line, latin) for line in items],
        "totals": _totals(order, items),
    }


def _pickup(order: SalesOrder) -> str:
    store = order.delivery.pickup
    return f"Pickup: {store.code} {store.name}" if store else ""


def _party(party: Party, latin: str) -> dict[str, Any]:
    person = " ".join(part for part in (party.first_name, party.last_name) if part)
    region = party.region or ""
    return {
        "code": party.code or "",
        "gln": party.gln or "",
        "name": _bare(one_line(party.name, latin) or person),
        "street": _bare(party.street or ""),
        "box": party.box or "",
        "zip": party.zip or "",
        "city": party.city or "",
        "region": region,
        "country": party.country or "",
        "contact": party.contact or person,
        "phones": [one for one in dict.fromkeys((party.phones.work, party.phones.cell)) if one],
        "email": party.email or "",
    }


def _charges(order: SalesOrder, latin: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = [
        (cents(line.qty * line.unit_price), one_line(line.text, latin) or (line.part_no or ""), line.vat_rate)
        for line in order.lines
        if is_charge(line)
    ]
    found += [(fee.amount, fee.text or fee.type, None) for fee in order.fees]
    return [*found, *((-(one.amount or 0), one.text, None) for one in order.discounts)]


def _line(line: Line, latin: str) -> dict[str, Any]:
    numbers = {"001": line.part_no, "002": line.erp_part_no, "003": line.gtin}
    return {
        "no": line.line_no,
        "parent": line.parent_line_no,
        "numbers": {kind: value for kind, value in numbers.items() if value},
        "text": one_line(line.text, latin),
        "qty": line.qty,
        "unit": {"pcs": "PCE", "ST": "PCE", "kg": "KGM", None: ""}[line.unit],
        "price": line.unit_price,
        "net": cents(line.qty * line.unit_price),
        "original": line.unit_price_original,
        "rate": line.vat_rate,
        "vat": cents(line.qty * line.unit_vat),
        "comment": paragraphs(line.comment, latin),
    }


def _totals(order: SalesOrder, items: list[Line]) -> dict[str, Decimal]:
    charges = sum((amount for amount, *_ in _charges(order, "")), Decimal(0))
    net = sum((cents(line.qty * line.unit_price) for line in items), Decimal(0)) + charges
    vat = sum((cents(line.qty * line.unit_vat) for line in order.lines), Decimal(0))
    return {"001": Decimal(len(items)), "002": net, "005": vat, "011": net + vat}


# --- what is told -----------------------------------------------------------------------------------------------------


def told(file: File) -> dict[str, Any]:
    """The same from the segments of a file."""
    root = file.root
    [head] = root.all("E1EDK01")
    partners = {one.at("PARVW"): one for one in root.all("E1EDKA1")}
    texts = {one.at("TDID"): one for one in root.all("E1EDKT1")}
    return {
        "ref": head.at("BELNR"),
        "currency": head.at("CURCY"),
        "complete": head.at("AUTLF") == "X",
        "comment": _text(texts.get("0001"), "E1EDKT2"),
        "references": {one.at("QUALF"): one.at("BELNR") for one in root.all("E1EDK02")},
        "invoice_ref": partners["RE"].at("IHREZ") if "RE" in partners else "",
        "discount": _text(texts.get("0003"), "E1EDKT2"),
        "parties": {role: _told_party(partners[role]) for role in ("AG", "WE", "RE") if role in partners},
        "vat_no": head.at("KUNDEUINR"),
        "contact": partners["VE"].at("PARTN") if "VE" in partners else "",
        "division": next((one.at("ORGID") for one in root.all("E1EDK14") if one.at("QUALF") == "006"), ""),
        "method": partners["SP"].at("NAME1") if "SP" in partners else "",
        "pickup": _text(texts.get("0012"), "E1EDKT2"),
        "payments": _text(texts.get("0002"), "E1EDKT2").split("\n") if "0002" in texts else [],
        "charges": [_told_charge(one) for one in root.all("E1EDK05")],
        "lines": [_told_line(one) for one in root.all("E1EDP01")],
        "totals": {one.at("SUMID"): Decimal(one.at("SUMME")) for one in root.all("E1EDS01")},
    }


def _text(text: Seg | None, name: str) -> str:
    """The paragraphs of a text: a star begins one, a blank goes on behind a blank, = without."""
    found = ""
    for one in text.all(name) if text else ():
        found += {"*": "\n", "": " ", "=": ""}[one.at("TDFORMAT")] + one.at("TDLINE")
    return found.removeprefix("\n")


def _told_party(party: Seg) -> dict[str, Any]:
    assert party.at("PARTN") == party.at("LIFNR")
    return {
        "code": party.at("PARTN"),
        "gln": party.at("ILNNR"),
        "name": _bare("".join(party.at(f"NAME{number}") for number in range(1, 5))),
        "street": _bare(party.at("STRAS") + party.at("STRS2")),
        "box": party.at("PFACH"),
        "zip": party.at("PSTLZ"),
        "city": party.at("ORT01"),
        "region": party.at("REGIO") or party.at("ORT02"),
        "country": party.at("LAND1"),
        "contact": party.at("BNAME"),
        "phones": [party.at(name) for name in ("TELF1", "TELF2") if party.at(name)],
        "email": next((one.at("STDPN") for one in party.all("E1EDKA3")), ""),
    }


def _told_charge(charge: Seg) -> tuple[Any, ...]:
    sign = {"+": 1, "-": -1}[charge.at("ALCKZ")]
    return sign * Decimal(charge.at("BETRG")), charge.at("KOTXT"), _decimal(charge.at("MSATZ"))


def _told_line(line: Seg) -> dict[str, Any]:
    texts = {one.at("TDID"): _text(one, "E1EDPT2") for one in line.all("E1EDPT1")}
    articles = line.all("E1EDP19")
    taxes = line.all("E1EDP04")
    return {
        "no": int(line.at("POSEX")),
        "parent": int(line.at("UEPOS")) if line.at("UEPOS") else None,
        "numbers": {one.at("QUALF"): one.at("IDTNR") for one in articles if one.at("IDTNR")},
        "text": texts.get("0002") or next((one.at("KTEXT") for one in articles), ""),
        "qty": _decimal(line.at("MENGE")),
        "unit": line.at("MENEE"),
        "price": _decimal(line.at("VPREI")),
        "net": _decimal(line.at("NETWR")),
        "original": next((_decimal(one.at("KRATE")) for one in line.all("E1EDP05")), None),
        "rate": next((_decimal(one.at("MSATZ")) for one in taxes), None),
        "vat": next((_decimal(one.at("MWSBT")) for one in taxes), Decimal(0)),
        "comment": texts.get("0001", ""),
    }


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None
