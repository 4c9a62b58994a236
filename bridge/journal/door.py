"""The one door to the journal. Stages, pages and commands know this class and nothing behind it.

Not for: SQL, which lives in the other files of this folder, one topic each.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence, Set as AbstractSet
from contextlib import AbstractContextManager, AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bridge.clock import Clock
from bridge.errors import ErrorName, FatalError, TransientError
from bridge.journal import acknowledgements, alerts, backup, drops, named, orders, probes, rejects, reports, targets
from bridge.journal.collected import Collected
from bridge.journal.desk import ActDesk
from bridge.journal.lock import LockFile
from bridge.journal.queues import DropQueue, ReportQueue
from bridge.journal.records import (
    Admission,
    Admitted,
    AlertFound,
    AlertToTell,
    FileAgain,
    Known,
    Recorded,
    Recording,
    RejectEnd,
    Rejection,
    StoredReject,
    TargetMemory,
    TrustedKey,
)
from bridge.journal.threads import Threads
from bridge.journal.wakes import Topic, Wakes
from bridge.states import PauseReason

T = TypeVar("T")
_SYNCHRONOUS = {"full": "FULL", "normal": "NORMAL"}


class Journal:
    """The durable memory of one bridge.

    Every method that changes something returns after its commit reached the disk. Raises
    :class:`TransientError` when nothing was stored and the same request may come again, and :class:`FatalError`
    when the process must end.
    """

    def __init__(self, database: Path, clock: Clock, *, durability: str = "full") -> None:
        self._database = database
        self._clock = clock
        self._wakes = Wakes()
        self._threads = Threads(database, _SYNCHRONOUS[durability], self._wakes)
        self._lock = LockFile(database.parent / "bridge.lock")
        self._controls: dict[str, Iterator[int]] = {}
        self._reserving = asyncio.Lock()
        self._damage: str | None = None
        self.drops = DropQueue(self._threads, clock)
        self.reports = ReportQueue(self._threads, clock)
        self.acts = ActDesk(self._threads, clock)
        self.collected = Collected(self._threads, clock)

    async def open(self) -> None:
        """Take the lock, migrate, and count answers that may not have been written out as written.

        Raises :class:`TransientError` when another process owns the journal.
        """
        await asyncio.to_thread(self._lock.take)
        async with AsyncExitStack() as undo:
            undo.callback(self._lock.release)
            await self._threads.start()
            undo.push_async_callback(self._threads.stop)
            now = self._clock.now()
            await self._threads.write(lambda db: orders.presume_answered(db, now))
            undo.pop_all()

    async def close(self) -> None:
        """Finish what waits, fold the log into the database, give the lock back."""
        await self._threads.stop()
        self._lock.release()

    def listen(self, topic: Topic) -> AbstractContextManager[asyncio.Event]:
        """An event that is set whenever ``topic`` may have changed."""
        return self._wakes.listen(topic)

    def wake(self, topic: Topic) -> None:
        """Make the listeners of ``topic`` look again."""
        self._wakes.wake(topic)

    async def failure(self) -> FatalError:
        """Wait until the journal can no longer be trusted; return why."""
        await self._threads.failed.wait()
        return self._threads.broken or FatalError("the journal failed", name=ErrorName.JOURNAL_DAMAGED)

    async def read(self, question: Callable[[Database], T]) -> T:
        """Answer a question of this folder's ``reading`` or ``conditions`` from what is committed."""
        return await self._threads.read(question)

    @property
    def damage(self) -> str | None:
        """What the last look through the database found; ``None`` while it is well as far as is known."""
        return self._damage

    async def check(self) -> str | None:
        """Look through the whole database, read-only; a finding stops admission. Returns the finding."""
        self._damage = await asyncio.to_thread(backup.find_damage, self._database)
        return self._damage

    async def copy(self, destination: Path) -> None:
        """Copy the journal as it is committed to ``destination``, which appears complete or not at all."""
        await asyncio.to_thread(backup.copy, self._database, destination)

    async def find(self, order_ref: str) -> Known | None:
        """What is known under exactly this reference."""
        return await self._threads.read(lambda db: orders.find(db, order_ref))

    async def take_control(self, target: str) -> int:
        """The next control number of a target; given once, never again (decision 9)."""
        async with self._reserving:
            number = next(self._controls.get(target, iter(())), None)
            if number is None:
                block = iter(await self._threads.write(lambda db: targets.reserve_controls(db, target)))
                self._controls[target] = block
                number = next(block)
            return number

    async def admit(self, admission: Admission, *, keep_conflicts: bool) -> Admitted:
        """Commit an order, its drops and its first event, or find its key used (invariants 1, 2, 3)."""
        if self._damage is not None:
            raise TransientError(
                f"the journal is damaged: {self._damage}",
                name=ErrorName.JOURNAL_DAMAGED,
                hint="stop the bridge and restore a backup",
            )
        return await self._threads.write(
            lambda db: orders.admit(db, admission, keep_conflicts=keep_conflicts),
            Topic.DROPS,
            Topic.ALERTS,
        )

    async def note_answered(self, told: Sequence[tuple[int, str | None]]) -> None:
        """Commit that the answers of these orders were written out, each with the ERP number told in it, if any."""
        at = self._clock.now()

        def work(db: Database) -> None:
            for order_id, erp_order_no in told:
                orders.note_answered(db, order_id, at, erp_order_no)

        await self._threads.write(work, Topic.REPORTS)

    async def reject(self, rejection: Rejection) -> int:
        """Commit a body that cannot become an order; returns its id in the reject store (invariant 13)."""
        return await self._threads.write(lambda db: rejects.keep(db, rejection), Topic.ALERTS)

    async def stored_reject(self, reject_id: int) -> StoredReject | None:
        """A kept body by its id."""
        return await self._threads.read(lambda db: rejects.get(db, reject_id))

    async def settle_reject(self, reject_id: int, end: RejectEnd) -> None:
        """Mark a kept body *replayed* or *discarded*. Raises :class:`PermanentError` when it is not open."""
        at = self._clock.now()
        await self._threads.write(lambda db: rejects.settle(db, reject_id, end, at), Topic.ALERTS)

    async def record(self, recording: Recording) -> Recorded:
        """Apply a claimed file once, with the reports it causes (invariants 7, 8, 9)."""
        at = self._clock.now()
        return await self._threads.write(
            lambda db: acknowledgements.record(db, recording, at),
            Topic.ANSWERS,
            Topic.REPORTS,
            Topic.DROPS,
            Topic.ALERTS,
        )

    async def note_kept(self, file_id: int, kept_as: str) -> None:
        """Commit where a recorded file lies now."""
        await self._threads.write(lambda db: acknowledgements.note_kept(db, file_id, kept_as))

    async def try_again(self, again: FileAgain) -> None:
        """Commit that a person puts a quarantined file back, and the order they named for it, if any."""
        at = self._clock.now()
        await self._threads.write(lambda db: named.try_again(db, again, at))

    async def discard_file(self, known: named.KnownFile, because: str) -> None:
        """Commit that a person has no use for a quarantined file."""
        at = self._clock.now()
        await self._threads.write(lambda db: named.discard(db, known, because, at))

    async def requeue(self, order_id: int, reason: str) -> int:
        """Owe an order's dead reports anew and queue its given-up drops again; returns how many moved."""
        at = self._clock.now()
        return await self._threads.write(
            lambda db: reports.requeue(db, order_id, reason, at) + orders.requeue_drops(db, order_id, reason, at),
            Topic.REPORTS,
            Topic.DROPS,
            Topic.ALERTS,
        )

    async def target_memory(self, target: str) -> TargetMemory:
        """The identity of a target's staging folder and a pause that waits for a person."""
        return await self._threads.read(lambda db: targets.memory(db, target))

    async def set_identity(self, target: str, identity: str, *, proven: bool) -> None:
        """Commit a staging folder's identity, first as a wish, then as proven."""
        at = self._clock.now()
        await self._threads.write(lambda db: targets.set_identity(db, target, identity, at, proven=proven))

    async def set_host_key(self, target: str, trusted: TrustedKey) -> None:
        """Commit the host key that a person trusts."""
        at = self._clock.now()
        await self._threads.write(lambda db: targets.set_host_key(db, target, trusted, at), Topic.ALERTS)

    async def last_probe(self, target: str) -> probes.StoredProbe | None:
        """The latest examination of a target's place."""
        return await self._threads.read(lambda db: probes.last(db, target))

    async def keep_probe(self, target: str, findings: str, alert: AlertFound | None) -> None:
        """Commit an examination, and with it the alert that tells once what changed."""
        at = self._clock.now()
        await self._threads.write(lambda db: probes.keep(db, target, findings, at, alert), Topic.ALERTS)

    async def doubt(self, target: str, lying: AbstractSet[str]) -> int:
        """Commit that staged drops whose staging names are not among ``lying`` are uncertain; returns how many."""
        at = self._clock.now()
        return await self._threads.write(lambda db: drops.doubt(db, target, lying, at), Topic.ALERTS)

    async def set_pause(self, target: str, reason: PauseReason | None, because: str = "") -> None:
        """Commit a pause that waits for a person, or its end."""
        at = self._clock.now()
        await self._threads.write(
            lambda db: targets.set_pause(db, target, reason, at, because),
            Topic.DROPS,
            Topic.ALERTS,
        )

    async def compare_alerts(self, found: Sequence[AlertFound]) -> None:
        """Raise, renew and close alerts so that the open ones are exactly ``found``."""
        at = self._clock.now()
        await self._threads.write(lambda db: alerts.compare(db, found, at))

    async def alerts_to_tell(self, repeat: timedelta) -> list[AlertToTell]:
        """Alerts that the channels have yet to be told."""
        now = self._clock.now()
        return await self._threads.read(lambda db: alerts.to_tell(db, now, repeat))

    async def note_told(self, told: Sequence[AlertToTell]) -> None:
        """Commit that the channels have them."""
        at = self._clock.now()
        await self._threads.write(lambda db: alerts.note_told(db, told, at))
