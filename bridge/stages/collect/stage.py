"""Stage *collect*: fetches an ERP's answers from its server into the inbox, one loop a target.

Not for: reading them; the stage *watch* does, and what it has seen before changes nothing (invariant 8).

    listed twice the same (or vouched for by marker or name), oldest first
    C1  read, and afterwards the server still tells what it had told: else nothing was read
    C2  temporary dot name in the inbox, write, fsync, rename that never replaces, fsync of the folder
    C3  COMMIT collected: name, size, time, hash
    C4  on the server: still that file? then remove it, or move it to answer_archive
    C5  COMMIT left

What a death, or a cut connection, leaves:

    before or in C1   the file lies there as before; it is fetched later
    in C2             a dot name that nobody reads; the next fetch replaces it
    after C2          it is fetched once more; the journal finds the second copy to be a repetition (invariant 8)
    after C3          it is known by name, size and time, and not fetched again; it is compared by content, then C4
    in C4             either it lies there still (as after C3) or it is gone: the next listing tells
    after C4          its name is missing in a whole listing, or is another file's: C5

A file that cannot leave (no right to) stays known, so it is not fetched for ever; a person is told. A name that comes
again after C4 is a new file whatever it holds. Unlike an inbox, the answer folder does not stop order files when it is
missing: that is told as an alert of its own, since orders can still be handed over.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bridge import formats, naming
from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import BridgeError
from bridge.journal import Journal
from bridge.journal.collected import Arrival, Lingering
from bridge.journal.records import AlertFound
from bridge.stages.collect.point import CollectPoint, Links
from bridge.stages.collect.steady import Sight, Steady
from bridge.stages.collect.telling import Telling
from bridge.stages.courier import carry, keep_looking
from bridge.states import PauseReason
from bridge.transports import (
    Catalogue,
    Delivery,
    Fetch,
    Got,
    InboxDoor,
    Interest,
    Leaving,
    Parting,
    PausedError,
    RemoteFile,
)

__all__ = ["CollectPoint", "CollectStage", "Links"]

AT_ONCE = timedelta()
WHILE_CLOSED = timedelta(seconds=1)
"""How often a paused target is asked about; that is no visit to its server."""

TRY_AGAIN_S = 600.0
"""After this a file that could not be read, or could not leave, is tried again."""

_FILES_AT_ONCE = 32
_BYTES_AT_ONCE = 8 * 1024 * 1024
_THE_TARGETS = frozenset({PauseReason.HOST_KEY, PauseReason.LOGIN, PauseReason.CONNECTION})


class CollectStage:
    """Serves each pickup point by a loop of its own; one whose server fails does not stop the others."""

    def __init__(
        self, points: Sequence[CollectPoint], journal: Journal, clock: Clock, counters: Counters, links: Links
    ) -> None:
        shared = _Shared(journal, clock, counters, links)
        self._desks = [_Desk(point, shared) for point in points]

    async def run(self, stop: asyncio.Event) -> None:
        """Collect until ``stop``; files in hand are finished first."""
        async with asyncio.TaskGroup() as group:
            for desk in self._desks:
                group.create_task(desk.run(stop))

    def findings(self) -> list[AlertFound]:
        """The pickup points that a person must look at."""
        return [alert for desk in self._desks for alert in desk.telling.findings()]


@dataclass(frozen=True, slots=True)
class _Shared:
    journal: Journal
    clock: Clock
    counters: Counters
    links: Links


@dataclass(frozen=True, slots=True)
class _Left:
    """A file that was left alone, as it was then; tried again when it changes, or at ``again_at``."""

    file: RemoteFile
    why: str
    again_at: float


class _Desk:
    """The loop of one pickup point."""

    def __init__(self, point: CollectPoint, shared: _Shared) -> None:
        self._point = point
        self._collected = shared.journal.collected
        self._clock = shared.clock
        self._links = shared.links
        self._door = InboxDoor(point.inbox, naming.safe_part(point.target))
        self._steady = Steady(point.rule)
        self._left: dict[str, _Left] = {}
        self._removed_again_at: dict[int, float] = {}
        self._tells_seconds = False
        self._look_again_at = float("inf")
        self._stop = asyncio.Event()
        self.telling = Telling(point.target, point.pickup.place, shared.clock, shared.counters)

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until ``stop``."""
        self._stop = stop
        try:
            await keep_looking(self._look, asyncio.Event(), stop, self._clock)
        finally:
            self._door.close()

    async def _look(self) -> timedelta:
        if not self._links.is_open(self._point.target):
            return WHILE_CLOSED
        return await carry(self._round, self._stumble, target=self._point.target, stage="collect")

    def _stumble(self, error: BridgeError) -> timedelta:
        if self._stop.is_set():  # cut short by stopping, which is no attempt (invariant 11)
            return AT_ONCE
        if isinstance(error, PausedError) and error.reason in _THE_TARGETS:
            self._links.close(self._point.target, error)
            return WHILE_CLOSED
        self.telling.trouble(error)
        return self._point.poll

    async def _round(self) -> timedelta:
        now = self._clock.monotonic()
        lingering = {file.name: file for file in await self._collected.lingering(self._point.target)}
        sight = await self._point.pickup.look(partial(_interest, self._point, frozenset([*lingering, *self._left])))
        self._tells_seconds |= sight.tells_seconds
        self.telling.strangers(sight.strangers)
        again = await self._go_on_with(lingering, sight)
        changed, due = self._left_before(sight)
        candidates = [*sight.answers, *again, *changed]
        verdict = self._steady.look(Sight(candidates, sight.known, self._tells_seconds), now)
        self._look_again_at = float("inf") if verdict.look_again_at is None else verdict.look_again_at
        for batch in _batches([*verdict.finished, *due]):
            if self._stop.is_set() or not self._links.is_open(self._point.target):
                return AT_ONCE
            await self._collect(batch)
        self._tell_left()
        self.telling.well()
        if sight.is_cut and verdict.finished:
            return AT_ONCE
        return min(self._point.poll, timedelta(seconds=max(0.0, min(self._look_again_at - now, 86_400.0))))

    # --- what was fetched earlier -------------------------------------------------------------------------------------

    async def _go_on_with(self, lingering: dict[str, Lingering], sight: Catalogue) -> list[RemoteFile]:
        """Settle what has left meanwhile, try to remove the rest; returns files that have a name of theirs now."""
        gone, again, there = [], [], []
        for name, file in lingering.items():
            seen = sight.known.get(name)
            if seen is None:
                gone.extend([file] if sight.is_whole else [])
            elif (seen.size, seen.mtime) != (file.size, file.mtime):
                gone.append(file)
                again.append(seen)
            else:
                there.append(file)
        await self._collected.settle([file.id for file in gone])
        now = self._clock.monotonic()
        self._removed_again_at = {file.id: self._removed_again_at.get(file.id, 0.0) for file in there}
        due = [file for file in there if self._removed_again_at.get(file.id, 0.0) <= now]
        left: set[int] = set()
        for start in range(0, len(due), _FILES_AT_ONCE):
            left |= await self._clear(due[start : start + _FILES_AT_ONCE], thorough=True)
        self.telling.unmoved([file for file in there if file.refused_at is not None and file.id not in left])
        return again

    async def _clear(self, files: Sequence[Lingering], *, thorough: bool) -> set[int]:
        """Step C4 and C5; returns those that have left."""
        leaving = [
            Leaving(file.id, RemoteFile(file.name, file.size, file.mtime), file.sha256, file.marker, thorough)
            for file in files
        ]
        ends = await self._point.pickup.clear(leaving)
        now = self._clock.monotonic()
        refused = [(end.id, end.detail) for end in ends if end.end is Parting.REFUSED]
        self._removed_again_at.update({file_id: now + TRY_AGAIN_S for file_id, _ in refused})
        gone = [end.id for end in ends if end.end is not Parting.REFUSED]
        await self._collected.settle(gone, refused)
        if refused:
            self._look_again_at = now  # so that they are told at once
        return set(gone)

    def _left_before(self, sight: Catalogue) -> tuple[list[RemoteFile], list[RemoteFile]]:
        """Of the files that were left alone: those that have changed since, and those whose time has come again."""
        now = self._clock.monotonic()
        seen = {name: sight.known[name] for name in self._left if name in sight.known}
        changed = [file for name, file in seen.items() if file != self._left[name].file]
        self._left = {name: self._left[name] for name, file in seen.items() if file not in changed}
        return changed, [left.file for left in self._left.values() if left.again_at <= now]

    # --- new ones -----------------------------------------------------------------------------------------------------

    async def _collect(self, batch: Sequence[RemoteFile]) -> None:
        """Steps C1 to C5 for some files."""
        small = [file for file in batch if (file.size or 0) <= self._point.max_file]
        for file in batch:
            if file not in small:
                self._leave(file, f"it has {file.size:,} bytes, and max_file allows {self._point.max_file:,}")
        began = self._clock.monotonic()
        fetched = await self._point.pickup.fetch(small, self._point.max_file)
        arrivals = await self._bring_in([one for one in fetched if self._is_usable(one)])
        if arrivals:
            noted = await self._collected.note(self._point.target, arrivals)
            for arrival in arrivals:
                self._steady.forget(arrival.name)
                self._left.pop(arrival.name, None)
                self.telling.collected(arrival.name, arrival.content_size, self._clock.monotonic() - began)
            self._links.arrived()
            await self._clear(noted, thorough=not self._tells_seconds)

    def _is_usable(self, one: Fetch) -> bool:
        """True for a file that was read whole, as far as anybody can tell."""
        now = self._clock.monotonic()
        match one.got:
            case Got.WHOLE:
                if formats.is_whole(self._point.format, one.content) or self._steady.is_patient(one.file.name, now):
                    return True
                self._look_again_at = min(self._look_again_at, now + self._point.rule.patience.total_seconds())
            case Got.CHANGED:
                self._steady.unsettle(one.file.name, now)
                self._look_again_at = min(self._look_again_at, now + self._point.rule.quiet_for.total_seconds())
            case Got.REFUSED:
                self._leave(one.file, one.detail)
            case Got.GONE:
                self._steady.forget(one.file.name)
        return False

    def _leave(self, file: RemoteFile, why: str) -> None:
        self._left[file.name] = _Left(file, why, self._clock.monotonic() + TRY_AGAIN_S)

    async def _bring_in(self, fetched: Sequence[Fetch]) -> list[Arrival]:
        """Step C2. A file whose name is taken in the inbox waits on the server until it is free."""
        chosen = {naming.inbox_name(one.file.name): one for one in reversed(fetched)}
        files = [Delivery(name, one.content, self._point.rule.marker_of(name)) for name, one in chosen.items()]
        found = await self._door.put(files[::-1])
        arrivals = [self._arrival(name, one) for name, one in chosen.items() if name in found.names]
        if found.error is not None and not arrivals:
            raise found.error
        return arrivals[::-1]

    def _arrival(self, name: str, one: Fetch) -> Arrival:
        return Arrival(
            name=one.file.name,
            size=one.file.size,
            mtime=one.file.mtime,
            content_size=len(one.content),
            sha256=hashlib.sha256(one.content).hexdigest(),
            marker=self._point.rule.marker_of(one.file.name),
            file=name,
        )

    def _tell_left(self) -> None:
        late = dict.fromkeys(self._steady.late(self._clock.monotonic()), "it has not come to rest for half an hour")
        self.telling.left({**late, **{name: left.why for name, left in self._left.items()}})


def _interest(point: CollectPoint, known: frozenset[str], name: str) -> Interest:
    return Interest.KNOWN if name in known else point.interest(name)


def _batches(files: Sequence[RemoteFile]) -> Iterator[list[RemoteFile]]:
    """A few files at a time, and not too many bytes."""
    batch: list[RemoteFile] = []
    size = 0
    for file in files:
        if batch and (len(batch) >= _FILES_AT_ONCE or size + (file.size or 0) > _BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.size or 0
    if batch:
        yield batch
