"""An order through a layout: the records of its file with their values, not yet as bytes.

Pure, and the same for every format that has a layout. Not for: separators, elements, braces.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.formats._layout_names import ALL, Context, Scope
from bridge.formats._layout_plan import Record
from bridge.formats._layout_values import Cell, Style, Value, value_of
from bridge.formats._protocol import not_renderable
from bridge.model import SalesOrder


@dataclass(frozen=True, slots=True)
class Row:
    """One record of one file: the value of each cell, and the records within it."""

    record: Record
    values: list[Value | list[str]]
    inner: list["Row"]

    def pairs(self) -> list[tuple[Cell, Value | list[str]]]:
        """Each cell with its value."""
        return list(zip(self.record.cells, self.values, strict=True))


@dataclass(frozen=True, slots=True)
class _Slot:
    """A record and the part of the order that it will be written for; counted before anything is written."""

    record: Record
    scope: Scope
    inner: list["_Slot"] = field(default_factory=list)


def rows_of(layout: Sequence[Record], order: SalesOrder, moment: tuple[int, datetime], style: Style) -> list[Row]:
    """The records of the order's file; ``moment`` is the control number and the time of receipt.

    Raises ``PermanentError`` by the name of the order's field, also when no record at all would be written.
    """
    counts: dict[str, int] = {ALL: 0}
    start = Scope((order,), ("",), Context(*moment, counts))
    slots = _slots(layout, start, counts)
    if not slots:
        raise not_renderable("lines", "leave the file empty", "Have the shop send rows that the layout's where accepts")
    return [_written(slot, style) for slot in slots]


def flat(rows: Sequence[Row]) -> list[Row]:
    """All records in the order in which a flat file has them: each before those within it."""
    return [one for row in rows for one in (row, *flat(row.inner))]


def _slots(layout: Sequence[Record], scope: Scope, counts: dict[str, int]) -> list[_Slot]:
    found = []
    for record in layout:
        for part in record.scopes(scope):
            counts[record.name] = counts.get(record.name, 0) + 1
            counts[ALL] += 1
            found.append(_Slot(record, part, _slots(record.inner, part, counts)))
    return found


def _written(slot: _Slot, style: Style) -> Row:
    values = [value_of(cell, slot.scope, style) for cell in slot.record.cells]
    return Row(slot.record, values, [_written(inner, style) for inner in slot.inner])
