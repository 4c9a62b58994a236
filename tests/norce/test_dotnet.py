"""What we write, .NET's DataContractSerializer takes to the last field, and what it writes, we take: needs Mono."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bridge.norce.answers import Answer, answer
from bridge.norce.bodies import BodyKind, Content
from bridge.norce.wire import decode
from bridge.norce.writing import written
from tests.norce.contract import Contract, contract_in, json_of
from tests.norce.dotnet import build, read_and_written
from tests.norce.orders import JSON, JSON_SAMPLE, NAMESPACE, XML, XML_SAMPLE
from tests.norce.test_contract import everything
from tests.support.needs import needs

pytestmark = [needs("mono", "mcs"), pytest.mark.timeout(60)]


@pytest.fixture(scope="module")
def contract(shared: Path) -> Contract:
    return contract_in(shared)


@pytest.fixture(scope="module")
def program(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(contract, tmp_path_factory.mktemp("dotnet"))


def full_order(contract: Contract) -> bytes:
    """A value in every field that XML has, of the type that .NET has."""
    document = everything(contract)
    document["Header"]["ApplicationKey"] = "123e4567-e89b-12d3-a456-426614174000"
    document["Items"][0].update({"UnitPrice": "12345678901234567.89", "UnitVat": "0.12345678901234567"})
    del document["Items"][0]["UnitPriceOriginalVat"]
    del document["Items"][0]["PriceLists"][0]["UnitPriceVat"]
    return json_of(document).encode()


def test_dotnet_reads_and_writes_every_field_of_our_xml(contract: Contract, program: Path) -> None:
    request = decode(full_order(contract), JSON)

    again = read_and_written(program, "OrderRequest", written(request, BodyKind.XML))

    assert decode(again, XML) == request


@pytest.mark.parametrize(
    "body", [(JSON_SAMPLE, JSON), (XML_SAMPLE, XML), (b'{"OrderType": 1}', JSON)], ids=["json", "xml", "empty"]
)
def test_dotnet_takes_nil_and_empty_as_we_mean_them(program: Path, body: tuple[bytes, Content]) -> None:
    request = decode(*body)

    again = decode(read_and_written(program, "OrderRequest", written(request, BodyKind.XML)), XML)

    assert again == request


def test_dotnet_writes_its_elements_in_the_order_that_we_do(contract: Contract, program: Path) -> None:
    ours = written(decode(full_order(contract), JSON), BodyKind.XML)

    theirs = read_and_written(program, "OrderRequest", ours)

    assert names_in(theirs) == names_in(ours)


def names_in(body: bytes) -> list[str]:
    return [element.tag for element in ET.fromstring(body).iter()]  # noqa: S314 - our own bytes


@pytest.mark.parametrize("number", ["SO-1001", None])
@pytest.mark.parametrize("kind", [BodyKind.XML, BodyKind.SOAP])
def test_dotnet_reads_each_field_of_our_answers(program: Path, number: str | None, kind: BodyKind) -> None:
    _, body = answer(kind, Answer(ok=True, description="A & B", erp_order_no=number))
    if kind is BodyKind.SOAP:
        root = ET.fromstring(body)  # noqa: S314 - our own bytes
        result = root.find(f".//{{{NAMESPACE}}}CreateOrderResult")
        assert result is not None
        result.tag = f"{{{NAMESPACE}}}OrderResponse"
        body = ET.tostring(result)

    read = ET.fromstring(read_and_written(program, "OrderResponse", body))  # noqa: S314 - .NET's own bytes

    said = {element.tag.rpartition("}")[2]: element.text for element in read}
    assert said == {
        "StatusCode": "OK",
        "Description": "A & B",
        "HasErpOrderNo": "true" if number else "false",
        "ErpOrderNo": number,
    }
