"""Answers that were fetched from a server: remembered from before they leave it until they have left.

Not for: what they say; they are read out of the inbox like any other. A row is committed once the file lies in the
inbox for good, and only then does the file leave the server, so that a cut between the two is seen here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bridge import naming
from bridge.clock import Clock, from_iso, iso
from bridge.journal import events
from bridge.journal.threads import Threads
from bridge.journal.wakes import Topic


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as it was on the server, and the name under which it came into the inbox."""

    name: str
    size: int | None
    mtime: int | None
    content_size: int
    sha256: str
    marker: str
    file: str


@dataclass(frozen=True, slots=True)
class Lingering:
    """A fetched file that has not left the server as far as is known; ``refused_at`` since when it cannot."""

    id: int
    name: str
    size: int | None
    mtime: int | None
    sha256: str
    marker: str
    refused_at: datetime | None
    refusal: str


class Collected:
    """The fetched answers of all targets."""

    def __init__(self, threads: Threads, clock: Clock) -> None:
        self._threads = threads
        self._clock = clock

    async def lingering(self, target: str) -> list[Lingering]:
        """The fetched files of ``target`` that may lie on its server still, oldest first."""
        return await self._threads.read(lambda db: _lingering(db, target))

    async def note(self, target: str, arrivals: Sequence[Arrival]) -> list[Lingering]:
        """Commit that these files lie in the inbox, each with its event; returns them as they linger."""
        at = self._clock.now()
        return await self._threads.write(lambda db: [_note(db, target, one, at) for one in arrivals])

    async def settle(self, gone: Sequence[int], refused: Sequence[tuple[int, str]] = ()) -> None:
        """Commit which of them have left, or whose name another file has now, and which cannot, with the reason."""
        if not gone and not refused:
            return
        at = self._clock.now()
        await self._threads.write(lambda db: _settle(db, gone, refused, at), *([Topic.ALERTS] if refused else []))


def _lingering(db: Database, target: str) -> list[Lingering]:
    rows = db.execute(
        """
        SELECT id, name, size, mtime, sha256, marker, refused_at, refusal FROM collected
        WHERE target = ? AND left_at IS NULL ORDER BY id""",
        [target],
    )
    return [
        Lingering(file_id, _text(name), size, mtime, sha256, _text(marker), from_iso(at) if at else None, why)
        for file_id, name, size, mtime, sha256, marker, at, why in rows
    ]


def _note(db: Database, target: str, one: Arrival, at: datetime) -> Lingering:
    db.execute(
        "UPDATE collected SET left_at = ? WHERE target = ? AND name = ? AND left_at IS NULL",
        [iso(at), target, _bytes(one.name)],
    )
    cursor = db.execute(
        """
        INSERT INTO collected (target, name, size, mtime, sha256, marker, file, fetched_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        [target, _bytes(one.name), one.size, one.mtime, one.sha256, _bytes(one.marker), one.file, iso(at)],
    )
    shown = naming.shown(one.name)
    events.append(db, at, "collected", None, target=target, file=shown, size=one.content_size, sha256=one.sha256)
    return Lingering(int(cursor.lastrowid or 0), one.name, one.size, one.mtime, one.sha256, one.marker, None, "")


def _settle(db: Database, gone: Sequence[int], refused: Sequence[tuple[int, str]], at: datetime) -> None:
    for file_id in gone:
        db.execute("UPDATE collected SET left_at = ? WHERE id = ? AND left_at IS NULL", [iso(at), file_id])
    for file_id, why in refused:
        db.execute(
            "UPDATE collected SET refused_at = coalesce(refused_at, ?), refusal = ? WHERE id = ?",
            [iso(at), why, file_id],
        )


def fetched_at(db: Database, inbox_file: int) -> str | None:
    """When a file of the inbox was fetched from its target's server; ``None`` if it came otherwise."""
    row = db.execute(
        """
        SELECT c.fetched_at FROM inbox_files f JOIN collected c ON c.target = f.target AND c.sha256 = f.sha256
        WHERE f.id = ? AND c.file = f.name ORDER BY c.id DESC LIMIT 1""",
        [inbox_file],
    ).fetchone()
    return row[0] if row else None


def _bytes(name: str) -> bytes:
    """A name as the server has it: it need not be text."""
    return name.encode("utf-8", "surrogateescape")


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
