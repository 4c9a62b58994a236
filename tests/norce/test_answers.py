"""Norce can read every answer, in the kind it asked in, whatever the answer has to say."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from bridge.norce.answers import LONGEST_DESCRIPTION, Answer, accepted, answer, failed
from bridge.norce.bodies import BodyKind
from tests.norce.orders import NAMESPACE

Q = f"{{{NAMESPACE}}}"
FIELDS = ("StatusCode", "Description", "HasErpOrderNo", "ErpOrderNo")


def fields_in(kind: BodyKind, body: bytes) -> dict[str, str | bool | None]:
    """What Norce reads."""
    if kind is BodyKind.JSON:
        read: dict[str, str | bool | None] = json.loads(body)
        return read
    root = ET.fromstring(body)  # noqa: S314 - our own bytes
    if kind is BodyKind.SOAP:
        envelope = "{http://schemas.xmlsoap.org/soap/envelope/}"
        found = root.find(f"{envelope}Body/{Q}CreateOrderResponse/{Q}CreateOrderResult")
        assert found is not None
        root = found
    else:
        assert root.tag == f"{Q}OrderResponse"
    words = {element.tag.removeprefix(Q): element.text for element in root}
    return {**words, "HasErpOrderNo": words["HasErpOrderNo"] == "true"}


@pytest.mark.parametrize("kind", list(BodyKind))
@pytest.mark.parametrize(
    ("said", "code", "number"),
    [(accepted(), "OK", None), (accepted("SO-1001"), "OK", "SO-1001"), (failed("no"), "Failed", None)],
)
def test_each_answer_has_its_four_fields_in_order(kind: BodyKind, said: Answer, code: str, number: str | None) -> None:
    _, body = answer(kind, said)

    found = fields_in(kind, body)

    assert tuple(found) == FIELDS
    assert found == {
        "StatusCode": code,
        "Description": said.description,
        "HasErpOrderNo": number is not None,
        "ErpOrderNo": number,
    }


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        (BodyKind.JSON, "application/json; charset=utf-8"),
        (BodyKind.XML, "application/xml; charset=utf-8"),
        (BodyKind.SOAP, "text/xml; charset=utf-8"),
    ],
)
def test_each_kind_has_its_content_type(kind: BodyKind, content_type: str) -> None:
    assert answer(kind, accepted())[0] == content_type


def test_no_number_is_null_in_json_and_an_empty_element_in_xml() -> None:
    bodies = [answer(kind, accepted())[1] for kind in (BodyKind.JSON, BodyKind.XML)]

    assert b'"ErpOrderNo": null' in bodies[0]
    assert b"<ErpOrderNo/>" in bodies[1]


def test_a_failed_order_never_shows_a_number() -> None:
    _, body = answer(BodyKind.JSON, Answer(ok=False, description="x", erp_order_no="SO-1"))

    assert json.loads(body)["ErpOrderNo"] is None


@pytest.mark.parametrize("number", ["", "9" * 51])
def test_a_number_that_norce_cannot_hold_is_not_told(number: str) -> None:
    _, body = answer(BodyKind.JSON, Answer(ok=True, description="x", erp_order_no=number))

    assert (json.loads(body)["HasErpOrderNo"], json.loads(body)["ErpOrderNo"]) == (False, None)


@given(st.text(), st.sampled_from(list(BodyKind)))
def test_any_description_arrives_readable_and_bounded(text: str, kind: BodyKind) -> None:
    _, body = answer(kind, failed(text * 50))

    description = fields_in(kind, body)["Description"] or ""

    assert isinstance(description, str)
    assert len(description) <= LONGEST_DESCRIPTION
    assert description.isprintable()
