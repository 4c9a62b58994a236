"""The simulated Norce over HTTP: tokens and their limits, strict status calls, faults, orders on request."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.clock import SystemClock
from bridge.counters import Counters
from bridge.errors import TransientError
from bridge.model import AckStatus
from bridge.norce.client import NorceAccess, NorceClient
from bridge.norce.client_login import Credentials
from bridge.norce.reports import call_for
from bridge.reports.kinds import StatusReport
from bridge.simulators.norce import CONNECT_PATH, TOKEN_PATH, SimulatedNorce
from bridge.simulators.norce_tokens import Client
from tests.support.clock import ManualClock
from tests.support.patience import PATIENCE_S

FORM = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "s", "scope": "playground"}
STATUS = f"{CONNECT_PATH}/Order/SendOrderStatus"
A_MINUTE = timedelta(minutes=1, milliseconds=1)
CONFIRMED = {"ClientOrderRef": 48447, "ErpOrderNo": "SO-1", "OrderStatus": "Confirmed"}


class Shop:
    """A running simulator and a browser to it."""

    def __init__(self, norce: SimulatedNorce, session: aiohttp.ClientSession) -> None:
        self.norce = norce
        self.session = session

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.norce.port}{path}"

    async def token(self, **form: str) -> tuple[int, Any]:
        async with self.session.post(self.url(TOKEN_PATH), data={**FORM, **form}) as reply:
            return reply.status, await reply.json() if reply.content_type == "application/json" else None

    async def call(self, body: Any, **options: Any) -> tuple[int, str]:
        _, granted = await self.token()
        headers = {"Authorization": f"Bearer {granted['access_token']}"}
        async with self.session.post(self.url(STATUS), **{"json": body, "headers": headers, **options}) as reply:
            return reply.status, await reply.text()

    async def get(self, path: str) -> Any:
        async with self.session.get(self.url(path)) as reply:
            return await reply.json()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def shop(clock: ManualClock) -> AsyncIterator[Shop]:
    norce = SimulatedNorce(Client(client_secret="s"), clock)
    norce.book.answered("48447", None, ok=True)
    async with norce.running(), aiohttp.ClientSession() as session:
        yield Shop(norce, session)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "x"}, "invalid_client"),
        ({"client_id": "x"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": "moon"}, "invalid_scope"),
    ],
)
async def test_a_wrong_client_gets_no_token(shop: Shop, form: dict[str, str], error: str) -> None:
    status, said = await shop.token(**form)

    assert (status, said) == (400, {"error": error})


async def test_twenty_tokens_at_once_then_three_a_minute(shop: Shop, clock: ManualClock) -> None:
    burst = [(await shop.token())[0] for _ in range(21)]

    clock.advance(A_MINUTE)
    after = [(await shop.token())[0] for _ in range(4)]

    assert burst == [200] * 20 + [429]
    assert after == [200] * 3 + [429]


async def test_a_status_call_is_booked_and_shown_in_order(shop: Shop) -> None:
    status, said = await shop.call(CONFIRMED)

    orders, reports = await shop.get("/sim/orders"), await shop.get("/sim/reports")
    assert (status, said) == (200, "")
    assert [(order["ClientOrderRef"], order["OrderStatus"], order["ErpOrderNo"]) for order in orders] == [
        ("48447", "Confirmed", "SO-1"),
    ]
    assert [(report["operation"], report["body"], report["status"]) for report in reports] == [
        ("SendOrderStatus", CONFIRMED, 200),
    ]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"headers": {"Authorization": "Bearer made-up"}}, 401),
        ({"headers": {}}, 401),
        ({"json": None, "data": "<SendOrderStatusRequest/>"}, 415),
        ({"json": [1]}, 400),
        ({"json": {**CONFIRMED, "ClientOrderRef": "48447"}}, 400),
        ({"json": {**CONFIRMED, "ClientOrderRef": 1}}, 400),
    ],
)
async def test_a_call_against_the_contract_is_refused(shop: Shop, options: dict[str, Any], status: int) -> None:
    answered, said = await shop.call(CONFIRMED, **options)

    (order,) = shop.norce.book.orders()
    assert answered == status
    assert said
    assert order.status == "Allocation"


async def test_a_token_is_refused_once_it_has_expired(shop: Shop, clock: ManualClock) -> None:
    _, granted = await shop.token()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}

    clock.advance(A_MINUTE * 61)
    status, _ = await shop.call(CONFIRMED, headers=headers)

    assert status == 401
    assert granted["expires_in"] == 3600


async def test_an_operation_that_is_not_simulated_is_not_found(shop: Shop) -> None:
    async with shop.session.post(shop.url(f"{CONNECT_PATH}/Order/CreateOrderDream"), json={}) as reply:
        unauthorized = reply.status
    _, granted = await shop.token()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    async with shop.session.post(shop.url(f"{CONNECT_PATH}/Order/Dream"), json={}, headers=headers) as reply:
        absent = reply.status

    assert (unauthorized, absent) == (401, 404)


async def test_faults_are_set_over_http_and_a_cut_call_was_booked_all_the_same(shop: Shop) -> None:
    async with shop.session.put(shop.url("/sim/faults"), json={"cut": 1}) as reply:
        accepted = reply.status

    with pytest.raises(aiohttp.ClientError):
        await shop.call(CONFIRMED)

    assert accepted == 200
    assert shop.norce.book.orders()[0].status == "Confirmed"


async def test_a_refused_call_is_answered_503_and_books_nothing(shop: Shop) -> None:
    async with shop.session.put(shop.url("/sim/faults"), json={"refused": 1}):
        pass

    status, _ = await shop.call(CONFIRMED)

    assert status == 503
    assert shop.norce.book.orders()[0].status == "Allocation"


async def put_faults(shop: Shop, **faults: float) -> int:
    async with shop.session.put(shop.url("/sim/faults"), json=faults) as reply:
        return reply.status


async def test_a_refusal_names_the_wait_that_was_asked_for(shop: Shop) -> None:
    await put_faults(shop, refused=1, retry_after_s=90)
    _, granted = await shop.token()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}

    async with shop.session.post(shop.url(STATUS), json=CONFIRMED, headers=headers) as reply:
        answered = (reply.status, reply.headers["Retry-After"])

    assert answered == (503, "90")


async def test_a_failed_call_is_answered_500_and_books_nothing(shop: Shop) -> None:
    await put_faults(shop, failed=1)

    status, _ = await shop.call(CONFIRMED)

    assert status == 500
    assert shop.norce.book.orders()[0].status == "Allocation"


async def test_a_call_cut_before_it_was_read_books_nothing(shop: Shop) -> None:
    await put_faults(shop, cut_before=1)

    with pytest.raises(aiohttp.ClientError):
        await shop.call(CONFIRMED)

    assert shop.norce.book.orders()[0].status == "Allocation"
    assert shop.norce.calls == []


async def test_a_norce_that_is_down_refuses_connections_and_comes_back_at_the_same_port() -> None:
    norce = SimulatedNorce(Client(client_secret="s"))
    async with norce.running(), aiohttp.ClientSession() as session:
        shop = Shop(norce, session)
        accepted = await put_faults(shop, down_s=0.3)
        await asyncio.sleep(0.15)
        with pytest.raises(aiohttp.ClientConnectorError):
            await shop.token()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    status, _ = await shop.token()
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0.02)
                else:
                    break

    assert (accepted, status) == (200, 200)


async def test_a_call_is_shown_with_its_application_and_its_digits(shop: Shop) -> None:
    _, granted = await shop.token()
    headers = {
        "Authorization": f"Bearer {granted['access_token']}",
        "Content-Type": "application/json",
        "application-id": "1234",
    }
    body = '{"ClientOrderRef": 48447, "OrderStatus": "Confirmed", "Amount": 12345678901234567.89000}'

    async with shop.session.post(shop.url(STATUS), data=body, headers=headers) as reply:
        status = reply.status
    async with shop.session.get(shop.url("/sim/reports")) as reply:
        shown = await reply.text()

    assert status == 200
    assert '"Amount": 12345678901234567.89000' in shown
    assert shop.norce.calls[0].application_id == "1234"


async def test_an_order_that_somebody_else_posted_is_booked_with_its_rows(shop: Shop) -> None:
    item = {"LineNo": 1, "PartNo": "A", "TypeGroup": "Physical", "Quantity": 2}
    order = {"ClientOrderRef": "7", "ErpOrderNo": "SO-7", "Items": [item], "Payments": []}

    async with shop.session.post(shop.url("/sim/orders"), json={"sent": order}) as reply:
        accepted = reply.status
    async with shop.session.post(shop.url("/sim/orders"), json={"sent": {**order, "Items": [1]}}) as reply:
        refused = reply.status
    shown = (await shop.get("/sim/orders"))[-1]

    assert (accepted, refused) == (200, 400)
    assert (shown["OrderStatus"], shown["ErpOrderNo"]) == ("Confirmed", "SO-7")
    assert shown["rows"] == [{"LineNo": 1, "PartNo": "A", "ordered": 2, "delivered": 0, "invoiced": 0}]


@pytest.mark.parametrize("faults", [{"refused": "all"}, {"tired": 1}, {"slow": -1}])
async def test_faults_that_are_none_are_refused(shop: Shop, faults: dict[str, Any]) -> None:
    async with shop.session.put(shop.url("/sim/faults"), json=faults) as reply:
        status = reply.status

    assert status == 400


async def test_the_bridges_own_client_gets_on_with_it() -> None:
    norce = SimulatedNorce(Client(client_secret="s"))
    norce.book.answered("48447", None, ok=True)
    async with norce.running():
        base = f"http://127.0.0.1:{norce.port}"
        access = NorceAccess(f"{base}{CONNECT_PATH}", f"{base}{TOKEN_PATH}", Credentials("demo", "s", "playground"))
        async with NorceClient(access, SystemClock(), Counters()) as client:
            call = call_for(StatusReport(AckStatus.CONFIRMED, "SO-1"), "48447")
            await client.send(call.operation, call.body)

    assert norce.book.orders()[0].status == "Confirmed"


async def test_orders_are_made_and_posted_with_the_login_on_request(shop: Shop) -> None:
    got: list[tuple[str, str]] = []

    async def take(request: web.Request) -> web.Response:
        got.append(((await request.json())["ClientOrderRef"], request.headers["Authorization"]))
        return web.json_response({"StatusCode": "OK", "Description": "", "HasErpOrderNo": False, "ErpOrderNo": None})

    app = web.Application()
    app.router.add_post("/orders", take)
    async with TestServer(app) as receiver:
        wanted = {"count": 3, "url": str(receiver.make_url("/orders")), "username": "norce", "password": "p"}
        async with shop.session.post(shop.url("/sim/orders"), json=wanted) as reply:
            made = await reply.json()
        async with asyncio.timeout(PATIENCE_S):
            while any(record.answer is None for record in shop.norce.book.orders()[1:]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    assert {ref for ref, _ in got} == set(made["orders"])
    assert {authorization for _, authorization in got} == {aiohttp.encode_basic_auth("norce", "p")}


@pytest.mark.parametrize("wanted", [{"count": 0}, {"count": "many"}, {"count": 1}, {"time_factor": "x"}])
async def test_orders_that_cannot_be_sent_are_refused(shop: Shop, wanted: dict[str, Any]) -> None:
    async with shop.session.post(shop.url("/sim/orders"), json=wanted) as reply:
        status = reply.status

    assert status == 400


async def test_a_taken_port_is_told_in_words(shop: Shop) -> None:
    with pytest.raises(TransientError, match="cannot listen"):
        async with SimulatedNorce(Client()).running(port=shop.norce.port):
            pass
