"""What a format writes by itself is read back by the standard library and is the order, or was refused by name."""

import csv
import json
import logging
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import Line, Party, PartyKind, SalesOrder
from tests.formats.hostile_orders import hostile_orders
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order, sales_orders

log = logging.getLogger(__name__)
few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
more = settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
hostile = st.text(";|,\t\"'\r\n\\=+-@<>&]]> \x00\x0b\x1f\x85\u2028\ufffe\U0001f600ÅÄÖŁ€{}", max_size=60)
Facts = tuple[list[Any], list[list[Any]]]
_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
# Where the head record and the row of the default shape of fixed have what is compared.
_HEAD = ((1, 36), (44, 47), (47, 82), (82, 117), (117, 177), (177, 237), (237, 249), (249, 289))
_ROW = ((1, 8), (8, 43), (43, 103), (103, 118), (128, 143))


def _from_json(content: bytes) -> Facts:
    return _of_document(json.loads(content, parse_float=Decimal))


def _from_xml(content: bytes) -> Facts:
    root = ET.fromstring(content)  # noqa: S314  # our own file
    return _of_document(_tree(root) | {"lines": [_tree(line) for line in root.iterfind("lines/line")]})


def _tree(element: ET.Element) -> dict[str, Any]:
    return {one.tag: _tree(one) if len(one) else one.text for one in element}


def _of_document(whole: Mapping[str, Any]) -> Facts:
    parts = {role: whole.get(role) or {} for role in ("sold_to", "ship_to")}
    head = [whole.get(name) for name in ("order_ref", "currency", "customer_order_ref")]
    head.append(parts["sold_to"].get("code"))
    head += [parts["ship_to"].get(name) for name in ("name", "street", "zip", "city")]
    names = ("line_no", "part_no", "text", "qty", "unit_price")
    return head, [[line.get(name) for name in names] for line in whole["lines"]]


def _from_delimited(content: bytes) -> Facts:
    rows = list(csv.DictReader(content.decode().split("\r\n")[:-1], delimiter=";", strict=True))
    head = ["order_ref", "currency", "customer_order_ref", "sold_to.code"]
    head += [f"ship_to.{name}" for name in ("name", "street", "zip", "city")]
    assert all([row[name] for name in head] == [rows[0][name] for name in head] for row in rows)
    names = ("line_no", "part_no", "text", "qty", "unit_price")
    return [rows[0][name] for name in head], [[row[name] for name in names] for row in rows]


def _from_fixed(content: bytes) -> Facts:
    head, *rows, tail = content.decode().split("\r\n")[:-1]
    assert (head[0], {row[0] for row in rows} <= {"L"}, int(tail[1:])) == ("H", True, len(rows))
    made = [[row[start:end].strip() for start, end in _ROW] for row in rows]
    return [head[start:end].strip() for start, end in _HEAD], [
        [no, part_no, text, Decimal(qty).scaleb(-3), Decimal(price).scaleb(-4)]
        for no, part_no, text, qty, price in made
    ]


READERS: Mapping[str, Callable[[bytes], Facts]] = {
    "delimited": _from_delimited,
    "fixed": _from_fixed,
    "json": _from_json,
    "xml": _from_xml,
}
each_format = pytest.mark.parametrize("name", READERS)


@each_format
@given(order=sales_orders(), comment=hostile, street=hostile)
@few
def test_what_is_written_is_the_order_or_refused_by_name(
    name: str, order: SalesOrder, comment: str, street: str
) -> None:
    _same_or_refused(name, _spoilt(order, comment, street))


@pytest.mark.soak
@pytest.mark.timeout(7200)
@each_format
@given(order=sales_orders(), comment=hostile, street=hostile)
@more
def test_whatever_can_be_thought_of_is_written_as_it_is_or_refused_by_name(
    name: str, order: SalesOrder, comment: str, street: str
) -> None:
    _same_or_refused(name, _spoilt(order, comment, street))


