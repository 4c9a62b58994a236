"""A number of fixed width with its minus behind, in a place of its own, as SAP and COBOL have it."""

import tomllib
from dataclasses import replace
from decimal import Decimal

import pytest
from pydantic import ValidationError

from bridge import formats
from bridge.errors import PermanentError
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order


def priced(price: str | None, **field: object) -> str:
    """The place of a price in a record, between bars."""
    order = guide_order()
    line = replace(order.lines[0], unit_price_original=None if price is None else Decimal(price))
    fields = [{"const": "|", "width": 1}, {"from": "unit_price_original", **field}, {"const": "|", "width": 1}]
    format_ = formats.build("fixed", {"record": [{"each": "line", "fields": fields}]})
    return formats.render(format_, replace(order, lines=(line,)), CONTROL, RECEIVED_AT).decode().strip()


@pytest.mark.parametrize(
    ("price", "field", "place"),
    [
        ("-12.345", {"implied": 2, "pad": "0"}, "|000001235-|"),
        ("12.345", {"implied": 2, "pad": "0"}, "|000001235 |"),
        ("-12.345", {"decimals": 2}, "|    12.35-|"),
        ("12.345", {"decimals": 2}, "|    12.35 |"),
        ("-0.001", {"implied": 2, "pad": "0"}, "|000000000 |"),
        ("-12.3", {"align": "left"}, "|12.3-     |"),
        ("12.3", {"align": "left"}, "|12.3      |"),
        ("-1234567.89", {"implied": 2, "pad": "0"}, "|123456789-|"),
        (None, {"implied": 2}, "|          |"),
    ],
)
def test_a_minus_can_stand_behind_in_its_own_place(price: str | None, field: dict[str, object], place: str) -> None:
    assert priced(price, width=10, sign="behind", **field) == place


@pytest.mark.parametrize("price", ["1234567890", "-1234567890"])
def test_a_number_leaves_the_place_of_a_sign_behind_free(price: str) -> None:
    with pytest.raises(PermanentError, match="more than 10 letters"):
        priced(price, width=10, sign="behind")


@pytest.mark.parametrize("price", ["-12.35", "12.35", "0.00"])
def test_a_sign_behind_is_read_back_as_it_was_written(price: str) -> None:
    fields = [{"name": "type", "width": 1}, {"name": "order_ref", "width": 3}, {"name": "line_no", "width": 3}]
    places = {"H": [*fields, {"name": "unit_price", "width": 10, "implied": 2}]}
    text = f"H{1:3}{1:3}{priced(price, width=10, implied=2, pad='0', sign='behind').strip('|'):10}\n"

    [ack] = formats.read(formats.build("fixed", {"records": places}), text.encode()).acknowledgements

    assert ack.lines[0].unit_price == Decimal(price)


@pytest.mark.parametrize("field", ['from = "comment"', 'from = "hold"', 'from = "unit_price", map = "prices"'])
def test_only_a_number_has_a_sign(field: str) -> None:
    maps = {"prices": {"*": "keep"}}
    record = tomllib.loads(f'each = "line"\nfields = [{{ {field}, width = 9, sign = "behind" }}]')

    with pytest.raises(ValidationError, match="is no number; drop sign"):
        formats.build("fixed", {"record": [record], "maps": maps})
