"""A unit that no table knows: written by the table's rule for the rest and told, or refused where that rule says so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bridge import formats
from bridge.errors import PermanentError
from bridge.model import SalesOrder
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

PIECES = {"pcs": "PCE", "st": "PCE", "*": "PCE"}
REMEDY = '; add it there, or set "*" = "refuse"'
UNIT = {"from": "unit", "map": "units"}
RECORD: Mapping[str, Mapping[str, Any]] = {
    "delimited": {"each": "line", "fields": [{**UNIT, "name": "Enhet"}]},
    "fixed": {"each": "line", "fields": [{"from": "raw.UnitOfMeasure", "map": "units", "name": "Enhet", "width": 9}]},
    "json": {"record": [{"path": "rows[*]", "each": "line", "fields": [{**UNIT, "path": "u"}]}]},
    "xml": {"record": [{"element": "R", "each": "line", "fields": [{**UNIT, "path": "U"}]}]},
}
each_layout = pytest.mark.parametrize("name", RECORD)


def measured(*units: str | None) -> SalesOrder:
    order = guide_order()
    raw = [{"UnitOfMeasure": unit} for unit in units]
    return replace(
        order,
        lines=tuple(replace(order.lines[0], unit=unit, raw=one) for unit, one in zip(units, raw, strict=True)),
    )


def written(name: str, order: SalesOrder, /, **options: object) -> tuple[str, tuple[str, ...]]:
    format_ = formats.build(name, options)
    content = formats.render(format_, order, CONTROL, RECEIVED_AT)
    return content.decode("iso8859-1"), formats.warnings(format_, order, CONTROL, RECEIVED_AT)


def by_layout(name: str, order: SalesOrder, rest: str) -> tuple[str, tuple[str, ...]]:
    return written(name, order, record=[RECORD[name]], maps={"units": {"pcs": "ST", "*": rest}})


def test_edifact_takes_pieces_for_a_unit_that_it_does_not_know_where_it_is_told_to_and_says_so() -> None:
    text, told = written("edifact", measured("pcs", "kartong", "St", "kartong", None, " ", "pall"), units=PIECES)

    assert text.count("QTY+21:2:PCE'") == 5
    assert text.count("QTY+21:2'") == 2
    assert told == (
        f'lines[1].unit, and 1 more is "kartong", which the table units does not know, so "PCE" is written{REMEDY}',
        f'lines[6].unit is "pall", which the table units does not know, so "PCE" is written{REMEDY}',
    )


@pytest.mark.parametrize(
    ("rest", "unit", "said"),
    [
        ("PK", "2:PK'", '"PK" is written'),
        ("keep", "2:BOX'", "it is written as it came"),
        ("leave_out", "2'", "no unit is written"),
    ],
)
def test_edifact_tells_what_the_rule_for_the_rest_made_of_a_unit(rest: str, unit: str, said: str) -> None:
    text, [told] = written("edifact", measured("BOX"), units={"pcs": "PCE", "*": rest})

    assert f"QTY+21:{unit}" in text
    assert f"so {said}; add it there" in told


def test_edifact_refuses_an_unknown_unit_unless_it_is_told_otherwise() -> None:
    with pytest.raises(PermanentError) as refused:
        written("edifact", measured("pcs", "kartong"))

    assert refused.value.subject == "lines[1].unit"
    assert '"kartong", which the table units does not know' in refused.value.message
    assert refused.value.hint


def test_a_unit_of_a_row_that_becomes_a_charge_is_not_asked_for() -> None:
    order = measured("kartong")
    freight = replace(order.lines[0], type="Freight", group="Fee")

    assert written("edifact", replace(order, lines=(freight,)))[1] == ()


@each_layout
def test_a_layout_tells_a_unit_that_only_the_rule_for_the_rest_takes(name: str) -> None:
    text, [told] = by_layout(name, measured("pcs", "kartong", "kartong"), "ST")

    assert text.count("ST") == 3
    assert told.startswith("lines[1].")
    assert ', and 1 more is "kartong", which the table maps.units does not know, so "ST" is written' in told
    assert f"{REMEDY} (record 1" in told


@each_layout
def test_a_layout_tells_a_unit_that_is_kept(name: str) -> None:
    text, [told] = by_layout(name, measured("kartong", None), "keep")

    assert "kartong" in text
    assert "so it is written as it came; add it there" in told


@each_layout
def test_a_layout_refuses_an_unknown_unit_where_it_is_told_to(name: str) -> None:
    with pytest.raises(PermanentError) as refused:
        by_layout(name, measured("pcs", "kartong"), "refuse")

    assert refused.value.subject.startswith("lines[1].")


def test_a_word_of_another_field_that_takes_the_rule_for_the_rest_is_not_told() -> None:
    record = {"each": "order", "fields": [{"from": "delivery.method", "map": "m"}]}

    assert written("delimited", guide_order(), record=[record], maps={"m": {"DHL": "1", "*": "9"}})[1] == ()
