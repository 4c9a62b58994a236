"""SAP IDocs: orders as ORDERS05, flat or XML; ORDRSP, DELVRY, INVOIC, ALEAUD and STATUS as answers in either shape.

Not for: fields and their columns (``_idoc/segments``), files (``_idoc/flat``, ``_idoc/xml``) or what a code means
(``_idoc/codes``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.formats._answer.fold import fold
from bridge.formats._idoc.codes import Codes
from bridge.formats._idoc.facts import Reader
from bridge.formats._idoc.flat import flat_contents, flat_file
from bridge.formats._idoc.idoc import Contents
from bridge.formats._idoc.messages import statements_of
from bridge.formats._idoc.options import IdocOptions
from bridge.formats._idoc.order import Head, Row
from bridge.formats._idoc.rows import Rows
from bridge.formats._idoc.segments import CONTROL_NAME
from bridge.formats._idoc.values import Values
from bridge.formats._idoc.xml import root_of, xml_contents, xml_tree
from bridge.formats._neutral import neutral
from bridge.formats._options import TextOptions, dialect_of, line_end
from bridge.formats._protocol import Format, Unreadable, not_renderable
from bridge.formats._text import AUTO, decode
from bridge.formats._xml_tree import serialized
from bridge.model import Reading, SalesOrder

__all__ = ["Options", "build"]

_MARKS = b"\xef\xbb\xbf\xff\xfe \t\r\n"
_FLAT = CONTROL_NAME.encode()
_PROLOG = rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+"
_NAME = rb"<(?:[\w.-]+:)?"
_XML = re.compile(
    _PROLOG + rb"(?:" + _NAME + rb"[\w.-]+(?:\s[^<>]*)?>" + _PROLOG + rb")?" + _NAME + rb"IDOC[\s>/]", re.DOTALL
)
_PARTNERS = ("SNDPOR", "SNDPRT", "SNDPFC", "SNDPRN", "RCVPOR", "RCVPRT", "RCVPFC", "RCVPRN")
_SETTINGS = (*_PARTNERS, "DOCREL", "CIMTYP", "MESCOD", "MESFCT")


class Options(IdocOptions):
    """Settings of ``idoc``."""


def build(options: Options) -> Format:
    """The format with these settings."""
    return _Idoc(options, options.values(), "idoc" if options.variant == "flat" else "xml")


@dataclass(frozen=True, slots=True)
class _Idoc:
    _options: Options
    _values: Values
    extension: str

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """One IDoc; DOCNUM is the control number."""
        rows, _ = self._rows(order, at)
        record = self._control(order, control, at)
        options = self._options
        if options.variant == "xml":
            return serialized(xml_tree(record, rows), options.encoding, line_end(options))
        return flat_file(record, rows, self._values, options).encode(self._values.letters.codec)

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """The facts that an IDoc has no field for."""
        return tuple(self._rows(order, at)[1])

    def read(self, content: bytes) -> Reading:
        """What each IDoc of a file says."""
        options = self._options
        found = self._contents(content)
        # Codes were turned into our own words by then; what the target calls a status is asked for codes alone.
        dialect = dialect_of(TextOptions(unknown_status=options.unknown_status, decimal=options.decimal))
        codes = Codes.of(options.status_map)
        reader = Reader(codes, dialect, options.erp_number_from_belnr, options.invoice_types)
        statements, faults = [], list(found.faults)
        for idoc in found.idocs:
            try:
                statements += statements_of(idoc, reader, options.message_types)
            except Unreadable as refusal:
                faults.append(refusal.fault)
        reading = fold(statements, dialect)
        return Reading(reading.acknowledgements, tuple(dict.fromkeys((*faults, *reading.faults))))

    def recognises(self, content_head: bytes) -> bool:
        """True for a file that begins with a control record, and for XML whose root holds an IDOC."""
        head = content_head.replace(b"\x00", b"").lstrip(_MARKS)
        return head.startswith(_FLAT) or _XML.match(head) is not None

    def is_whole(self, content: bytes) -> bool:
        """True when the last record is ended, or the root element closed."""
        try:
            if _is_xml(content):
                root_of(content, self._options.encoding)
                return True
            return decode(content, self._options.encoding).endswith(("\n", "\r"))
        except Unreadable:
            return False

    def _contents(self, content: bytes) -> Contents:
        encoding = self._options.encoding
        if _is_xml(content):
            return xml_contents(root_of(content, encoding))
        text = decode(content, encoding).lstrip("\r\n")
        # A letter of a code page other than UTF-8 is one byte, so characters and bytes are the same there.
        is_narrow = self._options.count == "characters" or (encoding == AUTO and not _is_utf8(content))
        if not text:
            raise Unreadable("file", "it is empty")
        return flat_contents(text, "" if is_narrow else self._options.codec())

    def _rows(self, order: SalesOrder, at: datetime) -> tuple[list[Row], list[str]]:
        document = neutral(order, self._options, " ")
        head = Head(order, document, self._values, self._options)
        body = Rows(order, document, self._values, self._options)
        try:
            parts = (head.before_charges(at), body.charges(), head.after_charges(at), body.items(), body.totals())
            rows = [row for part in parts for row in part]
        except ValueError as error:
            raise not_renderable("lines", f"cannot be added up: {error}", "Have the shop send sane amounts") from error
        return rows, head.warnings

    def _control(self, order: SalesOrder, control: int, at: datetime) -> Mapping[str, str]:
        """The fields of the control record; ARCKEY names the order to whoever looks at the IDoc in SAP."""
        options, moment = self._options, at.astimezone(ZoneInfo(self._options.time_zone))
        return {
            "TABNAM": CONTROL_NAME,
            "MANDT": options.client,
            "DOCNUM": f"{control:016}",
            "DIRECT": "2",
            "TEST": "X" if options.test_indicator else "",
            "IDOCTYP": "ORDERS05",
            "MESTYP": "ORDERS",
            **{name: str(getattr(options, name.lower())) for name in _SETTINGS},
            "CREDAT": self._values.day(moment),
            "CRETIM": f"{moment:%H%M%S}",
            "ARCKEY": self._values.code("order_ref", order.order_ref, f"{CONTROL_NAME}-ARCKEY"),
        }


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_xml(content: bytes) -> bool:
    return content[:64].replace(b"\x00", b"").lstrip(_MARKS).startswith(b"<")
