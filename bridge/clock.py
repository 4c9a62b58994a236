"""Time as the rooms see it: wall clock, monotonic clock and waiting, handed in so that tests can advance it.

Not for: formatting times for people (that belongs to whoever shows them).
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What stages ask of time. Two exist: the system's, and one that tests advance by hand."""

    def now(self) -> datetime:
        """The wall clock, aware and in UTC; for display and for times kept in the journal."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; for durations."""
        ...

    async def wait(self, event: asyncio.Event, within: timedelta) -> bool:
        """Return true once ``event`` is set, false when ``within`` has passed first."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, within: timedelta) -> bool:
        """Return true once ``event`` is set, false when ``within`` has passed first."""
        try:
            async with asyncio.timeout(max(0.0, within.total_seconds())):
                await event.wait()
        except TimeoutError:
            return event.is_set()
        return True


def iso(moment: datetime) -> str:
    """A moment as it is kept and shown to machines: RFC 3339, UTC, microseconds, ``Z``; sorts as text."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def from_iso(text: str) -> datetime:
    """The moment that :func:`iso` wrote."""
    return datetime.fromisoformat(text)
