"""The namespaces of UBL 2, and what stands in a document: leaves with text, groups of them.

What has no text is no leaf, and what has no part is no group, so that no document of ours holds an empty element.
Not for: which element a fact stands in (``order``, ``parties``, ``rows``).
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple, TypeAlias

from lxml import etree

from bridge.safexml import Element

_DOCUMENTS = "urn:oasis:names:specification:ubl:schema:xsd:"
CAC = f"{_DOCUMENTS}CommonAggregateComponents-2"
CBC = f"{_DOCUMENTS}CommonBasicComponents-2"
NAMESPACES = {"cac": CAC, "cbc": CBC}


class Leaf(NamedTuple):
    """An element with text, and perhaps one attribute: its name and value."""

    name: str
    text: str
    attribute: tuple[str, str] | None


class Group(NamedTuple):
    """An element with others in it."""

    name: str
    parts: "list[Node]"


Node: TypeAlias = "Leaf | Group"
Part: TypeAlias = "Node | None"


def leaf(name: str, text: str, attribute: tuple[str, str] = ("", "")) -> Leaf | None:
    """An element such as ``cbc:ID``; none without text. An attribute without value is left out."""
    return Leaf(name, text, attribute if attribute[1] else None) if text else None


def group(name: str, *parts: Part) -> Group | None:
    """An element such as ``cac:Party``; none where all its parts are missing."""
    found = [part for part in parts if part is not None]
    return Group(name, found) if found else None


def document(kind: str, parts: Iterable[Part]) -> Element:
    """The root element of a document such as ``Order`` with all that is in it."""
    namespace = namespace_of(kind)
    prefixes = {None: namespace, "cac": CAC, "cbc": CBC}
    root = etree.Element(f"{{{namespace}}}{kind}", nsmap=prefixes)  # type: ignore[arg-type]  # the stubs forget None
    for part in parts:
        if part is not None:
            _grow(root, part)
    return root


def namespace_of(kind: str) -> str:
    """The namespace of a document such as ``Order``."""
    return f"{_DOCUMENTS}{kind}-2"


def _grow(parent: Element, node: Node) -> None:
    made = etree.SubElement(parent, _tag(node.name))
    if isinstance(node, Group):
        for part in node.parts:
            _grow(made, part)
        return
    made.text = node.text
    if node.attribute is not None:
        made.set(*node.attribute)


@cache
def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"
