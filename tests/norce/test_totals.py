"""Rows against payments: what agrees, what differs, and what cannot be told."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.norce.totals import oddity
from bridge.stages.receive.making import MakingSettings, make_order
from tests.norce.orders import request_of, sample, translated

FACTOR, SHARE = "1.25", "0.25"


def said(*rows: tuple[str, str, str], paid: Any = (), **fields: Any) -> str | None:
    """Rows of (quantity, price, VAT); the payments; what is odd."""
    items = [
        {"LineNo": at, "PartNo": "A", "Quantity2": qty, "UnitPrice": price, "UnitVat": vat, "TypeGroup": "Fee"}
        for at, (qty, price, vat) in enumerate(rows, 1)
    ]
    payments = [{"Amount": amount, "CurrencyCode": "SEK"} for amount in paid]
    document = {"ClientOrderRef": "1", "CurrencyCode": "SEK", "Items": items, "Payments": payments, **fields}
    order = translated(document).order
    return oddity(order, order.payments)


def test_rows_that_come_to_the_payments_say_nothing() -> None:
    assert said(("2", "300.00", "75.00"), paid=["700", "50"]) is None


def test_a_difference_is_told_without_a_name() -> None:
    assert said(("2", "300", "75"), paid=["1500"]) == (
        "the rows come to 750.00 with VAT and the payments to 1500.00, which is 750.00 more"
    )
    assert "50.00 less" in (said(("2", "300", "75"), paid=["700"]) or "")


def test_the_guide_s_own_example_does_not_add_up() -> None:
    document = sample()
    document["Payments"][0]["Amount"] = 1500

    order = translated(document).order

    assert oddity(order, order.payments)


@pytest.mark.parametrize(("paid", "is_odd"), [("751.00", False), ("749.00", False), ("751.01", True), ("748.99", True)])
def test_rounding_to_a_whole_unit_is_no_difference(paid: str, *, is_odd: bool) -> None:
    assert bool(said(("2", "300", "75"), paid=[paid])) is is_odd


def test_seventeen_digits_are_counted_exactly() -> None:
    assert said(("1", "12345678901234567.89", "0.00"), paid=["12345678901234567.89"]) is None
    assert said(("1", "12345678901234567.89", "0"), paid=["12345678901234569.89"])


@pytest.mark.parametrize("paid", ["100", "110", "112.5", "90", "102.5"])
def test_fees_and_discounts_of_the_whole_order_may_count_either_way(paid: str) -> None:
    fees = [{"Type": "1", "Amount": 10, "VatRate": 25}]

    assert said(("1", "80", "20"), paid=[paid], Fees=fees, Discounts=[{"Amount": -10}]) is None


@pytest.mark.parametrize("payments", [[], [{"Amount": None}], [{"Amount": 5, "CurrencyCode": "EUR"}]])
def test_without_payments_in_the_order_s_currency_nothing_is_told(payments: Any) -> None:
    assert said(("1", "80", "20"), Payments=payments) is None


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({"Payments": [{"Amount": 100, "CurrencyCode": "sek"}, {"Amount": 5, "CurrencyCode": "EUR"}]}, True),
        ({"Payments": [{"Amount": 100}, {"Amount": 100, "CurrencyCode": "EUR"}], "CurrencyCode": None}, True),
        ({"Payments": [{"Amount": 100}, {"Amount": 5, "CurrencyCode": "SEK"}]}, False),
    ],
)
def test_payments_in_another_currency_are_told_since_nothing_is_compared(fields: Any, *, is_told: bool) -> None:
    item = {"LineNo": 1, "PartNo": "A", "Quantity": 1, "UnitPrice": 80, "UnitVat": 20}
    request = request_of({"ClientOrderRef": "1", "CurrencyCode": "SEK", "Items": [item], **fields})

    made = make_order(request, "demo", ZoneInfo("UTC"), MakingSettings(holds_totals=True))

    told = "Payments[1].CurrencyCode is not the order's currency, so rows and payments are not compared"
    assert (told in made.warnings) is is_told
    assert (made.hold is None) is is_told


@pytest.mark.parametrize("rate", [FACTOR, SHARE])
def test_a_factor_where_a_percentage_is_due_is_warned_of_in_rows_and_fees(rate: str) -> None:
    item = {"LineNo": 1, "PartNo": "A", "Quantity": 1, "UnitPrice": 1, "UnitVat": 0, "VatRate": rate}

    found = translated({"ClientOrderRef": "1", "Items": [item], "Fees": [{"VatRate": rate}]})

    warned = [warning.split(";")[0] for warning in found.warnings if "percent" in warning]
    assert warned == [f"Fees[0].VatRate is {rate}", f"Items[0].VatRate is {rate}"]


@pytest.mark.parametrize(
    ("type_name", "role"),
    [
        ("Freight", "freight"),
        ("CentRounding", "rounding"),
        ("PspGiftCard", "gift_card"),
        ("GiftCardPaymentPlaceHolder", "gift_card"),
        ("Compensation", "compensation"),
        ("PackingFee", "fee"),
        ("SalesTax", "tax"),
        ("Service", "service"),
        ("ErpStandard", "goods"),
        ("Something new", "goods"),
        (None, "goods"),
    ],
)
def test_each_row_is_carried_as_it_came_and_says_what_it_stands_for(type_name: str | None, role: str) -> None:
    item = {"LineNo": 1, "PartNo": "A", "Quantity": 1, "UnitPrice": "-12345678901234.567", "UnitVat": "-0.10"}

    (line,) = translated({"ClientOrderRef": "1", "Items": [{**item, "Type": type_name}]}).order.lines

    assert (line.role, str(line.unit_price), line.unit_vat) == (role, "-12345678901234.567", Decimal("-0.10"))


@pytest.mark.parametrize(
    ("group", "role"), [("Fee", "fee"), ("AddedFee", "fee"), ("Service", "service"), ("X", "goods")]
)
def test_a_type_that_nobody_knows_is_told_by_its_group(group: str, role: str) -> None:
    item = {"LineNo": 1, "PartNo": "A", "Quantity": 1, "UnitPrice": 1, "UnitVat": 0, "Type": "New", "TypeGroup": group}

    assert translated({"ClientOrderRef": "1", "Items": [item]}).order.lines[0].role == role
