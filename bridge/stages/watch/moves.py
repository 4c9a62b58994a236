"""Moving one entry between two open folders, never over another, and across file systems without losing a byte.

Not for: which name it gets (``inbox_places.py``) or whether it may move (``watch_claims.py``). Blocking: for a thread.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bridge.transports import FlagRefusedError, exists, is_done, rename_new, rename_unless_there, sync

__all__ = ["ChangedError", "exists", "move", "opened", "opened_below", "remove", "sync"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_COPIED_AT_ONCE = 1 << 20


class ChangedError(OSError):
    """The file was written to while it was copied; nothing was moved."""


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """The descriptor of a configured folder, which may be a link that an administrator made."""
    descriptor = os.open(folder, _FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_below(folder: int, name: str) -> Iterator[int]:
    """The descriptor of a folder of ours inside one that others may write to: a link in its place is refused."""
    descriptor = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def move(source_dir: int, source: str, target_dir: int, target: str) -> None:
    """Move an entry under a free name; ``FileExistsError`` when the name is taken.

    On one file system this is one rename that refuses to replace. A link and an unlink would never overwrite either,
    but a death between them leaves two names for one file, which then looks as if its writer were still at work; an
    empty placeholder that is renamed over would be left for a file. On another file system: a synced copy under a
    temporary name, the rename, a synced folder, and only then the unlink. A death before the unlink leaves a second
    whole copy and the source, which is moved again under the next free name.
    """
    was_free = not exists(target_dir, target)
    try:
        _rename(source_dir, source, target_dir, target)
    except OSError as error:
        if was_free and is_done(source_dir, source, target_dir, target):  # a share lost the answer
            return
        if error.errno != errno.EXDEV:
            raise
        _carry_across(source_dir, source, target_dir, target)


def _rename(source_dir: int, source: str, target_dir: int, target: str) -> None:
    try:
        rename_new(source_dir, source, target_dir, target)
    except FlagRefusedError:
        # Two steps, but only we make names in our folders.
        rename_unless_there(source_dir, source, target_dir, target)


def _carry_across(source_dir: int, source: str, target_dir: int, target: str) -> None:
    temporary = f".{target}.part"
    before = os.stat(source, dir_fd=source_dir, follow_symlinks=False)
    if not stat.S_ISREG(before.st_mode):
        raise OSError(errno.EXDEV, "only a regular file can go to another file system", source)
    _copy(source_dir, source, target_dir, temporary)
    after = os.stat(source, dir_fd=source_dir, follow_symlinks=False)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        os.unlink(temporary, dir_fd=target_dir)
        raise ChangedError(errno.EBUSY, "it is being written to", source)
    try:
        _rename(target_dir, temporary, target_dir, target)
    except FileExistsError:
        os.unlink(temporary, dir_fd=target_dir)
        raise
    sync(target_dir)
    os.unlink(source, dir_fd=source_dir)


def _copy(source_dir: int, source: str, target_dir: int, target: str) -> None:
    """A synced copy; holes stay holes, so that a huge empty file costs nothing."""
    reading = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with (
        os.fdopen(os.open(source, reading, dir_fd=source_dir), "rb", buffering=0) as original,
        os.fdopen(os.open(target, writing, 0o640, dir_fd=target_dir), "wb", buffering=0) as copy,
    ):
        facts = os.fstat(original.fileno())
        os.ftruncate(copy.fileno(), facts.st_size)
        for start, end in _filled(original.fileno(), facts.st_size):
            _copy_part(original.fileno(), copy.fileno(), start, end)
        os.utime(copy.fileno(), ns=(facts.st_atime_ns, facts.st_mtime_ns))
        os.fsync(copy.fileno())


def _copy_part(original: int, copy: int, start: int, end: int) -> None:
    at = start
    while at < end:
        part = os.pread(original, min(_COPIED_AT_ONCE, end - at), at)
        if not part:
            return
        at += os.pwrite(copy, part, at)


def _filled(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """The stretches of a file that hold something."""
    at = 0
    while at < size:
        start = _next_filled(descriptor, at)
        if start is None:
            return
        at = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, at


def _next_filled(descriptor: int, at: int) -> int | None:
    try:
        return os.lseek(descriptor, at, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:  # only a hole is left
            return None
        raise


def remove(folder: int, name: str) -> None:
    """Unlink a name that may be gone already."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
