"""The two open folders of a publish: the outbox, and the staging folder that has proved its identity.

Not for: the files that go through them.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports._protocol import PausedError

IDENTITY_FILE = ".bridge-identity"
_LONGEST_IDENTITY = 200
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_AWAY = frozenset(
    {errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT}
    | {errno.ECONNABORTED, errno.ECONNRESET, errno.ENODEV, errno.ENXIO},
)
_CONCERNS_ALL = _DISK_FULL | _AWAY | {errno.EROFS}
# Of the folder's rights or of one file that a program on another machine holds open; a lost share, or one lost file.
_MAY_CONCERN_ALL = frozenset({errno.EACCES, errno.EPERM, errno.EIO, errno.ESTALE})
_HELD_OPEN = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY})
_NO_SUCH_ACT = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


@dataclass(frozen=True, slots=True)
class Folders:
    """Descriptors of both folders; every act of a batch goes through them, so a mount in between changes nothing."""

    outbox: int
    staging: int


@contextmanager
def opened(outbox: Path, staging: Path) -> Iterator[Folders]:
    """Both folders, open. Raises :class:`PausedError` when one is missing or refused."""
    with _folder(outbox) as outbox_fd, _folder(staging) as staging_fd:
        yield Folders(outbox_fd, staging_fd)


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise paused(error, path) from error
    try:
        yield handle
    finally:
        os.close(handle)


def identity_in(folders: Folders, staging: Path) -> str | None:
    """The identity that the staging folder carries. Raises :class:`PausedError` when that cannot be told."""
    try:
        handle = os.open(IDENTITY_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folders.staging)
        with os.fdopen(handle, "rb") as file:
            return file.read(_LONGEST_IDENTITY).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise paused(error, staging / IDENTITY_FILE) from error


def prove(folders: Folders, identity: str, staging: Path) -> None:
    """Raise :class:`PausedError` unless the folder carries exactly this identity (invariant 6)."""
    found = identity_in(folders, staging)
    if found != identity:
        raise PausedError(
            "the staging folder carries another identity" if found else "the staging folder has lost its identity",
            reason=PauseReason.IDENTITY,
            name=ErrorName.FOLDER_FOREIGN,
            subject=str(staging),
            hint="is the right share mounted, and no other bridge using it? When you have looked: "
            "erp-bridge target trust NAME",
        )


def paused(error: OSError, path: Path) -> PausedError:
    """The pause that a fault of a whole folder or disk means."""
    if error.errno in _DISK_FULL:
        return PausedError(
            "the disk is full",
            reason=PauseReason.DISK,
            name=ErrorName.DISK_FULL,
            subject=str(path),
            hint="make room; the files follow by themselves",
        )
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return PausedError(
            "the folder is missing",
            reason=PauseReason.FOLDER,
            name=ErrorName.FOLDER_MISSING,
            subject=str(path),
            hint="mount the share or make the folder again; if it was removed for good: erp-bridge target trust NAME",
        )
    if error.errno in _AWAY | {errno.ESTALE, errno.EIO}:
        return _away(f"the share or disk does not answer: {error.strerror}", path)
    if error.errno == errno.EXDEV:
        return PausedError(
            "outbox and staging folder lie on different file systems, so nothing can be renamed between them",
            reason=PauseReason.FOLDER,
            name=ErrorName.FOLDERS_APART,
            subject=str(path),
            hint="set [targets.NAME] staging to a folder on the outbox's own file system",
        )
    return PausedError(
        f"the folder cannot be used as user {os.getuid()}: {error.strerror}",
        reason=PauseReason.FOLDER,
        name=ErrorName.FOLDER_REFUSED,
        subject=str(path),
        hint="give the bridge's user the right to write there: chown and chmod 2770",
    )


def concerns_every_file(error: OSError) -> bool:
    """True when the fault is the folder's or the disk's, not this one file's."""
    return error.errno in _CONCERNS_ALL


def may_concern_every_file(error: OSError) -> bool:
    """True when only trying another file can tell whose fault it is."""
    return error.errno in _MAY_CONCERN_ALL


def why(error: OSError) -> str:
    """A fault of one file in words."""
    held = "; another program may hold the file open" if error.errno in _HELD_OPEN else ""
    return f"{error.strerror}{held}"


def sync(folder: int) -> bool:
    """Make the names in a folder durable; false where the file system has no such act, as some shares do not."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SUCH_ACT:
            raise
        return False
    return True


def unanswered(path: Path, after_s: float) -> PausedError:
    """The pause that a call means which does not come back; a dead network mount lets none."""
    return _away(f"the folder has not answered for {after_s:g} s", path)


def _away(what: str, path: Path) -> PausedError:
    return PausedError(
        what,
        reason=PauseReason.FOLDER,
        name=ErrorName.FOLDER_MISSING,
        subject=str(path),
        hint="are its server and the network up? The files follow by themselves",
    )
