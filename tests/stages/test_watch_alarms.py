"""An inbox that nobody looks through, or of which the system tells nothing, is an alert as long as it lasts."""

import asyncio
import errno
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from watchdog.observers import Observer

from bridge.clock import SystemClock
from bridge.counters import Counters
from bridge.errors import ErrorName, TransientError
from bridge.formats import Format
from bridge.journal.conditions import Limits
from bridge.journal.records import AlertFound
from bridge.model import Reading
from bridge.stages.monitor.stage import Monitor, Sights
from bridge.stages.watch import events
from bridge.stages.watch.alarms import Alarms
from bridge.stages.watch.folder import WatchSettings
from bridge.stages.watch.stage import WatchStage
from tests.stages.watch_support import Yard, answer, journal, until, yard
from tests.support.clock import ManualClock
from tests.support.patience import PATIENCE_S

__all__ = ["journal", "yard"]

SOON = timedelta(seconds=0.2)
GONE = TransientError(
    "No such file or directory",
    name=ErrorName.FOLDER_MISSING,
    subject="/in",
    hint="make the folder again",
)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def alarms(yard: Yard, clock: ManualClock) -> Alarms:
    made = Alarms(yard.pickup, WatchSettings(), clock)
    made.note_look()
    return made


def kinds(found: list[AlertFound]) -> list[tuple[str, str]]:
    return [(one.kind, one.severity) for one in found]


def test_five_minutes_without_a_look_are_an_alert_until_the_next_one(alarms: Alarms, clock: ManualClock) -> None:
    alarms.note_trouble(GONE)
    clock.advance(5 * MINUTE - timedelta(seconds=1))
    before = alarms.findings()
    clock.advance(timedelta(seconds=1))
    during = alarms.findings()
    alarms.note_look()

    assert before == []
    assert kinds(during) == [("sweep_stalled", "page")]
    assert alarms.findings() == []


def test_the_alert_says_what_since_when_and_what_to_do_and_stays_the_same(alarms: Alarms, clock: ManualClock) -> None:
    alarms.note_trouble(GONE)
    clock.advance(5 * MINUTE)
    first = alarms.findings()
    clock.advance(60 * MINUTE)
    alarms.note_trouble(GONE)

    assert alarms.findings() == first
    assert "is not looked through: /in: No such file or directory (since 2026-03-02 09:00). " in first[0].text
    assert first[0].text.endswith("Do: make the folder again")


def test_a_look_that_never_ends_is_an_alert_too(alarms: Alarms, clock: ManualClock) -> None:
    clock.advance(5 * MINUTE)

    assert "the last look has not come to its end" in alarms.findings()[0].text


def test_a_rare_sweep_is_not_taken_for_none(yard: Yard, clock: ManualClock) -> None:
    alarms = Alarms(yard.pickup, WatchSettings(sweep=10 * MINUTE), clock)
    alarms.note_look()

    clock.advance(29 * MINUTE)
    assert alarms.findings() == []
    clock.advance(MINUTE)
    assert kinds(alarms.findings()) == [("sweep_stalled", "page")]


def test_a_minute_without_events_is_an_alert_from_when_they_failed(alarms: Alarms, clock: ManualClock) -> None:
    found = []
    for _ in range(5):
        alarms.note_look()
        alarms.note_hearing("inotify watch limit reached")
        found.append(alarms.findings())
        clock.advance(timedelta(seconds=15))
    alarms.note_look()
    healed_from = alarms.findings()
    alarms.note_hearing("")

    assert found[:4] == [[]] * 4
    assert kinds(found[4]) == [("watcher_down", "ticket")]
    assert healed_from == found[4]
    assert "inotify watch limit reached (since 2026-03-02 09:00). " in found[4][0].text
    assert alarms.findings() == []


def test_before_the_stage_runs_nothing_is_alarming(yard: Yard, clock: ManualClock) -> None:
    alarms = Alarms(yard.pickup, WatchSettings(), clock)
    clock.advance(60 * MINUTE)

    assert alarms.findings() == []


# The stage, and the monitor that asks it


@asynccontextmanager
async def watched(yard: Yard) -> AsyncIterator[WatchStage]:
    """The stage with small limits, and a monitor that looks on all the time."""
    sweep = timedelta(seconds=0.04)
    yard.settings = replace(yard.settings, sweep=sweep, stalled_after=SOON, deaf_after=SOON)
    async with yard.watching() as stage, asyncio.TaskGroup() as group:
        sights = Sights(Limits(), pauses=dict, others=stage.findings)
        monitor = Monitor(yard.journal, SystemClock(), Counters(), [], sights)
        looking = group.create_task(_look_on(monitor))
        try:
            yield stage
        finally:
            looking.cancel()


