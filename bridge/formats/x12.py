"""ANSI X12 004010: orders as 850; 855, 856, 810, 997 and TA1 as answers.

Not for: separators (``_edi/tokens``), envelopes (``_x12/envelope``) or what a code means (``_x12/codes``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.formats._answer.fold import fold
from bridge.formats._edi.tokens import Part
from bridge.formats._neutral import neutral
from bridge.formats._options import TextOptions, dialect_of
from bridge.formats._protocol import Format, Unreadable, not_renderable
from bridge.formats._text import encode
from bridge.formats._x12.codes import Codes
from bridge.formats._x12.elements import Elements
from bridge.formats._x12.envelope import contents, enveloped
from bridge.formats._x12.options import X12Options
from bridge.formats._x12.order import Head
from bridge.formats._x12.parts import Reader
from bridge.formats._x12.rows import Rows
from bridge.formats._x12.sets import statements_of
from bridge.model import Reading, SalesOrder

__all__ = ["Options", "build"]

_BEGINS = re.compile(rb"ISA([^A-Za-z0-9\s])[0-9A-Z]{2}\1")
_MARKS = b"\xef\xbb\xbf\xff\xfe \t\r\n"


class Options(X12Options):
    """Settings of ``x12``."""


def build(options: Options) -> Format:
    """The format with these settings."""
    return _X12(options, Elements(options.values()))


@dataclass(frozen=True, slots=True)
class _X12:
    _options: Options
    _elements: Elements
    extension: str = "x12"

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """One interchange with one 850; ISA, GS and their ends carry the control number."""
        try:
            rows = list(self._rows(order, at))
        except ValueError as error:
            raise not_renderable("lines", f"cannot be added up: {error}", "Have the shop send sane amounts") from error
        return encode(enveloped(rows, control, at, self._options), self._elements.values.letters.codec)

    def _rows(self, order: SalesOrder, at: datetime) -> Iterator[Sequence[Part]]:
        document = neutral(order, self._options, " ")
        head = Head(order, document, self._elements, self._options)
        body = Rows(order, document, self._elements, self._options)
        yield from head.before_charges(at)
        yield from body.charges()
        yield from head.behind_charges()
        yield from body.tax()
        yield from head.texts_and_parties()
        yield from body.lines()
        yield from body.totals()

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """A sentence for each charge whose amount is rounded: SAC has whole cents."""
        rows = Rows(order, {}, self._elements, self._options)
        return tuple(f"{path} was rounded to cents, which is what X12 has room for" for path in rows.rounded())

    def read(self, content: bytes) -> Reading:
        """What each set of each interchange says."""
        options = self._options
        found = contents(content, options.encoding)
        # Codes were turned into our own words by then; what the target calls a status is asked for codes alone.
        dialect = dialect_of(TextOptions(unknown_status=options.unknown_status))
        reader = Reader(Codes.of(options.status_map), dialect, options.decimal, options.date)
        statements, faults = [], list(found.faults)
        for one in found.sets:
            try:
                statements += statements_of(one, reader)
            except Unreadable as refusal:
                faults.append(refusal.fault)
        reading = fold(statements, dialect)
        return Reading(reading.acknowledgements, tuple(dict.fromkeys((*faults, *reading.faults))))

    def recognises(self, content_head: bytes) -> bool:
        """True for a file that begins with ISA."""
        head = content_head[:64].replace(b"\x00", b"").lstrip(_MARKS)
        return _BEGINS.match(head) is not None

    def is_whole(self, content: bytes) -> bool:
        """True when each interchange has its end."""
        try:
            return contents(content, self._options.encoding).is_closed
        except Unreadable:
            return False
