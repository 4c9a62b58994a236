"""The watch stage: takes the ERP's answers out of the inboxes, has them recorded, and puts the files away.

Not for: any single step; it says when and in which order. The listing is the truth: an event only makes it come sooner,
and with events off everything happens the same at the next sweep. A start is the ordinary loop: it finds what an
earlier process had claimed.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from bridge import naming
from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import TransientError
from bridge.journal import Journal, recent
from bridge.journal.records import AlertFound
from bridge.stages.courier import keep_looking
from bridge.stages.watch.alarms import Alarms
from bridge.stages.watch.claims import Claims, OpenClaim, Tools
from bridge.stages.watch.folder import FolderError, FolderThread, Method, Pickup, WatchSettings
from bridge.stages.watch.inbox import Claim, Inbox, Listing, RefusedError
from bridge.stages.watch.kept import REMEMBERED_S, Kept, KeptFiles, compare
from bridge.stages.watch.listening import Listening
from bridge.stages.watch.places import Places
from bridge.stages.watch.refusals import Refusals
from bridge.stages.watch.stability import TOLD_AT_ONCE, Finish, Finished, Rule, Seen, Stability, Verdict, holder
from bridge.stages.watch.telling import Telling

__all__ = ["Finish", "Method", "Pickup", "WatchSettings", "WatchStage"]

log = logging.getLogger(__name__)
OPEN_AT_MOST = 200
"""More claims than this that cannot be read or moved on are not piled up; the files wait in the inbox."""
_LONGEST_REST_S = 1.0
_OLDEST = 0
_LOOK_AFTER_CLAIM_S = 0.05


class WatchStage:
    """Serves each pickup by a loop of its own; one whose folder fails does not stop the others."""

    def __init__(
        self,
        pickups: Sequence[Pickup],
        journal: Journal,
        clock: Clock,
        counters: Counters,
        settings: WatchSettings,
    ) -> None:
        shared = _Shared(journal, clock, counters, settings)
        self._desks = [_Desk(pickup, _rule(pickup, pickups), shared) for pickup in pickups]

    async def run(self, stop: asyncio.Event) -> None:
        """Take in answers until ``stop``; the file in hand is finished first, no new one is taken.

        A :class:`FatalError` of the journal ends all loops and passes through, in an exception group.
        """
        async with asyncio.TaskGroup() as group:
            for desk in self._desks:
                group.create_task(desk.run(stop))

    async def has_looked(self) -> None:
        """Wait until each inbox was looked at once after the start, be it to find it missing."""
        for desk in self._desks:
            await desk.has_looked.wait()

    def look_soon(self) -> None:
        """Somebody has put files into an inbox."""
        for desk in self._desks:
            desk.look_soon()

    def findings(self) -> Sequence[AlertFound]:
        """The inboxes that a person must look at; targets that share a folder share its outage."""
        found = [alert for desk in self._desks for alert in desk.alarms.findings()]
        return list({(alert.kind, alert.subject): alert for alert in found}.values())

    def manners(self) -> Mapping[str, str]:
        """How files are noticed in each inbox, in words."""
        return {str(desk.directory): desk.listening.words() for desk in self._desks}


@dataclass(frozen=True, slots=True)
class _Shared:
    journal: Journal
    clock: Clock
    counters: Counters
    settings: WatchSettings


def _rule(pickup: Pickup, pickups: Sequence[Pickup]) -> Rule:
    """Targets that share a folder share its claims too; a name that fits several belongs to the first of them."""
    here = [one for one in pickups if one.directory == pickup.directory]
    place = here.index(pickup)
    return Rule(
        finished=pickup.finished,
        quiet_for=pickup.quiet_for,
        patterns=pickup.patterns,
        marker=pickup.marker,
        elsewhere=tuple(pattern for one in here if one is not pickup for pattern in one.patterns),
        before=tuple(pattern for one in here[:place] for pattern in one.patterns),
    )


class _Desk:
    """The loop of one pickup."""

    def __init__(self, pickup: Pickup, rule: Rule, shared: _Shared) -> None:
        self._pickup = pickup
        self.directory = pickup.directory
        self._rule = rule
        self._clock = shared.clock
        self._counters = shared.counters
        self._settings = shared.settings
        self._journal = shared.journal
        self._label = str(pickup.directory)
        self._inbox = Inbox(pickup.directory)
        self._places = Places(pickup.archive, pickup.quarantine)
        self._thread = FolderThread(pickup.directory, pickup.target)
        self._telling = Telling(pickup, shared.counters, shared.clock)
        self.alarms = Alarms(pickup, shared.settings, shared.clock)
        self._claims = Claims(
            Tools(
                pickup,
                shared.settings,
                shared.journal,
                shared.clock,
                self._telling,
                self._thread,
                self._inbox,
                self._places,
            ),
        )
        self._stability = Stability(rule)
        self._kept = KeptFiles()
        self._refusals = Refusals(shared.settings.sweep.total_seconds())
        self.listening = Listening(pickup, shared.settings, shared.clock, shared.counters)
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._strangers: frozenset[tuple[str, str]] = frozenset()
        self._trouble = ""
        self._resume_at = self._rest_until = self._compare_at = float("-inf")
        self.has_looked = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until ``stop``."""
        self._stop = stop
        self.listening.begin(self._wake.set)
        self.alarms.note_look()
        try:
            await self._begin_at_last()
            await keep_looking(self._look, self._wake, stop, self._clock)
        finally:
            await self.listening.end()
            self._thread.close()

    async def _begin_at_last(self) -> None:
        """Begin, however often the journal cannot be read at first: what is not remembered would not be read again."""
        while not self._stop.is_set():
            try:
                await self._begin()
            except TransientError as error:
                wait_s = self._stumble(error) - self._clock.monotonic()
                await self._clock.wait(self._stop, timedelta(seconds=wait_s))
            else:
                return

    def look_soon(self) -> None:
        """Told by this process itself, sooner than an event could."""
        self._wake.set()

    async def _begin(self) -> None:
        """Make a missing inbox, and remember the files of the last day that may still grow."""
        with suppress(FolderError):  # the first look tells
            if await self._thread.call(self._inbox.make):
                log.info("folder_made", extra=self._about())
        now, at, target = self._clock.now(), self._clock.monotonic(), self._pickup.target
        since = now - timedelta(seconds=REMEMBERED_S)
        files = await self._journal.read(lambda db: recent.kept_since(db, target, since))
        for file in files:
            kept = Kept(Path(file.kept_as), naming.kept_name(file.name), file.size)
            self._kept.remember(kept, at - (now - file.read_at).total_seconds())
        placeless = await self._journal.read(lambda db: recent.placeless_since(db, target, since))
        with suppress(TransientError):  # where a file lies is told to people only; they find it by its name
            await self._find_places(placeless, {Path(file.kept_as) for file in files})

    async def _find_places(self, placeless: Sequence[recent.PlacelessFile], known: set[Path]) -> None:
        """Look for the files that an earlier process had moved when it died; one that is still claimed has no place."""
        for file in placeless:
            day = file.read_at.astimezone(self._settings.zone).date()
            find = partial(self._places.find, file, (day, day + timedelta(days=1)), known)
            path = await self._thread.call(find)
            if path is not None:
                await self._journal.note_kept(file.file_id, str(path))
                known.add(path)

    async def _look(self) -> timedelta:
        """One round, unless the last one failed a moment ago. Returns when to look again without an event."""
        began = self._clock.monotonic()
        if began < self._resume_at:
            return timedelta(seconds=self._resume_at - began)
        if began < self._rest_until:  # a storm of events must not keep us listing a full folder without a pause
            await self._clock.wait(self._stop, timedelta(seconds=self._rest_until - began))
            began = self._clock.monotonic()
        try:
            look_again_at = await self._round()
        except TransientError as error:
            look_again_at = self._resume_at = self._stumble(error)
        else:
            self._come_back()
        self.has_looked.set()
        now = self._clock.monotonic()
        self._rest_until = now + min(now - began, _LONGEST_REST_S)
        return timedelta(seconds=max(0.0, look_again_at - now))

    async def _round(self) -> float:
        await self.listening.arm(self._thread, self.alarms)
        await self._take_up(await self._thread.call(self._inbox.claims))
        await self._take_back_grown()
        for item in self._claims.due():
            if not self._stop.is_set():
                await self._work_on(item)
        began = self._clock.monotonic()
        listing = await self._thread.call(self._inbox.look)
        now = self._clock.monotonic()
        self._refusals.keep({seen.name for seen in listing.files})
        waiting = [*self._claims.waiting(), *self._refusals.waiting()]
        # On the thread: of a folder with a hundred thousand entries it takes seconds.
        verdict = await self._thread.call(partial(self._stability.look, listing.files, now, waiting))
        self.listening.note_listing(verdict.fresh, now - began)
        self._note_listing(listing, verdict)
        held_until = await self._claim_all(verdict.finished)
        self._note_stuck()
        again_at = (self._claims.look_again_at(), self._refusals.again_at())
        times = (self._sweep_at(), verdict.look_again_at, held_until, *again_at)
        return min(time for time in times if time is not None)

    def _sweep_at(self) -> float:
        sweep_at = self.listening.sweep_at()
        return min(sweep_at, self._clock.monotonic() + _LOOK_AFTER_CLAIM_S) if self.listening.is_late else sweep_at

    async def _take_up(self, found: Sequence[Claim]) -> None:
        """Claims of an earlier process, or of a call of ours that was given up, come before anything new."""
        now = self._clock.monotonic()
        for claim in found:
            is_mine = self._rule.is_mine(claim.name) or not self._rule.is_elsewhere(claim.name)
            if is_mine and self._claims.add(OpenClaim(claim, (_OLDEST, claim.name), now, now)):
                await self._remove_marker(claim.name)

    async def _take_back_grown(self) -> None:
        """Files that were kept and have grown become claims again."""
        now = self._clock.monotonic()
        if now < self._compare_at:
            return
        self._compare_at = now + self._settings.sweep.total_seconds()
        files = self._kept.to_look_at(now)
        grown, gone = await self._thread.call(lambda: compare(files))
        self._kept.forget(gone)
        for kept in grown:
            self._telling.grown(kept.name)
            claim = await self._thread.call(partial(self._take_back, kept))
            self._kept.forget([kept])
            if claim is not None:
                self._claims.add(OpenClaim(claim, (_OLDEST, claim.name), now, now))

    def _take_back(self, kept: Kept) -> Claim | None:
        claim = self._inbox.reclaim(kept.path, kept.name)
        self._places.forget_note_of(kept.path)
        return claim

    def _note_listing(self, listing: Listing, verdict: Verdict) -> None:
        for name in verdict.ignored:
            self._telling.ignored(name, "no pattern of the target fits its name")
        strangers = frozenset(listing.strangers)
        told = sorted(strangers - self._strangers)[:TOLD_AT_ONCE]
        for name, what in told:
            self._telling.ignored(name, f"it is {what}; only regular files are answers")
        self._strangers = (strangers & self._strangers) | frozenset(told)
        self.alarms.note_look()

    async def _claim_all(self, finished: Sequence[Finished]) -> float | None:
        """Claim and use finished files in order. Returns until when an older claim holds the rest back, if one does."""
        for one in finished:
            if self._stop.is_set() or len(self._claims) >= OPEN_AT_MOST:
                return None
            now = self._clock.monotonic()
            if not self._refusals.may_try(one.seen.name, now):
                continue
            held_until = holder(one.age, [*self._claims.waiting(), *self._refusals.waiting()], now)
            if held_until is not None:
                return held_until
            item = await self._claim(one)
            if item is not None:
                await self._work_on(item)
        return None

    async def _claim(self, one: Finished) -> OpenClaim | None:
        taken = await self._thread.call(lambda: self._take(one.seen.name))
        if isinstance(taken, RefusedError):
            if self._refusals.note(one, str(taken.strerror), self._clock.monotonic()):
                self._telling.refused(one.seen.name, str(taken.strerror))
            return None
        self._refusals.forget(one.seen.name)
        if taken is None:
            return None
        claim, seen = taken
        is_quiet = self._rule.finished is Finish.QUIET
        is_settled = not is_quiet or seen.is_unchanged(one.seen)
        item = OpenClaim(claim, one.age, one.first_at, self._clock.monotonic(), is_settled)
        item.listed = one.seen if is_quiet else None
        self._claims.add(item)
        self.listening.note_claim(item.claimed_at)
        self._telling.claimed(claim)
        await self._remove_marker(claim.name)
        return item

    def _take(self, name: str) -> tuple[Claim, Seen] | RefusedError | None:
        try:
            claim = self._inbox.claim(name)
        except RefusedError as error:
            return error
        seen = None if claim is None else self._inbox.glance(claim)
        return None if claim is None or seen is None else (claim, seen)

    async def _remove_marker(self, name: str) -> None:
        if self._rule.finished is Finish.MARKER:
            marker = naming.marker_name(self._rule.marker, name)
            await self._thread.call(lambda: self._inbox.remove_marker(marker, name))

    def _note_stuck(self) -> None:
        """Whichever file has been in somebody's way for longest, in the inbox or claimed already."""
        refusal, item = self._refusals.oldest(), self._claims.stuck()
        if item is not None and (refusal is None or (item.stuck_since or 0.0) < refusal.since):
            self.alarms.note_stuck(naming.shown(item.claim.name), item.stuck_since or 0.0, item.told)
        elif refusal is not None:
            self.alarms.note_stuck(naming.shown(refusal.one.seen.name), refusal.since, refusal.why)
        else:
            self.alarms.note_stuck("", 0.0, "")

    async def _work_on(self, item: OpenClaim) -> None:
        kept = await self._claims.work_on(item)
        if kept is not None:
            self._kept.remember(kept, self._clock.monotonic())
            self.alarms.note_look()  # a full inbox may take long to work through

    def _stumble(self, error: TransientError) -> float:
        """Nothing can be done for now: told once, tried again after a sweep. Returns when."""
        self.alarms.note_trouble(error)
        self._counters.add("attempt_failures_total", stage="watch", reason=error.name.value)
        if isinstance(error, FolderError):
            self.listening.note_failure()
        if error.line() != self._trouble:
            log.warning("inbox_waits", extra=self._about(error=error.line(), hint=error.hint))
        self._trouble = error.line()
        wait_s = self._settings.sweep.total_seconds()
        return self._clock.monotonic() + min(wait_s, error.retry_after_s or wait_s)

    def _come_back(self) -> None:
        if self._trouble:
            log.info("inbox_back", extra=self._about())
            self._trouble = ""

    def _about(self, **facts: object) -> dict[str, object]:
        return {"target": self._pickup.target, "stage": "watch", "file": self._label, **facts}