async def _look_on(monitor: Monitor) -> None:
    while True:
        await monitor.look()
        await asyncio.sleep(0.02)


async def alerts(yard: Yard) -> list[tuple[str, str, bool]]:
    rows = await yard.ask("SELECT kind, subject, closed_at IS NOT NULL FROM alerts ORDER BY id")
    return [(kind, subject, bool(is_over)) for kind, subject, is_over in rows]


async def until_alerts(yard: Yard, wanted: list[tuple[str, str, bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await alerts(yard) != wanted:  # noqa: ASYNC110 - rows give no event
            await asyncio.sleep(0.02)


async def test_a_missing_inbox_is_one_alert_that_ends_with_it(yard: Yard) -> None:
    folder = str(yard.inbox)
    await yard.admit("1")
    async with watched(yard):
        yard.inbox.rename(yard.root / "gone")
        await until_alerts(yard, [("sweep_stalled", folder, False)])
        await asyncio.sleep(2 * SOON.total_seconds())
        assert await alerts(yard) == [("sweep_stalled", folder, False)]
        (yard.root / "gone").rename(yard.inbox)
        await until_alerts(yard, [("sweep_stalled", folder, True)])
        yard.put("A.json", answer("1"))
        await until(yard.archived)

    [(text,)] = await yard.ask("SELECT text FROM alerts")
    assert "No such file or directory" in text
    assert "make the folder again" in text


async def test_an_inbox_at_rest_is_no_alert(yard: Yard) -> None:
    async with watched(yard):
        await asyncio.sleep(3 * SOON.total_seconds())

        assert await alerts(yard) == []


class Slow:
    """A format that takes its time with each file."""

    def __init__(self, format_: Format) -> None:
        self._format = format_
        self.is_whole = format_.is_whole

    def read(self, content: bytes) -> Reading:
        time.sleep(SOON.total_seconds() / 4)
        return self._format.read(content)


async def test_an_inbox_that_takes_long_to_work_through_is_no_alert(yard: Yard) -> None:
    yard.change(format=Slow(yard.pickup.format))
    for number in range(10):
        await yard.admit(str(number))
        yard.put(f"{number}.json", answer(str(number)))
    async with watched(yard):
        await until(lambda: len(yard.archived()) == 10)

        assert await alerts(yard) == []


async def test_two_targets_of_one_missing_inbox_are_one_alert(yard: Yard) -> None:
    yard.change(patterns=("A*",))
    yard.more = (replace(yard.pickup, target="other", patterns=("B*",)),)
    async with watched(yard) as stage:
        yard.inbox.rename(yard.root / "gone")
        await until_alerts(yard, [("sweep_stalled", str(yard.inbox), False)])

        assert len(stage.findings()) == 1


class Refusing(Observer):  # type: ignore[misc, valid-type]  # watchdog chooses the class at import
    """An observer that the system gives nothing, as long as ``error`` says so."""

    error: OSError | RuntimeError | None = None

    def start(self) -> None:
        if self.error is not None:
            raise self.error
        super().start()


REFUSALS = [
    OSError(errno.EMFILE, "inotify instance limit reached"),
    OSError(errno.ENOSPC, "inotify watch limit reached"),
    RuntimeError("can't start new thread"),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
async def test_a_dead_watcher_that_cannot_be_revived_is_an_alert_until_it_is(
    yard: Yard,
    monkeypatch: pytest.MonkeyPatch,
    refusal: OSError | RuntimeError,
) -> None:
    folder = str(yard.inbox)
    await yard.admit("1")
    monkeypatch.setattr(events, "Observer", Refusing)
    async with watched(yard):
        monkeypatch.setattr(Refusing, "error", refusal)
        await asyncio.to_thread(_kill_watchers)
        await until_alerts(yard, [("watcher_down", folder, False)])
        yard.put("A.json", answer("1"))
        await until(yard.archived)
        assert await alerts(yard) == [("watcher_down", folder, False)]
        monkeypatch.setattr(Refusing, "error", None)
        await until_alerts(yard, [("watcher_down", folder, True)])


async def test_a_dead_watcher_is_revived_and_nobody_is_woken(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "Observer", Refusing)
    await yard.admit("1")
    async with watched(yard):
        await asyncio.to_thread(_kill_watchers)
        await asyncio.sleep(3 * SOON.total_seconds())
        yard.put("A.json", answer("1"))
        await until(lambda: yard.counters.count("watcher_events_total", folder=str(yard.inbox)))
        await until(yard.archived)

        assert await alerts(yard) == []


def _kill_watchers() -> None:
    for thread in threading.enumerate():
        if isinstance(thread, Refusing):
            thread.stop()
            thread.join()
