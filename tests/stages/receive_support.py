"""The orders listener on a port of its own, with everything behind it as the service puts it together."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientResponse, ClientSession, web
from pydantic import SecretStr

from bridge import formats
from bridge.clock import Clock, SystemClock
from bridge.config.passwords import Login, PasswordHash, Verifier
from bridge.config.routes import Rule
from bridge.config.targets import Application
from bridge.counters import Counters
from bridge.journal import Journal
from bridge.stages.receive.admission import Intake, IntakeSettings
from bridge.stages.receive.gate import Gate
from bridge.stages.receive.making import MakingSettings, Outlet
from bridge.stages.receive.stage import Limits, ReceiveStage
from tests.norce.orders import JSON_SAMPLE, XML_SAMPLE, changed, sample

JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml"}
KEY = "123e4567-e89b-12d3-a456-426614174000"
OUTLET_KEY = "00000000-0000-0000-0000-00000000000a"
LIMITS = Limits("/orders", 100_000, 8, timedelta(seconds=4), timedelta())

__all__ = ["JSON_SAMPLE", "XML_SAMPLE", "Desk", "basic", "order", "outlet", "serving"]


def basic(password: str = "right", username: str = "norce") -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _cheap_hash(password: str) -> str:
    """A real hash that costs next to nothing to compare."""
    empty = PasswordHash(2, 1, 1, os.urandom(16), b"")
    return str(replace(empty, digest=empty.stretched(password, 32)))


def order(ref: str | int = 48447, **values: object) -> bytes:
    """The sample with another reference and other values at the top."""
    document = changed(sample(), ("ClientOrderRef",), str(ref))
    for name, value in values.items():
        document = changed(document, (name,), value)
    return json.dumps(document).encode()


def outlet(target: str = "erp", max_waiting: int = 100, marker: str = "") -> Outlet:
    return Outlet(target, "json", formats.build("json", {}), "ORDERS_{ref}_{control:06}.json", marker, max_waiting)


@dataclass
class Desk:
    """The listener and how it was set up; `post` sends as Norce does."""

    journal: Journal
    limits: Limits = LIMITS
    clock: Clock = field(default_factory=SystemClock)
    gate_clock: Clock | None = None
    applications: Mapping[str, Application] = field(
        default_factory=lambda: {"demo": Application(name="demo", key=KEY)},
    )
    outlets: Mapping[str, Outlet] = field(default_factory=lambda: {"erp": outlet()})
    allow_from: Sequence[str] = ()
    trusted_proxies: Sequence[str] = ()
    keep_conflicts: bool = True
    making: MakingSettings = field(default_factory=MakingSettings)
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        self.counters = Counters()
        settings = IntakeSettings(ZoneInfo("Europe/Stockholm"), self.keep_conflicts, self.making, self.rules)
        self.intake = Intake(self.outlets, self.applications, self.journal, self.clock, settings)
        verifier = Verifier([Login("norce", SecretStr(_cheap_hash("right")), is_hash=True)])
        networks = [[ip_network(text) for text in texts] for texts in (self.allow_from, self.trusted_proxies)]
        gate = Gate(verifier, networks[0], networks[1], self.gate_clock or self.clock)
        self.stage = ReceiveStage(self.intake, gate, self.limits, self.clock, self.counters)
        self.runner = web.AppRunner(self.stage.app(), auto_decompress=False, shutdown_timeout=1)

    async def post(
        self,
        body: bytes = JSON_SAMPLE,
        headers: Mapping[str, str] | None = None,
        *,
        path: str = "/orders",
        authorization: str | None = None,
    ) -> ClientResponse:
        login = {"Authorization": basic() if authorization is None else authorization}
        return await self.ask("POST", path, data=body, headers={**JSON, **login, **(headers or {})})

    async def ask(self, method: str, path: str = "/orders", **more: Any) -> ClientResponse:
        response = await self.session.request(method, self.url(path), **more)
        await response.read()
        return response

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare connection, for a sender with worse manners."""
        host, port, *_ = self.runner.addresses[0]
        return await asyncio.open_connection(host, port)

    def head(self, length: int) -> bytes:
        """The head of a request whose body of this length has yet to come."""
        lines = ["POST /orders HTTP/1.1", "Host: x", f"Authorization: {basic()}", f"Content-Length: {length}"]
        return "\r\n".join([*lines, "Content-Type: application/json", "", ""]).encode()

    def url(self, path: str = "/orders") -> str:
        host, port, *_ = self.runner.addresses[0]
        return f"http://{host}:{port}{path}"

    async def until_in_hand(self, number: int = 1) -> None:
        """Returns once so many orders are being read or worked on."""
        while self.stage._in_flight != number:  # noqa: SLF001, ASYNC110 - the moment is not visible from outside
            await asyncio.sleep(0.001)

    async def start(self) -> None:
        self.session = ClientSession()
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()

    async def end(self) -> None:
        await self.session.close()
        await self.runner.cleanup()


@asynccontextmanager
async def serving(journal: Journal, **settings: Any) -> AsyncIterator[Desk]:
    """The listener for as long as the block runs, and the task that notes which answers were written out."""
    desk = Desk(journal, **settings)
    stop = asyncio.Event()
    await desk.start()
    async with asyncio.TaskGroup() as group:
        group.create_task(desk.intake.told.run(stop))
        try:
            yield desk
        finally:
            await desk.end()
            stop.set()
