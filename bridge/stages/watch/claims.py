"""A claimed file on its way: read until it is whole, recorded in one transaction, and only then moved (invariant 7).

Not for: finding files (``stage.py``). A death at any line leaves the claim, which is taken up again at the next start.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bridge import formats, naming
from bridge.clock import Clock
from bridge.journal import Journal, recent
from bridge.journal.records import ClaimedFile, FileOutcome, Recorded, Recording
from bridge.model import Fault, Reading
from bridge.stages.watch import moves
from bridge.stages.watch.folder import FolderError, FolderThread, Pickup, WatchSettings
from bridge.stages.watch.inbox import Claim, Contents, Inbox
from bridge.stages.watch.kept import Kept
from bridge.stages.watch.note import Finding, Place, note
from bridge.stages.watch.places import Places
from bridge.stages.watch.stability import Age, Seen, Waiting
from bridge.stages.watch.telling import Telling
from bridge.states import OrderState

_TRIES_COUNTED = timedelta(days=7)
_SOONEST_S = 0.05
_LATEST_S = 2.0


@dataclass(slots=True)
class OpenClaim:
    """A claimed file that is still in ``.work``; times on the monotonic clock.

    ``is_settled`` is false while the file was another one at its last look than at the one before; ``listed`` is how
    the listing showed it that called it finished, which on a share may be seconds old. ``is_linked`` tells that it had
    a second name at the last look, ``stuck_since`` since when nothing can be done with it.
    """

    claim: Claim
    age: Age
    first_at: float
    claimed_at: float
    is_settled: bool = True
    is_linked: bool = False
    listed: Seen | None = None
    seen: Seen | None = None
    unchanged_since: float = 0.0
    look_at: float = 0.0
    recorded_as: set[str] = field(default_factory=set)
    is_done: bool = False
    told: str = ""
    stuck_since: float | None = None
    moved: "Moved | None" = None


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a recorded file lies now, which the journal must still learn; ``kept`` unless it was never read."""

    file_id: int
    path: Path
    kept: Kept | None


@dataclass(frozen=True, slots=True)
class Study:
    """What one reading of a claimed file found; ``reading`` only when the format could read it."""

    contents: Contents
    sha256: str
    reading: Reading | None
    fault: Fault | None
    is_whole: bool


def study(contents: Contents, format_: formats.Format) -> Study:
    """Read a file's bytes. Not whole: unreadable, empty of statements, cut, or under a second name still."""
    if contents.refusal:
        return Study(contents, "", None, Fault("file", contents.refusal), contents.is_final)
    digest = hashlib.sha256(contents.content).hexdigest()
    try:
        reading = formats.read(format_, contents.content)
    except formats.Unreadable as error:
        return Study(contents, digest, None, error.fault, is_whole=False)
    says_something = bool(reading.acknowledgements or reading.faults)
    is_whole = says_something and contents.links <= 1 and formats.is_whole(format_, contents.content)
    return Study(contents, digest, reading, None, is_whole)


@dataclass(frozen=True, slots=True)
class Tools:
    """What the parts of one pickup share."""

    pickup: Pickup
    settings: WatchSettings
    journal: Journal
    clock: Clock
    telling: Telling
    thread: FolderThread
    inbox: Inbox
    places: Places


