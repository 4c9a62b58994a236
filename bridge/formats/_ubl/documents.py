"""Which documents an ERP may answer with, and the root element of one.

Not for: reading any of them (``responses``, ``papers``, ``receipts``).
"""

import re
from collections.abc import Callable, Mapping

from lxml import etree

from bridge import safexml
from bridge.formats._answer.fields import Statement
from bridge.formats._protocol import Unreadable
from bridge.formats._text import AUTO, decode, shown
from bridge.formats._ubl.names import namespace_of
from bridge.formats._ubl.papers import despatch, invoice
from bridge.formats._ubl.reading import Reader
from bridge.formats._ubl.receipts import receipt
from bridge.formats._ubl.responses import cancellation, response, simple_response
from bridge.formats._xml_tree import unreadable
from bridge.safexml import Element, XmlRefused, local_name

_LARGEST = 64 * 1024 * 1024  # the target's max_file is what bounds an answer
_LIMITS = safexml.Limits(size=_LARGEST, elements=2_000_000)
# A document that names its encoding, or whose zero bytes show it.
_SAYS_ITSELF = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\s[^<>]{0,100}?\bencoding|.{0,3}\x00", re.DOTALL)
_KINDS: Mapping[str, Callable[[Element, Reader], list[Statement]]] = {
    "OrderResponse": response,
    "OrderResponseSimple": simple_response,
    "OrderCancellation": cancellation,
    "DespatchAdvice": despatch,
    "Invoice": invoice,
    "CreditNote": invoice,
    "ApplicationResponse": receipt,
}


def root_of(content: bytes, encoding: str) -> Element:
    """The root element of a file; raises ``Unreadable`` for what is no XML, or holds a document type."""
    try:
        if encoding == AUTO and _SAYS_ITSELF.match(content):
            return safexml.parse(content, limits=_LIMITS)
        return safexml.parse(decode(content, encoding).encode(), "utf-8", _LIMITS)
    except XmlRefused as refusal:
        raise unreadable(refusal) from refusal


def statements_of(root: Element, reader: Reader) -> list[Statement]:
    """What a document says; raises ``Unreadable`` for one that is no answer, or that cannot be understood."""
    name = local_name(root)
    read = _KINDS.get(name)
    if read is None or etree.QName(root).namespace != namespace_of(name):
        raise Unreadable("root element", f'"{shown(name)}" is no answer in UBL; {", ".join(_KINDS)} are read')
    return read(root, reader)
