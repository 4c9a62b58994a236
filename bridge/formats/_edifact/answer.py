"""What a message of the ERP says: order responses here, papers and receipts in modules of their own.

Not for: the verdict of an order from header and lines (``_verdict``), nor codes (``_edifact_codes``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from bridge.formats._answer.fields import NumberToken, Statement
from bridge.formats._answer.verdict import judge
from bridge.formats._edi import saying
from bridge.formats._edi.tokens import Segment
from bridge.formats._edifact.codes import COPIES, LINE, MESSAGE, ONLY_CHANGES, RESPONSE, Codes, together
from bridge.formats._edifact.envelope import Message
from bridge.formats._edifact.parts import Block, Numbered, blocks_of, decimal_of
from bridge.formats._options import Dialect
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.model import AckStatus

REASONS = frozenset({"AAO", "AAI", "ACB", "CHG", "DEL", "ORI", "SUR", "ZZZ"})
_PROMISED = ("67", "69", "76", "2", "17", "55", "63", "191")
_OURS = frozenset({"IN", "BP"})
_SUBSTITUTED_BY = "3"
_NOTHING = Decimal(0)
_WITHOUT_NUMBER = frozenset({AckStatus.REJECTED, AckStatus.CANCELLED, AckStatus.RECEIVED, AckStatus.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Reader:
    """What a target says of its codes, and how it words numbers and statuses."""

    codes: Codes
    dialect: Dialect
    number_from_bgm: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The items of one order in a message; ``where`` names it among several, ``warnings`` are of it alone."""

    where: str
    order_ref: str | None
    erp_order_no: str | None
    items: tuple[Block, ...]
    is_alone: bool = True
    warnings: tuple[str, ...] = ()


def parts_of(head: Block, items: Sequence[Block]) -> list[Part]:
    """The items by the order that they name; those that name none are of the order of the head.

    Raises ``Unreadable`` where an item names no order and others do, the order of the head has no item, or one order
    has two numbers.
    """
    ref, where = head.reference("ON"), head.message.where
    by_ref: dict[str | None, list[Block]] = {} if items else {ref: []}
    for item in items:
        by_ref.setdefault(item.reference("ON") or ref, []).append(item)
    if len(by_ref) == 1 and ref in {None, *by_ref}:
        [(one, of)] = by_ref.items()
        return [Part(where, one, _number_of(one, [head, *of]), tuple(of))]
    if None in by_ref:
        raise Unreadable(by_ref[None][0].place(), "this item names no order, and the message is about several")
    if ref is not None and ref not in by_ref:
        raise Unreadable(head.place("RFF"), f'RFF+ON of the head names "{shown(ref)}", and every item another order')
    return _several(head, ref, by_ref)


def _several(head: Block, ref: str | None, by_ref: Mapping[str | None, Sequence[Block]]) -> list[Part]:
    """Orders beside one another: the number in the head is that of the order in the head, else of none."""
    warnings: tuple[str, ...] = ()
    if ref is None and head.reference("VN") is not None:
        warnings = (f"RFF+VN of the head is left out: nothing says of which of {len(by_ref)} orders it is",)
    return [
        Part(
            f"{head.message.where}, order {shown(one or '')}",
            one,
            _number_of(one, [head, *items] if ref == one else items),
            tuple(items),
            is_alone=False,
            warnings=warnings,
        )
        for one, items in by_ref.items()
    ]


def _number_of(order_ref: str | None, blocks: Sequence[Block]) -> str | None:
    """The ERP's number of an order, which its head and its items may tell."""
    told_at = {number: block for block in blocks if (number := block.reference("VN"))}
    if len(told_at) > 1:
        of = f' of order "{shown(order_ref)}"' if order_ref else ""
        one, other = list(told_at)[:2]
        raise Unreadable(told_at[other].place("RFF"), f'RFF+VN{of} is both "{shown(one)}" and "{shown(other)}"')
    return next(iter(told_at), None)


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
    begin = head.begin()
    return begin.at(3) if begin is not None else ""


def number_of(head: Block) -> str | None:
    """BGM 1004: the number of the message."""
    begin = head.begin()
    return begin.at(2) or None if begin is not None else None


def copied(part: Part, block: Block, reader: Reader) -> Statement:
    """A copy of an earlier answer: it is taken in and changes nothing."""
    facts = {"order_ref": part.order_ref, "erp_order_no": part.erp_order_no, "kind": "receipt", "status": "received"}
    why = f"a copy of an earlier message (1225 is {function_of(block)}): it says nothing new"
    return told(facts, part.where, reader, [*part.warnings, why])


def response(message: Message, reader: Reader) -> list[Statement]:
    """An ORDRSP: the verdict of the order, of each line, or of both."""
    head, items, _ = blocks_of(message)
    parts, warnings = parts_of(head, items), list[str]()
    shared = {
        "message_date": head.day(warnings, "137"),
        "date": head.day(warnings, *_PROMISED),
        "reason": _reason(head),
    }
    return [_response(head, part, reader, shared, warnings) for part in parts]


