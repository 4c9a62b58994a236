"""The built-in SFTP server as a part of a running bridge, which goes on without it (``DESIGN.md`` decision 12).

Not for: serving (``transports/_server``). It has threads of its own; starting and stopping it is done on one more.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from bridge import transports
from bridge.clock import Clock
from bridge.config import Config
from bridge.counters import Counters
from bridge.errors import BridgeError
from bridge.journal.records import AlertFound
from bridge.ops.health import Probe, ProbeResult
from bridge.service import parts
from bridge.transports import Server, Sight

LOOK_EVERY = timedelta(seconds=10)

log = logging.getLogger(__name__)


class SftpService:
    """The server, where the settings want one: started, looked after, started anew when it broke down.

    That it cannot start is no reason to refuse orders: they wait for the ERP in its folder, and an alert tells.
    """

    def __init__(self, config: Config, sight: Sight, counters: Counters, look_every: timedelta = LOOK_EVERY) -> None:
        self._config = config
        self._sight = sight
        self._counters = counters
        self._look_every = look_every
        self._server: Server | None = None
        self._why = "it is not started yet"
        self._hint = ""
        self._is_wanted = False

    @property
    def port(self) -> int:
        """Where it listens; 0 while it does not."""
        return self._server.port if self._server is not None else 0

    @asynccontextmanager
    async def serving(self, clock: Clock) -> AsyncIterator[None]:
        """Run it for the time of the block; at the end, whatever it had open is closed."""
        if not self._config.sftp_server.enabled:
            yield
            return
        await self._start()
        self._is_wanted = True
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(over, clock))
            try:
                yield
            finally:
                self._is_wanted = False
                over.set()
        await self._stop()

    def probes(self) -> Sequence[Probe]:
        """Its line in ``/readyz``, where it is wanted."""
        return [Probe("sftp_server", stops_orders=False, ask=self._ask)] if self._config.sftp_server.enabled else []

    def findings(self) -> Sequence[AlertFound]:
        """The alert that it is down, while it is."""
        if self._is_up or not self._is_wanted:
            return ()
        where = str(self._config.sftp_server.listen)
        text = f"The built-in SFTP server is down: {self._why}. Orders are taken and wait for the ERP in its folder"
        return (AlertFound("sftp_server_down", where, "page", text),)

    async def _ask(self) -> ProbeResult:
        why = f"serves on port {self.port}" if self._is_up else self._why
        return ProbeResult(ok=self._is_up, why=why, hint="" if self._is_up else self._hint)

    @property
    def _is_up(self) -> bool:
        return self._server is not None and self._server.is_serving

    async def _keep(self, over: asyncio.Event, clock: Clock) -> None:
        while not await clock.wait(over, self._look_every):
            if not self._is_up:
                await self._stop()
                await self._start()

    async def _start(self) -> None:
        settings, shares = parts.sftp_settings(self._config), parts.shares(self._config)
        try:
            server = await asyncio.to_thread(transports.sftp_server, settings, shares, self._sight, self._counters)
            await asyncio.to_thread(server.start)
        except BridgeError as error:
            self._note_down(error.message, error.hint)
        except (OSError, RuntimeError) as error:  # RuntimeError: no thread left
            self._note_down(str(error), "the log has more")
        else:
            self._server, self._why = server, "it broke down; the log has more"

    async def _stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await asyncio.to_thread(server.stop)

    def _note_down(self, why: str, hint: str) -> None:
        if why != self._why:
            log.error("sftp_server_down", extra={"error": why, "hint": hint})
        self._why, self._hint = why, hint
