"""What an ORDRSP says: of the order as a whole, and of each item by its action, reason and schedule lines.

Not for: the verdict of an order from header and lines (``_answer/verdict``), nor codes (``codes``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.formats._answer.fields import Statement
from bridge.formats._edi.saying import told
from bridge.formats._idoc.codes import CANCELLED_LINE, HEAD, LINE, REASON
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
    text_of,
    token,
    total_of,
    unknown_code,
)
from bridge.formats._idoc.idoc import Idoc, Segment, only
from bridge.formats._numbers import trimmed
from bridge.formats._protocol import Unreadable
from bridge.model import AckStatus

_S = AckStatus
_WITHOUT_NUMBER = frozenset({_S.REJECTED, _S.CANCELLED, _S.RECEIVED, _S.UNKNOWN})
_OURS, _THEIRS, _COUNT = "001", "002", "001"


def refs_of(root: Segment) -> Refs:
    """How messages of this kind name orders: E1EDK02 above, E1EDP02 in each item."""
    return Refs(
        reference(root, "E1EDK02", _OURS),
        reference(root, "E1EDK02", _THEIRS),
        lambda item: reference(item, "E1EDP02", _OURS),
        lambda item: reference(item, "E1EDP02", _THEIRS),
    )


def response(idoc: Idoc, reader: Reader) -> list[Statement]:
    """An ORDRSP: the verdict of the order, of each item, or of both."""
    items = idoc.root.all("E1EDP01")
    _check_count(idoc.root, items, reader)
    return [_response(idoc, part, reader) for part in parts_of(idoc, items, refs_of(idoc.root))]


def _check_count(root: Segment, items: Sequence[Segment], reader: Reader) -> None:
    """Refuse a message that counts other items than it has (SUMID 001, ``formats/mapping.md`` 2.1): some may be lost.

    One without items speaks of the order by its head, whatever it counts.
    """
    count = total_of(root, _COUNT, reader)
    if items and count is not None and count != len(items):
        what = f"E1EDS01 001 counts {trimmed(count)} items and there are {len(items)}, so nothing in it counts"
        raise Unreadable(root.where, what)


def _response(idoc: Idoc, part: Part, reader: Reader) -> Statement:
    warnings = list(part.warnings)
    head = general(idoc)
    status = reader.codes.status(HEAD, head.at("ACTION"))
    if status is _S.UNKNOWN:
        warnings.append(unknown_code(HEAD, head.at("ACTION")))
    wished = _date(idoc.root, "E1EDK03", "002", warnings)
    lines = [_line(item, reader, wished, warnings) for item in part.items]
    facts = {
        "order_ref": part.order_ref,
        "erp_order_no": part.erp_order_no or _number(head, part, reader, _bare(status, lines)),
        "status": status,
        "message_date": _date(idoc.root, "E1EDK03", "012", warnings) or created(idoc, warnings),
        "reason": text_of(idoc.root, "E1EDKT1", "E1EDKT2"),
        "lines": lines,
    }
    return told(facts, part.where, reader.dialect, warnings)


def general(idoc: Idoc) -> Segment:
    """The one E1EDK01; raises ``Unreadable`` where there is none or more."""
    found = idoc.root.all("E1EDK01")
    if len(found) != 1:
        raise Unreadable(idoc.where, f"it has {len(found)} segments E1EDK01, and needs one")
    return found[0]


def _bare(status: AckStatus | None, lines: list[dict[str, object]]) -> AckStatus | None:
    """What is sure before header and lines are weighed: of an order that is refused whole no number is taken."""
    if status is not None:
        return status
    statuses = {line.get("status") for line in lines}
    only_one = statuses.pop() if len(statuses) == 1 else None
    return only_one if isinstance(only_one, AckStatus) else None if lines else _S.UNKNOWN


def _number(head: Segment, part: Part, reader: Reader, status: AckStatus | None) -> str | None:
    """The document's own number is that of the sales order, where it is about one. One that repeats ours is not.

    A refusal bears no number of an order, and what is unclear shall not give one away; nor is an order found by it.
    """
    is_of_one = part.is_only and part.order_ref is not None
    is_asked = reader.number_from_belnr and is_of_one and status not in _WITHOUT_NUMBER
    number = head.at("BELNR") if is_asked else ""
    return number if number and number != part.order_ref else None


def _date(segment: Segment, name: str, meaning: str, warnings: list[str]) -> str | None:
    found = next(iter(segment.marked(name, "IDDAT", meaning)), None)
    return None if found is None else day_of(found.at("DATUM"), warnings)


# --- items ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Supply:
    """What an item will bring: how many were ordered and confirmed, how many of them later than wished, and when."""

    ordered: Decimal | None
    confirmed: Decimal | None
    late: Decimal
    schedules: tuple[tuple[Decimal, str | None], ...]

    def last_day(self) -> str | None:
        """The day by which all that is confirmed has come; where nothing is, the day that is told all the same."""
        days = [day for qty, day in self.schedules if day and (qty or not self.confirmed)]
        return max(days, default=None)

    def is_negative(self) -> bool:
        """True where less than nothing is ordered or confirmed, be it in one schedule line."""
        told_there = (self.ordered, self.confirmed, *(qty for qty, _ in self.schedules))
        return any(qty is not None and qty < 0 for qty in told_there)


def item_facts(item: Segment, reader: Reader) -> dict[str, object]:
    """Which line of the order an item is, and its price."""
    line_no = reference(item, "E1EDP02", _OURS, "ZEILE") or item.at("POSEX")
    numbers = {mark: _numbers(item, mark) for mark in (_OURS, _THEIRS)}
    part_no = next((found[0] for found in numbers.values() if found), None)
    per = decimal_at(item, "PEINH", reader.dialect)
    price = decimal_at(item, "VPREI", reader.dialect) if per in {None, Decimal(0), Decimal(1)} else None
    return {"line_no": line_no, "part_no": part_no, "unit_price": token(price)}


def _numbers(item: Segment, qualifier: str) -> list[str]:
    found = (one.at("IDTNR") for one in item.marked("E1EDP19", "QUALF", qualifier))
    return list(dict.fromkeys(number for number in found if number))


def _line(item: Segment, reader: Reader, wished: str | None, warnings: list[str]) -> dict[str, object]:
    supply = _supply(item, reader, _date(item, "E1EDP03", "002", warnings) or wished, warnings)
    status = _status(item, supply, reader, warnings)
    is_refused = status in {_S.REJECTED, _S.CANCELLED} and not supply.schedules
    return kept(
        item_facts(item, reader)
        | {
            "status": status,
            "qty_ordered": token(supply.ordered),
            "qty_confirmed": None if is_refused else token(supply.confirmed),
            "qty_backorder": token(supply.late or None),
            "date": supply.last_day(),
            "reason": _reason(item),
            "substitute_part_no": _substitute(item),
            "schedules": [kept({"qty": token(qty), "date": day}) for qty, day in supply.schedules],
        }
    )


def _supply(item: Segment, reader: Reader, wished: str | None, warnings: list[str]) -> _Supply:
    """Schedule lines with what they confirm; without any, the quantity of the item is what is confirmed.

    Late is what comes after a schedule line that could confirm nothing, or after the day that was wished.
    """
    ordered = decimal_at(item, "MENGE", reader.dialect)
    schedules = []
    for one in item.all("E1EDP20"):
        qty = decimal_at(one, "WMENG", reader.dialect)
        schedules.append((qty or Decimal(0), day_of(one.at("EDATU"), warnings)))
    if not schedules:
        return _Supply(ordered, ordered, Decimal(0), ())
    nothing = min((day for qty, day in schedules if not qty and day), default=None)
    limit = min(filter(None, (nothing, wished)), default=None)
    late = sum((qty for qty, day in schedules if limit and day and day > limit), Decimal(0))
    confirmed = sum((qty for qty, _ in schedules), Decimal(0))
    return _Supply(ordered, confirmed, late, tuple(schedules))


def _status(item: Segment, supply: _Supply, reader: Reader, warnings: list[str]) -> AckStatus | None:
    action, reason = item.at("ACTION"), item.at("ABGRU")
    status = reader.codes.status(LINE, action)
    if status is _S.UNKNOWN:
        warnings.append(unknown_code(LINE, action))
        return status
    if reason and not (action and reader.codes.said_of(LINE, action)):
        return reader.codes.said_of(REASON, reason) or _S.REJECTED
    if status not in {None, _S.CONFIRMED} or (action == CANCELLED_LINE):
        return status
    if supply.is_negative():
        warnings.append("an item is of less than nothing (MENGE, WMENG), which confirms nothing")
        return _S.UNKNOWN
    return _by_quantities(supply, is_said=status is _S.CONFIRMED)


def _by_quantities(supply: _Supply, *, is_said: bool) -> AckStatus | None:
    """What quantities make of an item that is called unchanged, or of which nothing is said."""
    if supply.confirmed is None:
        return _S.CONFIRMED if is_said else None
    if not supply.confirmed:
        return _S.BACKORDER if supply.schedules else None
    if supply.late == supply.confirmed and not _falls_short(supply):
        return _S.BACKORDER
    if supply.late or _falls_short(supply):
        return _S.CHANGED
    return _S.CONFIRMED if is_said or supply.ordered is not None else None


def _falls_short(supply: _Supply) -> bool:
    return supply.ordered is not None and supply.confirmed != supply.ordered


def _reason(item: Segment) -> str | None:
    code, text = item.at("ABGRU"), item.at("ABGRT")
    told_once = " ".join(filter(None, (code, text)))
    return " / ".join(filter(None, (told_once, text_of(item, "E1EDPT1", "E1EDPT2")))) or None


def _substitute(item: Segment) -> str | None:
    """The second, different number of one kind: the article that comes instead."""
    for qualifier in (_THEIRS, _OURS):
        numbers = _numbers(item, qualifier)
        if len(numbers) > 1:
            return only(item, numbers[1:], f"the substitute in E1EDP19 {qualifier}")
    return None
