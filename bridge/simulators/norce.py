"""A Norce to talk to: gives tokens, takes reports as strictly as the contract reads, and sends orders itself.

Not for: storefronts, payments, or anything of Norce that a receiver of orders never meets.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
from aiohttp import web

from bridge.clock import Clock, SystemClock, iso
from bridge.simulators.norce_book import Book, shown
from bridge.simulators.norce_faults import Chance, Door, Faults, Mishap
from bridge.simulators.norce_fields import RefusedCallError
from bridge.simulators.norce_operations import OPERATIONS
from bridge.simulators.norce_samples import SampleOrder, SampleOrders, json_bytes
from bridge.simulators.norce_sending import Receiver, Sender
from bridge.simulators.norce_tokens import Client, Tokens

TOKEN_PATH = "/identity/1.0/connect/token"  # noqa: S105 - an address
CONNECT_PATH = "/commerce/connect/4.0"
MOST_AT_ONCE = 8
_MOST_ORDERS = 10_000


_ANSWERS = {Mishap.REFUSED: (503, "Service Unavailable"), Mishap.FAILED: (500, "Internal Server Error")}
_BUSY = 503
_UNTIL_ANSWERED = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of Connect as it came, and what became of it."""

    at: datetime
    operation: str
    body: Any
    status: int
    said: str
    application_id: str | None = None
    """The header of that name."""

    def document(self) -> dict[str, Any]:
        """The call as ``GET /sim/reports`` shows it."""
        return {
            "at": iso(self.at),
            "operation": self.operation,
            "body": self.body,
            "status": self.status,
            "said": self.said,
            "application_id": self.application_id,
        }


