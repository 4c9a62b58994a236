"""Records of fixed width: each value in its place, filled up, never longer than there is room.

Not for: which values these are (``_layout``).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bridge.formats._answer.records import Found, RecordField, facts_of, may_name, unknown_record
from bridge.formats._layout.filling import Row
from bridge.formats._layout.options import FieldOptions, RecordOptions, filled
from bridge.formats._layout.separated import columns_of
from bridge.formats._layout.values import Cell, Style, Value
from bridge.formats._text import shown

_DIGITS = re.compile(r"[+-]?([0-9]+)|([0-9]+)[+-]")  # a sign in front, or behind as SAP has it; never two


def _one_letter(text: str) -> str:
    if len(text) != 1 or not text.isprintable():
        raise ValueError("is one printable character")
    return text


class Place(FieldOptions):
    """A field of a record of fixed width."""

    name: str = Field("", description="For people; it is not written.")
    width: int = Field(ge=1, le=2000, description="Letters that it takes, filled up.")
    align: Literal["", "left", "right"] = Field("", description="Without it, numbers stand right and texts left.")
    pad: Annotated[str, AfterValidator(_one_letter)] = Field(" ", description="What it is filled up with.")
    sign: Literal["front", "behind"] = Field(
        "front",
        description="Where a number has its minus. behind: its last letter is a minus or a blank, as in 00001235-.",
    )

    def place(self) -> str:
        """Its name."""
        return self.name

    def limit(self) -> int | None:
        """Its width, or less."""
        return self.width if self.max is None else min(self.width, self.max)

    def letters_of(self, number: str) -> int:
        """Its letters, and the blank where a minus would stand behind."""
        return len(number) + (self.has_sign() and not number.startswith("-"))

    def has_sign(self) -> bool:
        """True when the last letter is that of a minus."""
        return self.sign == "behind"


class PlaceRecord(RecordOptions):
    """A record of fixed width."""

    fields: Annotated[tuple[Place, ...], AfterValidator(filled)] = Field(description="Its fields from the left.")
    record: tuple["PlaceRecord", ...] = Field((), description="Records behind it, for the same part or its parts.")


class FixedField(RecordField):
    """A field of a record of fixed width that is read."""

    width: int = Field(ge=1, le=2000, description="Letters that it takes.")
    implied: int = Field(0, ge=0, le=10, description="Digits behind a decimal mark that is not there.")


def check_widths(records: Sequence[PlaceRecord], length: int) -> None:
    """Refuse with ``ValueError`` a record that is longer than all records shall be."""
    for number, record in enumerate(records, 1):
        width = sum(_room(place) for place in record.fields)
        if length and width > length:
            raise ValueError(f"record {number} has {width} letters, and record_length is {length}")
        check_widths(record.record, length)


def _room(place: Place) -> int:
    return place.width * (place.parts if place.overflow == "split" else 1)


def line_of(row: Row, style: Style, length: int) -> str:
    """A record as one line, filled up to ``length``."""
    return "".join(_placed(cell, value, style) for cell, value in row.pairs()).ljust(length)


def _placed(cell: Cell, value: Value | list[str], style: Style) -> str:
    place = cell.options
    if not isinstance(place, Place):
        raise TypeError("a fixed layout has fixed fields")
    is_right = place.align == "right" or (not place.align and cell.is_numeric)
    return "".join(_filled(text, place, is_right=is_right) for text in columns_of(cell, value, style))


def _filled(text: str, place: Place, *, is_right: bool) -> str:
    if place.has_sign() and is_right:
        mark = "-" if text.startswith("-") else " "
        return text.removeprefix("-").rjust(place.width - 1, place.pad) + mark
    if place.has_sign() and text.startswith("-"):
        text = f"{text[1:]}-"
    if not is_right:
        return text.ljust(place.width, place.pad)
    if place.pad == "0" and text.startswith("-"):
        return "-" + text[1:].rjust(place.width - 1, "0")
    return text.rjust(place.width, place.pad)


# --- reading


def found_in(
    lines: Iterable[tuple[str, str]], records: Mapping[str, Sequence[FixedField]], decimal: str
) -> list[Found]:
    """The records of a file, of which each line comes with its place; a line of an unknown type is a fault."""
    found = []
    longest_first = sorted(records, key=len, reverse=True)
    for where, line in lines:
        kind = next((one for one in longest_first if is_of(line, one, records[one])), None)
        if kind is None:
            what = f'no record type begins with "{shown(line[:12])}"; describe it in records'
            found.append(unknown_record(where, what))
        else:
            found.append(_record(where, line, kind, (records[kind], decimal)))
    return found


def are_records(lines: Sequence[str], records: Mapping[str, Sequence[FixedField]]) -> bool:
    """True when each line is one of the records, and the first has the width of its kind, neither more nor less."""
    kinds = [next((kind for kind in records if is_of(line, kind, records[kind])), None) for line in lines]
    first = kinds[0] if kinds else None
    return first is not None and None not in kinds and len(lines[0]) == sum(one.width for one in records[first])


def is_of(line: str, kind: str, fields: Sequence[FixedField]) -> bool:
    """True for a record of this type."""
    return line[: fields[0].width].strip() == kind


def _record(where: str, line: str, kind: str, told: tuple[Sequence[FixedField], str]) -> Found:
    fields, decimal = told
    cells, faults, at = [], [], 0
    for one in fields:
        text = line[at : at + one.width].strip()
        at += one.width
        try:
            cells.append(_scaled(text, one.implied, decimal))
        except ValueError as error:
            faults.append(f"{one.name}: {error}")
            cells.append("")
    if line[at:].strip():
        faults.append(f"the record is longer than its {at} letters")
    return Found(where, kind, facts_of(fields, cells), faults, may_name(fields))


def _scaled(text: str, implied: int, decimal: str) -> str:
    if not implied or not text:
        return text
    found = _DIGITS.fullmatch(text)
    if found is None:
        raise ValueError(f'"{shown(text)}" is not digits only, as implied wants it')
    sign = "-" if "-" in text else ""
    padded = (found[1] or found[2]).rjust(implied + 1, "0")
    return f"{sign}{padded[:-implied]}{decimal}{padded[-implied:]}"
