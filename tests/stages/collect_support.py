"""A target on a server with its drop, collect and watch stages, a clock that tests advance, and the ERP's answers."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge import formats
from bridge.counters import Counters
from bridge.journal import Journal
from bridge.retry import RetryPolicy
from bridge.stages.collect.stage import CollectPoint, CollectStage, Links
from bridge.stages.collect.steady import Rule
from bridge.stages.drop.stage import DropPoint, DropStage
from bridge.stages.watch.stage import Finish, Method, Pickup, WatchSettings, WatchStage
from bridge.transports import Transport, pickup_of
from tests.support import journals
from tests.support.clock import ManualClock
from tests.support.journals import admit, rows
from tests.support.running import at_rest, running

POLL = timedelta(seconds=5)
QUIET = timedelta(seconds=2)


def answer(ref: str, number: int = 1) -> bytes:
    """A confirmation as the shelf's json format reads it."""
    return (json.dumps({"order_ref": ref, "status": "confirmed", "erp_order_no": f"SO-{number}"}) + "\n").encode()


def with_seconds(path: Path) -> Path:
    """The file, its time no whole minute: a server that shows nothing else is thought to tell no seconds."""
    facts = path.stat()
    if int(facts.st_mtime) % 60 == 0:
        os.utime(path, (facts.st_atime, facts.st_mtime + 1))
    return path


@dataclass
class Yard:
    """The folders of one target; its three stages run for as long as :meth:`at_work`."""

    place: Path
    transport: Transport
    rule: Rule = field(default_factory=Rule)
    point: dict[str, Any] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=ManualClock)
    counters: Counters = field(default_factory=Counters)

    def __post_init__(self) -> None:
        self.inbox = self.place / "inbox"
        self.inbox.mkdir(exist_ok=True)
        self.answers = self.place / "answers"
        self.answers.mkdir(exist_ok=True)

    @asynccontextmanager
    async def at_work(self, *, is_watching: bool = True) -> AsyncIterator[Journal]:
        async with journals.opened(self.place / "var", self.clock) as journal:
            self.drop = DropStage(
                [DropPoint("erp", self.transport, "json")], journal, self.clock, self.counters, RetryPolicy()
            )
            watch = WatchStage([self._pickup()], journal, self.clock, self.counters, WatchSettings(method=Method.POLL))
            links = Links(self.drop.is_open, self.drop.leave_alone, watch.look_soon)
            self.collect = CollectStage([self._point()], journal, self.clock, self.counters, links)
            stages = [self.drop.run, self.collect.run, *([watch.run] if is_watching else [])]
            self._loops = len(stages)
            async with running(lambda stop: _all(stages, stop)):
                await self.rest()
                yield journal

    async def rest(self) -> None:
        await at_rest(self.clock, self._loops)

    async def pass_time(self, seconds: float = 15.0, step: float = 2.5) -> None:
        """Let so much time go by, in steps; everybody comes to rest after each."""
        for _ in range(round(seconds / step)):
            self.clock.advance(timedelta(seconds=step))
            await self.rest()

    def put(self, name: str, content: bytes) -> Path:
        path = self.answers / name
        path.write_bytes(content)
        return with_seconds(path)

    def left(self) -> list[str]:
        return sorted(path.name for path in self.answers.iterdir())

    def arrived(self) -> dict[str, bytes]:
        """What lies in the inbox itself, whatever its name; the folders of the stage *watch* left out."""
        return {path.name: path.read_bytes() for path in self.inbox.iterdir() if path.is_file()}

    def told(self) -> list[str]:
        return [alert.kind for alert in self.collect.findings()]

    def _point(self) -> CollectPoint:
        pickup = pickup_of(self.transport)
        assert pickup is not None
        point = CollectPoint("erp", pickup, self.inbox, formats.build("json", {}), rule=self.rule, poll=POLL)
        return replace(point, **self.point)

    def _pickup(self) -> Pickup:
        return Pickup(
            target="erp",
            directory=self.inbox,
            archive=self.inbox / "archive",
            quarantine=self.inbox / "quarantine",
            format=formats.build("json", {}),
            finished=Finish(self.rule.finished),
            marker=self.rule.marker,
            patterns=self.point.get("patterns", ("*",)),
        )


async def _all(stages: Sequence[Any], stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        for run in stages:
            group.create_task(run(stop))


async def admit_all(journal: Journal, refs: Sequence[str]) -> None:
    for ref in refs:
        await admit(journal, ref)


async def outcomes(journal: Journal) -> dict[str, str | None]:
    return dict(await rows(journal, "SELECT order_ref, outcome FROM orders ORDER BY id"))


async def effects(journal: Journal) -> list[tuple[str, int]]:
    """How often an acknowledgement had an effect on each order, and a report was owed."""
    return await rows(
        journal,
        """
        SELECT o.order_ref, (SELECT count(*) FROM reports r WHERE r.order_id = o.id) FROM orders o ORDER BY o.id""",
    )
