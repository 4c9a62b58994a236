"""Every value is taken in all forms Norce is known to write, and refused with its place when it is none of them."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from bridge.errors import ErrorName, PermanentError
from bridge.norce.bodies import Content
from bridge.norce.wire import OrderRequest, decode
from tests.norce.orders import JSON, JSON_SAMPLE, XML, XML_SAMPLE, changed, request_of, sample

STOCKHOLM = dt.timezone(dt.timedelta(hours=1))
PRIVATE = "19121212-1212"

NUMBERS = [
    ("300.00", "300.00"),
    ("0", "0"),
    ("-12.5", "-12.5"),
    ("+1", "1"),
    (".5", "0.5"),
    ("7.", "7"),
    ("1E+2", "100"),
    ("1.5e3", "1500"),
    ("1e-7", "1E-7"),
    ("12345678901234567.89", "12345678901234567.89"),
    (" 2 ", "2"),
]

DATES = [
    ("2024-12-18T12:00:00+01:00", dt.datetime(2024, 12, 18, 12, tzinfo=STOCKHOLM)),
    ("2024-12-18T12:00:00Z", dt.datetime(2024, 12, 18, 12, tzinfo=dt.UTC)),
    ("2020-11-17 14:19:47", dt.datetime(2020, 11, 17, 14, 19, 47)),  # noqa: DTZ001 - as Norce wrote it
    ("2020-11-17T14:19", dt.datetime(2020, 11, 17, 14, 19)),  # noqa: DTZ001
    ("2020-11-17", dt.datetime(2020, 11, 17)),  # noqa: DTZ001
    ("2020-11-17T14:19:47.1234567+0100", dt.datetime(2020, 11, 17, 14, 19, 47, 123456, tzinfo=STOCKHOLM)),
    ("2020-11-17T14:19:47.5", dt.datetime(2020, 11, 17, 14, 19, 47, 500000)),  # noqa: DTZ001
    ("/Date(1605619187000+0100)/", dt.datetime(2020, 11, 17, 13, 19, 47, tzinfo=dt.UTC)),
    ("/Date(-1000)/", dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=dt.UTC)),
    ("0001-01-01T00:00:00", None),
    ("", None),
]

FAULTS = [
    (("Items", 0, "Quantity"), "abc", 'Items[0].Quantity is "abc", not a number'),
    (("Items", 0, "Quantity"), True, "Items[0].Quantity is true or false, not a number"),
    (("Items", 0, "Quantity"), [1], "Items[0].Quantity is a list, or given more than once, not a number"),
    (("Items", 0, "Quantity"), "NaN", 'Items[0].Quantity is "NaN", not a number'),
    (("Items", 0, "UnitPrice"), "Infinity", 'Items[0].UnitPrice is "Infinity", not a number'),
    (("Items", 0, "UnitPrice"), "1,50", 'Items[0].UnitPrice is "1,50", not a number; the decimal sign is a point'),
    (("Items", 0, "UnitPrice"), "1_000", 'Items[0].UnitPrice is "1_000", not a number'),
    (("Items", 0, "UnitPrice"), "٣", 'Items[0].UnitPrice is "٣", not a number'),
    (("Items", 0, "UnitPrice"), "1E+1000000", 'Items[0].UnitPrice is "1E+1000000", a number out of bounds'),
    (("Items", 0, "UnitPrice"), "1E+999", 'Items[0].UnitPrice is "1E+999", a number out of bounds'),
    (("Items", 0, "UnitPrice"), "0E+999", 'Items[0].UnitPrice is "0E+999", a number out of bounds'),
    (("Items", 0, "UnitPrice"), "1E-999", 'Items[0].UnitPrice is "1E-999", a number out of bounds'),
    (("Items", 0, "UnitPrice"), "9" * 35, "a number out of bounds"),
    (("Items", 0, "UnitPrice"), "9" * 5000, '9…", not a number'),
    (("Items", 0, "UnitPrice"), "{words} \x1b[2J", 'Items[0].UnitPrice is "{words} \\x1b[2J", not a number'),
    (("Items", 0, "LineNo"), "1.5", 'Items[0].LineNo is "1.5", not a whole number'),
    (("Items", 0, "LineNo"), "1E+20", "Items[0].LineNo is"),
    (("Items", 0), None, "Items[0] is empty, not a group of fields"),
    (("Items", 0), "x", "Items[0] is text, not a group of fields"),
    (("Items",), {"OrderItem": []}, "Items is a group of fields, not a list"),
    (("Items",), [None] * 10_001, "Items has 10001 rows; 10000 are the limit"),
    (("SellTo", "Person", "FirstName"), {"a": 1}, "SellTo.Person.FirstName is a group of fields, not text"),
    (("SellTo", "Person", "Address"), [], "SellTo.Person.Address is a list, or given more than once, not a group"),
    (("ClientOrderRef",), "a\0b", "ClientOrderRef holds a control character (U+0000)"),
    (("CustomerOrderComment",), "\ud800", "CustomerOrderComment holds a control character (U+D800)"),
    (("CustomerOrderComment",), "\x1b", "CustomerOrderComment holds a control character (U+001B)"),
    (("CustomerOrderComment",), "\uffff", "CustomerOrderComment holds a control character (U+FFFF)"),
    (("DoHold",), "maybe", 'DoHold is "maybe", not true or false'),
    (("DoHold",), {}, "DoHold is a group of fields, not true or false"),
    (("OrderType",), "Gift", 'OrderType is "Gift", not a number'),
    (("SubmitDate",), "yesterday", 'SubmitDate is "yesterday", not a date such as'),
    (("SubmitDate",), "2024-02-31T00:00:00", "not a date such as"),
    (("SubmitDate",), "2024-12-18T25:00:00", "not a date such as"),
    (("SubmitDate",), "2024-12-18T12:00:00+99:00", "not a date such as"),
    (("SubmitDate",), "9999-12-31T23:59:59-14:00", "not a date such as"),
    (("SubmitDate",), "/Date(999999999999999)/", "not a date such as"),
]


@pytest.mark.parametrize(("written", "exact"), NUMBERS)
def test_a_number_is_taken_exactly_as_text_and_from_xml(written: str, exact: str) -> None:
    bodies = [
        (json.dumps({"Items": [{"UnitPrice": written}]}).encode(), JSON),
        (
            f"<OrderRequest><Items><OrderItem><UnitPrice>{written}</UnitPrice></OrderItem></Items></OrderRequest>".encode(),
            XML,
        ),
    ]

    prices = [decode(body, content).items[0].unit_price for body, content in bodies]

    assert [str(price) for price in prices] == [exact, exact]


def test_seventeen_digits_of_a_json_number_survive() -> None:
    body = JSON_SAMPLE.replace(
        b'"UnitPrice": 300.00,\n      "UnitPriceO', b'"UnitPrice": 12345678901234567.89,\n "UnitPriceO'
    )

    price = decode(body, JSON).items[0].unit_price

    assert price == Decimal("12345678901234567.89")


@pytest.mark.parametrize(("written", "moment"), DATES)
def test_a_date_is_taken_in_each_form_that_norce_writes(written: str, moment: dt.datetime | None) -> None:
    request = request_of(changed(sample(), ("SubmitDate",), written))

    assert request.submit_date == moment


@pytest.mark.parametrize("written", [48447, "48447"])
def test_a_reference_may_be_text_or_number(written: object) -> None:
    request = request_of(changed(sample(), ("ClientOrderRef",), written))

    assert request.client_order_ref == "48447"


@pytest.mark.parametrize(
    ("written", "number"),
    [(1, 1), ("3", 3), ("Order", 1), ("externalorder", 5), (99, 99), (None, None), ("RecurringOrderTemplate", 4)],
)
def test_an_order_type_may_be_number_or_name(written: object, number: int | None) -> None:
    request = request_of(changed(sample(), ("OrderType",), written))

    assert request.order_type == number


@pytest.mark.parametrize(
    ("written", "flag"), [(True, True), ("true", True), ("False", False), (1, True), ("0", False), (None, False)]
)
def test_yes_and_no_come_as_word_or_digit(written: object, flag: bool) -> None:  # noqa: FBT001
    request = request_of(changed(sample(), ("DoHold",), written))

    assert request.do_hold is flag


@pytest.mark.parametrize("empty", [None, "", []])
def test_a_list_without_rows_may_be_missing_empty_or_null(empty: object) -> None:
    request = request_of(changed(sample(), ("Fees",), empty))

    assert request.fees == ()


def test_unknown_fields_are_ignored() -> None:
    request = request_of(changed(sample(), ("Brandnew",), {"a": [1, {"b": 2}]}))

    assert request == request_of(sample())


@pytest.mark.parametrize(("place", "value", "told"), FAULTS)
def test_a_wrong_value_is_told_with_its_place(place: tuple[str | int, ...], value: object, told: str) -> None:
    body = json.dumps(changed(sample(), place, value)).encode()

    with pytest.raises(PermanentError) as refused:
        decode(body, JSON)

    assert told in refused.value.message
    assert refused.value.name is ErrorName.ORDER_INVALID
    assert refused.value.message.startswith(refused.value.subject)
    assert len(refused.value.message) < 200
    assert refused.value.message.isprintable()


def test_an_order_that_is_only_text_is_refused() -> None:
    with pytest.raises(PermanentError, match=r"^OrderRequest is text, not a group of fields$"):
        decode(b"<OrderRequest>hello</OrderRequest>", XML)


def test_three_faults_are_told_and_the_others_counted() -> None:
    document = sample()
    for name in ("Quantity", "UnitPrice", "UnitVat", "Discount", "VatRate"):
        document["Items"][0][name] = "x"

    with pytest.raises(PermanentError) as refused:
        request_of(document)

    assert refused.value.message.count('is "x", not a number') == 3
    assert refused.value.message.endswith("; and 2 more")


@pytest.mark.parametrize("field", ["FirstName", "LastName", "SSN", "Email", "CellPhone"])
def test_private_values_are_never_told(field: str) -> None:
    document = changed(sample(), ("SellTo", "Person", field), [PRIVATE])
    document["SellTo"]["Person"]["JobTitle"] = PRIVATE + "\0"

    with pytest.raises(PermanentError) as refused:
        request_of(document)

    error: BaseException | None = refused.value
    while error is not None:
        assert PRIVATE not in repr(error) + str(error)
        error = error.__cause__ or error.__context__


def test_a_million_bad_rows_are_one_fault() -> None:
    body = b'{"Items": [%s 0], "Payments": [%s 0]}' % (b"0," * 9_999, b"0," * 1_000_000)

    with pytest.raises(PermanentError) as refused:
        decode(body, JSON)

    assert refused.value.message.startswith("Payments has 1000001 rows; 10000 are the limit; Items[0] is ")


@given(body=st.binary(), content=st.sampled_from([JSON, XML, Content(JSON.kind, "utf-16")]))
def test_any_bytes_are_an_order_or_a_refusal(body: bytes, content: Content) -> None:
    assert is_order_or_refusal(body, content)


@given(
    source=st.sampled_from([(JSON_SAMPLE, JSON), (XML_SAMPLE, XML)]),
    cuts=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=12)), max_size=5),
)
def test_a_mutilated_order_is_an_order_or_a_refusal(
    source: tuple[bytes, Content], cuts: list[tuple[int, int, bytes]]
) -> None:
    body, content = source
    for at, length, put in cuts:
        body = body[: at % len(body)] + put + body[at % len(body) + length :] or b"-"

    assert is_order_or_refusal(body, content)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from(sorted(sample())), value=VALUES)
def test_any_value_in_any_field_is_an_order_or_a_refusal(name: str, value: object) -> None:
    body = json.dumps({**sample(), name: value}).encode()

    assert is_order_or_refusal(body, JSON)


def is_order_or_refusal(body: bytes, content: Content) -> bool:
    try:
        return isinstance(decode(body, content), OrderRequest)
    except PermanentError as refused:
        is_named = refused.name in (ErrorName.ORDER_UNREADABLE, ErrorName.ORDER_INVALID)
        return is_named and refused.message.isprintable()
