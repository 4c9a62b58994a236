"""A JSON object as a layout describes it: fields by their paths, arrays for parts that come more than once.

Not for: the characters of JSON (``json``).
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from bridge.formats._layout.filling import Row
from bridge.formats._layout.options import FieldOptions, RecordOptions
from bridge.formats._layout.plan import Record
from bridge.formats._layout.values import Style, Value, as_text
from bridge.formats._text import shown

_PATH = re.compile(r"(?:\$\.)?([^\s.\[\]$]+(?:\.[^\s.\[\]$]+)*)")
_MANY = "[*]"


def _known_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError(f'"{shown(path)}" is no path; write it like head.orderNo')
    return path


def _known_parts(path: str) -> str:
    if path:
        _known_path(path.removesuffix(_MANY))
    return path


class Member(FieldOptions):
    """A field of a JSON object."""

    path: Annotated[str, AfterValidator(_known_path)] = Field(description="Where it stands, names with points between.")
    type: Literal["", "text", "number"] = Field("", description="Text or number, whatever it came as.")

    def place(self) -> str:
        """Its path."""
        return self.path

    def is_numeric(self) -> bool:
        """True when it is to be a number."""
        return self.type == "number" or FieldOptions.is_numeric(self)


class MemberRecord(RecordOptions):
    """An object in a JSON object, or with ``[*]`` at the end of its path the members of an array."""

    path: Annotated[str, AfterValidator(_known_parts)] = Field("", description="Where it stands; rows[*]: an array.")
    fields: tuple[Member, ...] = Field((), description="What stands in it.")
    record: tuple["MemberRecord", ...] = Field((), description="Parts within it.")

    def is_array(self) -> bool:
        """True when it may come more than once."""
        return self.path.endswith(_MANY)


def check_paths(records: Sequence[MemberRecord], around: str = "order") -> None:
    """Refuse with ``ValueError`` what would come more than once without an array, or be two things at once."""
    values, arrays = list[tuple[str, ...]](), set[tuple[str, ...]]()
    _claim(records, (), around, (values, arrays))
    if doubled := [path for path in values if values.count(path) > 1]:
        raise ValueError(f'the path "{shown(".".join(doubled[0]))}" stands twice')
    objects = {path[:at] for path in (*values, *arrays) for at in range(1, len(path))}
    mixed = (objects & arrays) | (set(values) & (objects | arrays))
    if mixed:
        raise ValueError(f'the path "{shown(".".join(min(mixed)))}" is one value and holds others too')


def _claim(
    records: Sequence[MemberRecord],
    base: tuple[str, ...],
    around: str,
    claimed: tuple[list[tuple[str, ...]], set[tuple[str, ...]]],
) -> None:
    values, arrays = claimed
    for record in records:
        path = (*base, *_names(record.path))
        if record.is_array():
            arrays.add(path)
            check_paths([record.model_copy(update={"path": ""})], record.each)
        elif record.each != around:
            raise ValueError(f'a record for each {record.each} is an array; give it a path such as path = "rows[*]"')
        else:
            values += [(*path, *_names(field.path)) for field in record.fields]
            _claim(record.record, path, around, claimed)


def _names(path: str) -> tuple[str, ...]:
    bare = path.removesuffix(_MANY).removeprefix("$.")
    return tuple(bare.split(".")) if bare else ()


def filled(rows: Sequence[Row], layout: Sequence[Record], style: Style) -> dict[str, Any]:
    """The object that the records make; an array without members is empty, not missing."""
    whole: dict[str, Any] = {}
    _fill(whole, rows, layout, style)
    return whole


def _fill(whole: dict[str, Any], rows: Sequence[Row], layout: Sequence[Record], style: Style) -> None:
    for record in layout:
        if _options(record).is_array():
            _array(whole, _names(_options(record).path))
        for row in rows:
            if row.record is record:
                _fill_one(whole, row, style)


def _fill_one(whole: dict[str, Any], row: Row, style: Style) -> None:
    options = _options(row.record)
    path = _names(options.path)
    target, base = (_new_in(_array(whole, path)), ()) if options.is_array() else (whole, path)
    for cell, value in row.pairs():
        if value is not None and isinstance(cell.options, Member):
            _put(target, (*base, *_names(cell.options.path)), _typed(cell.options, value, style))
    _fill(_object(target, base), row.inner, row.record.inner, style)


def _options(record: Record) -> MemberRecord:
    if not isinstance(record.options, MemberRecord):
        raise TypeError("a JSON layout has JSON records")
    return record.options


def _typed(field: Member, value: Value | list[str], style: Style) -> object:
    return as_text(value, style) if field.type == "text" and not isinstance(value, list) else value


def _new_in(array: list[Any]) -> dict[str, Any]:
    member: dict[str, Any] = {}
    array.append(member)
    return member


def _array(whole: dict[str, Any], path: tuple[str, ...]) -> list[Any]:
    found: list[Any] = _object(whole, path[:-1]).setdefault(path[-1], [])
    return found


def _object(whole: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for name in path:
        whole = whole.setdefault(name, {})
    return whole


def _put(whole: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    _object(whole, path[:-1])[path[-1]] = value
