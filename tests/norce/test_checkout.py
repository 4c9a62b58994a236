"""Each row of the table in `norce/checkout.md` 7.3: the first source that has a value fills the order."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bridge.model import Checkout, PaymentKind, SalesOrder
from bridge.norce.fingerprint import fingerprint
from bridge.norce.translate import Translated
from tests.norce.orders import translated

ITEM = {"LineNo": 1, "PartNo": "A", "Quantity": 1, "UnitPrice": "284.04", "UnitVat": "71.01"}
TOTAL = "355.05"
PERSON = {"Person": {"FirstName": "Maja"}}
COMPANY = {"Company": {"Name": "Acme"}, **PERSON}
NORCE_PAYMENT = {"PaymentCode": 239, "PaymentMethodCode": "CHECKOUT", "PaymentName": "Norce Checkout", "Amount": TOTAL}
VOUCHER = {"adapterId": "awardit_adapter", "type": "voucher", "amount": 55.05, "state": "reserved", "reference": "GC-1"}
CARD = {"adapterId": "walley", "name": "Walley", "type": "default", "amount": 300.0, "reference": "7d31"}
REMOVED = {"adapterId": "klarna", "type": "default", "amount": 9.0, "state": "removed", "reference": "old"}
PLACE = {"reference": "SP1", "name": "Corner Shop", "address": {"streetAddress": "Gatan 1", "city": "Lund"}}
SHIPPING: Mapping[str, Any] = {
    "state": "confirmed",
    "reference": "VM2",
    "tmsReference": "TOS1",
    "name": "MyPack Collect at home",
    "deliveryDetails": {
        "carrier": "PostNord",
        "product": {"name": "MyPack Collect"},
        "pickupLocation": PLACE,
    },
}
PAYMENTS, SHIPPINGS = "norce-checkout-payments", "norce-checkout-shippings"
ADVICE = {"DeliveryMethodCode": "EXT"}

Infos = Mapping[str, Any]
Cases = Sequence[tuple[Infos, Mapping[str, Any], Any]]


def read(infos: Infos | None = None, **fields: Any) -> Translated:
    values = [
        {"Code": "a name", "Code2": code, "Value": value if isinstance(value, str) else json.dumps(value)}
        for code, value in (infos or {}).items()
    ]
    document = {"ClientOrderRef": "1", "Items": [ITEM], "CurrencyCode": "SEK", "Payments": [NORCE_PAYMENT]}
    return translated({**document, "AdditionalInfo": values, **fields})


def without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if name not in names}


def details(**changes: Any) -> dict[str, Any]:
    return {**SHIPPING, "deliveryDetails": {**SHIPPING["deliveryDetails"], **changes}}


PROVIDER: Cases = [
    ({PAYMENTS: [VOUCHER, CARD]}, {}, "walley"),
    ({PAYMENTS: [VOUCHER, without(CARD, "adapterId")]}, {}, "Walley"),
    ({PAYMENTS: [without(CARD, "type")]}, {}, "walley"),
    ({PAYMENTS: [REMOVED, CARD]}, {}, "walley"),
    ({PAYMENTS: [VOUCHER]}, {}, "Norce Checkout"),
    ({PAYMENTS: []}, {"Payments": [without(NORCE_PAYMENT, "PaymentName")]}, "CHECKOUT"),
    ({}, {}, "Norce Checkout"),
    ({}, {"Payments": []}, None),
]
REFERENCE: Cases = [
    ({PAYMENTS: [VOUCHER, CARD], "NCOPaymentReference": "GC-1"}, {}, "7d31"),
    ({PAYMENTS: [VOUCHER], "NCOPaymentReference": "GC-1"}, {}, "GC-1"),
    ({"NCOPaymentReference": "N1"}, {"Payments": [{**NORCE_PAYMENT, "PaymentRef": "P1"}]}, "N1"),
    ({}, {"Payments": [{**NORCE_PAYMENT, "PaymentRef": "P1"}]}, "P1"),
    ({}, {}, None),
]
CARRIER: Cases = [
    ({SHIPPINGS: [SHIPPING]}, {}, "PostNord"),
    ({SHIPPINGS: [details(carrier=None)]}, {}, "MyPack Collect"),
    ({SHIPPINGS: [details(carrier=" ", product=None)]}, {}, "MyPack Collect at home"),
    ({SHIPPINGS: [without(details(carrier=None, product={}), "name")]}, {}, "EXT"),
    ({SHIPPINGS: [{**SHIPPING, "state": "Removed"}]}, {}, "EXT"),
    ({}, {}, "EXT"),
]
SERVICE: Cases = [
    ({SHIPPINGS: [SHIPPING]}, {}, "MyPack Collect"),
    ({SHIPPINGS: [details(product=None)]}, {}, "MyPack Collect at home"),
    ({}, {}, None),
]
TMS_REFERENCE: Cases = [
    ({SHIPPINGS: [SHIPPING], "NCOShippingTmsReference": "N"}, {"ShippingAdvice": {"TmsReference": "A"}}, "A"),
    ({SHIPPINGS: [SHIPPING], "NCOShippingTmsReference": "N"}, {}, "N"),
    ({SHIPPINGS: [SHIPPING]}, {}, "TOS1"),
    ({}, {}, None),
]
SHIPPING_REFERENCE: Cases = [
    ({SHIPPINGS: [SHIPPING], "NCOShippingReference": "N"}, {}, "N"),
    ({SHIPPINGS: [SHIPPING]}, {}, "VM2"),
    ({}, {}, None),
]
STORE = {"PickupStore": {"Code": "S1", "Name": "Store"}}
PICKUP: Cases = [
    ({SHIPPINGS: [SHIPPING]}, {"ShippingAdvice": STORE}, ("S1", "Store", None)),
    ({SHIPPINGS: [SHIPPING]}, {"ShippingAdvice": {"PickupStore": {"Name": "Mine"}}}, ("SP1", "Mine", "Lund")),
    ({SHIPPINGS: [SHIPPING]}, {}, ("SP1", "Corner Shop", "Lund")),
    ({SHIPPINGS: [details(pickupLocation=None)]}, {}, None),
]
IDS: Cases = [
    ({"NCOOrderId": "o1", "NCOMerchant": "m", "NCOChannel": "c"}, {}, Checkout("o1", "m", "c")),
    ({"ncoorderid": "o1"}, {}, Checkout("o1")),
    ({}, {}, None),
]
CUSTOMER_TYPE: Cases = [
    ({"NCOCustomerType": "Organization"}, {"SellTo": PERSON}, "organization"),
    ({"NCOCustomerType": "Person"}, {"SellTo": COMPANY}, "person"),
    ({}, {"SellTo": COMPANY}, "organization"),
    ({}, {"SellTo": PERSON}, "person"),
    ({}, {}, None),
]


def pickup(order: SalesOrder) -> tuple[str | None, str | None, str | None] | None:
    store = order.delivery.pickup
    if store is None:
        return None
    return store.code, store.name, store.address.city if store.address else None


ROWS: Mapping[str, tuple[Callable[[SalesOrder], object], Cases]] = {
    "provider": (lambda order: order.payment_provider, PROVIDER),
    "payment reference": (lambda order: order.payment_ref, REFERENCE),
    "carrier": (lambda order: order.delivery.carrier, CARRIER),
    "service": (lambda order: order.delivery.service, SERVICE),
    "TMS reference": (lambda order: order.delivery.tms_ref, TMS_REFERENCE),
    "shipping reference": (lambda order: order.delivery.shipping_ref, SHIPPING_REFERENCE),
    "pickup point": (pickup, PICKUP),
    "checkout ids": (lambda order: order.checkout, IDS),
    "customer type": (lambda order: order.customer_type, CUSTOMER_TYPE),
}


@pytest.mark.parametrize(
    ("row", "infos", "fields", "expected"),
    [(name, *case) for name, (_, cases) in ROWS.items() for case in cases],
)
def test_the_first_source_that_has_a_value_counts(row: str, infos: Infos, fields: Any, expected: object) -> None:
    found = read(infos, **{"ShippingAdvice": ADVICE, **fields})

    assert ROWS[row][0](found.order) == expected


def test_payment_lines_are_the_checkout_s_when_they_pay_the_order() -> None:
    found = read({PAYMENTS: [VOUCHER, REMOVED, CARD]})

    assert [(paid.kind, paid.provider, paid.ref, paid.amount) for paid in found.order.payments] == [
        (PaymentKind.VOUCHER, "awardit_adapter", "GC-1", Decimal("55.05")),
        (PaymentKind.DEFAULT, "walley", "7d31", Decimal("300.0")),
    ]
    assert {(paid.code, paid.method) for paid in found.order.payments} == {(239, "CHECKOUT")}
    assert found.warnings[1:] == ()


@pytest.mark.parametrize("payments", [[CARD], [CARD, without(VOUCHER, "amount")], [CARD, {**VOUCHER, "amount": "x"}]])
def test_payment_lines_that_do_not_add_up_leave_norce_s_payments_with_a_warning(payments: Any) -> None:
    found = read({PAYMENTS: payments})

    assert found.order.payments == found.sent.payments
    assert any("does not add up" in warning for warning in found.warnings)


def test_the_erp_s_codes_are_those_of_the_payment_with_the_same_reference() -> None:
    both = [
        {"PaymentCode": 1, "PaymentRef": "GC-1", "Amount": "55.05"},
        {"PaymentCode": 2, "PaymentRef": "7d31", "Amount": 300},
    ]

    found = read({PAYMENTS: [CARD, VOUCHER]}, Payments=both)

    assert [(paid.code, paid.ref) for paid in found.order.payments] == [(2, "7d31"), (1, "GC-1")]


@pytest.mark.parametrize(
    "value",
    [
        SHIPPING,
        [SHIPPING],
        [{"STATE": "CONFIRMED", "DeliveryDetails": {"Carrier": "PostNord"}}],
        [None, SHIPPING],
        ["text", SHIPPING, 7],
        [{**SHIPPING, "state": "REMOVED", "name": "other"}, SHIPPING],
        {**SHIPPING, "unheard": {"of": [1]}},
    ],
)
def test_the_json_is_read_in_every_form_a_serializer_may_give_it(value: Any) -> None:
    assert read({SHIPPINGS: value}).order.delivery.carrier == "PostNord"


@pytest.mark.parametrize("text", ["{", "hello", "[1, 2", "NaN of sorts", "[" * 100_000, '{"a": 1e999999999}x'])
def test_bad_json_is_warned_of_and_the_simple_codes_count(text: str) -> None:
    found = read({SHIPPINGS: text, "NCOShippingReference": "N"})

    assert found.order.delivery.shipping_ref == "N"
    assert any(SHIPPINGS in warning for warning in found.warnings)


@pytest.mark.parametrize("value", ["null", "[]", "{}", "", "   "])
def test_nothing_is_no_fault(value: str) -> None:
    assert not any("norce-checkout" in warning for warning in read({SHIPPINGS: value, PAYMENTS: value}).warnings)


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["state", "type", "amount", "deliveryDetails", "pickupLocation", "address", "name"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(anything, anything)
def test_no_order_fails_over_them(shippings: Any, payments: Any) -> None:
    found = read({SHIPPINGS: json.dumps(shippings), PAYMENTS: json.dumps(payments)})

    assert found.order.lines == found.sent.lines


def test_a_better_reading_of_them_makes_no_other_fingerprint() -> None:
    found = read({PAYMENTS: [VOUCHER, CARD], SHIPPINGS: [SHIPPING]}, ShippingAdvice=ADVICE)

    assert found.sent.payment_provider is None
    assert fingerprint(found.sent) != fingerprint(found.order)
    assert found.sent.info == found.order.info


PLACES: Mapping[str, tuple[tuple[Any, ...], Callable[[Any], Mapping[str, str]]]] = {
    "order": (("AdditionalInfo",), lambda order: order.info),
    "person": (("SellTo", "Person", "AdditionalInfo"), lambda order: order.sold_to.info),
    "payment": (("Payments", 0, "AdditionalInfo"), lambda order: order.payments[0].info),
    "pickup store": (("ShippingAdvice", "PickupStore", "AdditionalInfo"), lambda order: order.delivery.pickup.info),
    "row": (("Items", 0, "AdditionalInfo"), lambda order: order.lines[0].info),
}


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize(
    "code", [{"Code": "the name", "Code2": "SIZE"}, {"Code": "Size"}, {"Code": "", "Code2": "size "}]
)
def test_every_info_type_is_in_the_order_under_its_code(where: str, code: Mapping[str, str]) -> None:
    place, found = PLACES[where]
    document: dict[str, Any] = {
        "ClientOrderRef": "1",
        "Items": [dict(ITEM)],
        "SellTo": {"Person": {"FirstName": "Maja"}},
        "Payments": [{"Amount": TOTAL}],
        "ShippingAdvice": {"PickupStore": {"Code": "S1"}},
    }
    inner: Any = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = [{**code, "Value": "XL"}]

    assert found(translated(document).order)["SIZE"] == "XL"


def test_half_a_character_in_a_value_is_left_out_and_fails_nothing() -> None:
    found = read({SHIPPINGS: [{**SHIPPING, "deliveryDetails": {"carrier": "Post\ud83dNord"}}]}).order

    assert found.delivery.carrier == "PostNord"


def test_ten_thousand_payments_are_matched_once() -> None:
    refs = [f"P{number}" for number in range(6000)]
    norce = [{"PaymentMethodCode": ref, "PaymentRef": ref, "Amount": "1"} for ref in refs]
    entries = [{"reference": ref, "amount": 1} for ref in reversed(refs)]

    began = time.perf_counter()
    found = read({PAYMENTS: entries}, Payments=norce).order.payments

    assert [payment.method for payment in found] == refs[::-1]
    assert time.perf_counter() - began < 2


def test_what_the_checkout_says_amiss_is_told_before_oddities_of_rows() -> None:
    rows = [{**ITEM, "LineNo": number, "TypeGroup": "Odd"} for number in range(1, 40)]

    assert "is not JSON" in read({PAYMENTS: "{"}, Items=rows).warnings[0]
