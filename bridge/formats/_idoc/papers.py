"""Deliveries and invoices of SAP as acknowledgements.

Not for: what they bring about at the shop; an invoice that is no plain invoice or credit note is never taken for one.
"""

from collections.abc import Mapping
from decimal import Decimal

from bridge.formats._answer.fields import Statement
from bridge.formats._edi.saying import told
from bridge.formats._idoc.answer import general, item_facts, refs_of
from bridge.formats._idoc.facts import (
    Part,
    Reader,
    Refs,
    created,
    day_of,
    decimal_at,
    kept,
    parts_of,
    reference,
    token,
    total_of,
)
from bridge.formats._idoc.idoc import Idoc, Segment, only
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.model import AckStatus

_OUR_ORDER, _SALES_ORDER = "001", "C"
# What became of the goods, then what was planned: goods issue, loading, delivery.
_DAYS = ("006", "005", "007")
_CARRIERS = ("SP", "CR")
_EXIDV = 20
_TYPES: Mapping[str, str] = {"": "invoice", "INVO": "invoice", "CRME": "credit_note"}


def despatch(idoc: Idoc, reader: Reader) -> list[Statement]:
    """A DELVRY: what was sent, in which packages."""
    heads = idoc.root.all("E1EDL20")
    if len(heads) != 1:
        raise Unreadable(idoc.where, f"it has {len(heads)} segments E1EDL20, and needs one")
    head = heads[0]
    refs = Refs(None, None, _order_of, _sales_order_of)
    return [_despatch(idoc, head, part, reader) for part in parts_of(idoc, head.all("E1EDL24"), refs)]


def _order_of(item: Segment) -> str | None:
    found = (one.at("BSTNR") for one in item.marked("E1EDL41", "QUALI", _OUR_ORDER))
    return only(item, found, "the order in E1EDL41")


def _sales_order_of(item: Segment) -> str | None:
    told_there = reference(item, "E1EDL43", _SALES_ORDER)
    return told_there or item.at("VGBEL") or None


def _despatch(idoc: Idoc, head: Segment, part: Part, reader: Reader) -> Statement:
    warnings = list(part.warnings)
    lines = [line for item in part.items if (line := _sent(item, reader))]
    if part.items and not lines:
        raise Unreadable(part.items[0].where, "no item has a quantity (LFIMG), so nothing was sent")
    facts = {
        "order_ref": part.order_ref,
        "erp_order_no": part.erp_order_no,
        "kind": "despatch",
        "status": AckStatus.DELIVERED,
        "note_no": head.at("VBELN"),
        "message_date": created(idoc, warnings),
        "date": _day(head, warnings),
        "carrier": _carrier(head),
        "tracking": _tracking(head),
        "lines": lines,
    }
    return told(facts, part.where, reader.dialect, warnings)


def _sent(item: Segment, reader: Reader) -> dict[str, object]:
    """What was sent of an item; nothing for one of which nothing was, as the head of a batch split."""
    sent = decimal_at(item, "LFIMG", reader.dialect)
    if sent is None or sent < 0:
        raise Unreadable(item.where, f'LFIMG is "{shown(item.at("LFIMG"))}", which is no delivered quantity')
    if sent == 0:
        return {}
    line_no = (one.at("POSEX") for one in item.marked("E1EDL41", "QUALI", _OUR_ORDER))
    return kept(
        {
            "line_no": only(item, line_no, "the line in E1EDL41"),
            "part_no": item.at("KDMAT") or item.at("MATNR"),
            "status": AckStatus.DELIVERED,
            "qty_delivered": token(sent),
        }
    )


def _day(head: Segment, warnings: list[str]) -> str | None:
    """The day of the goods issue, of loading or of delivery: what was is told before what was planned."""
    for meaning in _DAYS:
        for one in head.marked("E1EDT13", "QUALF", meaning):
            found = day_of(one.at("ISDD"), warnings) or day_of(one.at("NTANF"), warnings)
            if found is not None:
                return found
    return day_of(head.at("PODAT"), warnings)


def _carrier(head: Segment) -> str | None:
    for role in _CARRIERS:
        for one in head.marked("E1ADRM1", "PARTNER_Q", role):
            name = one.at("NAME1") or one.at("PARTNER_ID")
            if name:
                return name
    return None


