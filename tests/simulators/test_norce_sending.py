"""How the simulated Norce hands orders over: its retry rule, what it takes for an answer, and the orders themselves."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.clock import SystemClock
from bridge.norce.bodies import content_of
from bridge.norce.translate import translate
from bridge.norce.wire import decode
from bridge.simulators.norce_book import OrderRecord
from bridge.simulators.norce_samples import SampleOrder, SampleOrders
from bridge.simulators.norce_sending import Answer, Receiver, Sender, answer_in
from tests.support.clock import ManualClock

OK = b'{"StatusCode":"OK","Description":"stored","HasErpOrderNo":false,"ErpOrderNo":null}'
ORDER = SampleOrder("48447", b"{}")


@asynccontextmanager
async def receiver(replies: Sequence[tuple[int, bytes]]) -> AsyncIterator[tuple[Receiver, list[str]]]:
    """A receiver that gives these answers in turn, the last one for ever."""
    seen: list[str] = []

    async def take(request: web.Request) -> web.Response:
        status, body = replies[min(len(seen), len(replies) - 1)]
        seen.append(request.headers["Authorization"])
        return web.Response(status=status, body=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/orders", take)
    async with TestServer(app) as server:
        yield Receiver(str(server.make_url("/orders")), "norce", "p"), seen


async def test_an_order_is_posted_again_until_it_is_well_answered() -> None:
    record = OrderRecord("48447")
    replies = [(503, b""), (200, b"<html>"), (500, OK), (200, OK)]

    async with receiver(replies) as (to, seen), aiohttp.ClientSession() as session:
        sender = Sender(replace(to, time_factor=60_000), session, SystemClock())
        answer = await sender.hand_over(ORDER, record, asyncio.Event())

    assert answer == Answer(ok=True, description="stored", erp_order_no=None)
    assert record.attempts == len(seen) == 4
    assert not record.given_up


async def test_tries_are_ten_minutes_apart_and_end_after_six_hours() -> None:
    clock, record = ManualClock(), OrderRecord("48447")
    began = clock.monotonic()

    async with receiver([(503, b"")]) as (to, seen), aiohttp.ClientSession() as session:
        sending = asyncio.create_task(Sender(to, session, clock).hand_over(ORDER, record, asyncio.Event()))
        for _ in range(36):
            await clock.until_waiting()
            clock.advance(timedelta(minutes=10))
        answer = await sending

    assert answer is None
    assert record.given_up
    assert record.attempts == len(seen) == 37
    assert clock.monotonic() - began == 6 * 3600


async def test_failed_is_an_answer_and_never_repeated() -> None:
    body = b'{"StatusCode":"Failed","Description":"no such shop","HasErpOrderNo":false,"ErpOrderNo":null}'

    async with receiver([(200, body)]) as (to, seen), aiohttp.ClientSession() as session:
        answer = await Sender(to, session, SystemClock()).hand_over(ORDER, OrderRecord("48447"), asyncio.Event())

    assert answer == Answer(ok=False, description="no such shop", erp_order_no=None)
    assert len(seen) == 1


async def test_a_receiver_that_is_down_is_tried_until_the_shop_closes() -> None:
    clock, closing, record = ManualClock(), asyncio.Event(), OrderRecord("48447")

    async with aiohttp.ClientSession() as session:
        sender = Sender(Receiver("http://127.0.0.1:9/orders", "norce", "p"), session, clock)
        sending = asyncio.create_task(sender.hand_over(ORDER, record, closing))
        await clock.until_waiting()
        closing.set()
        answer = await sending

    assert answer is None
    assert not record.given_up


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (202, OK),
        (200, b""),
        (200, b"[]"),
        (200, b'{"statusCode":"OK"}'),
        (200, b'{"StatusCode":"Ok","HasErpOrderNo":false,"ErpOrderNo":null}'),
        (200, b'{"StatusCode":"OK","HasErpOrderNo":"false","ErpOrderNo":null}'),
        (200, b'{"StatusCode":"OK","HasErpOrderNo":true,"ErpOrderNo":null}'),
        (200, b'{"StatusCode":"OK","HasErpOrderNo":true,"ErpOrderNo":1001}'),
        (200, b"[" * 100_000),
    ],
)
def test_what_is_no_order_response_is_no_answer(status: int, body: bytes) -> None:
    assert answer_in(status, body) is None


def test_the_same_seed_makes_the_same_orders_under_references_that_count_up() -> None:
    one, other = SampleOrders(seed=7, first=100), SampleOrders(seed=7, first=100)

    made = [one.next() for _ in range(20)]

    assert made == [other.next() for _ in range(20)]
    assert [order.order_ref for order in made] == [str(number) for number in range(100, 120)]
    assert len({order.body for order in made}) == 20


def test_sample_orders_are_orders_that_the_bridge_takes_without_a_warning() -> None:
    samples = SampleOrders(seed=3)
    bodies = [samples.next().body for _ in range(50)]

    for body in bodies:
        kind = content_of(None, body)
        assert kind is not None
        assert translate(decode(body, kind), "demo", ZoneInfo("Europe/Stockholm")).warnings == ()


def test_the_payment_of_a_sample_order_is_the_sum_of_its_rows_to_the_digit() -> None:
    order = json.loads(SampleOrders().next().body, parse_float=Decimal)

    total = sum((row["UnitPrice"] + row["UnitVat"]) * row["Quantity"] for row in order["Items"])

    assert str(order["Payments"][0]["Amount"]) == str(total)
