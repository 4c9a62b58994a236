"""Drop point: a folder on a file system of this machine, local or mounted. The publish of ``DESIGN.md`` section 6.

Not for: states. Each call does one step to the disk, durably, and may be repeated.
"""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import aiofiles.os
from pydantic import BaseModel, ConfigDict, Field, field_validator

from bridge.transports import _folder_examine as examining, _held
from bridge.transports._findings import SCRATCH, Findings, Strategy, choose
from bridge.transports._findings_words import manners
from bridge.transports._protocol import End, FileNames, Parcel, Step, Transport, Whereabouts
from bridge.transports._rename import Renamer, exists
from bridge.transports._rights import FolderRights
from bridge.transports._staging import (
    IDENTITY_FILE,
    Folders,
    concerns_every_file,
    identity_in,
    may_concern_every_file,
    opened,
    paused,
    prove,
    sync,
    unanswered,
    why,
)

T = TypeVar("T")
P = ParamSpec("P")
Shift = Callable[[Folders, int, FileNames, _held.Rename], Whereabouts]

_PROBE = SCRATCH[0]
_READ_AT_ONCE = 1 << 20
_ANSWERS_WITHIN_S = 120.0
"""A whole batch on a slow share takes less. A call given up goes on in its thread, and those after it wait for it."""


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
        self._rights = FolderRights(int(options.mode, 8), options.group)
        self._rename = Renamer()
        self._identity = ""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"drop-{self._outbox.name}")

    @property
    def is_connected(self) -> bool | None:
        """``None``: a folder keeps no connection."""
        return None

    def pin(self, shown: str, configured: str) -> None:
        """Nothing: a folder shows no key."""

    async def plant(self, identity: str, *, replace: bool) -> None:
        """Make both folders and the identity file; see the protocol."""
        await self._call(self._plant, identity, replace)

    async def probe(self, identity: str) -> str:
        """Rename a scratch file across, under dot names; return how a taken name will be noticed."""
        self._identity = identity
        return await self._call(self._probe)

    async def examine(self, identity: str | None) -> Findings:
        """Try what the file system can do with scratch names; see the protocol."""
        return await self._call(self._examine, identity)

    async def stage(self, parcels: Sequence[Parcel]) -> list[Step]:
        """Write and sync each staging file, then sync the staging folder once."""
        return await self._call(self._stage, parcels)

    async def publish(self, parcels: Sequence[Parcel]) -> list[Step]:
        """Rename each staging file to its final name, then sync both folders once."""
        return await self._call(self._publish, parcels)

    async def missing(self, names: Sequence[str]) -> set[str]:
        """Those of these names that the outbox no longer has."""
        return await self._call(self._missing, names)

    async def staged(self) -> set[str]:
        """The names that lie in the staging folder, whichever folder that is."""
        return await self._call(self._staged)

    async def hold(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        """Move these files to ``.held`` in the outbox; see the protocol."""
        return await self._call(self._shift, _held.hold, files)

    async def release(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        """Move these files from ``.held`` back into the outbox; see the protocol."""
        return await self._call(self._shift, _held.release, files)

    async def withdraw(self, files: Sequence[FileNames]) -> None:
        """Remove the staging names and held files of these."""
        await self._call(self._withdraw, files)

    async def wishes(self) -> set[str]:
        """The names beside which a ``NAME.hold`` lies in the outbox."""
        return await self._call(self._wishes)

    async def close(self) -> None:
        """End the thread."""
        self._pool.shutdown(wait=False)

    async def _call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work`` on the target's own thread. Raises :class:`PausedError` when it does not come back."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                done: T = await aiofiles.os.wrap(partial(work, *args, **kwargs))(executor=self._pool)
        except TimeoutError as error:
            raise unanswered(self._outbox, _ANSWERS_WITHIN_S) from error
        return done

    def _plant(self, identity: str, replace: bool) -> None:  # noqa: FBT001 - the executor passes by position
        try:
            self._rights.make_folders(self._outbox, self._staging)
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
                sync(folders.staging)
            except OSError as error:
                raise paused(error, self._staging) from error

    def _probe(self) -> str:
        with opened(self._outbox, self._staging) as folders:
            prove(folders, self._identity, self._staging)
            try:
                self._write(folders, _PROBE, b"", mode=0o600)
                _unlink(_PROBE, folders.outbox)
                strategy = choose(examining.tried(folders))
                _unlink(_PROBE, folders.outbox)
                can_sync = sync(folders.outbox) and sync(folders.staging)
            except OSError as error:
                raise paused(error, self._outbox) from error
        self._rename.has_flag = strategy is Strategy.NEVER_REPLACES
        return "; ".join(manners(strategy, can_sync=can_sync, has_rights=self._rights.are_known))

    def _examine(self, identity: str | None) -> Findings:
        found = examining.examine(examining.Wanted(self._outbox, self._staging, self._rights, identity))
        if found.trouble is None:
            self._rename.has_flag = found.strategy is Strategy.NEVER_REPLACES
        return found

    def _try_across(self, folders: Folders) -> None:
        """Publish a scratch file under a dot name, and remove it. Raises ``OSError`` when that cannot be."""
        self._write(folders, _PROBE, b"", mode=0o600)
        _unlink(_PROBE, folders.outbox)
        self._rename(folders.staging, _PROBE, folders.outbox, _PROBE)
        _unlink(_PROBE, folders.outbox)

    def _pause_if_every_file(self, folders: Folders, error: OSError, path: Path) -> None:
        """Raise the pause unless the fault is one file's, as when a program on another machine holds that one open."""
        if concerns_every_file(error):
            raise paused(error, path) from error
        if may_concern_every_file(error):
            try:
                self._try_across(folders)
            except OSError:
                raise paused(error, path) from error

    def _stage(self, parcels: Sequence[Parcel]) -> list[Step]:
        with opened(self._outbox, self._staging) as folders:
            prove(folders, self._identity, self._staging)
            steps = [self._stage_one(folders, parcel) for parcel in parcels]
            try:
                sync(folders.staging)
            except OSError as error:
                raise paused(error, self._staging) from error
        return steps

    def _stage_one(self, folders: Folders, parcel: Parcel) -> Step:
        try:
            self._write(folders, parcel.staging, parcel.content, mode=self._rights.mode)
            if parcel.marker:
                self._write(folders, _marker_staging(parcel), b"", mode=self._rights.mode)
        except OSError as error:
            with contextlib.suppress(OSError):  # what is left of it is cleared by the next try
                _unlink(parcel.staging, folders.staging)
            self._pause_if_every_file(folders, error, self._staging)
            return Step(parcel.id, End.FAILED, f"{parcel.staging}: {why(error)}")
        return Step(parcel.id, End.STAGED)

    def _write(self, folders: Folders, name: str, content: bytes, *, mode: int) -> None:
        """A new inode with exactly this content, synced; whatever lay under the name is unlinked first."""
        _unlink(name, folders.staging)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(name, flags, mode, dir_fd=folders.staging)
        try:
            self._rights.give(handle, mode)
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
                sync(folders.outbox)
                sync(folders.staging)
            except OSError as error:
                raise paused(error, self._outbox) from error
        return steps

    def _publish_one(self, folders: Folders, parcel: Parcel) -> Step:
        try:
            if parcel.verify and not _is_whole(folders, parcel):
                return Step(parcel.id, End.STAGE_AGAIN, f"{parcel.staging} is not what was written")
            step = self._rename_one(folders, parcel)
            if parcel.marker and step.end is End.PRESUMED:
                _unlink(_marker_staging(parcel), folders.staging)  # it would announce a file that is not there
            elif parcel.marker and step.end is End.PUBLISHED:
                self._rename_marker(folders, parcel)
        except OSError as error:
            self._pause_if_every_file(folders, error, self._outbox)
            return Step(parcel.id, End.FAILED, f"{parcel.final}: {why(error)}")
        return step

    def _rename_one(self, folders: Folders, parcel: Parcel) -> Step:
        """The one act that publishes. A missing staging name means that it happened before (invariant 6)."""
        try:
            self._rename(folders.staging, parcel.staging, folders.outbox, parcel.final)
        except FileNotFoundError:
            is_there = exists(folders.outbox, parcel.final)
            return Step(parcel.id, End.PUBLISHED if is_there else End.PRESUMED)
        except FileExistsError:
            return self._resolve_taken_name(folders, parcel)
        return Step(parcel.id, End.PUBLISHED)

    def _resolve_taken_name(self, folders: Folders, parcel: Parcel) -> Step:
        staged = os.stat(parcel.staging, dir_fd=folders.staging, follow_symlinks=False)
        final = os.stat(parcel.final, dir_fd=folders.outbox, follow_symlinks=False)
        is_same = (staged.st_dev, staged.st_ino) == (final.st_dev, final.st_ino)
        if is_same and _holds(folders.outbox, parcel.final, parcel):  # some shares give one number to two files
            _unlink(parcel.staging, folders.staging)
            return Step(parcel.id, End.PUBLISHED)
        return Step(parcel.id, End.COLLISION, f"another file lies in the outbox as {parcel.final}")

    def _rename_marker(self, folders: Folders, parcel: Parcel | FileNames) -> None:
        try:
            self._rename(folders.staging, _marker_staging(parcel), folders.outbox, parcel.marker)
        except FileNotFoundError:
            return
        except FileExistsError:
            _unlink(_marker_staging(parcel), folders.staging)

    def _missing(self, names: Sequence[str]) -> set[str]:
        """A name that the listing lacks is asked for by itself: a share may list late, or in other letters."""
        with opened(self._outbox, self._staging) as folders:
            prove(folders, self._identity, self._staging)
            try:
                present = set(os.listdir(folders.outbox))  # noqa: PTH208 - of the proven descriptor
                return {name for name in names if name not in present and not exists(folders.outbox, name)}
            except OSError as error:
                raise paused(error, self._outbox) from error

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
                sync(folder)
        return found

    def _shift_one(self, act: Shift, folders: Folders, held: int, file: FileNames) -> Whereabouts:
        try:
            found = act(folders, held, file, self._rename)
            if file.marker and found is Whereabouts.BACK and not exists(folders.outbox, file.marker):
                self._write(folders, _marker_staging(file), b"", mode=self._rights.mode)
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
        return _holds(folders.staging, parcel.staging, parcel)
    except FileNotFoundError:
        return True


def _holds(folder: int, name: str, parcel: Parcel) -> bool:
    """True when the file of that name holds exactly the parcel's bytes."""
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
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
