"""Examines each target's place about three each night and when a person asks, and tells what changed since last time.

Not for: the examination itself, which is handed in, nor for pausing a target; the drop stage does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any

from bridge.clock import Clock
from bridge.journal import Journal
from bridge.journal.records import AlertFound
from bridge.stages.courier import carry, keep_looking
from bridge.transports import Change, Findings, changes, document, findings_in

BEGINS, ENDS = time(3), time(5)
OVERDUE = timedelta(hours=26)
"""A night without the bridge is made up for at any hour; so is a target that was never examined."""
FIRST_AFTER = timedelta(minutes=1)
EVERY = timedelta(minutes=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Examined:
    """The targets and how each is examined; ``paused`` are those that are left alone now. ``zone``: the night's."""

    targets: Sequence[str]
    examine: Callable[[str], Awaitable[Findings]]
    paused: Callable[[], Container[str]]
    zone: tzinfo


class Probing:
    """Keeps what was found, and raises an alert where something that matters is another than last time."""

    def __init__(self, journal: Journal, clock: Clock, examined: Examined) -> None:
        self._journal = journal
        self._clock = clock
        self._examined = examined
        self._one_at_a_time = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Examine every night until ``stop``. Not in the first minute: a start has other work."""
        if not await self._clock.wait(stop, FIRST_AFTER):
            await keep_looking(self.look, asyncio.Event(), stop, self._clock)

    async def look(self) -> timedelta:
        """Examine each target whose time it is. Returns when to look again."""
        for target in self._examined.targets:
            await carry(partial(self._look_at, target), lambda _: None, target=target, stage="probing")
        return EVERY

    async def _look_at(self, target: str) -> None:
        before = await self._journal.last_probe(target)
        zone = self._examined.zone
        now, last = self._clock.now().astimezone(zone), before.at.astimezone(zone) if before else None
        if target not in self._examined.paused() and is_due(now, last):
            await self.probe(target)

    async def probe(self, target: str) -> dict[str, Any]:
        """Examine one target now; what was found, as a document. It is kept unless trouble ended it early."""
        async with self._one_at_a_time:
            found = await self._examined.examine(target)
            before = await self._journal.last_probe(target)
            changed = changes(findings_in(before.findings), found) if before and found.trouble is None else []
            if found.trouble is None:
                alert = (
                    _alert(target, changed, before.at.astimezone(self._examined.zone)) if before and changed else None
                )
                await self._journal.keep_probe(target, found.text(), alert)
        self._tell(target, found, changed)
        return {**document(target, found, self._clock.now(), changed), "kept": found.trouble is None}

    def _tell(self, target: str, found: Findings, changed: Sequence[Change]) -> None:
        about = {"target": target, "stage": "probing"}
        if found.trouble is not None:
            log.warning("target_not_examined", extra={**about, "error": found.trouble.what, "hint": found.trouble.hint})
            return
        log.info("target_examined", extra={**about, "detail": found.strategy.value})
        if changed:
            log.warning("target_changed", extra={**about, "detail": _listed(changed)})


def is_due(now: datetime, last: datetime | None) -> bool:
    """Whether a target is to be examined now; times of the site's zone."""
    if last is None or now - last > OVERDUE:
        return True
    begin = now.replace(hour=BEGINS.hour, minute=0, second=0, microsecond=0)
    return BEGINS <= now.time() < ENDS and last < begin


def _alert(target: str, changed: Sequence[Change], since: datetime) -> AlertFound:
    text = (
        f"The place of target {target} is not as it was on {since:%Y-%m-%d %H:%M}: {_listed(changed)}. "
        f"The bridge goes by what it found now; the ERP may not expect it. "
        f"Do: ask whoever runs the server or the share; erp-bridge target probe {target} shows everything"
    )
    return AlertFound("target_changed", target, "ticket", text)


def _listed(changed: Sequence[Change]) -> str:
    return "; ".join(one.line() for one in changed)
