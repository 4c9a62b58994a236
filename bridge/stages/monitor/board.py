"""``inbox/STATUS.txt``: a few plain lines for whoever looks into the folder and at nothing else.

Not for: machines, nor alerts. It is written by us and never read; trouble with it troubles nobody.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from bridge import naming
from bridge.clock import Clock
from bridge.journal import Journal, overview, reading, recent
from bridge.journal.reading import OrderFilter
from bridge.journal.recent import LastAnswer
from bridge.journal.rows import TargetRow
from bridge.stages.courier import carry, keep_looking
from bridge.states import OrderState, Pause

EVERY = timedelta(seconds=10)
AT_LEAST_EVERY = timedelta(minutes=5)
NAME = "STATUS.txt"
_NOTE = ".reason.txt"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Board:
    """One inbox, its quarantine, and the targets whose ERP writes there."""

    inbox: Path
    quarantine: Path
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owing:
    """What one target's ERP has yet to do: fetch files, answer orders; ``row`` is missing before its first file."""

    target: str
    row: TargetRow | None
    unanswered: int


@dataclass(frozen=True, slots=True)
class Sight:
    """What a board tells besides the time."""

    waiting: int
    quarantined: int
    last: LastAnswer | None
    targets: tuple[Owing, ...]
    pauses: Mapping[str, Pause]


@dataclass(frozen=True, slots=True)
class _Written:
    lines: tuple[str, ...]
    at: float


class Boards:
    """The boards of all inboxes, looked at six times a minute, written when they have something new to tell."""

    def __init__(
        self,
        boards: Sequence[Board],
        journal: Journal,
        clock: Clock,
        pauses: Callable[[], Mapping[str, Pause]],
        zone: ZoneInfo,
    ) -> None:
        self._boards = boards
        self._journal = journal
        self._clock = clock
        self._pauses = pauses
        self._zone = zone
        self._written: dict[Path, _Written] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the boards up to date until ``stop``."""
        await keep_looking(self._carefully, asyncio.Event(), stop, self._clock)

    async def _carefully(self) -> timedelta:
        return await carry(self.look, lambda _: EVERY, stage="monitor")

    async def look(self) -> timedelta:
        """One look at all boards. Returns when to look again."""
        rows = {row.name: row for row in await self._journal.read(overview.targets)}
        for board in self._boards:
            last = await self._journal.read(partial(recent.last_answer, targets=board.targets))
            mine = tuple([Owing(name, rows.get(name), await self._unanswered(name)) for name in board.targets])
            paused = {name: pause for name, pause in self._pauses().items() if name in board.targets}
            await asyncio.to_thread(self._refresh, board, partial(Sight, last=last, targets=mine, pauses=paused))
        return EVERY

    async def _unanswered(self, target: str) -> int:
        wanted = OrderFilter(state=OrderState.DROPPED, target=target)
        return await self._journal.read(lambda db: reading.count_orders(db, wanted))

    def _refresh(self, board: Board, sight: Callable[..., Sight]) -> None:
        """Write one board if it tells something new, or if it was not touched for long."""
        try:
            told = lines(sight(waiting=_waiting(board.inbox), quarantined=_quarantined(board.quarantine)), self._zone)
            now = self._clock.monotonic()
            before = self._written.get(board.inbox)
            if before and before.lines == told and now - before.at < AT_LEAST_EVERY.total_seconds():
                return
            at = self._clock.now().astimezone(self._zone)
            _write(board.inbox, "\n".join((f"{_moment(at)} {self._zone}", *told, "")))
            self._written[board.inbox] = _Written(told, now)
        except OSError as error:
            extra = {"stage": "monitor", "file": str(board.inbox / NAME), "error": error.strerror}
            log.debug("status_not_written", extra=extra)


def lines(sight: Sight, zone: ZoneInfo) -> tuple[str, ...]:
    """What a board tells below the time; pure."""
    last = f"{sight.last.name}, read {_moment(sight.last.read_at.astimezone(zone))}" if sight.last else "none yet"
    told = [
        f"Answers waiting to be read:  {sight.waiting}",
        f"Answers in quarantine:       {sight.quarantined}{_look(sight.quarantined)}",
        f"Last answer:                 {last}",
    ]
    for owing in sight.targets:
        told += _owed_by(owing, zone)
    told += [f"Target {name} is paused: {pause.text}" for name, pause in sorted(sight.pauses.items())]
    return tuple(told)


def _owed_by(owing: Owing, zone: ZoneInfo) -> list[str]:
    row = owing.row
    files = f"{row.unfetched}{_since(row.oldest_unfetched_at, zone)}" if row else "0"
    told = [
        f"Files that {owing.target} has not fetched:   {files}",
        f"Orders that {owing.target} has not answered: {owing.unanswered}",
    ]
    if row and row.unwritten:
        told.append(f"Orders not yet written for {owing.target}: {row.unwritten}")
    return told


def _look(count: int) -> str:
    return " (each has a NAME.reason.txt beside it)" if count else ""


def _since(oldest: datetime | None, zone: ZoneInfo) -> str:
    return f", the oldest since {_moment(oldest.astimezone(zone))}" if oldest else ""


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _waiting(inbox: Path) -> int:
    with os.scandir(inbox) as entries:
        return sum(entry.is_file(follow_symlinks=False) and not naming.is_never_taken(entry.name) for entry in entries)


def _quarantined(folder: Path) -> int:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return sum(
            entry.is_file(follow_symlinks=False) and not entry.name.startswith(".") and not entry.name.endswith(_NOTE)
            for entry in entries
        )
    return 0


def _write(inbox: Path, text: str) -> None:
    """Whole or not at all, under a name that is never taken for an answer; a link in its place is not followed."""
    fresh = inbox / f".{NAME}.part"
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    fresh.replace(inbox / NAME)
