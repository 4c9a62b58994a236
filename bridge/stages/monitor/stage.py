"""Stage *monitor*: looks on, and sees to it that nothing that is owed waits unseen (invariant 12).

Not for: mending anything. One alert an outage: raised, repeated while it lasts, closed with it.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from bridge.channels import Act, Channel, Notice
from bridge.clock import Clock
from bridge.counters import Counters
from bridge.journal import Journal, Topic, refused
from bridge.journal.conditions import Condition, Finding, Limits, alarming
from bridge.journal.records import AlertFound, AlertToTell
from bridge.stages.courier import carry, keep_looking
from bridge.stages.monitor.telling import Listener
from bridge.stages.monitor.words import alert_of, what_of
from bridge.states import Pause

EVERY = timedelta(seconds=5)
LEAST_FREE_BYTES = 1_000_000_000


def _nothing() -> Sequence[AlertFound]:
    return ()


@dataclass(frozen=True, slots=True)
class Sights:
    """Where the monitor looks besides the journal, and from when on it is alarmed.

    ``damage`` tells what a check of the journal found; ``others`` are alarms that other stages know of.
    """

    limits: Limits
    pauses: Callable[[], Mapping[str, Pause]]
    repeat: timedelta = timedelta(hours=4)
    zone: tzinfo = UTC
    folders: Mapping[str, Path] = field(default_factory=dict)
    damage: Callable[[], str | None] = lambda: None
    others: Callable[[], Sequence[AlertFound]] = _nothing


class Monitor:
    """Compares what is alarming with the open alerts every few seconds, and tells the channels."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        counters: Counters,
        channels: Sequence[Channel],
        sights: Sights,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._listeners = [Listener(channel, counters) for channel in channels]
        self._sights = sights
        self._compared: list[AlertFound] | None = None
        self._since: dict[tuple[Condition, str], datetime] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Look on until ``stop``."""
        with self._journal.listen(Topic.ALERTS) as wake:
            await keep_looking(self._carefully, wake, stop, self._clock)

    async def _carefully(self) -> timedelta:
        return await carry(self.look, lambda _: EVERY, stage="monitor")

    async def look(self) -> timedelta:
        """One look: raise, renew and close alerts, then tell what is to be told. Returns when to look again."""
        found = await self._found()
        if found != self._compared:
            await self._journal.compare_alerts(found)
            self._compared = found
        await self._tell()
        return EVERY

    async def _found(self) -> list[AlertFound]:
        now = self._clock.now()
        sights = self._sights
        findings = [
            *await self._journal.read(lambda db: alarming(db, sights.limits, now)),
            *self._paused(),
            *self._with_memory([*await asyncio.to_thread(self._disks, now), *self._damaged(now)]),
        ]
        refusals = await self._journal.read(refused.shown)
        return [*(alert_of(finding, sights.zone) for finding in findings), *refusals, *sights.others()]

    def _paused(self) -> list[Finding]:
        pauses = self._sights.pauses()
        return [
            Finding(Condition.TARGET_PAUSED, target, pause.since, 1, f"{pause.reason}: {pause.text}")
            for target, pause in sorted(pauses.items())
        ]

    def _with_memory(self, findings: Sequence[Finding]) -> list[Finding]:
        """The same, each since it was first seen; what is over is forgotten."""
        before = self._since
        self._since = {(one.condition, one.subject): one.since for one in findings}
        self._since |= {key: since for key, since in before.items() if key in self._since}
        return [replace(one, since=self._since[one.condition, one.subject]) for one in findings]

    def _disks(self, now: datetime) -> list[Finding]:
        """One finding a disk, under the first folder that lies on it; a folder that is gone is another's finding."""
        seen: set[int] = set()
        found = []
        for name, folder in self._sights.folders.items():
            try:
                device, free = folder.stat().st_dev, shutil.disk_usage(folder).free
            except OSError:
                continue
            if device not in seen and free < LEAST_FREE_BYTES:
                # counted in steps of 100 MB, so that the text does not change at each look
                found.append(Finding(Condition.DISK_LOW, name, now, free // 100_000_000, str(folder)))
            seen.add(device)
        return found

    def _damaged(self, now: datetime) -> list[Finding]:
        damage = self._sights.damage()
        return [Finding(Condition.JOURNAL_DAMAGED, "journal", now, 1, damage)] if damage else []

    async def _tell(self) -> None:
        """Tell every channel; what none could be told comes again at the next look."""
        alerts = await self._journal.alerts_to_tell(self._sights.repeat)
        news = {alert.id: _notice(alert) for alert in alerts}
        heard: set[int] = set()
        for listener in self._listeners:
            heard |= await listener.tell(news, self._clock.monotonic())
        told = [alert for alert in alerts if alert.id in heard]
        if told:
            await self._journal.note_told(told)


def _notice(alert: AlertToTell) -> Notice:
    text = what_of(alert.text) if alert.is_closing else alert.text
    return Notice(_act(alert), alert.kind, alert.subject, alert.severity, text, alert.raised_at)


def _act(alert: AlertToTell) -> Act:
    if alert.is_closing:
        return Act.CLOSED
    return Act.REPEATED if alert.told else Act.RAISED
