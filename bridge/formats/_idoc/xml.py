"""IDocs as XML: an element for each segment, inside that of the segment above it.

Not for: parsing (``safexml``), nor what the fields mean.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml import etree

from bridge import safexml
from bridge.formats._idoc.idoc import Contents, Elements, Given, Idoc, Segment, idoc_of
from bridge.formats._idoc.order import Fields, Row
from bridge.formats._idoc.segments import CONTROL, CONTROL_NAME, PARENTS, SEGMENTS, Layout, known_name
from bridge.formats._protocol import Unreadable
from bridge.formats._text import AUTO, decode, shown
from bridge.formats._xml_tree import unreadable
from bridge.safexml import Element, XmlRefused, local_name

_LARGEST = 64 * 1024 * 1024  # the target's max_file is what bounds an answer
_LIMITS = safexml.Limits(size=_LARGEST, elements=2_000_000)
# A document that names its encoding, or whose zero bytes show it.
_SAYS_ITSELF = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\s[^<>]{0,100}?\bencoding|.{0,3}\x00", re.DOTALL)
_ROOT, _IDOC, _MARK = "ORDERS05", "IDOC", "SEGMENT"

# --- writing ----------------------------------------------------------------------------------------------------------


def xml_tree(control: Mapping[str, str], rows: Sequence[Row]) -> Element:
    """The document of one IDoc; empty fields are left out."""
    root = etree.Element(_ROOT)
    idoc = etree.SubElement(root, _IDOC, BEGIN="1")
    _fill(etree.SubElement(idoc, CONTROL_NAME, {_MARK: "1"}), CONTROL, control)
    latest: dict[str, Element] = {}
    for segment, fields in rows:
        above = latest[PARENTS[segment]] if segment in PARENTS else idoc
        latest[segment] = etree.SubElement(above, segment, {_MARK: "1"})
        _fill(latest[segment], SEGMENTS[segment], fields)
    return root


def _fill(element: Element, layout: Layout, fields: Fields) -> None:
    places = layout.places
    for _, name, text in sorted([(places[name], name, text) for name, text in fields.items() if text]):
        etree.SubElement(element, name).text = text


# --- reading ----------------------------------------------------------------------------------------------------------


def root_of(content: bytes, encoding: str) -> Element:
    """The root element; raises ``Unreadable`` for what is no XML."""
    try:
        if encoding == AUTO and _SAYS_ITSELF.match(content):
            return safexml.parse(content, limits=_LIMITS)
        return safexml.parse(decode(content, encoding).encode(), "utf-8", _LIMITS)
    except XmlRefused as refusal:
        raise unreadable(refusal) from refusal


def xml_contents(root: Element) -> Contents:
    """The IDocs of a document; raises ``Unreadable`` for one that has none."""
    idocs = [root] if local_name(root) == _IDOC else [one for one in root if local_name(one) == _IDOC]
    if not idocs:
        raise Unreadable("file", f'the root element "{shown(local_name(root))}" holds no IDOC')
    contents = Contents()
    for number, element in enumerate(idocs, 1):
        try:
            contents.idocs.append(_idoc(element, f"IDoc {number}"))
        except Unreadable as refusal:
            contents.faults.append(refusal.fault)
    return contents


def _idoc(element: Element, where: str) -> Idoc:
    control = next((one for one in element if local_name(one) == CONTROL_NAME), None)
    if control is None:
        raise Unreadable(where, f"it has no control record {CONTROL_NAME}")
    found: list[Given] = []
    for child in element:
        if child is not control and _is_segment(child):
            found.extend(_segments(child, None, (where, len(found))))
    is_nested = any(one.parent is not None for one in found)
    return idoc_of(where, Elements(_fields(control, where)), found, is_nested=is_nested)


def _segments(element: Element, parent: int | None, context: tuple[str, int]) -> Iterator[Given]:
    """The segment of an element and all below it, each with the place of the one above."""
    where, place = context
    at = f"{where}, line {element.sourceline}"
    segment = Segment(known_name(local_name(element)), at, Elements(_fields(element, at)))
    yield Given(segment, parent)
    following = place + 1
    for child in element:
        if _is_segment(child):
            below = list(_segments(child, place, (where, following)))
            following += len(below)
            yield from below


def _is_segment(element: Element) -> bool:
    return element.get(_MARK) is not None or len(element) > 0 or known_name(local_name(element)) in SEGMENTS


def _fields(element: Element, where: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for child in element:
        if not _is_segment(child):
            name = local_name(child)
            if name in fields:
                raise Unreadable(where, f"{shown(name)} stands twice in {local_name(element)}")
            fields[name] = (child.text or "").strip()
    return fields