def _response(head: Block, part: Part, reader: Reader, shared: Mapping[str, object], known: Sequence[str]) -> Statement:
    if is_copy(head, reader.codes):
        return copied(part, head, reader)
    warnings = [*part.warnings, *known]
    lines = [_line(item, reader, warnings) for item in part.items]
    status = _verdict(head, lines, reader.codes, warnings)
    number = None if status in _WITHOUT_NUMBER else _number_from_bgm(head, part, reader)
    facts = {
        "order_ref": part.order_ref,
        "erp_order_no": part.erp_order_no or number,
        "status": status,
        **shared,
        "lines": lines,
    }
    statement = told(facts, part.where, reader, warnings)
    return _unnumbered(statement) if number else statement


def _number_from_bgm(head: Block, part: Part, reader: Reader) -> str | None:
    """The number of the response is that of the order at many ERPs, where it is about one order alone.

    One that only repeats our reference is not; nor is an order found by it.
    """
    is_asked = reader.number_from_bgm and part.is_alone and part.order_ref is not None and part.erp_order_no is None
    number = number_of(head) if is_asked else None
    return None if number == part.order_ref else number


def _unnumbered(statement: Statement) -> Statement:
    """Without the number of the response where header and lines together refuse the order, or are unclear.

    A refusal bears no number of an order, and what is unclear shall not give one away.
    """
    status, _ = judge(statement.status, statement.said.lines)
    if status is None or status in _WITHOUT_NUMBER:
        return replace(statement, said=replace(statement.said, erp_order_no=None))
    return statement


def _verdict(head: Block, lines: Sequence[Mapping[str, object]], codes: Codes, warnings: list[str]) -> AckStatus | None:
    segment = head.begin()
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
    ours = next((kind for _, kind in named if kind in _OURS), None)
    if ours is not None:
        named = [(number, kind) for number, kind in named if kind == ours]
        item.only("PIA", f"the article ({ours})", (number for number, _ in named))
    return {
        "line_no": _line_no(item) or lin.at(1) or None,
        "part_no": next((number for number, _ in named), None),
        "unit_price": item.price(),
    }


def _line_no(item: Block) -> str | None:
    """The line of our order: RFF+LI, else what stands behind the order's reference."""
    if not item.all("RFF"):
        return None
    found = item.values("RFF", "LI") or item.values("RFF", "ON", 2)
    return item.only("RFF", "the line in RFF", (number.lstrip("0") or "0" for number in found))


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
        "status": status or _by_quantities(item, (ordered, confirmed, backorder), promised, warnings),
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
    item: Block, told_of: Iterable[NumberToken | None], promised: str | None, warnings: list[str]
) -> AckStatus | None:
    """What quantities alone say of a line; nothing where it cannot be told whether that is what was ordered."""
    ordered, confirmed, backorder = quantities = [decimal_of(one) for one in told_of]
    if min(filter(None, quantities), default=_NOTHING) < 0:
        warnings.append(f"{item.place('QTY')}: a quantity of less than nothing confirms nothing")
        return None
    if confirmed == 0 and (backorder or promised):
        return AckStatus.BACKORDER
    if ordered is None or confirmed is None:
        return AckStatus.CHANGED if backorder else None
    return AckStatus.CONFIRMED if ordered == confirmed and not backorder else AckStatus.CHANGED


def _substitute(item: Block) -> str | None:
    """The article that comes instead; its other numbers are of other kinds."""
    found = [(pia.at(2, 1), pia.at(2)) for _, pia in item.all("PIA") if pia.at(1) == _SUBSTITUTED_BY and pia.at(2)]
    return item.only("PIA", "PIA+3", (number for kind, number in found if kind == found[0][0])) if found else None


def _schedules(item: Block, warnings: list[str]) -> list[dict[str, object]]:
    """Quantities and days below each SCC."""
    found: list[dict[str, object]] = []
    if not item.all("SCC"):
        return found
    starts = [place for place, (_, segment) in enumerate(item.segments) if segment.tag == "SCC"]
    for start, stop in pairwise([*starts, len(item.segments)]):
        for segments in _deliveries(item.segments[start + 1 : stop]):
            below = Block(item.message, segments)
            facts = {"qty": below.quantity("113", "12", "21", "1"), "date": below.day(warnings, *_PROMISED)}
            if facts["qty"]:
                found.append({name: value for name, value in facts.items() if value})
    return found


def _deliveries(segments: Sequence[Numbered]) -> list[list[Numbered]]:
    """The segments below one SCC by delivery: a quantity that was told before begins the next one."""
    found: list[list[Numbered]] = [[]]
    told_before = set[str]()
    for numbered in segments:
        segment = numbered[1]
        if segment.tag == "QTY":
            if segment.at(1) in told_before:
                found.append([])
                told_before.clear()
            told_before.add(segment.at(1))
        found[-1].append(numbered)
    return found
