"""Despatch advices and invoices of the ERP as acknowledgements.

Not for: what they bring about at the shop; an invoice that is no plain invoice or credit note is never taken for one.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from bridge.formats._answer.fields import NumberToken, Statement
from bridge.formats._edifact.answer import (
    Part,
    Reader,
    copied,
    function_of,
    is_copy,
    item_facts,
    number_of,
    parts_of,
    told,
)
from bridge.formats._edifact.codes import MESSAGE
from bridge.formats._edifact.envelope import Message
from bridge.formats._edifact.parts import Block, blocks_of, decimal_of
from bridge.formats._numbers import plain
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.model import AckStatus

_ORIGINAL = frozenset({"", "6", "9", "11"})
_INVOICE, _CREDIT_NOTE = "380", "381"
_DELIVERY_DAYS = ("11", "35", "17", "69", "67", "2")
_PACKAGES = frozenset({"BJ", "AW"})
_MAIN_WAY = "20"
_REFERENCE, _INVOICING = "2", "4"
_SHARED_AT_MOST = 99  # packages told of each order of a message; more would be told of nobody in particular


def despatch(message: Message, reader: Reader) -> list[Statement]:
    """A DESADV: what was sent, in which packages, and what is still to come."""
    head, items, _ = blocks_of(message)
    parts = parts_of(head, items)
    warnings: list[str] = []
    tracking = _tracking(head, Block(message, list(enumerate(message.segments))))
    if len(parts) > 1 and len(tracking) > _SHARED_AT_MOST:
        which = f"of which of {len(parts)} orders each is"
        warnings.append(f"its {len(tracking)} packages are left out: nothing says {which}")
        tracking = []
    shared = {
        "note_no": number_of(head),
        "message_date": head.day(warnings, "137"),
        "date": head.day(warnings, *_DELIVERY_DAYS),
        "carrier": _carrier(head),
        "tracking": tracking,
    }
    return [_despatch(head, part, reader, shared, warnings) for part in parts]


def _despatch(head: Block, part: Part, reader: Reader, shared: Mapping[str, object], known: Sequence[str]) -> Statement:
    if is_copy(head, reader.codes):
        return copied(part, head, reader)
    warnings = [*part.warnings, *known]
    lines = [_sent(item) for item in part.items]
    status = _if_original(head, _despatch_status(lines, warnings), warnings)
    facts = {
        "order_ref": part.order_ref,
        "erp_order_no": part.erp_order_no,
        "kind": "despatch",
        "status": status,
        **shared,
        "lines": lines,
    }
    return told(facts, part.where, reader, warnings)


def _despatch_status(lines: Sequence[Mapping[str, object]], warnings: list[str]) -> AckStatus:
    """Whether all came or a part of it. One by which nothing was sent, or that takes goods back, is for a person."""
    pieces = [Decimal(str(line["qty_delivered"])) for line in lines]
    if not any(pieces):
        warnings.append("nothing was sent by it (QTY+12 is 0)" if lines else "it has no LIN, so it tells of no goods")
        return AckStatus.UNKNOWN
    if min(pieces) < 0:
        warnings.append("less than nothing was sent of an item (QTY+12), so a person has to look")
        return AckStatus.UNKNOWN
    is_part = any(line["status"] is AckStatus.PARTLY_DELIVERED for line in lines)
    return AckStatus.PARTLY_DELIVERED if is_part else AckStatus.DELIVERED


def _if_original(head: Block, status: AckStatus, warnings: list[str]) -> AckStatus:
    """The status that a paper stands for; one that takes back or replaces another is for a person."""
    function = function_of(head)
    if function in _ORIGINAL:
        return status
    warnings.append(f'it is no original ({MESSAGE} is "{shown(function)}"), so a person has to look')
    return AckStatus.UNKNOWN


def _sent(item: Block) -> dict[str, object]:
    sent, ordered, backorder = item.quantity("12", "46"), item.quantity("21"), item.quantity("83")
    if sent is None:
        raise Unreadable(item.place("QTY"), "this item has no despatched quantity (QTY+12)")
    outstanding = _outstanding(sent, ordered, backorder)
    is_whole = bool(decimal_of(sent)) if outstanding is None else decimal_of(outstanding) == 0
    facts = item_facts(item) | {
        "status": AckStatus.DELIVERED if is_whole else AckStatus.PARTLY_DELIVERED,
        "qty_ordered": ordered,
        "qty_delivered": sent,
        "qty_backorder": backorder,
        "qty_outstanding": outstanding,
    }
    return {name: value for name, value in facts.items() if value}


def _outstanding(sent: NumberToken, ordered: NumberToken | None, backorder: NumberToken | None) -> NumberToken | None:
    if backorder is not None:
        return backorder
    wanted, came = decimal_of(ordered), decimal_of(sent)
    if wanted is None or came is None:
        return None
    return NumberToken(plain(max(wanted - came, wanted * 0)))


def _carrier(head: Block) -> str | None:
    """The carrier of TDT: its name, else its code, in the fifth element; on the main way, else on the first one."""
    named = [(segment.at(1), segment.at(5, 3) or segment.at(5)) for _, segment in head.all("TDT")]
    named = [(stage, name) for stage, name in named if name]
    way = _MAIN_WAY if any(stage == _MAIN_WAY for stage, _ in named) else next((stage for stage, _ in named), "")
    return head.only("TDT", f"TDT+{way}", (name for stage, name in named if stage == way))


def _tracking(head: Block, every: Block) -> list[str]:
    """The carrier's number and the numbers of packages."""
    found = head.values("RFF", "CN")
    for _, segment in every.all("GIN"):
        if segment.at(1) in _PACKAGES:
            for place in range(2, len(segment.elements) + 1):
                found += [number.strip() for number in segment.components(place) if number.strip()]
    return list(dict.fromkeys(found))


