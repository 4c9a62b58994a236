"""The two orders that each template must write before it is used, and the template of a target that names none.

Not for: orders of the demo (``simulators``).
"""

from datetime import UTC, datetime
from decimal import Decimal

from bridge.model import (
    Charge,
    Checkout,
    Delivery,
    Line,
    Party,
    PartyKind,
    Payment,
    PaymentKind,
    Phones,
    PickupStore,
    PriceList,
    Promotion,
    SalesContact,
    SalesOrder,
)

NAME = "sample.txt.j2"
TEMPLATE = """\
H;{{ control }};{{ order.order_ref | csv }};{{ order.ordered_at | date("%Y-%m-%d") }};{{ order.currency | csv }};\
{{ order.customer_order_ref | csv }}
{% for role, party in {"B": order.sold_to, "I": order.bill_to, "D": order.ship_to} | items if party is not none -%}
{{ role }};{{ party.code | csv }};{{ party.name | csv }};{{ party.street | csv }};{{ party.zip | csv }};\
{{ party.city | csv }};{{ party.country | csv }}
{% endfor -%}
{% for line in order.lines -%}
L;{{ line.line_no }};{{ line.part_no | csv }};{{ line.text | csv }};{{ line.qty | number }};{{ line.unit | csv }};\
{{ line.unit_price | number }};{{ line.vat_rate | number }}
{% endfor -%}
T;{{ order.lines | length }}
"""

AT = datetime(2026, 11, 21, 13, 2, 11, tzinfo=UTC)
CONTROL = 1
_INFO = {"Sample": "A value"}


def full_order() -> SalesOrder:
    """An order in which nothing is missing."""
    return SalesOrder(
        order_ref="48447",
        application="demo",
        ordered_at=AT,
        currency="SEK",
        lines=(_line(1, None), _line(2, 1)),
        order_type=1,
        source="Online",
        customer_order_ref="PO 4711",
        customer_invoice_ref="Cost centre 12",
        comment="Please call before delivery",
        discount_code="SPRING",
        refer_id=7,
        sales_contact=SalesContact("SALES001", "Division A"),
        sold_to=_party(PartyKind.COMPANY, "CUST0001"),
        bill_to=_party(PartyKind.COMPANY, "BILL0002"),
        ship_to=_party(PartyKind.PERSON, "SHIP0003"),
        seller=_party(PartyKind.COMPANY, "SELL0004"),
        delivery=_delivery(),
        payments=(_payment(),),
        fees=(Charge("Freight", "Freight", "FREIGHT", Decimal("49.00"), Decimal("25.00")),),
        discounts=(Charge("Discount", "Spring", "SPRING", Decimal("10.00"), Decimal("25.00")),),
        info=_INFO,
        suggested_erp_no="SO-1001",
        payment_provider="card",
        payment_ref="PAYREF123",
        customer_type="organization",
        checkout=Checkout("c-1", "merchant", "web"),
        raw={"ClientOrderRef": "48447"},
    )


def bare_order() -> SalesOrder:
    """An order in which everything is missing that may be."""
    line = Line(line_no=1, part_no="ITEM001", qty=Decimal(1), unit_price=Decimal("10.00"))
    return SalesOrder(order_ref="48448", application="demo", ordered_at=None, currency=None, lines=(line,))


def _party(kind: PartyKind, code: str) -> Party:
    return Party(
        kind=kind,
        code=code,
        name="Anna Andersson",
        first_name="Anna",
        last_name="Andersson",
        title="Ms",
        vat_no="SE556000000001",
        org_no="5560000000",
        ssn="19121212-1212",
        street="Storgatan 1",
        street2="Floor 2",
        box="Box 3",
        care_of="c/o Berg",
        zip="11122",
        city="Stockholm",
        region="AB",
        country="SE",
        gln="7350000000009",
        phones=Phones("0812345678", "0701234567", "0812345679", "0812345670"),
        email="anna@example.com",
        contact="Anna Andersson",
        person_code="P1",
        info=_INFO,
    )


def _delivery() -> Delivery:
    store = PickupStore("STORE001", "Central", is_drop_point=True, address=_party(PartyKind.COMPANY, "S1"), info=_INFO)
    return Delivery(
        method="PostNord",
        pickup=store,
        sms=True,
        complete=True,
        fee_once=True,
        advisor_ref="ADV1",
        tms_ref="TMS1",
        carrier="PostNord",
        service="Home",
        shipping_ref="SHIP1",
    )


def _payment() -> Payment:
    return Payment(
        code=10001,
        method="credit_card",
        name="Card",
        ref="PAYREF123",
        amount=Decimal("811.25"),
        currency="SEK",
        info=_INFO,
        provider="card",
        kind=PaymentKind.DEFAULT,
    )


def _line(line_no: int, parent: int | None) -> Line:
    return Line(
        line_no=line_no,
        parent_line_no=parent,
        type="ErpStandard",
        group="Physical",
        part_no=f"ITEM{line_no:03}",
        erp_part_no=f"ITEM{line_no:03}",
        product_id=10000 + line_no,
        gtin="7350000000016",
        manufacturer="Maker",
        text="Example product",
        qty=Decimal("2.000"),
        unit="pcs",
        unit_price=Decimal("300.00"),
        unit_price_original=Decimal("320.00"),
        unit_price_original_vat=Decimal("80.00"),
        discount=Decimal("20.00"),
        unit_vat=Decimal("75.00"),
        vat_rate=Decimal("25.00"),
        price_list_no=1,
        comment="Urgent",
        price_lists=(PriceList("Standard", Decimal(1), Decimal("300.00"), Decimal("75.00"), is_standard=True),),
        promotions=(Promotion("P1", "Spring", "SPRING", Decimal("20.00")),),
        info=_INFO,
        raw={"LineNo": str(line_no)},
    )
