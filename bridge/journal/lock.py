"""One process owns a journal: an advisory lock on a file beside it, held for the life of the process.

Not for: locking rows; there is one writer.
"""

import fcntl
import os
import time
from pathlib import Path

from bridge.errors import ErrorName, FatalError, TransientError

PATIENCE_S = 1.5


class LockFile:
    """The lock ``bridge.lock`` beside the database; the kernel frees it when the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self, patience_s: float = PATIENCE_S) -> None:
        """Take the lock, trying for ``patience_s``. Raises :class:`TransientError` naming who holds it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise _unusable(self._path, error) from error
        deadline = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip()
                    os.close(handle)
                    raise _taken(self._path, holder) from None
                time.sleep(0.05)
            else:
                break
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"pid {os.getpid()}, since {time.strftime('%Y-%m-%d %H:%M:%S %z')}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Give the lock back. Safe to call twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _unusable(path: Path, error: OSError) -> FatalError:
    return FatalError(
        f"the journal's folder cannot be used: {error.strerror}",
        name=ErrorName.JOURNAL_UNUSABLE,
        subject=str(path.parent),
        hint="give the bridge's user a local folder that it may write to: [journal] database",
    )


def _taken(path: Path, holder: str) -> TransientError:
    return TransientError(
        f"Another bridge ({holder or 'unknown process'}) owns the journal",
        name=ErrorName.JOURNAL_LOCKED,
        subject=str(path),
        hint="stop it first: systemctl stop erp-bridge, or Ctrl-C in its terminal",
    )
