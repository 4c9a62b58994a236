"""An inbox folder and the claims in its ``.work``: listing, claiming, reading. Every function blocks: for a thread.

Not for: deciding which file is finished (``stability.py``), nor where a claimed file ends up (``inbox_places.py``).
"""

import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bridge.stages.watch import moves
from bridge.stages.watch.stability import Seen

WORK = ".work"
_READ_AT_ONCE = 1 << 20
_ONE_FILE_S = frozenset({errno.EBUSY, errno.ETXTBSY, errno.EACCES, errno.EPERM, errno.ESTALE, errno.EIO})
_READ_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A file taken out of the inbox: it lies in ``.work/<id>/NAME``. The id is its identity; names come again."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in an inbox: regular files, and what is none with the words for it."""

    files: tuple[Seen, ...]
    strangers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """A claimed file as it was read; ``refusal`` says why it was not, ``is_final`` that time will not cure it."""

    seen: Seen
    content: bytes = b""
    links: int = 1
    refusal: str = ""
    is_final: bool = False


class RefusedError(OSError):
    """One file cannot be taken yet: a program elsewhere holds it open, or its share lost hold of it for a moment."""


class Inbox:
    """One inbox folder. ``OSError`` from any method means the folder or its file system; the caller tries later."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._last_id = 0

    def make(self) -> bool:
        """Make the folder when only it is missing, open to its group as the ERP needs it; true when it was made."""
        try:
            self.directory.mkdir(mode=0o770)
        except FileExistsError:
            return False
        with suppress(PermissionError):  # not every file system knows the group bit
            self.directory.chmod(0o2770)
        return True

    def look(self) -> Listing:
        """List twice and join: a listing taken while files appear may show the younger and miss the older one.

        A name that only the second listing shows is marked as new, since one begun before it may be missing from both.
        """
        with moves.opened(self.directory) as folder:
            first, strangers = _listed(folder)
            second, more = _listed(folder)
        files = first | {name: _as_new(seen, name not in first) for name, seen in second.items()}
        return Listing(tuple(files.values()), tuple(sorted({**strangers, **more}.items())))

    def claims(self) -> list[Claim]:
        """Every claimed file, oldest claim first; empty claim folders are removed on the way."""
        with self._opened_work() as work:
            return [claim for name in sorted(_folders(work)) for claim in _claims_in(work, name)]

    def claim(self, name: str) -> Claim | None:
        """Take a file out of the inbox; ``None`` when it is gone.

        It moves into a folder made for it, so it overwrites nothing. A death in between leaves an empty folder.
        Raises :class:`RefusedError` when only this file stays where it is.
        """
        with moves.opened(self.directory) as folder, self._opened_work() as work:
            claim = Claim(self._new_id(), name)
            os.mkdir(claim.id, 0o700, dir_fd=work)
            with moves.opened_below(work, claim.id) as place:
                try:
                    is_mine = _taken(folder, place, name)
                except OSError:
                    _remove_folder(work, claim.id)
                    raise
            if not is_mine:
                _remove_folder(work, claim.id)
        return claim if is_mine else None

    def reclaim(self, path: Path, name: str) -> Claim | None:
        """Take a file that was kept already back into a new claim; ``None`` when it is gone."""
        with self._opened_work() as work:
            claim = Claim(self._new_id(), name)
            os.mkdir(claim.id, 0o700, dir_fd=work)
            try:
                with moves.opened(path.parent) as source, moves.opened_below(work, claim.id) as place:
                    moves.move(source, path.name, place, name)
            except FileNotFoundError:
                os.rmdir(claim.id, dir_fd=work)
                return None
        return claim

    @contextmanager
    def opened(self, claim: Claim) -> Iterator[int]:
        """The descriptor of the folder that holds a claimed file."""
        with self._opened_work() as work, moves.opened_below(work, claim.id) as place:
            yield place

    def glance(self, claim: Claim) -> Seen | None:
        """Inode, size and mtime of a claimed file now; ``None`` when somebody took it away."""
        try:
            with self.opened(claim) as place:
                return _seen(claim.name, os.stat(claim.name, dir_fd=place, follow_symlinks=False))
        except FileNotFoundError:
            return None

    def read(self, claim: Claim, limit: int) -> Contents | None:
        """A claimed file's bytes, or why they were not read; ``None`` when somebody took it away.

        Nothing that is not a regular file is opened: opening a device may act on it, opening a pipe may hang.
        """
        try:
            with self.opened(claim) as place:
                facts = os.stat(claim.name, dir_fd=place, follow_symlinks=False)
                if not stat.S_ISREG(facts.st_mode):
                    return _refused(_seen(claim.name, facts), f"it is {_kind(facts.st_mode)}, not a file")
                return _read(place, claim.name, limit)
        except FileNotFoundError:
            return None

    def release(self, claim: Claim) -> None:
        """Remove the folder of a claim whose file has moved on."""
        with self._opened_work() as work:
            _remove_folder(work, claim.id)

    def remove_marker(self, marker: str, name: str) -> None:
        """Remove the marker of a claimed file; kept when a new file of that name lies there already."""
        with moves.opened(self.directory) as folder:
            if not moves.exists(folder, name):
                moves.remove(folder, marker)

    @contextmanager
    def _opened_work(self) -> Iterator[int]:
        with moves.opened(self.directory) as folder:
            with suppress(FileExistsError):
                os.mkdir(WORK, 0o700, dir_fd=folder)
            with moves.opened_below(folder, WORK) as work:
                yield work

    def _new_id(self) -> str:
        """Sorts by the time of claiming, also when the clock is set back while we run."""
        self._last_id = max(time.time_ns(), self._last_id + 1)
        return f"{self._last_id:020}-{secrets.token_hex(4)}"


def _taken(folder: int, place: int, name: str) -> bool:
    """Rename a file into its claim; false when it is gone. Whatever is reported, a file that lies there was taken."""
    try:
        os.rename(name, name, src_dir_fd=folder, dst_dir_fd=place)
    except OSError as error:
        if moves.exists(place, name):
            return True
        if isinstance(error, FileNotFoundError):
            return False
        if error.errno in _ONE_FILE_S:
            raise RefusedError(error.errno, error.strerror, name) from error
        raise
    return True


def _listed(folder: int) -> tuple[dict[str, Seen], dict[str, str]]:
    files: dict[str, Seen] = {}
    strangers: dict[str, str] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            facts = _facts_or_why(entry)
            if isinstance(facts, str):
                strangers[entry.name] = facts
            elif facts is not None and stat.S_ISREG(facts.st_mode):
                files[entry.name] = _seen(entry.name, facts)
            elif facts is not None and not stat.S_ISDIR(facts.st_mode):
                strangers[entry.name] = _kind(facts.st_mode)
    return files, strangers


def _facts_or_why(entry: "os.DirEntry[str]") -> os.stat_result | str | None:
    """An entry's facts, or in words why it alone has none."""
    try:
        return _facts(entry)
    except OSError as error:
        if error.errno not in _ONE_FILE_S:
            raise
        return f"something that cannot be looked at now ({error.strerror})"


