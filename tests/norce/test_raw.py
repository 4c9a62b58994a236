"""The request as it came goes along with the order, and says nothing of its own."""

import json

import pytest

from bridge import formats
from bridge.model import SalesOrder
from bridge.norce.bodies import Content
from bridge.norce.fingerprint import fingerprint
from bridge.norce.translate import translate
from bridge.norce.wire import decode
from tests.norce.orders import JSON, JSON_SAMPLE, XML, XML_SAMPLE, changed, sample, translated


@pytest.mark.parametrize(("body", "kind"), [(JSON_SAMPLE, JSON), (XML_SAMPLE, XML)])
def test_every_field_of_the_request_is_there_by_the_sender_s_name(body: bytes, kind: Content) -> None:
    order = translate(decode(body, kind), "demo").order

    assert order.raw["ClientOrderRef"] == "48447"
    assert order.lines[0].raw["PartNo"] == "ITEM001"
    assert order.lines[0].raw["UnitPrice"] == "300.00"


def test_a_field_that_nobody_knows_is_there_too() -> None:
    document = changed(sample(), ("Items", 0, "ShelfNo"), "B-7")

    order = translated({**document, "Mood": "fine"}).order

    assert (order.raw["Mood"], order.lines[0].raw["ShelfNo"]) == ("fine", "B-7")


def test_each_line_has_its_own_row() -> None:
    rows = [
        {"LineNo": number, "PartNo": f"P{number}", "Quantity": 1, "UnitPrice": 1, "UnitVat": 0} for number in (3, 1)
    ]

    lines = translated({"ClientOrderRef": "1", "Items": rows}).order.lines

    assert [line.raw["PartNo"] for line in lines] == ["P3", "P1"]


def test_what_only_the_request_says_makes_no_other_order() -> None:
    plain = translated(sample()).order
    noisy = translated({**sample(), "Mood": "fine"}).order

    assert noisy == plain
    assert fingerprint(noisy) == fingerprint(plain)
    assert "Mood" not in json.dumps(formats.order_document(noisy), default=str)


def test_an_order_made_by_hand_has_nothing_of_it() -> None:
    assert SalesOrder("1", "demo", None, None, ()).raw == {}
