"""Orders that a shop may really send and no ERP can take: each is answered in words that name the field, and kept."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.clock import SystemClock
from bridge.journal import Journal
from bridge.norce.bodies import BodyKind
from bridge.norce.wire import decode
from bridge.norce.writing import written
from tests.norce.orders import JSON as AS_JSON, Place, changed, sample
from tests.stages.receive_support import XML, Desk, serving
from tests.support import journals
from tests.support.journals import rows

FIFTY = "A" * 50


def without(place: Place) -> dict[str, Any]:
    document: Any = sample()
    group = document
    for step in place[:-1]:
        group = group[step]
    del group[place[-1]]
    result: dict[str, Any] = document
    return result


def twice(document: dict[str, Any]) -> dict[str, Any]:
    return changed(document, ("Items",), document["Items"] * 2)


FAILED = [
    ("no reference", without(("ClientOrderRef",)), "ClientOrderRef is empty"),
    ("an empty reference", changed(sample(), ("ClientOrderRef",), ""), "ClientOrderRef is empty"),
    ("a blank reference", changed(sample(), ("ClientOrderRef",), "  "), "ClientOrderRef is empty"),
    ("51 characters", changed(sample(), ("ClientOrderRef",), FIFTY + "A"), "ClientOrderRef has 51 characters"),
    ("a tab in it", changed(sample(), ("ClientOrderRef",), "A\tB"), "ClientOrderRef holds a line break or tab"),
    ("no currency", changed(sample(), ("CurrencyCode",), "XQZ"), "which is no currency (ISO 4217)"),
    ("a currency's name", changed(sample(), ("CurrencyCode",), "kronor"), "which is no currency (ISO 4217)"),
    ("rows missing", without(("Items",)), "Items is empty"),
    ("no rows", changed(sample(), ("Items",), []), "Items is empty"),
    ("minus two", changed(without(("Items", 0, "Quantity2")), ("Items", 0, "Quantity"), -2), "Items[0].Quantity is -2"),
    ("minus half", changed(sample(), ("Items", 0, "Quantity2"), -0.5), "Items[0].Quantity2 is -0.5"),
    ("none at all", changed(sample(), ("Items", 0, "Quantity2"), 0), "Items[0].Quantity2 is 0"),
    ("a row twice", twice(sample()), "Items[0].LineNo is 1, which another row has too"),
    ("no price", without(("Items", 0, "UnitPrice")), "Items[0].UnitPrice is empty"),
    ("no article", changed(sample(), ("Items", 0, "PartNo"), " "), "Items[0].PartNo is empty"),
]
COMPANY = {"Code": "C-1", "Name": "Acme AB", "VatNo": "SE556677889901"}
TAKEN = [
    ("50 characters", changed(sample(), ("ClientOrderRef",), FIFTY), FIFTY),
    ("a blank in it", changed(sample(), ("ClientOrderRef",), "WEB 12 345"), "WEB 12 345"),
    ("blanks around it", changed(sample(), ("ClientOrderRef",), " 48447 "), " 48447 "),
    ("a currency in small letters", changed(sample(), ("CurrencyCode",), "sek"), "48447"),
    ("nobody at the company", changed(sample(), ("SellTo",), {"Company": COMPANY, "Person": None}), "48447"),
    ("a company without anything", changed(sample(), ("SellTo",), {"Company": COMPANY}), "48447"),
]


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, SystemClock()) as journal:
        yield journal


@pytest.fixture
async def desk(journal: Journal) -> AsyncIterator[Desk]:
    async with serving(journal) as desk:
        yield desk


def as_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def as_xml(document: dict[str, Any]) -> bytes:
    return written(decode(as_json(document), AS_JSON), BodyKind.XML)


@pytest.mark.parametrize("write", [as_json, as_xml], ids=["json", "xml"])
@pytest.mark.parametrize(("document", "told"), [row[1:] for row in FAILED], ids=[row[0] for row in FAILED])
async def test_what_no_erp_can_take_fails_by_field_and_reason_and_is_kept(
    desk: Desk, journal: Journal, document: dict[str, Any], told: str, write: Callable[[dict[str, Any]], bytes]
) -> None:
    body = write(document)

    answer = await desk.post(body, XML if write is as_xml else {})

    text = await answer.text()
    assert answer.status == 200
    assert "Failed" in text
    assert told in text
    ((kept, name, reason),) = await rows(journal, "SELECT body, name, reason FROM rejects")
    assert (kept, name) == (body, "order_invalid")
    assert told in reason
    assert await rows(journal, "SELECT * FROM orders") == []


@pytest.mark.parametrize("write", [as_json, as_xml], ids=["json", "xml"])
@pytest.mark.parametrize(("document", "ref"), [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
async def test_what_is_only_odd_is_taken_exactly_as_sent(
    desk: Desk, journal: Journal, document: dict[str, Any], ref: str, write: Callable[[dict[str, Any]], bytes]
) -> None:
    answer = await desk.post(write(document), XML if write is as_xml else {})

    assert "<StatusCode>OK" in await answer.text() or (await answer.json())["StatusCode"] == "OK"
    assert await rows(journal, "SELECT order_ref FROM orders") == [(ref,)]
    assert await rows(journal, "SELECT * FROM rejects") == []


async def test_a_company_without_a_person_is_the_buyer_in_the_file(desk: Desk, journal: Journal) -> None:
    await desk.post(as_json(changed(sample(), ("SellTo",), {"Company": COMPANY, "Person": None})))

    ((content,),) = await rows(journal, "SELECT content FROM drops")
    buyer = json.loads(content)["sold_to"]
    assert (buyer["kind"], buyer["code"], buyer["name"]) == ("company", "C-1", "Acme AB")
