"""What the watch stage is told of a target's folders, and their slow calls brought onto a thread of their own.

Not for: what the calls do (``inbox.py``, ``inbox_places.py``).
"""

import asyncio
import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from bridge import naming
from bridge.errors import ErrorName, TransientError
from bridge.formats import Format
from bridge.stages.watch.stability import Finish
from bridge.states import ReportPolicy

T = TypeVar("T")
_ANSWERS_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Pickup:
    """Where one target's ERP puts its answers, and how they are to be understood."""

    target: str
    directory: Path
    archive: Path
    quarantine: Path
    format: Format
    patterns: tuple[str, ...] = ("*",)
    finished: Finish = Finish.QUIET
    marker: str = "{name}.done"
    quiet_for: timedelta = timedelta(seconds=2)
    patience: timedelta = timedelta(seconds=30)
    max_file: int = 20 * 1024 * 1024


class Method(StrEnum):
    """What makes the stage look before the next sweep: events, unless none come; events only; nothing."""

    AUTO = "auto"
    EVENTS = "events"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """What holds for every pickup.

    A person is told when no sweep succeeded for ``stalled_after``, and when events failed for ``deaf_after``.
    """

    sweep: timedelta = timedelta(seconds=15)
    method: Method = Method.AUTO
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    policy: ReportPolicy = field(default_factory=ReportPolicy)
    stalled_after: timedelta = timedelta(minutes=5)
    deaf_after: timedelta = timedelta(minutes=1)


class FolderError(TransientError):
    """A folder or its file system does not do what was asked; other files and later tries may fare better."""


class FolderThread:
    """One thread for all calls to one target's folders: a dead network mount blocks this one and no other."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"inbox-{name}")

    async def call(self, work: Callable[[], T]) -> T:
        """Run ``work`` there. Raises :class:`FolderError` for any ``OSError``, and when no answer comes in time."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except TimeoutError as error:
            raise FolderError(
                f"the folder has not answered for {_ANSWERS_WITHIN_S} s",
                name=ErrorName.FOLDER_MISSING,
                subject=str(self._directory),
                hint="is its network share up?",
            ) from error
        except OSError as error:
            raise _folder_error(error, self._directory) from error

    def close(self) -> None:
        """Let the thread end; one that is stuck is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _folder_error(error: OSError, directory: Path) -> FolderError:
    name, hint = _ADVICE.get(error.errno or 0, (ErrorName.FOLDER_REFUSED, "look at the folder and its file system"))
    named = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    where = naming.shown(str(directory / named))  # a name with its whole path stays as it is
    return FolderError(error.strerror or str(error), name=name, subject=where, hint=hint)


_NO_RIGHTS = (ErrorName.FOLDER_REFUSED, "give the bridge's user rights: chgrp to the shared group, chmod 2770")
_AWAY = (ErrorName.FOLDER_MISSING, "are the share's server and the network up? The bridge goes on by itself")
_HELD_OPEN = (ErrorName.FOLDER_REFUSED, "another program holds the file open; it is tried again")
_NO_ROOM = (ErrorName.DISK_FULL, "make room; the file waits in .work meanwhile")
_ADVICE = {
    errno.ENOENT: (ErrorName.FOLDER_MISSING, "make the folder again, or mount its share; the bridge goes on by itself"),
    errno.ENOTDIR: (ErrorName.FOLDER_MISSING, "something else lies in the folder's place; move it away"),
    errno.ELOOP: (ErrorName.FOLDER_FOREIGN, "a link lies where a folder of the bridge was; remove it"),
    errno.EXDEV: (ErrorName.FOLDERS_APART, ".work must lie on the inbox's own file system"),
    errno.EACCES: _NO_RIGHTS,
    errno.EPERM: _NO_RIGHTS,
    errno.EROFS: _NO_RIGHTS,
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EBUSY: _HELD_OPEN,
    errno.ETXTBSY: _HELD_OPEN,
    **dict.fromkeys((errno.ESTALE, errno.EIO, errno.ENOTCONN, errno.EHOSTDOWN, errno.ETIMEDOUT), _AWAY),
}
