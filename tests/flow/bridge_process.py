"""A bridge as its users have it: a folder, a config.toml, `erp-bridge run` as a process, real ports."""

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests/samples"
PASSWORD = "correct horse"
AUTHORIZATION = "Basic " + base64.b64encode(f"norce:{PASSWORD}".encode()).decode()

CONFIG = """
[receiver]
listen = "127.0.0.1:{orders}"
password_file = "secrets/receiver"
{receiver}
[admin]
listen = "127.0.0.1:{admin}"
[norce]
base_url = "http://127.0.0.1:{norce}/connect"
token_url = "http://127.0.0.1:{norce}/token"
client_secret_file = "secrets/norce"
report_after = "100 ms"
[watch]
sweep = "0.5 s"
[retry]
first = "200 ms"
{rest}
[targets.erp.answer]
quiet_for = "50 ms"
patience = "2 s"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Norce:
    """A Norce that keeps what it is told, and refuses an ERP number that it was never given (decision 4)."""

    port: int = 0
    calls: list[dict[str, Any]] = field(default_factory=list)
    known_numbers: set[str] = field(default_factory=set)
    refused: list[dict[str, Any]] = field(default_factory=list)
    applications: list[str | None] = field(default_factory=list)
    """The shop that each call of `calls` named in its header."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Norce"]:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_post("/connect/Order/SendOrderStatus", self._status)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("client_secret") != "norce secret":
            return web.json_response({"error": "invalid_client"}, status=400)
        return web.json_response({"access_token": "t", "expires_in": 3600})

    async def _status(self, request: web.Request) -> web.Response:
        call = await request.json()
        if "ClientOrderRef" not in call and call.get("ErpOrderNo") not in self.known_numbers:
            self.refused.append(call)
            return web.Response(text="order not found", status=400)
        self.calls.append(call)
        self.applications.append(request.headers.get("application-id"))
        return web.json_response({})


class BridgeFolder:
    """A merchant's folder with its settings; start and stop the service in it, post orders, answer as the ERP.

    A kind of bridge with other settings gives its own ``template``, and ``words`` for what stands in it.
    """

    template = CONFIG
    words: Mapping[str, object] = MappingProxyType({})

    def __init__(self, folder: Path, norce: Norce) -> None:
        self.folder = folder
        self.orders_port = free_port()
        self.admin_port = free_port()
        self._norce = norce
        (folder / "secrets").mkdir(mode=0o700)
        for name, secret in (("receiver", PASSWORD), ("norce", "norce secret")):
            path = folder / "secrets" / name
            path.write_text(secret + "\n")
            path.chmod(0o600)
        for name in ("inbox", "outbox"):
            (folder / name).mkdir()
        self.configure()

    def configure(self, receiver: str = "", rest: str = "") -> None:
        ports = {"orders": self.orders_port, "admin": self.admin_port, "norce": self._norce.port}
        text = self.template.format(receiver=receiver, rest=rest, **ports, **self.words)
        (self.folder / "config.toml").write_text(text)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The service, ready; stopped by SIGTERM at the end, and expected to end with 0."""
        process = await self.start()
        try:
            await self.ready(process)
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            _, said = await process.communicate()
        assert process.returncode in {0, -signal.SIGKILL}, said.decode()

    async def start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bridge",
            "run",
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "BRIDGE_NO_BOOTSTRAP": "1"},
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )

    async def ready(self, process: asyncio.subprocess.Process) -> None:
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{self.admin_port}/readyz") as response:
                        if response.status == web.HTTPOk.status_code:
                            return
                assert process.returncode is None, (await process.communicate())[1].decode()
                await asyncio.sleep(0.05)

    async def post(self, body: bytes, content_type: str = "application/json") -> tuple[int, str]:
        headers = {"Authorization": AUTHORIZATION, "Content-Type": content_type}
        url = f"http://127.0.0.1:{self.orders_port}/orders"
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
            return response.status, await response.text()

    async def order(self, **fields: object) -> dict[str, Any]:
        """Post the sample order as JSON with these fields changed; its answer."""
        sample = json.loads((SAMPLES / "order.json").read_text())
        status, text = await self.post(json.dumps({**sample, **fields}).encode())
        assert status == web.HTTPOk.status_code, text
        answer: dict[str, Any] = json.loads(text)
        return answer

    def outbox(self, target: str = "") -> list[Path]:
        return sorted((self.folder / "outbox" / target).glob("ORDERS_*"))

    def answer(self, name: str, text: str, target: str = "") -> None:
        """An answer of the ERP, put down whole by a rename as careful ERPs do."""
        partial = self.folder / "inbox" / target / f"{name}.part"
        partial.write_text(text)
        partial.rename(partial.with_name(name))

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Run a verb in the folder; its exit code, stdout and stderr."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bridge",
            *words,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "BRIDGE_NO_BOOTSTRAP": "1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def fetch(self, path: str) -> tuple[int, str]:
        """A page of the admin listener."""
        url = f"http://127.0.0.1:{self.admin_port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status, await response.text()

    async def state_of(self, ref: str, wanted: str) -> Mapping[str, Any]:
        """The order's document once it stands at ``wanted``."""
        return await self.shown(ref, lambda order: order["state"] == wanted)

    async def shown(self, ref: str, holds: Callable[[Mapping[str, Any]], object]) -> Mapping[str, Any]:
        """The order's document once this holds of it, by the admin API of the running service."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                code, text = await self.fetch(f"/api/v1/orders/{quote(ref, safe='')}")
                document: dict[str, Any] = json.loads(text)
                if code == web.HTTPOk.status_code and holds(document):
                    return document
                await asyncio.sleep(0.1)
