"""The operating system's hints that something happened in a folder. A hint wakes and does nothing else.

Not for: knowing what happened; the listing knows. Without any hint the watch stage works the same, only later.
"""

import errno
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from bridge.stages.watch.mounts import shared_kind

# Not "modified": a slow writer would wake us at every write. Not "opened": our own listing would.
_WANTED: list[type[FileSystemEvent]] = [FileCreatedEvent, FileMovedEvent, FileClosedEvent]


def _is_worth_telling(record: logging.LogRecord) -> bool:
    """Watchdog calls it an error when its thread looks once more while it is being stopped."""
    return "when the thread is inactive" not in record.getMessage()


class _Handler(FileSystemEventHandler):
    def __init__(self, notice: Callable[[tuple[str, ...]], None]) -> None:
        self._notice = notice

    def on_any_event(self, event: FileSystemEvent) -> None:
        paths = (event.src_path, event.dest_path)
        self._notice(tuple(os.path.basename(os.fsdecode(path)) for path in paths if path))  # noqa: PTH119 - once an event


class FolderEvents:
    """Hints from one folder, not from those below it.

    ``notice`` is called on a thread of watchdog with the names that an event is about; it never raises.

    An emitter dies without a word when its folder is removed, and watches the wrong folder when another takes its
    place. So :meth:`ensure` is called before each listing. ``shared_kind`` is the kind of its file system, empty
    unless others write to it without this kernel's knowledge.
    """

    def __init__(self, folder: Path, notice: Callable[[tuple[str, ...]], None]) -> None:
        self._folder = folder
        self._handler = _Handler(notice)
        self._observer: BaseObserver | None = None
        self._identity: tuple[int, int] | None = None
        self.shared_kind = ""
        logging.getLogger("watchdog.observers.inotify").addFilter(_is_worth_telling)

    def ensure(self) -> bool:
        """Begin to watch, anew if the watcher died or the folder is another one now; true when it was begun.

        Blocking. Raises ``OSError`` when the folder is missing or the system gives no watch.
        """
        if self._is_alive() and self._identify() == self._identity:
            return False
        self.stop()
        self._folder.stat()
        self._observer = Observer()
        try:
            self._observer.schedule(self._handler, str(self._folder), event_filter=_WANTED, follow_symlink=True)
            self._observer.start()
        except OSError:
            self.stop()
            raise
        except RuntimeError as error:  # the system gives no thread
            self.stop()
            raise OSError(errno.EAGAIN, str(error)) from error
        self.shared_kind = shared_kind(self._folder)
        self._identity = self._identify()
        return True

    def _identify(self) -> tuple[int, int]:
        """On a share the inode proves nothing: some give the same folder another one at each look."""
        facts = self._folder.stat()
        return facts.st_dev, 0 if self.shared_kind else facts.st_ino

    def _is_alive(self) -> bool:
        observer = self._observer
        if observer is None or not observer.is_alive():
            return False
        return bool(observer.emitters) and all(emitter.is_alive() for emitter in observer.emitters)

    def stop(self) -> None:
        """End the watch and its threads. Blocking."""
        observer, self._observer = self._observer, None
        if observer is None:
            return
        observer.stop()
        with suppress(RuntimeError):  # it never started
            observer.join()
