"""The whole bridge as a process, from Norce's post to Norce's status."""

import asyncio
import hashlib
import json
import re
from http import HTTPStatus

import pytest

from tests.flow.bridge_process import SAMPLES, BridgeFolder, Norce
from tests.support.patience import PATIENCE_S

a_whole_service = pytest.mark.timeout(30)
pytestmark = a_whole_service

CONFIRMED = "order_ref;erp_order_no;status\r\n{ref};{number};confirmed\r\n"
KINDS = {"application/json": "order.json", "application/xml": "order.xml"}


async def until(norce: Norce, count: int, within_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(within_s):
        while len(norce.calls) + len(norce.refused) < count:  # noqa: ASYNC110 - the calls come from another process
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("content_type", KINDS)
async def test_the_guides_order_goes_out_as_a_file_and_comes_back_confirmed(
    bridge: BridgeFolder, norce: Norce, content_type: str
) -> None:
    async with bridge.running():
        status, answer = await bridge.post((SAMPLES / KINDS[content_type]).read_bytes(), content_type)
        document = await bridge.state_of("48447", "dropped")
        (file,) = bridge.outbox()
        content = file.read_bytes()
        file.unlink()
        bridge.answer("answer.csv", CONFIRMED.format(ref="48447", number="SO-1001"))
        await until(norce, 1)
        reported = await bridge.shown("48447", lambda it: it["state"] == "reported" and it["drops"][0]["taken_at"])

    assert status == HTTPStatus.OK
    assert "OK" in answer
    assert "SO-1001" not in answer
    assert answer.startswith("{" if content_type.endswith("json") else "<")
    assert hashlib.sha256(content).hexdigest() == document["drops"][0]["sha256"]
    assert b"ITEM001" in content
    assert norce.calls == [{"ClientOrderRef": 48447, "ErpOrderNo": "SO-1001", "OrderStatus": "Confirmed"}]
    assert reported["erp_order_no"] == "SO-1001"
    assert reported["outcome"] == "confirmed"


async def test_a_text_reference_is_confirmed_in_the_reply_when_the_answer_may_wait(
    bridge: BridgeFolder, norce: Norce
) -> None:
    bridge.configure(receiver='confirm_within = "20 s"')

    async with bridge.running():
        posting = asyncio.create_task(bridge.order(ClientOrderRef="REF12345"))
        await bridge.state_of("REF12345", "dropped")
        bridge.answer("answer.csv", CONFIRMED.format(ref="REF12345", number="SO-7"))
        answer = await posting
        await bridge.state_of("REF12345", "reported")

    assert (answer["StatusCode"], answer["HasErpOrderNo"], answer["ErpOrderNo"]) == ("OK", True, "SO-7")
    assert norce.calls + norce.refused == []


async def test_a_text_reference_that_norce_cannot_match_ends_as_a_dead_letter_with_the_hint(
    bridge: BridgeFolder, norce: Norce
) -> None:
    async with bridge.running():
        answer = await bridge.order(ClientOrderRef="REF12345")
        bridge.answer("answer.csv", CONFIRMED.format(ref="REF12345", number="SO-7"))
        await until(norce, 1)
        dead = await bridge.state_of("REF12345", "dead")
        code, out, _ = await bridge.command("status", "--json")

    assert (answer["StatusCode"], answer["HasErpOrderNo"]) == ("OK", False)
    assert norce.refused == [{"ErpOrderNo": "SO-7", "OrderStatus": "Confirmed"}]
    assert any("confirm_within" in json.dumps(event) for event in dead["events"])
    assert code == 1
    assert any("dead" in json.dumps(alert) for alert in json.loads(out)["alerts"])


async def test_the_same_order_again_gets_the_same_answer_and_no_second_file(bridge: BridgeFolder) -> None:
    xml = (SAMPLES / "order.xml").read_bytes()

    async with bridge.running():
        first = await bridge.order()
        second = await bridge.order()
        _, as_xml = await bridge.post(xml, "application/xml")
        await bridge.state_of("48447", "dropped")
        files = len(bridge.outbox())
        _, out, _ = await bridge.command("status", "--json")

    assert first == second
    assert "<StatusCode>OK</StatusCode>" in as_xml
    assert files == 1
    assert json.loads(out)["alerts"] == []


async def test_twenty_copies_at_once_make_one_file(bridge: BridgeFolder) -> None:
    async with bridge.running():
        answers = await asyncio.gather(*(bridge.order() for _ in range(20)))
        await bridge.state_of("48447", "dropped")
        files = len(bridge.outbox())

    assert {answer["StatusCode"] for answer in answers} == {"OK"}
    assert files == 1


async def test_other_content_under_the_same_reference_is_answered_alike_kept_shown_and_alerted(
    bridge: BridgeFolder,
) -> None:
    async with bridge.running():
        first = await bridge.order()
        other = await bridge.order(CustomerOrderRef="something else")
        document = await bridge.state_of("48447", "dropped")
        files = len(bridge.outbox())
        async with asyncio.timeout(PATIENCE_S):
            while "conflict" not in (await bridge.command("status", "--json"))[1]:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.2)

    assert first == other
    assert files == 1
    assert any(event["kind"] == "conflict" for event in document["events"])


