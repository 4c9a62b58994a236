"""Which level of a bundle carries its price: the row itself, or the rows below it (decision 7).

Norce does not say whether both levels of a bundle repeat the price, so it is a setting by the type of the upper row.
The level that does not carry it is written with the price 0; no other amount is touched. Not for: totals.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from bridge.model import Line, SalesOrder
from bridge.roles import Role


class Level(StrEnum):
    """The rows of a bundle that carry its price."""

    CHILDREN = "children"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Levels:
    """The level by the type of a bundle's upper row, in small letters; any other type carries prices on both."""

    by_type: Mapping[str, Level] = field(default_factory=dict)

    @classmethod
    def of(cls, children: Iterable[str], parent: Iterable[str]) -> "Levels":
        """The levels of two lists of types."""
        below = dict.fromkeys((name.strip().casefold() for name in children), Level.CHILDREN)
        return cls({**below, **dict.fromkeys((name.strip().casefold() for name in parent), Level.PARENT)})

    def level(self, line: Line) -> Level | None:
        """The level that carries the price of the bundle that begins with ``line``."""
        return self.by_type.get((line.type or "").strip().casefold())


def priced(order: SalesOrder, levels: Levels) -> tuple[SalesOrder, tuple[str, ...]]:
    """The order with each bundle's price on one level, and the bundles that were left as they came.

    A service, fee or freight below a bundle has a price of its own and is no part of it. A bundle whose carrying level
    has no price at all keeps what it has: else its amount would vanish.
    """
    if all(line.parent_line_no is None for line in order.lines):
        return order, ()
    bundles = _Bundles(order.lines, levels)
    silent = {line.line_no for line in order.lines if bundles.is_silent(line)}
    if silent:
        lines = tuple(_without_price(line) if line.line_no in silent else line for line in order.lines)
        order = replace(order, lines=lines)
    return order, tuple(filter(None, map(bundles.oddity, bundles.downwards)))


class _Bundles:
    """The rows of an order as trees; each row is looked at a fixed number of times, however deep they lie."""

    def __init__(self, lines: Sequence[Line], levels: Levels) -> None:
        self._levels = levels
        self._tops = _tops(lines)
        self._upper = {top.line_no for top in self._tops.values()}
        self.downwards = list(_downwards(lines, self._tops))
        self._priced_below: set[int] = set()
        for line in reversed(self.downwards):
            if line.line_no in self._tops and (_has_price(line) or line.line_no in self._priced_below):
                self._priced_below.add(self._tops[line.line_no].line_no)
        self._muted: set[int] = set()
        for line in self.downwards:
            if self._is_below_a_price(line):
                self._muted.add(line.line_no)

    def is_silent(self, line: Line) -> bool:
        """True when another level carries the price that this row has too."""
        if line.line_no in self._muted:
            return _has_price(line)
        return self._level(line) is Level.CHILDREN and _has_price(line) and line.line_no in self._priced_below

    def oddity(self, line: Line) -> str | None:
        """What is odd about the bundle that begins here: that only the level has a price which should have none."""
        level, is_priced_below = self._level(line), line.line_no in self._priced_below
        if level is Level.PARENT:
            is_odd = is_priced_below and not _has_price(line)
        else:
            is_odd = (
                level is Level.CHILDREN and not is_priced_below and _has_price(line) and line.line_no in self._upper
            )
        if not is_odd or line.line_no in self._muted:
            return None
        return f"row {line.line_no} ({line.type}) has no price on its {level}; the bundle goes as it came"

    def _is_below_a_price(self, line: Line) -> bool:
        top = self._tops.get(line.line_no)
        if top is None:
            return False
        return top.line_no in self._muted or (self._level(top) is Level.PARENT and _has_price(top))

    def _level(self, line: Line) -> Level | None:
        return self._levels.level(line)


def _tops(lines: Sequence[Line]) -> dict[int, Line]:
    """The row above each row that is a part of a bundle, by the number of the part."""
    by_number = {line.line_no: line for line in lines}
    return {
        line.line_no: by_number[line.parent_line_no]
        for line in lines
        if line.parent_line_no in by_number and line.parent_line_no != line.line_no and line.role is Role.GOODS
    }


def _downwards(lines: Sequence[Line], tops: Mapping[int, Line]) -> Iterator[Line]:
    """Each row after the one above it; rows that name each other in a circle belong to nothing and are left out."""
    below: dict[int, list[Line]] = {}
    for line in lines:
        if line.line_no in tops:
            below.setdefault(tops[line.line_no].line_no, []).append(line)
    rows = [line for line in reversed(lines) if line.line_no not in tops]
    while rows:
        row = rows.pop()
        yield row
        rows += reversed(below.get(row.line_no, []))


def _has_price(line: Line) -> bool:
    return bool(line.unit_price or line.unit_vat)


def _without_price(line: Line) -> Line:
    """Without its price before discounts too, or 0 would read as a discount of everything."""
    return replace(
        line,
        unit_price=Decimal(0),
        unit_vat=Decimal(0),
        unit_price_original=None,
        unit_price_original_vat=None,
        discount=None,
    )
