"""The world around a bridge that is killed: a Norce that keeps books, an ERP that takes and answers, and a folder.

Both live in the test's process, so what they saw outlives every kill.
"""

import asyncio
import base64
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = json.loads((ROOT / "tests/samples/order.json").read_text())
AUTHORIZATION = "Basic " + base64.b64encode(b"norce:crash").decode()

CONFIG = """
[receiver]
listen = "127.0.0.1:0"
password_file = "password"
[admin]
listen = "127.0.0.1:0"
[norce]
base_url = "http://127.0.0.1:{norce}/connect"
token_url = "http://127.0.0.1:{norce}/token"
report_after = "0 s"
[journal]
backup = ""
[watch]
sweep = "0.2 s"
[retry]
first = "50 ms"
[targets.erp.answer]
quiet_for = "10 ms"
patience = "1 s"
"""


@dataclass
class Norce:
    """Takes statuses and writes them down in the order in which they came."""

    calls: list[dict[str, object]] = field(default_factory=list)
    port: int = 0

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_post("/connect/Order/SendOrderStatus", self._status)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def _token(self, _: web.Request) -> web.Response:
        return web.json_response({"access_token": "t", "expires_in": 3600})

    async def _status(self, request: web.Request) -> web.Response:
        self.calls.append(await request.json())
        return web.json_response({})


@dataclass
class Erp:
    """Fetches each order file once it has seen it for ``waits_s``, and answers it with an ERP number.

    It leaves alone what is ``not_yet`` its turn, and once loses what it ``will_lose``: fetched and never answered. A
    name that must be ``out_of_sight`` and is seen all the same is a complaint.
    """

    folder: Path
    waits_s: float
    seen: dict[str, float] = field(default_factory=dict)
    fetched: list[tuple[str, bytes]] = field(default_factory=list)
    answers: int = 0
    not_yet: set[str] = field(default_factory=set)
    will_lose: set[str] = field(default_factory=set)
    out_of_sight: set[str] = field(default_factory=set)
    complaints: set[str] = field(default_factory=set)

    def work(self) -> None:
        for path in sorted((self.folder / "outbox").glob("ORDERS_*.csv")):
            ref = path.name.split("_")[1]
            if path.name in self.out_of_sight:
                self.complaints.add(f"{ref}: the ERP sees {path.name}, which must be out of its sight")
            waited_s = time.monotonic() - self.seen.setdefault(path.name, time.monotonic())
            if ref not in self.not_yet and waited_s >= self.waits_s:
                self._fetch(path, ref)

    def _fetch(self, path: Path, ref: str) -> None:
        """By a rename, as careful ERPs do: a file that the bridge takes back at this moment is not fetched by half."""
        mine = self.folder / "fetched"
        try:
            path.rename(mine)
        except FileNotFoundError:
            return
        self.fetched.append((path.name, mine.read_bytes()))
        if ref in self.will_lose:
            self.will_lose.remove(ref)
        else:
            self._answer(ref)

    def _answer(self, ref: str) -> None:
        self.answers += 1
        name = f"ACK_{ref}_{self.answers}.csv"
        partial = self.folder / "inbox" / f"{name}.part"
        partial.write_bytes(f"order_ref;erp_order_no;status\r\n{ref};SO-{ref};confirmed\r\n".encode())
        partial.rename(partial.with_name(name))

    async def keep_working(self) -> None:
        while True:
            self.work()
            await asyncio.sleep(0.002)


class Mother:
    """The process that forks bridges, and what it says of them."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = 0

    async def begin(self, do: str, folder: Path, kill_at: int | None, plant: str = "") -> None:
        """Have a child do one of ``child.DEEDS`` in ``folder``."""
        command = {"do": do, "folder": str(folder), "kill_at": kill_at, "plant": plant}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self.pid = int((await self.hear())["pid"])

    async def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the mother process ended"
        heard: dict[str, Any] = json.loads(line)
        return heard

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)


@contextlib.asynccontextmanager
async def mother() -> AsyncIterator[Mother]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.child",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Mother(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            await asyncio.wait_for(process.wait(), 10)


def order(ref: str) -> bytes:
    return json.dumps({**SAMPLE, "ClientOrderRef": ref}).encode()


async def post(session: aiohttp.ClientSession, port: int, ref: str) -> bool:
    """True when the order was answered OK; anything else, and Norce would send it again."""
    headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/orders"
    try:
        async with session.post(url, data=order(ref), headers=headers) as response:
            answer = await response.json()
            return response.status == 200 and answer["StatusCode"] == "OK"
    except (aiohttp.ClientError, ConnectionError):
        return False
