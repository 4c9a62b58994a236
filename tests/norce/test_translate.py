"""Everything that an order says arrives in the neutral order; what no ERP can do without is asked for by name."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.errors import ErrorName, PermanentError
from bridge.model import Infos, Party, PartyKind, Phones
from bridge.norce.fingerprint import fingerprint
from bridge.norce.rules import MOST_WARNINGS
from bridge.norce.translate import application_key_of, reference_of, translate
from tests.norce.orders import JSON_SAMPLE, Place, changed, leaves, request_of, sample, translated

FAULTS: list[tuple[Place, object, str]] = [
    (("ClientOrderRef",), None, "ClientOrderRef is empty"),
    (("ClientOrderRef",), "  ", "ClientOrderRef is empty"),
    (("ClientOrderRef",), "9" * 51, "ClientOrderRef has 51 characters; 50 are the limit"),
    (("ClientOrderRef",), "4\n5", "ClientOrderRef holds a line break or tab"),
    (("Items",), [], "Items is empty; an order has at least one row"),
    (("Items",), None, "Items is empty; an order has at least one row"),
    (("Items", 0, "PartNo"), " ", "Items[0].PartNo is empty; the ERP needs it"),
    (("Items", 0, "LineNo"), None, "Items[0].LineNo is empty"),
    (("Items", 0, "Quantity2"), "-1", "Items[0].Quantity2 is -1; it must be above zero"),
    (("Items", 0, "Quantity2"), "0.000", "Items[0].Quantity2 is 0.000; it must be above zero"),
    (("Items", 0, "UnitPrice"), None, "Items[0].UnitPrice is empty; the ERP needs it"),
    (("Items", 0, "UnitVat"), "", "Items[0].UnitVat is empty; the ERP needs it"),
]

WARNINGS: list[tuple[Place, object, str]] = [
    (("ClientOrderRef",), "REF12345", "ClientOrderRef is not a plain number"),
    (("ClientOrderRef",), "048447", "ClientOrderRef is not a plain number"),
    (("ClientOrderRef",), " 48447", "ClientOrderRef is not a plain number"),
    (("ClientOrderRef",), "2147483648", "ClientOrderRef is not a plain number"),
    (("CurrencyCode",), "", "CurrencyCode is empty"),
    (("SubmitDate",), None, "SubmitDate is empty"),
    (("Items", 0, "TypeGroup"), "Ghostly", "Items[0].TypeGroup is none that is known"),
    (("Items", 0, "Type"), "Ghostly", "Items[0].Type is none that is known"),
    (("Items", 0, "VatRate"), "1.25", "Items[0].VatRate is 1.25; it should be percent"),
    (("Items", 0, "VatRate"), "0.25", "Items[0].VatRate is 0.25; it should be percent"),
    (("Items", 0, "Quantity2"), "3.5", "Items[0].Quantity is 2, Quantity2 is 3.5; the second counts"),
    (("Items", 0, "ParentLineNo"), 7, "Items[0].ParentLineNo is 7, which is no other row"),
    (("Items", 0, "ParentLineNo"), 1, "Items[0].ParentLineNo is 1, which is no other row"),
    (("AdditionalInfo",), [{"Value": "x"}], "AdditionalInfo has a value without a code"),
    (("AdditionalInfo",), [{"Code": "A"}, {"Code2": "a"}], "AdditionalInfo gives a code twice"),
]


def test_every_value_of_the_guides_example_reaches_the_order(shared: Path) -> None:
    guide = (shared / "seeds" / "000_5eee46ff5f51dbf0.txt").read_text()
    example, _ = json.JSONDecoder().raw_decode(guide, guide.index('{\n"SellTo"'))
    places = [place for place, _ in leaves(example) if not is_left_out(place)]

    lost = [place for place in places if says_the_same(example, changed(example, place, another(example, place)))]

    assert len(places) > 70
    assert lost == []


def is_left_out(place: Place) -> bool:
    """Norce's own number of an info type, and the quantity that the one with decimals replaces."""
    return ("AdditionalInfo" in place and place[-1] == "Id") or place[-1] == "Quantity"


