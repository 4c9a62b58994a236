"""An XML document as a layout describes it, and the order by its own names where there is none.

Not for: reading XML (``_xml_answer``).
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from lxml import etree
from pydantic import AfterValidator, Field

from bridge.formats._layout.filling import Row
from bridge.formats._layout.options import FieldOptions, RecordOptions
from bridge.formats._layout.plan import Record
from bridge.formats._layout.values import Style, as_text
from bridge.formats._numbers import plain
from bridge.formats._text import shown
from bridge.formats._xml_tree import Name, Path, check_names, holdable, known_elements, known_path, path_of
from bridge.safexml import Element

# What the members of a list are called.
_MEMBERS = {
    "lines": "line",
    "payments": "payment",
    "fees": "fee",
    "discounts": "discount",
    "price_lists": "price_list",
    "promotions": "promotion",
}


class Part(FieldOptions):
    """A field of an XML element."""

    path: Annotated[str, AfterValidator(known_path)] = Field(
        description="Head/OrderNo, @id, Head/@id; a point: itself."
    )

    def place(self) -> str:
        """Its path."""
        return self.path


class PartRecord(RecordOptions):
    """An XML element, once or for each part of the order."""

    element: Annotated[str, AfterValidator(known_elements)] = Field("", description="Where it stands, as Lines/Row.")
    fields: tuple[Part, ...] = Field((), description="What stands in it.")
    record: tuple["PartRecord", ...] = Field((), description="Elements within it.")


def check_elements(records: Sequence[PartRecord], namespaces: Mapping[str, str], encoding: str) -> None:
    """Refuse with ``ValueError`` what would run together, what is text and holds elements, and unknown prefixes."""
    for path in _all_paths(records):
        check_names(path, namespaces, encoding)
    _root("Order", namespaces)  # lxml looks at prefixes and addresses itself
    _check(records, "order")


def _all_paths(records: Sequence[PartRecord]) -> Iterator[Path]:
    for record in records:
        yield path_of(record.element)
        yield from (path_of(field.path) for field in record.fields)
        yield from _all_paths(record.record)


def _check(records: Sequence[PartRecord], around: str) -> None:
    texts, holders, attributes = set[tuple[Name, ...]](), set[tuple[Name, ...]](), list[Path]()
    for record in records:
        base = path_of(record.element).names
        if record.each != around and not base:
            raise ValueError(f'a record for each {record.each} needs an element, such as element = "Lines/Row"')
        is_own = record.each != around
        holders |= {base[:at] for at in range(1, len(base) + 1)}
        if is_own:
            _check([record.model_copy(update={"element": ""})], record.each)
            continue
        paths = [path_of(field.path) for field in record.fields]
        texts |= {(*base, *path.names) for path in paths if path.attribute is None}
        attributes += [Path((*base, *path.names), path.attribute) for path in paths if path.attribute]
        holders |= {(*base, *path.names[:at]) for path in paths for at in range(1, len(path.names))}
        _check(record.record, record.each)
    mixed = {names for names in texts & holders if names}
    if mixed:
        raise ValueError(f'"{shown(_said(min(mixed, key=len)))}" is text and holds elements too')
    if doubled := [path for path in attributes if attributes.count(path) > 1]:
        raise ValueError(
            f'the attribute "{shown(str(doubled[0].attribute and doubled[0].attribute.local))}" stands twice'
        )


def _said(names: tuple[Name, ...]) -> str:
    return "/".join(name.local for name in names)


class Builder:
    """Puts the records of a layout into elements."""

    def __init__(self, namespaces: Mapping[str, str], style: Style) -> None:
        self._namespaces = namespaces
        self._style = style

    def document(self, element: str, rows: Sequence[Row]) -> Element:
        """The whole document."""
        root = _root(element, self._namespaces)
        self._fill(root, rows, "order")
        return root

    def _fill(self, around: Element, rows: Sequence[Row], each: str) -> None:
        for row in rows:
            options = _options(row.record)
            target = self._target(around, path_of(options.element).names, is_new=options.each != each)
            for cell, value in row.pairs():
                if value is not None and isinstance(cell.options, Part):
                    texts = value if isinstance(value, list) else [as_text(value, self._style)]
                    self._put(target, path_of(cell.options.path), texts)
            self._fill(target, row.inner, options.each)

    def _target(self, around: Element, names: tuple[Name, ...], *, is_new: bool) -> Element:
        if not names:
            return around
        for name in names[:-1]:
            around = self._shared(around, name)
        return self._added(around, names[-1]) if is_new else self._shared(around, names[-1])

    def _put(self, target: Element, path: Path, texts: list[str]) -> None:
        if path.attribute is not None:
            for name in path.names:
                target = self._shared(target, name)
            target.set(path.attribute.tag(self._namespaces, is_attribute=True), " ".join(texts))
            return
        if not path.names:
            target.text = " ".join(texts)
            return
        for name in path.names[:-1]:
            target = self._shared(target, name)
        for text in texts:
            self._leaf(target, path.names[-1]).text = text

    def _leaf(self, around: Element, name: Name) -> Element:
        """A new element, or one that so far has only attributes."""
        last = around[-1] if len(around) else None
        is_bare = last is not None and last.text is None and not len(last) and last.attrib
        return last if last is not None and is_bare and last.tag == self._tag(name) else self._added(around, name)

    def _shared(self, around: Element, name: Name) -> Element:
        tag = self._tag(name)
        found = next((child for child in reversed(around) if child.tag == tag), None)
        return self._added(around, name) if found is None else found

    def _added(self, around: Element, name: Name) -> Element:
        return etree.SubElement(around, self._tag(name))

    def _tag(self, name: Name) -> str:
        return name.tag(self._namespaces)


def _options(record: Record) -> PartRecord:
    if not isinstance(record.options, PartRecord):
        raise TypeError("an XML layout has XML records")
    return record.options


def own_document(document: Mapping[str, object], element: str, namespaces: Mapping[str, str]) -> Element:
    """The order by its own names; what is missing has no element, a code stands in an attribute."""
    root = _root(element, namespaces)
    namespace = namespaces.get("", "")
    _members(root, document, f"{{{namespace}}}" if namespace else "")
    return root


def _root(element: str, namespaces: Mapping[str, str]) -> Element:
    prefixes = {prefix or None: namespace for prefix, namespace in namespaces.items()}
    tag = path_of(element).names[0].tag(namespaces)
    return etree.Element(tag, nsmap=prefixes)  # type: ignore[arg-type]  # the stubs forget the default's None


def _members(around: Element, document: Mapping[str, object], namespace: str) -> None:
    for name, value in document.items():
        if value is None or value in ([], {}):
            continue
        inner = etree.SubElement(around, namespace + name)
        if isinstance(value, list):
            for member in value:
                _members(etree.SubElement(inner, namespace + _MEMBERS[name]), member, namespace)
        elif name == "info" and isinstance(value, Mapping):
            for code, text in value.items():
                etree.SubElement(inner, f"{namespace}value", code=holdable(code)).text = holdable(str(text))
        elif isinstance(value, Mapping):
            _members(inner, value, namespace)
        else:
            inner.text = _own_text(value)


def _own_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value) if isinstance(value, Decimal) else holdable(str(value))
