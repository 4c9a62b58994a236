"""A layout as its options say it, with every name found: what cannot work is told before the first order comes.

Not for: writing an order (``_layout``).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from bridge.formats._layout.amounts import total_of
from bridge.formats._layout.conditions import condition, is_pattern
from bridge.formats._layout.dates import LETTERS_OF_ISO, shortest
from bridge.formats._layout.names import (
    ALL,
    COUNT,
    LINE,
    ORDER,
    PARTS,
    RAW,
    InfoEntry,
    Level,
    Scope,
    once,
    resolve,
)
from bridge.formats._layout.options import FieldOptions, LayoutOptions, RecordOptions
from bridge.formats._layout.values import Cell, differing
from bridge.formats._neutral import CODES
from bridge.formats._text import shown

_QUANTITIES = frozenset({"qty", "qty_break"})
_UNITS = frozenset({"unit", "UnitOfMeasure"})
_WHOLE_AMOUNTS = frozenset({"line_net", "line_gross", "line.line_net", "line.line_gross"})
# What a record has to hold at least to tell a line, when a pattern chooses its lines.
_GOODS = frozenset({"qty", "part_no", "erp_part_no", "gtin", "product_id", "unit_price", "line_net", "line_gross", RAW})
# Besides what an answer returns: who the buyer is in the ERP, and what other registers find by it.
_CODES = CODES | {
    *("code", "person_code", "vat_no", "gln", "gtin"),
    *("customer_order_ref", "customer_invoice_ref", "tms_ref", "refer_id"),
}
_NUMBERS = (int, Decimal)
_PROBE = datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
ResultT = TypeVar("ResultT")
_Reached = tuple[Callable[[Scope], object], Callable[[Scope], str], type]


@dataclass(frozen=True, slots=True)
class Record:
    """A record ready to be written: for which parts of a scope, and with which cells.

    ``is_remark``: it says something of a line, but not what is ordered, so the line itself stands elsewhere.
    """

    options: RecordOptions
    name: str
    cells: tuple[Cell, ...]
    scopes: Callable[[Scope], Sequence[Scope]]
    inner: tuple["Record", ...] = ()
    is_remark: bool = False


class _Planner:
    """Finds the names of one layout and keeps every fault, not only the first."""

    def __init__(self, maps: Mapping[str, Mapping[str, str]], written: Sequence[RecordOptions]) -> None:
        self.faults: list[str] = []
        self._maps = maps
        self._written = written
        self._counted = frozenset(map(name_of, written)) - {""} | {ALL}

    def records(self, options: Sequence[RecordOptions], levels: tuple[Level, ...], above: str) -> tuple[Record, ...]:
        made = (self._record(one, levels, f"{above}record {at}") for at, one in enumerate(options, 1))
        return tuple(record for record in made if record is not None)

    def _record(self, options: RecordOptions, levels: tuple[Level, ...], place: str) -> Record | None:
        try:
            inner, parts = _parts_of(options.each, levels)
            accepts = condition(options.where, inner)
        except ValueError as error:
            self.faults.append(f"{place}: {error}")
            return None
        cells = [self._cell(one, inner, _place(one, place, at)) for at, one in enumerate(options.fields, 1)]
        return Record(
            options=options,
            name=name_of(options),
            cells=tuple(cell for cell in cells if cell is not None),
            scopes=lambda scope: [one for one in parts(scope) if accepts(one)],
            inner=self.records(options.record, inner, f"{place}, "),
            is_remark=_is_remark(options),
        )

    def _cell(self, options: FieldOptions, levels: tuple[Level, ...], place: str) -> Cell | None:
        try:
            get, about, kind = _reached(options, levels)
            self._check(options, kind)
        except ValueError as error:
            self.faults.append(f"{place}: {error}")
            return None
        last = options.source.rpartition(".")[2]
        return Cell(
            options=options,
            get=get,
            about=about,
            place=place,
            limit=options.limit(),
            table=self._maps[options.map] if options.map else None,
            is_number=options.is_numeric(),
            is_numeric=not options.map and (kind in _NUMBERS or options.is_numeric()),
            is_quantity=last in _QUANTITIES,
            is_code=_is_code(options.source) and not options.map,
            is_time=bool(options.date) or kind is datetime,
            is_unit=last in _UNITS and bool(options.map),
            codes=tuple(resolve(name, levels).get for name in options.join if _is_code(name)),
            states=_stated_by(options, levels),
            differs=_differing(options, levels, self._written),
        )

    def _check(self, options: FieldOptions, kind: type) -> None:
        if options.map and options.map not in self._maps:
            raise ValueError(f'there is no table maps.{options.map}; write one with a rule "*" for the rest')
        count = options.source.removeprefix(COUNT)
        if options.source.startswith(COUNT) and count not in self._counted:
            raise ValueError(f'no record is called "{shown(count)}"; there are {", ".join(sorted(self._counted))}')
        if options.overflow != "refuse" and _is_whole(options, kind):
            raise ValueError(f"{_said(options)} is a reference or a number and never shortened; drop overflow")
        if options.is_numeric() and not options.map and kind in {bool, datetime}:
            raise ValueError(f"{_said(options)} is no number; drop decimals or implied")
        if options.has_sign() and (options.map or not (kind in _NUMBERS or options.is_numeric())):
            raise ValueError(f"{_said(options)} is no number; drop sign")
        if options.date and kind in {bool, *_NUMBERS}:
            raise ValueError(f"{_said(options)} is no time; drop date")
        _check_room_for_a_time(options, kind)
        for word in (options.const, options.default):
            limit = options.limit()
            if limit is not None and len(str(word if word is not None else "")) > limit:
                raise ValueError(f'"{shown(str(word))}" has more than {limit} letters')


def plan(records: Sequence[RecordOptions], options: LayoutOptions) -> tuple[Record, ...]:
    """The records of a layout, in the order in which they are written; ``ValueError`` with every fault of it."""
    planner = _Planner(options.maps, tuple(_all(records)))
    made = planner.records(records, (ORDER,), "")
    if planner.faults:
        raise ValueError("; ".join(planner.faults))
    return made


def name_of(options: RecordOptions) -> str:
    """The name by which a trailer counts such records."""
    constants = (str(field.const) for field in options.fields[:1] if field.const is not None)
    return options.name or next(constants, "")


def texts_of(records: Sequence[RecordOptions], options: LayoutOptions) -> Iterator[tuple[str, str]]:
    """Every text that the layout itself puts into a file, and where it comes from."""
    for name, table in options.maps.items():
        yield from ((f"maps.{name}", word) for word in table.values())
    yield from _texts_in(records, "")


def _texts_in(records: Sequence[RecordOptions], above: str) -> Iterator[tuple[str, str]]:
    for at, record in enumerate(records, 1):
        place = f"{above}record {at}"
        for number, field in enumerate(record.fields, 1):
            yield from ((_place(field, place, number), text) for text in _texts(field))
        yield from _texts_in(record.record, f"{place}, ")


def _texts(field: FieldOptions) -> Iterator[str]:
    yield from (str(word) for word in (field.const, field.default) if word is not None)
    if field.join or field.source:
        yield field.between
    if field.date:
        yield _PROBE.strftime(field.date)
    elif field.source in {"ordered_at", "created_at"}:
        yield _PROBE.isoformat(timespec="seconds")


def _all(records: Sequence[RecordOptions]) -> Iterator[RecordOptions]:
    for record in records:
        yield record
        yield from _all(record.record)


def _place(options: FieldOptions, record: str, number: int) -> str:
    name = options.place()
    return f"{record}, field {number}" + (f' "{shown(name)}"' if name else "")


def _said(options: FieldOptions) -> str:
    return options.source or options.sum or " and ".join(options.join) or "a constant"


def _is_remark(options: RecordOptions) -> bool:
    if not any(is_pattern(word) for words in options.where.values() for word in words):
        return False
    sources = (name for one in _all([options]) for field in one.fields for name in (field.source, *field.join))
    return _GOODS.isdisjoint(part for name in sources for part in name.split("."))


def _check_room_for_a_time(options: FieldOptions, kind: type) -> None:
    limit = options.limit()
    if limit is None or options.map or options.overflow != "refuse":
        return
    least = shortest(options.date) if options.date else LETTERS_OF_ISO if kind is datetime else 0
    if least > limit:
        how = f'as "{shown(options.date)}"' if options.date else "without a date form"
        remedy = "set a greater width or max, or a shorter date" if options.date else "set date, such as %Y%m%d"
        raise ValueError(f"{_said(options)} {how} has {least} letters, and there is room for {limit}; {remedy}")


def _is_whole(options: FieldOptions, kind: type) -> bool:
    is_code = any(map(_is_code, (options.source, *options.join)))
    return not options.map and (is_code or kind in {datetime, *_NUMBERS} or options.is_numeric())


def _is_code(name: str) -> bool:
    return name.rpartition(".")[2] in _CODES


# --- where a value comes from


def _reached(options: FieldOptions, levels: tuple[Level, ...]) -> _Reached:
    if options.const is not None:
        return (lambda _: options.const), (lambda _: "constant"), type(options.const)
    if options.join:
        names = [resolve(name, levels) for name in options.join]
        return (lambda scope: [one.get(scope) for one in names]), names[0].place, str
    if options.sum:
        return _summed(options, levels)
    found = resolve(options.source, levels)
    return found.get, found.place, found.kind


def _summed(options: FieldOptions, levels: tuple[Level, ...]) -> _Reached:
    amounts, depth = _amounts(options, levels)
    return _shared(lambda scope: total_of(amounts(scope)), depth, levels), (lambda _: options.of), Decimal


def _amounts(options: FieldOptions, levels: tuple[Level, ...]) -> tuple[Callable[[Scope], Iterator[Decimal]], int]:
    """What a sum adds up, and the number of levels around the parts that hold it."""
    word = _singular(options.of)
    depth = next((at for at in range(len(levels), 0, -1) if word in PARTS.get(levels[at - 1].kind, {})), 0)
    if not depth:
        known = ", ".join(sorted({lists for level in levels for lists, _ in PARTS.get(level.kind, {}).values()}))
        raise ValueError(f'of = "{shown(options.of)}" is not what can be added up; there are {known}')
    inner, parts = _parts_of(word, levels[:depth])
    amount = resolve(options.sum, inner)
    if amount.kind is not Decimal:
        raise ValueError(f"{shown(options.sum)} is no amount, so it cannot be added up")
    accepts = condition(options.where, inner)

    def amounts(scope: Scope) -> Iterator[Decimal]:
        found = (amount.get(one) for one in parts(scope.at(depth)) if accepts(one))
        return (one for one in found if isinstance(one, Decimal))

    return amounts, depth


def _differing(
    options: FieldOptions, levels: tuple[Level, ...], written: Sequence[RecordOptions]
) -> Callable[[Scope], str | None] | None:
    """What is said of a sum, if records of the file round each of what it adds up; a reader may add that up."""
    if not options.sum:
        return None
    word = _singular(options.of)
    names = {options.sum, f"{word}.{options.sum}"}
    fields = (field for record in written if record.each == word for field in record.fields)
    rounded = tuple(one for one in fields if one.source in names and not one.map and one.digits() is not None)
    amounts, depth = _amounts(options, levels)
    return _shared(differing(options, amounts, rounded), depth, levels) if rounded else None


def _shared(get: Callable[[Scope], ResultT], depth: int, levels: Sequence[Level]) -> Callable[[Scope], ResultT]:
    """The same, found once a file where all records share it."""
    return once(get) if depth == 1 < len(levels) else get


def _stated_by(options: FieldOptions, levels: tuple[Level, ...]) -> Callable[[Scope], Iterator[str]] | None:
    """The lines that a sum stands for: those that its ``where`` chose. A total of all lines stands for none of them."""
    if options.sum not in _WHOLE_AMOUNTS or not options.where or _singular(options.of) != LINE:
        return None
    inner, parts = _parts_of(LINE, levels[:1])
    accepts = condition(options.where, inner)
    return lambda scope: (one.places[-1] for one in parts(scope.at(1)) if accepts(one))


def _singular(word: str) -> str:
    known = {lists: one for parts in PARTS.values() for one, (lists, _) in parts.items()}
    return known.get(word, word)


def _parts_of(each: str, levels: tuple[Level, ...]) -> tuple[tuple[Level, ...], Callable[[Scope], Sequence[Scope]]]:
    """The levels inside a record, and the scopes that it is written for within that of the record around it."""
    if each == levels[-1].word:
        return levels, lambda scope: (scope,)
    parts = PARTS.get(levels[-1].kind, {})
    if each not in parts:
        known = ", ".join([levels[-1].word, *parts])
        raise ValueError(f'"{shown(each)}" is not what a record within {levels[-1].word} can be for; there are {known}')
    lists, kind = parts[each]

    def scopes(scope: Scope) -> Sequence[Scope]:
        found = _members(getattr(scope.parts[-1], lists))
        return [scope.inside(one, f"{lists}[{at}]") for at, one in enumerate(found)]

    return (*levels, Level(each, kind)), scopes


def _members(found: Any) -> Sequence[object]:
    return [InfoEntry(code, value) for code, value in found.items()] if isinstance(found, Mapping) else found
