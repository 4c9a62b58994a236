"""Ship notices (856) and invoices (810) of the ERP as acknowledgements.

Not for: what they bring about at the shop; an invoice that is no plain invoice or credit note is never taken for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bridge.formats._answer.fields import NumberToken, Statement
from bridge.formats._edi.saying import told
from bridge.formats._edi.tokens import Segment
from bridge.formats._numbers import plain
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._x12.codes import CREDITS, INVOICE, PURPOSES
from bridge.formats._x12.envelope import Set
from bridge.formats._x12.parts import Block, Numbered, Reader, article_numbers, blocks_of, part_no_of
from bridge.formats._x12.response import copied, is_copy
from bridge.model import AckStatus

_S = AckStatus
_SHIPMENT, _ORDER, _ITEM = "S", "O", "I"
_DELIVERY_DAYS = ("011", "035", "017", "067", "069")
# SSCC-18, and the carrier's number of a package.
_PACKAGES = frozenset({"GM", "AA", "CP"})
_ALL_TAXES = "TX"
_TRACKING_AT_MOST = 50


# --- ship notices -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Order:
    """What a ship notice says below one order; ``all`` includes packages and items."""

    own: list[Numbered] = field(default_factory=list)
    all: list[Numbered] = field(default_factory=list)
    items: list[list[Numbered]] = field(default_factory=list)


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
            "order_ref": above.reference("PO"),
            "erp_order_no": above.reference("VN"),
            "note_no": begin.at(2),
            "message_date": above.on(begin.at(3), warnings),
            "date": above.day(warnings, *_DELIVERY_DAYS),
            "carrier": _carrier(above),
        }
        return cls(begin, facts, tracking, warnings)


def despatch(of: Set, reader: Reader) -> list[Statement]:
    """An 856: what was sent for each of its orders, in which packages, and what is still to come."""
    head, levels = _levels(of)
    orders = _by_reference(of, levels, reader)
    shipment = _Shipment.of(Block(of, head, reader), len(orders))
    found = []
    for place, order in enumerate(orders, 1):
        where = of.where if len(orders) == 1 else f"{of.where}, order {place}"
        found.append(_despatch(Set(where, of.kind, of.segments), shipment, order, reader))
    return found


def _levels(of: Set) -> tuple[list[Numbered], list[_Order]]:
    """The segments of no order, and the orders, by the parents that HL names; a level without one is of the last order.

    Raises ``Unreadable`` for a level that stands twice, and for an item of no order where others are of some.
    """
    head, orders = _Order(), list[_Order]()
    owners: dict[str, _Order] = {}
    current = head
    group = head.own
    for numbered in enumerate(of.segments):
        segment = numbered[1]
        if segment.tag == "HL":
            level, parent, code = segment.at(1), segment.at(2), segment.at(3)
            if level in owners:
                raise Unreadable(of.place(numbered[0]), f'level "{shown(level)}" of HL stands twice')
            current = _owner(parent, code, owners, [head, *orders[-1:]])
            if code == _ORDER:
                orders.append(current)
            owners |= {level: current} if level else {}
            group = current.own if code == _ORDER else []
            if code == _ITEM:
                current.items.append(group)
        current.all.append(numbered)
        group.append(numbered)
    if head.items and orders:
        raise Unreadable(of.place(head.items[0][0][0]), "this item is of no order that the notice names")
    return head.all, orders or [head]


def _owner(parent: str, code: str, owners: dict[str, _Order], latest: Sequence[_Order]) -> _Order:
    """What a level belongs to: a shipment to no order, an order to itself, others to what their parent belongs to."""
    if code == _ORDER:
        return _Order()
    if code == _SHIPMENT:
        return latest[0]
    return owners.get(parent, latest[0]) if parent else latest[-1]


def _by_reference(of: Set, orders: Sequence[_Order], reader: Reader) -> list[_Order]:
    """The orders, one for each reference: a notice may name an order once a package."""
    found: dict[object, _Order] = {}
    for place, order in enumerate(orders):
        ref = next((segment.at(1) for segment in Block(of, order.own, reader).all("PRF") if segment.at(1)), place)
        known = found.setdefault(ref, order)
        if known is not order:
            known.own += order.own
            known.all += order.all
            known.items += order.items
    return list(found.values())


def _despatch(of: Set, shipment: _Shipment, order: _Order, reader: Reader) -> Statement:
    own, every = Block(of, order.own, reader), Block(of, order.all, reader)
    begin, warnings = shipment.begin, list(shipment.warnings)
    ref = next((segment.at(1) for segment in own.all("PRF") if segment.at(1)), None)
    facts = {name: value for name, value in shipment.facts.items() if value} | {
        name: value
        for name, value in (
            ("order_ref", ref or own.reference("PO")),
            ("erp_order_no", own.reference("VN")),
            ("carrier", _carrier(own)),
        )
        if value
    }
    if is_copy(of.kind, begin.at(1), reader):
        return copied(facts, of, reader, begin.at(1))
    lines = _sent([Block(of, item, reader) for item in order.items])
    facts |= {
        "kind": "despatch",
        "status": _delivery(begin, lines, reader, warnings),
        "date": facts.get("date") or own.day(warnings, *_DELIVERY_DAYS),
        "tracking": list(dict.fromkeys([*shipment.tracking, *_tracking(every)])),
        "lines": lines,
    }
    return told(facts, of.where, reader.dialect, warnings)


def _delivery(begin: Segment, lines: Sequence[dict[str, object]], reader: Reader, warnings: list[str]) -> AckStatus:
    """The status that the notice stands for; one that takes back or replaces another is for a person."""
    stated = reader.codes.status(PURPOSES["856"], begin.at(1), warnings)
    if stated is not None:
        return stated
    if lines and not any(Decimal(str(line["qty_delivered"])) for line in lines):
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
    sn1 = next(item.all("SN1"), None)
    sent = None if sn1 is None else item.number(sn1, 2)
    if sn1 is None or sent is None:
        raise Unreadable(item.place("SN1"), "this item has no despatched quantity (SN102)")
    lin = next(item.all("LIN"), None)
    return {
        "line_no": (lin.at(1) if lin is not None else "") or sn1.at(1),
        "part_no": part_no_of(article_numbers(lin, 2)) if lin is not None else None,
        "sent": sent,
        "so_far": item.number(sn1, 4),
        "ordered": item.number(sn1, 5),
    }


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
        "status": _S.PARTLY_DELIVERED if outstanding else _S.DELIVERED,
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
    head, items, end = blocks_of(of, "IT1", frozenset({"TDS"}), reader)
    begin = head.only("BIG")
    warnings: list[str] = []
    named, lines = [begin.at(4) or head.reference("PO")], []
    for item in items:
        named.append(item.reference("PO"))
        lines.append(_invoiced_line(item))
    facts: dict[str, object] = {"order_ref": _order_of(head, named), "erp_order_no": head.reference("VN")}
    if is_copy(of.kind, begin.at(8), reader):
        return [copied(facts, of, reader, begin.at(8))]
    is_credit = begin.at(7) in CREDITS
    credited = head.reference("OI", "IV") if is_credit else None
    status = _invoiced(begin, reader, warnings)
    if is_credit and credited is None and status is _S.INVOICED:
        status = _S.UNKNOWN
        warnings.append("the credit note does not say which invoice it credits (REF*OI or REF*IV)")
    amounts = _amounts_of(head, end, warnings) | {"no": begin.at(2), "date": head.on(begin.at(1), warnings)}
    facts |= {
        "kind": "invoice",
        "status": status,
        "note_no": head.reference("DQ", "PK"),
        "message_date": amounts["date"],
        "invoice": {name: value for name, value in amounts.items() if value}
        | ({"credited_no": credited} if credited else {}),
        "lines": lines,
    }
    return [told(facts, of.where, reader.dialect, warnings)]


def _order_of(head: Block, named: Sequence[str | None]) -> str | None:
    """The one order that the invoice is for; raises ``Unreadable`` where it names several."""
    found = list(dict.fromkeys(filter(None, named)))
    if len(found) > 1:
        raise Unreadable(head.place("BIG"), "it is one invoice for several orders, and nothing parts its amounts")
    return found[0] if found else None


def _invoiced(begin: Segment, reader: Reader, warnings: list[str]) -> AckStatus:
    """Invoiced for an original of a kind that is an invoice or a credit note; empty codes are the usual ones."""
    stated = reader.codes.status(PURPOSES["810"], begin.at(8), warnings)
    status = reader.codes.status(INVOICE, begin.at(7), warnings) or _S.INVOICED
    if stated is None or status is _S.UNKNOWN:
        return status
    return stated


def _amounts_of(head: Block, end: Block, warnings: list[str]) -> dict[str, object]:
    tds = next(end.all("TDS"), None)
    return {
        "due": next((day for segment in head.all("ITD") if (day := head.on(segment.at(6), warnings))), None),
        "total": None if tds is None else end.cents(tds, 1),
        "vat": _tax(end),
        "currency": next((segment.at(2) for segment in head.all("CUR") if segment.at(2)), None),
    }


def _tax(end: Block) -> NumberToken | None:
    """The amount of all taxes, told once (TX) or for each of them."""
    found = [(segment.at(1), end.number(segment, 2)) for segment in end.all("TXI")]
    told_once = next((amount for kind, amount in found if kind == _ALL_TAXES and amount), None)
    if told_once is not None or len(found) == 1:
        return told_once or found[0][1]
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
