"""Ship notices (856) and invoices (810) of the ERP as acknowledgements.

Not for: what they bring about at the shop; an invoice that is no plain invoice or credit note is never taken for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.formats._answer.fields import NumberToken, Statement
from bridge.formats._edi.saying import told
from bridge.formats._edi.tokens import Segment
from bridge.formats._numbers import plain
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._x12.codes import CREDITS, INVOICE, PURPOSES
from bridge.formats._x12.envelope import Set
from bridge.formats._x12.levels import Order, orders_of
from bridge.formats._x12.parts import Block, Reader, Shape, article_numbers, blocks_of, part_no_of
from bridge.formats._x12.response import copied, is_copy
from bridge.model import AckStatus

_S = AckStatus
_INVOICE = Shape("BIG", "IT1", frozenset({"TDS", "CTT"}))
_DELIVERY_DAYS = ("011", "035", "017", "067", "069")
# SSCC-18, and the carrier's number of a package.
_PACKAGES = frozenset({"GM", "AA", "CP"})
_ALL_TAXES = "TX"
_TRACKING_AT_MOST = 50


# --- ship notices -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shipment:
    """What a ship notice says above its orders, and so of each of them."""

    begin: Segment
    facts: dict[str, object]
    tracking: list[str]
    warnings: list[str]

    @classmethod
    def of(cls, above: Block, count: int) -> "_Shipment":
        """What the segments above ``count`` orders say.

        Very many packages of several orders are told of none: nobody parts them, and each order would repeat them all.
        """
        begin, warnings, tracking = above.only("BSN"), list[str](), _tracking(above)
        if count > 1 and len(tracking) > _TRACKING_AT_MOST:
            warnings.append(
                f"the shipment has {len(tracking)} package numbers, and nothing parts them among {count} orders"
            )
            tracking = []
        facts: dict[str, object] = {
            "note_no": begin.at(2),
            "message_date": above.on(begin.at(3), warnings),
            "date": above.day(warnings, *_DELIVERY_DAYS),
            "carrier": _carrier(above),
        }
        return cls(begin, facts, tracking, warnings)


def despatch(of: Set, reader: Reader) -> list[Statement]:
    """An 856: what was sent for each of its orders, in which packages, and what is still to come."""
    above, orders = orders_of(of, reader)
    shipment = _Shipment.of(above, len(orders))
    found = []
    for place, order in enumerate(orders, 1):
        where = of.where if len(orders) == 1 else f"{of.where}, order {place}"
        found.append(_despatch(Set(where, of.kind, of.segments), shipment, order, reader))
    return found


def _despatch(of: Set, shipment: _Shipment, order: Order, reader: Reader) -> Statement:
    own = Block(of, order.own, reader)
    begin, warnings = shipment.begin, [*shipment.warnings, *order.warnings]
    facts = shipment.facts | {"order_ref": order.names.ref, "erp_order_no": order.names.number}
    if is_copy(of.kind, begin.at(1), reader):
        return copied(facts, of, reader, begin.at(1))
    lines = _sent([Block(of, item, reader) for item in order.items])
    facts |= {
        "kind": "despatch",
        "status": _delivery(begin, lines, reader, warnings),
        "carrier": _carrier(own) or facts["carrier"],
        "date": facts["date"] or own.day(warnings, *_DELIVERY_DAYS),
        "tracking": list(dict.fromkeys([*shipment.tracking, *_tracking(order.every)])),
        "lines": lines,
    }
    return told(facts, of.where, reader.dialect, warnings)


def _delivery(begin: Segment, lines: Sequence[dict[str, object]], reader: Reader, warnings: list[str]) -> AckStatus:
    """The status that the notice stands for; one that takes back or replaces another is for a person."""
    stated = reader.codes.status(PURPOSES["856"], begin.at(1), warnings)
    if stated is not None:
        return stated
    if not any(Decimal(str(line["qty_delivered"])) for line in lines):
        warnings.append("it is a ship notice of nothing, so a person has to look")
        return _S.UNKNOWN
    is_part = any(line["status"] is _S.PARTLY_DELIVERED for line in lines)
    return _S.PARTLY_DELIVERED if is_part else _S.DELIVERED


def _sent(items: Sequence[Block]) -> list[dict[str, object]]:
    """The lines of the order; what stands in several packages is added up."""
    by_line: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for place, item in enumerate(items):
        facts = _item(item)
        key = (facts["line_no"],) if facts["line_no"] else ("", place)
        by_line.setdefault((*key, facts["part_no"]), []).append(facts)
    return [_together(parts) for parts in by_line.values()]


def _item(item: Block) -> dict[str, object]:
    lin, sn1 = _single(item, "LIN"), _single(item, "SN1")
    sent = None if sn1 is None else _pieces(item, sn1, 2)
    if sn1 is None or sent is None:
        raise Unreadable(item.place("SN1"), "this item has no despatched quantity (SN102)")
    if all(len(list(item.all(tag))) > 1 for tag in ("LIN", "SN1")):
        raise Unreadable(item.place("SN1"), "this item is told twice, and nobody can tell once from twice as much")
    return {
        "line_no": (lin.at(1) if lin is not None else "") or sn1.at(1),
        "part_no": part_no_of(article_numbers(lin, 2)) if lin is not None else None,
        "sent": sent,
        "so_far": _pieces(item, sn1, 4),
        "ordered": _pieces(item, sn1, 5),
    }


def _single(item: Block, tag: str) -> Segment | None:
    """The one segment of an item with this tag; one that is repeated letter by letter is one."""
    found = list(dict.fromkeys(item.all(tag)))
    if len(found) > 1:
        raise Unreadable(item.place(tag), f"{tag} stands twice in one item, and each says something else")
    return found[0] if found else None


def _pieces(item: Block, sn1: Segment, element: int) -> NumberToken | None:
    """How many pieces; raises ``Unreadable`` for less than none: nobody sends that, and nobody can tell what it is."""
    found = item.number(sn1, element)
    if found is not None and Decimal(found) < 0:
        raise Unreadable(item.place("SN1"), f'SN1{element:02} is "{shown(found)}", which is no quantity of goods')
    return found


def _together(parts: Sequence[dict[str, object]]) -> dict[str, object]:
    """One line of what its packages hold."""
    sent, so_far, ordered = (_amounts(parts, name) for name in ("sent", "so_far", "ordered"))
    total = sum(sent, Decimal(0))
    wanted = max(ordered, default=None)
    outstanding = None if wanted is None else max(wanted - max([total, *so_far]), Decimal(0))
    only = len(parts) == 1
    facts = {
        "line_no": parts[0]["line_no"],
        "part_no": parts[0]["part_no"],
        "status": _S.PARTLY_DELIVERED if outstanding or (outstanding is None and not total) else _S.DELIVERED,
        "qty_ordered": parts[0]["ordered"] if only else _token(wanted),
        "qty_delivered": parts[0]["sent"] if only else _token(total),
        "qty_outstanding": _token(outstanding),
    }
    return {name: value for name, value in facts.items() if value}


def _amounts(parts: Sequence[dict[str, object]], name: str) -> list[Decimal]:
    return [Decimal(str(part[name])) for part in parts if part[name] is not None]


def _token(value: Decimal | None) -> NumberToken | None:
    return None if value is None else NumberToken(plain(value))


def _carrier(block: Block) -> str | None:
    """The carrier of TD5: its routing in words, else its code."""
    return next((name for segment in block.all("TD5") if (name := segment.at(5) or segment.at(3))), None)


def _tracking(block: Block) -> list[str]:
    """The carrier's numbers of the delivery and of packages."""
    found = [*block.values("REF", "CN"), *block.values("REF", "2I")]
    for segment in block.all("MAN"):
        for place in (1, 4):
            if segment.at(place) in _PACKAGES:
                found += [segment.at(place + 1), segment.at(place + 2)]
    return [number for number in found if number]


