"""Drop point: a folder on a file system of this machine, local or mounted. The publish of ``DESIGN.md`` section 6.

Not for: states. Each call does one step to the disk, durably, and may be repeated.
"""

import contextlib
import grp
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import aiofiles.os
from pydantic import BaseModel, ConfigDict, Field, field_validator

from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports import _folder_examine as examining, _held
from bridge.transports._findings import SCRATCH, Findings, Strategy, choose
from bridge.transports._findings_words import how
from bridge.transports._protocol import End, FileNames, Parcel, PausedError, Step, Transport, Whereabouts, trouble_of
from bridge.transports._rename import exists, rename_new, rename_unless_there
from bridge.transports._staging import (
    IDENTITY_FILE,
    Folders,
    concerns_every_file,
    identity_in,
    opened,
    paused,
    prove,
)

Shift = Callable[[Folders, int, FileNames, _held.Rename], Whereabouts]

_PROBE = SCRATCH[0]
_READ_AT_ONCE = 1 << 20


class Options(BaseModel):
    """Settings of a drop point that is a folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: Path = Field(description="the folder with finished files only, from which the ERP fetches")
    staging: Path = Field(description="the folder where files are written first; on the same file system")
    mode: str = Field(default="0640", description="rights of finished files, octal")
    group: str = Field(default="", description="unix group of finished files; empty leaves the bridge's own")

    @field_validator("mode")
    @classmethod
    def _is_octal(cls, text: str) -> str:
        try:
            number = int(text, 8)
        except ValueError:
            raise ValueError('is not an octal number such as "0640"') from None
        if not 0 <= number <= 0o777:  # noqa: PLR2004 - all the bits that rights have
            raise ValueError('is not between "0000" and "0777"')
        return text


def build(options: BaseModel) -> Transport:
    """The transport with these settings; touches nothing yet."""
    return FolderTransport(Options.model_validate(options.model_dump()))


class FolderTransport:
    """Publishes into a folder by a witness: the staging name, which only our own rename can make vanish."""

    def __init__(self, options: Options) -> None:
        self._outbox = options.directory
        self._staging = options.staging
        self._mode = int(options.mode, 8)
        self._group = options.group
        self._identity = ""
        self._has_flag = True
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"drop-{self._outbox.name}")

    def pin(self, shown: str, configured: str) -> None:
        """Nothing: a folder shows no key."""

    async def plant(self, identity: str, *, replace: bool) -> None:
        """Make both folders and the identity file; see the protocol."""
        await aiofiles.os.wrap(self._plant)(identity, replace, executor=self._pool)

    async def probe(self, identity: str) -> str:
        """Rename a scratch file across, under dot names; return how a taken name will be noticed."""
        self._identity = identity
        return await aiofiles.os.wrap(self._probe)(executor=self._pool)

    async def examine(self, identity: str | None) -> Findings:
        """Try what the file system can do with scratch names; see the protocol."""
        return await aiofiles.os.wrap(self._examine)(identity, executor=self._pool)

    async def stage(self, parcels: Sequence[Parcel]) -> list[Step]:
        """Write and sync each staging file, then sync the staging folder once."""
        return await aiofiles.os.wrap(self._stage)(parcels, executor=self._pool)

    async def publish(self, parcels: Sequence[Parcel]) -> list[Step]:
        """Rename each staging file to its final name, then sync both folders once."""
        return await aiofiles.os.wrap(self._publish)(parcels, executor=self._pool)

    async def missing(self, names: Sequence[str]) -> set[str]:
        """Those of these names that the outbox no longer has."""
        return await aiofiles.os.wrap(self._missing)(names, executor=self._pool)

    async def staged(self) -> set[str]:
        """The names that lie in the staging folder, whichever folder that is."""
        return await aiofiles.os.wrap(self._staged)(executor=self._pool)

    async def hold(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        """Move these files to ``.held`` in the outbox; see the protocol."""
        return await aiofiles.os.wrap(self._shift)(_held.hold, files, executor=self._pool)

    async def release(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        """Move these files from ``.held`` back into the outbox; see the protocol."""
        return await aiofiles.os.wrap(self._shift)(_held.release, files, executor=self._pool)

    async def withdraw(self, files: Sequence[FileNames]) -> None:
        """Remove the staging names and held files of these."""
        await aiofiles.os.wrap(self._withdraw)(files, executor=self._pool)

    async def wishes(self) -> set[str]:
        """The names beside which a ``NAME.hold`` lies in the outbox."""
        return await aiofiles.os.wrap(self._wishes)(executor=self._pool)

    async def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=False)

    def _plant(self, identity: str, replace: bool) -> None:  # noqa: FBT001 - the executor passes by position
        try:
            self._make_folders()
        except OSError as error:
            raise paused(error, self._staging) from error
        with opened(self._outbox, self._staging) as folders:
            found = identity_in(folders, self._staging)
            if found == identity:
                return
            if found is not None and not replace:
                prove(folders, identity, self._staging)
            try:
                self._write(folders, f"{IDENTITY_FILE}.new", identity.encode() + b"\n", mode=0o600)
                os.replace(
                    f"{IDENTITY_FILE}.new",
                    IDENTITY_FILE,
                    src_dir_fd=folders.staging,
                    dst_dir_fd=folders.staging,
                )
                os.fsync(folders.staging)
            except OSError as error:
                raise paused(error, self._staging) from error

    def _make_folders(self) -> None:
        """An outbox that we make is shared with the ERP's group, one that is there is left as it is."""
        if not self._outbox.is_dir():
            self._outbox.mkdir(parents=True)
            if self._group:
                os.chown(self._outbox, -1, self._gid())
            self._outbox.chmod(0o2770)
        self._staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        inherited = stat.S_IMODE(self._staging.stat().st_mode) & stat.S_ISGID  # gives our files the outbox's group
        self._staging.chmod(0o700 | inherited)

    def _gid(self) -> int:
        try:
            return grp.getgrnam(self._group).gr_gid
        except KeyError as error:
            raise PausedError(
                f'there is no unix group "{self._group}"',
                reason=PauseReason.FOLDER,
                name=ErrorName.FOLDER_REFUSED,
                subject=str(self._outbox),
                hint="make the group, or mend [targets.NAME] group",
            ) from error

    def _probe(self) -> str:
        with opened(self._outbox, self._staging) as folders:
            prove(folders, self._identity, self._staging)
            try:
                self._write(folders, _PROBE, b"", mode=0o600)
                _unlink(_PROBE, folders.outbox)
                strategy = choose(examining.tried(folders))
                _unlink(_PROBE, folders.outbox)
            except OSError as error:
                raise paused(error, self._outbox) from error
        self._has_flag = strategy is Strategy.NEVER_REPLACES
        return how(strategy)

    def _examine(self, identity: str | None) -> Findings:
        try:
            gid = self._gid() if self._group else -1
        except PausedError as error:
            return Findings("folder", str(self._outbox), trouble=trouble_of(error))
        found = examining.examine(examining.Wanted(self._outbox, self._staging, self._mode, gid, identity))
        if found.trouble is None:
            self._has_flag = found.strategy is Strategy.NEVER_REPLACES
        return found

    def _stage(self, parcels: Sequence[Parcel]) -> list[Step]:
        with opened(self._outbox, self._staging) as folders:
            prove(folders, self._identity, self._staging)
            steps = [self._stage_one(folders, parcel) for parcel in parcels]
            try:
                os.fsync(folders.staging)
            except OSError as error:
                raise paused(error, self._staging) from error
        return steps

    def _stage_one(self, folders: Folders, parcel: Parcel) -> Step:
        try:
            self._write(folders, parcel.staging, parcel.content, mode=self._mode)
            if parcel.marker:
                self._write(folders, _marker_staging(parcel), b"", mode=self._mode)
        except OSError as error:
            with contextlib.suppress(OSError):  # what is left of it is cleared by the next try
                _unlink(parcel.staging, folders.staging)
            if concerns_every_file(error):
                raise paused(error, self._staging) from error
            return Step(parcel.id, End.FAILED, f"{parcel.staging}: {error.strerror}")
        return Step(parcel.id, End.STAGED)

    def _write(self, folders: Folders, name: str, content: bytes, *, mode: int) -> None:
        """A new inode with exactly this content, synced; whatever lay under the name is unlinked first."""
        _unlink(name, folders.staging)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(name, flags, mode, dir_fd=folders.staging)
        try:
            if self._group:
                os.fchown(handle, -1, self._gid())
            os.fchmod(handle, mode)
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)

    def _publish(self, parcels: Sequence[Parcel]) -> list[Step]:
        with opened(self._outbox, self._staging) as folders:
            prove(folders, self._identity, self._staging)
            steps = [self._publish_one(folders, parcel) for parcel in parcels]
            try:
                os.fsync(folders.outbox)
                os.fsync(folders.staging)
            except OSError as error:
                raise paused(error, self._outbox) from error
        return steps

    def _publish_one(self, folders: Folders, parcel: Parcel) -> Step:
        try:
            if parcel.verify and not _is_whole(folders, parcel):
                return Step(parcel.id, End.STAGE_AGAIN, f"{parcel.staging} is not what was written")
            step = self._rename(folders, parcel)
            if parcel.marker and step.end is End.PRESUMED:
                _unlink(_marker_staging(parcel), folders.staging)  # it would announce a file that is not there
            elif parcel.marker and step.end is End.PUBLISHED:
                self._rename_marker(folders, parcel)
        except OSError as error:
            if concerns_every_file(error):
                raise paused(error, self._outbox) from error
            return Step(parcel.id, End.FAILED, f"{parcel.final}: {error.strerror}")
        return step

    def _rename(self, folders: Folders, parcel: Parcel) -> Step:
        """The one act that publishes. A missing staging name means that it happened before (invariant 6)."""
        rename = rename_new if self._has_flag else rename_unless_there
        try:
            rename(folders.staging, parcel.staging, folders.outbox, parcel.final)
        except FileNotFoundError:
            is_there = exists(folders.outbox, parcel.final)
            return Step(parcel.id, End.PUBLISHED if is_there else End.PRESUMED)
        except FileExistsError:
            return self._resolve_taken_name(folders, parcel)
        return Step(parcel.id, End.PUBLISHED)

    def _resolve_taken_name(self, folders: Folders, parcel: Parcel) -> Step:
        staged = os.stat(parcel.staging, dir_fd=folders.staging, follow_symlinks=False)
        final = os.stat(parcel.final, dir_fd=folders.outbox, follow_symlinks=False)
        if (staged.st_dev, staged.st_ino) == (final.st_dev, final.st_ino):
            _unlink(parcel.staging, folders.staging)
            return Step(parcel.id, End.PUBLISHED)
        return Step(parcel.id, End.COLLISION, f"another file lies in the outbox as {parcel.final}")

    def _rename_marker(self, folders: Folders, parcel: Parcel | FileNames) -> None:
        rename = rename_new if self._has_flag else rename_unless_there
        try:
            rename(folders.staging, _marker_staging(parcel), folders.outbox, parcel.marker)
        except FileNotFoundError:
            return
        except FileExistsError:
            _unlink(_marker_staging(parcel), folders.staging)

    def _missing(self, names: Sequence[str]) -> set[str]:
        with opened(self._outbox, self._staging) as folders:
            prove(folders, self._identity, self._staging)
            try:
                present = set(os.listdir(folders.outbox))  # noqa: PTH208 - of the proven descriptor
            except OSError as error:
                raise paused(error, self._outbox) from error
        return {name for name in names if name not in present}

    def _staged(self) -> set[str]:
        with opened(self._outbox, self._staging) as folders:
            try:
                return set(os.listdir(folders.staging))  # noqa: PTH208 - of the folder that was opened
            except OSError as error:
                raise paused(error, self._staging) from error

    @contextmanager
    def _at_held(self) -> Iterator[tuple[Folders, int]]:
        """Both folders, proven, and the held folder."""
        with opened(self._outbox, self._staging) as folders:
            prove(folders, self._identity, self._staging)
            try:
                with _held.opened_held(folders) as held:
                    yield folders, held
            except OSError as error:
                raise paused(error, self._outbox) from error

    def _shift(self, act: Shift, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        with self._at_held() as (folders, held):
            found = {file.id: self._shift_one(act, folders, held, file) for file in files}
            for folder in (folders.outbox, held, folders.staging):
                os.fsync(folder)
        return found

    def _shift_one(self, act: Shift, folders: Folders, held: int, file: FileNames) -> Whereabouts:
        rename = rename_new if self._has_flag else rename_unless_there
        try:
            found = act(folders, held, file, rename)
            if file.marker and found is Whereabouts.BACK and not exists(folders.outbox, file.marker):
                self._write(folders, _marker_staging(file), b"", mode=self._mode)
                self._rename_marker(folders, file)
        except OSError as error:
            if concerns_every_file(error):
                raise
            return Whereabouts.UNKNOWN
        return found

    def _withdraw(self, files: Sequence[FileNames]) -> None:
        with self._at_held() as (folders, held):
            for file in files:
                _unlink(file.staging, folders.staging)
                _unlink(_marker_staging(file), folders.staging)
                _unlink(file.final, held)

    def _wishes(self) -> set[str]:
        with opened(self._outbox, self._staging) as folders:
            prove(folders, self._identity, self._staging)
            try:
                return _held.wishes(folders)
            except OSError as error:
                raise paused(error, self._outbox) from error


def _marker_staging(parcel: Parcel | FileNames) -> str:
    return f"{parcel.marker}.part"


def _is_whole(folders: Folders, parcel: Parcel) -> bool:
    """True when the staging file holds the journal's bytes, or is gone (then it was renamed)."""
    try:
        handle = os.open(parcel.staging, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folders.staging)
    except FileNotFoundError:
        return True
    with os.fdopen(handle, "rb") as file:
        if os.fstat(handle).st_size != len(parcel.content):
            return False
        digest = hashlib.sha256()
        while piece := file.read(_READ_AT_ONCE):
            digest.update(piece)
    return digest.hexdigest() == parcel.sha256


def _unlink(name: str, directory: int) -> None:
    try:
        os.unlink(name, dir_fd=directory)
    except FileNotFoundError:
        return
