"""An order through the whole bridge as UBL by Peppol's profile, its answers, and what Norce is told of them."""

import contextlib
import json
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.simulators.norce import SimulatedNorce
from bridge.simulators.norce_tokens import Client
from bridge.simulators.sides.ubl import receipt
from tests.flow.bridge_process import Norce
from tests.flow.test_money import FREIGHT, REF, SHOE, SOCK, MoneyBridge, bodies, taken
from tests.formats.ubl_files import despatch, document, response, sent

pytestmark = pytest.mark.timeout(90)

UBL = """
file_name = "ORDERS_{{ref}}_{{control:06}}.xml"
[targets.erp.order]
format = "ubl"
profile = "peppol"
buyer_endpoint = "0192:987654325"
seller = {{ name = "Demo AB", gln = "7350000000009", country = "SE" }}
"""
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
SHIPMENT = "<cac:Shipment><cac:Delivery><cbc:TrackingID>373500</cbc:TrackingID></cac:Delivery></cac:Shipment>"


@pytest.fixture
async def shop() -> AsyncIterator[SimulatedNorce]:
    async with SimulatedNorce(Client(client_secret="norce secret")).running() as norce:
        yield norce


@pytest.fixture
def bridge(tmp_path: Path, shop: SimulatedNorce) -> MoneyBridge:
    made = MoneyBridge(tmp_path, Norce(port=shop.port))
    made.configure(rest=UBL.format())
    return made


def invoiced(*rows: tuple[str, str]) -> str:
    lines = "".join(
        f"<cac:InvoiceLine><cbc:ID>9</cbc:ID><cbc:InvoicedQuantity>{qty}</cbc:InvoicedQuantity><cac:OrderLineReference>"
        f"<cbc:LineID>{number}</cbc:LineID></cac:OrderLineReference></cac:InvoiceLine>"
        for number, qty in rows
    )
    head = "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>"
    return document("Invoice", head + lines, REF)


async def test_an_order_goes_out_as_ubl_and_its_answers_are_reported_and_booked(
    bridge: MoneyBridge, shop: SimulatedNorce
) -> None:
    story = (
        ("response.xml", response("AP", order=REF, number="SO-1")),
        ("despatch.xml", despatch(SHIPMENT, sent("1", "2"), sent("2", "10"))),
        ("invoice.xml", invoiced(("1", "2"), ("2", "10"), ("3", "1"))),
    )

    async with bridge.running():
        await bridge.place(shop)
        await bridge.state_of(REF, "dropped")
        [file] = bridge.outbox()
        order = ET.fromstring(file.read_bytes())  # noqa: S314  # our own file
        for number, (name, text) in enumerate(story, 1):
            bridge.answer(name, text)
            operations = await taken(shop, number)
        reported = await bridge.state_of(REF, "reported")

    assert order.findtext(f"{CBC}ID") == REF
    assert operations == ["SendOrderStatus", "CreateDeliveryNote", "CreateInvoice"]
    [confirmed] = bodies(shop, "SendOrderStatus")
    assert (confirmed["OrderStatus"], confirmed["ErpOrderNo"]) == ("Confirmed", "SO-1")
    [record] = shop.book.orders()
    assert record.notes == ["A-1"]
    assert record.captured == 2 * SHOE + 10 * SOCK + FREIGHT
    assert reported["outcome"] == "invoiced"


async def test_an_order_that_peppol_refuses_is_failed_in_words_and_a_refusing_receipt_is_an_alert(
    bridge: MoneyBridge, shop: SimulatedNorce
) -> None:
    async with bridge.running():
        failed = await bridge.order(ClientOrderRef="48448", CurrencyCode="SEK", SellTo=_buyer("Sverige"))
        await bridge.place(shop)
        await bridge.state_of(REF, "dropped")
        files = [path.name for path in bridge.outbox()]
        bridge.answer("receipt.xml", receipt(REF, "RE", "PEPPOL-T01-R016").decode())
        await bridge.shown(REF, lambda order: order["acknowledgements"])
        before = len(shop.calls)
        bridge.answer("response.xml", response("AP", order=REF, number="SO-1"))
        operations = await taken(shop, 1)
        reported = await bridge.state_of(REF, "reported")

    said = json.dumps(failed, ensure_ascii=False)
    assert failed["StatusCode"] == "Failed"
    assert all(word in said for word in ("sold_to.country", "Sverige", "PEPPOL-T01-B05401", "target erp")), said
    assert [name.split("_")[1] for name in files] == [REF]
    with contextlib.closing(sqlite3.connect(bridge.folder / "var" / "bridge.db")) as journal:
        alerts = journal.execute("SELECT kind, subject FROM alerts WHERE kind = 'file_refused'").fetchall()
    assert alerts == [("file_refused", REF)]
    assert before == 0
    assert operations == ["SendOrderStatus"]
    assert [one["status"] for one in reported["acknowledgements"]] == ["rejected", "confirmed"]


def _buyer(country: str) -> dict[str, object]:
    address = {"Line1": "Storgatan 1", "ZipCode": "12345", "City": "Malmö", "Country": country}
    return {"Person": {"CustomerCode": "C1", "FirstName": "Åsa", "LastName": "Ek", "Address": address}}
