"""A running bridge: starts in order, waits for a signal, stops in the reverse order.

Not for: decisions, nor for building the parts (``parts.py``).
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bridge import __version__
from bridge.clock import Clock, SystemClock
from bridge.config import Config
from bridge.config.passwords import Verifier
from bridge.counters import Counters
from bridge.journal import Journal
from bridge.journal.records import Confirmation
from bridge.norce.client import NorceClient
from bridge.ops.admin import build_app
from bridge.ops.documents import Paused
from bridge.ops.folders import folders_of
from bridge.ops.health import Probe, ProbeResult
from bridge.ops.limits import limits_of, overdue_of
from bridge.ops.operations import FileActs, Operations, OrderActs, Recording, Targets
from bridge.service import parts
from bridge.service.listeners import cause, listener, signals
from bridge.service.notify import READY, STOPPING, notify
from bridge.service.sftp import SftpService
from bridge.stages.collect.stage import CollectStage, Links
from bridge.stages.drop.served import ServedFiles
from bridge.stages.drop.stage import DropPoint, DropStage
from bridge.stages.monitor.board import Boards
from bridge.stages.monitor.keeping import Copies, Keeping
from bridge.stages.monitor.probing import Examined, Probing
from bridge.stages.monitor.stage import Monitor, Sights
from bridge.stages.receive.gate import Gate
from bridge.stages.receive.stage import ReceiveStage
from bridge.stages.report import Manners, ReportStage
from bridge.stages.watch.quarantine import Quarantine
from bridge.stages.watch.stage import Method, WatchSettings, WatchStage
from bridge.transports import Findings, examined

FIRST_LOOK_WITHIN_S = 10
STOP_WITHIN_S = 20

Stage = Callable[[asyncio.Event], Coroutine[Any, Any, None]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the listeners listen; of use when the system chose the ports. ``sftp`` is 0 where no server runs."""

    orders: int
    admin: int
    sftp: int = 0


async def run_service(
    config: Config,
    *,
    ready: Callable[[Ports], None] | None = None,
    asked_to_stop: asyncio.Event | None = None,
) -> int:
    """Run the bridge until SIGTERM, SIGINT or ``asked_to_stop``; return 0 after an orderly stop.

    Raises a :class:`~bridge.errors.BridgeError` when it cannot start (another bridge owns the journal, a port is
    taken) or must end (the journal's disk fails). What an unorderly end cuts short is the next start's work.
    """
    clock = SystemClock()
    journal = Journal(config.journal.database, clock, durability=config.journal.durability)
    await journal.open()
    try:
        await Service(config, journal, clock, asked_to_stop).run(ready or (lambda _: None))
    except BaseExceptionGroup as group:
        raise cause(group) from group
    finally:
        await journal.close()
    log.info("service_stopped")
    return 0


