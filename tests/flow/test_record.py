"""`erp-bridge record`: the next raw requests as files, without the login."""

import asyncio
import stat

import aiohttp
import pytest

from tests.flow.bridge_process import PASSWORD, SAMPLES, BridgeFolder
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(30)


async def test_the_next_requests_are_kept_as_they_came_without_the_login(bridge: BridgeFolder) -> None:
    body = (SAMPLES / "order.json").read_bytes()

    async with bridge.running():
        recording = asyncio.create_task(bridge.command("record", "-o", "kept", "--count", "2"))
        await _until_it_waits(bridge)
        await bridge.post(body)
        await bridge.post(b"<not an order", "application/xml")
        await bridge.post(body)
        code, out, _ = await recording
    files = {path.name: path for path in (bridge.folder / "kept").iterdir()}
    head, _, kept = files["001-request.http"].read_bytes().partition(b"\r\n\r\n")

    assert code == 0
    assert sorted(files) == ["001-answer.txt", "001-request.http", "002-answer.txt", "002-request.http"]
    assert len(out.splitlines()) == 2
    assert kept == body
    assert head.startswith(b"POST /orders HTTP/1.1\r\n")
    assert b"Content-Type: application/json" in head
    assert b"authorization" not in head.lower()
    assert PASSWORD.encode() not in head
    assert b'"OK"' in files["001-answer.txt"].read_bytes()
    assert b"Failed" in files["002-answer.txt"].read_bytes()
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}


async def test_a_request_that_was_not_let_in_is_not_kept(bridge: BridgeFolder) -> None:
    async with bridge.running(), aiohttp.ClientSession() as session:
        api = f"http://127.0.0.1:{bridge.admin_port}/api/v1/record"
        await session.post(api, json={"count": 5})
        await session.post(f"http://127.0.0.1:{bridge.orders_port}/orders", data=b"{}")
        async with session.get(api) as response:
            found = await response.json()

    assert found == {"left": 5, "requests": []}


async def _until_it_waits(bridge: BridgeFolder) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while '"left":0' in (await bridge.fetch("/api/v1/record"))[1].replace(" ", ""):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
