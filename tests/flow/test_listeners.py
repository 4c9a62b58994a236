"""Whoever opens connections and says nothing, or half of what he wants, cannot keep others out."""

import asyncio
import contextlib
import logging
import ssl
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bridge.config.units import Address
from bridge.service.listeners import Bounds, listener
from tests.flow.test_tls import make_certificate
from tests.stages.watch_support import until

HEAD_WITHIN_S = 0.3
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: bridge\r\nX-Slow: "
WHOLE_HEAD = b"GET / HTTP/1.1\r\nHost: bridge\r\n\r\n"
MANY = 5


@dataclass
class House:
    """An application that answers at once, after a rest, or with what it was sent."""

    rest: asyncio.Event = field(default_factory=asyncio.Event)
    resting: int = 0

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/", self._greet), web.get("/rest", self._rest), web.post("/echo", self._echo)])
        return app

    async def _greet(self, _: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def _rest(self, _: web.Request) -> web.Response:
        self.resting += 1
        await self.rest.wait()
        return web.Response(text="rested")

    async def _echo(self, request: web.Request) -> web.Response:
        return web.Response(body=await request.read())


@dataclass
class Place:
    """A listener's port, and the connections to it that a test opened."""

    port: int
    writers: list[StreamWriter] = field(default_factory=list)

    async def say(self, words: bytes = b"", tls: ssl.SSLContext | None = None) -> tuple[StreamReader, StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=tls)
        self.writers.append(writer)
        writer.write(words)
        with contextlib.suppress(ConnectionError):  # hung up on at once
            await writer.drain()
        return reader, writer

    async def fetch(self) -> int:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}/") as response:
            return response.status


@contextlib.asynccontextmanager
async def listening(
    house: House | None = None,
    tls: ssl.SSLContext | None = None,
    **bounds: float,
) -> AsyncIterator[Place]:
    limits = Bounds(bounds.get("head_within_s", HEAD_WITHIN_S), int(bounds.get("connections", 100)))
    async with listener((house or House()).app(), Address("127.0.0.1", 0), tls, limits) as port:
        place = Place(port)
        try:
            yield place
        finally:
            for writer in place.writers:
                writer.transport.abort()


