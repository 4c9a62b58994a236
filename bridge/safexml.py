"""The one XML parser and serializer: bytes from strangers become a tree of bounded size, trees become clean bytes.

Nothing that XML can make an unwary reader do is done here: no document type, no entities, no network, no depth, no
crowds (``notes/reliability.md`` 5). Not for: what the elements mean; rooms read the tree and put :class:`XmlRefused`
into words of their own.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml gives its element class no public name


class Nil(Enum):
    """The one value of :data:`NIL`."""

    NIL = "true"


NIL: Final = Nil.NIL
"""Content that is said to be missing (``xsi:nil``), which is not the same as an empty element."""

INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
"""The namespace of ``nil``; usually under the prefix ``i`` or ``xsi``."""

Content: TypeAlias = "str | tuple[tuple[str, Content], ...] | Nil | None"
"""What stands inside an element that is built: text, elements (name and content each), nothing, or :data:`NIL`."""

_NIL = f"{{{INSTANCE}}}nil"
_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_DECLARATION = re.compile(r"""\s*<\?xml\s[^>]{0,100}?\bencoding\s*=\s*["']([^"'<>]{1,40})["']""")
_PROLOG = re.compile(r"(?:\s++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class XmlRefused(ValueError):  # noqa: N818 - a verdict on somebody's bytes, not an error of ours
    """Bytes that are not taken as XML, or text that XML cannot carry: where, and what is wrong there.

    Neither quotes more than a few characters of the input.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.where = where
        self.what = what


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a document may hold; no order and no answer of an ERP comes near."""

    size: int = 16 * 1024 * 1024
    depth: int = 64
    elements: int = 200_000
    attributes: int = 100


DEFAULT_LIMITS = Limits()


def parse(raw: bytes, charset: str | None = None, limits: Limits = DEFAULT_LIMITS) -> Element:
    """The root element of a document without document type, comments and processing instructions left out.

    ``charset`` is the label that came beside the bytes (Content-Type). Raises :class:`XmlRefused` and nothing else.
    """
    if len(raw) > limits.size:
        raise XmlRefused("", f"the document has {len(raw)} bytes; {limits.size} are the limit")
    text = text_of(raw, charset, _declared(raw)).lstrip()
    _refuse_document_type(text)
    if text.count("<") > 2 * limits.elements:
        raise XmlRefused("", f"the document has more than {limits.elements} elements")
    root = _root(text)
    _refuse_crowds(root, limits)
    return root


def text_of(raw: bytes, charset: str | None = None, declared: str | None = None) -> str:
    """The characters that ``raw`` stands for, without byte order mark; not only for XML.

    UTF-8 when nothing else is said. A byte order mark, or the zero bytes of UTF-16, must agree with the labels;
    ``charset`` outranks ``declared``, but a one-byte charset, which fits any bytes, must agree with it. Raises
    :class:`XmlRefused`.
    """
    seen = _seen(raw)
    codec = _agreed(seen, charset, declared)
    mark = next((mark for mark, _ in _MARKS if raw.startswith(mark)), b"")
    try:
        return raw[len(mark) :].decode(codec)
    except UnicodeDecodeError as error:
        raise XmlRefused(f"byte {error.start + len(mark)}", f"not {codec.upper()}") from None


def local_name(element: Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def is_nil(element: Element) -> bool:
    """Whether the element says of itself that it has no content."""
    return element.get(_NIL, "").strip() in ("true", "1")


def build(name: str, content: Content, namespaces: Mapping[str, str] | None = None) -> Element:
    """An element with all that is in it; names as ``{namespace}name``.

    ``namespaces`` gives a namespace to each prefix, the empty prefix being the default.
    Raises :class:`XmlRefused` for a character that XML 1.0 cannot carry.
    """
    prefixes = {prefix or None: namespace for prefix, namespace in (namespaces or {}).items()}
    root = etree.Element(name, nsmap=prefixes)  # type: ignore[arg-type]  # the stubs forget the default's None
    _fill(root, content)
    return root


def serialize(root: Element, *, indent: bool = False) -> bytes:
    """The document in UTF-8 with its declaration."""
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=indent)


def _fill(element: Element, content: Content) -> None:
    if isinstance(content, tuple):
        for name, inner in content:
            _fill(etree.SubElement(element, name), inner)
        return
    if isinstance(content, Nil):
        element.set(_NIL, content.value)
        return
    try:
        element.text = content
    except ValueError:  # lxml looks for surrogates, control characters and U+FFFE itself
        raise XmlRefused(local_name(element), "holds a character that XML cannot carry") from None


def _seen(raw: bytes) -> str | None:
    """The encoding that the first bytes prove, if any: by a mark, or by the zero byte beside an ASCII character."""
    if raw.startswith(_UTF32_MARKS):
        raise XmlRefused("byte 0", "UTF-32 is not taken; use UTF-8")
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return codec
    first, second = raw[:1] or b"?", raw[1:2] or b"?"
    if (first == b"\0") == (second == b"\0"):
        return None
    return "utf-16-be" if first == b"\0" else "utf-16-le"


def _declared(raw: bytes) -> str | None:
    """The encoding that the document itself names."""
    head = raw[:512].decode(_seen(raw) or "latin-1", errors="replace").removeprefix("\ufeff")
    found = _DECLARATION.match(head)
    return found[1] if found else None


def _agreed(seen: str | None, charset: str | None, declared: str | None) -> str:
    label = charset or declared
    if not label:
        return seen or "utf-8"
    codec = _codec(label)
    is_utf16 = codec.startswith("utf-16")
    if seen and codec != seen and not (codec == "utf-16" and seen.startswith("utf-16")):
        raise XmlRefused("byte 0", f"the bytes are {seen.upper()}, but {_quoted(label)} is announced")
    if is_utf16 and not seen:
        raise XmlRefused("byte 0", f"{_quoted(label)} is announced, but the bytes are not UTF-16")
    if charset and declared and codec in ("latin-1", "cp1252") and _codec(declared) != codec:
        raise XmlRefused("", f"{_quoted(charset)} is announced, but the document says {_quoted(declared)}")
    return seen or codec


def _codec(label: str) -> str:
    codec = _CODECS.get(label.strip().lower())
    if codec is None:
        raise XmlRefused("", f"the encoding {_quoted(label)} is not taken; use UTF-8")
    return codec


def _refuse_document_type(text: str) -> None:
    """Looks where alone a document type may stand: before the root element, behind comments and instructions."""
    prolog = _PROLOG.match(text)
    if text.startswith("<!DOCTYPE", prolog.end() if prolog else 0):
        raise XmlRefused("", "a document type (DOCTYPE) is not taken")


def _root(text: str) -> Element:
    parser = etree.XMLParser(
        encoding="utf-8",  # outranks what the declaration says
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except UnicodeEncodeError as error:
        raise XmlRefused(f"character {error.start}", "half of a surrogate pair") from None
    except etree.XMLSyntaxError as error:
        line, column = error.position
        what = f"not well-formed XML ({_quoted(error.msg)})"
        raise XmlRefused(f"line {line}, column {column}", what) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlRefused("", "a document type (DOCTYPE) is not taken")
    return root


def _refuse_crowds(root: Element, limits: Limits) -> None:
    depth = elements = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth += 1
        elements += 1
        if depth > limits.depth:
            raise XmlRefused(_line(element), f"elements lie more than {limits.depth} deep in each other")
        if elements > limits.elements:
            raise XmlRefused(_line(element), f"the document has more than {limits.elements} elements")
        if len(element.attrib) > limits.attributes:
            raise XmlRefused(_line(element), f"an element has more than {limits.attributes} attributes")


def _line(element: Element) -> str:
    return f"line {element.sourceline}"


def _quoted(text: str | None) -> str:
    """At most 60 harmless characters of what somebody else wrote."""
    return _UNPRINTABLE.sub("?", (text or "")[:60])
