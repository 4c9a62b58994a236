"""What people decide, with the whole bridge as a process: by verbs and by files in the folders."""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest

from tests.flow.bridge_process import BridgeFolder, Norce
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(40)


async def at(bridge: BridgeFolder, wanted: str) -> Mapping[str, Any]:
    """The order's document once it stands at ``wanted``; asked of the listener, since a verb is a process a look."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            status, text = await bridge.fetch("/api/v1/orders/48447")
            if status == HTTPStatus.OK and json.loads(text)["state"] == wanted:
                document: dict[str, Any] = json.loads(text)
                return document
            await asyncio.sleep(0.02)


async def test_an_order_is_held_made_anew_and_confirmed_by_phone(bridge: BridgeFolder, norce: Norce) -> None:
    async with bridge.running():
        await bridge.order(ClientOrderRef="48447")
        await at(bridge, "dropped")
        held = await bridge.command("orders", "hold", "48447", "--because", "the shop calls back")
        while_held = bridge.outbox()
        again = await bridge.command("orders", "resend", "48447", "--render-again", "--because", "new mapping")
        await at(bridge, "dropped")
        files = [file.name for file in bridge.outbox()]
        confirmed = await bridge.command("orders", "confirm", "48447", "--erp-no", "SO-1", "--because", "by phone")
        await at(bridge, "reported")
        twice, exported = await asyncio.gather(
            bridge.command("orders", "confirm", "48447", "--erp-no", "SO-2", "--because", "by phone"),
            bridge.command("orders", "export", "48447", "-o", "x.zip"),
        )

    assert (held[0], while_held) == (0, [])
    assert again[:2] == (0, "48447: ORDERS_48447_000002.csv takes the place of ORDERS_48447_000001.csv\n")
    assert files == ["ORDERS_48447_000002.csv"]
    assert confirmed[0] == 0
    assert norce.calls == [{"ClientOrderRef": 48447, "ErpOrderNo": "SO-1", "OrderStatus": "Confirmed"}]
    assert (twice[0], exported[0]) == (4, 0)
    assert (bridge.folder / "inbox" / "STATUS.txt").read_text().count("\n") >= 4


async def test_an_answer_with_a_wrong_reference_is_given_to_the_order_that_a_person_names(
    bridge: BridgeFolder, norce: Norce
) -> None:
    async with bridge.running():
        await bridge.order(ClientOrderRef="48447")
        await at(bridge, "dropped")
        bridge.answer("a.csv", "order_ref;erp_order_no;status\n4844T;SO-1001;confirmed\n")
        async with asyncio.timeout(PATIENCE_S):
            while not (bridge.folder / "inbox" / "quarantine" / "a.csv").exists():  # noqa: ASYNC110 - another process's
                await asyncio.sleep(0.02)
        listed = await bridge.command("quarantine", "list")
        retried = await bridge.command("quarantine", "retry", "a.csv", "--order", "48447")
        reported = await at(bridge, "reported")

    assert "a.csv" in listed[1]
    assert retried[:2] == (0, "a.csv: back in the inbox as a.csv for order 48447\n")
    assert reported["erp_order_no"] == "SO-1001"
    assert [call["ErpOrderNo"] for call in norce.calls] == ["SO-1001"]
