"""The nginx sample in front of a real bridge: HTTPS outside, the caller's address inside."""

import asyncio
import contextlib
import io
import json
import ssl
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest

from tests.flow.bridge_process import AUTHORIZATION, ROOT, SAMPLES, BridgeFolder, free_port
from tests.flow.test_tls import make_certificate
from tests.support.needs import find, needs

pytestmark = [pytest.mark.timeout(30), needs("nginx")]

SAMPLE = ROOT / "deploy/nginx.conf"
BEHIND = 'behind_proxy = true\ntrusted_proxies = ["127.0.0.1/32"]\nallow_from = ["127.0.0.9/32"]'
AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/bridge.conf;
}}
"""


@contextlib.asynccontextmanager
async def proxy(bridge: BridgeFolder) -> AsyncIterator[tuple[int, Path]]:
    """nginx with the sample, its ports and its certificate exchanged; yields its port and the certificate."""
    folder, port = bridge.folder / "nginx", free_port()
    folder.mkdir()
    certificate = make_certificate(folder)
    exchanged = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "    listen [::]:443 ssl;\n": "",
        "127.0.0.1:8080": f"127.0.0.1:{bridge.orders_port}",
        "/etc/letsencrypt/live/orders.example.com/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/orders.example.com/privkey.pem": str(folder / "key.pem"),
    }
    sample = SAMPLE.read_text()
    for old, new in exchanged.items():
        assert old in sample
        sample = sample.replace(old, new)
    (folder / "bridge.conf").write_text(sample)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    program = find("nginx")
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        program, "-p", str(folder), "-c", str(folder / "nginx.conf"), stderr=asyncio.subprocess.PIPE
    )
    try:
        await _listening(port, process)
        yield port, certificate
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(8):
        while True:
            assert process.returncode is None, (await process.communicate())[1].decode()
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


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

    async with bridge.running(), proxy(bridge) as (port, certificate):
        url = f"https://127.0.0.1:{port}/orders"
        async with caller(certificate, "127.0.0.9") as norce, norce.post(url, data=body) as response:
            answer, request_id = await response.json(), response.headers["X-Request-Id"]
        stored = await bridge.state_of("48447", "dropped")

    assert answer["StatusCode"] == "OK"
    assert request_id in json.dumps(stored)


async def test_a_stranger_is_seen_as_one_whatever_it_claims(bridge: BridgeFolder) -> None:
    bridge.configure(receiver=BEHIND)
    claim = {"X-Forwarded-For": "127.0.0.9"}

    async with bridge.running(), proxy(bridge) as (port, certificate):
        url = f"https://127.0.0.1:{port}/orders"
        async with (
            caller(certificate, "127.0.0.10") as stranger,
            stranger.post(url, data=b"{}", headers=claim) as response,
        ):
            status = response.status

    assert status == HTTPStatus.FORBIDDEN


async def test_a_large_body_ends_at_the_proxy_and_the_pages_stay_inside(bridge: BridgeFolder) -> None:
    async with bridge.running(), proxy(bridge) as (port, certificate), caller(certificate, "127.0.0.9") as norce:
        url = f"https://127.0.0.1:{port}"
        async with norce.post(f"{url}/orders", data=io.BytesIO(bytes(8 * 1024**2 + 1))) as large:
            too_large = large.status
        async with norce.get(f"{url}/healthz") as health:
            alive = await health.text()
        async with norce.get(f"{url}/api/v1/status") as page:
            hidden = page.status

    assert (too_large, alive, hidden) == (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "ok", HTTPStatus.NOT_FOUND)
