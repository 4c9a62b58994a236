"""A clock that stands still until a test advances it."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class ManualClock:
    """Implements `bridge.clock.Clock`; whoever waits on it wakes when `advance` has passed the end of the wait."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._passed = timedelta()
        self._alarms: list[tuple[timedelta, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + self._passed

    def monotonic(self) -> float:
        return self._passed.total_seconds()

    async def wait(self, event: asyncio.Event, within: timedelta) -> bool:
        if event.is_set() or within <= timedelta():
            await asyncio.sleep(0)
            return event.is_set()
        alarm = asyncio.get_running_loop().create_future()
        entry = (self._passed + within, alarm)
        self._alarms.append(entry)
        signal = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait((signal, alarm), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._alarms.remove(entry)
            signal.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await signal
        return event.is_set()

    def advance(self, by: timedelta) -> None:
        """Moves both clocks; from the event loop's thread when anybody waits. Who is woken runs at the next await."""
        self._passed += by
        for due, alarm in self._alarms:
            if due <= self._passed and not alarm.done():
                alarm.set_result(None)

    def jump(self, by: timedelta) -> None:
        """Moves the wall clock only, as an administrator does who sets the time; nobody wakes."""
        self._start += by

    @property
    def waiters(self) -> int:
        """How many wait and have not been woken."""
        return sum(not alarm.done() for _, alarm in self._alarms)

    async def until_waiting(self, number: int = 1) -> None:
        """Returns once so many wait; a test then knows that its subject has come to rest."""
        while self.waiters < number:  # noqa: ASYNC110 - lets others run; no time passes
            await asyncio.sleep(0)
