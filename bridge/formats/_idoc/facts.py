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
    """The items of one order in a message; ``where`` names it among several, and ``is_only`` is false there."""

    where: str
    order_ref: str | None
    erp_order_no: str | None
    items: tuple[Segment, ...]
    is_only: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refs:
    """How a kind of message names orders: the head's reference and number, and those of an item."""

    order_ref: str | None
    erp_order_no: str | None
    of_item: Callable[[Segment], str | None]
    number_of_item: Callable[[Segment], str | None]


def parts_of(idoc: Idoc, items: Sequence[Segment], refs: Refs) -> list[Part]:
    """The items by the order that they name; those that name none are of the order of the head.

    Raises ``Unreadable`` where some items name orders, others none, and the head none; where the head names an order
    and every item another; and where head and items of one order tell different numbers of it.
    """
    by_ref: dict[str | None, list[Segment]] = {}
    for item in items:
        by_ref.setdefault(refs.of_item(item) or refs.order_ref, []).append(item)
    if refs.order_ref is not None and by_ref and refs.order_ref not in by_ref:
        what = f'the head names order "{shown(refs.order_ref)}", and all items are of others'
        raise Unreadable(items[0].where, what)
    if len(by_ref) <= 1:
        told = next(iter(by_ref), None) or refs.order_ref
        return [Part(idoc.where, told, _number_of(idoc.root, items, refs, refs.erp_order_no), tuple(items))]
    if None in by_ref:
        raise Unreadable(by_ref[None][0].where, "this item names no order, and the message is about several")
    return _several(idoc, by_ref, refs)


def _several(idoc: Idoc, by_ref: Mapping[str | None, Sequence[Segment]], refs: Refs) -> list[Part]:
    """The parts of several orders. The head's number is that of the head's order, and nobody's where it names none."""
    warnings: tuple[str, ...] = ()
    if refs.erp_order_no is not None and refs.order_ref is None:
        warnings = (f'the number "{shown(refs.erp_order_no)}" stands above several orders, so it is of none',)
    parts = []
    for ref, items in by_ref.items():
        number = _number_of(items[0], items, refs, refs.erp_order_no if ref == refs.order_ref else None)
        where = f"{idoc.where}, order {shown(ref or '')}"
        parts.append(Part(where, ref, number, tuple(items), is_only=False, warnings=warnings))
    return parts


def _number_of(segment: Segment, items: Sequence[Segment], refs: Refs, above: str | None) -> str | None:
    """The one number of an order that the head and its items tell."""
    told = dict.fromkeys(refs.number_of_item(item) for item in items)
    return only(segment, (number for number in (above, *told) if number), "the ERP's number of one order")


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


def total_of(root: Segment, sum_id: str, reader: Reader) -> Decimal | None:
    """The total that E1EDS01 tells under a mark; raises ``Unreadable`` where there are two different ones."""
    found = list(root.marked("E1EDS01", "SUMID", sum_id))
    only(root, (one.at("SUMME") for one in found), f"E1EDS01 {sum_id}")
    return decimal_at(found[0], "SUMME", reader.dialect) if found else None


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
