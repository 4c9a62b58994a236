"""An inbox of which no events come is found out, told once, looked through more often, and trusted again afterwards."""

import asyncio
import logging
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from watchdog.observers import Observer

from bridge.stages.watch import events
from bridge.stages.watch.hearing import IN_A_ROW
from bridge.stages.watch.stage import Method
from tests.stages.watch_support import Yard, answer, journal, until, yard
from tests.support.needs import needs
from tests.transports.sshd import Sshd

__all__ = ["journal", "yard"]

SWEEP = timedelta(seconds=0.25)
EVENTS = ("inbox_polled", "inbox_events_back")


class Deaf(Observer):  # type: ignore[misc, valid-type]  # watchdog chooses the class at import
    """An observer that lives and hears nothing, as on a share, as long as ``is_deaf``."""

    is_deaf = True

    def dispatch_events(self, event_queue: object) -> None:
        if self.is_deaf:
            self.event_queue.get()
        else:
            super().dispatch_events(event_queue)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> type[Deaf]:
    monkeypatch.setattr(events, "Observer", Deaf)
    monkeypatch.setattr(Deaf, "is_deaf", True)
    monkeypatch.setattr("bridge.stages.watch.hearing._GRACE_S", 0.7)
    return Deaf


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.getMessage() in EVENTS]


def level(yard: Yard, name: str) -> float:
    return next((value for found, _, value in yard.counters.levels() if found == name), -1.0)


def finds(yard: Yard) -> float:
    return yard.counters.count("sweep_finds_total", folder=str(yard.inbox))


async def bring(yard: Yard, *numbers: int) -> None:
    """Answers one after the other, each in a sweep of its own, until all are taken."""
    wanted = len(yard.archived()) + len(numbers)
    for number in numbers:
        yard.put(f"{number}.json", answer(str(number)))
        await asyncio.sleep(1.2 * SWEEP.total_seconds())
    await until(lambda: len(yard.archived()) == wanted)


async def test_a_folder_without_events_is_found_out_told_once_and_trusted_again(
    yard: Yard, deaf: type[Deaf], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bridge")
    yard.settings = replace(yard.settings, sweep=SWEEP)
    for number in range(1, 12):
        await yard.admit(str(number))

    async with yard.watching() as stage:
        await bring(yard, 1, 2, 3, 4)
        await until(lambda: level(yard, "inbox_polled") == 1)
        while_silent = stage.manners()[str(yard.inbox)]
        found_by_sweep = finds(yard)
        up = level(yard, "watcher_up")
        deaf.is_deaf = False
        await bring(yard, *range(5, 12))
        await until(lambda: level(yard, "inbox_polled") == 0)
        afterwards = stage.manners()[str(yard.inbox)]

    assert told(caplog) == ["inbox_polled", "inbox_events_back"]
    assert found_by_sweep >= IN_A_ROW
    assert up == 1
    assert while_silent == "looked through every 0.25 s: no event told of files in 3 looks that found some"
    assert afterwards == "events come, looked through every 0.25 s"


async def test_where_events_are_asked_for_nothing_stands_in_for_them(
    yard: Yard, deaf: type[Deaf], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bridge")
    yard.settings = replace(yard.settings, sweep=SWEEP, method=Method.EVENTS)
    for number in range(1, 6):
        await yard.admit(str(number))

    async with yard.watching():
        await bring(yard, 1, 2, 3, 4, 5)
        await until(lambda: finds(yard) >= IN_A_ROW)

    assert deaf.is_deaf
    assert told(caplog) == []
    assert level(yard, "inbox_polled") == 0


@contextmanager
def mounted(server: Sshd, source: Path, place: Path) -> Iterator[None]:
    """The server's folder at ``place``, as a share of another machine would be."""
    place.mkdir()
    options = server.options(directory=str(source))
    said = subprocess.run(
        [
            "sshfs",
            f"{options.username}@127.0.0.1:{source}",
            place,
            *("-p", str(server.port)),
            *("-o", f"IdentityFile={server.place / 'user_key'},IdentitiesOnly=yes,BatchMode=yes"),
            *("-o", "StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null,LogLevel=ERROR"),
            *("-o", "dir_cache=no,attr_timeout=0,entry_timeout=0"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=8,
    )
    if said.returncode:
        pytest.skip(f"needs the right to mount with FUSE: {said.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run([shutil.which("fusermount3") or "fusermount", "-u", "-z", place], check=True)


@needs("sshfs", "sshd", "ssh-keygen")
async def test_a_real_share_is_looked_through_from_the_start_and_nothing_is_lost(
    yard: Yard, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bridge")
    behind, share = tmp_path / "behind", tmp_path / "share"
    (behind / "inbox").mkdir(parents=True)
    yard.settings = replace(yard.settings, sweep=SWEEP)
    yard.inbox = share / "inbox"
    yard.change(directory=yard.inbox, archive=yard.inbox / "archive", quarantine=yard.inbox / "quarantine")
    for number in range(1, 4):
        await yard.admit(str(number))
    server = Sshd(tmp_path)
    try:
        with mounted(server, behind, share):
            async with yard.watching() as stage:
                polled_at_once = level(yard, "inbox_polled")
                for number in range(1, 4):
                    (behind / "inbox" / f"{number}.part").write_bytes(answer(str(number)))
                    (behind / "inbox" / f"{number}.part").rename(behind / "inbox" / f"{number}.json")
                    await until(lambda: len(yard.archived()) == number, within_s=9)  # noqa: B023 - called at once
                manner = stage.manners()[str(yard.inbox)]
            heard = yard.counters.count("watcher_events_total", folder=str(yard.inbox))
    finally:
        server.close()

    assert polled_at_once == 1
    assert told(caplog) == ["inbox_polled"]
    assert "fuse.sshfs does not tell what other machines write" in manner
    assert heard == 0
    assert [await yard.outcome(str(number)) for number in range(1, 4)] == ["confirmed"] * 3
