"""Listening sockets, signals, and which of several errors to tell of.

Not for: what is listened to.
"""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web

from bridge.config.units import Address
from bridge.errors import BridgeError, ErrorName, TransientError

REQUESTS_WITHIN_S = 10
KEEP_ALIVE_S = 75


@asynccontextmanager
async def listener(app: web.Application, address: Address, tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    """A listening application; yields its port. At the end no new connection is taken and requests are finished."""
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=KEEP_ALIVE_S,
        shutdown_timeout=REQUESTS_WITHIN_S,
        auto_decompress=False,  # a compressed body is refused by us, with words, before anything is unpacked
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, address.host, address.port, ssl_context=tls).start()
        yield int(runner.addresses[0][1])
    except OSError as error:
        raise TransientError(
            f"cannot listen on {address}: {error.strerror}",
            name=ErrorName.PORT_TAKEN,
            subject=str(address),
            hint="another program has the port: choose one by [receiver] listen and [admin] listen",
        ) from error
    finally:
        await runner.cleanup()


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
