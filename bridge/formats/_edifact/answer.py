"""What a message of the ERP says: order responses here, papers and receipts in modules of their own.

Not for: the verdict of an order from header and lines (``_verdict``), nor codes (``_edifact_codes``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from bridge.formats._answer.fields import Statement
from bridge.formats._edi import saying
from bridge.formats._edi.tokens import Segment
from bridge.formats._edifact.codes import COPIES, LINE, MESSAGE, ONLY_CHANGES, RESPONSE, Codes, together
from bridge.formats._edifact.envelope import Message
from bridge.formats._edifact.parts import Block, blocks_of, decimal_of, different
from bridge.formats._options import Dialect
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.model import AckStatus

REASONS = frozenset({"AAO", "AAI", "ACB", "CHG", "DEL", "ORI", "SUR", "ZZZ"})
_PROMISED = ("67", "69", "76", "2", "17", "55", "63", "191")
_OURS = frozenset({"IN", "BP"})
_SUBSTITUTED_BY = "3"
_WITHOUT_NUMBER = frozenset({AckStatus.REJECTED, AckStatus.CANCELLED, AckStatus.RECEIVED, AckStatus.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Reader:
    """What a target says of its codes, and how it words numbers and statuses."""

    codes: Codes
    dialect: Dialect
    number_from_bgm: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The items of one order in a message; ``where`` names it among several."""

    where: str
    order_ref: str | None
    erp_order_no: str | None
    items: tuple[Block, ...]


def parts_of(head: Block, items: Sequence[Block]) -> list[Part]:
    """The items by the order that they name; those that name none are of the order of the head.

    Raises ``Unreadable`` where some items name orders, others none, and the head none.
    """
    ref, number, where = head.reference("ON"), head.reference("VN"), head.message.where
    by_ref: dict[str | None, list[Block]] = {}
    for item in items:
        by_ref.setdefault(item.reference("ON") or ref, []).append(item)
    if len(by_ref) > 1 and None in by_ref:
        if len(by_ref) > 2:  # noqa: PLR2004  # one order and the items that name none
            raise Unreadable(by_ref[None][0].place(), "this item names no order, and the message is about several")
        [only] = [one for one in by_ref if one is not None]
        return [Part(where, only, _number_of(head, items), tuple(items))]
    if len(by_ref) <= 1:
        return [Part(where, next(iter(by_ref), ref) or ref, _number_of(head, items), tuple(items))]
    return [
        Part(f"{where}, order {shown(one or '')}", one, _only_number(of) or (number if one == ref else None), tuple(of))
        for one, of in by_ref.items()
    ]


def _number_of(head: Block, items: Sequence[Block]) -> str | None:
    return head.reference("VN") or _only_number(items)


def _only_number(items: Sequence[Block]) -> str | None:
    found = different(item.reference("VN") for item in items)
    return found[0] if len(found) == 1 else None


def told(facts: Mapping[str, object], where: str, reader: Reader, warnings: Sequence[str]) -> Statement:
    """The statement that facts by their neutral names make; what is unclear about them goes along."""
    return saying.told(facts, where, reader.dialect, warnings)


def unknown_code(element: str, code: str) -> str:
    """The sentence about a code that no table has."""
    return f'the code "{shown(code)}" ({element}) is not known; add "{element}:{shown(code)}" to status_map'


def is_copy(begin: Block, codes: Codes) -> bool:
    """True for a duplicate or copy of what was said before, unless the target says otherwise."""
    code = function_of(begin)
    return code in COPIES and not codes.is_set(MESSAGE, code)


def function_of(head: Block) -> str:
    """BGM 1225: what kind of message this is, or already the verdict."""
    return next((segment.at(3) for _, segment in head.all("BGM")), "")


def number_of(head: Block) -> str | None:
    """BGM 1004: the number of the message."""
    return next((segment.at(2) for _, segment in head.all("BGM")), "") or None


def copied(part: Part, block: Block, reader: Reader) -> Statement:
    """A copy of an earlier answer: it is taken in and changes nothing."""
    facts = {"order_ref": part.order_ref, "erp_order_no": part.erp_order_no, "kind": "receipt", "status": "received"}
    return told(
        facts, part.where, reader, [f"a copy of an earlier message (1225 is {function_of(block)}): it says nothing new"]
    )


def response(message: Message, reader: Reader) -> list[Statement]:
    """An ORDRSP: the verdict of the order, of each line, or of both."""
    head, items, _ = blocks_of(message)
    return [_response(head, part, reader) for part in parts_of(head, items)]


def _response(head: Block, part: Part, reader: Reader) -> Statement:
    if is_copy(head, reader.codes):
        return copied(part, head, reader)
    warnings: list[str] = []
    lines = [_line(item, reader, warnings) for item in part.items]
    status = _verdict(head, lines, reader.codes, warnings)
    facts = {
        "order_ref": part.order_ref,
        "erp_order_no": part.erp_order_no or _number_from_bgm(head, part, reader, status),
        "status": status,
        "message_date": head.day(warnings, "137"),
        "date": head.day(warnings, *_PROMISED),
        "reason": _reason(head),
        "lines": lines,
    }
    return told(facts, part.where, reader, warnings)


