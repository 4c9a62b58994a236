"""Names and paths in XML, and a tree as the bytes of a file.

A path is child names with strokes between, an attribute or a point at its end: ``Head/Number``, ``@id``, ``Amount/.``.
Not for: parsing (``safexml``).
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from bridge.formats._protocol import Unreadable
from bridge.formats._text import AUTO, shown, unencodable
from bridge.safexml import Element, XmlRefused

_NAME = re.compile(r"(?:(?P<prefix>[^\W\d][\w.-]*):)?(?P<local>[^\W\d][\w.-]*)")
_SELF = "."
# What the rest of the world calls Python's codecs.
_LABELS = {
    "cp1252": "windows-1252",
    "cp1250": "windows-1250",
    "cp850": "IBM850",
    "cp437": "IBM437",
    "ascii": "US-ASCII",
    "utf-8-sig": "UTF-8",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_SAID = re.compile(rb"""\s*<\?xml\s[^<>]{0,100}?\bencoding\s*=\s*["']([\w.-]{1,40})["']""")
# What ERPs of DOS and Windows name, besides the encodings that every reader of XML takes (``safexml``).
_CODE_PAGES = re.compile(r"(?:ibm|cp)-?(437|850|858|865)|(?:windows-|cp)(125[013-8])|iso-8859-(1[0-6]|[2-9])", re.ASCII)
_FIRST_NAME = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s++|<\?.*?\?>|<!--.*?-->)*+<([\w.:-]{1,200})", re.DOTALL)
_NOT_XML = re.compile("[\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Name:
    """An element's or attribute's name with the prefix that it was written with."""

    local: str
    prefix: str = ""

    def tag(self, namespaces: Mapping[str, str], *, is_attribute: bool = False) -> str:
        """The name as lxml writes it; an attribute without prefix has no namespace."""
        namespace = "" if is_attribute and not self.prefix else namespaces.get(self.prefix, "")
        return f"{{{namespace}}}{self.local}" if namespace else self.local

    def pattern(self, namespaces: Mapping[str, str]) -> str:
        """What lxml finds elements of this name by; without prefix in any namespace."""
        return f"{{{namespaces.get(self.prefix) or ''}}}{self.local}" if self.prefix else f"{{*}}{self.local}"

    def fits(self, tag: str, namespaces: Mapping[str, str]) -> bool:
        """True for an attribute of this name; without prefix in any namespace."""
        bare = etree.QName(tag)
        return bare.localname == self.local and (not self.prefix or bare.namespace == namespaces.get(self.prefix))


@dataclass(frozen=True, slots=True)
class Path:
    """The way from an element to one in it, and to an attribute of that."""

    names: tuple[Name, ...] = ()
    attribute: Name | None = None


def path_of(text: str) -> Path:
    """The path that a text describes; ``ValueError`` for one that it is not."""
    parts = text.split("/") if text not in {"", _SELF} else []
    attribute = _name(parts.pop()[1:], text) if parts and parts[-1].startswith("@") else None
    if parts and parts[-1] == _SELF:
        parts.pop()
    return Path(tuple(_name(part, text) for part in parts), attribute)


def known_path(text: str) -> str:
    """The text itself when it is a path."""
    path_of(text)
    return text


def known_elements(text: str) -> str:
    """The text itself when it is a path to an element."""
    if path_of(text).attribute is not None:
        raise ValueError(f'"{shown(text)}" is an attribute, where an element is wanted')
    return text


def known_name(text: str) -> str:
    """The text itself when it is one name."""
    _name(text, text)
    return text


def known_root(text: str) -> str:
    """The text itself when it is a name without prefix, or empty; a root element is known by that alone."""
    found = _NAME.fullmatch(text) if text else None
    if text and found is None:
        raise ValueError(f'"{shown(text)}" is no name of an element')
    if found is not None and found["prefix"]:
        raise ValueError(f'root takes no prefix: write "{shown(found["local"])}" instead of "{shown(text)}"')
    return text


def check_prefixes(path: Path, namespaces: Mapping[str, str]) -> None:
    """Refuse with ``ValueError`` a prefix that nobody explained: nothing has such a name."""
    for name in (*path.names, *([path.attribute] if path.attribute else [])):
        if name.prefix and name.prefix not in namespaces:
            raise ValueError(f'the prefix "{shown(name.prefix)}" is not in namespaces')


def check_names(path: Path, namespaces: Mapping[str, str], encoding: str) -> None:
    """Refuse with ``ValueError`` a prefix that nobody explained, and letters that cannot stand in a name."""
    check_prefixes(path, namespaces)
    for name in (*path.names, *([path.attribute] if path.attribute else [])):
        if (letter := unencodable(name.local, encoding)) is not None:
            raise ValueError(f'{encoding} cannot write the "{shown(letter)}" in a name')


def unreadable(refusal: XmlRefused) -> Unreadable:
    """The refusal of a document as one of a file; where its letters are not what it says, with the setting."""
    is_of_letters = refusal.where.startswith("byte") or refusal.what.startswith("the encoding")
    remedy = 'Set encoding to what the ERP writes, such as encoding = "iso-8859-1"' if is_of_letters else ""
    return Unreadable(refusal.where or "file", refusal.what, remedy)


def codec_said(content: bytes) -> str | None:
    """Python's name of the code page that a document names as its encoding; nothing for any other encoding."""
    said = _SAID.match(content)
    found = _CODE_PAGES.fullmatch(said[1].decode().lower()) if said else None
    if found is None:
        return None
    dos, windows, latin = found.groups()
    return f"cp{dos or windows}" if latin is None else f"iso8859-{latin}"


def end_of_root(content: bytes) -> int | None:
    """Where the root element of a document ends that goes on behind it; nothing where it does not, or is not closed."""
    first = _FIRST_NAME.match(content)
    last = content.rfind(b"</" + first[1]) if first else -1
    end = content.find(b">", last) + 1 if last >= 0 else 0
    return end if end and content[end:].strip() else None


def holdable(text: str) -> str:
    """The text without the two characters that pass everywhere but in XML."""
    return _NOT_XML.sub("", text)


def serialized(root: Element, encoding: str, end: str) -> bytes:
    """The bytes of a file with its declaration; a letter that the encoding lacks is written as its number."""
    codec = "utf-8" if encoding == AUTO else encoding
    known = codecs.lookup(codec).name
    label = _LABELS.get(known, known.replace("iso8859", "iso-8859").upper())
    body = etree.tostring(root, encoding="unicode", pretty_print=True)
    text = f'<?xml version="1.0" encoding="{label}"?>\n{body}'
    return text.replace("\n", end).encode(codec, "xmlcharrefreplace")


def _name(text: str, path: str) -> Name:
    match = _NAME.fullmatch(text)
    if match is None:
        raise ValueError(f'"{shown(path)}" is no path; write it like Head/OrderNo, @id or Head/@id')
    return Name(match["local"], match["prefix"] or "")