class Service:
    """All stages and both listeners of one bridge around its journal."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        clock: Clock,
        asked_to_stop: asyncio.Event | None = None,
    ) -> None:
        self._config = config
        self._journal = journal
        self._clock = clock
        self._counters = Counters()
        self._asked_to_stop = asked_to_stop or asyncio.Event()
        self._stop = asyncio.Event()
        self._is_ready = False
        self._norce: NorceClient | None = None
        points = parts.drop_points(config)
        self._drop = DropStage(points, journal, clock, self._counters, config.retry.policy)
        self._served = ServedFiles(parts.fetching_confirms(config), journal, clock, self._counters)
        self._sftp = SftpService(config, self._served.saw, self._counters)
        self._watch = self._watch_stage()
        self._probing = self._examining()
        self._collect = self._collecting(points)
        self._intake = parts.intake(config, journal, clock)
        self._receive = ReceiveStage(
            self._intake,
            Gate(
                Verifier(config.receiver.logins),
                config.receiver.allow_from,
                config.receiver.trusted_proxies,
                clock,
            ),
            parts.limits(config),
            clock,
            self._counters,
        )

    async def run(self, ready: Callable[[Ports], None]) -> None:
        """Start everything, tell ``ready``, serve until asked to stop, stop everything."""
        async with AsyncExitStack() as stack:
            stages = await self._stages(stack)
            with signals(self._asked_to_stop):
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(run(self._stop)) for run in stages]
                    watcher = group.create_task(self._end_with_journal())
                    await self._serve(ready)
                    self._stop.set()
                    await self._wind_down(tasks)
                    watcher.cancel()

    async def _stages(self, stack: AsyncExitStack) -> list[Stage]:
        """The stages of this configuration; each runs until the stop event, and each survives its own work's faults."""
        config = self._config
        keeping = self._keeping()
        stages: list[Stage] = [
            self._drop.run,
            self._served.run,
            self._watch.run,
            self._collect.run,
            self._intake.told.run,
            self._monitor(keeping).run,
            self._boards().run,
            self._probing.run,
            self._check_journal,
        ]
        if keeping is not None:
            stages.append(keeping.run)
        if config.norce.enabled:
            client = await stack.enter_async_context(NorceClient(parts.access(config), self._clock, self._counters))
            self._norce = client
            manners = Manners(config.norce.report_after, config.retry.policy)
            stages.append(ReportStage(client, self._journal, self._clock, self._counters, manners).run)
        return stages

    def _watch_stage(self) -> WatchStage:
        config = self._config
        settings = WatchSettings(
            sweep=config.watch.sweep,
            method=Method(config.watch.method),
            zone=config.site.time_zone,
            policy=config.norce.report_policy,
        )
        pickups = [parts.pickup(target) for target in config.targets.values()]
        return WatchStage(pickups, self._journal, self._clock, self._counters, settings)

    def _keeping(self) -> Keeping | None:
        kept = self._config.journal
        if kept.backup is None:
            return None
        return Keeping(self._journal, self._clock, Copies(kept.backup, kept.keep_backups, self._config.site.time_zone))

    def _collecting(self, points: Sequence[DropPoint]) -> CollectStage:
        links = Links(self._drop.is_open, self._drop.leave_alone, self._watch.look_soon)
        collected = parts.collect_points(self._config, points)
        return CollectStage(collected, self._journal, self._clock, self._counters, links)

    def _examining(self) -> Probing:
        config = self._config

        async def examine(target: str) -> Findings:
            return await examined(self._drop.examine(target), parts.surroundings(config.targets[target]))

        wanted = Examined(list(config.targets), examine, self._drop.pauses, config.site.time_zone)
        return Probing(self._journal, self._clock, wanted)

    def _boards(self) -> Boards:
        config = self._config
        return Boards(parts.boards(config), self._journal, self._clock, self._drop.pauses, config.site.time_zone)

    def _monitor(self, keeping: Keeping | None) -> Monitor:
        config = self._config
        sights = Sights(
            limits=limits_of(config),
            pauses=self._drop.pauses,
            repeat=config.alerts.repeat,
            zone=config.site.time_zone,
            folders=parts.folders(config),
            damage=lambda: self._journal.damage,
            others=lambda: [
                *self._watch.findings(),
                *self._collect.findings(),
                *self._sftp.findings(),
                *(keeping.findings() if keeping else ()),
            ],
        )
        return Monitor(self._journal, self._clock, self._counters, parts.told(config), sights)

    # --- from start to stop ---------------------------------------------------------------------------------------

    async def _serve(self, ready: Callable[[Ports], None]) -> None:
        """Both listeners, opened once every target was looked at; closed orders first, requests in hand finished."""
        await self._look_first()
        async with (
            self._sftp.serving(self._clock),
            listener(self._admin_app(), self._config.admin.listen, None) as admin_port,
            listener(self._receive.app(), self._config.receiver.listen, parts.tls(self._config)) as orders_port,
        ):
            self._is_ready = True
            log.info("service_started", extra={"port": orders_port, "admin_port": admin_port})
            ready(Ports(orders_port, admin_port, self._sftp.port))
            notify(READY)
            await self._asked_to_stop.wait()
            log.info("service_stopping")
            notify(STOPPING)
            self._is_ready = False
            self._receive.close()

    async def _look_first(self) -> None:
        """Targets probed, claims of an earlier process found; a folder that hangs must not keep orders out for ever."""
        try:
            async with asyncio.timeout(FIRST_LOOK_WITHIN_S):
                await self._drop.has_looked()
                await self._watch.has_looked()
        except TimeoutError:
            log.warning("first_look_late")

    async def _wind_down(self, tasks: list["asyncio.Task[None]"]) -> None:
        """Let every stage finish what it has in hand; what takes too long is recovery's work."""
        _, late = await asyncio.wait(tasks, timeout=STOP_WITHIN_S)
        for task in late:
            task.cancel()

    async def _end_with_journal(self) -> None:
        raise await self._journal.failure()

    async def _check_journal(self, stop: asyncio.Event) -> None:
        """Look through the journal once, beside everything else; a finding stops admission and is an alert."""
        finding = await self._journal.check()
        if finding is not None and not stop.is_set():
            log.error("journal_damaged", extra={"error": finding})

    # --- what people see ------------------------------------------------------------------------------------------

    def _admin_app(self) -> web.Application:
        config = self._config
        operations = Operations(
            journal=self._journal,
            counters=self._counters,
            clock=self._clock,
            version=__version__,
            started_at=self._clock.now(),
            probes=self._probes(),
            targets=Targets(
                names=frozenset(config.targets),
                trust=self._drop.trust,
                pause=self._drop.pause,
                resume=self._drop.resume,
                paused=self._paused,
                probe=self._probing.probe,
            ),
            replay=self._replay,
            site=config.site.name,
            zone=config.site.time_zone,
            access=parts.admin_access(config),
            folders=parts.folders(config),
            overdue=lambda now: overdue_of(limits_of(config), now),
            norce_is_away=lambda: self._norce is not None and self._norce.is_away,
            places=folders_of(config),
            quarantine=self._quarantine_acts(),
            order_acts=self._order_acts(),
            recording=Recording(self._receive.recorder.start, self._receive.recorder.since),
        )
        return build_app(operations)

    def _order_acts(self) -> OrderActs:
        acts, policy = self._drop.acts, self._config.norce.report_policy

        async def render_again(order_id: int, because: str, target: str) -> str:
            return await acts.render_again(order_id, because, self._intake.render_again, target)

        async def confirm(order_id: int, number: str, because: str, is_shared: bool) -> None:  # noqa: FBT001 - an act of ops
            await self._journal.acts.confirm(Confirmation(order_id, number, because, policy, is_shared))

        return OrderActs(acts.hold, acts.release, acts.resend, render_again, acts.abandon, confirm)

    def _quarantine_acts(self) -> FileActs:
        pickups = [parts.pickup(target) for target in self._config.targets.values()]
        quarantine = Quarantine(pickups, self._journal, self._clock, self._config.site.time_zone)
        return FileActs(quarantine.retry, quarantine.discard)

    def _probes(self) -> list[Probe]:
        async def recovered() -> ProbeResult:
            return ProbeResult(ok=self._is_ready, why="started" if self._is_ready else "starting or stopping")

        async def journal() -> ProbeResult:
            damage = self._journal.damage
            return ProbeResult(ok=damage is None, why=damage or "well", hint="restore a backup" if damage else "")

        async def targets() -> ProbeResult:
            paused = [f"{target}: {pause.text}" for target, pause in self._drop.pauses().items()]
            return ProbeResult(ok=not paused, why="; ".join(paused) or "no target is paused")

        async def inboxes() -> ProbeResult:
            troubles = [alert.text for alert in self._watch.findings()]
            manners = [f"{folder}: {words}" for folder, words in self._watch.manners().items()]
            return ProbeResult(ok=not troubles, why="; ".join(troubles or manners))

        return [
            Probe("started", stops_orders=True, ask=recovered),
            Probe("journal", stops_orders=True, ask=journal),
            Probe("targets", stops_orders=False, ask=targets),
            Probe("inboxes", stops_orders=False, ask=inboxes),
            *self._sftp.probes(),
        ]

    def _paused(self) -> list[Paused]:
        return [Paused(target, pause.reason, pause.since, pause.text) for target, pause in self._drop.pauses().items()]

    async def _replay(self, reject_id: int) -> str:
        return (await self._intake.replay(reject_id)).order_ref
