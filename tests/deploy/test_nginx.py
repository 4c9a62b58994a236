"""The nginx sample in front of a real bridge: HTTPS outside, the caller's address inside."""

import contextlib
import io
import json
import ssl
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest

from tests.deploy.servers import proxy
from tests.flow.bridge_process import AUTHORIZATION, SAMPLES, BridgeFolder
from tests.support.needs import needs

pytestmark = [pytest.mark.timeout(30), needs("nginx")]

BEHIND = 'behind_proxy = true\ntrusted_proxies = ["127.0.0.1/32"]\nallow_from = ["127.0.0.9/32"]'


@contextlib.asynccontextmanager
async def caller(certificate: Path, address: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A sender with an address of its own: the whole of 127/8 is this machine."""
    connector = aiohttp.TCPConnector(local_addr=(address, 0), ssl=ssl.create_default_context(cafile=str(certificate)))
    headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        yield session


async def test_an_order_by_https_is_taken_from_the_address_it_came_from(bridge: BridgeFolder) -> None:
    bridge.configure(receiver=BEHIND)
    body = (SAMPLES / "order.json").read_bytes()

    async with bridge.running(), proxy(bridge.folder / "nginx", bridge.orders_port) as (port, certificate):
        url = f"https://127.0.0.1:{port}/orders"
        async with caller(certificate, "127.0.0.9") as norce, norce.post(url, data=body) as response:
            answer, request_id = await response.json(), response.headers["X-Request-Id"]
        stored = await bridge.state_of("48447", "dropped")

    assert answer["StatusCode"] == "OK"
    assert request_id in json.dumps(stored)


async def test_a_stranger_is_seen_as_one_whatever_it_claims(bridge: BridgeFolder) -> None:
    bridge.configure(receiver=BEHIND)
    claim = {"X-Forwarded-For": "127.0.0.9"}

    async with bridge.running(), proxy(bridge.folder / "nginx", bridge.orders_port) as (port, certificate):
        url = f"https://127.0.0.1:{port}/orders"
        async with (
            caller(certificate, "127.0.0.10") as stranger,
            stranger.post(url, data=b"{}", headers=claim) as response,
        ):
            status = response.status

    assert status == HTTPStatus.FORBIDDEN


async def test_a_large_body_ends_at_the_proxy_and_the_pages_stay_inside(bridge: BridgeFolder) -> None:
    async with (
        bridge.running(),
        proxy(bridge.folder / "nginx", bridge.orders_port) as (port, certificate),
        caller(certificate, "127.0.0.9") as norce,
    ):
        url = f"https://127.0.0.1:{port}"
        async with norce.post(f"{url}/orders", data=io.BytesIO(bytes(8 * 1024**2 + 1))) as large:
            too_large = large.status
        async with norce.get(f"{url}/healthz") as health:
            alive = await health.text()
        async with norce.get(f"{url}/api/v1/status") as page:
            hidden = page.status

    assert (too_large, alive, hidden) == (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "ok", HTTPStatus.NOT_FOUND)
