"""Files written by a layout, judged by readers that follow only its TOML."""

import logging
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import SalesOrder
from bridge.norce.bodies import BodyKind, Content
from bridge.norce.translate import translate
from bridge.norce.wire import decode
from tests.formats.hostile_orders import hostile_orders
from tests.formats.layout_reader import found_in
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order, sales_orders

SAMPLES = Path(__file__).parents[1] / "samples"
log = logging.getLogger(__name__)
few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
more = settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# One shape in six dialects: a head with reference, buyer and comment; a row with article, quantity and price.
_ROWS = """
[[record]]
fields = [{ const = "H" }, { from = "order_ref" }, { from = "sold_to.name" }, { from = "comment" }]
[[record]]
each = "line"
fields = [{ const = "L" }, { from = "part_no" }, { from = "qty" }, { from = "unit_price", decimals = 2 }]
"""
LAYOUTS = {
    "delimited, marks where needed": f"""
format = "delimited"
newline = "lf"
{_ROWS}""",
    "delimited, marks everywhere": f"""
format = "delimited"
delimiter = ","
quotechar = "'"
quoting = "all"
{_ROWS}""",
    "delimited, no marks": f"""
format = "delimited"
encoding = "cp1252"
unencodable = "question_mark"
quoting = "never"
replace = {{ ";" = ",", '"' = "'" }}
{_ROWS}""",
    "fixed": """
format = "fixed"
encoding = "utf-16"
[[record]]
fields = [
  { const = "H", width = 1 },
  { from = "order_ref", width = 40 },
  { from = "sold_to.name", width = 40 },
  { from = "comment", width = 40 },
]
[[record]]
each = "line"
fields = [
  { const = "L", width = 1 },
  { from = "part_no", width = 40 },
  { from = "qty", width = 30 },
  { from = "unit_price", width = 20, implied = 2, pad = "0" },
]
""",
    "json": """
format = "json"
encoding = "iso-8859-1"
[[record]]
path = "head"
fields = [
  { path = "ref", from = "order_ref" },
  { path = "buyer.name", from = "sold_to.name" },
  { path = "text", from = "comment" },
]
[[record]]
each = "line"
path = "rows[*]"
fields = [
  { path = "no", from = "part_no" },
  { path = "qty", from = "qty" },
  { path = "price", from = "unit_price", decimals = 2 },
]
""",
    "xml": """
format = "xml"
encoding = "iso-8859-1"
element = "n:Web"
namespaces = { n = "urn:web", "" = "urn:rest" }
[[record]]
element = "Head"
fields = [
  { path = "@ref", from = "order_ref" },
  { path = "Buyer/Name", from = "sold_to.name" },
  { path = "Text", from = "comment" },
]
[[record]]
each = "line"
element = "Rows/n:Row"
fields = [
  { path = "Article/@no", from = "part_no" },
  { path = "Qty", from = "qty" },
  { path = "Price", from = "unit_price", decimals = 2 },
]
""",
}
_FLAT = {"delimited", "fixed"}
each_layout = pytest.mark.parametrize("layout", LAYOUTS)


@cache
def table_of(layout: str) -> dict[str, Any]:
    return tomllib.loads(LAYOUTS[layout])


@cache
def built(layout: str) -> formats.Format:
    return _format_of(table_of(layout))


def _format_of(table: dict[str, Any]) -> formats.Format:
    return formats.build(table["format"], {key: value for key, value in table.items() if key != "format"})


def written(table: dict[str, Any], order: SalesOrder) -> bytes:
    return _format_of(table).render(order, CONTROL, RECEIVED_AT)


@each_layout
@given(order=sales_orders())
@few
def test_no_text_makes_breaks_or_bends_a_record(layout: str, order: SalesOrder) -> None:
    _same_or_refused(layout, order)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_layout
@given(order=sales_orders())
@more
def test_nothing_that_can_be_thought_of_makes_breaks_or_bends_a_record(layout: str, order: SalesOrder) -> None:
    _same_or_refused(layout, order)


@each_layout
def test_the_texts_of_many_orders_come_out_as_they_are(layout: str) -> None:
    whole = sum(_same_or_refused(layout, order) for order in hostile_orders(3, 100))

    assert whole >= 25  # without marks a reference with a delimiter is refused


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_layout
def test_the_texts_of_very_many_orders_come_out_as_they_are(layout: str) -> None:
    whole = sum(_same_or_refused(layout, order) for order in hostile_orders(4, 20_000))

    log.info("%s: %d of 20000 orders are whole, the others were refused by name", layout, whole)
    assert whole >= 5000


@each_layout
@given(comment=st.text(max_size=35), name=st.text(";|,\t\"'\r\n\\=+-@<>& \x85\u2028ÅÄÖåäöŁ€", max_size=35))
@few
def test_whatever_a_customer_writes_comes_out_as_one_value(layout: str, comment: str, name: str) -> None:
    order = guide_order()
    assert order.sold_to

    _same_or_refused(layout, replace(order, comment=comment, sold_to=replace(order.sold_to, name=name)))