def _tracking(head: Segment) -> list[str]:
    """The bill of lading and the numbers of packages."""
    found = [head.at("BOLNR"), *(_package(one.at("EXIDV")) for one in head.all("E1EDL37"))]
    return list(dict.fromkeys(filter(None, found)))


def _package(number: str) -> str:
    """The number of a package; an SSCC has 18 digits, and SAP fills it up with two zeros."""
    is_filled_up = len(number) == _EXIDV and number.isdigit() and number.startswith("00")
    return number[2:] if is_filled_up else number


# --- invoices ---------------------------------------------------------------------------------------------------------


def invoice(idoc: Idoc, reader: Reader) -> list[Statement]:
    """An INVOIC: an invoice or a credit note, with its amounts. Anything else is for a person."""
    head, root = general(idoc), idoc.root
    parts = parts_of(idoc, root.all("E1EDP01"), refs_of(root))
    if len(parts) > 1:
        raise Unreadable(idoc.where, "it is one invoice for several orders, and nothing parts its amounts")
    warnings: list[str] = []
    status, credited = _meaning(head, root, reader, warnings)
    facts = {
        "order_ref": parts[0].order_ref,
        "erp_order_no": parts[0].erp_order_no,
        "kind": "invoice",
        "status": status,
        "note_no": reference(root, "E1EDK02", "012"),
        "message_date": _date(root, ("012",), warnings) or created(idoc, warnings),
        "invoice": _amounts(head, root, reader, warnings) | ({"credited_no": credited} if credited else {}),
        "lines": [_invoiced(item, reader) for item in root.all("E1EDP01")],
    }
    return [told(facts, idoc.where, reader.dialect, warnings)]


def _meaning(head: Segment, root: Segment, reader: Reader, warnings: list[str]) -> tuple[AckStatus, str | None]:
    """Invoiced, and the invoice that a credit note credits; unknown for what takes back or is neither of the two."""
    kind, action = head.at("BSART"), head.at("ACTION")
    means = reader.invoice_types.get(kind) or _TYPES.get(kind)
    credited = _credited(root) if means == "credit_note" else None
    if means is None:
        what = f'type "{shown(kind)}" (BSART) is neither an invoice nor a credit note; add it to invoice_types'
    elif action:
        what = f'it is no original (E1EDK01-ACTION is "{shown(action)}"), so a person has to look'
    elif means == "credit_note" and credited is None:
        what = "the credit note does not say which invoice it credits (E1EDK02 015 or 016)"
    else:
        return AckStatus.INVOICED, credited
    warnings.append(what)
    return AckStatus.UNKNOWN, None


def _credited(root: Segment) -> str | None:
    return reference(root, "E1EDK02", "015") or reference(root, "E1EDK02", "016")


def _date(root: Segment, meanings: tuple[str, ...], warnings: list[str]) -> str | None:
    for meaning in meanings:
        for one in root.marked("E1EDK03", "IDDAT", meaning):
            found = day_of(one.at("DATUM"), warnings)
            if found is not None:
                return found
    return None


def _amounts(head: Segment, root: Segment, reader: Reader, warnings: list[str]) -> dict[str, object]:
    return kept(
        {
            "no": reference(root, "E1EDK02", "009") or head.at("BELNR"),
            "date": _date(root, ("026", "012"), warnings),
            "total": token(_total(root, reader, warnings)),
            "vat": token(total_of(root, "005", reader)),
            "currency": head.at("CURCY"),
        }
    )


def _total(root: Segment, reader: Reader, warnings: list[str]) -> Decimal | None:
    """The amount with tax, 011. Where 010, which has none, is more, the two stand the other way round."""
    gross, net = total_of(root, "011", reader), total_of(root, "010", reader)
    if gross is not None and net is not None and abs(net) > abs(gross):
        warnings.append("E1EDS01 010 is more than 011, so it is taken for the amount with tax")
        return net
    return gross


def _invoiced(item: Segment, reader: Reader) -> dict[str, object]:
    return kept(item_facts(item, reader) | {"qty_delivered": token(decimal_at(item, "MENGE", reader.dialect))})
