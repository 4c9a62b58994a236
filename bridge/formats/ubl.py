"""UBL 2.1: orders as Order, plain or by Peppol BIS Order 3; order responses, despatch advices and invoices as answers.

Not for: where a fact stands in a document (``_ubl``), nor any other XML (``xml``).
"""

import re
from dataclasses import dataclass
from datetime import datetime

from bridge.formats._answer.fold import fold
from bridge.formats._neutral import neutral
from bridge.formats._options import TextOptions, dialect_of, line_end
from bridge.formats._protocol import Format, Unreadable, not_renderable
from bridge.formats._ubl.codes import Codes
from bridge.formats._ubl.documents import root_of, statements_of
from bridge.formats._ubl.options import UblOptions
from bridge.formats._ubl.order import order_of
from bridge.formats._ubl.reading import Reader
from bridge.formats._ubl.rows import roundings
from bridge.formats._ubl.schema import refuse_invalid
from bridge.formats._ubl.scope import Scope
from bridge.formats._ubl.values import Words
from bridge.formats._xml_tree import serialized
from bridge.model import Reading, SalesOrder

__all__ = ["Options", "build"]

_ROOT = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+<[\w.:-]+([^<>]*)", re.DOTALL)
_NAMESPACE = b"urn:oasis:names:specification:ubl:"


class Options(UblOptions):
    """Settings of ``ubl``."""


def build(options: Options) -> Format:
    """The format with these settings."""
    # Codes are turned into our own words by the reader; what the target calls a status is asked for codes alone.
    dialect = dialect_of(TextOptions(unknown_status=options.unknown_status, date=options.date))
    reader = Reader(Codes.of(options.status_map), dialect, is_comma_read=options.decimal == ",")
    return _Ubl(options, Words.of(options.tables()), reader)


@dataclass(frozen=True, slots=True)
class _Ubl:
    _options: Options
    _words: Words
    _reader: Reader
    extension: str = "xml"

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """One Order, checked against the official schema."""
        document = neutral(order, self._options, "\n")
        try:
            root = order_of(Scope.of(order, document, self._words, self._options), at)
        except ValueError as error:
            raise not_renderable("lines", f"cannot be added up: {error}", "Have the shop send sane amounts") from error
        refuse_invalid(root)
        return serialized(root, self._options.encoding, line_end(self._options))

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """The fees and discounts that are rounded to cents."""
        return tuple(roundings(order))

    def read(self, content: bytes) -> Reading:
        """What the document says."""
        return fold(statements_of(root_of(content, self._options.encoding), self._reader), self._reader.dialect)

    def recognises(self, content_head: bytes) -> bool:
        """True for XML whose root element knows the namespaces of UBL."""
        found = _ROOT.match(content_head.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\x00", b""))
        return found is not None and _NAMESPACE in found[1]

    def is_whole(self, content: bytes) -> bool:
        """True when the root element is closed and all in it is well-formed."""
        try:
            root_of(content, self._options.encoding)
        except Unreadable:
            return False
        return True