def _number_from_bgm(head: Block, part: Part, reader: Reader, status: AckStatus | None) -> str | None:
    """The number of the response is that of the order at many ERPs. One that only repeats our reference is not.

    A refusal bears no number of an order, and what is unclear shall not give one away; nor is an order found by it.
    """
    is_asked = reader.number_from_bgm and part.order_ref is not None and status not in _WITHOUT_NUMBER
    number = number_of(head) if is_asked else None
    return None if number == part.order_ref else number


def _verdict(head: Block, lines: Sequence[Mapping[str, object]], codes: Codes, warnings: list[str]) -> AckStatus | None:
    segment = next((segment for _, segment in head.all("BGM")), None)
    if segment is None:
        raise Unreadable(head.place(), "BGM is missing, so nothing says what this is")
    function, response_code = segment.at(3), segment.at(4)
    only_changes = response_code == ONLY_CHANGES and not codes.is_set(RESPONSE, response_code)
    found = []
    for element, code in ((MESSAGE, function), (RESPONSE, "" if only_changes else response_code)):
        status = codes.status(element, code)
        if status is AckStatus.UNKNOWN:
            warnings.append(unknown_code(element, code))
        found.append(status)
    status = together(*found)
    if status is AckStatus.UNKNOWN and not warnings:
        warnings.append(f"1225 is {function} and 4343 is {response_code}, which contradict each other")
    if status is None and only_changes and any(line.get("status") != AckStatus.CONFIRMED for line in lines):
        return AckStatus.CHANGED  # lines that are left out are unchanged, so these cannot speak for all
    return status


def _reason(block: Block) -> str | None:
    codes = [f"AJT {segment.at(1)}" for _, segment in block.all("AJT") if segment.at(1)]
    texts = block.text("FTX", REASONS)
    return " / ".join([*([texts] if texts else []), *codes]) or None


# --- lines --------------------------------------------------------------------------------------------------------


def item_facts(item: Block) -> dict[str, object]:
    """Which line of the order an item is."""
    lin = item.all("LIN")[0][1]
    named = _numbers(item, lin)
    ours = next((number for number, kind in named if kind in _OURS), None)
    by_order = item.values("RFF", "ON", 2)
    return {
        "line_no": next(iter([*item.values("RFF", "LI"), *by_order]), None) or lin.at(1) or None,
        "part_no": ours or next((number for number, _ in named), None),
        "unit_price": item.price(),
    }


def _numbers(item: Block, lin: Segment) -> list[tuple[str, str]]:
    """The article's numbers with their kinds: those of LIN first, then of PIA."""
    found = [(lin.at(3), lin.at(3, 1))]
    for _, pia in item.all("PIA"):
        if pia.at(1) in {"1", "5"}:
            found += [(pia.at(place), pia.at(place, 1)) for place in range(2, len(pia.elements) + 1)]
    return [(number, kind) for number, kind in found if number]


def _line(item: Block, reader: Reader, warnings: list[str]) -> dict[str, object]:
    lin = item.all("LIN")[0][1]
    code = lin.at(2)
    status = reader.codes.status(LINE, code)
    if status is AckStatus.UNKNOWN:
        warnings.append(unknown_code(LINE, code))
    ordered, backorder = item.quantity("21"), item.quantity("83")
    confirmed = item.quantity("113", "12") or (ordered if status is AckStatus.CONFIRMED else None)
    promised = item.day(warnings, *_PROMISED)
    facts = item_facts(item) | {
        "status": status or _by_quantities(decimal_of(ordered), decimal_of(confirmed), decimal_of(backorder), promised),
        "qty_ordered": ordered,
        "qty_confirmed": confirmed,
        "qty_backorder": backorder,
        "date": promised,
        "reason": _reason(item),
        "substitute_part_no": _substitute(item),
        "schedules": _schedules(item, warnings),
    }
    return {name: value for name, value in facts.items() if value}


def _by_quantities(
    ordered: Decimal | None, confirmed: Decimal | None, backorder: Decimal | None, promised: str | None
) -> AckStatus | None:
    """What quantities alone say of a line; nothing where it cannot be told whether that is what was ordered."""
    if confirmed == 0 and (backorder or promised):
        return AckStatus.BACKORDER
    if ordered is None or confirmed is None:
        return AckStatus.CHANGED if backorder else None
    return AckStatus.CONFIRMED if ordered == confirmed and not backorder else AckStatus.CHANGED


def _substitute(item: Block) -> str | None:
    return next((pia.at(2) for _, pia in item.all("PIA") if pia.at(1) == _SUBSTITUTED_BY and pia.at(2)), None)


def _schedules(item: Block, warnings: list[str]) -> list[dict[str, object]]:
    """Quantities and days below each SCC."""
    found: list[dict[str, object]] = []
    starts = [place for place, (_, segment) in enumerate(item.segments) if segment.tag == "SCC"]
    for start, stop in pairwise([*starts, len(item.segments)]):
        below = Block(item.message, item.segments[start + 1 : stop])
        facts = {"qty": below.quantity("113", "12", "21", "1"), "date": below.day(warnings, *_PROMISED)}
        if facts["qty"]:
            found.append({name: value for name, value in facts.items() if value})
    return found
