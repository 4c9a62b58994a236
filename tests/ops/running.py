"""A running bridge as the admin listener sees it: a real journal, and acts that only note what was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient

from bridge.counters import Counters
from bridge.errors import ErrorName, PermanentError
from bridge.journal import Journal
from bridge.journal.conditions import Limits, TargetLimits
from bridge.ops.documents import Paused
from bridge.ops.health import Probe, ProbeResult
from bridge.ops.limits import overdue_of
from bridge.ops.operations import Operations, Targets
from tests.support.clock import START, ManualClock

Client = TestClient[Any, Any]
LIMITS = Limits(targets={"erp": TargetLimits(timedelta(minutes=30), timedelta(hours=4))})


@dataclass
class Running:
    """What the admin app is built from, and what it asked for."""

    journal: Journal
    clock: ManualClock
    folder: Path
    counters: Counters = field(default_factory=Counters)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    paused: list[Paused] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)

    def operations(self, **changed: Any) -> Operations:
        made = Operations(
            journal=self.journal,
            counters=self.counters,
            clock=self.clock,
            version="0.1.0",
            started_at=START,
            probes=self.probes,
            targets=Targets(
                frozenset({"erp"}), self._act("trust"), self._act("pause"), self._act("resume"), lambda: self.paused
            ),
            replay=self._replay,
            site="Demo <shop>",
            folders={"journal": self.folder},
            overdue=lambda now: overdue_of(LIMITS, now),
        )
        return replace(made, **changed)

    def _act(self, name: str) -> Callable[[str, str], Any]:
        async def act(target: str, because: str) -> None:
            self.asked.append((name, target, because))

        return act

    async def _replay(self, number: int) -> str:
        self.asked.append(("replay", str(number)))
        if number > 1:
            raise PermanentError("Items[2].PartNo is empty", name=ErrorName.ORDER_INVALID, hint="mend it")
        return "48447"


def probe(name: str, *, ok: bool, stops_orders: bool = True) -> Probe:
    async def ask() -> ProbeResult:
        return ProbeResult(ok, "as seen")

    return Probe(name, stops_orders, ask)
