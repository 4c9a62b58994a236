"""The whole bridge as a process, and an ERP that reaches it by OpenSSH's own client."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from tests.flow.bridge_process import BridgeFolder, Norce, free_port
from tests.support.needs import needs
from tests.support.patience import PATIENCE_S
from tests.transports.sftp_support import Client, until

pytestmark = [needs("sftp", "ssh-keygen"), pytest.mark.timeout(40)]
SERVER = """
[sftp_server]
enabled = true
listen = "127.0.0.1:{port}"
authorized_keys = "keys/user_key.pub"
"""
CONFIRMED = "order_ref;erp_order_no;status\r\n48447;SO-1001;confirmed\r\n"


@pytest.fixture
def erp(bridge: BridgeFolder) -> Client:
    keys = bridge.folder / "keys"
    keys.mkdir()
    client = Client(keys, free_port())
    client.make_key()
    bridge.configure(rest=SERVER.format(port=client.port))
    return client


async def timeline(bridge: BridgeFolder, word: str, within_s: float = PATIENCE_S) -> str:
    """The order's line with this word, once there is one."""
    async with asyncio.timeout(within_s):
        while True:
            _, out, _ = await bridge.command("orders", "timeline", "48447")
            for line in out.splitlines():
                if word in line:
                    return line
            await asyncio.sleep(0.1)


async def test_an_erp_fetches_by_sftp_answers_by_sftp_and_the_order_is_confirmed(
    bridge: BridgeFolder, norce: Norce, erp: Client, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.csv"
    answer.write_text(CONFIRMED)

    async with bridge.running():
        await bridge.order()
        await bridge.state_of("48447", "dropped")
        (file,) = bridge.outbox()
        got, said = await erp.run(f"get /outbox/{file.name} {tmp_path}/got")
        fetched = await timeline(bridge, "fetched")
        there = file.exists()
        put, _ = await erp.run(f"rm /outbox/{file.name}", f"put {answer} /inbox/answer.csv")
        document = await bridge.state_of("48447", "reported")
        _, metrics = await bridge.fetch("/metrics")
        code, checked, _ = await bridge.command("check")

    assert (got, put) == (0, 0), said
    assert f"{file.name} by erp over SFTP" in fetched
    assert there
    assert document["drops"][0]["taken_at"]
    assert [event["kind"] for event in document["events"]].count("fetched") == 1
    assert norce.calls[0]["ErpOrderNo"] == "SO-1001"
    assert 'bridge_sftp_server_logins_total{result="accepted"} 2.0' in metrics
    assert "bridge_sftp_server_sessions 0.0" in metrics
    assert "SHA256:" in checked, (code, checked)
    assert (bridge.folder / "var/sftp_host_key").stat().st_mode & 0o777 == 0o600


async def test_a_cut_download_is_told_on_the_timeline_and_the_file_waits(
    bridge: BridgeFolder, erp: Client, tmp_path: Path
) -> None:
    async with bridge.running():
        await bridge.order()
        await bridge.state_of("48447", "dropped")
        (file,) = bridge.outbox()
        with file.open("ab") as grown:
            grown.write(os.urandom(8_000_000))  # so that there is something to break off
        process = await erp.start(f"get /outbox/{file.name} {tmp_path}/got", options=("-l", "8000"))
        await until(lambda: (tmp_path / "got").exists() and (tmp_path / "got").stat().st_size)
        process.kill()
        await process.wait()
        line = await timeline(bridge, "broken off")
        _, out, _ = await bridge.command("orders", "show", "48447", "--json")

    assert file.exists()
    assert "it waits as before" in line
    assert json.loads(out)["drops"][0]["state"] == "published"


async def test_a_killed_upload_never_reaches_the_order(bridge: BridgeFolder, erp: Client, tmp_path: Path) -> None:
    answer = tmp_path / "answer.csv"
    answer.write_bytes(CONFIRMED.encode() + b"x" * 8_000_000)

    async with bridge.running():
        process = await erp.start(f"put {answer} /inbox/answer.csv", options=("-l", "8000"))
        inbox = bridge.folder / "inbox"
        await until(lambda: list(inbox.glob(".part-*")))
        process.kill()
        await process.wait()
        await until(lambda: not list(inbox.glob(".part-*")))
        await asyncio.sleep(1)
        left = [path.name for path in inbox.iterdir() if path.is_file() and path.name != "STATUS.txt"]
        _, listed, _ = await bridge.command("quarantine", "list", "--json")

    assert left == []
    assert "answer.csv" not in listed


async def test_a_server_without_password_or_keys_refuses_to_start(bridge: BridgeFolder) -> None:
    bridge.configure(rest='[sftp_server]\nenabled = true\nlisten = "0.0.0.0:2222"\n')

    code, _, err = await bridge.command("run")
    checked, out, _ = await bridge.command("check")

    assert (code, checked) == (78, 1)
    assert "can be reached from outside" in err
    assert "[sftp_server] password_file" in out
