"""Bytes as Norce sends them become one plain document, whether they were JSON, XML or SOAP.

A document is what JSON knows: groups, lists, text, true and false, nothing; numbers stay the text they were written
as. Not for: which fields there are, except the names of lists, without which XML cannot be told (``wire`` has them).
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bridge import safexml
from bridge.norce.faults import shown, unreadable
from bridge.safexml import Element, XmlRefused

Document: TypeAlias = "dict[str, Document] | list[Document] | str | bool | None"

DEEPEST = 50
"""Groups and lists inside each other that a JSON body may have; an order has seven."""

MOST_BRACKETS = 500_000
"""Those of an order with ten thousand rows are a third of this."""

_MEDIA = {
    "application/json": "json",
    "text/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^"'\s;]+)""", re.IGNORECASE)
_ENVELOPE = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+<(?:[\w.-]{1,40}:)?Envelope[\s/>]", re.DOTALL)
_STRINGS = re.compile(r'"(?:[^"\\]++|\\.?)*+(?:"|\Z)', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")
# Outer elements whose children are rows, whatever these are called (`norce/connect.md` 3).
_LISTS_OF_TEXT = frozenset({"DeliveryCodes", "PaymentCodes", "PriceListCodes", "PricelistCodes"})
_LISTS = _LISTS_OF_TEXT | {
    "AdditionalInfo",
    "Addresses",
    "Discounts",
    "Fees",
    "Items",
    "Payments",
    "PriceLists",
    "Promotions",
}
# Elements that hold fields: an empty one is nobody, not an empty text (`<Company />` of a private buyer).
_GROUPS = frozenset(
    {"Address", "BillTo", "Company", "Header", "Person", "PickupStore", "SellTo", "ShipTo", "ShippingAdvice"},
)


class BodyKind(StrEnum):
    """How an order is written, and so how it is answered."""

    JSON = "json"
    XML = "xml"
    SOAP = "soap"


@dataclass(frozen=True, slots=True)
class Content:
    """What a body is said to be; ``charset`` as the sender named it."""

    kind: BodyKind
    charset: str | None = None


class _NotJsonError(ValueError):
    """JSON that is not taken, in words that quote next to nothing."""


def content_of(header: str | None, body: bytes, forced: BodyKind | None = None) -> Content | None:
    """What a body is, by force of its route, else by ``Content-Type``, else by its first byte; ``None`` if unknown.

    ``text/xml; charset=iso-8859-1`` and its like are understood; a SOAP envelope makes XML to SOAP.
    """
    label = header or ""
    named = _MEDIA.get(label.partition(";")[0].strip().lower())
    if forced is None and label.strip() and named is None:
        return None
    kind = forced or (BodyKind(named) if named else _kind_by_look(body))
    if kind is BodyKind.XML and _ENVELOPE.match(_start(body)):
        kind = BodyKind.SOAP
    charset = _CHARSET.search(label)
    return Content(kind, charset[1] if charset else None) if kind else None


def document_of(body: bytes, content: Content) -> Document:
    """The document in a body; raises ``PermanentError`` *order_unreadable*."""
    if not body.strip():
        raise unreadable("", "it is empty")
    try:
        if content.kind is BodyKind.JSON:
            return _from_json(safexml.text_of(body, content.charset))
        return _from_xml(safexml.parse(body, content.charset))
    except json.JSONDecodeError as error:
        where, what = f"line {error.lineno}, column {error.colno}", f"not JSON ({error.msg})"
        if error.doc.lstrip().startswith("<"):
            where, what = "", "it looks like XML, but its Content-Type or address says JSON"
    except _NotJsonError as error:
        where, what = "", str(error)
    except XmlRefused as error:
        where, what = error.where, error.what
    raise unreadable(where, what)  # out here: a JSON error carries the whole body along


def _start(body: bytes) -> bytes:
    """The first signs, without byte order mark, blanks, and the zero bytes of UTF-16."""
    return body[:4096].replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n")


def _kind_by_look(body: bytes) -> BodyKind | None:
    start = _start(body)
    if start.startswith((b"{", b"[")):
        return BodyKind.JSON
    return BodyKind.XML if start.startswith(b"<") else None


def _from_json(text: str) -> Document:
    _refuse_crowds(text)
    document: Document = json.loads(
        text,
        parse_float=str,
        parse_int=str,
        parse_constant=_refuse_constant,
        object_pairs_hook=_group,
    )
    if not isinstance(document, dict):
        raise _NotJsonError("it is JSON, but not one order in braces")
    return document


def _refuse_crowds(text: str) -> None:
    """Looks at the brackets outside strings only, before the parser climbs down."""
    if text.count("{") + text.count("[") <= DEEPEST:  # too few to do harm, wherever they stand
        return
    brackets = _NO_BRACKETS.sub("", _STRINGS.sub("", text))
    if len(brackets) > MOST_BRACKETS:
        raise _NotJsonError(f"it has more than {MOST_BRACKETS} brackets")
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            raise _NotJsonError(f"groups and lists lie more than {DEEPEST} deep in each other")


def _refuse_constant(name: str) -> str:
    raise _NotJsonError(f"it says {name}, which is not a number in JSON")


def _group(pairs: list[tuple[str, Document]]) -> dict[str, Document]:
    group = dict(pairs)
    if len(group) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise _NotJsonError(f"the field {shown(name)} is given twice in one group")
    return group


def _from_xml(root: Element) -> Document:
    if safexml.local_name(root) == "Envelope":
        root = _request_in(root)
    elif safexml.local_name(root) != "OrderRequest":
        raise XmlRefused("", f"the document is {shown(safexml.local_name(root))}, not OrderRequest")
    return _row(root, is_text=False) or {}


def _request_in(envelope: Element) -> Element:
    """The order in a SOAP call: Body, CreateOrder, request (``norce/connect.md`` 3)."""
    place = envelope
    for name in ("Body", "CreateOrder", "request"):
        inner = next((child for child in place if safexml.local_name(child) == name), None)
        if inner is None:
            raise XmlRefused("", f"the SOAP envelope has no {name} where the order should be")
        place = inner
    return place


def _value(element: Element) -> Document:
    """What an element holds: nil is nothing, empty is empty text, a name that comes twice is a list."""
    if safexml.is_nil(element):
        return None
    name = safexml.local_name(element)
    if name in _LISTS:
        return [_row(child, is_text=name in _LISTS_OF_TEXT) for child in element]
    if len(element):
        return _fields(element)
    text = element.text or ""
    return None if name in _GROUPS and not text.strip() else text


def _row(element: Element, *, is_text: bool) -> Document:
    """A row of a list; an empty element is a group without fields, as a DataContract reader has it."""
    is_empty = len(element) == 0 and not (element.text or "").strip()
    return {} if is_empty and not is_text and not safexml.is_nil(element) else _value(element)


def _fields(element: Element) -> dict[str, Document]:
    values: dict[str, list[Document]] = {}
    for child in element:
        values.setdefault(safexml.local_name(child), []).append(_value(child))
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}
