"""What people do with quarantined files: put one back into the inbox, or discard it into the archive.

Not for: finding out what a file says; the inbox takes up what is put back like any other file.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from bridge import naming
from bridge.clock import Clock
from bridge.errors import ErrorName, PermanentError
from bridge.journal import Journal, named
from bridge.journal.named import KnownFile
from bridge.journal.records import FileAgain
from bridge.stages.watch import moves
from bridge.stages.watch.folder import FolderThread, Pickup
from bridge.stages.watch.places import NOTE, Places
from bridge.stages.watch.stability import Finish

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Found:
    """A quarantined file: whose folder it lies in, under which name, and what the journal knows of it."""

    pickup: Pickup
    name: str
    known: KnownFile

    @property
    def path(self) -> Path:
        return self.pickup.quarantine / self.name


class Quarantine:
    """The quarantine folders of all targets. Raises :class:`PermanentError` for a name that does not lie there."""

    def __init__(self, pickups: Sequence[Pickup], journal: Journal, clock: Clock, zone: ZoneInfo) -> None:
        self._pickups = pickups
        self._journal = journal
        self._clock = clock
        self._zone = zone

    async def retry(self, name: str, because: str, order_id: int | None = None) -> str:
        """Put a file back into the inbox, under the name it came under; returns that name.

        What the person said of its order is committed before the move: a death in between leaves the file where it
        is, and the same again does the rest.
        """
        found = await self._found(name)
        digest = await _on_thread(found.pickup, partial(_digest, found.path))
        again = FileAgain(found.known.target, found.known.name, digest, because, order_id)
        await self._journal.try_again(again)
        await _on_thread(found.pickup, partial(_put_back, found))
        return found.known.name

    async def discard(self, name: str, because: str) -> str:
        """Move a file to the archive, unused; returns where it lies."""
        found = await self._found(name)
        await self._journal.discard_file(found.known, because)
        day = self._clock.now().astimezone(self._zone).date()
        places = Places(found.pickup.archive, found.pickup.quarantine)

        def move() -> Path:
            with moves.opened(found.pickup.quarantine) as folder:
                path = places.archive(folder, found.name, day)
            places.forget_note_of(found.path)
            return path

        path = await _on_thread(found.pickup, move)
        if found.known.file_id:
            await self._journal.note_kept(found.known.file_id, str(path))
        return str(path)

    async def _found(self, name: str) -> _Found:
        seen: dict[Path, Pickup] = {}
        for pickup in self._pickups:
            if pickup.quarantine not in seen and await _on_thread(pickup, partial(_lies_in, pickup.quarantine, name)):
                seen[pickup.quarantine] = pickup
        if not seen:
            raise PermanentError(
                f"no file {name} lies in quarantine",
                name=ErrorName.NOT_FOUND,
                subject=name,
                hint="erp-bridge quarantine list shows what does",
            )
        if len(seen) > 1:
            where = ", ".join(str(folder) for folder in seen)
            raise PermanentError(
                f"{name} lies in more than one quarantine: {where}",
                name=ErrorName.AMBIGUOUS,
                subject=name,
                hint="rename one of them, and its .reason.txt",
            )
        ((folder, pickup),) = seen.items()
        known = await self._journal.read(lambda db: named.kept_at(db, str(folder / name)))
        return _Found(pickup, name, known or KnownFile(0, pickup.target, name))


async def _on_thread(pickup: Pickup, work: Callable[[], T]) -> T:
    thread = FolderThread(pickup.quarantine, pickup.target)
    try:
        return await thread.call(work)
    finally:
        thread.close()


def _lies_in(folder: Path, name: str) -> bool:
    """Only a regular file that a listing shows; so no name from outside becomes a path."""
    if name.startswith(".") or name.endswith(NOTE):
        return False
    try:
        with os.scandir(folder) as entries:
            return any(entry.name == name and entry.is_file(follow_symlinks=False) for entry in entries)
    except FileNotFoundError:
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _put_back(found: _Found) -> None:
    """Into the inbox and never over a file that waits there; then its note goes, which would mislead."""
    pickup, name = found.pickup, naming.kept_name(found.known.name)
    with moves.opened(pickup.quarantine) as source, moves.opened(pickup.directory) as inbox:
        try:
            moves.move(source, found.name, inbox, name)
        except FileExistsError as error:
            raise PermanentError(
                f"another file {name} waits in {pickup.directory}",
                name=ErrorName.STATE_FORBIDS,
                subject=name,
                hint="the bridge reads it in a moment; then try again",
            ) from error
        moves.remove(source, found.name + NOTE)
        if pickup.finished is Finish.MARKER:
            _make(inbox, naming.marker_name(pickup.marker, name))


def _make(folder: int, name: str) -> None:
    with suppress(FileExistsError):
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640, dir_fd=folder))
