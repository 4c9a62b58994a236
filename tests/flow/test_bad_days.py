"""What people and machines get wrong: each has its clear line or answer, and nothing is lost."""

import asyncio
import json
import shutil
import socket
from http import HTTPStatus

import pytest

from tests.flow.bridge_process import SAMPLES, BridgeFolder
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(30)

BUSY, WRONG_SETTINGS = 75, 78
HOSTILE_REFERENCES = ("../../etc/passwd", "a/b", "CON", "-rf", ".hidden", "å ä ö", "x" * 50, "a\\b", "100%", "$(id)")


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    async with asyncio.timeout(PATIENCE_S):
        _, said = await process.communicate()
    return process.returncode, said.decode()


async def test_a_port_in_use_is_told_in_one_line(bridge: BridgeFolder) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", bridge.orders_port))
        other.listen()

        code, said = await ended(await bridge.start())

    assert code == BUSY
    assert str(bridge.orders_port) in said
    assert "[receiver] listen" in said
    assert "Traceback" not in said


async def test_a_second_bridge_on_the_same_journal_is_refused_and_the_first_goes_on(bridge: BridgeFolder) -> None:
    async with bridge.running() as first:
        code, said = await ended(await bridge.start())
        answer = await bridge.order()

    assert code == BUSY
    assert f"pid {first.pid}" in said
    assert answer["StatusCode"] == "OK"


async def test_prod_without_https_and_with_a_plain_password_does_not_start(bridge: BridgeFolder) -> None:
    bridge.configure(rest='[site]\nenvironment = "prod"')

    code, said = await ended(await bridge.start())

    assert code == WRONG_SETTINGS
    assert "password_hash_file" in said
    assert "behind_proxy" in said


async def test_no_reference_leads_a_file_out_of_the_outbox(bridge: BridgeFolder) -> None:
    async with bridge.running():
        answers = [await bridge.order(ClientOrderRef=ref) for ref in HOSTILE_REFERENCES]
        async with asyncio.timeout(PATIENCE_S):
            while len(bridge.outbox()) < len(HOSTILE_REFERENCES):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        everything = {path.name for path in bridge.folder.iterdir()}

    assert {answer["StatusCode"] for answer in answers} == {"OK"}
    assert everything == {"config.toml", "secrets", "inbox", "outbox", "var"}


async def test_an_outbox_that_is_gone_pauses_the_target_and_comes_back_by_itself(bridge: BridgeFolder) -> None:
    async with bridge.running():
        await bridge.order()
        await bridge.state_of("48447", "dropped")
        away = bridge.folder / "away"
        (bridge.folder / "outbox").rename(away)
        answer = await bridge.order(ClientOrderRef="48448")
        async with asyncio.timeout(PATIENCE_S):
            while 'reason="folder"' not in (await bridge.fetch("/metrics"))[1]:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        fetched = (await bridge.state_of("48447", "dropped"))["drops"][0]["taken_at"]
        away.rename(bridge.folder / "outbox")
        await bridge.state_of("48448", "dropped")

    assert answer["StatusCode"] == "OK"
    assert fetched is None, "a folder that is gone says nothing about its files"


async def test_hostile_bodies_are_answered_failed_and_kept(bridge: BridgeFolder) -> None:
    sample = (SAMPLES / "order.json").read_bytes()
    bodies = {
        b"not an order": "application/json",
        sample.replace(b"300.00", b"NaN", 1): "application/json",
        sample[:-20]: "application/json",
        b"[" * 100_000: "application/json",
        b'{"ClientOrderRef": "1", "ClientOrderRef": "2"}': "application/json",
        b'<!DOCTYPE x [<!ENTITY a "b">]><OrderRequest/>': "application/xml",
        b"<a>" * 200_000: "application/xml",
        sample.replace(b'"48447"', b'"\\ud800"'): "application/json",
    }

    async with bridge.running():
        answers = [await bridge.post(body, kind) for body, kind in bodies.items()]
        _, out, _ = await bridge.command("rejects", "list", "--json")

    assert {status for status, _ in answers} == {HTTPStatus.OK}
    assert all("Failed" in text for _, text in answers)
    assert len(json.loads(out)) == len(bodies)


async def test_a_foreign_file_in_the_inbox_is_named_and_the_others_go_on(bridge: BridgeFolder) -> None:
    async with bridge.running():
        await bridge.order()
        await bridge.state_of("48447", "dropped")
        shutil.copy(__file__, bridge.folder / "inbox/picture.png")
        (bridge.folder / "inbox/zeros.csv").write_bytes(b"\0" * 5000)
        bridge.answer("answer.csv", "order_ref;erp_order_no;status\r\n48447;SO-1;confirmed\r\n")
        await bridge.state_of("48447", "reported")
        quarantine = bridge.folder / "inbox/quarantine"
        async with asyncio.timeout(40):
            while not (quarantine / "zeros.csv.reason.txt").exists():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        note = (quarantine / "zeros.csv.reason.txt").read_text()

    assert "zeros.csv" in note
    assert "What to do" in note
