"""An order's rows as a split sees them: what belongs together stays together, what belongs to the whole is set apart.

Not for: which rows are meant (``conditions.py``), nor who gets them (``way.py``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bridge.model import Line, Part, SalesOrder
from bridge.roles import Role

_ARTICLES = frozenset({Role.GOODS, Role.SERVICE})


@dataclass(frozen=True, slots=True)
class Family:
    """A row with all the rows below it, in their order: a bundle, or a row alone."""

    lines: tuple[Line, ...]

    @property
    def is_article(self) -> bool:
        """True for what is sold; false for freight, fees and whatever else belongs to the order as a whole."""
        return any(line.role in _ARTICLES for line in self.lines)


def families(lines: Iterable[Line]) -> tuple[Family, ...]:
    """The rows by the topmost row above each."""
    by_number = {line.line_no: line for line in lines}
    found: dict[int, list[Line]] = {}
    for line in by_number.values():
        found.setdefault(_top(line, by_number), []).append(line)
    return tuple(Family(tuple(rows)) for rows in found.values())


def _top(line: Line, by_number: dict[int, Line]) -> int:
    """The number of the topmost row; of rows that hang in a ring, the least, so that they stay together."""
    seen = [line.line_no]
    while (above := by_number[seen[-1]].parent_line_no) in by_number:
        if above in seen:
            return min(seen[seen.index(above) :])
        seen.append(above)
    return seen[-1]


def numbers(rows: Iterable[Family]) -> frozenset[int]:
    """The numbers of the rows."""
    return frozenset(line.line_no for family in rows for line in family.lines)


def part_of(order: SalesOrder, part: Part | None) -> SalesOrder:
    """The order as a target sees it that gets ``part`` of it; ``None`` is all. No amount is changed (decision 5)."""
    if part is None:
        return order
    lines = tuple(line for line in order.lines if line.line_no in part.lines)
    if part.charges:
        return replace(order, lines=lines)
    return replace(order, lines=lines, fees=(), discounts=(), payments=(), payment_provider=None, payment_ref=None)
