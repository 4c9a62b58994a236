"""An order as an IDoc through the whole bridge, and SAP's answers back to the simulated Norce, in either shape."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from aiohttp import web

from bridge.simulators.norce import CONNECT_PATH, TOKEN_PATH, SimulatedNorce
from bridge.simulators.norce_tokens import Client
from bridge.simulators.sides import side_of
from tests.flow.bridge_process import SAMPLES, BridgeFolder, Norce
from tests.formats.idoc_files import Message, flat, message, ordrsp, ref, seg, xml
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(120)

REF, NUMBER = "48447", "0000012345"
CONFIG = """
[receiver]
listen = "127.0.0.1:{orders}"
password_file = "secrets/receiver"
[admin]
listen = "127.0.0.1:{admin}"
[norce]
base_url = "http://127.0.0.1:{norce}{connect}"
token_url = "http://127.0.0.1:{norce}{token}"
client_secret_file = "secrets/norce"
report_after = "100 ms"
[alerts]
webhook = "http://127.0.0.1:{people}/"
[watch]
sweep = "0.5 s"
[retry]
first = "100 ms"
[targets.erp]
file_name = "ORDERS_{{ref}}_{{control:06}}.txt"
{rest}
[targets.erp.answer]
format = "auto"
quiet_for = "50 ms"
patience = "2 s"
"""


class SapBridge(BridgeFolder):
    """A bridge whose ERP is SAP; its answers have the shape that the order file has."""

    template = CONFIG
    words = MappingProxyType({"connect": CONNECT_PATH, "token": TOKEN_PATH, "people": 9})

    def told_at(self, port: int) -> None:
        """Where alerts are posted to."""
        self.words = MappingProxyType({**self.words, "people": port})

    def speak(self, variant: str) -> None:
        self.variant = variant
        self.configure(rest=f'[targets.erp.order]\nformat = "idoc"\nvariant = "{variant}"')

    async def place(self, shop: SimulatedNorce) -> bytes:
        """The order's file, once the ERP may fetch it."""
        text = (SAMPLES / "order.json").read_text()
        shop.book.place(REF).learn(json.loads(text, parse_float=Decimal) | {"ClientOrderRef": REF})
        said = await self.order(ClientOrderRef=REF)
        assert said["StatusCode"] == "OK"
        shop.book.answered(REF, None, ok=True)
        await self.state_of(REF, "dropped")
        [file] = self.outbox()
        return file.read_bytes()

    def say(self, name: str, said: Message) -> None:
        write = flat if self.variant == "flat" else xml
        self.answer(name, write(said))


@pytest.fixture
async def shop() -> AsyncIterator[SimulatedNorce]:
    async with SimulatedNorce(Client(client_secret="norce secret")).running() as norce:
        yield norce


@pytest.fixture
async def alerts() -> AsyncIterator[tuple[int, list[dict[str, Any]]]]:
    """A server that keeps the alerts that are posted to it."""
    told: list[dict[str, Any]] = []

    async def hear(request: web.Request) -> web.Response:
        told.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1], told
    await runner.cleanup()


@pytest.fixture
def sap(tmp_path: Path, shop: SimulatedNorce) -> SapBridge:
    return SapBridge(tmp_path, Norce(port=shop.port))


async def taken(shop: SimulatedNorce, count: int) -> list[str]:
    """The operations that Norce took, once there are so many."""
    async with asyncio.timeout(PATIENCE_S):
        while len(found := [call.operation for call in shop.calls if call.status == 200]) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


async def archived(bridge: BridgeFolder, name: str) -> None:
    """Returns once an answer lies in the archive: then the journal has it."""
    async with asyncio.timeout(PATIENCE_S):
        while not list((bridge.folder / "inbox/archive").rglob(name)):  # noqa: ASYNC110 - another process moves it
            await asyncio.sleep(0.05)


def audit(file: bytes, status: str, text: str) -> Message:
    """The audit of our own IDoc, by the number that its control record has."""
    found = re.search(rb"<DOCNUM>([0-9]{16})<|^EDI_DC40.{5}([0-9]{16})", file)
    assert found is not None
    number = (found[1] or found[2]).decode()
    state = seg("E1STATE", DOCNUM=number, STATUS=status, STATXT=text)
    return message("ALEAUD", seg("E1ADHDR", state, MESTYP="ORDERS"))


