"""Orders as text with separators, a heading and a row a line; answers as such rows.

Not for: record types; such a layout comes with settings of its own.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from bridge.formats._columns import rows
from bridge.formats._document import order_document
from bridge.formats._fields import Facts, Statement, statement
from bridge.formats._fold import fold
from bridge.formats._heading import facts_of, fields_by_heading, has_stray_cells, known_columns, known_fields
from bridge.formats._neutral import neutral, refuse_unencodable
from bridge.formats._options import Dialect, TextOptions, dialect_of, line_end
from bridge.formats._protocol import Format, Unreadable, not_renderable
from bridge.formats._table import Row, table
from bridge.formats._text import decode, encode, unencodable
from bridge.model import Reading, SalesOrder

__all__ = ["Options", "build"]


def _single_mark(text: str) -> str:
    if len(text) != 1 or text.isalnum() or text in "\r\n\x00+-":
        raise ValueError("it is one character, neither a letter, a digit, a sign nor a line end")
    return text


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(known_fields(names))


class Options(TextOptions):
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
    header: bool = Field(
        default=True,
        description="Whether the first row holds the headings.",
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

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.delimiter == self.quotechar:
            raise ValueError("delimiter and quotechar are the same character")
        if self.header and self.positions:
            raise ValueError("positions need header = false")
        if not self.header and self.columns:
            raise ValueError("columns need header = true")
        if unencodable(self.delimiter + self.quotechar, self.encoding) is not None:
            raise ValueError(f"{self.encoding} cannot write the delimiter or the quotechar")
        return self


def build(options: Options) -> Format:
    """The format with these settings."""
    return _Delimited(options, dialect_of(options))


@dataclass(frozen=True, slots=True)
class _Delimited:
    _options: Options
    _dialect: Dialect
    extension: str = "csv"

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """A heading and a row for each line of the order, its own facts repeated; no value breaks a row."""
        if not order.lines:
            raise not_renderable("lines", "is empty, and each row is a line", "Have the shop send the order's rows")
        try:
            return encode(self._text(*self._rows(order)), self._options.encoding)
        except UnicodeEncodeError:
            refuse_unencodable("", neutral(order, self._options, " "), self._options.encoding)
            raise

    def read(self, content: bytes) -> Reading:
        """The acknowledgements of all rows; the rows of one order make one."""
        found = table(decode(content, self._options.encoding), self._options.delimiter, self._options.quotechar)
        if not found:
            raise Unreadable("file", "it is empty")
        if not self._options.header:
            return self._reading(found, self._options.positions)
        heading, *body = found
        fields = fields_by_heading(heading, self._options.columns)
        # Files that an ERP appends to may repeat their heading.
        return self._reading([row for row in body if row.cells != heading.cells], fields)

    def recognises(self, content_head: bytes) -> bool:
        """Never: any text could be delimited, so it is what remains when nobody else is sure."""
        return False

    def is_whole(self, content: bytes) -> bool:
        """True when the text ends with a line end, outside quotation marks."""
        try:
            text = decode(content, self._options.encoding)
            table(text, self._options.delimiter, self._options.quotechar)
        except Unreadable:
            return False
        return text.endswith(("\n", "\r"))

    def _rows(self, order: SalesOrder) -> tuple[list[str], list[list[str]]]:
        """Nearly every order can be written as it is; the rest is cleaned or refused, for which fields need names."""
        try:
            heading, body = rows(order_document(order, ZoneInfo(self._options.time_zone)), self._options.decimal)
            is_clean = all("".join(row).isprintable() for row in body)
        except ValueError:
            is_clean = False
        return (heading, body) if is_clean else rows(neutral(order, self._options, " "), self._options.decimal)

    def _text(self, heading: list[str], body: list[list[str]]) -> str:
        text = io.StringIO(newline="")
        writer = csv.writer(
            text,
            delimiter=self._options.delimiter,
            quotechar=self._options.quotechar,
            lineterminator=line_end(self._options),
        )
        writer.writerows([heading, *body] if self._options.header else body)
        return text.getvalue()

    def _reading(self, body: list[Row], fields: list[str] | tuple[str, ...]) -> Reading:
        if not fields:
            raise Unreadable("line 1", "nothing says which column is which", "Set positions beside header = false")
        return fold([self._statement(row, fields) for row in body], self._dialect)

    def _statement(self, row: Row, fields: list[str] | tuple[str, ...]) -> Statement:
        facts = Facts(row.where, facts_of(row, fields), self._dialect)
        if has_stray_cells(row, fields):
            facts.fault("the row has more columns than the heading; is a separator inside a text not quoted?")
        return statement(facts, is_row=True)
