"""The price of a bundle is on one level; what the setting does not name goes as it came."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bridge.model import Line, SalesOrder
from bridge.norce.bundles import Levels, priced

LEVELS = Levels.of(["ManagedStructure"], ["ErpPackage"])
Row = tuple[Any, ...]


def order(*rows: Row) -> SalesOrder:
    """Rows of (number, row above, type, price[, group])."""
    return SalesOrder("1", "demo", None, "SEK", tuple(line(*row) for row in rows))


def line(line_no: int, parent: int | None, type_name: str, price: str, group: str = "Physical") -> Line:
    amount = Decimal(price)
    return Line(
        line_no,
        parent,
        type_name,
        group,
        qty=Decimal(1),
        unit_price=amount,
        unit_price_original=amount + 5,
        discount=Decimal(5),
        unit_vat=amount / 4,
        vat_rate=Decimal(25),
    )


def prices(*rows: Row, levels: Levels = LEVELS) -> list[str]:
    found, _ = priced(order(*rows), levels)
    return [str(one.unit_price) for one in found.lines]


PARTS = [(2, 1, "ErpStandard", "167.44"), (3, 1, "ErpStandard", "77.40")]


def test_the_rows_below_carry_the_price_of_a_managed_structure() -> None:
    assert prices((1, None, "ManagedStructure", "244.84"), *PARTS) == ["0", "167.44", "77.40"]


def test_the_row_itself_carries_the_price_of_an_erp_package() -> None:
    assert prices((1, None, "ErpPackage", "244.84"), *PARTS) == ["244.84", "0", "0"]


def test_a_type_that_no_list_names_has_its_price_on_both() -> None:
    rows = ((1, None, "Structure", "244.84"), *PARTS)

    assert prices(*rows) == ["244.84", "167.44", "77.40"]
    assert priced(order(*rows), LEVELS)[0] == order(*rows)


def test_types_are_compared_without_case() -> None:
    assert prices((1, None, " managedSTRUCTURE ", "9"), (2, 1, "ErpStandard", "9")) == ["0", "9"]


@pytest.mark.parametrize("group", ["Service", "AddedFee", "Fee"])
def test_a_service_below_a_bundle_keeps_its_price(group: str) -> None:
    warranty = (4, 1, "Warranty", "30", group)

    assert prices((1, None, "ErpPackage", "244.84"), *PARTS, warranty)[-1] == "30"


@pytest.mark.parametrize(
    ("top", "parts"),
    [("ManagedStructure", ["0", "0"]), ("ManagedStructure", [])],
)
def test_a_bundle_whose_rows_have_no_price_keeps_its_own(top: str, parts: list[str]) -> None:
    rows = [(number, 1, "ErpStandard", price) for number, price in enumerate(parts, 2)]

    found, warnings = priced(order((1, None, top, "9"), *rows, (9, 1, "Fee", "3", "Fee")), LEVELS)

    assert str(found.lines[0].unit_price) == "9"
    assert len(warnings) == (1 if parts else 0)


def test_a_package_without_a_price_leaves_its_rows_theirs_with_a_warning() -> None:
    found, (warning,) = priced(order((1, None, "ErpPackage", "0"), *PARTS), LEVELS)

    assert [str(one.unit_price) for one in found.lines] == ["0", "167.44", "77.40"]
    assert warning == "row 1 (ErpPackage) has no price on its parent; the bundle goes as it came"


def test_what_is_silenced_shows_no_discount_of_everything() -> None:
    found, _ = priced(order((1, None, "ManagedStructure", "9"), (2, 1, "ErpStandard", "9")), LEVELS)

    top = found.lines[0]
    assert top.line_gross == 0
    assert (top.unit_price_original, top.discount) == (None, None)
    assert top.vat_rate == Decimal(25)


def test_bundles_in_bundles_have_one_price() -> None:
    inner = [(2, 1, "ErpPackage", "6"), (3, 2, "ErpStandard", "6"), (4, 1, "ErpStandard", "3")]

    assert prices((1, None, "ManagedStructure", "9"), *inner) == ["0", "6", "0", "3"]
    assert prices((1, None, "ErpPackage", "9"), (2, 1, "ManagedStructure", "6"), *inner[1:]) == ["9", "0", "0", "0"]


def test_rows_that_name_each_other_or_nobody_stay_as_they_are() -> None:
    rows = ((1, 2, "ErpPackage", "1"), (2, 1, "ErpPackage", "1"), (3, 3, "ErpPackage", "1"), (4, 99, "ErpPackage", "1"))

    assert prices(*rows) == ["1", "1", "1", "1"]


def test_an_order_without_bundles_is_the_same_object() -> None:
    plain = order((1, None, "ErpPackage", "9"))

    assert priced(plain, LEVELS)[0] is plain


@pytest.mark.timeout(5)
def test_ten_thousand_rows_below_each_other_take_no_time() -> None:
    chain = [(number, number - 1 or None, "ManagedStructure", "1") for number in range(1, 10_001)]

    assert prices(*chain)[-2:] == ["0", "1"]


rows_of_any_kind = st.lists(
    st.tuples(
        st.none() | st.integers(1, 8),
        st.sampled_from(["ManagedStructure", "ErpPackage", "ErpStandard"]),
        st.sampled_from(["0", "1.50", "7"]),
        st.sampled_from(["Physical", "Service"]),
    ),
    min_size=1,
    max_size=8,
)


@given(rows_of_any_kind)
def test_a_price_is_as_sent_or_nothing_and_never_all_vanish(rows: list[Row]) -> None:
    sent = order(*((number, *row) for number, row in enumerate(rows, 1)))

    found, _ = priced(sent, LEVELS)

    assert all(one.unit_price in {0, was.unit_price} for one, was in zip(found.lines, sent.lines, strict=True))
    assert any(one.unit_price for one in found.lines) == any(one.unit_price for one in sent.lines)
    assert [one.line_no for one in found.lines] == [one.line_no for one in sent.lines]