# --- invoices -----------------------------------------------------------------------------------------------------


def invoice(of: Set, reader: Reader) -> list[Statement]:
    """An 810: an invoice or a credit note, with its amounts. Anything else is for a person."""
    whole, items = blocks_of(of, _INVOICE, reader)
    begin = whole.only("BIG")
    warnings: list[str] = []
    named, numbers, lines = [begin.at(4), whole.reference("PO")], [whole.reference("VN")], []
    for item in items:
        named.append(item.reference("PO"))
        numbers.append(item.reference("VN"))
        lines.append(_invoiced_line(item))
    facts: dict[str, object] = {
        "order_ref": _order_of(whole, named),
        "erp_order_no": whole.agreed("the number of the order", numbers),
    }
    if is_copy(of.kind, begin.at(8), reader):
        return [copied(facts, of, reader, begin.at(8))]
    is_credit = begin.at(7) in CREDITS
    credited = whole.reference("OI", "IV") if is_credit else None
    status = _invoiced(begin, reader, warnings)
    if is_credit and credited is None and status is _S.INVOICED:
        status = _S.UNKNOWN
        warnings.append("the credit note does not say which invoice it credits (REF*OI or REF*IV)")
    amounts = _amounts_of(whole, warnings) | {"no": begin.at(2), "date": whole.on(begin.at(1), warnings)}
    facts |= {
        "kind": "invoice",
        "status": status,
        "note_no": whole.reference("DQ", "PK"),
        "message_date": amounts["date"],
        "invoice": {name: value for name, value in amounts.items() if value}
        | ({"credited_no": credited} if credited else {}),
        "lines": lines,
    }
    return [told(facts, of.where, reader.dialect, warnings)]


