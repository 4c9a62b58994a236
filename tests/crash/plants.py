"""Faults to plant into a bridge, each a promise broken on purpose: the crash tests must notice every one."""

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.journal import Journal
from bridge.journal.collected import Arrival
from bridge.journal.queues import ReportQueue
from bridge.journal.records import (
    Admission,
    Admitted,
    CurrentDrop,
    DueDrop,
    DueReport,
    FileOutcome,
    HeldEnd,
    Recorded,
    ReportEnd,
    ReportResult,
)
from bridge.stages import report
from bridge.stages.collect import stage as collect
from bridge.stages.drop import acts, stage as drop
from bridge.stages.drop.held import names_of
from bridge.stages.watch import claims as watch_claims
from bridge.transports import End, Fetch, Leaving, PausedError, Step


def plant(name: str) -> None:
    {**PLANTS, **PLANTS_OF_ACTS, **PLANTS_OF_MONEY, **PLANTS_OF_COLLECTING}[name]()


def _linger() -> None:
    """Widen the gap that a fault opens by steps of its own, so that a few kills are enough to meet it."""
    folder = os.open(".", os.O_RDONLY)
    for _ in range(25):
        os.fsync(folder)
    os.close(folder)


def _publish_before_staged() -> None:
    """The rename comes before the commit that says *staged*, so a crash in between publishes twice."""

    async def stage(self: drop.DropStage, post: Any, drops: Sequence[DueDrop]) -> bool:
        parcels = [drop._parcel(each) for each in drops]
        await post.point.transport.stage(parcels)
        await post.point.transport.publish(parcels)
        await asyncio.to_thread(_linger)
        return bool(await self._settle(post, drops, [Step(parcel.id, End.STAGED) for parcel in parcels]))

    drop.DropStage._stage = stage  # type: ignore[method-assign]


def _answer_before_commit() -> None:
    """OK goes out while the commit is still to come, so a crash in between loses an order that was answered."""
    admit = Journal.admit
    late: set[asyncio.Task[Admitted]] = set()

    async def admit_later(self: Journal, admission: Admission, *, keep_conflicts: bool) -> Admitted:
        async def wait_and_admit() -> Admitted:
            await asyncio.to_thread(_linger)
            return await admit(self, admission, keep_conflicts=keep_conflicts)

        late.add(asyncio.create_task(wait_and_admit()))
        return Admitted(order_id=1, repeat=False)

    Journal.admit = admit_later  # type: ignore[method-assign]


def _archive_before_commit() -> None:
    """An answer's file leaves the claim folder before the transaction that uses it, so a crash loses the answer."""

    async def use(self: watch_claims.Claims, item: Any, found: Any) -> None:
        recording = self._recording(item, found)
        await self._move(item, found, Recorded(0, FileOutcome.MATCHED, (), 1))
        await asyncio.to_thread(_linger)
        await self._tools.journal.record(recording)
        item.is_done = True

    watch_claims.Claims._use = use  # type: ignore[method-assign]


PLANTS: Mapping[str, Callable[[], None]] = {
    "publish_before_staged": _publish_before_staged,
    "answer_before_commit": _answer_before_commit,
    "archive_before_commit": _archive_before_commit,
}


def _hold_before_commit() -> None:
    """The file moves out of sight before the intention is committed, so a crash in between passes for a fetch."""
    hold = acts.FileActs._hold

    async def move_and_hold(self: acts.FileActs, drop: CurrentDrop, because: str) -> str:
        async with self._in_hand([drop]):
            await self._held[drop.target].transport.hold([names_of(drop)])
        await asyncio.to_thread(_linger)
        return await hold(self, drop, because)

    acts.FileActs._hold = move_and_hold  # type: ignore[method-assign]


def _tell_before_it_moves() -> None:
    """A hold is acknowledged while its file still lies in the outbox; the loop would move it a second later."""

    async def leave(self: acts.FileActs, drop: CurrentDrop) -> HeldEnd | PausedError | None:  # noqa: ARG001 - replaces one
        return None

    acts.FileActs._finished = leave  # type: ignore[method-assign]


PLANTS_OF_ACTS: Mapping[str, Callable[[], None]] = {
    "hold_before_commit": _hold_before_commit,
    "tell_before_it_moves": _tell_before_it_moves,
}


def _send_before_begun() -> None:
    """A call that moves money leaves without the commit that says so, so a crash forgets it and it is sent again."""

    async def begin(self: ReportQueue, report: DueReport) -> bool:  # noqa: ARG001 - replaces one
        return True

    ReportQueue.begin = begin  # type: ignore[method-assign]


def _try_again_unasked() -> None:
    """What was begun and never settled is called again, though nobody knows how the first call ended."""

    def found(due: DueReport) -> ReportResult:
        return ReportResult(due, ReportEnd.LATER)

    vars(report)["_found_begun"] = found


PLANTS_OF_MONEY: Mapping[str, Callable[[], None]] = {
    "send_before_begun": _send_before_begun,
    "try_again_unasked": _try_again_unasked,
}


def _remove_before_kept() -> None:
    """A file leaves the server before it lies in the inbox for good, so that a crash in between loses it."""
    bring_in = collect._Desk._bring_in

    async def remove_first(self: collect._Desk, fetched: Sequence[Fetch]) -> list[Arrival]:
        digests = [hashlib.sha256(one.content).hexdigest() for one in fetched]
        await self._point.pickup.clear(
            [Leaving(0, one.file, sha) for one, sha in zip(fetched, digests, strict=True)][:1]
        )
        await asyncio.to_thread(_linger)
        return await bring_in(self, fetched)

    collect._Desk._bring_in = remove_first  # type: ignore[method-assign]


PLANTS_OF_COLLECTING: Mapping[str, Callable[[], None]] = {"remove_before_kept": _remove_before_kept}
