"""Stage *drop*: brings what the journal owes to the outbox, one loop a target, by the steps of ``DESIGN.md`` 6.

Not for: how a file gets there (``transports/``). Recovery is this same loop over rows that are not final.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import BridgeError
from bridge.journal import Journal, Topic
from bridge.journal.records import DropResult, DueDrop, Litter
from bridge.retry import RetryPolicy, backoff, is_given_up
from bridge.stages.courier import carry, keep_looking
from bridge.stages.drop.acts import FileActs
from bridge.stages.drop.fetched import tell_fetched
from bridge.stages.drop.held import HeldFiles
from bridge.stages.drop.readiness import PROBE_AGAIN, Readiness
from bridge.states import DropState, HeldReason, Pause, ReportPolicy
from bridge.transports import End, FileNames, Findings, Parcel, PausedError, Step, Transport

LOOK_FOR_TAKEN = timedelta(seconds=1)
SIGN_OF_LIFE = timedelta(seconds=8)
"""A kept connection is asked for one this often: with the usual timeout of 20 s a stuck server is known within 30."""
AT_ONCE = timedelta()

Act = Callable[[Sequence[Parcel]], Awaitable[list[Step]]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DropPoint:
    """A target as the drop stage sees it; ``confirms`` where the ERP's fetching a file confirms its order.

    ``look_every``: a look at a folder of this machine costs nothing, at somebody's server it is a visit.
    """

    target: str
    transport: Transport
    format: str
    confirms: ReportPolicy | None = None
    look_every: timedelta = LOOK_FOR_TAKEN


@dataclass(slots=True)
class _Lookout:
    """When both folders are next looked at for what the ERP took and what is left over; whether any file waits.

    ``heard`` is when the other side last gave a sign of life.
    """

    due: float = 0.0
    waits: bool = True
    heard: float = 0.0


@dataclass(frozen=True, slots=True)
class _Post:
    """One target's loop: the target, whether it can be used, and who is at work on it."""

    point: DropPoint
    readiness: Readiness
    held: HeldFiles
    lookout: _Lookout = field(default_factory=_Lookout)
    at_work: asyncio.Lock = field(default_factory=asyncio.Lock)
    has_looked: asyncio.Event = field(default_factory=asyncio.Event)


