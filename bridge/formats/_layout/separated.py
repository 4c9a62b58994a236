"""Rows of text with separators, written so that no value can begin a row or a column of its own.

Not for: reading such rows (``_table``).
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bridge.formats._layout.filling import Row
from bridge.formats._layout.options import FieldOptions, RecordOptions, filled
from bridge.formats._layout.values import Cell, Style, Value, as_text, refused
from bridge.formats._neutral import CODES
from bridge.formats._protocol import not_renderable
from bridge.formats._text import cleaned, shown

Quoting = Literal["minimal", "all", "never"]


class Column(FieldOptions):
    """A field of a row with separators."""

    name: str = Field("", description="Heading of the column.")

    def place(self) -> str:
        """Its heading."""
        return self.name


class ColumnRecord(RecordOptions):
    """A row with separators."""

    fields: Annotated[tuple[Column, ...], AfterValidator(filled)] = Field(description="Its columns from the left.")
    record: tuple["ColumnRecord", ...] = Field((), description="Rows behind it, for the same part or its parts.")


def single_letters(replace: Mapping[str, str]) -> Mapping[str, str]:
    """The table itself when it replaces single characters; else ``ValueError``."""
    for letter in replace:
        if len(letter) != 1:
            raise ValueError(f'"{shown(letter)}" is not one character')
    return replace


Replacements = Annotated[Mapping[str, str], AfterValidator(single_letters)]


def table_of(replace: Mapping[str, str]) -> Mapping[int, str]:
    """The replacements as ``str.translate`` takes them."""
    return {ord(letter): instead for letter, instead in replace.items()}


def check_never(delimiter: str, decimal: str, replace: Mapping[str, str]) -> None:
    """Refuse with ``ValueError`` what could put a separator into a value that nothing sets apart."""
    if delimiter not in replace:
        raise ValueError(f'quoting = "never" needs a table replace with "{delimiter}", the delimiter, in it')
    bad = [letter for letter, instead in replace.items() if delimiter in instead or cleaned(instead, " ") != instead]
    if bad:
        raise ValueError(f'replace makes a separator or a control character of "{bad[0]}"')
    if decimal == delimiter:
        raise ValueError('with quoting = "never", decimal and delimiter are the same character')


def check_numbers(decimal: str, replace: Mapping[str, str]) -> None:
    """Refuse with ``ValueError`` what would change an amount in the shape without a layout."""
    bad = [letter for letter in replace if letter in f"0123456789-{decimal}"]
    if bad:
        raise ValueError(f'replace would change amounts, which hold "{bad[0]}"; describe the columns in fields')


def heading_of(records: Sequence[ColumnRecord]) -> list[str]:
    """The headings of the one kind of row that names its columns; ``ValueError`` when they are not for all of it."""
    named = [record for record in _all(records) if any(column.name for column in record.fields)]
    if not named:
        return []
    if len(named) > 1 or not all(column.name for column in named[0].fields):
        raise ValueError("headings need a name for each column of one kind of record and of no other")
    return [name for column in named[0].fields for name in _names(column)]


def _all(records: Sequence[ColumnRecord]) -> list[ColumnRecord]:
    return [one for record in records for one in (record, *_all(record.record))]


def _names(column: Column) -> list[str]:
    if column.overflow != "split":
        return [column.name]
    return [column.name, *(f"{column.name} {number}" for number in range(2, column.parts + 1))]


def cells_of(row: Row, style: Style) -> list[str]:
    """The columns of a record; the parts of a text that was split stand side by side."""
    found: list[str] = []
    for cell, value in row.pairs():
        found += columns_of(cell, value, style)
    return found


def columns_of(cell: Cell, value: Value | list[str], style: Style) -> list[str]:
    """What one field fills: one column, or with ``split`` as many as it has parts."""
    if cell.options.overflow != "split":
        return [as_text(value, style) if not isinstance(value, list) else " ".join(value)]
    parts = value if isinstance(value, list) else [as_text(value, style)]
    return [*parts, *[""] * (cell.options.parts - len(parts))]


def unquoted(rows: Sequence[Sequence[str]], delimiter: str, end: str) -> str:
    """Rows for a reader that knows no quotation marks; a separator in a value is refused, whoever let it through."""
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row, 1):
            if delimiter in cell or cleaned(cell, " ") != cell:
                place = f"row {number}, column {column}"
                raise refused("layout", place, f'would write "{shown(cell)}"', "Put the delimiter into replace")
    return "".join(delimiter.join(row) + end for row in rows)


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters between, around and behind values."""

    delimiter: str
    quotechar: str
    line_end: str


def quoted(rows: Sequence[Sequence[str]], quoting: Quoting, marks: Marks) -> str:
    """Rows with quotation marks where they are needed, or everywhere."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=marks.delimiter,
        quotechar=marks.quotechar,
        lineterminator=marks.line_end,
        quoting=csv.QUOTE_ALL if quoting == "all" else csv.QUOTE_MINIMAL,
    )
    writer.writerows(rows)
    return text.getvalue()


def replaced(heading: Sequence[str], rows: Sequence[Sequence[str]], replace: Mapping[str, str]) -> list[list[str]]:
    """The rows of the shape without a layout with letters replaced; a reference that would change is refused."""
    table = table_of(replace)
    made = [[cell.translate(table) for cell in row] for row in rows]
    for before, after in zip(rows, made, strict=True):
        for name, was, became in zip(heading, before, after, strict=True):
            if was != became and name.rpartition(".")[2] in CODES:
                raise not_renderable(name, f'is "{shown(was)}", a reference', "Set quoting to minimal, or a delimiter")
    return made
