"""A target probed by the running bridge: kept, compared, and no order minds."""

import asyncio
import json

import aiohttp
import pytest

from tests.flow.bridge_process import BridgeFolder

pytestmark = pytest.mark.timeout(60)


async def test_a_running_bridge_probes_its_target_keeps_it_and_goes_on(bridge: BridgeFolder) -> None:
    url = f"http://127.0.0.1:{bridge.admin_port}/api/v1/targets/erp/probe"
    async with bridge.running(), aiohttp.ClientSession() as session:
        async with session.post(url) as response:
            first = await response.json()
        await bridge.order()
        code, out, err = await bridge.command("target", "probe", "erp", "--json")
        async with asyncio.timeout(10):
            while not bridge.outbox():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)

    second = json.loads(out)
    assert (first["kept"], first["strategy"], first["ok"]) == (True, "rename_noreplace", True)
    assert {row["name"]: row["found"] for row in first["findings"]}["staging identity"] == "ours"
    assert (code, second["kept"], second["changed"]) == (0, True, [])
    assert "by the running bridge, and kept" in err
    assert [path.name for path in bridge.folder.rglob("*probe*")] == []
