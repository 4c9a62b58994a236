"""The wire models against the contract of `../shared/norce`: every class, every field, every value carried."""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from bridge.norce import wire
from bridge.norce.fingerprint import fingerprint
from bridge.norce.translate import translate
from bridge.norce.wire import decode
from tests.norce.contract import Contract, contract_in, fields_of, inner_class, reachable
from tests.norce.orders import JSON, XML, Place, as_xml, changed, leaves, translated

# Always null, false or empty by Norce's docs, or Norce's own number of a thing: read, but not carried on.
NOT_CARRIED = {
    "Address": {"Type"},
    "CodeValue": {"Id"},
    "Company": {
        "Fax",
        "PricelistCodes",
        "PricelistLimit",
        "PaymentCodes",
        "PaymentCodeLimit",
        "DeliveryCodes",
        "DeliveryCodeLimit",
        "IsActive",
    },
    "Person": {"CompanyCode", "IsActive"},
}
# Carried only where another field is missing.
SECOND_CHOICE = {
    "CodeValue": {"Code"},
    "Company": {"Phone", "Email"},  # and Addresses, see below
    "OrderItem": {"Quantity"},
}


@pytest.fixture(scope="module")
def contract(shared: Path) -> Contract:
    return contract_in(shared)


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def full(contract: Contract, name: str, numbers: Iterator[int]) -> dict[str, Any]:
    """A value in every field of a class, each different from the others."""
    return {field: full_value(contract, facts, numbers) for field, facts in fields_of(contract, name)}


def full_value(contract: Contract, facts: Mapping[str, Any], numbers: Iterator[int]) -> Any:
    kind = inner_class(facts["type"])
    number = next(numbers)
    match kind:
        case _ if kind in contract:
            value: Any = full(contract, kind, numbers)
        case "boolean":
            value = True
        case "datetime":
            value = "2024-12-18T12:00:00+01:00"
        case "integer" | "integer|string":
            value = number
        case "number":
            value = f"{number}.50"
        case _:
            value = f"t{number}"
    return [value] if facts["type"].startswith("array<") else value


def everything(contract: Contract) -> dict[str, Any]:
    document = full(contract, "OrderRequest", count(1))
    document |= {"OrderType": 3, "CurrencyCode": "NOK"}
    return document


def class_at(contract: Contract, place: Place) -> tuple[str, str]:
    """The class and field that a place names."""
    name, last = "OrderRequest", ("", "")
    for step in place:
        if isinstance(step, str):
            last = (name, step)
            name = inner_class(contract[name][step]["type"])
    return last


def test_every_class_and_field_of_the_contract_has_its_model(contract: Contract) -> None:
    unknown = [
        f"{name}.{field}"
        for name in reachable(contract)
        for field, _ in fields_of(contract, name)
        if field not in {facts.alias for facts in getattr(wire, name).model_fields.values()}
    ]

    assert unknown == []


def test_every_model_field_is_one_of_the_contract(contract: Contract) -> None:
    invented = [
        f"{name}.{facts.alias}"
        for name in reachable(contract)
        for facts in getattr(wire, name).model_fields.values()
        if facts.alias not in contract[name]
    ]

    assert invented == []


def test_every_field_holds_the_class_that_the_contract_says(contract: Contract) -> None:
    for name in reachable(contract):
        for facts in getattr(wire, name).model_fields.values():
            kind = contract[name][facts.alias]["type"]
            held = [model.__name__ for model in models_in(facts.annotation)]
            assert held == ([inner_class(kind)] if inner_class(kind) in contract else []), f"{name}.{facts.alias}"


def test_a_full_order_is_the_same_as_json_and_as_xml(contract: Contract) -> None:
    document = everything(contract)
    names = {
        field: facts["xml_item"]
        for name in reachable(contract)
        for field, facts in contract[name].items()
        if "xml_item" in facts
    }

    as_json = decode(json.dumps(document).encode(), JSON)
    from_xml = decode(as_xml(document, names), XML)

    assert from_xml == as_json
    assert fingerprint(translate(from_xml, "a").order) == fingerprint(translate(as_json, "b").order)


def test_every_value_of_a_full_order_is_carried(contract: Contract) -> None:
    document = everything(contract)
    whole = translated(document)
    lost = set()

    for place, value in leaves(document):
        other = translated(changed(document, place, another(value)))
        is_same = fingerprint(other.order) == fingerprint(whole.order)
        if is_same and other.application_key == whole.application_key and "Addresses" not in place:
            lost.add(class_at(contract, place))

    tables = (NOT_CARRIED, SECOND_CHOICE)
    assert lost == {(name, field) for table in tables for name in table for field in table[name]}


def another(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    text = str(value)
    if text == "NOK":
        return "SEK"
    return "2024-12-18T13:00:00+01:00" if text.startswith("2024-") else f"{text}7"


@pytest.mark.parametrize(
    ("field", "value", "carried"),
    [
        ("Phone", "08", lambda party: party.phones.work == "08"),
        ("Email", "a@b.se", lambda party: party.email == "a@b.se"),
        ("Addresses", [{"City": "Ystad"}], lambda party: party.city == "Ystad"),
    ],
)
def test_what_stands_second_is_carried_where_the_first_is_missing(field: str, value: object, carried: Any) -> None:
    item = {"LineNo": 1, "PartNo": "A", "Quantity": 1, "UnitPrice": 1, "UnitVat": 0}
    document = {"ClientOrderRef": "1", "Items": [item], "SellTo": {"Company": {"Name": "Acme", field: value}}}

    party = translated(document).order.sold_to

    assert carried(party)
