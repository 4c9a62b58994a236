"""A trial of money: a bridge is killed around the call that captures it, and Norce's book is read at the end."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import time
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.crash.lives import one_life
from tests.crash.world import CONFIG, Erp, Mother, Norce, post

REF = "48447"
NUMBER = "F-1"
STARTS_AT_MOST = 4
DONE_WITHIN_S = 8.0
SETTINGS = '[norce.report]\ninvoiced = "invoice"\n'
_ASKED = "SELECT state, attempts, doubted FROM reports WHERE kind = 'invoice'"


@dataclass
class Till(Norce):
    """Takes an invoice number once, and remembers each time that it was asked to.

    ``kill_before`` and ``kill_after`` the booking end the bridge that asks, once.
    """

    invoices: list[str] = field(default_factory=list)
    captured: list[str] = field(default_factory=list)
    kill_before: bool = False
    kill_after: bool = False
    bridge: Mother | None = None

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_post("/connect/Order/SendOrderStatus", self._status)
        app.router.add_post("/connect/Order/CreateInvoice", self._invoice)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def _invoice(self, request: web.Request) -> web.Response:
        number = (await request.json())["InvoiceNo"]
        self.invoices.append(number)
        if self.kill_before:
            self.kill_before = False
            self._kill()
            return web.Response(status=503)
        if number in self.captured:
            return web.Response(status=400, text=f"InvoiceNo {number} already exists")
        self.captured.append(number)
        if self.kill_after:
            self.kill_after = False
            self._kill()
        return web.json_response({})

    def _kill(self) -> None:
        assert self.bridge is not None
        os.kill(self.bridge.pid, signal.SIGKILL)


class InvoicingErp(Erp):
    """Confirms an order and invoices it at once, in two files."""

    def _answer(self, ref: str) -> None:
        super()._answer(ref)
        head = "order_ref;erp_order_no;status;invoice_no;line_no;qty_delivered"
        self._put(f"INV_{ref}.csv", f"{head}\r\n{ref};SO-{ref};invoiced;{NUMBER};1;2\r\n")

    def _put(self, name: str, text: str) -> None:
        partial = self.folder / "inbox" / f"{name}.part"
        partial.write_bytes(text.encode())
        partial.rename(partial.with_name(name))


@dataclass(frozen=True)
class Plan:
    """When the first life ends: at a step, or when Norce is asked to capture. ``plant`` breaks a promise in each.

    With ``settles`` the person who finds the money captured says so, and ``kill_again`` is a step of the second life.
    """

    kill_at: int | None = None
    kill_before: bool = False
    kill_after: bool = False
    settles: bool = False
    kill_again: int | None = None
    plant: str = ""


@dataclass
class Story:
    """What happened: how often the bridge was killed, a person asked, and how many steps a whole run made."""

    killed: int = 0
    retried: int = 0
    settled: int = 0
    steps: int = 0
    complaints: list[str] = field(default_factory=list)


class Trial:
    def __init__(self, folder: Path, mother: Mother, norce: Till, plan: Plan) -> None:
        self._folder = folder
        self._mother = mother
        self._norce = norce
        self._plan = plan
        self._erp = InvoicingErp(folder, 0.0)
        self._answered = False
        self.story = Story()

    async def run(self) -> Story:
        self._prepare()
        erp = asyncio.create_task(self._erp.keep_working())
        try:
            await self._live()
        finally:
            erp.cancel()
        self._compare()
        return self.story

    def _prepare(self) -> None:
        norce = self._norce
        norce.calls.clear()
        norce.invoices.clear()
        norce.captured.clear()
        norce.bridge = self._mother
        norce.kill_before, norce.kill_after = self._plan.kill_before, self._plan.kill_after
        for name in ("", "inbox", "outbox"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        text = CONFIG.format(norce=norce.port).replace("[journal]", f"{SETTINGS}[journal]")
        (self._folder / "config.toml").write_text(text)
        password = self._folder / "password"
        password.write_text("crash\n")
        password.chmod(0o600)

    async def _live(self) -> None:
        kills = chain((self._plan.kill_at, self._plan.kill_again), repeat(None))
        for kill_at in islice(kills, STARTS_AT_MOST):
            await self._mother.begin("run", self._folder, kill_at, self._plan.plant)
            if await one_life(self._mother, self._be_done, self.story, self._folder / "log"):
                return
        self.story.complaints.append("it never got done")

    async def _be_done(self, port: int, admin_port: int) -> None:
        """Send the order, look at what is in doubt and let it be tried again, and ask the bridge to stop."""
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            async with aiohttp.ClientSession() as session:
                self._answered = self._answered or await post(session, port, REF)
                deadline = time.monotonic() + DONE_WITHIN_S
                while time.monotonic() < deadline and not self._is_done():
                    await self._look(session, admin_port)
                    await asyncio.sleep(0.02)
            self._mother.terminate()

    async def _look(self, session: aiohttp.ClientSession, admin_port: int) -> None:
        if [state for state, *_ in self._ask(_ASKED)] == ["uncertain"]:
            act = "settle" if self._plan.settles and self._norce.captured else "retry"
            url = f"http://127.0.0.1:{admin_port}/api/v1/orders/{REF}/{act}"
            async with session.post(url, json={"reason": "looked into Norce Admin"}) as response:
                is_done = response.status == web.HTTPOk.status_code
            self.story.retried += is_done and act == "retry"
            self.story.settled += is_done and act == "settle"

    def _is_done(self) -> bool:
        states = self._ask("SELECT state FROM orders") == [("reported",)]
        return (
            states and len(self._ask("SELECT id FROM reports")) == 2 and not any((self._folder / "inbox").glob("*_*"))
        )

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self._folder / "var/bridge.db", timeout=5)) as db:
            return db.execute(question).fetchall()

    def _compare(self) -> None:
        """Captured once; asked for once more at most for each time that a person said so; and settled."""
        complaints, norce = self.story.complaints, self._norce
        if norce.captured != [NUMBER]:
            complaints.append(f"captured {norce.captured}")
        if len(norce.invoices) > 1 + self.story.retried:
            complaints.append(f"asked for {len(norce.invoices)} times, and let by a person {self.story.retried} times")
        if [state for state, *_ in self._ask(_ASKED)] != ["sent"]:
            complaints.append(f"the report ended as {self._ask(_ASKED)}")
        words = self._ask("SELECT count(*) FROM events WHERE kind = 'settled_by_person'")[0][0]
        if words > 1 or words < self.story.settled:
            complaints.append(f"settled {words} times, acknowledged {self.story.settled} times")
        told = [json.dumps(call) for call in norce.calls if call["OrderStatus"] != "Confirmed"]
        complaints += [f"Norce was told {call}" for call in told]
