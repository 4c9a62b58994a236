"""Our XML answers are those of Norce's guide as documents: names, namespaces, declarations, order, text."""

import html
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from lxml import etree

from bridge.norce.answers import Answer, answer
from bridge.norce.bodies import BodyKind
from tests.norce.contract import Contract, contract_in, read_strictly
from tests.norce.test_answers import Q

GUIDE = "000_5eee46ff5f51dbf0.txt"
EXAMPLE = re.compile(r"<OrderResponse .*?</OrderResponse>", re.DOTALL)


@pytest.fixture(scope="module")
def examples(shared: Path) -> list[bytes]:
    return [found.encode() for found in EXAMPLE.findall((shared / "seeds" / GUIDE).read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def contract(shared: Path) -> Contract:
    return contract_in(shared)


def told(element: etree._Element) -> tuple[object, ...]:
    """A document without what two writers may do differently: layout, quotes, empty tags."""
    inner = tuple(told(child) for child in element)
    text = (element.text or "") if not inner else ""
    return element.tag, element.nsmap, sorted(element.attrib.items()), text, inner


def said_in(example: bytes) -> Answer:
    """What an example says, read by eye as it were: not by anything of ours."""
    text = example.decode()
    words: dict[str, str] = {name: html.unescape(value) for name, value in re.findall(r"<(\w+)>([^<]*)</\1>", text)}
    return Answer(words["StatusCode"] == "OK", words["Description"], words.get("ErpOrderNo"))


def test_the_guide_shows_three_answers_in_xml(examples: list[bytes]) -> None:
    assert [said_in(example).ok for example in examples] == [True, True, False]
    assert [said_in(example).erp_order_no for example in examples] == ["ErpNo_5670588", None, None]


@pytest.mark.parametrize("at", range(3), ids=["confirmed", "allocated", "failed"])
def test_our_xml_answer_is_the_guide_s_as_a_document(examples: list[bytes], at: int) -> None:
    _, ours = answer(BodyKind.XML, said_in(examples[at]))

    assert told(etree.fromstring(ours)) == told(etree.fromstring(examples[at]))


@pytest.mark.parametrize(
    "said", [Answer(ok=True, description="x", erp_order_no="SO-1"), Answer(ok=False, description="y")]
)
@pytest.mark.parametrize("kind", [BodyKind.XML, BodyKind.SOAP])
def test_a_data_contract_reader_finds_every_field_of_our_answer(
    contract: Contract, kind: BodyKind, said: Answer
) -> None:
    root = ET.fromstring(answer(kind, said)[1])  # noqa: S314 - our own bytes

    response = root if kind is BodyKind.XML else root.find(f".//{Q}CreateOrderResult")

    assert response is not None
    assert read_strictly(contract, "OrderResponse", response) == {
        "StatusCode": "OK" if said.ok else "Failed",
        "Description": said.description,
        "HasErpOrderNo": str(said.erp_order_no is not None).lower(),
        "ErpOrderNo": said.erp_order_no or "",
    }
