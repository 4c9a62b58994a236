"""How the text of a layout is written by one format, and which texts of the layout itself that format could not hold.

Not for: single values (``_layout_values``).
"""

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.formats._layout.filling import Row, notes_of, rows_of
from bridge.formats._layout.options import LEAVE_OUT, FlatOptions, LayoutOptions, RecordOptions
from bridge.formats._layout.plan import Record, plan, texts_of
from bridge.formats._layout.values import Style, digits_of
from bridge.formats._text import AUTO, cleaned, shown, unencodable
from bridge.model import SalesOrder

_UNICODE = ("utf-8", "utf-16", "utf-32", "utf-7")


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout that was found to be in order, the style in which it writes, and whether it may leave lines out."""

    records: tuple[Record, ...]
    style: Style
    leaves_out: bool = False

    @classmethod
    def of(cls, records: tuple[Record, ...], style: Style, options: LayoutOptions) -> "Layout | None":
        """The layout that the settings describe; ``None`` when they describe none."""
        return cls(records, style, options.unmatched_lines == LEAVE_OUT) if records else None

    def rows(self, order: SalesOrder, control: int, at: datetime) -> list[Row]:
        """The records of the order's file; raises ``PermanentError`` by the name of the order's field."""
        return rows_of(self.records, order, (control, at), self.style, leaves_out=self.leaves_out)

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """What a person should know of the file of an order that could be written: amounts rounded, units unknown."""
        has_notes = any(_may_note(record) for record in self.records)
        return notes_of(self.records, order, (control, at), self.style) if has_notes else ()


def _may_note(record: Record) -> bool:
    is_noted = any(cell.is_unit or cell.differs or digits_of(cell) is not None for cell in record.cells)
    return is_noted or any(map(_may_note, record.inner))


def codec_of(encoding: str) -> str | None:
    """The encoding, if there are letters that it lacks."""
    is_whole = encoding == AUTO or codecs.lookup(encoding).name.startswith(_UNICODE)
    return None if is_whole else encoding


def flat_style_of(options: FlatOptions) -> Style:
    """The style of plain text, which cannot escape a letter that its encoding lacks."""
    return Style(
        zone=ZoneInfo(options.time_zone),
        codec=codec_of(options.encoding),
        unencodable=options.unencodable,
        decimal=options.decimal,
    )


def checked(
    records: Sequence[RecordOptions],
    options: LayoutOptions,
    objection: Callable[[str], str | None] = lambda _: None,
) -> tuple[Record, ...]:
    """The records ready to be written; ``ValueError`` with every fault.

    ``objection`` says why the format cannot hold a text that the layout itself would write.
    """
    made = plan(records, options)
    faults = []
    for place, text in texts_of(records, options):
        reason = _unfit(text, options.encoding) or objection(text)
        if reason:
            faults.append(f'{place}: "{shown(text)}" {reason}')
    if faults:
        raise ValueError("; ".join(dict.fromkeys(faults)))
    return made


def _unfit(text: str, encoding: str) -> str | None:
    if cleaned(text, " ") != text:
        return "holds a line break or another control character"
    letter = unencodable(text, encoding)
    return None if letter is None else f'holds "{shown(letter)}", which {encoding} cannot write'
