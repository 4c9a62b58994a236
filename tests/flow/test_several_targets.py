"""Three ERPs, three formats and two shops behind one bridge process; a split order is confirmed by the right ERP."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from bridge.simulators.sides import Said, side_of
from tests.flow.bridge_process import BridgeFolder, Norce
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(60)

OUTLET_KEY = "00000000-0000-0000-0000-00000000000a"
FORMATS = {"erp": "delimited", "warehouse": "json", "store": "xml"}
SETTINGS = """
[[routes]]
name   = "pickup in the store"
target = "store"
also   = ["erp"]
when   = { application = ["demo"], delivery_method = ["PICKUP*"] }

[[routes]]
name   = "drop-ship"
target = "warehouse"
split  = true
when   = { any_line_part_no = ["DS-*"] }

[applications.demo]
target = "erp"
application_id = 11
[applications.outlet]
key    = "00000000-0000-0000-0000-00000000000a"
target = "store"
application_id = 22

[targets.erp.order]
format = "delimited"
[targets.warehouse]
file_name = "ORDERS_{ref}_{control:06}.json"
order     = { format = "json" }
answer    = { quiet_for = "50 ms", format = "json" }
[targets.store]
file_name = "ORDERS_{ref}_{control:06}.xml"
order     = { format = "xml" }
answer    = { quiet_for = "50 ms", format = "xml" }
"""


def item(number: int, part_no: str, **more: object) -> dict[str, object]:
    usual = {"LineNo": number, "PartNo": part_no, "Description": part_no, "Quantity": 1, "UnitOfMeasure": "pcs"}
    return {**usual, "UnitPrice": 80, "UnitVat": 20, "VatRate": 25, "Type": "ErpStandard", **more}


MIXED: dict[str, Any] = {"Items": [item(1, "A-1"), item(2, "DS-1"), item(3, "DS-2"), item(4, "FRT", Type="Freight")]}


@pytest.fixture
def three(bridge: BridgeFolder) -> BridgeFolder:
    bridge.configure(rest=SETTINGS)
    for name in FORMATS:
        for folder in ("inbox", "outbox"):
            (bridge.folder / folder / name).mkdir()
    return bridge


def says(target: str, ref: str, number: str) -> tuple[str, str]:
    """An answer of this target's ERP in its own format, by name and content."""
    side = side_of(FORMATS[target])
    return f"answer_{ref}.{side.extension}", side.answer(Said(ref, "confirmed", number)).decode()


async def part_numbers(bridge: BridgeFolder, target: str, count: int = 1) -> list[list[str]]:
    """The part numbers in each file of a target, in the format that it has, once there are as many."""
    async with asyncio.timeout(PATIENCE_S):
        while len(bridge.outbox(target)) < count:  # noqa: ASYNC110 - another process writes them
            await asyncio.sleep(0.05)
    return [_read(target, path) for path in bridge.outbox(target)]


def _read(target: str, path: Path) -> list[str]:
    content = path.read_bytes()
    match FORMATS[target]:
        case "json":
            return [line["part_no"] for line in json.loads(content)["lines"]]
        case "xml":
            return [str(found.text) for found in etree.fromstring(content).iter("part_no")]
        case _:
            heading, *rows = content.decode().splitlines()
            at = heading.split(";").index("part_no")
            return [row.split(";")[at] for row in rows]


