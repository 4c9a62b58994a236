"""The inbox of a target as the watch stage will meet it: its file system, and whether the system tells of new files.

Not for: reading answers. An event of our own file says nothing of files that other machines write to a share; the
kind of file system does.
"""

import logging
import os
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from bridge.transports._file_system import is_share, kind_of
from bridge.transports._findings import SCRATCH, Findings

EVENT_WITHIN_S = 1.0
_NAME = SCRATCH[2]


def _is_worth_telling(record: logging.LogRecord) -> bool:
    """Watchdog calls it an error when its thread looks once more while it is being stopped."""
    return "when the thread is inactive" not in record.getMessage()


class _Ear(FileSystemEventHandler):
    def __init__(self) -> None:
        self.heard = threading.Event()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if os.fsdecode(event.src_path).endswith(_NAME):
            self.heard.set()


def with_inbox(found: Findings, inbox: Path) -> Findings:
    """The findings with those of the inbox. Blocking, up to a second where no event comes; leaves nothing behind."""
    if not inbox.is_dir():
        return replace(found, inbox=str(inbox))
    kind = kind_of(inbox)
    delay = _delay(inbox)
    return replace(
        found,
        inbox=str(inbox),
        inbox_file_system=kind,
        inbox_is_share=is_share(kind),
        events=delay is not None,
        event_s=delay,
    )


def _delay(inbox: Path) -> float | None:
    """Seconds from making a file to hearing of it; ``None`` when nothing was heard."""
    logging.getLogger("watchdog.observers.inotify").addFilter(_is_worth_telling)
    ear, observer = _Ear(), Observer()
    try:
        observer.schedule(ear, str(inbox))
        observer.start()
    except (OSError, RuntimeError):
        return None
    try:
        began = monotonic()
        if not _is_made(inbox / _NAME):
            return None
        return monotonic() - began if ear.heard.wait(EVENT_WITHIN_S) else None
    finally:
        with suppress(OSError):
            (inbox / _NAME).unlink(missing_ok=True)
        observer.stop()
        observer.join()


def _is_made(scratch: Path) -> bool:
    try:
        scratch.unlink(missing_ok=True)
        os.close(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except OSError:
        return False
    return True
