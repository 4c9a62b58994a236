"""Each endpoint type of Norce Admin, as it would call: the order is admitted, and answered in the form it came in."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bridge.clock import SystemClock
from bridge.journal import Journal
from bridge.norce.bodies import BodyKind
from bridge.norce.namespaces import ENVELOPE, ORDER
from bridge.norce.wire import decode
from bridge.norce.writing import written
from tests.norce.orders import JSON as AS_JSON
from tests.stages.receive_support import JSON_SAMPLE, LIMITS, Desk, serving
from tests.support import journals
from tests.support.journals import one, rows

REQUEST = decode(JSON_SAMPLE, AS_JSON)
BARE_XML = written(REQUEST, BodyKind.XML)
CALL = written(REQUEST, BodyKind.SOAP)
ACTION = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": '"Enferno.Services.StormConnect.Contracts.Order/OrderNotificationService/CreateOrder"',
}


@dataclass(frozen=True, slots=True)
class Call:
    """How Norce calls by an endpoint type, and the kind of answer it reads."""

    name: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    kind: str


TYPES = [
    Call("REST, JSON", "/orders", {"Content-Type": "application/json; charset=utf-8"}, JSON_SAMPLE, "json"),
    Call("REST, XML", "/orders", {"Content-Type": "application/xml"}, BARE_XML, "xml"),
    Call("REST (Legacy) at the address itself", "/orders", {"Content-Type": "text/xml"}, BARE_XML, "xml"),
    Call("REST (Legacy)", "/orders/CreateOrder", {"Content-Type": "application/xml; charset=utf-8"}, BARE_XML, "xml"),
    Call("REST (Legacy) without a type", "/orders/CreateOrder", {"Content-Type": ""}, BARE_XML, "xml"),
    Call("SOAP", "/orders", ACTION, CALL, "soap"),
    Call("SOAP without an action", "/orders", {"Content-Type": "text/xml"}, CALL, "soap"),
    Call("SOAP at the legacy address", "/orders/CreateOrder", ACTION, CALL, "soap"),
]
PLACES = {
    "xml": f"{{{ORDER}}}OrderResponse",
    "soap": f"{{{ENVELOPE}}}Body/{{{ORDER}}}CreateOrderResponse/{{{ORDER}}}CreateOrderResult",
}


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, SystemClock()) as journal:
        yield journal


@pytest.fixture
async def desk(journal: Journal) -> AsyncIterator[Desk]:
    async with serving(journal) as desk:
        yield desk


def code_in(kind: str, body: bytes) -> str | None:
    """The status code, in the only place where a sender of this kind looks for it."""
    if kind == "json":
        code: str = json.loads(body)["StatusCode"]
        return code
    holder = ET.Element("holder")
    root = ET.fromstring(body)  # noqa: S314 - our own bytes
    if kind == "xml":
        holder.append(root)
    else:
        assert root.tag == f"{{{ENVELOPE}}}Envelope"
        holder = root
    return holder.findtext(f"{PLACES[kind]}/{{{ORDER}}}StatusCode")


@pytest.mark.parametrize("call", TYPES, ids=[call.name for call in TYPES])
async def test_each_endpoint_type_is_taken_and_answered_in_kind(desk: Desk, journal: Journal, call: Call) -> None:
    answer = await desk.post(call.body, call.headers, path=call.path)

    assert (answer.status, code_in(call.kind, await answer.read())) == (200, "OK")
    assert await rows(journal, "SELECT order_ref, body, body_kind FROM orders") == [("48447", call.body, call.kind)]


async def test_the_same_order_by_each_endpoint_type_is_one_order(desk: Desk, journal: Journal) -> None:
    for call in TYPES:
        await desk.post(call.body, call.headers, path=call.path)

    assert await one(journal, "SELECT count(*) FROM orders") == 1
    assert await one(journal, "SELECT count(*) FROM conflicts") == 0


@pytest.mark.parametrize("call", TYPES, ids=[call.name for call in TYPES])
async def test_a_failed_order_is_answered_in_kind_too(desk: Desk, call: Call) -> None:
    answer = await desk.post(call.body[: len(call.body) // 2], call.headers, path=call.path)

    assert (answer.status, code_in(call.kind, await answer.read())) == (200, "Failed")


async def test_a_soap_call_of_another_operation_fails_by_name(desk: Desk) -> None:
    answer = await desk.post(CALL.replace(b"CreateOrder>", b"Ping>"), ACTION)

    assert b"the SOAP envelope has no CreateOrder where the order should be" in await answer.read()


# --- the description of all this --------------------------------------------------------------------------------------


async def test_the_listener_describes_itself_without_a_login(desk: Desk) -> None:
    answer = await desk.ask("GET", "/orders/openapi.json")

    document = await answer.json()
    assert answer.status == 200
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        resource.canonical for resource in desk.runner.app.router.resources() if resource.canonical != ""
    }


async def test_every_status_that_is_answered_is_described(desk: Desk) -> None:
    described = (await (await desk.ask("GET", "/orders/openapi.json")).json())["paths"]["/orders"]["post"]["responses"]

    answers = [
        await desk.post(),
        await desk.post(authorization=""),
        await desk.post(b"x" * (LIMITS.max_body + 1)),
        await desk.post(b"x", {"Content-Type": "text/plain"}),
    ]

    assert [answer.status for answer in answers] == [200, 401, 413, 415]
    assert set(described) == {"200", "401", "403", "413", "415", "503"}
    for answer in answers:
        assert answer.content_type in described[str(answer.status)]["content"]


async def test_the_helpful_page_leads_to_the_description(desk: Desk) -> None:
    page = await (await desk.ask("GET", "/orders/")).text() + await (await desk.ask("GET")).text()

    assert desk.url("/orders/openapi.json") in page