class Claims:
    """The open claims of one pickup."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._open: dict[Claim, OpenClaim] = {}

    def __len__(self) -> int:
        return len(self._open)

    def add(self, item: OpenClaim) -> bool:
        """Take a claim in hand; false when it is in hand already and stays as it is."""
        return self._open.setdefault(item.claim, item) is item

    def due(self) -> list[OpenClaim]:
        """The claims to look at now, oldest first."""
        now = self._tools.clock.monotonic()
        due = [item for item in self._open.values() if item.look_at <= now]
        return sorted(due, key=lambda item: (item.claim.id, item.claim.name))

    def waiting(self) -> list[Waiting]:
        """What holds back younger files: claims of which the journal knows nothing yet."""
        return [Waiting(item.age, item.claimed_at) for item in self._open.values() if not item.recorded_as]

    def look_again_at(self) -> float | None:
        """When the next claim is due."""
        return min((item.look_at for item in self._open.values()), default=None)

    def stuck(self) -> OpenClaim | None:
        """The claim with which nothing could be done for longest."""
        stuck = [item for item in self._open.values() if item.stuck_since is not None]
        return min(stuck, key=lambda item: item.stuck_since or 0.0, default=None)

    async def work_on(self, item: OpenClaim) -> Kept | None:
        """Take a claim one look further; returns where the file lies once it has moved on.

        Trouble with the file or its folders is logged and tried again after a sweep; a fault of the journal is raised.
        """
        try:
            kept = await self._advance(item)
        except FolderError as error:
            item.stuck_since = item.stuck_since or self._tools.clock.monotonic()
            item.look_at = self._tools.clock.monotonic() + self._tools.settings.sweep.total_seconds()
            if item.told != error.line():  # once, not at every try
                item.told = error.line()
                self._tools.telling.stuck(item.claim.name, error)
            return None
        item.stuck_since = None
        if item.is_done:
            del self._open[item.claim]
        return kept

    async def _advance(self, item: OpenClaim) -> Kept | None:
        if item.moved is not None:
            return await self._note_kept(item, item.moved)
        if not await self._is_worth_reading(item):
            return None
        found = await self._tools.thread.call(lambda: self._study(item.claim))
        if found is None:
            item.is_done = True
            self._tools.telling.lost(item.claim.name)
            return None
        self._note_look(item, found.contents)
        if not self._is_ready(item, found):
            self._wait(item)
            return None
        return await self._use(item, found)

    async def _use(self, item: OpenClaim, found: Study) -> Kept | None:
        tools = self._tools
        recording = self._recording(item, found)
        recorded = await tools.journal.record(recording)
        if found.sha256 not in item.recorded_as:
            item.recorded_as.add(found.sha256)
            tools.telling.recorded(recording.reading, recorded, item.first_at)
        path = await self._move(item, found, recorded)
        if path is None:  # written to since it was read: what it grew by is read as well
            item.look_at = tools.clock.monotonic()
            return None
        tools.telling.kept(item.claim.name, recorded, item.first_at)
        kept = None if found.contents.refusal else Kept(path, item.claim.name, found.contents.seen.size)
        item.moved = Moved(recorded.file_id, path, kept)
        return await self._note_kept(item, item.moved)

    async def _note_kept(self, item: OpenClaim, moved: Moved) -> Kept | None:
        await self._tools.journal.note_kept(moved.file_id, str(moved.path))
        item.is_done = True
        return moved.kept

    async def _is_worth_reading(self, item: OpenClaim) -> bool:
        """At the first look, after each change, and when patience ends; reading costs, a glance does not."""
        if item.seen is None or item.recorded_as or item.is_linked or not item.is_settled:
            return True
        glance = await self._tools.thread.call(lambda: self._tools.inbox.glance(item.claim))
        is_patient = self._tools.clock.monotonic() < self._patience_ends(item)
        if glance is None or not glance.is_alike(item.seen) or not is_patient:
            return True
        self._wait(item)
        return False

    def _study(self, claim: Claim) -> Study | None:
        contents = self._tools.inbox.read(claim, self._tools.pickup.max_file)
        return None if contents is None else study(contents, self._tools.pickup.format)

    def _note_look(self, item: OpenClaim, contents: Contents) -> None:
        before = item.seen or item.listed
        if before is not None and not before.is_alike(contents.seen):
            item.is_settled = False
        if item.seen is None or not item.seen.is_alike(contents.seen):
            item.unchanged_since = self._tools.clock.monotonic()
        item.seen = contents.seen
        item.is_linked = contents.links > 1

    def _is_ready(self, item: OpenClaim, found: Study) -> bool:
        now = self._tools.clock.monotonic()
        if found.contents.is_final or now >= self._patience_ends(item):
            return True
        if now - item.unchanged_since >= self._tools.pickup.quiet_for.total_seconds():
            item.is_settled = True
        return found.is_whole and item.is_settled

    def _patience_ends(self, item: OpenClaim) -> float:
        return item.unchanged_since + self._tools.pickup.patience.total_seconds()

    def _wait(self, item: OpenClaim) -> None:
        if not item.told:
            item.told = "not whole"
            self._tools.telling.not_whole(item.claim.name)
        pause_s = min(_LATEST_S, max(_SOONEST_S, self._tools.pickup.quiet_for.total_seconds()))
        item.look_at = min(self._tools.clock.monotonic() + pause_s, self._patience_ends(item))

    def _recording(self, item: OpenClaim, found: Study) -> Recording:
        reading = found.reading or Reading(faults=(found.fault,) if found.fault else ())
        file = ClaimedFile(
            claim=item.claim.id,
            target=self._tools.pickup.target,
            name=naming.shown(item.claim.name),
            content=found.contents.content,
            sha256=found.sha256,
        )
        documents = tuple(formats.document_text(ack) for ack in reading.acknowledgements)
        return Recording(file, reading, documents, self._tools.settings.policy)

    async def _move(self, item: OpenClaim, found: Study, recorded: Recorded) -> Path | None:
        """Archive or quarantine a recorded file; ``None`` when it changed since it was read."""
        at, name, places = self._tools.clock.now(), item.claim.name, self._tools.places
        if recorded.outcome is not FileOutcome.QUARANTINED:
            day = at.astimezone(self._tools.settings.zone).date()
            return await self._unless_changed(item, found, lambda place: places.archive(place, name, day))
        finding = await self._finding(found, recorded)
        where = Place(str(self._tools.pickup.directory), at, self._tools.settings.zone)
        return await self._unless_changed(
            item,
            found,
            lambda place: places.quarantine(place, name, lambda kept: note(kept, finding, where)),
        )

    async def _unless_changed(self, item: OpenClaim, found: Study, act: Callable[[int], Path]) -> Path | None:
        inbox, seen = self._tools.inbox, found.contents.seen

        def work() -> Path | None:
            glance = inbox.glance(item.claim)
            if glance is None or not (glance.is_alike(seen) or found.contents.is_final):
                return None
            try:
                with inbox.opened(item.claim) as place:
                    path = act(place)
            except moves.ChangedError:
                return None
            inbox.release(item.claim)
            return path

        return await self._tools.thread.call(work)

    async def _finding(self, found: Study, recorded: Recorded) -> Finding:
        acknowledgements = found.reading.acknowledgements if found.reading else ()
        refs = [ack.order_ref for ack in acknowledgements if ack.order_ref is not None]
        target, journal = self._tools.pickup.target, self._tools.journal
        since = self._tools.clock.now() - _TRIES_COUNTED
        tries = await journal.read(lambda db: recent.tries(db, target, found.sha256, since)) if found.sha256 else 1
        close = await journal.read(lambda db: recent.closest(db, target, refs))
        return Finding(
            reasons=recorded.reasons,
            is_read=bool(acknowledgements),
            sha256=found.sha256,
            is_matched=bool(recorded.order_refs),
            used=tuple(dict.fromkeys(recorded.used)),
            closest=(close.order_ref, self._told_of(close)) if close else None,
            tries=tries,
            target=target,
        )

    def _told_of(self, order: recent.CloseOrder) -> str:
        at: datetime = order.received_at.astimezone(self._tools.settings.zone)
        is_waiting = order.state in {OrderState.RECEIVED, OrderState.DROPPED}
        return f"received {at:%Y-%m-%d %H:%M}, {'waiting for an answer' if is_waiting else order.state}"
