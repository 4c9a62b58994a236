"""What a layout leaves out of an amount is told; what loses nothing is not."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from bridge import formats
from bridge.model import SalesOrder
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order


def priced(*prices: str) -> SalesOrder:
    order = guide_order()
    return replace(order, lines=tuple(replace(order.lines[0], unit_price=Decimal(price)) for price in prices))


def told(order: SalesOrder, field: Mapping[str, object], each: str = "line", name: str = "delimited") -> list[str]:
    format_ = formats.build(name, {"record": [{"each": each, "fields": [field]}]})
    formats.render(format_, order, CONTROL, RECEIVED_AT)
    return list(formats.warnings(format_, order, CONTROL, RECEIVED_AT))


def test_a_rounded_amount_is_told_with_its_place_in_order_and_file() -> None:
    warnings = told(priced("12.340", "12.345", "0.001"), {"from": "unit_price", "decimals": 2, "name": "Pris"})

    assert warnings == [
        'lines[1].unit_price, and 1 more: rounded, since the file takes fewer digits (record 1, field 1 "Pris")'
    ]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("delimited", {"implied": 2}),
        ("fixed", {"implied": 2, "width": 12}),
        ("fixed", {"decimals": 2, "width": 12, "rounding": "down"}),
    ],
)
def test_a_format_of_places_tells_it_too(name: str, field: Mapping[str, object]) -> None:
    assert len(told(priced("12.345"), {"from": "unit_price", **field}, name=name)) == 1


@pytest.mark.parametrize(("name", "record"), [("json", {"path": "rows[*]"}), ("xml", {"element": "Row"})])
def test_a_format_of_trees_tells_it_too(name: str, record: Mapping[str, object]) -> None:
    fields = [{"from": "unit_price", "decimals": 1, "path": "price"}]
    format_ = formats.build(name, {"record": [{"record": [{"each": "line", **record, "fields": fields}]}]})

    warnings = formats.warnings(format_, priced("1.25"), CONTROL, RECEIVED_AT)

    assert [warning.partition(":")[0] for warning in warnings] == ["lines[0].unit_price"]


@pytest.mark.parametrize(
    "field",
    [
        {"from": "unit_price"},
        {"from": "unit_price", "decimals": 3},
        {"from": "qty", "decimals": 0},
        {"from": "unit_discount", "decimals": 10},
        {"from": "comment", "default": "-"},
    ],
)
def test_what_loses_no_digit_is_not_told(field: Mapping[str, object]) -> None:
    assert told(priced("12.345"), field) == []


def test_a_sum_that_is_rounded_is_told_once() -> None:
    field = {"sum": "unit_price", "of": "lines", "decimals": 1}

    assert len(told(priced("12.345", "1"), field, each="order")) == 1


def weighed(*quantities: str) -> SalesOrder:
    order = guide_order()
    return replace(order, lines=tuple(replace(order.lines[0], qty=Decimal(qty)) for qty in quantities))


def of_records(order: SalesOrder, line: Mapping[str, object], total: Mapping[str, object]) -> list[str]:
    amount = {"sum": "qty", "of": "lines", "name": "Antal", "width": 9, **total}
    lines = {"each": "line", "fields": [{"const": "L", "width": 1}, {"width": 9, **line}]}
    trailer = {"fields": [{"const": "T", "width": 1}, amount]}
    format_ = formats.build("fixed", {"record": [lines, trailer]})
    formats.render(format_, order, CONTROL, RECEIVED_AT)
    return list(formats.warnings(format_, order, CONTROL, RECEIVED_AT))


@pytest.mark.parametrize(
    ("total", "written"), [({"implied": 2}, "3.02"), ({"decimals": 3}, "3.015"), ({}, "3.015"), ({"decimals": 0}, "3")]
)
@pytest.mark.parametrize("source", ["qty", "line.qty"])
def test_a_sum_that_is_not_that_of_the_rounded_lines_is_told_with_both(
    source: str, total: Mapping[str, object], written: str
) -> None:
    warnings = of_records(weighed("1.005", "1.005", "1.005"), {"from": source, "implied": 2}, total)

    said = f"qty adds up to {written} here, and the rounded values in the file add up to 3.03"
    assert warnings[1:] == [f'lines: {said} (record 2, field 2 "Antal")']


@pytest.mark.parametrize(
    ("quantities", "line", "total"),
    [
        (("1.25", "2.75"), {"from": "qty", "implied": 2}, {"implied": 2}),
        (("1.005", "1.004"), {"from": "qty", "implied": 2}, {"implied": 2}),
        (("1.005", "1.005"), {"from": "qty"}, {"implied": 3}),
        (("1.005", "1.005"), {"from": "unit_price", "implied": 2}, {"implied": 3}),
        (("1.005", "1.005"), {"from": "qty", "implied": 2}, {"implied": 2, "where": {"group": "None"}}),
    ],
)
def test_a_sum_that_is_that_of_the_lines_in_the_file_is_not_told(
    quantities: tuple[str, ...], line: Mapping[str, object], total: Mapping[str, object]
) -> None:
    assert not any("add up to" in one for one in of_records(weighed(*quantities), line, total))


def test_a_sum_beside_each_of_many_lines_is_compared_once() -> None:
    fields = [{"from": "qty", "decimals": 2}, {"sum": "qty", "of": "lines", "decimals": 2}]
    format_ = formats.build("delimited", {"fields": fields})
    order = weighed(*["1.005"] * 4_000)

    [_, told_once] = formats.warnings(format_, order, CONTROL, RECEIVED_AT)  # 16 million additions otherwise: minutes

    assert told_once.startswith("lines, and 3999 more: qty adds up to 4020.00 here, and the rounded values in the file")


def test_without_a_layout_nothing_is_rounded() -> None:
    for name in formats.available():
        assert formats.warnings(formats.build(name, {}), priced("12.345"), CONTROL, RECEIVED_AT) == ()
