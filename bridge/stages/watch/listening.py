"""How one inbox is listened to: events while they come, a quicker sweep while they do not; and what people are told.

Not for: judging whether they come (``hearing.py``), nor for finding files.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import ErrorName
from bridge.stages.watch.alarms import Alarms
from bridge.stages.watch.events import FolderEvents
from bridge.stages.watch.folder import FolderError, FolderThread, Method, Pickup, WatchSettings
from bridge.stages.watch.hearing import IN_A_ROW, Change, Hearing, poll_every

log = logging.getLogger(__name__)
# Our own rename out of the folder is an event too, and watchdog keeps all later ones back for half a second while it
# waits for the name to turn up elsewhere. So for as long after a claim we look without being told.
_EVENTS_LATE_S = 0.6


class Listening:
    """The events of one inbox. ``wake`` is called on the event loop for each of them."""

    def __init__(self, pickup: Pickup, settings: WatchSettings, clock: Clock, counters: Counters) -> None:
        self._pickup = pickup
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._label = str(pickup.directory)
        self._events = FolderEvents(pickup.directory, self._notice)
        self._hearing = Hearing()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: Callable[[], None] = lambda: None
        self._trouble = ""
        self._reason = ""
        self._arm_at = self._claimed_at = float("-inf")
        self._took_s = 0.0
        self._is_first = True

    def begin(self, wake: Callable[[], None]) -> None:
        """Listening begins, on the event loop that runs now."""
        self._loop, self._wake = asyncio.get_running_loop(), wake

    async def end(self) -> None:
        """Stop the threads."""
        await asyncio.to_thread(self._events.stop)

    def _notice(self, names: tuple[str, ...]) -> None:
        """On a thread of watchdog: an exception here would silence it for ever."""
        self._counters.add("watcher_events_total", folder=self._label)
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._hear, names)

    def _hear(self, names: tuple[str, ...]) -> None:
        self._hearing.note_event(names, self._clock.monotonic())
        self._wake()

    async def arm(self, thread: FolderThread, alarms: Alarms) -> None:
        """Keep the watcher alive; before each listing, so that what comes in between is at least noticed.

        Raises :class:`FolderError` when the folder is missing.
        """
        now = self._clock.monotonic()
        if self._settings.method is Method.POLL or now < self._arm_at:
            return
        try:
            is_new = await thread.call(self._events.ensure)
        except FolderError as error:
            if error.name is ErrorName.FOLDER_MISSING:
                raise
            self._arm_at = now + self._settings.sweep.total_seconds()
            self._fail(error)
            alarms.note_hearing(error.message)
            return
        self._trouble = ""
        alarms.note_hearing("")
        if is_new:
            self._expect()

    def _fail(self, error: FolderError) -> None:
        if not self._trouble:
            hint = "the sweep finds everything, only later; look at fs.inotify.max_user_watches and _instances"
            log.warning("watcher_failed", extra=self._about(error=error.line(), hint=hint))
        self._trouble = error.line()

    def _expect(self) -> None:
        """A watch has begun: what its first listing finds was there before."""
        kind, was_polled = self._events.shared_kind, self.is_polled
        self._is_first = True
        self._hearing.begin(is_shared=bool(kind))
        if kind:
            self._reason = f"{kind} does not tell what other machines write"
        self._tell(was_polled=was_polled)

    def note_listing(self, fresh: Sequence[str], took_s: float) -> None:
        """The inbox was listed: these names are new in it, and listing took so long."""
        self._took_s = took_s
        self._counters.level("watcher_up", 0 if self._trouble else 1, folder=self._label)
        self._counters.level("last_sweep_timestamp_seconds", self._clock.now().timestamp(), folder=self._label)
        if self._is_first:
            self._is_first = False
        elif self._settings.method is Method.POLL or self._trouble:
            self._count(len(fresh))
        else:
            self._compare(fresh)
        self._counters.level("inbox_polled", int(self.is_polled), folder=self._label)

    def _compare(self, fresh: Sequence[str]) -> None:
        was_polled = self.is_polled
        untold, change = self._hearing.note_listing(fresh, self._clock.monotonic())
        self._count(untold)
        if change is Change.SILENT:
            self._reason = f"no event told of files in {IN_A_ROW} looks that found some"
        self._tell(was_polled=was_polled)

    def _count(self, finds: int) -> None:
        if finds:
            self._counters.add("sweep_finds_total", finds, folder=self._label)

    def _tell(self, *, was_polled: bool) -> None:
        """Once when events are found missing, once when they come again."""
        if self.is_polled and not was_polled:
            log.info("inbox_polled", extra=self._about(hint=f"{self._reason}; nothing is lost, only later"))
        elif was_polled and not self.is_polled:
            log.info("inbox_events_back", extra=self._about())

    def note_failure(self) -> None:
        """The inbox could not be listed."""
        self._counters.level("watcher_up", 0, folder=self._label)

    def note_claim(self, at: float) -> None:
        """A file was renamed out of the inbox."""
        self._claimed_at = at

    @property
    def is_late(self) -> bool:
        """True while events may be held back by a rename of our own."""
        is_just_claimed = self._clock.monotonic() < self._claimed_at + _EVENTS_LATE_S
        return is_just_claimed and self._settings.method is not Method.POLL and not self._trouble

    @property
    def is_polled(self) -> bool:
        """True while a quicker sweep stands in for events that do not come."""
        return self._settings.method is Method.AUTO and self._hearing.is_silent

    def sweep_at(self) -> float:
        """When to look next if nothing is heard."""
        sweep = self._settings.sweep
        every = poll_every(sweep, self._took_s) if self.is_polled else sweep
        return self._clock.monotonic() + every.total_seconds()

    def words(self) -> str:
        """How files are noticed now, for people."""
        sweep_s = self._settings.sweep.total_seconds()
        if self._settings.method is Method.POLL:
            return f"looked through every {sweep_s:g} s"
        if self._trouble:
            return f"looked through every {sweep_s:g} s: {self._trouble}"
        if self.is_polled:
            every = poll_every(self._settings.sweep, self._took_s)
            return f"looked through every {every.total_seconds():g} s: {self._reason}"
        return f"events come, looked through every {sweep_s:g} s"

    def _about(self, **facts: object) -> dict[str, object]:
        return {"target": self._pickup.target, "stage": "watch", "file": self._label, **facts}
