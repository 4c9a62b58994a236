"""What the admin listener works with: everything it shows and every act it passes on, handed in by ``service.py``.

Not for: HTTP.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import ErrorName, PermanentError
from bridge.journal import Journal
from bridge.journal.reading import Overdue
from bridge.ops.documents import Paused
from bridge.ops.folders import TargetFolders
from bridge.ops.health import Probe

Act = Callable[[str, str], Awaitable[str | None]]
"""An act on a target: its name, and the reason that a person gave. May tell in words what became of it."""


def _nothing_overdue(now: datetime) -> tuple[Overdue, ...]:
    del now
    return ()


async def _no_probe(target: str) -> Mapping[str, object]:
    raise PermanentError(f"this bridge cannot probe {target}", name=ErrorName.STATE_FORBIDS)


@dataclass(frozen=True, slots=True)
class Targets:
    """The acts on targets; ``names`` are those of the settings. ``probe`` returns what it found as a document."""

    names: frozenset[str]
    trust: Act
    pause: Act
    resume: Act
    paused: Callable[[], Sequence[Paused]]
    probe: Callable[[str], Awaitable[Mapping[str, object]]] = _no_probe


OrderAct = Callable[[int, str, str], Awaitable[str]]
"""An act on an order's files: its id, the reason, the target or nothing. Returns in words what became of it."""


@dataclass(frozen=True, slots=True)
class OrderActs:
    """The acts on orders.

    ``confirm`` takes the order's id, the ERP's number, the reason, and whether it may be another order's number too.
    """

    hold: OrderAct
    release: OrderAct
    resend: OrderAct
    render_again: OrderAct
    abandon: Callable[[int, str], Awaitable[str]]
    confirm: Callable[[int, str, str, bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class FileActs:
    """The acts on files in quarantine: its name, the reason; ``retry`` also the id of the order it speaks of, if named.

    Each returns where the file is now.
    """

    retry: Callable[[str, str, int | None], Awaitable[str]]
    discard: Callable[[str, str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorder of raw requests: keep the next so many; what was kept after the first so many, as a document."""

    start: Callable[[int], None]
    since: Callable[[int], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Access:
    """Who may do what. ``hosts`` are names that a Host header may carry besides this machine's addresses.

    ``verify`` tells whether an ``Authorization`` header holds the right password; ``None``: no password is set.
    """

    hosts: frozenset[str] = frozenset()
    verify: Callable[[str], Awaitable[bool]] | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Operations:
    """A running bridge as people and machines see it.

    ``replay`` takes a kept body once more and returns the reference of the order it became; it raises a
    ``BridgeError`` when it still cannot. ``overdue`` tells, for a moment, when an order counts as overdue.
    ``norce_is_away`` tells whether Norce was away the last few times and is only probed.
    """

    journal: Journal
    counters: Counters
    clock: Clock
    version: str
    started_at: datetime
    probes: Sequence[Probe]
    targets: Targets
    replay: Callable[[int], Awaitable[str]]
    site: str = "erp-bridge"
    zone: tzinfo = UTC
    access: Access = Access()
    folders: Mapping[str, Path] = field(default_factory=dict)
    overdue: Callable[[datetime], tuple[Overdue, ...]] = _nothing_overdue
    norce_is_away: Callable[[], bool] = lambda: False
    places: Sequence[TargetFolders] = ()
    quarantine: FileActs | None = None
    order_acts: OrderActs | None = None
    recording: Recording | None = None