def _order_of(whole: Block, named: Sequence[str | None]) -> str | None:
    """The one order that the invoice is for; raises ``Unreadable`` where it names several."""
    found = list(dict.fromkeys(filter(None, named)))
    if len(found) > 1:
        raise Unreadable(whole.place("BIG"), "it is one invoice for several orders, and nothing parts its amounts")
    return found[0] if found else None


def _invoiced(begin: Segment, reader: Reader, warnings: list[str]) -> AckStatus:
    """Invoiced for an original of a kind that is an invoice or a credit note; empty codes are the usual ones."""
    stated = reader.codes.status(PURPOSES["810"], begin.at(8), warnings)
    status = reader.codes.status(INVOICE, begin.at(7), warnings) or _S.INVOICED
    if stated is None or status is _S.UNKNOWN:
        return status
    return stated


def _amounts_of(whole: Block, warnings: list[str]) -> dict[str, object]:
    totals = [whole.cents(segment, 1) for segment in whole.all("TDS")]
    return {
        "due": next((day for segment in whole.all("ITD") if (day := whole.on(segment.at(6), warnings))), None),
        "total": _one_amount(whole, "the total (TDS)", totals),
        "vat": _tax(whole),
        "currency": whole.agreed("the currency", (segment.at(2) for segment in whole.all("CUR"))),
    }


def _one_amount(whole: Block, what: str, told_there: Sequence[NumberToken | None]) -> NumberToken | None:
    """The one amount that is told; zeros at its ends do not make it another."""
    by_value = {Decimal(amount): amount for amount in told_there if amount is not None}
    whole.agreed(what, by_value.values())
    return next(iter(by_value.values()), None)


def _tax(whole: Block) -> NumberToken | None:
    """The amount of all taxes, told once (TX) or for each of them."""
    found = [(segment.at(1), whole.number(segment, 2)) for segment in whole.all("TXI")]
    of_all = _one_amount(whole, "the tax (TXI*TX)", [amount for kind, amount in found if kind == _ALL_TAXES])
    if of_all is not None or len(found) == 1:
        return of_all or found[0][1]
    amounts = [Decimal(amount) for _, amount in found if amount]
    return NumberToken(plain(sum(amounts[1:], amounts[0]))) if amounts else None


def _invoiced_line(item: Block) -> dict[str, object]:
    it1 = next(item.all("IT1"))
    facts = {
        "line_no": it1.at(1),
        "part_no": part_no_of(article_numbers(it1, 6)),
        "qty_delivered": item.number(it1, 2),
        "unit_price": item.number(it1, 4) if it1.at(5) in {"", "PE"} else None,
    }
    return {name: value for name, value in facts.items() if value}