async def recorded(bridge: BridgeFolder, ref: str, count: int) -> list[Any]:
    """What the ERPs said of an order, once that much was read."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            _, out, _ = await bridge.command("orders", "show", ref, "--json")
            found: list[Any] = json.loads(out)["acknowledgements"]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.1)


async def test_an_order_split_over_two_of_three_targets_is_confirmed_by_the_right_one(
    three: BridgeFolder, norce: Norce
) -> None:
    async with three.running():
        answer = await three.order(**MIXED)
        mine, theirs = await part_numbers(three, "erp"), await part_numbers(three, "warehouse")
        await three.state_of("48447", "dropped")
        three.answer(*says("warehouse", "48447", "W-7"), "warehouse")
        copies = await recorded(three, "48447", 1)
        await asyncio.sleep(0.5)
        after_the_copy = (list(norce.calls), (await three.state_of("48447", "dropped"))["erp_order_no"])
        three.answer(*says("erp", "48447", "SO-1"), "erp")
        reported = await three.state_of("48447", "reported")

    assert answer["StatusCode"] == "OK"
    assert (mine, theirs, three.outbox("store")) == ([["A-1", "FRT"]], [["DS-1", "DS-2"]], [])
    assert [(ack["target"], ack["verdict"]) for ack in copies] == [("warehouse", "copy")]
    assert after_the_copy == ([], None)
    assert norce.calls == [{"ClientOrderRef": 48447, "ErpOrderNo": "SO-1", "OrderStatus": "Confirmed"}]
    assert [(drop["target"], drop["confirming"], drop["lines"]) for drop in reported["drops"]] == [
        ("erp", True, [1, 4]),
        ("warehouse", False, [2, 3]),
    ]
    assert {drop["state"] for drop in reported["drops"]} == {"answered"}


async def test_two_shops_and_three_targets_each_get_what_is_theirs_from_one_config(
    three: BridgeFolder, norce: Norce
) -> None:
    advice = {"DeliveryMethodCode": "PICKUP-12"}
    outlet = {"ApplicationKey": OUTLET_KEY}

    async with three.running():
        await three.order(ClientOrderRef="1")
        await three.order(ClientOrderRef="2", ShippingAdvice=advice)
        await three.order(ClientOrderRef="3", ShippingAdvice=advice, Header=outlet)
        await three.order(ClientOrderRef="4", Header=outlet, Items=[item(1, "DS-9")])
        for target, count in (("erp", 2), ("store", 2), ("warehouse", 1)):
            await part_numbers(three, target, count)
        for ref, target in (("1", "erp"), ("2", "store"), ("3", "store"), ("4", "warehouse")):
            three.answer(*says(target, ref, f"{target}-{ref}"), target)
        shown = [await three.state_of(str(ref), "reported") for ref in (1, 2, 3, 4)]

    assert [(one["target"], one["erp_order_no"]) for one in shown] == [
        ("erp", "erp-1"),
        ("store", "store-2"),
        ("store", "store-3"),
        ("warehouse", "warehouse-4"),
    ]
    assert [len(one["drops"]) for one in shown] == [1, 2, 1, 1]
    told = {call["ClientOrderRef"]: shop for call, shop in zip(norce.calls, norce.applications, strict=True)}
    assert told == {1: "11", 2: "11", 3: "22", 4: "22"}


async def test_an_answer_that_reaches_the_wrong_inbox_confirms_nothing(three: BridgeFolder, norce: Norce) -> None:
    async with three.running():
        await three.order(**MIXED)
        await three.state_of("48447", "dropped")
        three.answer(*says("store", "48447", "ST-1"), "store")
        reason = three.folder / "inbox/store/quarantine/answer_48447.xml.reason.txt"
        async with asyncio.timeout(PATIENCE_S):
            while not reason.exists():  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.05)
        state = (await three.state_of("48447", "dropped"))["state"]

    assert "belongs to target erp, not to store" in reason.read_text()
    assert (state, norce.calls) == ("dropped", [])
    assert (three.folder / "inbox/erp/STATUS.txt").exists()
    assert (three.folder / "inbox/store/STATUS.txt").exists()


async def test_a_killed_bridge_has_both_files_of_a_split_order_once_or_none_of_it(three: BridgeFolder) -> None:
    posted = 8
    process = await three.start()
    await three.ready(process)

    sending = [asyncio.create_task(three.order(ClientOrderRef=str(ref), **MIXED)) for ref in range(1, posted + 1)]
    done, _ = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    results = await asyncio.gather(*sending, return_exceptions=True)
    answered = {str(ref) for ref, result in enumerate(results, start=1) if isinstance(result, dict)}
    async with three.running():
        for ref in answered:
            await three.state_of(ref, "dropped")
        await asyncio.sleep(0.5)
        files = {name: [path.name.split("_")[1] for path in three.outbox(name)] for name in ("erp", "warehouse")}

    assert done
    assert answered
    assert sorted(files["erp"]) == sorted(files["warehouse"])
    assert len(set(files["erp"])) == len(files["erp"])
    assert answered <= set(files["erp"])
    assert all(_read("erp", path) == ["A-1", "FRT"] for path in three.outbox("erp"))
    assert all(_read("warehouse", path) == ["DS-1", "DS-2"] for path in three.outbox("warehouse"))
