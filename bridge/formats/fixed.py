"""Orders as records of fixed width, by a layout or one of our own; answers as such records.

Not for: what a layout can say (``_layout_options``).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from bridge.formats._allowance import LEAST_ROW, Allowance
from bridge.formats._answer.records import check_records, reading_of, trailers_of
from bridge.formats._layout.filling import flat
from bridge.formats._layout.fixed import FixedField, PlaceRecord, are_records, check_widths, found_in, is_of, line_of
from bridge.formats._layout.options import LEAVE_OUT, FlatOptions
from bridge.formats._layout.style import Layout, checked, flat_style_of
from bridge.formats._options import Dialect, dialect_of, line_end
from bridge.formats._protocol import Format, Unreadable
from bridge.formats._text import decode, encode
from bridge.model import Reading, SalesOrder

__all__ = ["Options", "build"]

# What is written and read when the settings describe nothing.
_HEAD: tuple[Mapping[str, object], ...] = (
    {"const": "H", "width": 1},
    {"from": "order_ref", "width": 35},
    {"from": "ordered_at", "date": "%Y%m%d", "width": 8},
    {"from": "currency", "width": 3},
    {"from": "customer_order_ref", "width": 35},
    {"from": "sold_to.code", "width": 35},
    {"from": "ship_to.name", "width": 60, "overflow": "cut"},
    {"from": "ship_to.street", "width": 60, "overflow": "cut"},
    {"from": "ship_to.zip", "width": 12},
    {"from": "ship_to.city", "width": 40, "overflow": "cut"},
    {"from": "ship_to.country", "width": 3},
    {"from": "delivery.method", "width": 35},
    {"from": "comment", "width": 70, "overflow": "split", "parts": 2},
)
_LINE: tuple[Mapping[str, object], ...] = (
    {"const": "L", "width": 1},
    {"from": "line_no", "width": 7, "pad": "0"},
    {"from": "part_no", "width": 35},
    {"from": "text", "width": 60, "overflow": "cut"},
    {"from": "qty", "width": 15, "implied": 3, "pad": "0"},
    {"from": "unit", "width": 10},
    {"from": "unit_price", "width": 15, "implied": 4, "pad": "0"},
    {"from": "line_net", "width": 15, "implied": 2, "pad": "0"},
)
_TAIL: tuple[Mapping[str, object], ...] = (
    {"const": "T", "width": 1},
    {"from": "count_of_L", "width": 7, "pad": "0"},
)
_OWN_RECORDS = tuple(
    PlaceRecord.model_validate({"each": each, "fields": fields})
    for each, fields in (("order", _HEAD), ("line", _LINE), ("order", _TAIL))
)
_OWN_ANSWER: Mapping[str, tuple[tuple[str, int, int], ...]] = {
    "H": (("type", 1, 0), ("order_ref", 35, 0), ("erp_order_no", 35, 0), ("status", 20, 0), ("reason", 70, 0)),
    "L": (
        ("type", 1, 0),
        ("line_no", 7, 0),
        ("part_no", 35, 0),
        ("qty_confirmed", 15, 3),
        ("date", 8, 0),
        ("status", 20, 0),
    ),
    "T": (("type", 1, 0), ("count_of_H", 7, 0)),
}
_OWN_FIELDS = {
    kind: tuple(FixedField(name=name, width=width, implied=implied) for name, width, implied in fields)
    for kind, fields in _OWN_ANSWER.items()
}


class Options(FlatOptions):
    """Settings of ``fixed``."""

    newline: Literal["lf", "crlf"] = Field(
        default="crlf",
        description="How a written line ends, unless record_length says that lines do not end.",
        json_schema_extra={"side": "write"},
    )
    decimal: Literal[".", ","] = Field(
        default=".",
        description="The decimal mark of numbers that have one; when reading, blanks may part the thousands.",
    )
    record_length: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="Letters of each record in a file without line ends; 0: each record is a line.",
    )
    record: tuple[PlaceRecord, ...] = Field(
        default=(),
        description="The records that are written.",
        json_schema_extra={"side": "write"},
    )
    records: Mapping[str, tuple[FixedField, ...]] = Field(
        default_factory=dict,
        description="The records that are read by their type, which is their first field; a field has name, width and "
        'implied, "_" is ignored. count_of_TYPE is checked, and a file without the record that has it is not whole.',
        json_schema_extra={"side": "read"},
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_records(self.records)
        check_widths(self.record, self.record_length)
        checked(self.record, self)
        return self


def build(options: Options) -> Format:
    """The format with these settings."""
    records = checked(options.record or _OWN_RECORDS, options)
    # Blanks around a value are lost among those that fill it up, so a reference that has them is refused.
    style = replace(flat_style_of(options), passes=str.strip)
    return _Fixed(options, dialect_of(options), Layout(records, style, options.unmatched_lines == LEAVE_OUT))


@dataclass(frozen=True, slots=True)
class _Fixed:
    _options: Options
    _dialect: Dialect
    _layout: Layout
    extension: str = "txt"

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """The layout's records, each value in its place."""
        length = self._options.record_length
        end = "" if length else line_end(self._options)
        rows = flat(self._layout.rows(order, control, at))
        text = "".join(line_of(row, self._layout.style, length) + end for row in rows)
        return encode(text, self._options.encoding)

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """The amounts that the layout rounds, and the units that no table of it knows."""
        return self._layout.warnings(order, control, at)

    def read(self, content: bytes) -> Reading:
        """The acknowledgements of all records; those of one order make one."""
        text = decode(content, self._options.encoding)
        lines = Allowance(len(text), LEAST_ROW, "records").over(self._lines(text))
        found = found_in(lines, self._described(), self._options.decimal)
        if not found:
            raise Unreadable("file", "it is empty")
        return reading_of(found, self._options.records, self._dialect)

    def recognises(self, content_head: bytes) -> bool:
        """True when each whole line begins with a record's type and the first has just that record's width."""
        whole = content_head.decode("utf-8", "replace").replace("\r\n", "\n").rpartition("\n")[0]
        return not self._options.record_length and are_records(whole.split("\n"), self._described())

    def is_whole(self, content: bytes) -> bool:
        """True when the text ends with a line end, or behind a whole record; with a trailer where one is described."""
        try:
            text = decode(content, self._options.encoding)
        except Unreadable:
            return False
        length = self._options.record_length
        if length:
            return bool(text.strip()) and len(text.rstrip("\r\n")) % length == 0 and self._has_trailer(text)
        return text.endswith(("\n", "\r")) and self._has_trailer(text)

    def _has_trailer(self, text: str) -> bool:
        """True unless the settings describe a trailer and something else stands last."""
        records = self._options.records
        last = deque(self._lines(text), maxlen=1)
        trailers = trailers_of(records)
        return not trailers or any(is_of(line, kind, records[kind]) for _, line in last for kind in trailers)

    def _described(self) -> Mapping[str, tuple[FixedField, ...]]:
        return self._options.records or _OWN_FIELDS

    def _lines(self, text: str) -> Iterator[tuple[str, str]]:
        length = self._options.record_length
        if length:
            bare = text.rstrip("\r\n")
            parts = (bare[at : at + length] for at in range(0, len(bare), length))
            return ((f"record {number}", part) for number, part in enumerate(parts, 1) if part.strip())
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return ((f"line {number}", line) for number, line in enumerate(lines, 1) if line.strip())
