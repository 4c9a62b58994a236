"""Files put into an inbox of ours whole and durable, as a careful ERP would put them there.

Not for: what lies there already; a name that is taken is left, and told.
"""

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports._protocol import PausedError
from bridge.transports._rename import Renamer, exists
from bridge.transports._staging import paused, sync

_ANSWERS_WITHIN_S = 60
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file for the inbox; ``marker`` names an empty file that says it is whole, empty for none."""

    name: str
    content: bytes
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The names that lie in the inbox now, durably; those that were ``taken``; what ended the batch early, if anything.

    What stands in none of the lists was not put there.
    """

    names: frozenset[str]
    taken: frozenset[str] = field(default_factory=frozenset)
    error: PausedError | None = None


class InboxDoor:
    """Puts files into one inbox, on a thread of its own: a share that hangs blocks this one and no other.

    ``owner`` is part of the temporary names, so that two may put files into one inbox. They begin with a dot, which
    nobody takes for an answer; what a death left of them is removed.
    """

    def __init__(self, directory: Path, owner: str) -> None:
        self._directory = directory
        self._prefix = f".collect-{owner}-"
        self._is_swept = False
        self._rename = Renamer()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"collect-{owner}")

    async def put(self, files: Sequence[Delivery]) -> Delivered:
        """Each under its name, never over another. Raises :class:`PausedError` when the inbox cannot be used at all."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                return await asyncio.get_running_loop().run_in_executor(self._pool, self._put, files)
        except TimeoutError as error:
            raise PausedError(
                f"the inbox has not answered for {_ANSWERS_WITHIN_S} s",
                reason=PauseReason.FOLDER,
                name=ErrorName.FOLDER_MISSING,
                subject=str(self._directory),
                hint="is its network share up?",
            ) from error
        except OSError as error:
            raise paused(error, self._directory) from error

    def close(self) -> None:
        """Let the thread end; one that is stuck is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _put(self, files: Sequence[Delivery]) -> Delivered:
        folder = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._sweep(folder)
            found = self._put_all(folder, files)
            if found.names:
                sync(folder)
        finally:
            os.close(folder)
        return found

    def _sweep(self, folder: int) -> None:
        """Once after a start: remove what a death left."""
        if self._is_swept:
            return
        for name in os.listdir(folder):
            if name.startswith(self._prefix):
                os.unlink(name, dir_fd=folder)
        self._is_swept = True

    def _put_all(self, folder: int, files: Sequence[Delivery]) -> Delivered:
        names: set[str] = set()
        taken: set[str] = set()
        for number, file in enumerate(files):
            try:
                self._put_one(folder, file, self._temporary(number))
            except FileExistsError:
                taken.add(file.name)
            except OSError as error:
                return Delivered(frozenset(names), frozenset(taken), paused(error, self._directory / file.name))
            else:
                names.add(file.name)
        return Delivered(frozenset(names), frozenset(taken))

    def _put_one(self, folder: int, file: Delivery, temporary: str) -> None:
        if exists(folder, file.name):
            raise FileExistsError
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        try:
            with os.fdopen(os.open(temporary, _NEW, 0o640, dir_fd=folder), "wb") as part:
                part.write(file.content)
                part.flush()
                os.fsync(part.fileno())
            if file.marker:
                self._mark(folder, file.marker)
            self._rename(folder, temporary, folder, file.name)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=folder)
            raise

    def _mark(self, folder: int, marker: str) -> None:
        """Younger than the file's content and there before its name, so that a death between the two costs nothing."""
        with suppress(FileExistsError):
            os.close(os.open(marker, _NEW, 0o640, dir_fd=folder))

    def _temporary(self, number: int) -> str:
        return f"{self._prefix}{number}.part"
