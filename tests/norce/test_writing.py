"""An order that we write is the order that was read: every field, every digit, and in the order .NET asks for."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydantic import BaseModel

from bridge.norce import wire
from bridge.norce.bodies import BodyKind, Content
from bridge.norce.wire import OrderRequest, decode
from bridge.norce.writing import ITEM_NAMES, written
from tests.norce.contract import (
    NIL,
    Contract,
    contract_in,
    fields_of,
    json_of,
    orders,
    parsed,
    reachable,
    read_strictly,
)
from tests.norce.orders import JSON, JSON_SAMPLE, NAMESPACE, XML, XML_SAMPLE

KINDS = tuple(Content(kind) for kind in BodyKind)
Q = f"{{{NAMESPACE}}}"
ORDER_TYPES = {
    "Order": "1",
    "PurchaseOrder": "2",
    "RecurringOrder": "3",
    "RecurringOrderTemplate": "4",
    "ExternalOrder": "5",
}


@pytest.fixture(scope="module")
def contract(shared: Path) -> Contract:
    return contract_in(shared)


def tree(body: bytes) -> ET.Element:
    return ET.fromstring(body)  # noqa: S314 - our own bytes


def as_text(value: Any) -> Any:
    """A document as XML has it: each value a word."""
    match value:
        case dict():
            return {name: as_text(inner) for name, inner in value.items()}
        case list():
            return [as_text(inner) for inner in value]
        case bool():
            return str(value).lower()
        case Decimal():
            return format(value, "f")
        case _:
            return value if value is None else str(value)


# --- round trips ------------------------------------------------------------------------------------------------------


@given(st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=60)
def test_json_to_xml_and_back_is_the_identity_on_every_field(contract: Contract, data: st.DataObject) -> None:
    sent = json_of(data.draw(orders(contract)))

    request = decode(sent.encode(), JSON)
    for content in KINDS:
        request = decode(written(request, content.kind), content)
    back = written(request, BodyKind.JSON)

    assert parsed(back) == parsed(sent)


@given(st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=40)
def test_a_data_contract_reader_finds_every_field_of_what_we_write(contract: Contract, data: st.DataObject) -> None:
    sent = data.draw(orders(contract))

    xml = written(decode(json_of(sent).encode(), JSON), BodyKind.XML)

    read = read_strictly(contract, "OrderRequest", tree(xml))
    assert normal(contract, "OrderRequest", read) == normal(contract, "OrderRequest", as_text(sent))


def normal(contract: Contract, name: str, group: dict[str, Any]) -> dict[str, Any]:
    """A group without what XML has no element for, and its order type as a number."""
    kept = {field: group.get(field) for field, facts in fields_of(contract, name) if facts["xml_order"]}
    for field, value in kept.items():
        inner = contract[name][field]["type"].removeprefix("array<").removesuffix(">")
        if inner in contract and isinstance(value, list):
            kept[field] = [normal(contract, inner, row) for row in value]
        elif inner in contract and value is not None:
            kept[field] = normal(contract, inner, value)
    if name == "OrderRequest":
        kept["OrderType"] = ORDER_TYPES.get(str(kept["OrderType"]), kept["OrderType"])
    return kept


@pytest.mark.parametrize("content", KINDS, ids=[content.kind.value for content in KINDS])
@pytest.mark.parametrize("number", ["12345678901234567.89", "0.00", "300.00", "0.12345678901234567", "-1.50", "100"])
def test_an_amount_keeps_its_digits_and_its_scale(content: Content, number: str) -> None:
    body = f'{{"Payments": [{{"Amount": {number}}}], "Items": [{{"UnitPrice": {number}}}]}}'.encode()

    again = decode(written(decode(body, JSON), content.kind), content)

    assert [str(again.payments[0].amount), str(again.items[0].unit_price)] == [number, number]


def test_a_number_with_an_exponent_is_written_in_full() -> None:
    request = decode(b'{"Items": [{"UnitPrice": 1E-7, "UnitVat": 1.5E+3}]}', JSON)

    item = tree(written(request, BodyKind.XML)).find(f"{Q}Items/{Q}OrderItem")

    assert item is not None
    assert (item.findtext(f"{Q}UnitPrice"), item.findtext(f"{Q}UnitVat")) == ("0.0000001", "1500")


@pytest.mark.parametrize("sample", [(JSON_SAMPLE, JSON), (XML_SAMPLE, XML)], ids=["json", "xml"])
@pytest.mark.parametrize("content", KINDS, ids=[content.kind.value for content in KINDS])
def test_the_guide_s_order_survives_each_form(sample: tuple[bytes, Content], content: Content) -> None:
    request = decode(*sample)

    assert decode(written(request, content.kind), content) == request


def test_what_is_empty_and_what_is_missing_stay_two_things() -> None:
    body = b'{"CustomerOrderComment": "", "Source": null, "SellTo": {"Company": null, "Person": {}}}'

    request = decode(written(decode(body, JSON), BodyKind.XML), XML)

    assert (request.customer_order_comment, request.source) == ("", None)
    assert request.sell_to is not None
    assert (request.sell_to.company, request.sell_to.person) == (None, wire.Person())


# --- the form of the XML ----------------------------------------------------------------------------------------------


def test_the_models_have_their_fields_in_the_order_of_the_elements(contract: Contract) -> None:
    for name in reachable(contract):
        model: type[BaseModel] = getattr(wire, name)
        ours = [field.alias for field in model.model_fields.values()]
        assert ours == [field for field, _ in fields_of(contract, name)], name


def test_the_rows_of_each_list_have_the_contract_s_name(contract: Contract) -> None:
    theirs = {
        field: facts["xml_item"]
        for name in reachable(contract)
        for field, facts in contract[name].items()
        if "xml_item" in facts
    }

    assert theirs == ITEM_NAMES


def test_nil_is_written_where_the_contract_allows_it_and_nothing_elsewhere(contract: Contract) -> None:
    request = decode(json_of(hollow(contract, "OrderRequest")).encode(), JSON)

    wrong = list(misplaced(contract, "OrderRequest", tree(written(request, BodyKind.XML))))

    assert wrong == []


def hollow(contract: Contract, name: str) -> dict[str, Any]:
    """Each class in its place, and no value anywhere."""
    document = {}
    for field, facts in fields_of(contract, name):
        inner = facts["type"].removeprefix("array<").removesuffix(">")
        if inner in contract:
            group = hollow(contract, inner)
            document[field] = [group] if facts["type"].startswith("array<") else group
    return document


def misplaced(contract: Contract, name: str, element: ET.Element) -> Iterator[str]:
    """Elements that say too much or too little of a value that is missing."""
    for field, facts in fields_of(contract, name):
        child = next((child for child in element if child.tag.endswith(f"}}{field}")), None)
        kind = facts["type"].removeprefix("array<").removesuffix(">")
        if kind in contract or facts["type"].startswith("array<"):
            assert child is not None
            rows = list(child) if facts["type"].startswith("array<") else [child]
            yield from (wrong for row in rows if kind in contract for wrong in misplaced(contract, kind, row))
        elif facts["xml_order"] is None or not (facts["nullable"] or kind == "boolean"):
            if child is not None:
                yield f"{name}.{field} stands there"
        elif child is None or (child.get(NIL) == "true") is not facts["nullable"]:
            yield f"{name}.{field} is {'missing' if child is None else child.get(NIL)}"


def elements(body: bytes) -> Iterator[ET.Element]:
    return tree(body).iter()


def test_a_promotion_s_fields_lie_in_the_other_namespace() -> None:
    request = decode(b'{"Items": [{"Promotions": [{"Id": 7, "AppliedAmount": 1.50}]}]}', JSON)

    found = [element.tag for element in elements(written(request, BodyKind.XML)) if "Promotion" in element.tag]
    inner = tree(written(request, BodyKind.XML)).find(f".//{Q}Promotion")

    assert found == [f"{Q}Promotions", f"{Q}Promotion"]
    assert inner is not None
    assert {child.tag.partition("}")[0] for child in inner} == {"{Enferno.Services.Contracts.StormConnect.Order"}


@pytest.mark.parametrize(("number", "word"), [(1, "Order"), (4, "RecurringOrderTemplate"), (9, "9")])
def test_an_order_type_is_written_by_name_in_xml_and_by_number_in_json(number: int, word: str) -> None:
    request = OrderRequest(OrderType=number)

    assert tree(written(request, BodyKind.XML)).findtext(f"{Q}OrderType") == word
    assert parsed(written(request, BodyKind.JSON))["OrderType"] == ("number", str(number))


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ("2024-12-18T12:00:00+01:00", "2024-12-18T12:00:00+01:00"),
        ("2020-11-17 14:19:47", "2020-11-17T14:19:47"),
        ("/Date(1605619187000+0100)/", "2020-11-17T13:19:47+00:00"),
    ],
)
def test_a_date_is_written_as_xml_has_it(sent: str, word: str) -> None:
    request = decode(f'{{"SubmitDate": "{sent}"}}'.encode(), JSON)

    again = tree(written(request, BodyKind.XML)).findtext(f"{Q}SubmitDate")

    assert again == word
    assert request.submit_date == dt.datetime.fromisoformat(word)


def test_a_reader_that_is_strict_loses_what_is_out_of_order(contract: Contract) -> None:
    root = tree(written(decode(JSON_SAMPLE, JSON), BodyKind.XML))
    ref = root.find(f"{Q}ClientOrderRef")
    assert ref is not None

    root.remove(ref)
    root.append(ref)

    assert "ClientOrderRef" not in read_strictly(contract, "OrderRequest", root)


# --- Norce's other spelling -------------------------------------------------------------------------------------------


def test_both_spellings_of_a_company_s_price_lists_are_taken() -> None:
    bodies = [
        (b'{"SellTo": {"Company": {"%sCodes": ["A"], "%sLimit": true}}}' % (name, name), JSON)
        for name in (b"Pricelist", b"PriceList")
    ]
    xml = b"<PriceListCodes><PriceListCode>A</PriceListCode></PriceListCodes><PriceListLimit>1</PriceListLimit>"
    bodies.append((b"<OrderRequest><SellTo><Company>%s</Company></SellTo></OrderRequest>" % xml, XML))

    requests = [decode(*body) for body in bodies]

    assert requests[0] == requests[1] == requests[2]
    assert requests[0].sell_to is not None
    assert requests[0].sell_to.company is not None
    assert requests[0].sell_to.company.pricelist_codes == ("A",)
    assert requests[0].sell_to.company.pricelist_limit
