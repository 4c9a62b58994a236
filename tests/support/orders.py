"""Orders for tests: the guide's example as the neutral model has it, and any order that one can think of."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from bridge.model import (
    Charge,
    Delivery,
    Line,
    Party,
    PartyKind,
    Payment,
    Phones,
    PickupStore,
    PriceList,
    Promotion,
    SalesContact,
    SalesOrder,
)

RECEIVED_AT = dt.datetime(2026, 11, 21, 13, 2, 11, 204000, dt.UTC)
CONTROL = 123
_SUBMITTED_IN = dt.timezone(dt.timedelta(hours=1))


def guide_order(order_ref: str = "48447") -> SalesOrder:
    """The example of Norce's guide, its reference replaced by a plain integer as shops send it."""
    return SalesOrder(
        order_ref=order_ref,
        application="demo",
        ordered_at=dt.datetime(2024, 12, 18, 12, 0, tzinfo=_SUBMITTED_IN),
        currency="SEK",
        lines=(_guide_line(),),
        order_type=1,
        source="Online",
        customer_order_ref="ORDER123",
        customer_invoice_ref="INV12345",
        comment="Please handle with care.",
        discount_code="DISCOUNT2024",
        sales_contact=SalesContact("SALES001", "Division A"),
        sold_to=_person("CUST0001", ("John", "Doe"), ("123 Example Street", "12345", "Anytown"), "0701234567"),
        bill_to=_person("BILL0002", ("Jane", "Smith"), ("456 Invoice Lane", "54321", "Billingville"), "0812345678"),
        ship_to=_person("SHIP0003", ("Alice", "Johnson"), ("789 Shipping Blvd", "67890", "Shipville"), "0105555555"),
        delivery=Delivery(
            method="PostNord",
            pickup=PickupStore("STORE001", "Central Warehouse", is_drop_point=True),
            sms=True,
            complete=True,
            fee_once=True,
        ),
        payments=(
            Payment(
                code=10001,
                method="credit_card",
                name="Credit Card Payment",
                ref="PAYREF123",
                amount=Decimal("1500.00"),
                currency="SEK",
                info={"CardType": "Visa", "CardHolder": "John Doe"},
            ),
        ),
    )


def _person(code: str, name: tuple[str, str], address: tuple[str, str, str], phone: str) -> Party:
    first, last = name
    street, postcode, city = address
    cells = {"CUST0001": "0707654321", "BILL0002": "0709876543", "SHIP0003": "0705555555"}
    return Party(
        kind=PartyKind.PERSON,
        code=code,
        name=f"{first} {last}",
        first_name=first,
        last_name=last,
        street=street,
        zip=postcode,
        city=city,
        country="SE",
        phones=Phones(private=phone, cell=cells[code]),
        email=f"{first}.{last}@example.com".lower(),
    )


def _guide_line() -> Line:
    return Line(
        line_no=1,
        type="ErpStandard",
        group="Physical",
        part_no="ITEM001",
        erp_part_no="ITEM001",
        product_id=10001,
        manufacturer="example_manufacturer",
        text="Example Product 1",
        qty=Decimal("2.000"),
        unit="pcs",
        unit_price=Decimal("300.00"),
        unit_price_original=Decimal("300.00"),
        discount=Decimal("0.00"),
        unit_vat=Decimal("75.00"),
        vat_rate=Decimal("25.00"),
        price_list_no=1,
        comment="Urgent delivery",
        price_lists=(PriceList("Standard List", Decimal(1), Decimal("300.00"), is_standard=True, is_active=True),),
        info={"Warranty": "2 years"},
    )


_FAKED_ROWS = st.sampled_from(
    [
        'a;b\r\n<HEAD>;1;"x',
        "UNT+1+1'\nUNZ+1+1'",
        "=1+1",
        '"',
        "å\u0308\u202e",
        "]]></Order>",
        "\\u0000\x00",
        "{{ 7 * 7 }}",
        "a|b=c\\",
        "\ud800",
        "sep=,",
    ],
)
_HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.text(";|,\t\"'\r\n\\=+-@ \x85\u2028ÅÄÖåäöŁ€", max_size=12),
    _FAKED_ROWS,
)
_TEXT = st.none() | _HOSTILE
_ZONES = (dt.UTC, dt.timezone(dt.timedelta(hours=14)), dt.timezone(dt.timedelta(hours=-12)))
_AMOUNT = st.decimals(-(10**9), 10**9, places=2) | st.sampled_from(
    [Decimal("0.0000"), Decimal("1E+3"), Decimal("-12.345"), Decimal("1E+40"), Decimal("NaN"), Decimal("-0")],
)
_INFO = st.dictionaries(_HOSTILE, _HOSTILE, max_size=2)
_PHONES = st.builds(Phones, _TEXT, _TEXT, _TEXT, _TEXT)
_PARTY = st.none() | st.builds(
    Party,
    kind=st.sampled_from(PartyKind),
    code=_TEXT,
    name=_TEXT,
    ssn=st.just("19121212-1212"),
    street=_TEXT,
    zip=_TEXT,
    city=_TEXT,
    country=_TEXT,
    phones=_PHONES,
    email=_TEXT,
    info=_INFO,
)
_LINES = st.builds(
    Line,
    line_no=st.integers(0, 10**6),
    parent_line_no=st.none() | st.integers(0, 10**6),
    type=_TEXT,
    part_no=_TEXT,
    text=_TEXT,
    qty=_AMOUNT,
    unit=_TEXT,
    unit_price=_AMOUNT,
    unit_vat=_AMOUNT,
    vat_rate=st.none() | _AMOUNT,
    comment=_TEXT,
    promotions=st.just(()) | st.builds(lambda text: (Promotion(id=text),), _TEXT),
    info=_INFO,
)
_PAYMENTS = st.builds(Payment, code=st.none() | st.integers(), method=_TEXT, ref=_TEXT, amount=st.none() | _AMOUNT)
_CHARGES = st.builds(Charge, type=_TEXT, text=_TEXT, amount=st.none() | _AMOUNT)


def sales_orders() -> st.SearchStrategy[SalesOrder]:
    """Any order: hostile text in every field, odd amounts, anything missing that may be missing."""
    return st.builds(
        SalesOrder,
        order_ref=st.integers(1, 2**31).map(str) | _HOSTILE,
        application=st.just("demo"),
        ordered_at=st.none() | st.datetimes(timezones=st.sampled_from(_ZONES)),
        currency=st.none() | st.just("SEK"),
        lines=st.lists(_LINES, max_size=3).map(tuple),
        hold=st.booleans(),
        comment=_TEXT,
        customer_order_ref=_TEXT,
        sold_to=_PARTY,
        bill_to=_PARTY,
        ship_to=_PARTY,
        delivery=st.builds(Delivery, method=_TEXT, pickup=st.none() | st.builds(PickupStore, _TEXT, _TEXT)),
        payments=st.lists(_PAYMENTS, max_size=2).map(tuple),
        fees=st.lists(_CHARGES, max_size=2).map(tuple),
        discounts=st.lists(_CHARGES, max_size=2).map(tuple),
        info=_INFO,
    )


def with_line(**changed: Any) -> SalesOrder:
    """The guide's order with one line, its first, changed."""
    order = guide_order()
    return replace(order, lines=(replace(order.lines[0], **changed),))


def with_buyer(**changed: Any) -> SalesOrder:
    """The guide's order with its buyer changed."""
    order = guide_order()
    assert order.sold_to is not None
    return replace(order, sold_to=replace(order.sold_to, **changed))
