"""Facts of segments: references, numbers and days, and the parts of a message that speak of different orders.

Not for: what the facts amount to (``answer``, ``papers``, ``receipts``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.formats._answer.fields import NumberToken
from bridge.formats._idoc.codes import Codes
from bridge.formats._idoc.idoc import Idoc, Segment, only
from bridge.formats._numbers import day, number, plain
from bridge.formats._options import Dialect
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown


@dataclass(frozen=True, slots=True)
class Reader:
    """What a target says of its codes, and how it words numbers."""

    codes: Codes
    dialect: Dialect
    number_from_belnr: bool
    invoice_types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """The items of one order in a message; ``where`` names it among several."""

    where: str
    order_ref: str | None
    erp_order_no: str | None
    items: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Refs:
    """How a kind of message names orders: the head's reference and number, and those of an item."""

    order_ref: str | None
    erp_order_no: str | None
    of_item: Callable[[Segment], str | None]
    number_of_item: Callable[[Segment], str | None]


def parts_of(idoc: Idoc, items: Sequence[Segment], refs: Refs) -> list[Part]:
    """The items by the order that they name; those that name none are of the order of the head.

    Raises ``Unreadable`` where some items name orders, others none, and the head none.
    """
    by_ref: dict[str | None, list[Segment]] = {}
    for item in items:
        by_ref.setdefault(refs.of_item(item) or refs.order_ref, []).append(item)
    if len(by_ref) <= 1:
        told = next(iter(by_ref), None) or refs.order_ref
        return [Part(idoc.where, told, refs.erp_order_no or _only_number(items, refs), tuple(items))]
    if None in by_ref:
        raise Unreadable(by_ref[None][0].where, "this item names no order, and the message is about several")
    parts = []
    for ref, of in by_ref.items():
        own = _only_number(of, refs) or (refs.erp_order_no if ref == refs.order_ref else None)
        parts.append(Part(f"{idoc.where}, order {shown(ref or '')}", ref, own, tuple(of)))
    return parts


def _only_number(items: Sequence[Segment], refs: Refs) -> str | None:
    found = {told for item in items if (told := refs.number_of_item(item))}
    return found.pop() if len(found) == 1 else None


def reference(segment: Segment, name: str, qualifier: str, field: str = "BELNR") -> str | None:
    """The one value of a field that a qualifier marks; raises ``Unreadable`` where there are two different ones."""
    found = (one.at(field) for one in segment.marked(name, "QUALF", qualifier))
    return only(segment, found, f"{name} {qualifier} {field}")


def decimal_at(segment: Segment, field: str, dialect: Dialect) -> Decimal | None:
    """A number of a field; raises ``Unreadable`` for what is none, or can be read in two ways."""
    text = segment.at(field)
    if not text:
        return None
    try:
        return number(text, dialect.decimal)
    except ValueError as error:
        raise Unreadable(segment.where, f"{field}: {error}") from error


def token(value: Decimal | None) -> NumberToken | None:
    """The number as a fact."""
    return None if value is None else NumberToken(plain(value))


def day_of(text: str, warnings: list[str]) -> str | None:
    """A date as ISO has it; one that is none is warned of, and an empty one is nothing."""
    if not text.strip("0 "):
        return None
    try:
        found = day(text, "")
    except ValueError:
        warnings.append(f'the date "{shown(text)}" is not understood')
        return None
    return None if found is None else found.isoformat()


def created(idoc: Idoc, warnings: list[str]) -> str | None:
    """The day on which the IDoc was made."""
    return day_of(idoc.control.at("CREDAT"), warnings)


def text_of(segment: Segment, head: str, line: str) -> str | None:
    """The free texts of a segment as one; lines go on as TDFORMAT says."""
    told = []
    for text in segment.all(head):
        parts: list[str] = []
        for one in text.all(line):
            joint = "" if one.at("TDFORMAT") == "=" or not parts else " "
            parts.append(joint + one.at("TDLINE"))
        told.append("".join(parts).strip())
    return " / ".join(dict.fromkeys(filter(None, told))) or None


def kept(facts: Mapping[str, object]) -> dict[str, object]:
    """The facts that are there."""
    return {name: value for name, value in facts.items() if value}


def unknown_code(field: str, code: str) -> str:
    """The sentence about a code that no table has."""
    return f'the code "{shown(code)}" ({field}) is not known; add "{field}:{shown(code)}" to status_map'
