"""A field that no class has is named by its path, and its value is not."""

import json

import pytest
from hypothesis import given, strategies as st

from bridge.norce.bodies import document_of
from bridge.norce.unknown import MOST_TOLD, unknown_fields
from bridge.norce.wire import decode
from tests.norce.orders import JSON, JSON_SAMPLE, XML, XML_SAMPLE, changed, sample


@pytest.mark.parametrize(("body", "content"), [(JSON_SAMPLE, JSON), (XML_SAMPLE, XML)], ids=["json", "xml"])
def test_the_guide_s_order_has_none(body: bytes, content: object) -> None:
    document = document_of(body, JSON if content is JSON else XML)

    assert isinstance(document, dict)
    assert unknown_fields(document) == ()


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        (("Brandnew",), {"a": [1, {"b": 2}]}, "Brandnew"),
        (("clientOrderRef",), "1", "clientOrderRef"),
        (("Items", 0, "Colour"), "red", "Items[0].Colour"),
        (("Items", 0, "AdditionalInfo", 0, "Code3"), None, "Items[0].AdditionalInfo[0].Code3"),
        (("SellTo", "Person", "Address", "Floor"), 3, "SellTo.Person.Address.Floor"),
        (("ShippingAdvice", "PickupStore", "Hours"), [], "ShippingAdvice.PickupStore.Hours"),
        (("ExtensionData",), {"a": 1}, "ExtensionData"),
        (("a b\x1b",), 1, '"a b\\x1b"'),
    ],
)
def test_an_unknown_field_is_told_by_its_path(place: tuple[str | int, ...], value: object, told: str) -> None:
    assert unknown_fields(changed(sample(), place, value)) == (told,)


def test_an_unknown_element_is_told_like_an_unknown_field() -> None:
    body = XML_SAMPLE.replace(b"<PartNo>", b"<Colour>red</Colour><PartNo>", 1)

    document = document_of(body, XML)

    assert isinstance(document, dict)
    assert unknown_fields(document) == ("Items[0].Colour",)


def test_both_spellings_of_a_field_are_known() -> None:
    assert unknown_fields({"SellTo": {"Company": {"PriceListCodes": [], "PricelistLimit": False}}}) == ()


def test_no_more_are_told_than_anyone_reads() -> None:
    assert len(unknown_fields({f"x{at}": 1 for at in range(10_000)})) == MOST_TOLD


NAMES = ("Items", "SellTo", "Person", "Header", "Fees", "x")
JUNK = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(NAMES), JUNK))
def test_any_document_can_be_looked_through(document: dict[str, object]) -> None:
    assert all(path.isprintable() for path in unknown_fields(document))


def test_an_unknown_field_does_not_change_what_is_understood() -> None:
    more = json.dumps(changed(sample(), ("Items", 0, "Colour"), "red")).encode()

    assert decode(more, JSON) == decode(JSON_SAMPLE, JSON)
