"""The two queues of work towards the outside: ``due`` leases work, ``settle`` gives it back with its result.

Not for: carrying the work out. Leases live in memory: a process that dies has none, and its work is due again.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from bridge.clock import Clock
from bridge.errors import ErrorName, TransientError
from bridge.journal import drops, reports
from bridge.journal.records import DropResult, DueDrop, DueReport, Litter, ReportResult, WaitingFile
from bridge.journal.threads import Threads
from bridge.journal.wakes import Topic
from bridge.states import DropState, ReportPolicy


class DropQueue:
    """Files owed to the targets."""

    def __init__(self, threads: Threads, clock: Clock) -> None:
        self._threads = threads
        self._clock = clock
        self._leased: set[int] = set()
        self._staged_here: set[int] = set()

    async def due(self, target: str) -> list[DueDrop]:
        """Lease the drops of ``target`` that wait for a step now, oldest first, at most 256."""
        leased, staged = frozenset(self._leased), frozenset(self._staged_here)
        now = self._clock.now()
        found = await self._threads.read(lambda db: drops.due(db, target, now, leased, staged))
        mine = [drop for drop in found if drop.id not in self._leased]
        self._leased.update(drop.id for drop in mine)
        return mine

    async def next_at(self, target: str) -> datetime | None:
        """When the next drop of ``target`` is due; ``None`` when nothing waits."""
        return await self._threads.read(lambda db: drops.next_at(db, target))

    async def settle(self, results: Sequence[DropResult]) -> list[int]:
        """Commit what became of leased drops and give them back; compare-and-set on the leased state.

        Returns the ids that moved: a drop that an answer overtook meanwhile is not among them, which is no error.
        The leases are given back whatever happens.
        """
        at = self._clock.now()
        try:
            moved = await self._threads.write(lambda db: drops.settle(db, results, at), Topic.DROPS)
        finally:
            self.release([result.drop for result in results])
        for result in results:
            if result.drop.id in moved and result.state is DropState.STAGED:
                self._staged_here.add(result.drop.id)
            else:
                self._staged_here.discard(result.drop.id)
        return moved

    def release(self, leased: Sequence[DueDrop]) -> None:
        """Give leases back without a result; no attempt is counted (invariant 11)."""
        self._leased.difference_update(drop.id for drop in leased)

    @contextmanager
    def lease(self, drop_ids: Collection[int]) -> Iterator[None]:
        """Keep these drops from everybody else while the block runs, for an act of a person.

        Raises :class:`TransientError` when one of them is in hand at this moment.
        """
        if not self._leased.isdisjoint(drop_ids):
            raise TransientError(
                "its file is being worked on at this moment",
                name=ErrorName.BUSY,
                hint="try again in a moment",
            )
        self._leased.update(drop_ids)
        try:
            yield
        finally:
            self._leased.difference_update(drop_ids)
            self._staged_here.difference_update(drop_ids)

    async def waiting(self, target: str) -> list[WaitingFile]:
        """Files of ``target`` that we published and nobody has fetched as far as we know."""
        now = self._clock.now()
        return await self._threads.read(lambda db: drops.waiting(db, target, now))

    async def note_taken(
        self, files: Sequence[WaitingFile], confirms: ReportPolicy | None = None, via: str | None = None
    ) -> list[WaitingFile]:
        """Commit that the ERP fetched these files; returns those for which it was news.

        With ``confirms``, fetching confirms their orders. ``via`` says how it was seen, where that is known.
        """
        at = self._clock.now()
        return await self._threads.write(
            lambda db: drops.note_taken(db, files, at, confirms, via),
            *([Topic.ALERTS] if confirms is None else [Topic.ALERTS, Topic.REPORTS, Topic.ANSWERS]),
        )

    async def named(self, target: str, name: str) -> tuple[DropState, WaitingFile] | None:
        """The drop of ``target`` with this final name that nobody has fetched as far as we know."""
        return await self._threads.read(lambda db: drops.named(db, target, name))

    async def note_broken_off(self, target: str, file: WaitingFile, read: int, size: int) -> None:
        """Commit that the ERP began to read a file of ``target`` and broke off at ``read`` of ``size`` bytes."""
        at = self._clock.now()
        await self._threads.write(lambda db: drops.note_broken_off(db, target, file, (read, size), at))

    async def litter(self, target: str) -> list[Litter]:
        """Drops that are over and of which files may lie about, none of them leased."""
        found = await self._threads.read(lambda db: drops.litter(db, target))
        return [one for one in found if one.id not in self._leased]

    async def note_cleared(self, drop_ids: Sequence[int]) -> None:
        """Commit that their staging names are gone."""
        await self._threads.write(lambda db: drops.note_cleared(db, drop_ids))

    async def backlog(self, target: str) -> int:
        """How many files of ``target`` are not fetched yet."""
        return await self._threads.read(lambda db: drops.backlog(db, target))


class ReportQueue:
    """Calls owed to Norce."""

    def __init__(self, threads: Threads, clock: Clock) -> None:
        self._threads = threads
        self._clock = clock
        self._leased: set[int] = set()

    async def due(self, report_after: timedelta) -> list[DueReport]:
        """Lease the reports whose time has come: the first unsent one of each order, behind a dead one none."""
        now = self._clock.now()
        leased = frozenset(self._leased)
        found = await self._threads.read(lambda db: reports.due(db, now, report_after, leased))
        mine = [report for report in found if report.id not in self._leased]
        self._leased.update(report.id for report in mine)
        return mine

    async def next_at(self, report_after: timedelta) -> datetime | None:
        """When the next report is due; ``None`` when nothing is owed."""
        return await self._threads.read(lambda db: reports.next_at(db, report_after))

    async def begin(self, report: DueReport) -> bool:
        """Commit that its call is about to leave, so that a process that dies now knows; false: do not send it."""
        at = self._clock.now()
        return await self._threads.write(lambda db: reports.begin(db, report.id, at))

    async def settle(self, result: ReportResult) -> bool:
        """Commit the end of an attempt and give the lease back; false when it was settled otherwise meanwhile."""
        at = self._clock.now()
        try:
            return await self._threads.write(lambda db: reports.settle(db, result, at), Topic.REPORTS)
        finally:
            self._leased.discard(result.report.id)

    def release(self, leased: Sequence[DueReport]) -> None:
        """Give leases back without a result; no attempt is counted (invariant 11)."""
        self._leased.difference_update(report.id for report in leased)
