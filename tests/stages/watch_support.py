"""An inbox with its journal, a watch stage that runs in the background, and an ERP that writes files."""

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlite_utils import Database

from bridge import formats
from bridge.clock import SystemClock
from bridge.counters import Counters
from bridge.journal import Journal
from bridge.journal.records import Admission, Body, DropResult, RenderedDrop
from bridge.stages.watch.stage import Pickup, WatchSettings, WatchStage
from bridge.states import DropState
from tests.support.patience import PATIENCE_S

FAST = timedelta(milliseconds=40)
ZONE = ZoneInfo("Europe/Stockholm")


def answer(ref: str, status: str = "confirmed", **facts: Any) -> bytes:
    """An acknowledgement as the shelf's json format reads it."""
    return (json.dumps({"order_ref": ref, "status": status} | facts) + "\n").encode()


@dataclass
class Yard:
    """One target's folders, the journal, and what the tests ask of both."""

    root: Path
    journal: Journal
    settings: WatchSettings = field(default_factory=lambda: WatchSettings(sweep=timedelta(seconds=0.3), zone=ZONE))
    counters: Counters = field(default_factory=Counters)

    def __post_init__(self) -> None:
        self.inbox = self.root / "inbox"
        self.more: tuple[Pickup, ...] = ()
        self.pickup = Pickup(
            target="erp",
            directory=self.inbox,
            archive=self.inbox / "archive",
            quarantine=self.inbox / "quarantine",
            format=formats.build("json", {}),
            quiet_for=FAST,
            patience=timedelta(seconds=0.4),
            max_file=100_000,
        )

    def change(self, **facts: Any) -> None:
        self.pickup = replace(self.pickup, **facts)

    def stage(self) -> WatchStage:
        return WatchStage([self.pickup, *self.more], self.journal, SystemClock(), self.counters, self.settings)

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[WatchStage]:
        """The stage at work; stopped at the end, and what it raised is raised."""
        stop, stage = asyncio.Event(), self.stage()
        async with asyncio.TaskGroup() as group:
            group.create_task(stage.run(stop))
            try:
                await stage.has_looked()
                yield stage
            finally:
                stop.set()

    async def admit(self, ref: str, state: DropState = DropState.PUBLISHED, target: str = "erp") -> int:
        """An order in the journal whose drop has come as far as ``state``."""
        drop = RenderedDrop(
            target=target,
            confirming=True,
            format="json",
            control=await self.journal.take_control(target),
            file_name=f"ORDERS_{ref}.json",
            staging_name=f"ORDERS_{ref}.json.part",
            marker_name="",
            content=b"{}",
        )
        admission = Admission(
            order_ref=ref,
            application="demo",
            fingerprint=hashlib.sha256(ref.encode()).hexdigest(),
            currency="SEK",
            amount="1.00",
            line_count=1,
            body=Body(b"{}", "application/json", "json"),
            request_id="r",
            received_at=SystemClock().now(),
            drops=(drop,),
        )
        admitted = await self.journal.admit(admission, keep_conflicts=True)
        for step in (DropState.STAGED, DropState.PUBLISHED):
            if state is DropState.QUEUED:
                break
            due = await self.journal.drops.due(target)
            await self.journal.drops.settle([DropResult(one, step) for one in due])
            if step is state:
                break
        return admitted.order_id

    async def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the journal."""

        def rows(db: Database) -> list[tuple[Any, ...]]:
            return list(db.execute(question, list(values)).fetchall())

        return await self.journal.read(rows)

    async def outcome(self, ref: str) -> str | None:
        rows = await self.ask("SELECT outcome FROM orders WHERE order_ref = ?", ref)
        return rows[0][0] if rows else None

    async def verdicts(self) -> list[str]:
        return [row[0] for row in await self.ask("SELECT verdict FROM acknowledgements ORDER BY id")]

    async def reports(self) -> list[str]:
        return [row[0] for row in await self.ask("SELECT status FROM reports ORDER BY id")]

    async def file_outcomes(self) -> list[str]:
        return [row[0] for row in await self.ask("SELECT outcome FROM inbox_files ORDER BY id")]

    def put(self, name: str, content: bytes) -> Path:
        """Write a file where nobody looks and rename it in, whole."""
        aside = self.root / "aside"
        aside.mkdir(exist_ok=True)
        (aside / "x").write_bytes(content)
        return (aside / "x").rename(self.inbox / name)

    def archived(self) -> list[str]:
        return sorted(path.name for path in (self.inbox / "archive").glob("*/*"))

    def quarantined(self) -> list[str]:
        folder = self.inbox / "quarantine"
        return sorted(path.name for path in folder.glob("[!.]*"))

    def note(self, name: str) -> str:
        return (self.inbox / "quarantine" / f"{name}.reason.txt").read_text(encoding="utf-8")

    def claims(self) -> list[Path]:
        return sorted(Path(place) / name for place, _, names in os.walk(self.inbox / ".work") for name in names)


def serve(root: str) -> None:
    """Watch until the process is killed."""
    asyncio.run(_serve(Path(root)))


async def _serve(root: Path) -> None:
    journal = Journal(root / "var" / "bridge.db", SystemClock(), durability="normal")
    await journal.open()
    yard = Yard(root, journal)
    yard.change(quiet_for=timedelta(milliseconds=1))
    await yard.stage().run(asyncio.Event())


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system."""
    there = Path("/dev/shm")  # noqa: S108 - another file system is the point
    if not there.is_dir() or there.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs /dev/shm to be a file system of its own")
    folder = Path(tempfile.mkdtemp(dir=there))
    yield folder
    shutil.rmtree(folder)


async def until(holds: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    """Return once ``holds`` is true; fail when that takes too long."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - another process's folder gives no event to wait for
            await asyncio.sleep(0.005)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = Journal(tmp_path / "var" / "bridge.db", SystemClock(), durability="normal")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def yard(tmp_path: Path, journal: Journal) -> Yard:
    made = Yard(tmp_path, journal)
    made.inbox.mkdir()
    return made