class DropStage:
    """Publishes files, notices what the ERP fetched, pauses a target that cannot be reached."""

    def __init__(
        self,
        points: Sequence[DropPoint],
        journal: Journal,
        clock: Clock,
        counters: Counters,
        retry: RetryPolicy,
    ) -> None:
        self._posts = {point.target: _post(point, journal, clock) for point in points}
        self.acts = FileActs({target: post.held for target, post in self._posts.items()}, journal)
        self._journal = journal
        self._clock = clock
        self._counters = counters
        self._retry = retry

    async def run(self, stop: asyncio.Event) -> None:
        """Serve every target until ``stop``; a step in hand is finished first."""
        async with asyncio.TaskGroup() as group:
            for post in self._posts.values():
                group.create_task(self._serve(post, stop))

    async def has_looked(self) -> None:
        """Wait until every target was looked at once after the start, be it to find it paused."""
        for post in self._posts.values():
            await post.has_looked.wait()

    def pauses(self) -> Mapping[str, Pause]:
        """The targets that are paused now."""
        paused = ((target, post.readiness.pause) for target, post in self._posts.items())
        return {target: pause for target, pause in paused if pause is not None}

    def is_open(self, target: str) -> bool:
        """True when the target was proven usable and is not paused."""
        return self._posts[target].readiness.is_proven

    def leave_alone(self, target: str, error: PausedError) -> None:
        """Somebody else found that its server cannot be used: the target is paused, and probed as ever."""
        self._posts[target].readiness.close(error)
        self._journal.wake(Topic.DROPS)

    async def _serve(self, post: _Post, stop: asyncio.Event) -> None:
        try:
            with self._journal.listen(Topic.DROPS) as wake:
                await keep_looking(lambda: self._look(post), wake, stop, self._clock)
        finally:
            await post.point.transport.close()
            self._tell_connection(post)

    async def _look(self, post: _Post) -> timedelta:
        async with post.at_work:
            within = await carry(
                lambda: self._round(post),
                lambda error: self._stumble(post, error),
                target=post.point.target,
                stage="drop",
            )
            self._tell_connection(post)
            return within

    def _tell_connection(self, post: _Post) -> None:
        stands = post.point.transport.is_connected
        if stands is not None:
            self._counters.level("sftp_connected", stands, target=post.point.target)

    def _stumble(self, post: _Post, error: BridgeError) -> timedelta:
        """The whole round failed: a pause if the target says so, else a fault of the journal that passes."""
        post.has_looked.set()
        if isinstance(error, PausedError):
            post.readiness.close(error)
            return post.readiness.again_in
        return timedelta(seconds=1)

    async def _round(self, post: _Post) -> timedelta:
        if not await post.readiness.is_open():
            post.has_looked.set()
            return post.readiness.again_in
        await post.held.look(self._clock)
        moved = await self._deliver(post)
        if self._is_time_to_look(post):
            await self._clear_litter(post)
            await self._notice_taken(post)
        else:
            await self._feel(post)
            post.lookout.waits = True  # what woke this round may be a file that was put back: look soon
        post.has_looked.set()
        return AT_ONCE if moved else await self._next_look(post)

    async def _next_look(self, post: _Post) -> timedelta:
        """Files that wait for the ERP are looked at often: when it took one is worth knowing."""
        every = post.point.look_every
        wait = every if post.lookout.waits or post.held.is_watched else max(every, PROBE_AGAIN)
        if post.point.transport.is_connected is not None:
            wait = min(wait, SIGN_OF_LIFE)
        following = await self._journal.drops.next_at(post.point.target)
        if following is None:
            return wait
        return max(AT_ONCE, min(wait, following - self._clock.now()))

    async def examine(self, target: str) -> Findings:
        """What the target's place can do; its files wait meanwhile, and go by what was found from then on."""
        post = self._posts[target]
        async with post.at_work:
            return await post.readiness.examine()

    async def trust(self, target: str, because: str) -> str:
        """A person has looked at what is there now, server or staging folder, and it may be used; what that was."""
        post = self._posts[target]
        async with post.at_work:
            return await post.readiness.trust(because)

    async def pause(self, target: str, because: str) -> None:
        """A person wants the target left alone."""
        post = self._posts[target]
        async with post.at_work:
            await post.readiness.hold(because)

    async def resume(self, target: str, because: str) -> None:
        """A person ends the target's pause."""
        post = self._posts[target]
        async with post.at_work:
            await post.readiness.resume(because)

    async def _deliver(self, post: _Post) -> bool:
        """One step for each due drop; true when anything moved, so that the next step follows at once."""
        due = await self._journal.drops.due(post.point.target)
        try:
            queued = [drop for drop in due if drop.state is DropState.QUEUED]
            staged = [drop for drop in due if drop.state is DropState.STAGED]
            moved = await self._publish(post, staged) if staged else False
            return (await self._stage(post, queued) if queued else False) or moved
        finally:
            self._journal.drops.release(due)

    async def _stage(self, post: _Post, drops: Sequence[DueDrop]) -> bool:
        steps = await self._steps(post.point.transport.stage, drops)
        return bool(await self._settle(post, drops, steps))

    async def _publish(self, post: _Post, drops: Sequence[DueDrop]) -> bool:
        steps = await self._steps(post.point.transport.publish, drops)
        moved = await self._settle(post, drops, steps)
        self._report_published(post, [drop for drop in drops if drop.id in moved], steps)
        return bool(moved)

    async def _steps(self, act: Act, drops: Sequence[DueDrop]) -> list[Step]:
        """The act on the whole batch; when it breaks for a reason that nobody foresaw, on each drop alone."""
        parcels = [_parcel(drop) for drop in drops]
        steps = await carry(lambda: act(parcels), lambda error: error, stage="drop")
        if isinstance(steps, PausedError):
            raise steps
        if not isinstance(steps, BridgeError):
            return steps
        return [await self._step(act, parcel) for parcel in parcels]

    async def _step(self, act: Act, parcel: Parcel) -> Step:
        steps = await carry(lambda: act([parcel]), lambda error: error, stage="drop", file=parcel.final)
        if isinstance(steps, PausedError):
            raise steps
        return Step(parcel.id, End.FAILED, steps.line()) if isinstance(steps, BridgeError) else steps[0]

    async def _settle(self, post: _Post, drops: Sequence[DueDrop], steps: Sequence[Step]) -> set[int]:
        ends = {step.id: step for step in steps}
        results = [self._result(post, drop, ends[drop.id]) for drop in drops if drop.id in ends]
        return set(await self._journal.drops.settle(results))

    def _result(self, post: _Post, drop: DueDrop, step: Step) -> DropResult:  # noqa: PLR0911 - a table
        match step.end:
            case End.STAGED:
                return DropResult(drop, DropState.STAGED)
            case End.PUBLISHED:
                return DropResult(drop, DropState.PUBLISHED)
            case End.PRESUMED:
                return DropResult(drop, DropState.PUBLISHED, presumed=True)
            case End.STAGE_AGAIN:
                return DropResult(drop, DropState.QUEUED, detail=step.detail)
            case End.COLLISION:
                self._log_failure(post, drop, step.detail, "collision")
                return DropResult(drop, DropState.HELD, reason=HeldReason.COLLISION, detail=step.detail)
            case End.UNCERTAIN:
                self._log_failure(post, drop, step.detail, "uncertain")
                return DropResult(drop, DropState.UNCERTAIN, detail=step.detail)
            case End.FAILED:
                return self._failure(post, drop, step.detail)

    def _failure(self, post: _Post, drop: DueDrop, detail: str) -> DropResult:
        self._log_failure(post, drop, detail, "failed")
        if is_given_up(self._retry, drop.waited):
            return DropResult(drop, DropState.HELD, reason=HeldReason.GIVEN_UP, detail=detail)
        wait = backoff(self._retry, drop.attempts + 1, random.random())  # noqa: S311 - spreads retries, keeps no secret
        return DropResult(drop, drop.state, detail=detail, wait=wait)

    def _log_failure(self, post: _Post, drop: DueDrop, detail: str, reason: str) -> None:
        self._counters.add("file_write_failures_total", target=post.point.target, reason=reason)
        log.warning(
            "file_not_written",
            extra={
                "order": drop.order_ref,
                "target": post.point.target,
                "stage": "drop",
                "file": drop.file_name,
                "attempt": drop.attempts + 1,
                "error": detail,
            },
        )

    def _report_published(self, post: _Post, drops: Sequence[DueDrop], steps: Sequence[Step]) -> None:
        published = {step.id for step in steps if step.end in {End.PUBLISHED, End.PRESUMED}}
        post.lookout.waits |= bool(published)
        now = self._clock.now()
        for drop in drops:
            if drop.id not in published:
                continue
            seconds = max(0.0, (now - drop.received_at).total_seconds())
            self._counters.add("files_written_total", target=post.point.target, format=post.point.format)
            self._counters.observe("stage_duration_seconds", seconds, stage="drop")
            log.info(
                "file_dropped",
                extra={
                    "order": drop.order_ref,
                    "target": post.point.target,
                    "stage": "drop",
                    "file": drop.file_name,
                    "ms": round(seconds * 1000),
                },
            )

    def _is_time_to_look(self, post: _Post) -> bool:
        """Once a second at most: what a look costs grows with the files that wait, and must not hold up the next."""
        now = self._clock.monotonic()
        if now < post.lookout.due:
            return False
        post.lookout.due = now + post.point.look_every.total_seconds()
        return True

    async def _feel(self, post: _Post) -> None:
        """Raise :class:`PausedError` where the other side is stuck, though no file needs it now."""
        now = self._clock.monotonic()
        if post.point.transport.is_connected is None or now - post.lookout.heard < SIGN_OF_LIFE.total_seconds():
            return
        await post.point.transport.missing([])
        post.lookout.heard = now

    async def _clear_litter(self, post: _Post) -> None:
        """What drops left that an answer or a person overtook: their files must not follow."""
        litter = await self._journal.drops.litter(post.point.target)
        if not litter:
            return
        await post.point.transport.withdraw([_left_by(one) for one in litter])
        await self._journal.drops.note_cleared([one.id for one in litter])

    async def _notice_taken(self, post: _Post) -> None:
        """First the rows, then the listing: a file published in between is not in the rows, so it cannot be missed."""
        waiting = await self._journal.drops.waiting(post.point.target)
        post.lookout.waits = bool(waiting)
        if not waiting:
            return
        gone = await post.point.transport.missing([file.file_name for file in waiting])
        fetched = [file for file in waiting if file.file_name in gone]
        for file in await self._journal.drops.note_taken(fetched, post.point.confirms):
            tell_fetched(post.point.target, file, self._clock, self._counters)


def _post(point: DropPoint, journal: Journal, clock: Clock) -> _Post:
    at_work = asyncio.Lock()
    held = HeldFiles(point.target, point.transport, journal, at_work, point.look_every)
    return _Post(point, Readiness(point.target, point.transport, journal, clock), held, at_work=at_work)


def _left_by(litter: Litter) -> FileNames:
    return FileNames(litter.id, litter.file_name, litter.staging_name, litter.marker_name)


def _parcel(drop: DueDrop) -> Parcel:
    return Parcel(
        id=drop.id,
        final=drop.file_name,
        staging=drop.staging_name,
        marker=drop.marker_name,
        content=drop.content,
        sha256=drop.sha256,
        verify=drop.state is DropState.STAGED and not drop.fresh,
    )
