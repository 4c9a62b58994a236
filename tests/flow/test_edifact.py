"""EDIFACT through the whole bridge: what the receipts of an ERP, CONTRL and APERAK, do and do not do (decision 8)."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bridge.simulators.sides import Said
from bridge.simulators.sides.edifact import answer, application_receipt, syntax_receipt
from tests.flow.bridge_process import BridgeFolder, Norce
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(60)

REF = "48447"
SETTINGS = """
[alerts]
webhook = "http://127.0.0.1:{port}/alerts"
[targets.erp]
file_name = "ORDERS_{{ref}}_{{control:06}}.edi"
[targets.erp.order]
format = "edifact"
acknowledgement_request = true
"""


@dataclass
class People:
    """Whoever is told of alerts: a server that keeps what is posted to it."""

    port: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, request: web.Request) -> web.Response:
        self.told.append(await request.json())
        self.news.set()
        return web.Response()

    async def heard(self, kind: str) -> Mapping[str, Any]:
        """The first alert of a kind, once it came."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := [one for one in self.told if one["kind"] == kind]):
                self.news.clear()
                await self.news.wait()
        return found[0]


@pytest.fixture
async def people() -> AsyncIterator[People]:
    here = People()
    app = web.Application()
    app.router.add_post("/alerts", here.hear)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.port = runner.addresses[0][1]
    yield here
    await runner.cleanup()


@pytest.fixture
def wholesale(tmp_path: Path, norce: Norce, people: People) -> BridgeFolder:
    bridge = BridgeFolder(tmp_path, norce)
    bridge.configure(rest=SETTINGS.format(port=people.port))
    return bridge


async def ordered(bridge: BridgeFolder) -> bytes:
    """The file of an order, once the ERP may fetch it."""
    said = await bridge.order()
    assert said["StatusCode"] == "OK"
    await bridge.state_of(REF, "dropped")
    [file] = bridge.outbox()
    return file.read_bytes()


def put(bridge: BridgeFolder, name: str, content: bytes) -> None:
    bridge.answer(name, content.decode("iso8859-1"))


async def archived(bridge: BridgeFolder, name: str) -> None:
    """Returns once an answer lies in the archive: then the journal has it."""
    async with asyncio.timeout(PATIENCE_S):
        while not list((bridge.folder / "inbox/archive").rglob(name)):  # noqa: ASYNC110 - another process moves it
            await asyncio.sleep(0.05)


async def test_a_contrl_that_takes_our_file_confirms_nothing_and_the_ordrsp_after_it_does(
    wholesale: BridgeFolder, norce: Norce, people: People
) -> None:
    async with wholesale.running():
        file = await ordered(wholesale)
        put(wholesale, "contrl.edi", syntax_receipt(file, "7"))
        await archived(wholesale, "contrl.edi")
        between = await wholesale.state_of(REF, "dropped")
        put(wholesale, "ordrsp.edi", answer(Said(REF, "confirmed", "SO-1001")))
        await wholesale.state_of(REF, "reported")

    assert b"+ORDERS++1" in file
    assert (between["outcome"], between["erp_order_no"], between["reports"]) == (None, None, [])
    assert [one["kind"] for one in between["acknowledgements"]] == ["receipt"]
    assert norce.calls == [{"ClientOrderRef": int(REF), "ErpOrderNo": "SO-1001", "OrderStatus": "Confirmed"}]
    assert people.told == []


REFUSALS: Mapping[str, tuple[Callable[[bytes], bytes], str]] = {
    "contrl": (lambda file: syntax_receipt(file, "4", error="21"), "UCI: syntax error 21"),
    "aperak": (lambda _: application_receipt(REF, "ITEM001 is not in the assortment"), "ITEM001 is not in the assort"),
}


@pytest.mark.parametrize("kind", REFUSALS)
async def test_a_receipt_that_refuses_our_file_tells_a_person_the_order_and_the_reason_and_norce_nothing(
    wholesale: BridgeFolder, norce: Norce, people: People, kind: str
) -> None:
    refusal, reason = REFUSALS[kind]
    async with wholesale.running():
        file = await ordered(wholesale)
        put(wholesale, f"{kind}.edi", refusal(file))
        alert = await people.heard("file_refused")
        await archived(wholesale, f"{kind}.edi")
        document = await wholesale.state_of(REF, "dropped")

    assert alert["severity"] == "page"
    assert alert["subject"] == REF
    assert re.search(rf"Order {REF}\b.*refuses our file.*{re.escape(reason)}", alert["text"])
    assert (document["outcome"], document["erp_order_no"], document["reports"]) == (None, None, [])
    assert [(one["kind"], one["status"]) for one in document["acknowledgements"]] == [("receipt", "rejected")]
    assert norce.calls + norce.refused == []
    assert not list((wholesale.folder / "inbox/quarantine").glob(f"{kind}*"))