# --- invoices -----------------------------------------------------------------------------------------------------


def invoice(message: Message, reader: Reader) -> list[Statement]:
    """An INVOIC: an invoice (380) or a credit note (381), with its amounts. Anything else is for a person."""
    head, items, end = blocks_of(message)
    parts = parts_of(head, items)
    if len(parts) > 1:
        raise Unreadable(head.place("BGM"), "it is one invoice for several orders, and nothing parts its amounts")
    if is_copy(head, reader.codes):
        return [copied(parts[0], head, reader)]
    warnings: list[str] = []
    status = _if_original(head, AckStatus.INVOICED, warnings)
    begin = head.begin()
    kind = begin.at(1) if begin is not None else ""
    credited = head.reference("IV") if kind == _CREDIT_NOTE else None
    if kind not in {_INVOICE, _CREDIT_NOTE}:
        status = AckStatus.UNKNOWN
        warnings.append(f'document "{shown(kind)}" is neither an invoice (380) nor a credit note (381)')
    elif kind == _CREDIT_NOTE and credited is None:
        status = AckStatus.UNKNOWN
        warnings.append("the credit note does not say which invoice it credits (RFF+IV)")
    facts = {
        "order_ref": parts[0].order_ref,
        "erp_order_no": parts[0].erp_order_no,
        "kind": "invoice",
        "status": status,
        "note_no": head.reference("DQ", "AAK"),
        "message_date": head.day(warnings, "137"),
        "invoice": _amounts(head, end, warnings) | ({"credited_no": credited} if credited else {}),
        "lines": [_invoiced(item) for item in items],
    }
    return [told(facts, message.where, reader, warnings)]


def _amounts(head: Block, end: Block, warnings: list[str]) -> dict[str, object]:
    facts = {
        "no": number_of(head),
        "date": head.day(warnings, "3", "137"),
        "due": head.day(warnings, "13", "140", "265"),
        "total": end.amount("77", "139", "9", "86"),
        "vat": _vat(end),
        "currency": _currency(head),
    }
    return {name: value for name, value in facts.items() if value}


def _currency(head: Block) -> str | None:
    """The currency of the invoice: the one that CUX calls so, else the reference currency, else whichever is told."""
    named = [(segment.at(1), segment.at(1, 2), segment.at(1, 1)) for _, segment in head.all("CUX")]
    invoicing = [currency for use, kind, currency in named if (use, kind) == (_REFERENCE, _INVOICING)]
    reference = [currency for use, _, currency in named if use == _REFERENCE]
    wanted = next(filter(any, (invoicing, reference)), [currency for *_, currency in named])
    return head.only("CUX", "CUX", wanted)


def _vat(end: Block) -> NumberToken | None:
    """The one tax amount of the end of the message, or what those of all rates make together."""
    before, *rates = _by_rate(end)
    told_once = before.amount("124", "176", "150")
    if told_once is not None:
        return told_once
    amounts = [amount for rate in rates if (amount := decimal_of(rate.amount("124"))) is not None]
    return NumberToken(plain(sum(amounts[1:], amounts[0]))) if amounts else None


def _by_rate(end: Block) -> list[Block]:
    """The end of the message before the first TAX, and each TAX with what stands below it."""
    starts = [place for place, (_, segment) in enumerate(end.segments) if segment.tag == "TAX"]
    return [Block(end.message, end.segments[one:other]) for one, other in pairwise([0, *starts, len(end.segments)])]


def _invoiced(item: Block) -> dict[str, object]:
    facts = item_facts(item) | {"qty_delivered": item.quantity("47", "12", "46"), "qty_ordered": item.quantity("21")}
    return {name: value for name, value in facts.items() if value}
