"""The history as it grows, over HTTP: what came, what comes, where it goes on, and how it ends."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse

from bridge.clock import SystemClock
from bridge.journal import Journal
from bridge.ops import event_routes
from bridge.ops.admin import build_app
from bridge.states import DropState
from tests.ops.running import Client, Running
from tests.support import journals

EVENTS = "/api/v1/events"
Event = tuple[str, str, dict[str, Any]]


@pytest.fixture
async def served(running: Running, aiohttp_client: Callable[..., Awaitable[Client]]) -> Client:
    return await aiohttp_client(build_app(running.operations(clock=SystemClock())))


async def next_event(stream: ClientResponse) -> Event:
    """The next event of a stream: its id, its kind and what it tells."""
    fields: dict[str, str] = {}
    while "data" not in fields:
        name, _, value = (await stream.content.readline()).decode().rstrip().partition(": ")
        fields[name] = value
    return fields["id"], fields["event"], json.loads(fields["data"])


async def test_events_come_as_they_happen(served: Client, journal: Journal) -> None:
    await journals.admit(journal)

    async with served.get(EVENTS) as stream:
        await journals.bring_to(journal, DropState.PUBLISHED)
        staged, dropped = await next_event(stream), await next_event(stream)

    assert stream.content_type == "text/event-stream"
    assert (staged[1], staged[2]["kind"], staged[2]["order_ref"]) == ("file", "staged", "48447")
    assert (dropped[0], dropped[2]["kind"]) == (str(dropped[2]["id"]), "dropped")


async def test_a_stream_goes_on_behind_the_last_event_that_was_seen(served: Client, journal: Journal) -> None:
    await journals.admit(journal)
    await journals.admit(journal, "48448")

    async with served.get(EVENTS, params={"since": "2026-01-01"}) as stream:
        first = await next_event(stream)
    async with served.get(EVENTS, headers={"Last-Event-ID": first[0]}) as stream:
        second = await next_event(stream)

    assert [first[1], first[2]["order_ref"], second[2]["order_ref"]] == ["order", "48447", "48448"]


async def test_one_orders_events_can_be_followed(served: Client, journal: Journal) -> None:
    await journals.admit(journal)
    await journals.admit(journal, "48448")

    async with served.get(EVENTS, params={"order": "48448", "since": "2026-01-01"}) as stream:
        event = await next_event(stream)
    unknown = await served.get(EVENTS, params={"order": "9999"})
    garbled = await served.get(EVENTS, params={"since": "soon"})

    assert event[2]["order_ref"] == "48448"
    assert (unknown.status, garbled.status) == (404, 400)


async def test_a_silent_stream_says_that_it_is_still_there(served: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_routes, "STILL_THERE_AFTER_S", 0.01)
    monkeypatch.setattr(event_routes, "EVERY", timedelta(milliseconds=20))

    async with served.get(EVENTS) as stream:
        lines = [await stream.content.readline() for _ in range(3)]

    assert lines == [b": the history as it grows\n", b"\n", b": still here\n"]


async def test_streams_are_bounded_and_end_with_the_listener(
    served: Client, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_routes, "AT_ONCE", 1)

    async with served.get(EVENTS) as stream:
        second = await served.get(EVENTS)
        await served.app.shutdown()
        rest = await stream.content.read()
    assert running.asked == []

    assert (second.status, rest) == (409, b": the history as it grows\n\n")
