"""A folder examined with scratch names: what its file system can do, and which rename carries a file across.

Not for: publishing, nor for the decision (``_findings.py``). Blocking; leaves nothing behind, also after a failure.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.transports._file_system import is_share, kind_of
from bridge.transports._findings import SCRATCH, Findings, Renames
from bridge.transports._protocol import PausedError, trouble_of
from bridge.transports._rename import FlagRefusedError, exists, rename_new, rename_unless_there
from bridge.transports._rights import FolderRights
from bridge.transports._staging import Folders, identity_in, opened, paused, sync

_SCRATCH, _RENAMED = SCRATCH[:2]
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ODD_NS = 1_700_000_017_123_456_789
"""A time that no step but the finest divides."""
_STEPS_NS = (60 * 10**9, 2 * 10**9, 10**9, 10**6, 1000, 100, 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The folders, and the rights and group that finished files shall have."""

    outbox: Path
    staging: Path
    rights: FolderRights
    identity: str | None


def tried(folders: Folders) -> Renames:
    """Which rename carries the scratch file from the staging folder to the outbox. Raises what the system says."""
    try:
        rename_new(folders.staging, _SCRATCH, folders.outbox, _SCRATCH)
    except FlagRefusedError:
        rename_unless_there(folders.staging, _SCRATCH, folders.outbox, _SCRATCH)
        return Renames(noreplace=False, plain=True)
    return Renames(noreplace=True)


def examine(wanted: Wanted) -> Findings:
    """What the folder can do; trouble that ends it early is among the findings."""
    found = Findings("folder", str(wanted.outbox), file_system=kind_of(wanted.outbox))
    found = replace(found, is_share=is_share(found.file_system))
    examination = _Examination(wanted, found)
    try:
        with _there(wanted), opened(wanted.outbox, wanted.staging) as folders:
            examination.run(folders)
    except PausedError as error:
        return replace(examination.found, trouble=trouble_of(error))
    return examination.found


@contextmanager
def _there(wanted: Wanted) -> Iterator[None]:
    """The staging folder, made for as long as this lasts where the bridge has not made it yet."""
    is_ours = wanted.outbox.is_dir() and not wanted.staging.exists()
    if is_ours:
        try:
            wanted.staging.mkdir(mode=0o700)
        except OSError as error:
            raise paused(error, wanted.staging) from error
    try:
        yield
    finally:
        if is_ours:
            with suppress(OSError):
                wanted.staging.rmdir()


class _Examination:
    """Each step adds to ``found``; what a step cannot find out stays unknown."""

    def __init__(self, wanted: Wanted, found: Findings) -> None:
        self._wanted = wanted
        self.found = found

    def run(self, folders: Folders) -> None:
        """Every step, and the scratch names gone in the end."""
        self._note(identity=self._identity(folders))
        try:
            _clear(folders)
            self._rights(folders)
            self._note(renames=tried(folders))
            self._rest(folders)
        except OSError as error:
            raise paused(error, self._wanted.outbox) from error
        finally:
            with suppress(OSError):
                _clear(folders)

    def _rest(self, folders: Folders) -> None:
        """The scratch file lies in the outbox now."""
        steps: tuple[Callable[[Folders], None], ...] = (self._names, self._times, self._room, self._taken_name)
        for step in steps:
            with suppress(OSError):
                step(folders)

    def _note(self, **facts: object) -> None:
        self.found = replace(self.found, **facts)  # type: ignore[arg-type]  # each caller names fields of Findings

    def _identity(self, folders: Folders) -> str:
        carried = identity_in(folders, self._wanted.staging)
        if self._wanted.identity is None:
            return "new"
        if carried is None:
            return "none"
        return "ours" if carried == self._wanted.identity else "other"

    def _rights(self, folders: Folders) -> None:
        """Make the scratch file as a finished one is made, and see what became of its rights."""
        rights = self._wanted.rights
        gid = rights.gid()
        handle = os.open(_SCRATCH, _NEW, rights.mode, dir_fd=folders.staging)
        try:
            rights.give(handle, rights.mode)
            os.write(handle, b"probe\n")
            os.fsync(handle)
            facts = os.fstat(handle)
        finally:
            os.close(handle)
        skew_s = (facts.st_mtime_ns - time.time_ns()) / 1e9
        self._note(
            mode=f"{facts.st_mode & 0o7777:04o}",
            owner=f"{facts.st_uid}:{facts.st_gid}",
            mode_kept=facts.st_mode & 0o7777 == rights.mode,
            group_kept=facts.st_gid == gid if gid >= 0 else None,
            skew_s=round(skew_s, 1) or 0.0,
            syncs=sync(folders.outbox) and sync(folders.staging),
        )

    def _names(self, folders: Folders) -> None:
        began = time.monotonic()
        names = os.listdir(folders.outbox)  # noqa: PTH208 - of the folder that was opened
        self._note(
            entries=sum(not name.startswith(".") for name in names),
            listing_s=time.monotonic() - began,
            dot_names="listed" if _SCRATCH in names else "hidden",
            folds_case=exists(folders.outbox, _SCRATCH.upper()),
        )

    def _times(self, folders: Folders) -> None:
        os.utime(_SCRATCH, ns=(_ODD_NS, _ODD_NS), dir_fd=folders.outbox, follow_symlinks=False)
        kept = os.stat(_SCRATCH, dir_fd=folders.outbox, follow_symlinks=False).st_mtime_ns
        self._note(mtime_step_s=next(step for step in _STEPS_NS if kept % step == 0) / 1e9)

    def _room(self, folders: Folders) -> None:
        facts = os.fstatvfs(folders.outbox)
        self._note(free=facts.f_frsize * facts.f_bavail)

    def _taken_name(self, folders: Folders) -> None:
        """A second file, and the rename over a name that is taken."""
        os.close(os.open(_SCRATCH, _NEW, 0o600, dir_fd=folders.staging))
        try:
            os.close(os.open(_SCRATCH, _NEW, 0o600, dir_fd=folders.staging))
        except FileExistsError:
            self._note(exclusive=True)
        else:
            self._note(exclusive=False)
        rename = rename_new if self.found.renames.noreplace else rename_unless_there
        try:
            rename(folders.staging, _SCRATCH, folders.outbox, _SCRATCH)
        except FileExistsError:
            self._note(replaces=False)
        else:
            self._note(replaces=True)


def _clear(folders: Folders) -> None:
    for folder in (folders.staging, folders.outbox):
        for name in (_SCRATCH, _RENAMED):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
