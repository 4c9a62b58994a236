"""An order through a layout: the records of its file with their values, not yet as bytes.

Pure, and the same for every format that has a layout. Not for: separators, elements, braces.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.formats._layout.names import ALL, LINE, Context, Scope, places_of_lines
from bridge.formats._layout.plan import Record
from bridge.formats._layout.values import Cell, Style, Value, note_of, value_of
from bridge.formats._protocol import not_renderable
from bridge.formats._text import shown
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


def rows_of(
    layout: Sequence[Record], order: SalesOrder, moment: tuple[int, datetime], style: Style, *, leaves_out: bool
) -> list[Row]:
    """The records of the order's file; ``moment`` is the control number and the time of receipt.

    Raises ``PermanentError`` by the name of the order's field, also when no record at all would be written, and unless
    ``leaves_out`` when a line would be in none.
    """
    counts: dict[str, int] = {ALL: 0}
    start = Scope((order,), ("",), Context(*moment, counts))
    slots = _slots(layout, start, counts)
    if not slots:
        raise not_renderable("lines", "leave the file empty", "Have the shop send rows that the layout's where accepts")
    if not leaves_out and any(_is_for_lines(record) for record in layout):
        _refuse_unwritten(order, slots)
    return [_written(slot, style) for slot in slots]


def notes_of(
    layout: Sequence[Record], order: SalesOrder, moment: tuple[int, datetime], style: Style
) -> tuple[str, ...]:
    """For each field with something that a person should know a sentence, which names the first place of the same.

    That is digits of an amount that are left out, and a unit that its table does not know.

    Only for an order that :func:`rows_of` took.
    """
    counts: dict[str, int] = {ALL: 0}
    found: dict[tuple[str, str], list[str]] = {}
    for slot in _every(_slots(layout, Scope((order,), ("",), Context(*moment, counts)), counts)):
        for cell in slot.record.cells:
            if note := note_of(cell, slot.scope, style):
                found.setdefault((note, cell.place), []).append(cell.about(slot.scope))
    return tuple(f"{_first_of(fields)}{note} ({place})" for (note, place), fields in found.items())


def _every(slots: Sequence[_Slot]) -> Iterator[_Slot]:
    for slot in slots:
        yield slot
        yield from _every(slot.inner)


def _first_of(fields: Sequence[str]) -> str:
    return f"{fields[0]}, and {len(fields) - 1} more" if len(fields) > 1 else fields[0]


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


def _is_for_lines(record: Record) -> bool:
    return (record.options.each == LINE and not record.is_remark) or any(map(_is_for_lines, record.inner))


def _refuse_unwritten(order: SalesOrder, slots: Sequence[_Slot]) -> None:
    """A line is in the file when a record was written for it, or when a field adds it up by a condition of its own."""
    stated = set(_stated(slots, set()))
    for place, line in zip(places_of_lines(order), order.lines, strict=True):
        if place not in stated:
            reason = f'is in no record of the file (group "{shown(line.group or "")}", type "{shown(line.type or "")}")'
            remedy = 'Let the where of a record or of a sum accept it, or set unmatched_lines = "leave_out"'
            raise not_renderable(place, reason, remedy)


def _stated(slots: Sequence[_Slot], asked: set[int]) -> Iterator[str]:
    for slot in slots:
        if not slot.record.is_remark:
            yield from slot.scope.places[1:2]
        if id(slot.record) not in asked:  # a sum says the same in each of its records
            asked.add(id(slot.record))
            for cell in slot.record.cells:
                yield from cell.states(slot.scope) if cell.states else ()
        yield from _stated(slot.inner, asked)


def _written(slot: _Slot, style: Style) -> Row:
    values = [value_of(cell, slot.scope, style) for cell in slot.record.cells]
    return Row(slot.record, values, [_written(inner, style) for inner in slot.inner])