@each_format
def test_what_is_written_of_many_orders_is_the_order(name: str) -> None:
    whole = sum(_same_or_refused(name, order) for order in hostile_orders(1, 100))

    assert whole >= 50


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_format
def test_what_is_written_of_very_many_orders_is_the_order(name: str) -> None:
    whole = sum(_same_or_refused(name, order) for order in hostile_orders(2, 20_000))

    log.info("%s: %d of 20000 orders are whole, the others were refused by name", name, whole)
    assert whole >= 10_000


@each_format
def test_the_guides_order_is_read_back_whole(name: str) -> None:
    assert _same_or_refused(name, guide_order())


def _spoilt(order: SalesOrder, comment: str, street: str) -> SalesOrder:
    ship_to = (
        replace(order.ship_to, street=street or None)
        if order.ship_to
        else Party(PartyKind.PERSON, street=street or None)
    )
    return replace(order, comment=comment or None, ship_to=ship_to)


def _same_or_refused(name: str, order: SalesOrder) -> bool:
    content, refusal = _outcome(name, order)
    if refusal is not None:
        assert refusal.name is ErrorName.ORDER_NOT_RENDERABLE
        assert refusal.subject.replace("[", ".").partition(".")[0] in SalesOrder.__dataclass_fields__
        assert refusal.hint
        return False
    head, rows = READERS[name](content)
    texts, lines = _expected(name, order)
    assert [one or None for one in head] == texts
    assert [[int(row[0]), *(one or None for one in row[1:3]), *map(Decimal, row[3:])] for row in rows] == lines
    if name == "fixed" and any(map(_loses_digits, order.lines)):
        assert formats.warnings(built(name), order, CONTROL, RECEIVED_AT)
    return True


@cache
def built(name: str) -> formats.Format:
    return formats.build(name, {})


def _outcome(name: str, order: SalesOrder) -> tuple[bytes, PermanentError | None]:
    try:
        return built(name).render(order, CONTROL, RECEIVED_AT), None
    except PermanentError as error:
        return b"", error


def _expected(name: str, order: SalesOrder) -> Facts:
    to = order.ship_to or Party(PartyKind.PERSON)
    head = [order.order_ref, order.currency, order.customer_order_ref, order.sold_to.code if order.sold_to else None]
    places = [_cut(name, to.name, 60), _cut(name, to.street, 60), to.zip, _cut(name, to.city, 40)]
    lines = [
        [line.line_no, _seen(name, line.part_no), _seen(name, _cut(name, line.text, 60)), *_amounts(name, line)]
        for line in order.lines
    ]
    return [_seen(name, text) for text in (*head, *places)], lines


def _amounts(name: str, line: Line) -> list[Decimal]:
    """Quantity and price; fixed has room for three and four decimals."""
    return [line.qty, line.unit_price] if name != "fixed" else [_rounded(line.qty, 3), _rounded(line.unit_price, 4)]


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _loses_digits(line: Line) -> bool:
    return _amounts("fixed", line) != _amounts("json", line)


def _cut(name: str, text: str | None, room: int) -> str | None:
    seen = _seen(name, text)
    return seen[:room] if seen and name == "fixed" else text


def _seen(name: str, text: str | None) -> str | None:
    """A text as such a file may hold it: breaks are blanks (or breaks), controls are gone."""
    is_flat = name in {"delimited", "fixed"}
    end = " " if is_flat else "\n"
    clean = (text or "").replace("\r\n", end).replace("\t", " ")
    clean = "".join(end if letter in _BREAKS else letter for letter in clean)
    clean = "".join(letter for letter in clean if ord(letter) > 159 or 32 <= ord(letter) < 127 or letter == "\n")
    if name == "xml":
        clean = clean.replace("\ufffe", "").replace("\uffff", "")
    return (clean.strip() if name == "fixed" else clean) or None