def item(**fields: str) -> Message:
    line = seg(
        "E1EDP01",
        seg("E1EDP02", QUALF="001", BELNR=REF, ZEILE="000001"),
        seg("E1EDP20", WMENG="2.000", EDATU="20261201"),
        POSEX="000010",
        MENGE="2.000",
        **fields,
    )
    return ordrsp(seg("E1EDK01", BELNR=NUMBER), ref("002", NUMBER), line)


def delivery() -> Message:
    line = seg(
        "E1EDL24",
        seg("E1EDL41", QUALI="001", BSTNR=REF, POSEX="000001"),
        POSNR="000010",
        KDMAT="ITEM001",
        LFIMG="2.000",
    )
    return message("DESADV", seg("E1EDL20", line, seg("E1EDL37", EXIDV="00373500000000000017"), VBELN="0080000001"))


def invoice() -> Message:
    head = seg("E1EDK01", BSART="INVO", BELNR="0090000001", CURCY="SEK")
    return message("INVOIC", head, ref("001", REF), seg("E1EDS01", SUMID="011", SUMME="750.00"))


@pytest.mark.parametrize("variant", ["flat", pytest.param("xml", marks=pytest.mark.soak)])
async def test_an_order_goes_out_as_an_idoc_and_is_confirmed_delivered_and_invoiced_by_idocs(
    sap: SapBridge, shop: SimulatedNorce, variant: str
) -> None:
    sap.speak(variant)
    async with sap.running():
        file = await sap.place(shop)
        sap.say("aleaud.txt", audit(file, "53", "Document posted"))
        await archived(sap, "aleaud.txt")
        before = await sap.state_of(REF, "dropped")
        sap.say("ordrsp.txt", item(ACTION="004"))
        await taken(shop, 1)
        sap.say("delvry.txt", delivery())
        await taken(shop, 2)
        sap.say("invoic.txt", invoice())
        operations = await taken(shop, 3)
        document = await sap.shown(REF, lambda order: order["state"] == "reported" and order["outcome"] == "invoiced")

    assert side_of("idoc").reference(file) == REF
    assert (before["outcome"], before["reports"]) == (None, [])
    assert operations == ["SendOrderStatus", "CreateDeliveryNote", "SendOrderStatus"]
    statuses = [call.body.get("OrderStatus") for call in shop.calls if call.operation == "SendOrderStatus"]
    assert statuses == ["Confirmed", "Invoiced"]
    assert document["erp_order_no"] == NUMBER
    assert not list((sap.folder / "inbox/quarantine").glob("*"))


@pytest.mark.parametrize("variant", [pytest.param("flat", marks=pytest.mark.soak), "xml"])
async def test_an_audit_that_refuses_our_file_tells_a_person_and_norce_nothing(
    sap: SapBridge, shop: SimulatedNorce, alerts: tuple[int, list[dict[str, Any]]], variant: str
) -> None:
    port, told = alerts
    sap.told_at(port)
    sap.speak(variant)
    async with sap.running():
        file = await sap.place(shop)
        sap.say("aleaud.txt", audit(file, "51", "Customer CUST0001 is not there"))
        await archived(sap, "aleaud.txt")
        async with asyncio.timeout(PATIENCE_S):
            while not (found := [one for one in told if one["kind"] == "file_refused"]):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        document = await sap.state_of(REF, "dropped")

    assert (found[0]["subject"], found[0]["severity"]) == (REF, "page")
    assert (document["outcome"], document["erp_order_no"], document["reports"]) == (None, None, [])
    [said] = document["acknowledgements"]
    assert (said["kind"], said["status"]) == ("receipt", "rejected")
    assert shop.calls == []


async def test_an_order_that_no_idoc_can_hold_is_answered_failed_with_field_target_and_remedy(
    sap: SapBridge, shop: SimulatedNorce
) -> None:
    sap.speak("flat")
    async with sap.running():
        said = await sap.order(CustomerOrderRef="x" * 36)
        files = sap.outbox()

    assert said["StatusCode"] == "Failed"
    assert all(word in said["Description"] for word in ("E1EDK02-BELNR", "erp", "shorter"))
    assert files == []
    assert shop.calls == []
