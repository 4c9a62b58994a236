"""Orders as X12 through the whole bridge as a process: the partner's sets come back and reach Norce, or a person."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from bridge.simulators.norce import SimulatedNorce
from bridge.simulators.norce_tokens import Client
from bridge.simulators.sides.x12 import file_receipt, syntax_receipt
from tests.channels.test_webhook import Room, opened
from tests.flow.bridge_process import BridgeFolder, Norce
from tests.flow.test_money import FREIGHT, REF, SHOE, SOCK, MoneyBridge, bodies, taken
from tests.formats.x12_files import ack, file_of
from tests.formats.x12_judge import segments
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(120)
TARGET = """
file_name = "PO_{ref}_{control:06}.x12"
test_indicator = false
[targets.erp.order]
format = "x12"
sender = "DEMOSHOP:ZZ"
receiver = "005551234:01"
"""
LINES = ("IT1*1*2*EA*375.00*PE*VP*SHOE", "IT1*2*10*EA*12.345*PE*VP*SOCK", "IT1*3*1*EA*49*PE*VP*FRT")


@pytest.fixture
async def shop() -> AsyncIterator[SimulatedNorce]:
    async with SimulatedNorce(Client(client_secret="norce secret")).running() as norce:
        yield norce


async def _file(bridge: BridgeFolder, ref: str) -> bytes:
    """The order's file, once it lies in the outbox."""
    await bridge.state_of(ref, "dropped")
    (file,) = (bridge.folder / "outbox").glob(f"PO_{ref}_*.x12")
    return file.read_bytes()


async def test_an_850_is_acknowledged_shipped_and_invoiced_and_norce_s_books_are_right(
    tmp_path_factory: pytest.TempPathFactory, shop: SimulatedNorce
) -> None:
    bridge = MoneyBridge(tmp_path_factory.mktemp("x12"), Norce(port=shop.port))
    bridge.configure(rest=TARGET)
    levels = ("HL*1**S", "REF*CN*373500", "HL*2*1*O", f"PRF*{REF}")
    items = ("HL*3*2*I", "LIN*1*VP*SHOE", "SN1**2*EA**2*EA", "HL*4*2*I", "LIN*2*VP*SOCK", "SN1**10*EA**10*EA")
    story = (
        ("ack.x12", ack("AD", "PO1*1*2*EA", "ACK*IA*2*EA", "PO1*2*10*EA", "ACK*IA*10*EA", "CTT*2")),
        ("notice.x12", file_of("856", "BSN*00*DN-1*20261121*1200", *levels, *items, "CTT*4")),
        ("invoice.x12", file_of("810", f"BIG*20261121*F-1**{REF}***DI*00", *LINES, "TDS*115310", "CTT*3")),
    )

    async with bridge.running():
        await bridge.place(shop)
        order = await _file(bridge, REF)
        bridge.answer("receipt.x12", syntax_receipt(order).decode())
        bridge.answer("file.x12", file_receipt(order).decode())
        for number, (name, content) in enumerate(story, 1):
            bridge.answer(name, content)
            operations = await taken(shop, number)
        document = await bridge.state_of(REF, "reported")

    found = segments(order.decode("ascii"))
    assert (found[0].at(15), [one.at(3) for one in found if one.tag == "BEG"]) == ("P", [REF])
    assert [one.at(1) for one in found if one.tag == "PO1"] == ["1", "2"]
    assert [(one.at(2), one.at(5)) for one in found if one.tag == "SAC"] == [("D240", "4900")]
    assert operations == ["SendOrderStatus", "CreateDeliveryNote", "CreateInvoice"]
    assert bodies(shop, "SendOrderStatus")[0]["ErpOrderNo"] == "SO-1"
    (record,) = shop.book.orders()
    assert (record.notes, record.captured) == (["DN-1"], 2 * SHOE + 10 * SOCK + FREIGHT)
    assert {row.part_nos[0]: row.delivered for row in record.rows if row.delivered} == {
        "SHOE": Decimal(2),
        "SOCK": Decimal(10),
    }
    assert document["outcome"] == "invoiced"


def _with(bridge: BridgeFolder, room: Room) -> BridgeFolder:
    bridge.configure(rest=f'[alerts]\nwebhook = "{room.url}"\n[targets.erp]{TARGET}')
    return bridge


async def _refused(room: Room, count: int) -> list[str]:
    """The orders of the alerts about refused files, once there are so many."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = [str(one["subject"]) for one in room.taken if one["kind"] == "file_refused"]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)


async def test_refused_files_raise_alerts_that_name_our_orders_and_tell_norce_nothing(
    bridge: BridgeFolder, norce: Norce
) -> None:
    async with opened(Room()) as room, _with(bridge, room).running():
        for ref in (48447, 48448, 48449):
            await bridge.order(ClientOrderRef=ref)
        bridge.answer("group.x12", syntax_receipt(await _file(bridge, "48448"), "R").decode())
        bridge.answer("file.x12", file_receipt(await _file(bridge, "48449"), "R").decode())
        alerts = await _refused(room, 2)
        states = [(await bridge.state_of(ref, "dropped"))["state"] for ref in ("48447", "48448", "48449")]

    assert sorted(alerts) == ["48448", "48449"]
    assert states == ["dropped"] * 3
    assert norce.calls == []