def _facts(entry: "os.DirEntry[str]") -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _seen(name: str, facts: os.stat_result) -> Seen:
    return Seen(name, facts.st_ino, facts.st_size, facts.st_mtime_ns)


def _as_new(seen: Seen, is_new: bool) -> Seen:  # noqa: FBT001 - a fact about the first argument
    return Seen(seen.name, seen.inode, seen.size, seen.mtime_ns, is_new)


def _kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "something unknown")


def _folders(work: int) -> list[str]:
    with os.scandir(work) as entries:
        return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]


def _claims_in(work: int, claim_id: str) -> list[Claim]:
    with moves.opened_below(work, claim_id) as place:
        # An NFS or FUSE client keeps a file that was removed while it was open under a dot name: no claim of ours.
        names = [name for name in sorted(os.listdir(place)) if not name.startswith(".")]  # noqa: PTH208 - of a descriptor
        found = [Claim(claim_id, name) for name in names]
    if not found:
        _remove_folder(work, claim_id)
    return found


def _remove_folder(work: int, name: str) -> None:
    try:
        os.rmdir(name, dir_fd=work)
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST}:
            raise


def _read(place: int, name: str, limit: int) -> Contents:
    try:
        descriptor = os.open(name, _READ_ONLY, dir_fd=place)
    except PermissionError:
        if os.access(name, os.R_OK, dir_fd=place):  # not the rights then: another program has locked it
            raise
        seen = _seen(name, os.stat(name, dir_fd=place, follow_symlinks=False))
        return Contents(seen, refusal="the bridge has no right to read it")
    try:
        facts = os.fstat(descriptor)
        content = _bytes_of(descriptor, limit) if facts.st_size <= limit else None
    finally:
        os.close(descriptor)
    if content is None or len(content) > limit:
        size = max(facts.st_size, limit + 1)
        return _refused(_seen(name, facts), f"it has {size:,} bytes or more, and max_file allows {limit:,}")
    return Contents(_seen(name, facts), content, facts.st_nlink)


def _bytes_of(descriptor: int, limit: int) -> bytes:
    """The file's bytes, and at most one more than the limit: it may grow while it is read."""
    parts = bytearray()
    while len(parts) <= limit:
        part = os.read(descriptor, min(_READ_AT_ONCE, limit + 1 - len(parts)))
        if not part:
            break
        parts += part
    return bytes(parts)


def _refused(seen: Seen, why: str) -> Contents:
    return Contents(seen, refusal=why, is_final=True)
