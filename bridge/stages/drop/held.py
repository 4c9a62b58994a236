"""Files of one target that people hold, let go or take back: each intention in the journal is carried to its end.

Not for: deciding what a person may ask (``acts.py``). What a death cut short is found here at the next round.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence, Set as AbstractSet
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from bridge.clock import Clock
from bridge.errors import ErrorName, TransientError
from bridge.journal import Journal
from bridge.journal.records import CurrentDrop, HeldEnd
from bridge.naming import shown
from bridge.states import DropState, HeldReason
from bridge.transports import FileNames, Transport, Whereabouts

EVERY = timedelta(seconds=1)
TURN_WITHIN_S = 5

log = logging.getLogger(__name__)


class NotMovedError(TransientError):
    """One file could not be moved now, and nothing was concluded about it: the ERP may still see it."""


class HeldFiles:
    """One target's held files. ``at_work`` is the lock under which its loop moves files."""

    def __init__(
        self,
        target: str,
        transport: Transport,
        journal: Journal,
        at_work: asyncio.Lock,
        look_every: timedelta = EVERY,
    ) -> None:
        self.transport = transport
        self._target = target
        self._journal = journal
        self._at_work = at_work
        self._look_every = look_every
        self._due = 0.0
        self.is_watched = False
        """True while a file that a person made decides: then its removal is looked for often."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The target for oneself, between two rounds of its loop. Raises :class:`TransientError` if that takes long."""
        try:
            async with asyncio.timeout(TURN_WITHIN_S):
                await self._at_work.acquire()
        except TimeoutError as error:
            raise TransientError(
                f"target {self._target} is busy with other files",
                name=ErrorName.BUSY,
                subject=self._target,
                hint="try again in a moment",
            ) from error
        try:
            yield
        finally:
            self._at_work.release()

    async def look(self, clock: Clock) -> None:
        """Follow what ``NAME.hold`` files wish, and finish what was begun; not at every call."""
        now = clock.monotonic()
        if now < self._due:
            return
        self._due = now + self._look_every.total_seconds()
        wished = {name for name in await self.transport.wishes() if name.isascii()}  # as each name of ours is
        held = await self._journal.acts.held(self._target)
        await self._take_wished(wished)
        await self._let_go([drop for drop in held if drop.by_file and drop.file_name not in wished])
        left = await self._journal.acts.held(self._target)
        for drop in left:
            with self._journal.drops.lease([drop.id]), suppress(NotMovedError):  # the next look tries again
                await self.finish(drop)
        self.is_watched = bool(wished) or any(drop.by_file for drop in left)

    async def _take_wished(self, wished: AbstractSet[str]) -> None:
        """Hold what is wished; a published file that is not there any more is out of our hands already."""
        drops = await self._journal.acts.named(self._target, sorted(wished)) if wished else []
        gone = await self.transport.missing([drop.file_name for drop in drops]) if drops else set()
        for drop in drops:
            if drop.state is DropState.PUBLISHED and drop.file_name in gone:
                continue
            with self._journal.drops.lease([drop.id]):
                if await self._journal.acts.hold(drop, f"{drop.file_name}.hold lies in the outbox", by_file=True):
                    self.tell_held(drop)

    async def _let_go(self, drops: Sequence[CurrentDrop]) -> None:
        for drop in drops:
            if drop.reason != HeldReason.PERSON:
                continue
            with self._journal.drops.lease([drop.id]):
                if await self._journal.acts.release(drop, f"{drop.file_name}.hold was removed"):
                    self.tell_released(drop)

    async def finish(self, drop: CurrentDrop) -> HeldEnd | None:
        """Move the file of a held drop to where it belongs and commit what became of it; ``None``: it rests.

        Raises :class:`NotMovedError` when it is where it was, and :class:`PausedError` when the whole target is.
        """
        end = _end_of(drop, await self._shifted(drop))
        if end is None or not await self._journal.acts.settle_held(drop, end):
            return None
        return end

    async def _shifted(self, drop: CurrentDrop) -> Whereabouts:
        if drop.origin is DropState.QUEUED:
            return Whereabouts.HELD  # nothing of it lies anywhere
        act = self.transport.release if drop.reason == HeldReason.RELEASING else self.transport.hold
        return (await act([names_of(drop)]))[drop.id]

    def tell_held(self, drop: CurrentDrop) -> None:
        """Log that a file is held."""
        log.info("file_held", extra=_about(drop))

    def tell_released(self, drop: CurrentDrop) -> None:
        """Log that a file was let go."""
        log.info("file_released", extra=_about(drop))


def _about(drop: CurrentDrop) -> dict[str, object]:
    return {"order": drop.order_ref, "target": drop.target, "stage": "drop", "file": shown(drop.file_name)}


def _end_of(drop: CurrentDrop, found: Whereabouts) -> HeldEnd | None:
    match found:
        case Whereabouts.GONE:
            return HeldEnd.OUT_OF_OUR_HANDS
        case Whereabouts.STAGED:
            return HeldEnd.STILL_STAGED
        case Whereabouts.BACK:
            return HeldEnd.PUT_BACK
        case Whereabouts.COLLISION:
            return HeldEnd.NAME_TAKEN
        case Whereabouts.HELD:
            return HeldEnd.WITHDRAWN if drop.reason == HeldReason.WITHDRAWING else None
        case Whereabouts.UNKNOWN:
            raise NotMovedError(
                f"{shown(drop.file_name)} could not be moved",
                name=ErrorName.FILE_NOT_WRITTEN,
                subject=drop.order_ref,
                hint="look at the rights of the file and its marker in the outbox; it is tried again every second",
            )


def names_of(drop: CurrentDrop) -> FileNames:
    """The names under which a drop's file may lie."""
    return FileNames(drop.id, drop.file_name, drop.staging_name, drop.marker_name)
