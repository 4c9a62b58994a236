"""Orders as an XML document, by our names or by a layout; answers as XML, by our names or by paths.

Not for: the documents of a standard, such as UBL; they are formats of their own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from bridge import safexml
from bridge.formats._allowance import LEAST_ROW, Allowance
from bridge.formats._answer.fields import LINE_FIELDS, Facts, Statement, statement
from bridge.formats._answer.fold import fold
from bridge.formats._answer.xml import Order, Paths, by_names, by_paths, check_paths, check_root, known_paths, paths_of
from bridge.formats._layout.options import LayoutOptions
from bridge.formats._layout.style import Layout, checked
from bridge.formats._layout.values import Style
from bridge.formats._layout.xml import Builder, Part, PartRecord, check_elements, own_document
from bridge.formats._neutral import created_at, neutral
from bridge.formats._options import Dialect, dialect_of, line_end
from bridge.formats._protocol import Format, Unreadable
from bridge.formats._text import AUTO, decode, shown
from bridge.formats._xml_tree import (
    check_names,
    codec_said,
    end_of_root,
    holdable,
    known_name,
    known_root,
    path_of,
    serialized,
    unreadable,
)
from bridge.model import Fault, Reading, SalesOrder
from bridge.safexml import Element, XmlRefused

__all__ = ["Options", "build"]

_LARGEST = 64 * 1024 * 1024  # the target's max_file is what bounds an answer
_LIMITS = safexml.Limits(size=_LARGEST, elements=2_000_000)
_PROLOG = rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+"
_OPENING = rb"<(?:[\w.-]+:)?"
_ROOT = re.compile(
    _PROLOG + _OPENING + rb"([\w.-]+)([^<>]*)(?:>" + _PROLOG + rb"(?:" + _OPENING + rb"([\w.-]*)|\Z)|\Z)", re.DOTALL
)
# A document that names its encoding, or whose zero bytes show it.
_SAYS_ITSELF = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\s[^<>]{0,100}?\bencoding|.{0,3}\x00", re.DOTALL)
_CTRL_Z = b"\x1a"  # DOS programs end a text with it
_STANDARDS = (b"urn:oasis:names:specification:ubl", b"urn:un:unece:uncefact")
_IDOC = b"IDOC"


class Options(LayoutOptions):
    """Settings of ``xml``. The neutral names of an order and of an acknowledgement need none."""

    decimal: Literal[".", ","] = Field(
        default=".",
        description="The decimal mark of numbers; when reading, blanks may part the thousands.",
    )
    namespaces: Mapping[str, str] = Field(
        default_factory=dict,
        description='Namespaces by their prefix; "" is that of names without one.',
    )
    element: Annotated[str, AfterValidator(known_name)] = Field(
        default="Order",
        description="The root element.",
        json_schema_extra={"side": "write"},
    )
    fields: tuple[Part, ...] = Field(
        default=(),
        description="What stands in the root element.",
        json_schema_extra={"side": "write"},
    )
    record: tuple[PartRecord, ...] = Field(
        default=(),
        description="The elements in it that have fields of their own.",
        json_schema_extra={"side": "write"},
    )
    root: Annotated[str, AfterValidator(known_root)] = Field(
        default="",
        description="The root element of the ERP's answers, without prefix; another one is refused.",
        json_schema_extra={"side": "read"},
    )
    paths: Annotated[Mapping[str, str], AfterValidator(known_paths)] = Field(
        default_factory=dict,
        description='Our field and where it stands, such as order = "Receipt", order_ref = "@no", lines = "Row", '
        '"lines.part_no" = "Item/No".',
        json_schema_extra={"side": "read"},
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_names(path_of(self.element), self.namespaces, self.encoding)
        check_paths(self.paths, self.namespaces)
        check_elements(_parts(self), self.namespaces, self.encoding)
        checked(_parts(self), self.model_copy(update={"encoding": AUTO}))
        return self


def build(options: Options) -> Format:
    """The format with these settings."""
    records = checked(_parts(options), options.model_copy(update={"encoding": AUTO}))
    style = Style(
        ZoneInfo(options.time_zone),
        decimal=options.decimal,
        line_break="\n",
        words=("false", "true"),
        has_offset=True,
        passes=holdable,
    )
    layout = Layout.of(records, style, options)
    return _Xml(options, dialect_of(options), paths_of(options.paths, options.namespaces), layout)


def _parts(options: Options) -> tuple[PartRecord, ...]:
    return (*((PartRecord(fields=options.fields),) if options.fields else ()), *options.record)


@dataclass(frozen=True, slots=True)
class _Xml:
    _options: Options
    _dialect: Dialect
    _paths: Paths
    _layout: Layout | None = None
    extension: str = "xml"

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """The layout's document, else the order's names, the control number and the time of receipt."""
        if self._layout is not None:
            builder = Builder(self._options.namespaces, self._layout.style)
            root = builder.document(self._options.element, self._layout.rows(order, control, at))
        else:
            document = neutral(order, self._options, "\n")
            document |= {"control": control, "created_at": created_at(at, self._options)}
            root = own_document(document, self._options.element, self._options.namespaces)
        return serialized(root, self._options.encoding, line_end(self._options))

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """The amounts that the layout rounds, and the units that no table of it knows."""
        return self._layout.warnings(order, control, at) if self._layout is not None else ()

    def read(self, content: bytes) -> Reading:
        """The acknowledgements of a document."""
        root, faults = self._document(content)
        check_root(root, self._options.root)
        orders = Allowance(len(content), LEAST_ROW, "orders").over(self._orders(root))
        reading = fold([self._statement(order) for order in orders], self._dialect)
        return Reading(reading.acknowledgements, (*faults, *reading.faults)) if faults else reading

    def recognises(self, content_head: bytes) -> bool:
        """True for XML that is none of the standards' documents, or has the root element that was set."""
        found = _ROOT.match(content_head.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\x00", b""))
        if found is None:
            return False
        if self._options.root:
            return found[1] == self._options.root.encode()
        return _IDOC not in found.group(1, 3) and not any(standard in found[2] for standard in _STANDARDS)

    def is_whole(self, content: bytes) -> bool:
        """True when the root element is closed and all in it is well-formed."""
        try:
            self._root(content)
        except Unreadable:
            return False
        return True

    def _orders(self, root: Element) -> Iterator[Order]:
        return by_paths(root, self._paths) if self._options.paths else by_names(root)

    def _statement(self, order: Order) -> Statement:
        given = order.facts
        is_row = given.get("lines") is None and any(given.get(name) is not None for name in LINE_FIELDS)
        facts = Facts(order.where, given, self._dialect)
        if order.fault:
            facts.fault(order.fault)
        return statement(facts, is_row=is_row)

    def _document(self, content: bytes) -> tuple[Element, list[Fault]]:
        """The root element; what stands behind a whole one is a fault and does not undo it."""
        try:
            return self._root(content), []
        except Unreadable:
            end = end_of_root(content)
            if end is None:
                raise
            root = self._root(content[:end])
        line = content.count(b"\n", 0, end) + 1
        rest = content[end:].decode("utf-8", "replace").strip()
        return root, [Fault(f"line {line}", f'behind the root element there is "{shown(rest)}"')]

    def _root(self, content: bytes) -> Element:
        encoding = self._options.encoding
        if encoding == AUTO:
            encoding = codec_said(content) or AUTO
        try:
            if encoding == AUTO and _SAYS_ITSELF.match(content):
                return safexml.parse(content.removesuffix(_CTRL_Z), limits=_LIMITS)
            return safexml.parse(decode(content, encoding).encode(), "utf-8", _LIMITS)
        except XmlRefused as refusal:
            raise unreadable(refusal) from refusal