def another(document: dict[str, Any], place: Place) -> object:
    value: Any = document
    for step in place:
        value = value[step]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    others = {"SubmitDate": "2024-12-18T12:00:01+01:00", "InternalProductId": "10002", "CurrencyCode": "NOK"}
    return others.get(str(place[-1]), f"{value}x")


def says_the_same(document: dict[str, Any], other: dict[str, Any]) -> bool:
    one, two = translated(document), translated(other)
    return fingerprint(one.order) == fingerprint(two.order) and one.application_key == two.application_key


def test_the_sample_is_translated_without_a_warning() -> None:
    found = translated(sample())

    assert found.warnings == ()
    assert found.application_key == "123e4567-e89b-12d3-a456-426614174000"
    assert found.order.application == "demo"
    assert found.order.ordered_at == dt.datetime(2024, 12, 18, 11, tzinfo=dt.UTC)
    assert found.order.lines[0].line_gross == found.order.payments[0].amount == 750


def test_empty_text_and_missing_are_both_nothing() -> None:
    found = translated(sample())

    assert found.order.sold_to is not None
    assert (found.order.sold_to.box, found.order.sold_to.care_of) == (None, None)


def test_amounts_are_carried_as_they_came() -> None:
    found = translate(request_of(json.loads(JSON_SAMPLE, parse_float=str)), "demo")

    line = found.order.lines[0]
    assert [str(amount) for amount in (line.unit_price, line.unit_vat, line.qty)] == ["300.00", "75.00", "2.000"]


def test_the_whole_quantity_counts_when_there_is_no_other() -> None:
    found = translated(changed(sample(), ("Items", 0, "Quantity2"), None))

    assert found.order.lines[0].qty == Decimal(2)


@pytest.mark.parametrize(
    ("zone", "hour"), [(ZoneInfo("Europe/Stockholm"), 11), (ZoneInfo("America/New_York"), 17), (dt.UTC, 12)]
)
def test_a_date_without_offset_is_read_in_the_given_zone(zone: dt.tzinfo, hour: int) -> None:
    request = request_of(changed(sample(), ("SubmitDate",), "2024-12-18 12:00:00"))

    found = translate(request, "demo", zone)

    assert found.order.ordered_at == dt.datetime(2024, 12, 18, hour, tzinfo=dt.UTC)


def test_a_date_without_offset_is_swedish_by_default() -> None:
    found = translated(changed(sample(), ("SubmitDate",), "2024-06-18 12:00:00"))

    assert found.order.ordered_at == dt.datetime(2024, 6, 18, 10, tzinfo=dt.UTC)


def test_a_company_takes_the_address_of_its_contact() -> None:
    document = changed(sample(), ("SellTo", "Company"), {"Code": "C1", "Name": "Acme AB", "VatNo": "SE1"})

    party = translated(document).order.sold_to

    assert party == Party(
        kind=PartyKind.COMPANY,
        code="C1",
        name="Acme AB",
        first_name="John",
        last_name="Doe",
        vat_no="SE1",
        street="123 Example Street",
        zip="12345",
        city="Anytown",
        country="SE",
        phones=Phones(private="0701234567", cell="0707654321"),
        email="john.doe@example.com",
        contact="John Doe",
        person_code="CUST0001",
    )


@pytest.mark.parametrize("empty", [None, {}, {"Code": "", "IsActive": False}])
def test_an_empty_company_leaves_a_person(empty: object) -> None:
    party = translated(changed(sample(), ("SellTo", "Company"), empty)).order.sold_to

    assert party is not None
    assert party.kind is PartyKind.PERSON


@pytest.mark.parametrize("empty", [None, {}, {"Person": {"Address": {}}, "Company": {}}])
def test_a_customer_of_whom_nothing_is_said_is_nobody(empty: object) -> None:
    order = translated(changed(sample(), ("ShipTo",), empty)).order

    assert order.ship_to is None