def _same_or_refused(layout: str, order: SalesOrder) -> bool:
    """True for an order that was written, and is what it was; the others were refused by the name of a field."""
    table = table_of(layout)
    content, refusal = _outcome(layout, order)
    if refusal is not None:
        assert refusal.name is ErrorName.ORDER_NOT_RENDERABLE
        assert refusal.subject.replace("[", ".").partition(".")[0] in SalesOrder.__dataclass_fields__
        assert refusal.hint
        return False
    heads: list[list[Any]] = []
    rows: list[list[Any]] = []
    for at, values in found_in(table, content):
        told = [_same_letters(table, value) for value in values.values()]
        (heads, rows)[at].append(told[table["format"] in _FLAT :])  # there the first is the type
    assert heads == [_head(table, order)]
    assert [_amounts(row) for row in rows] == [_row(table, line) for line in order.lines]
    return True


def _outcome(layout: str, order: SalesOrder) -> tuple[bytes, PermanentError | None]:
    try:
        return built(layout).render(order, CONTROL, RECEIVED_AT), None
    except PermanentError as error:
        return b"", error


def _head(table: dict[str, Any], order: SalesOrder) -> list[Any]:
    name = order.sold_to.name if order.sold_to else None
    return [_seen(table, order.order_ref), _seen(table, name), _seen(table, order.comment)]


def _row(table: dict[str, Any], line: Any) -> list[Any]:
    price = line.unit_price.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return [_seen(table, line.part_no), line.qty, price]


def _same_letters(table: dict[str, Any], text: Any) -> Any:
    """Letters apart from their accents and joined ones are the same text; the file of this layout joins some."""
    return unicodedata.normalize("NFC", text) if table["format"] == "json" and isinstance(text, str) else text


def _amounts(row: list[Any]) -> list[Any]:
    return [row[0], *(Decimal(value) for value in row[1:])]


def _seen(table: dict[str, Any], text: str | None) -> str | None:
    """A text as a file of this kind may hold it: breaks are blanks (or breaks), controls are gone."""
    is_flat = table["format"] in _FLAT
    end = " " if is_flat else "\n"
    clean = (text or "").replace("\r\n", end)
    clean = "".join(end if letter in "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029" else letter for letter in clean)
    clean = "".join(
        letter for letter in clean.replace("\t", " ") if ord(letter) > 159 or 32 <= ord(letter) < 127 or letter == "\n"
    )
    if table["format"] == "xml":
        clean = clean.replace("\ufffe", "").replace("\uffff", "")
    for letter, instead in table.get("replace", {}).items():
        clean = clean.replace(letter, instead)
    if table["format"] == "json":
        return _same_letters(table, clean) if text else None
    if table.get("unencodable") == "question_mark":
        clean = _composed(clean).encode("cp1252", "replace").decode("cp1252")
    if table["format"] == "fixed":
        clean = clean.strip()
    if is_flat:
        return clean
    return clean or None  # in XML an empty element and none read alike


def _composed(text: str) -> str:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return unicodedata.normalize("NFC", text)
    return text


# --- every field of the guide's example


def _sample(kind: BodyKind) -> SalesOrder:
    request = decode((SAMPLES / f"order.{kind}").read_bytes(), Content(kind))
    return translate(request, "demo").order


def _leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{place}.{name}", inner)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _leaves(f"{place}[{at}]", inner)
    elif value not in {None, ""}:
        yield place, value


def _fields(paths: list[str], name: str) -> dict[str, Any]:
    fields = [{"from": path, "path": f"f{at}"} for at, path in enumerate(paths)]
    if name == "delimited":
        return {"format": name, "record": [{"fields": [{"from": path} for path in paths]}]}
    return {"format": name, "fields": fields}


@pytest.mark.parametrize("name", ["delimited", "json", "xml"])
@pytest.mark.parametrize("kind", [BodyKind.JSON, BodyKind.XML])
def test_every_field_of_the_guides_example_reaches_the_file_that_asks_for_it(name: str, kind: BodyKind) -> None:
    order = _sample(kind)
    leaves = dict(_leaves("raw", order.raw))
    table = _fields(list(leaves), name)

    [(_, values)] = found_in(table, written(table, order))

    assert len(leaves) > 80
    assert [str(value).lower() for value in values.values()] == [_shown(value, name) for value in leaves.values()]


def _shown(value: Any, name: str) -> str:
    return str(int(value)) if isinstance(value, bool) and name == "delimited" else str(value).lower()


@pytest.mark.parametrize("name", ["delimited", "json", "xml"])
@pytest.mark.parametrize("kind", [BodyKind.JSON, BodyKind.XML])
def test_card_and_warranty_reach_the_file_by_their_codes(name: str, kind: BodyKind) -> None:
    table = _fields(["payment.info.CardType", "payment.info.cardholder", "lines.info.WARRANTY"], name)

    [(_, values)] = found_in(table, written(table, _sample(kind)))

    assert list(values.values()) == ["Visa", "John Doe", "2 years"]


@pytest.mark.parametrize("kind", [BodyKind.JSON, BodyKind.XML])
def test_in_a_line_record_raw_is_that_row_and_order_raw_the_whole(kind: BodyKind) -> None:
    names = ["raw.PriceListNo", "raw.AdditionalInfo[0].Value", "info.warranty", "order.raw.ClientOrderRef"]
    table = {"format": "delimited", "fields": [{"from": name} for name in names]}

    [(_, values)] = found_in(table, written(table, _sample(kind)))

    assert list(values.values()) == ["1", "2 years", "2 years", "48447"]
