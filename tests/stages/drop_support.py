"""A target with a real folder, and the stage that serves it."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bridge.counters import Counters
from bridge.journal import Journal
from bridge.retry import RetryPolicy
from bridge.stages.drop.stage import DropPoint, DropStage
from bridge.transports import folder
from tests.support.clock import ManualClock
from tests.support.tripwire import Tripwire

SECOND = timedelta(seconds=1)
PROBE = 10 * SECOND


@dataclass
class Yard:
    """One target `erp`: its folders, its transport with a tripwire, and stages made for it as at a start."""

    place: Path
    clock: ManualClock = field(default_factory=ManualClock)
    counters: Counters = field(default_factory=Counters)
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    def __post_init__(self) -> None:
        self.outbox = self.place / "outbox"
        self.staging = self.outbox / ".staging"
        self.wire = self.new_wire()

    def new_wire(self) -> Tripwire:
        self.wire = Tripwire(folder.build(folder.Options(directory=self.outbox, staging=self.staging)))
        return self.wire

    def stage(self, journal: Journal, *others: DropPoint) -> DropStage:
        points = [DropPoint("erp", self.wire, "delimited"), *others]
        return DropStage(points, journal, self.clock, self.counters, self.retry)

    def finals(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.outbox.iterdir() if path.is_file()}

    def staged(self) -> set[str]:
        return {path.name for path in self.staging.iterdir() if not path.name.startswith(".bridge")}


class Gate:
    """A place where somebody is stopped until the test lets them on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, _: object) -> None:
        self.reached.set()
        await self.opened.wait()