def test_info_types_go_by_code2_then_code_without_case_and_the_first_counts() -> None:
    values = [
        {"Id": 1, "Code": "The name", "Code2": "NCOChannel", "Value": "web"},
        {"Id": 2, "Code": "ncochannel", "Value": "second"},
        {"Id": 3, "Code": "Gift", "Code2": "", "Value": None},
        {"Id": 4, "Value": "by number"},
        {"Value": "by nothing"},
    ]

    info = translated(changed(sample(), ("AdditionalInfo",), values)).order.info

    assert dict(info) == {"NCOChannel": "web", "Gift": "", "4": "by number"}
    assert info["NCOCHANNEL"] == info["ncochannel"] == "web"
    assert "gift" in info
    assert "unheard of" not in info


def test_a_gtin_among_the_infos_of_a_row_is_its_gtin() -> None:
    values = [{"Code2": "ean", "Value": "7350053850019"}]

    line = translated(changed(sample(), ("Items", 0, "AdditionalInfo"), values)).order.lines[0]

    assert line.gtin == "7350053850019"


def test_texts_lose_control_characters_but_not_their_lines() -> None:
    document = changed(sample(), ("CustomerOrderComment",), " one\ttwo\x85three\r\nfour\rfive\x9bsix\x7f ")

    assert translated(document).order.comment == "one two\nthree\nfour\nfive six"


def test_the_reference_is_kept_exactly_as_sent() -> None:
    request = request_of(changed(sample(), ("ClientOrderRef",), " Ref 1 "))

    assert reference_of(request) == translate(request, "demo").order.order_ref == " Ref 1 "


@pytest.mark.parametrize(
    ("sent", "key"),
    [("{123E4567-E89B-12D3-A456-426614174000}", "123e4567-e89b-12d3-a456-426614174000"), ("", None), (None, None)],
)
def test_an_application_key_is_compared_without_case(sent: str | None, key: str | None) -> None:
    request = request_of(changed(sample(), ("Header", "ApplicationKey"), sent))

    assert application_key_of(request) == key


def test_an_order_without_header_has_no_application_key() -> None:
    assert application_key_of(request_of({})) is None


@pytest.mark.parametrize(("place", "value", "told"), FAULTS)
def test_what_no_erp_can_do_without_is_asked_for_by_name(place: Place, value: object, told: str) -> None:
    request = request_of(changed(sample(), place, value))

    with pytest.raises(PermanentError) as refused:
        translate(request, "demo")

    assert told in refused.value.message
    assert refused.value.name is ErrorName.ORDER_INVALID


def test_a_line_number_belongs_to_one_row() -> None:
    document = sample()
    document["Items"] *= 2

    with pytest.raises(PermanentError, match=r"Items\[0\].LineNo is 1, which another row has too; Items\[1\].LineNo"):
        translated(document)


@pytest.mark.parametrize(("place", "value", "told"), WARNINGS)
def test_what_is_odd_is_told_and_taken(place: Place, value: object, told: str) -> None:
    found = translated(changed(sample(), place, value))

    assert len(found.warnings) == 1
    assert told in found.warnings[0]


def test_a_thousand_oddities_are_not_a_thousand_warnings() -> None:
    document = sample()
    document["Items"] = [{**document["Items"][0], "LineNo": no, "VatRate": 1.25} for no in range(1, 1001)]

    found = translated(document)

    assert len(found.warnings) == MOST_WARNINGS
    assert len(found.order.lines) == 1000


def test_infos_are_a_mapping_like_any_other() -> None:
    infos = Infos([("A", "1"), ("a", "2"), ("B", "3")])

    assert infos == {"A": "1", "B": "3"}
    assert infos.get("b") == "3"
    assert list(infos) == ["A", "B"]
    assert repr(infos) == "Infos([('A', '1'), ('B', '3')])"
