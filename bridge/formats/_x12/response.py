"""A purchase order acknowledgement of the ERP (855): the verdict of the order, of each line, or of both.

Not for: the verdict of an order from header and lines (``_answer/verdict``), nor codes (``codes``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.formats._answer.fields import NumberToken, Statement
from bridge.formats._edi.saying import told
from bridge.formats._numbers import plain
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._x12.codes import COPIES, COUNTER_OFFER, LINE, ONLY_EXCEPTIONS, PURPOSES, RESPONSE
from bridge.formats._x12.envelope import Set
from bridge.formats._x12.parts import Block, Reader, Shape, article_numbers, blocks_of, decimal_of, part_no_of
from bridge.model import AckStatus

PROMISED = ("067", "069", "017", "068", "079", "055", "002")
# A price of several units is none that we could compare.
_OF_ONE = frozenset({"", "PE", "WE", "QE", "LE"})
_S = AckStatus
_SHAPE = Shape("BAK", "PO1", frozenset({"CTT"}), inner="ACK")
_TAKEN, _REFUSED = frozenset({_S.CONFIRMED, _S.CHANGED}), frozenset({_S.REJECTED, _S.CANCELLED})


@dataclass(frozen=True, slots=True)
class _Said:
    """One ACK: what it says of how many pieces, and when they come."""

    code: str
    status: AckStatus | None
    qty: NumberToken | None
    date: str | None


def response(of: Set, reader: Reader) -> list[Statement]:
    """An 855. Raises ``Unreadable`` where head and items name different orders, or numbers of it."""
    whole, items = blocks_of(of, _SHAPE, reader)
    begin = whole.only("BAK")
    warnings: list[str] = []
    purpose = begin.at(1)
    refs, numbers = [begin.at(3), whole.reference("PO")], [begin.at(8) or whole.reference("VN")]
    if is_copy(of.kind, purpose, reader):
        return [copied({"order_ref": refs[0], "erp_order_no": numbers[0]}, of, reader, purpose)]
    lines = []
    for item in items:
        lines.append(_line(item, reader, warnings))
        refs.append(item.reference("PO"))
        numbers.append(item.reference("VN"))
    stated = reader.codes.status(PURPOSES[of.kind], purpose, warnings)
    facts: dict[str, object] = {
        "order_ref": whole.agreed("the order", refs),
        "erp_order_no": whole.agreed("the number of the order", numbers),
        "status": stated if stated is not None else _verdict(begin.at(2), lines, reader, warnings),
        "message_date": whole.on(begin.at(9), warnings),  # BAK04 is the date of the order itself
        "date": whole.day(warnings, *PROMISED),
        "reason": whole.text(),
        "lines": lines,
    }
    return [told(facts, of.where, reader.dialect, warnings)]


def is_copy(kind: str, purpose: str, reader: Reader) -> bool:
    """True for a duplicate or copy of what was said before, unless the target says otherwise."""
    return purpose in COPIES and not reader.codes.is_set(PURPOSES[kind], purpose)


def copied(named: Mapping[str, object], of: Set, reader: Reader, purpose: str) -> Statement:
    """A copy of an earlier answer: it is taken in and changes nothing."""
    facts = {**named, "kind": "receipt", "status": "received"}
    warning = f"a copy of an earlier answer ({PURPOSES[of.kind]} is {purpose}): it says nothing new"
    return told(facts, of.where, reader.dialect, [warning])


def _verdict(code: str, lines: Sequence[Mapping[str, object]], reader: Reader, warnings: list[str]) -> AckStatus | None:
    """What BAK02 says; nothing where the lines have to decide."""
    if code == ONLY_EXCEPTIONS and not reader.codes.is_set(RESPONSE, code):
        # Lines that are left out are unchanged, so the others cannot speak for all.
        return _S.CHANGED if any(line.get("status") != _S.CONFIRMED for line in lines) else None
    status = reader.codes.status(RESPONSE, code, warnings)
    if code == COUNTER_OFFER and status is _S.REJECTED:
        warnings.append("it is refused with a counter offer (BAK02 is RO), so a person has to look")
    if status is _S.RECEIVED and any("status" in line for line in lines):
        return None  # no acknowledgement was asked for, and yet here is one
    return status


# --- lines --------------------------------------------------------------------------------------------------------


def _line(item: Block, reader: Reader, warnings: list[str]) -> dict[str, object]:
    """A line of the order with what each ACK below it says."""
    po1 = next(item.all("PO1"))
    ordered, numbers = item.number(po1, 2), article_numbers(po1, 6)
    said = _acks(item, reader, warnings)
    facts = {
        "line_no": po1.at(1),
        "part_no": part_no_of(numbers),
        "status": _status_of({one.status for one in said if one.status is not None}),
        "qty_ordered": ordered,
        "qty_confirmed": _confirmed(said, ordered),
        "qty_backorder": _backorder(said, ordered),
        "unit_price": item.number(po1, 4) if po1.at(5) in _OF_ONE else None,
        "date": next((one.date for one in said if one.date), None) or item.day(warnings, *PROMISED),
        "reason": _reason(item, said),
        "substitute_part_no": _substitute(item, numbers),
        "schedules": _schedules(said),
    }
    return {name: value for name, value in facts.items() if value}


def _acks(item: Block, reader: Reader, warnings: list[str]) -> list[_Said]:
    """What each ACK of a line says. Raises ``Unreadable`` where one of several takes pieces away from the others."""
    said = [
        _Said(
            segment.at(1),
            reader.codes.status(LINE, segment.at(1), warnings),
            item.number(segment, 2),
            item.on(segment.at(5), warnings),
        )
        for segment in item.all("ACK")
    ]
    if len(said) > 1 and any(one.qty is not None and Decimal(one.qty) < 0 for one in said):
        raise Unreadable(item.place("ACK"), "one of several ACK is of less than nothing (ACK02)")
    return said


def _status_of(statuses: set[AckStatus]) -> AckStatus | None:
    """The one status of a line; parts with different ones are a change, unless nobody takes any of them."""
    if _S.UNKNOWN in statuses:
        return _S.UNKNOWN
    if len(statuses) <= 1:
        return next(iter(statuses), None)
    return _S.REJECTED if statuses <= _REFUSED else _S.CHANGED


def _confirmed(said: Sequence[_Said], ordered: NumberToken | None) -> NumberToken | None:
    """All pieces that are taken; an accepted line without a quantity is as it was ordered."""
    if len(said) == 1 and said[0].status is _S.CONFIRMED and said[0].qty is None:
        return ordered
    return _sum_of([one for one in said if one.status in _TAKEN])


def _backorder(said: Sequence[_Said], ordered: NumberToken | None) -> NumberToken | None:
    """What comes later: told by IB, or the rest of a line that is called partly shipped (BP)."""
    told_of = _sum_of([one for one in said if one.status is _S.BACKORDER])
    wanted = decimal_of(ordered)
    if told_of is None and wanted is not None and len(said) == 1 and said[0].code == "BP" and said[0].qty is not None:
        return NumberToken(plain(max(wanted - Decimal(said[0].qty), Decimal(0))))
    return told_of


def _sum_of(said: Sequence[_Said]) -> NumberToken | None:
    """The pieces together; nothing where one of them does not tell how many."""
    quantities = [Decimal(one.qty) for one in said if one.qty is not None]
    if not said or len(quantities) < len(said):
        return None
    return said[0].qty if len(said) == 1 else NumberToken(plain(sum(quantities, Decimal(0))))


def _reason(item: Block, said: Sequence[_Said]) -> str | None:
    codes = [f"ACK01 {shown(one.code)}" for one in said if one.status not in {_S.CONFIRMED, None}]
    text = item.text()
    return " / ".join(dict.fromkeys([*([text] if text else []), *codes])) or None


def _substitute(item: Block, ordered: Sequence[tuple[str, str]]) -> str | None:
    """The number that an ACK names and the line itself does not."""
    known = {number for number, _ in ordered}
    named = [number for segment in item.all("ACK") for number, _ in article_numbers(segment, 7)]
    return next((number for number in named if known and number not in known), None)


def _schedules(said: Sequence[_Said]) -> list[dict[str, object]]:
    """Quantities and days, where a line is parted."""
    parts = [one for one in said if one.qty is not None and (one.status in _TAKEN or one.status is _S.BACKORDER)]
    if len(parts) < 2:  # noqa: PLR2004  # one part is the line itself
        return []
    return [{"qty": one.qty} | ({"date": one.date} if one.date else {}) for one in parts]
