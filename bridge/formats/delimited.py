"""Orders as text with separators: a heading and a row a line, or the records of a layout; answers as such rows.

Not for: what a layout can say (``_layout_options``).
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from bridge.formats._answer.fields import Facts, Statement, statement
from bridge.formats._answer.fold import fold
from bridge.formats._answer.heading import (
    facts_of,
    has_stray_cells,
    known_columns,
    known_fields,
    other_delimiter,
    under_headings,
)
from bridge.formats._answer.records import (
    Found,
    RecordField,
    check_records,
    facts_of as record_facts,
    may_name,
    reading_of,
    trailers_of,
    unknown_record,
)
from bridge.formats._answer.table import Row, table
from bridge.formats._document import order_document
from bridge.formats._layout.columns import rows
from bridge.formats._layout.filling import flat
from bridge.formats._layout.options import FlatOptions
from bridge.formats._layout.plan import Record
from bridge.formats._layout.separated import (
    Column,
    ColumnRecord,
    Marks,
    Quoting,
    Replacements,
    cells_of,
    check_never,
    check_numbers,
    heading_of,
    quoted,
    replaced,
    table_of,
    unquoted,
)
from bridge.formats._layout.style import Layout, checked, flat_style_of
from bridge.formats._neutral import neutral, refuse_unencodable
from bridge.formats._options import Dialect, dialect_of, line_end
from bridge.formats._protocol import Format, Unreadable, not_renderable
from bridge.formats._text import decode, encode, shown, unencodable
from bridge.model import Reading, SalesOrder

__all__ = ["Options", "build"]


def _single_mark(text: str) -> str:
    if len(text) != 1 or text.isalnum() or text in "\r\n\x00+-":
        raise ValueError("it is one character, neither a letter, a digit, a sign nor a line end")
    return text


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(known_fields(names))


class Options(FlatOptions):
    """Settings of ``delimited``."""

    newline: Literal["lf", "crlf"] = Field(
        default="crlf",
        description="How a written line ends.",
        json_schema_extra={"side": "write"},
    )
    decimal: Literal[".", ","] = Field(
        default=".",
        description="The decimal mark of numbers; when reading, blanks may part the thousands.",
    )
    delimiter: Annotated[str, AfterValidator(_single_mark)] = Field(
        default=";",
        description="The character between two columns. A first line sep=X in a file that is read wins.",
    )
    quotechar: Annotated[str, AfterValidator(_single_mark)] = Field(
        default='"',
        description="The character around a value that holds a separator; doubled inside.",
    )
    quoting: Quoting = Field(
        default="minimal",
        description="Which values stand in quotation marks: those that need them, all, or for a reader that knows no "
        "such marks never.",
        json_schema_extra={"side": "write"},
    )
    replace: Replacements = Field(
        default_factory=dict,
        description='Characters and what is written instead; with quoting = "never" the delimiter must be among them.',
        json_schema_extra={"side": "write"},
    )
    header: bool = Field(
        default=True,
        description="Whether the first row holds the headings; those of a layout are the name of each field.",
    )
    fields: tuple[Column, ...] = Field(
        default=(),
        description="The columns of a row that is written for each line of the order.",
        json_schema_extra={"side": "write"},
    )
    record: tuple[ColumnRecord, ...] = Field(
        default=(),
        description="The kinds of row, for files with record types.",
        json_schema_extra={"side": "write"},
    )
    columns: Annotated[Mapping[str, str], AfterValidator(known_columns)] = Field(
        default_factory=dict,
        description="The ERP's heading and our field. Other columns are then ignored; a missing one is a fault.",
        json_schema_extra={"side": "read"},
    )
    positions: Annotated[tuple[str, ...], AfterValidator(_in_order)] = Field(
        default=(),
        description='With header = false: the field of each column from the left; "_" is ignored.',
        json_schema_extra={"side": "read"},
    )

    records: Mapping[str, tuple[RecordField, ...]] = Field(
        default_factory=dict,
        description="For files with record types: the fields of each record by its type, which is its first field; "
        '"_" is ignored. count_of_TYPE is checked, and a file without the record that has it is not whole.',
        json_schema_extra={"side": "read"},
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.delimiter == self.quotechar:
            raise ValueError("delimiter and quotechar are the same character")
        if self.header and self.positions:
            raise ValueError("positions need header = false")
        if self.records and (self.columns or self.positions):
            raise ValueError("records stand beside columns or positions; a file has either")
        check_records(self.records)
        if not self.header and self.columns:
            raise ValueError("columns need header = true")
        if unencodable(self.delimiter + self.quotechar, self.encoding) is not None:
            raise ValueError(f"{self.encoding} cannot write the delimiter or the quotechar")
        if self.quoting == "never":
            check_never(self.delimiter, self.decimal, self.replace)
        if self.fields and self.record:
            raise ValueError("fields stands beside record; write it inside one, or drop record")
        if not _kinds(self):
            check_numbers(self.decimal, self.replace)
        _records(self)
        return self


def build(options: Options) -> Format:
    """The format with these settings."""
    records = _records(options)
    style = replace(flat_style_of(options), replace=table_of(options.replace))
    return _Delimited(options, dialect_of(options), Layout.of(records, style, options))


def _kinds(options: Options) -> tuple[ColumnRecord, ...]:
    return (ColumnRecord(each="line", fields=options.fields),) if options.fields else options.record


def _records(options: Options) -> tuple[Record, ...]:
    """The records of the layout, if there is one; ``ValueError`` for what could not be written."""
    kinds = _kinds(options)
    names = heading_of(kinds)
    if (letter := unencodable("".join(names), options.encoding)) is not None:
        raise ValueError(f'{options.encoding} cannot write the "{letter}" in a heading')
    if any(not name.isprintable() for name in names):
        raise ValueError("a heading holds a line break or another control character")
    if options.header and any(_separates(name, options) for name in names):
        raise ValueError(f'a heading holds the delimiter "{options.delimiter}", and quoting is never')
    return checked(kinds, options, lambda text: _separates(text, options))


def _separates(text: str, options: Options) -> str | None:
    if options.quoting == "never" and options.delimiter in text:
        return f'would write the delimiter "{options.delimiter}", and quoting is never; write it without'
    return None


@dataclass(frozen=True, slots=True)
class _Delimited:
    _options: Options
    _dialect: Dialect
    _layout: Layout | None = None
    extension: str = "csv"

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """The layout's records, else a heading and a row for each line of the order; no value breaks a row."""
        if self._layout is not None:
            return encode(self._text(*self._laid_out(self._layout, order, control, at)), self._options.encoding)
        if not order.lines:
            raise not_renderable("lines", "is empty, and each row is a line", "Have the shop send the order's rows")
        try:
            return encode(self._text(*self._rows(order)), self._options.encoding)
        except UnicodeEncodeError:
            refuse_unencodable("", neutral(order, self._options, " "), self._options.encoding)
            raise

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """The amounts that the layout rounds, and the units that no table of it knows."""
        return self._layout.warnings(order, control, at) if self._layout is not None else ()

    def read(self, content: bytes) -> Reading:
        """The acknowledgements of all rows; the rows of one order make one."""
        rows = table(decode(content, self._options.encoding), self._options.delimiter, self._options.quotechar)
        first = next(rows, None)
        if first is None:
            raise Unreadable("file", "it is empty")
        if self._options.records:
            return reading_of([self._typed(row) for row in chain([first], rows)], self._options.records, self._dialect)
        if self._options.header:
            body = under_headings(first, rows, self._options.columns)
            return fold([self._statement(row, fields) for row, fields in body], self._dialect)
        if not self._options.positions:
            raise Unreadable("line 1", "nothing says which column is which", "Set positions beside header = false")
        return fold([self._statement(row, self._options.positions) for row in chain([first], rows)], self._dialect)

    def recognises(self, content_head: bytes) -> bool:
        """Never: any text could be delimited, so it is what remains when nobody else is sure."""
        return False

    def is_whole(self, content: bytes) -> bool:
        """True when the text ends with a line end, outside quotation marks; with a trailer where one is described."""
        try:
            text = decode(content, self._options.encoding)
            last = deque(table(text, self._options.delimiter, self._options.quotechar), maxlen=1)
        except Unreadable:
            return False
        trailers = trailers_of(self._options.records)
        is_ended = not trailers or any(row.cells[0].strip() in trailers for row in last)
        return is_ended and text.endswith(("\n", "\r"))

    def _rows(self, order: SalesOrder) -> tuple[list[str], list[list[str]]]:
        """Nearly every order can be written as it is; the rest is cleaned or refused, for which fields need names."""
        try:
            heading, body = rows(order_document(order, ZoneInfo(self._options.time_zone)), self._options.decimal)
            is_clean = all("".join(row).isprintable() for row in body)
        except (ValueError, OverflowError):  # a number or a time without bounds, of which neutral knows the name
            is_clean = False
        return (heading, body) if is_clean else rows(neutral(order, self._options, " "), self._options.decimal)

    def _laid_out(
        self, layout: Layout, order: SalesOrder, control: int, at: datetime
    ) -> tuple[list[str], list[list[str]]]:
        rows = flat(layout.rows(order, control, at))
        return heading_of(_kinds(self._options)), [cells_of(row, layout.style) for row in rows]

    def _text(self, heading: list[str], body: list[list[str]]) -> str:
        options, end = self._options, line_end(self._options)
        if options.replace and self._layout is None:
            body = replaced(heading, body, options.replace)
        rows = [heading, *body] if options.header and heading else body
        if options.quoting == "never":
            return unquoted(rows, options.delimiter, end)
        return quoted(rows, options.quoting, Marks(options.delimiter, options.quotechar, end))

    def _typed(self, row: Row) -> Found:
        """A row by the type in its first column."""
        kind = row.cells[0].strip()
        fields = self._options.records.get(kind)
        if fields is None:
            return unknown_record(row.where, f'the record type "{shown(kind)}" is not described in records')
        is_long = any(map(str.strip, row.cells[len(fields) :]))
        stray = ["the row has more columns than its record"] if is_long else []
        return Found(row.where, kind, record_facts(fields, row.cells), stray, may_name(fields))

    def _statement(self, row: Row, fields: Sequence[str]) -> Statement:
        facts = Facts(row.where, facts_of(row, fields), self._dialect)
        if has_stray_cells(row, fields):
            told = "heading" if self._options.header else "positions"
            facts.fault(f"the row has more columns than the {told}; is a separator inside a text not quoted?")
        if len(row.cells) < len(fields) and (remedy := other_delimiter(row)):
            facts.fault(f"the row is one column. {remedy}")
        return statement(facts, is_row=True)
