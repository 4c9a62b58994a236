"""Nightly examinations: kept, compared with the last one, and a change that matters told once with old and new."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from asyncssh import sftp as asftp

from bridge.counters import Counters
from bridge.journal import Journal
from bridge.journal.records import AlertToTell
from bridge.retry import RetryPolicy
from bridge.stages.drop.stage import DropPoint, DropStage
from bridge.stages.monitor.probing import EVERY, FIRST_AFTER, Examined, Probing, is_due
from bridge.transports import Surroundings, Transport, examined, folder, sftp
from tests.support import journals
from tests.support.clock import ManualClock
from tests.support.journals import admit, drop_state, rows
from tests.support.running import at_rest, running
from tests.transports.odd_server import Manner, World, serving

STOCKHOLM = ZoneInfo("Europe/Stockholm")
REPEAT = timedelta(hours=4)


@dataclass
class Bridge:
    """The drop stage of one target at work, and what examines it."""

    journal: Journal
    stage: DropStage
    probing: Probing
    clock: ManualClock

    async def told(self) -> list[AlertToTell]:
        return await self.journal.alerts_to_tell(REPEAT)

    async def kept(self) -> int:
        return len(await rows(self.journal, "SELECT id FROM probes"))


@asynccontextmanager
async def at_work(place: Path, transport: Transport) -> AsyncIterator[Bridge]:
    clock = ManualClock(datetime(2026, 3, 2, 13, tzinfo=UTC))
    inbox = place / "inbox"
    inbox.mkdir(exist_ok=True)
    async with journals.opened(place / "var", clock) as journal:
        points = [DropPoint("erp", transport, "delimited")]
        stage = DropStage(points, journal, clock, Counters(), RetryPolicy())
        around = Surroundings(inbox, has_marker=False)
        looked = Examined(["erp"], lambda name: examined(stage.examine(name), around), stage.pauses, STOCKHOLM)
        async with running(stage.run):
            await at_rest(clock)
            yield Bridge(journal, stage, Probing(journal, clock, looked), clock)


def local(place: Path) -> Transport:
    return folder.build(folder.Options(directory=place / "outbox", staging=place / "outbox" / ".staging"))


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        ("2026-03-02 14:00", None, True),
        ("2026-03-02 14:00", "2026-03-02 13:00", False),
        ("2026-03-02 02:59", "2026-03-01 14:00", False),
        ("2026-03-02 03:00", "2026-03-01 14:00", True),
        ("2026-03-02 03:00", "2026-03-02 02:50", True),
        ("2026-03-02 03:10", "2026-03-02 03:00", False),
        ("2026-03-02 14:00", "2026-03-01 03:00", True),
        ("2026-03-29 03:00", "2026-03-28 03:00", True),
    ],
)
def test_a_target_is_examined_each_night_or_when_one_was_missed(now: str, last: str | None, *, due: bool) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=STOCKHOLM)
    before = datetime.fromisoformat(last).replace(tzinfo=STOCKHOLM) if last else None

    assert is_due(at, before) is due


async def test_a_server_that_loses_posix_rename_is_told_with_old_and_new_and_orders_go_the_new_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    async with serving(world, monkeypatch), at_work(tmp_path, sftp.build(world.options())) as bridge:
        first = await bridge.probing.probe("erp")
        before = await bridge.told()
        world.manner = Manner(posix=False)
        announced = [one for one in vars(asftp.SFTPServerHandler)["_extensions"] if b"posix-rename" not in one[0]]
        monkeypatch.setattr(asftp.SFTPServerHandler, "_extensions", announced)
        world.cut_at, world.how = world.requests + 1, "before"
        second = await bridge.probing.probe("erp")
        (alert,) = await bridge.told()
        await admit(bridge.journal)
        await at_rest(bridge.clock)
        pushed = await drop_state(bridge.journal)

    assert (first["strategy"], first["changed"], before) == ("posix_rename", [], [])
    assert second["strategy"] == "plain_rename"
    assert (alert.kind, alert.subject, alert.severity) == ("target_changed", "erp", "ticket")
    assert "posix-rename: announced, now not announced" in alert.text
    assert "look, then atomic rename (posix-rename), now look, then plain rename" in alert.text
    assert "on 2026-03-02 14:00" in alert.text
    assert pushed == "published"


async def test_a_change_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)

    async with serving(world, monkeypatch), at_work(tmp_path, sftp.build(world.options())) as bridge:
        await bridge.probing.probe("erp")
        world.manner = Manner(by_copy=True)
        for _ in range(2):
            await bridge.probing.probe("erp")
        alerts = await bridge.told()

    assert ["a taken name: refused, now replaced" in alert.text for alert in alerts] == [True]


async def test_targets_are_examined_after_the_start_and_each_night_but_not_while_they_are_paused(
    tmp_path: Path,
) -> None:
    async with at_work(tmp_path, local(tmp_path)) as bridge, running(bridge.probing.run):
        await at_rest(bridge.clock, 2)
        counts = [await bridge.kept()]
        for wait in (FIRST_AFTER, *[EVERY] * 2, timedelta(hours=13), *[EVERY] * 3):
            bridge.clock.advance(wait)
            await at_rest(bridge.clock, 2)
            counts.append(await bridge.kept())
        await bridge.stage.pause("erp", "stocktaking")
        bridge.clock.advance(timedelta(days=1))
        await at_rest(bridge.clock, 2)
        paused = await bridge.kept()

    assert counts == [0, 1, 1, 1, 2, 2, 2, 2]
    assert paused == 2


async def test_what_trouble_cut_short_is_not_kept_and_the_last_good_one_still_counts(tmp_path: Path) -> None:
    async with at_work(tmp_path, local(tmp_path)) as bridge:
        await bridge.probing.probe("erp")
        (tmp_path / "outbox").rename(tmp_path / "elsewhere")
        away = await bridge.probing.probe("erp")
        kept = await bridge.kept()
        (tmp_path / "elsewhere").rename(tmp_path / "outbox")
        back = await bridge.probing.probe("erp")
        alerts = [alert.kind for alert in await bridge.told()]

    assert (away["error"], away["ok"], away["kept"], kept) == ("folder_missing", False, False, 1)
    assert (back["ok"], back["kept"], back["changed"]) == (True, True, [])
    assert "target_changed" not in alerts


async def test_a_month_of_examinations_is_kept(tmp_path: Path) -> None:
    async with journals.opened(tmp_path) as journal:
        for number in range(35):
            await journal.keep_probe("erp", str(number), None)
            await journal.keep_probe("wms", str(number), None)
        last = await journal.last_probe("erp")
        counts = await rows(journal, "SELECT target, count(*), min(id) FROM probes GROUP BY target")

    assert last is not None
    assert last.findings == "34"
    assert [(target, count) for target, count, _ in counts] == [("erp", 30), ("wms", 30)]
