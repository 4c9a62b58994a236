"""A ship notice (856) as its shipment and its orders, by the levels of HL; and which order each level is of.

What names an order stands anywhere below its level, and a shipment's names are those of one order alone. What belongs
nowhere, or to two, is a fault: goods that are lost would make a part delivery a whole one.

Not for: what was sent (``papers``).
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._x12.envelope import Set
from bridge.formats._x12.parts import Block, Numbered, Reader

_BEGIN, _LEVEL = "BSN", "HL"
_SHIPMENT, _ORDER, _ITEM = "S", "O", "I"
_GOODS = frozenset({"LIN", "SN1"})


class Names(NamedTuple):
    """What an order is called by the shop and by the ERP; ``None`` where it is not told."""

    ref: str | None = None
    number: str | None = None


_NAMELESS = Names()


@dataclass(slots=True)
class _Level:
    """The segments below one HL of an order, or of none; ``all`` includes packages and items."""

    own: list[Numbered] = field(default_factory=list)
    all: list[Numbered] = field(default_factory=list)
    items: list[list[Numbered]] = field(default_factory=list)


@dataclass(slots=True)
class Order:
    """What a ship notice says of one order: at its own level, and there with its packages and items."""

    names: Names
    own: list[Numbered]
    every: Block
    items: list[list[Numbered]]
    warnings: list[str] = field(default_factory=list)


def orders_of(of: Set, reader: Reader) -> tuple[Block, Sequence[Order]]:
    """What stands above the orders, and these, each once with its names: a notice may name an order once a package.

    Raises ``Unreadable`` where levels hang together in no one way, or one order has two names.
    """
    head, levels = _levels(of)
    above = Block(of, head.all, reader)
    shipment = _names(above)
    orders = _together(of, levels, shipment, reader) if levels else [Order(shipment, head.own, above, head.items)]
    if len(orders) == 1:
        orders[0].names = _agreed(above, orders[0].names, shipment)
    else:
        _inherit(above, orders, shipment)
    return above, orders


def _names(block: Block) -> Names:
    refs = (segment.at(1) for segment in block.all("PRF"))
    return Names(block.agreed("the order (PRF)", [*refs, *block.values("REF", "PO")]), block.reference("VN"))


def _agreed(block: Block, one: Names, other: Names) -> Names:
    ref = block.agreed("the order", (one.ref, other.ref))
    return Names(ref, block.agreed("the number of the order", (one.number, other.number)))


def _inherit(above: Block, orders: Sequence[Order], shipment: Names) -> None:
    """Give the shipment's number to the order that it names, and to no other; refuse one that names none of them."""
    heirs = [order for order in orders if shipment.ref is not None and order.names.ref == shipment.ref]
    if shipment.ref is not None and not heirs:
        what = f'the shipment names order "{shown(shipment.ref)}", and what stands below it is of others'
        raise Unreadable(above.place(), what)
    for heir in heirs:
        heir.names = _agreed(above, heir.names, shipment)
    if shipment.number and not any(order.names.number == shipment.number for order in orders):
        for order in orders:
            order.warnings.append(
                f'the number "{shown(shipment.number)}" stands above several orders, so it is of none'
            )


# --- levels -----------------------------------------------------------------------------------------------------------


def _levels(of: Set) -> tuple[_Level, list[_Level]]:
    """The segments of no order, and the orders, by the parents that HL names; a level without one is of the last order.

    Raises ``Unreadable`` for a level that stands twice, for goods outside of an item, and for an item of no order where
    others are of some.
    """
    head, orders = _Level(), list[_Level]()
    owners: dict[str, _Level] = {}
    current, group, code = head, head.own, ""
    for numbered in enumerate(of.segments):
        segment = numbered[1]
        tag = segment.tag
        if tag == _LEVEL:
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
        elif tag in _GOODS and code != _ITEM:
            raise Unreadable(of.place(numbered[0]), f'{tag} stands in no item: HL03 is "{shown(code)}" and not I')
        (head if tag == _BEGIN else current).all.append(numbered)
        group.append(numbered)
    if head.items and orders:
        raise Unreadable(of.place(head.items[0][0][0]), "this item is of no order that the notice names")
    return head, orders


def _owner(parent: str, code: str, owners: dict[str, _Level], latest: Sequence[_Level]) -> _Level:
    """What a level belongs to: a shipment to no order, an order to itself, others to what their parent belongs to."""
    if code == _ORDER:
        return _Level()
    if code == _SHIPMENT:
        return latest[0]
    return owners.get(parent, latest[0]) if parent else latest[-1]


def _together(of: Set, levels: Sequence[_Level], shipment: Names, reader: Reader) -> list[Order]:
    """The orders, one for each that is named. A level that names nothing is of the shipment's order."""
    blocks = [Block(of, level.all, reader) for level in levels]
    names = [named if (named := _names(block)) != _NAMELESS else shipment for block in blocks]
    refs = _refs_by_number(names)
    found: dict[Hashable, Order] = {}
    for place, (level, block, named) in enumerate(zip(levels, blocks, names, strict=True)):
        key = named.ref or refs.get(named.number) or ("number", named.number or place)
        known = found.get(key)
        if known is None:
            found[key] = Order(named, level.own, block, level.items)
        else:
            known.names = _agreed(block, known.names, named)
            known.own += level.own
            known.every.add(level.all)
            known.items += level.items
    return list(found.values())


def _refs_by_number(names: Iterable[Names]) -> dict[str | None, str]:
    """The orders of those numbers that stand with one order: by them a level without our reference is known."""
    found: dict[str | None, set[str]] = {}
    for ref, number in names:
        if ref is not None and number is not None:
            found.setdefault(number, set()).add(ref)
    return {number: next(iter(refs)) for number, refs in found.items() if len(refs) == 1}
