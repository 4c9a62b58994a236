"""Nightly copies of the journal: one a day at about three in the morning, the oldest removed.

Not for: making the copy (``journal/backup.py``) or putting one back.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path

from bridge.clock import Clock
from bridge.errors import BridgeError
from bridge.journal import Journal
from bridge.journal.records import AlertFound
from bridge.stages.courier import carry, keep_looking

BEGINS, ENDS = time(3), time(5)
OVERDUE = timedelta(hours=26)
"""Copies that a night without the bridge left out are made up for at any hour."""
EVERY = timedelta(minutes=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Copies:
    """Where copies lie and how many stay; ``zone`` is that of the night."""

    folder: Path
    keep: int
    zone: tzinfo


class Keeping:
    """Makes the copies, and says so when it cannot."""

    def __init__(self, journal: Journal, clock: Clock, copies: Copies) -> None:
        self._journal = journal
        self._clock = clock
        self._copies = copies
        self._failed: BridgeError | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Keep copies until ``stop``."""
        await keep_looking(self._carefully, asyncio.Event(), stop, self._clock)

    async def _carefully(self) -> timedelta:
        return await carry(self.look, self._stumble, stage="keeping")

    async def look(self) -> timedelta:
        """Copy the journal if it is time, never twice a day. Returns when to look again."""
        local = self._clock.now().astimezone(self._copies.zone)
        names = await asyncio.to_thread(self._names)
        if not is_due(local, names):
            return EVERY
        destination = self._copies.folder / name_of(local)
        await self._journal.copy(destination)
        await asyncio.to_thread(self._remove_old)
        self._failed = None
        log.info("backup_made", extra={"stage": "keeping", "file": str(destination)})
        return EVERY

    def _stumble(self, error: BridgeError) -> timedelta:
        self._failed = error
        log.warning("backup_failed", extra={"stage": "keeping", "error": error.message, "hint": error.hint})
        return EVERY

    def findings(self) -> Sequence[AlertFound]:
        """The alert that copies fail, while they do."""
        if self._failed is None:
            return ()
        text = f"{self._failed.line()}. Without copies a broken disk takes the journal with it"
        return (AlertFound("backup_failed", str(self._copies.folder), "ticket", text),)

    def _names(self) -> list[str]:
        try:
            names = [path.name for path in self._copies.folder.iterdir()]
        except OSError:
            return []  # not made yet; if it cannot be made, the copy says so
        return sorted(name for name in names if day_of(name))

    def _remove_old(self) -> None:
        for name in self._names()[: -self._copies.keep]:
            (self._copies.folder / name).unlink(missing_ok=True)


def name_of(local: datetime) -> str:
    """The name of a day's copy."""
    return f"bridge-{local:%Y-%m-%d}.db"


def day_of(name: str) -> datetime | None:
    """The day in a copy's name; ``None`` for any other name."""
    try:
        return datetime.strptime(name, "bridge-%Y-%m-%d.db")  # noqa: DTZ007 - a day of the site's zone
    except ValueError:
        return None


def is_due(local: datetime, names: Sequence[str]) -> bool:
    """Whether a copy is to be made now, by the copies that are there."""
    if name_of(local) in names:
        return False
    days = [day for day in map(day_of, names) if day is not None]
    newest = max(days, default=None)
    missed = newest is not None and local.replace(tzinfo=None) - datetime.combine(newest, BEGINS) > OVERDUE
    return BEGINS <= local.time() < ENDS or missed
