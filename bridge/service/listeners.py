"""Listening sockets and who may hold a connection to them, signals, and which of several errors to tell of.

Not for: what is listened to.
"""

import asyncio
import logging
import os
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import cast

from aiohttp import web

from bridge.config.units import Address
from bridge.errors import BridgeError, ErrorName, TransientError

REQUESTS_WITHIN_S = 10
KEEP_ALIVE_S = 75
_WAITING_TO_BE_ACCEPTED = 128
_TOLD_EVERY_S = 60.0

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one listener lets its clients hold: the time for a request's head, and connections altogether."""

    head_within_s: float = 15.0
    connections: int = 400


@asynccontextmanager
async def listener(
    app: web.Application,
    address: Address,
    tls: ssl.SSLContext | None,
    bounds: Bounds | None = None,
) -> AsyncIterator[int]:
    """A listening application; yields its port. At the end no new connection is taken and requests are finished."""
    door = _Door(address, bounds or Bounds())
    app.middlewares.insert(0, _mark_in_hand)
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=KEEP_ALIVE_S,
        shutdown_timeout=REQUESTS_WITHIN_S,
        auto_decompress=False,  # a compressed body is refused by us, with words, before anything is unpacked
    )
    await runner.setup()
    try:
        listening = await _listen(runner, door, address, tls)
        try:
            yield int(listening.sockets[0].getsockname()[1])
        finally:
            listening.close()
    finally:
        await runner.cleanup()


async def _listen(
    runner: web.AppRunner,
    door: "_Door",
    address: Address,
    tls: ssl.SSLContext | None,
) -> asyncio.Server:
    """As ``web.TCPSite`` does, but each connection comes with its guard, and a TLS handshake has the time of a head."""
    speak = cast("web.Server", runner.server)  # none only before its setup
    try:
        return await asyncio.get_running_loop().create_server(
            lambda: _Guard(speak(), door),
            address.host,
            address.port,
            ssl=tls,
            ssl_handshake_timeout=door.bounds.head_within_s if tls else None,
            backlog=_WAITING_TO_BE_ACCEPTED,
        )
    except OSError as error:
        raise TransientError(
            f"cannot listen on {address}: {error.strerror}",
            name=ErrorName.PORT_TAKEN,
            subject=str(address),
            hint="another program has the port: choose one by [receiver] listen and [admin] listen",
        ) from error


class _Door:
    """The connections of one listener. One too many takes the place of the one that waited longest for its request.

    So whoever opens connections and says nothing pushes out others like himself, and a client that asks at once is
    served; only when each has a request in hand is the new one turned away.
    """

    def __init__(self, address: Address, bounds: Bounds) -> None:
        self.bounds = bounds
        self._address = address
        self._open: set[_Guard] = set()
        self._waiting: dict[_Guard, None] = {}  # in the order in which they began to wait
        self._tell_at = float("-inf")

    def enter(self, guard: "_Guard") -> bool:
        """Take a connection in; false when there is no place for it."""
        if len(self._open) >= self.bounds.connections:
            self._tell_full()
            longest = next(iter(self._waiting), None)
            if longest is None:
                return False
            longest.hang_up()
        self._open.add(guard)
        self._waiting[guard] = None
        return True

    def leave(self, guard: "_Guard") -> None:
        """A connection is over, or as good as."""
        self._open.discard(guard)
        self._waiting.pop(guard, None)

    def note(self, guard: "_Guard", *, in_hand: bool) -> None:
        """A request of this connection is in hand now, or it waits for its next one."""
        if in_hand:
            self._waiting.pop(guard, None)
        elif guard in self._open:
            self._waiting[guard] = None

    def _tell_full(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._tell_at:
            self._tell_at = now + _TOLD_EVERY_S
            hint = "who opens so many? let only Norce's networks through, at the proxy or firewall"
            about = {"listen": str(self._address), "connections": self.bounds.connections, "hint": hint}
            log.warning("connections_full", extra=about)


class _Guard(asyncio.Protocol):
    """One connection: hung up on when a request's head takes too long, or when its place is needed.

    aiohttp has one limit for both a silent connection and a slow head, and the first must be long: a proxy in front
    keeps connections for a minute. The time for a head runs from the connection on, later from the head's first byte.
    """

    def __init__(self, speaker: asyncio.Protocol, door: _Door) -> None:
        self._speaker = speaker
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._head_ends: asyncio.TimerHandle | None = None
        self._in_hand = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in and await its first head, or turn it away before aiohttp hears of it."""
        self._transport = cast("asyncio.Transport", transport)  # what create_server hands out, of any loop's own class
        if self._door.enter(self):
            self._await_head()
            self._speaker.connection_made(transport)
        else:
            self._speaker = asyncio.Protocol()
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes that belong to no request in hand begin a head."""
        if not self._in_hand:
            self._await_head()
        self._speaker.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._forget_head()
        self._door.leave(self)
        self._speaker.connection_lost(exc)

    def eof_received(self) -> bool | None:
        """Aiohttp decides."""
        return self._speaker.eof_received()

    def pause_writing(self) -> None:
        """Aiohttp writes no more for now."""
        self._speaker.pause_writing()

    def resume_writing(self) -> None:
        """Aiohttp goes on writing."""
        self._speaker.resume_writing()

    def mark(self, *, in_hand: bool) -> None:
        """A request of this connection begins, which ends the wait for its head, or it is answered."""
        self._in_hand = in_hand
        self._forget_head()
        self._door.note(self, in_hand=in_hand)

    def hang_up(self) -> None:
        """End it at once; a polite end could be drawn out by the other side."""
        self._door.leave(self)
        if self._transport is not None:
            self._transport.abort()

    def _await_head(self) -> None:
        if self._head_ends is None:
            self._head_ends = asyncio.get_running_loop().call_later(self._door.bounds.head_within_s, self._give_up)

    def _forget_head(self) -> None:
        if self._head_ends is not None:
            self._head_ends.cancel()
            self._head_ends = None

    def _give_up(self) -> None:
        log.debug("head_late")
        self.hang_up()


@web.middleware
async def _mark_in_hand(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the connection's guard that the head is whole: the first thing that aiohttp lets us do with a request."""
    guard = request.transport.get_protocol() if request.transport is not None else None
    if not isinstance(guard, _Guard):
        return await handler(request)
    guard.mark(in_hand=True)
    try:
        return await handler(request)
    finally:
        guard.mark(in_hand=False)


@contextmanager
def signals(asked_to_stop: asyncio.Event) -> Iterator[None]:
    """The first SIGTERM or SIGINT asks for an orderly stop; the second ends at once, which recovery copes with."""
    loop = asyncio.get_running_loop()

    def asked(number: int) -> None:
        if asked_to_stop.is_set():
            os._exit(128 + number)
        asked_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error to tell of: ours if there is one, else the first."""
    matched, _ = group.split(BridgeError)
    chosen: BaseException = matched or group
    while isinstance(chosen, BaseExceptionGroup):
        chosen = chosen.exceptions[0]
    return chosen