class SimulatedNorce:
    """One shop's Norce. Orders are sent only while it is ``running``."""

    def __init__(self, client: Client, clock: Clock | None = None, orders: SampleOrders | None = None) -> None:
        self._clock = clock or SystemClock()
        self._tokens = Tokens(client, self._clock)
        self._samples = orders or SampleOrders()
        self._faults = Faults()
        self._chance = Chance(self._faults)
        self._door: Door | None = None
        self._session: aiohttp.ClientSession | None = None
        self._sending: asyncio.TaskGroup | None = None
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._closing = asyncio.Event()
        self.receiver: Receiver | None = None
        self.book = Book()
        self.calls: list[Call] = []
        self.port = 0

    @asynccontextmanager
    async def running(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator["SimulatedNorce"]:
        """Listen, and be ready to send. At the end orders still on their way are left unanswered."""
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            self._door = Door(runner, host, port)
            await self._door.open()
            self.port = self._door.port
            async with (
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as self._session,
                asyncio.TaskGroup() as self._sending,
            ):
                try:
                    yield self
                finally:
                    self._closing.set()
        finally:
            await runner.cleanup()

    def app(self) -> web.Application:
        """Norce's own addresses, and the simulator's below ``/sim``."""
        app = web.Application()
        app.router.add_post(TOKEN_PATH, self._token)
        app.router.add_post(f"{CONNECT_PATH}/Order/{{operation}}", self._connect)
        app.router.add_post("/sim/orders", self._make_orders)
        app.router.add_get("/sim/orders", self._show_orders)
        app.router.add_get("/sim/reports", self._show_reports)
        app.router.add_put("/sim/faults", self._set_faults)
        return app

    def set_faults(self, faults: Faults) -> None:
        """From now on answers go wrong by these shares; the door is shut at once if it is to be."""
        self._faults = faults
        self._chance = Chance(faults)
        if faults.down_s and self._sending is not None and self._door is not None:
            self._sending.create_task(self._be_down(self._door, timedelta(seconds=faults.down_s)))

    async def _be_down(self, door: Door, length: timedelta) -> None:
        await self._clock.wait(self._closing, _UNTIL_ANSWERED)  # whoever asked for it gets an answer
        await door.shut()
        if not await self._clock.wait(self._closing, length):
            await door.open()

    def send(self, count: int, receiver: Receiver, samples: SampleOrders | None = None) -> list[str]:
        """Make orders and send them in the background; return their references at once."""
        made = [(samples or self._samples).next() for _ in range(count)]
        for order in made:
            self.send_order(order, receiver)
        return [order.order_ref for order in made]

    def send_order(self, order: SampleOrder, receiver: Receiver) -> None:
        """Send this order in the background."""
        if self._sending is None or self._session is None:
            raise RuntimeError("orders are sent only while the simulator is running")
        self.book.place(order.order_ref).learn(_parsed(order.body) or {})
        self._sending.create_task(self._hand_over(order, Sender(receiver, self._session, self._clock)))

    async def _hand_over(self, order: SampleOrder, sender: Sender) -> None:
        record = self.book.place(order.order_ref)
        async with self._slots:
            answer = await sender.hand_over(order, record, self._closing)
        if answer is not None:
            self.book.answered(order.order_ref, answer.erp_order_no, ok=answer.ok)

    # --- Norce's own addresses ------------------------------------------------------------------------------------

    async def _token(self, request: web.Request) -> web.Response:
        if not self._tokens.may_ask(request.remote or ""):
            return web.Response(status=429, text="API calls quota exceeded")
        error = self._tokens.refusal(await request.post())
        if error is not None:
            return web.json_response({"error": error}, status=400)
        return web.json_response(self._tokens.issue())

    async def _connect(self, request: web.Request) -> web.Response:
        body = await request.read()
        mishap = self._chance.mishap()
        if mishap is Mishap.CUT_BEFORE:
            return self._cut(request)
        is_slow = self._chance.is_slow()
        status, said = _ANSWERS.get(mishap) or self._booked(request, request.match_info["operation"], body)
        answer = self._noted(request, _parsed(body), status, said)
        if mishap is Mishap.CUT:
            return self._cut(request)
        if is_slow:
            await self._clock.wait(self._closing, timedelta(seconds=self._faults.slow_s))
        return answer

    def _cut(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _booked(self, request: web.Request, operation: str, body: bytes) -> tuple[int, str]:
        """Status and text of the answer; the call is booked when the status is 200."""
        if not self._tokens.accepts(request.headers.get("Authorization", "")):
            return 401, "Unauthorized"
        act = OPERATIONS.get(operation)
        if act is None:
            return 404, "Not Found"
        if request.content_type != "application/json":
            return 415, "Unsupported Media Type"
        call = _parsed(body)
        if not isinstance(call, dict):
            return 400, "The request is invalid."
        try:
            act(self.book, call)
        except RefusedCallError as error:
            return 400, str(error)
        return 200, ""

    def _noted(self, request: web.Request, body: Any, status: int, said: str) -> web.Response:
        number = request.headers.get("application-id")
        self.calls.append(Call(self._clock.now(), request.match_info["operation"], body, status, said, number))
        waits = (
            {"Retry-After": str(self._faults.retry_after_s)} if status == _BUSY and self._faults.retry_after_s else {}
        )
        return web.Response(status=status, text=said, headers=waits)

    # --- the simulator's own addresses ----------------------------------------------------------------------------

    async def _make_orders(self, request: web.Request) -> web.Response:
        wanted = await _object_in(request)
        sent = wanted.get("sent")
        if isinstance(sent, Mapping):
            return self._adopt(sent)
        count = wanted.get("count", 1)
        receiver = self._receiver_in(wanted)
        if not isinstance(count, int) or not 0 < count <= _MOST_ORDERS:
            raise web.HTTPBadRequest(text=f"count is a number from 1 to {_MOST_ORDERS}")
        seed, first = wanted.get("seed"), wanted.get("first")
        samples = None
        if isinstance(seed, int) and isinstance(first, int):
            samples = SampleOrders(seed, first)
        return web.json_response({"orders": self.send(count, receiver, samples)}, status=202)

    def _adopt(self, sent: Mapping[str, Any]) -> web.Response:
        """Book an order that somebody else posted in this shop's name, so that its status calls find it."""
        order_ref, number = sent.get("ClientOrderRef"), sent.get("ErpOrderNo")
        if not isinstance(order_ref, str) or not isinstance(number, str | None):
            raise web.HTTPBadRequest(text="sent holds ClientOrderRef, a text, and ErpOrderNo, a text or null")
        try:
            self.book.place(order_ref).learn(sent)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
            raise web.HTTPBadRequest(text="sent is no whole order: Items or Payments cannot be read") from None
        self.book.answered(order_ref, number, ok=True)
        return web.json_response({"orders": [order_ref]})

    def _receiver_in(self, wanted: Mapping[str, Any]) -> Receiver:
        """The receiver that a request names, completed by the one that the simulator was started with."""
        known = self.receiver or Receiver("", "norce", "")
        try:
            receiver = replace(
                known,
                url=str(wanted.get("url") or known.url),
                username=str(wanted.get("username") or known.username),
                password=str(wanted.get("password") or known.password),
                time_factor=float(wanted.get("time_factor") or known.time_factor),
            )
        except ValueError:
            raise web.HTTPBadRequest(text="time_factor is a number") from None
        if not receiver.url.startswith(("http://", "https://")) or receiver.time_factor <= 0:
            raise web.HTTPBadRequest(text="name the receiver: url, and username and password where they differ")
        return receiver

    async def _show_orders(self, _: web.Request) -> web.Response:
        return _json(shown(self.book.orders()))

    async def _show_reports(self, _: web.Request) -> web.Response:
        return _json([call.document() for call in self.calls])

    async def _set_faults(self, request: web.Request) -> web.Response:
        wanted = await _object_in(request)
        try:
            self.set_faults(Faults.wanted(wanted))
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return _json(wanted)


def _json(document: Any) -> web.Response:
    return web.Response(body=json_bytes(document), content_type="application/json")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


async def _object_in(request: web.Request) -> dict[str, Any]:
    found = _parsed(await request.read() or b"{}")
    if not isinstance(found, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected")
    return found