async def hung_up_after(reader: StreamReader, within_s: float = 5.0) -> float:
    """Seconds until the other side ended the connection, with nothing said before."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    return time.monotonic() - began


async def greeted(reader: StreamReader) -> bool:
    """True when a whole answer came; false when the connection ended instead."""
    with contextlib.suppress(ConnectionResetError, asyncio.IncompleteReadError):
        async with asyncio.timeout(5):
            return (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
    return False


async def one_half_and_one_whole() -> tuple[float, list[int]]:
    """How long half a head was borne with, and what normal clients were answered meanwhile."""
    async with listening() as place:
        slow, _ = await place.say(HALF_A_HEAD)
        patience = asyncio.create_task(hung_up_after(slow))
        answers = []
        while not patience.done():
            answers.append(await place.fetch())
            await asyncio.sleep(0.05)
        return await patience, answers


async def test_half_a_head_is_hung_up_on_and_others_are_served_meanwhile() -> None:
    waited, answers = await one_half_and_one_whole()

    assert HEAD_WITHIN_S * 0.9 < waited < HEAD_WITHIN_S * 5
    assert len(answers) > 1
    assert set(answers) == {HTTPStatus.OK}


def test_half_a_head_is_hung_up_on_with_the_faster_loop_too() -> None:
    uvloop = pytest.importorskip("uvloop")

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        waited, answers = runner.run(one_half_and_one_whole())

    assert HEAD_WITHIN_S * 0.9 < waited < HEAD_WITHIN_S * 5
    assert set(answers) == {HTTPStatus.OK}


async def test_a_head_that_trickles_in_is_given_no_more_time() -> None:
    async with listening() as place:
        reader, writer = await place.say(HALF_A_HEAD)

        async def trickle() -> None:
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        waited = await hung_up_after(reader)
        trickling.cancel()

    assert waited < HEAD_WITHIN_S * 5


async def test_a_connection_that_says_nothing_is_hung_up_on() -> None:
    async with listening() as place:
        reader, _ = await place.say()

        assert await hung_up_after(reader) < HEAD_WITHIN_S * 5


async def test_a_kept_connection_may_rest_longer_than_a_head_may_take() -> None:
    async with listening() as place:
        reader, writer = await place.say(WHOLE_HEAD)
        first = await greeted(reader)
        await asyncio.sleep(HEAD_WITHIN_S * 2)
        writer.write(WHOLE_HEAD)

        assert first
        assert await greeted(reader)


async def test_half_of_a_later_head_is_hung_up_on() -> None:
    async with listening() as place:
        reader, writer = await place.say(WHOLE_HEAD)
        assert await greeted(reader)
        writer.write(HALF_A_HEAD)

        assert await hung_up_after(reader) < HEAD_WITHIN_S * 5


async def test_a_long_request_is_not_cut_short() -> None:
    async with listening() as place:
        reader, writer = await place.say(b"POST /echo HTTP/1.1\r\nHost: bridge\r\nContent-Length: 5\r\n\r\n")
        for letter in b"hello":
            await asyncio.sleep(HEAD_WITHIN_S / 2)
            writer.write(bytes([letter]))

        assert await greeted(reader)


async def test_a_long_answer_is_waited_for() -> None:
    house = House()
    async with listening(house) as place:
        reader, _ = await place.say(b"GET /rest HTTP/1.1\r\nHost: bridge\r\n\r\n")
        await asyncio.sleep(HEAD_WITHIN_S * 2)
        house.rest.set()

        assert b"rested" in await asyncio.wait_for(reader.readuntil(b"rested"), 5)


async def test_when_all_places_are_taken_the_longest_silent_one_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="bridge.service.listeners")
    async with listening(head_within_s=60, connections=MANY) as place:
        silent = [(await place.say(HALF_A_HEAD))[0] for _ in range(MANY)]
        async with asyncio.timeout(5):
            answer = await place.fetch()
        await hung_up_after(silent[0])
        others = [asyncio.create_task(reader.read()) for reader in silent[1:]]
        _, still_open = await asyncio.wait(others, timeout=0.2)
        for other in others:
            other.cancel()

    assert answer == HTTPStatus.OK
    assert len(still_open) == MANY - 1
    assert [record.getMessage() for record in caplog.records] == ["connections_full"]


async def test_a_flood_of_silent_connections_keeps_nobody_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="bridge.service.listeners")
    async with listening(head_within_s=60, connections=MANY) as place:
        for _ in range(MANY * 20):
            await place.say(HALF_A_HEAD)
        answers = [await place.fetch() for _ in range(MANY)]

    assert answers == [HTTPStatus.OK] * MANY
    assert len(caplog.records) == 1


async def test_no_request_in_hand_makes_room_for_a_new_one() -> None:
    house = House()
    async with listening(house, connections=MANY) as place:
        busy = [(await place.say(b"GET /rest HTTP/1.1\r\nHost: bridge\r\n\r\n"))[0] for _ in range(MANY)]
        await until(lambda: house.resting == MANY)
        newest, _ = await place.say()
        await hung_up_after(newest)
        house.rest.set()
        async with asyncio.timeout(5):
            answers = [await reader.readuntil(b"rested") for reader in busy]
        again = await place.fetch()

    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert again == HTTPStatus.OK


async def test_a_tls_handshake_has_the_time_of_a_head(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, tmp_path / "key.pem")
    trusted = ssl.create_default_context(cafile=str(certificate))
    async with listening(tls=context) as place:
        silent, _ = await place.say()
        waited = await hung_up_after(silent)
        slow, _ = await place.say(HALF_A_HEAD, trusted)
        borne = await hung_up_after(slow)
        reader, _ = await place.say(WHOLE_HEAD, trusted)

        assert await greeted(reader)

    assert waited < HEAD_WITHIN_S * 5
    assert borne < HEAD_WITHIN_S * 5


async def test_at_the_end_silent_connections_are_not_waited_for() -> None:
    async with listener(House().app(), Address("127.0.0.1", 0), None, Bounds(60)) as port:
        place = Place(port)
        reader, writer = await place.say(HALF_A_HEAD)
        ending = time.monotonic()

    assert time.monotonic() - ending < 1
    await hung_up_after(reader)
    writer.close()
