"""What the built-in SFTP server saw of the ERP reading order files, brought to the orders' history.

Not for: files that vanish without being seen to be read; the drop stage notices those by listing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import BridgeError
from bridge.journal import Journal
from bridge.journal.records import WaitingFile
from bridge.naming import shown
from bridge.stages.courier import carry, keep_looking
from bridge.stages.drop.fetched import tell_fetched
from bridge.states import DropState, ReportPolicy
from bridge.transports import Reading

VIA = "SFTP"
MOST_WAITING = 1000
"""More are forgotten, oldest first; the listing of the outbox notices those that are removed."""

TOLD_EVERY_S = 60.0
"""A client that breaks off again and again is told of once a minute a file."""

_LOOKS_EVERY = timedelta(seconds=30)
_AGAIN = timedelta(milliseconds=200)
_TRIES = 300

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    """A reading that is not in the journal yet."""

    reading: Reading
    tries: int = 0


class ServedFiles:
    """Takes what the server saw, on any thread, and commits it, on the loop; ``confirms`` as of the drop stage."""

    def __init__(
        self, confirms: Mapping[str, ReportPolicy | None], journal: Journal, clock: Clock, counters: Counters
    ) -> None:
        self._confirms = confirms
        self._journal = journal
        self._clock = clock
        self._counters = counters
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[_Waiting] = []
        self._told: dict[tuple[str, str], float] = {}

    def saw(self, reading: Reading) -> None:
        """Called by the server's threads; costs them nothing, and nothing is lost while the loop is busy."""
        if self._loop is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever could be told
            self._loop.call_soon_threadsafe(self._take, reading)

    async def run(self, stop: asyncio.Event) -> None:
        """Commit what was seen until ``stop``, and then the rest."""
        self._loop = asyncio.get_running_loop()
        await keep_looking(self._look, self._wake, stop, self._clock)
        await self._look()

    def _take(self, reading: Reading) -> None:
        self._waiting.append(_Waiting(reading))
        del self._waiting[:-MOST_WAITING]
        self._wake.set()

    async def _look(self) -> timedelta:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.tries += 1
            if not await self._is_noted(one.reading) and one.tries < _TRIES:
                self._waiting.append(one)
        return _AGAIN if self._waiting else _LOOKS_EVERY

    async def _is_noted(self, reading: Reading) -> bool:
        return await carry(lambda: self._note(reading), _not_now, stage="drop", file=shown(reading.name))

    async def _note(self, reading: Reading) -> bool:
        """True when there is nothing more to do: also for a file that is no order's."""
        found = await self._journal.drops.named(reading.target, reading.name)
        if found is None:
            return True
        state, file = found
        if state not in {DropState.PUBLISHED, DropState.ANSWERED}:
            return False  # the ERP was quicker than our commit
        if reading.is_whole:
            await self._note_fetched(reading.target, file)
        else:
            await self._note_broken_off(reading, file)
        return True

    async def _note_fetched(self, target: str, file: WaitingFile) -> None:
        for taken in await self._journal.drops.note_taken([file], self._confirms.get(target), VIA):
            tell_fetched(target, taken, self._clock, self._counters)

    async def _note_broken_off(self, reading: Reading, file: WaitingFile) -> None:
        now = self._clock.monotonic()
        self._told = {key: at for key, at in self._told.items() if now - at < TOLD_EVERY_S}
        if (reading.target, reading.name) in self._told:
            return
        await self._journal.drops.note_broken_off(reading.target, file, reading.read, reading.size)
        self._told[reading.target, reading.name] = now
        about = {"order": file.order_ref, "target": reading.target, "stage": "drop", "file": shown(reading.name)}
        log.warning("file_broken_off", extra={**about, "read": reading.read, "size": reading.size})


def _not_now(_: BridgeError) -> bool:
    return False