async def test_a_repeat_carries_the_erp_number_once_it_is_known(bridge: BridgeFolder, norce: Norce) -> None:
    async with bridge.running():
        await bridge.order()
        bridge.answer("answer.csv", CONFIRMED.format(ref="48447", number="SO-1001"))
        await until(norce, 1)
        again = await bridge.order()

    assert (again["HasErpOrderNo"], again["ErpOrderNo"]) == (True, "SO-1001")


async def test_an_unknown_shop_is_failed_and_its_kept_body_becomes_an_order_after_the_mending(
    bridge: BridgeFolder, norce: Norce
) -> None:
    key = "00000000-0000-0000-0000-000000000007"
    async with bridge.running():
        answer = await bridge.order(Header={"ApplicationKey": key})
        _, out, _ = await bridge.command("rejects", "list", "--json")
    (reject,) = json.loads(out)
    bridge.configure(rest=f'[applications.second]\nkey = "{key}"')

    async with bridge.running():
        code, _, err = await bridge.command("rejects", "replay", str(reject["id"]))
        await bridge.state_of("48447", "dropped")
        files = len(bridge.outbox())
        bridge.answer("answer.csv", CONFIRMED.format(ref="48447", number="SO-1001"))
        await until(norce, 1)

    assert answer["StatusCode"] == "Failed"
    assert "ApplicationKey" in answer["Description"]
    assert (code, err) == (0, err)
    assert files == 1
    assert norce.calls[0]["OrderStatus"] == "Confirmed"


async def test_a_staging_share_that_is_not_mounted_pauses_the_target_and_loses_nothing(bridge: BridgeFolder) -> None:
    async with bridge.running():
        await bridge.order()
        await bridge.state_of("48447", "dropped")
    staging = bridge.folder / "outbox/.staging"
    away = bridge.folder / "share"
    staging.rename(away)
    staging.mkdir()

    async with bridge.running():
        answer = await bridge.order(ClientOrderRef="48448")
        paused = await bridge.state_of("48448", "received")
        _, metrics = await bridge.fetch("/metrics")
        files_while_paused = [path.name for path in bridge.outbox()]
        staging.rmdir()
        away.rename(staging)
        code, _, err = await bridge.command("target", "resume", "erp", "--because", "the share is mounted")
        await bridge.state_of("48448", "dropped")
        files = [path.name for path in bridge.outbox()]

    assert answer["StatusCode"] == "OK"
    assert paused["drops"][0]["state"] == "queued"
    assert re.search(r'bridge_target_paused\{.*reason="identity".*\} 1', metrics)
    assert len(files_while_paused) == 1
    assert code == 0, err
    assert len(files) == len({name.split("_")[1] for name in files}) == 2
