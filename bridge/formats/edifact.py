"""UN/EDIFACT: orders as ORDERS of D.96A or D.01B; ORDRSP, DESADV, INVOIC, CONTRL and APERAK as answers.

Not for: separators (``_edi_tokens``), envelopes (``_edifact_envelope``) or what a code means (``_edifact_codes``).
"""

import re
from dataclasses import dataclass
from datetime import datetime

from bridge.formats._answer.fold import fold
from bridge.formats._edi.values import Values
from bridge.formats._edifact.answer import Reader
from bridge.formats._edifact.codes import Codes
from bridge.formats._edifact.envelope import contents, enveloped
from bridge.formats._edifact.messages import statements_of
from bridge.formats._edifact.options import EdifactOptions
from bridge.formats._edifact.order import Head
from bridge.formats._edifact.rows import Rows
from bridge.formats._neutral import neutral
from bridge.formats._options import TextOptions, dialect_of
from bridge.formats._protocol import Format, Unreadable, not_renderable
from bridge.formats._text import encode
from bridge.model import Reading, SalesOrder

__all__ = ["Options", "build"]

_BEGINS = re.compile(rb"UNA[^A-Za-z0-9]{4}|UNB[^A-Za-z0-9]UN")
_MARKS = b"\xef\xbb\xbf\xff\xfe \t\r\n"


class Options(EdifactOptions):
    """Settings of ``edifact``."""


def build(options: Options) -> Format:
    """The format with these settings."""
    return _Edifact(options, options.values())


@dataclass(frozen=True, slots=True)
class _Edifact:
    _options: Options
    _values: Values
    extension: str = "edi"

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """One interchange with one ORDERS; UNB carries the control number."""
        options, values = self._options, self._values
        document = neutral(order, options, " ")
        try:
            head, body = Head(order, document, values, options), Rows(order, document, values, options)
            rows = [*head.rows(at), *body.charges(), *body.lines(), *body.totals()]
        except ValueError as error:
            raise not_renderable("lines", f"cannot be added up: {error}", "Have the shop send sane amounts") from error
        return encode(enveloped(rows, control, at, options), values.letters.codec)

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """The units that the table of units does not know."""
        del control, at
        return Rows(order, {}, self._values, self._options).unknown_units()

    def read(self, content: bytes) -> Reading:
        """What each message of each interchange says."""
        found = contents(content, self._options.encoding)
        # Codes were turned into our own words by then; what the target calls a status is asked for codes alone.
        dialect = dialect_of(TextOptions(unknown_status=self._options.unknown_status))
        reader = Reader(Codes.of(self._options.status_map), dialect, self._options.erp_number_from_bgm)
        statements, faults = [], list(found.faults)
        for message in found.messages:
            try:
                statements += statements_of(message, reader)
            except Unreadable as refusal:
                faults.append(refusal.fault)
        reading = fold(statements, dialect)
        return Reading(reading.acknowledgements, tuple(dict.fromkeys((*faults, *reading.faults))))

    def recognises(self, content_head: bytes) -> bool:
        """True for a file that begins with UNA or UNB."""
        head = content_head[:64].replace(b"\x00", b"").lstrip(_MARKS)
        return _BEGINS.match(head) is not None

    def is_whole(self, content: bytes) -> bool:
        """True when each interchange has its end."""
        try:
            return contents(content, self._options.encoding).is_closed
        except Unreadable:
            return False
