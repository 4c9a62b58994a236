"""How the client treats Norce: its token limits, its pace, the shop's number, and a Norce that is away."""

import asyncio
from datetime import timedelta

import pytest

from bridge.counters import Counters
from bridge.errors import BridgeError, ErrorName, PermanentError, TransientError
from bridge.norce.client import NorceAccess, NorceClient
from bridge.norce.client_circuit import OPENS_AFTER
from bridge.norce.client_login import BURST, EVERY_S
from tests.norce.test_client import (
    BODY,
    STATUS,
    Norce,
    access,
    client,
    clock,
    counters,
    hangs_up,
    norce,
    refusal,
    says,
    server,
)
from tests.support.clock import ManualClock

__all__ = ["access", "client", "clock", "counters", "norce", "server"]

A_MINUTE = timedelta(minutes=1)


async def go_away(client: NorceClient, norce: Norce) -> None:
    norce.answers += [hangs_up] * OPENS_AFTER
    for _ in range(OPENS_AFTER):
        await refusal(client)


async def test_a_bridge_that_gets_no_token_never_asks_more_often_than_agreed(
    client: NorceClient, norce: Norce, clock: ManualClock
) -> None:
    norce.token_answers += [says(500)] * 1000
    for _ in range(600):
        await refusal(client)
        clock.advance(timedelta(seconds=1))

    assert len(norce.forms) <= BURST + 600 / EVERY_S
    assert len(norce.forms) > BURST


def test_the_limits_are_those_of_norce_s_token_endpoint() -> None:
    """Three a minute for an address, twenty in one go (``norce/connect.md`` 5); a restart begins a new burst."""
    assert 60 / EVERY_S <= 3
    assert 2 * BURST <= 20


async def test_a_shops_own_number_goes_with_the_calls_of_its_orders(
    access: NorceAccess, clock: ManualClock, norce: Norce
) -> None:
    several = NorceAccess(access.base_url, access.token_url, access.credentials, 1, {"outlet": 1234})

    async with NorceClient(several, clock, Counters()) as client:
        for shop in ("outlet", "other"):
            await client.send(STATUS, BODY, shop)
        await client.send(STATUS, BODY)

    assert [headers["application-id"] for _, headers, _ in norce.calls] == ["1234", "1", "1"]


async def test_calls_wait_for_their_turn_beyond_the_burst(
    access: NorceAccess, clock: ManualClock, norce: Norce
) -> None:
    slow = NorceAccess(access.base_url, access.token_url, access.credentials, requests_per_minute=30)

    async with NorceClient(slow, clock, Counters()) as client, asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(client.send(STATUS, BODY))
        await clock.until_waiting(2)
        at_once = len(norce.calls)
        clock.advance(A_MINUTE)

    assert at_once <= 3
    assert len(norce.calls) == 5


async def test_nobody_calls_a_norce_that_is_away(client: NorceClient, norce: Norce) -> None:
    await go_away(client, norce)

    faults = await asyncio.gather(*(refusal(client) for _ in range(20)))

    assert len(norce.calls) == OPENS_AFTER
    assert client.closed_for > timedelta()
    assert {fault.name for fault in faults} == {ErrorName.NORCE_UNREACHABLE}
    waits = [fault.retry_after_s for fault in faults if isinstance(fault, TransientError)]
    assert waits == [client.closed_for.total_seconds()] * 20


async def test_one_probe_goes_and_the_others_follow_once_it_is_answered(
    client: NorceClient, norce: Norce, clock: ManualClock
) -> None:
    await go_away(client, norce)
    clock.advance(A_MINUTE)

    await asyncio.gather(*(client.send(STATUS, BODY) for _ in range(20)))

    assert len(norce.calls) == OPENS_AFTER + 20
    assert client.closed_for == timedelta()
    assert not client.is_away


async def test_a_token_is_no_sign_of_connect_s_being_back(
    client: NorceClient, norce: Norce, clock: ManualClock
) -> None:
    await go_away(client, norce)
    norce.answers.append(hangs_up)
    clock.advance(timedelta(hours=2))

    await refusal(client)

    assert len(norce.forms) == 2
    assert client.is_away
    assert client.closed_for > timedelta()


async def test_one_probe_goes_and_the_others_stay_when_it_fails(
    client: NorceClient, norce: Norce, clock: ManualClock
) -> None:
    await go_away(client, norce)
    norce.answers += [hangs_up] * 50
    clock.advance(A_MINUTE)

    await asyncio.gather(*(refusal(client) for _ in range(20)))

    assert len(norce.calls) == OPENS_AFTER + 1


async def test_a_refusal_shows_that_norce_is_back(client: NorceClient, norce: Norce, clock: ManualClock) -> None:
    await go_away(client, norce)
    norce.answers.append(says(400))
    clock.advance(A_MINUTE)

    fault = await refusal(client)
    await client.send(STATUS, BODY)

    assert isinstance(fault, PermanentError)


async def test_orders_that_norce_fails_over_keep_nobody_else_away(client: NorceClient, norce: Norce) -> None:
    norce.answers += [says(500)] * 20

    faults = [await refusal(client) for _ in range(20)]
    await client.send(STATUS, BODY)

    assert all(isinstance(fault, TransientError) for fault in faults)
    assert len(norce.calls) == 21


async def test_a_norce_without_tokens_is_away_too(client: NorceClient, norce: Norce) -> None:
    norce.token_answers += [hangs_up] * OPENS_AFTER

    for _ in range(OPENS_AFTER + 5):
        await refusal(client)

    assert len(norce.forms) == OPENS_AFTER
    assert client.closed_for > timedelta()


@pytest.mark.parametrize(("header", "seconds"), [("90", 90.0), ("Mon, 02 Mar 2026 09:01:30 GMT", 90.0)])
async def test_all_stay_away_as_long_as_a_busy_norce_asks(
    client: NorceClient, norce: Norce, header: str, seconds: float
) -> None:
    norce.answers += [says(503, Retry_After=header)] * OPENS_AFTER

    faults: list[BridgeError] = [await refusal(client) for _ in range(OPENS_AFTER + 1)]

    assert {fault.retry_after_s for fault in faults if isinstance(fault, TransientError)} == {seconds}
    assert len(norce.calls) == OPENS_AFTER


async def test_a_probe_that_is_given_up_lets_the_next_one_go(
    client: NorceClient, norce: Norce, clock: ManualClock
) -> None:
    async def says_nothing(_: object) -> None:
        await asyncio.sleep(60)

    await go_away(client, norce)
    norce.answers.append(says_nothing)
    clock.advance(A_MINUTE)

    probe = asyncio.create_task(client.send(STATUS, BODY))
    while len(norce.calls) == OPENS_AFTER:  # noqa: ASYNC110 - until the probe is there
        await asyncio.sleep(0.01)
    probe.cancel()
    await client.send(STATUS, BODY)

    assert len(norce.calls) == OPENS_AFTER + 2
