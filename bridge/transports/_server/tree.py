"""The folders as clients see them: paths from outside are looked up in a fixed list, never joined to a path of ours.

Not for: SFTP. A path becomes a share and one name in it; whatever else it says, there is nothing outside to reach.
"""

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bridge.transports._rename import FlagRefusedError, rename_new, rename_unless_there
from bridge.transports._serving import Rights, Share

PART = ".part-"
"""Uploads in progress; the watch stage never looks at a name with a dot."""

_OURS = (PART, ".work", ".collect-", ".bridge-probe.event")
"""Beginnings of what the bridge itself keeps in an inbox; a client that is a bridge too brings its own dot names."""
_WISH = ".hold"
"""``NAME.hold`` keeps NAME from the ERP: people make and remove it, and an ERP that clears its folder must not."""

_LEFT_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a path leads: a share and a name in it; no name is the folder itself, no share one above the shares."""

    share: Share | None
    name: str = ""


class Tree:
    """The shares by their paths."""

    def __init__(self, shares: Sequence[Share]) -> None:
        self._shares = {share.path: share for share in shares}

    def find(self, path: str) -> Spot:
        """Raises ``FileNotFoundError`` for a path that leads nowhere a client may look."""
        whole = canonical(path)
        if whole in self._shares:
            return Spot(self._shares[whole])
        parent, _, name = whole.rpartition("/")
        share = self._shares.get(parent)
        if share is not None and is_reachable(share, name):
            return Spot(share, name)
        if share is None and (whole == "/" or any(known.startswith(f"{whole}/") for known in self._shares)):
            return Spot(None)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def below(self, path: str) -> list[str]:
        """The names of the folders right below one that lies above the shares."""
        whole = canonical(path).rstrip("/")
        inside = (known[len(whole) + 1 :] for known in self._shares if known.startswith(f"{whole}/"))
        return sorted({rest.partition("/")[0] for rest in inside})


def canonical(path: str) -> str:
    """``path`` from the root on, without ``.`` and ``..``; above the root is the root. Nothing is looked at."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return "/" + "/".join(parts)


def is_reachable(share: Share, name: str) -> bool:
    """True for a name that clients may use; the bridge's own are hidden, and all with a dot where they only fetch."""
    if not name or "\0" in name or "/" in name:
        return False
    if share.rights is Rights.FETCH:
        return not name.startswith(".") and not name.endswith(_WISH)
    return not name.startswith(_OURS)


@contextmanager
def opened(share: Share) -> Iterator[int]:
    """The share's folder; every act goes through this descriptor and one name, so no link on the way counts."""
    handle = os.open(share.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def status(folder: int, name: str) -> os.stat_result:
    """Of a regular file. Raises ``FileNotFoundError`` for anything else: to clients it does not exist."""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(found.st_mode):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    return found


def listing(share: Share) -> Iterator[tuple[str, os.stat_result]]:
    """The regular files that a client may see; names that are not UTF-8 cannot be told, so they are left out."""
    with opened(share) as folder, os.scandir(folder) as entries:
        for entry in entries:
            if not is_reachable(share, entry.name) or not _is_text(entry.name):
                continue
            try:
                yield entry.name, status(folder, entry.name)
            except FileNotFoundError:
                continue  # taken meanwhile, or no regular file


def _is_text(name: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in name)


def open_to_read(share: Share, name: str) -> int:
    """A descriptor of a regular file, never by way of a link, never waiting for a pipe."""
    with opened(share) as folder:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)


def remove(share: Share, name: str) -> None:
    """Remove a regular file."""
    with opened(share) as folder:
        status(folder, name)
        os.unlink(name, dir_fd=folder)


def rename(share: Share, before: str, after: str) -> None:
    """Rename a regular file within its folder, never over another."""
    with opened(share) as folder:
        status(folder, before)
        rename_in(folder, before, after)
        os.fsync(folder)


def rename_in(folder: int, before: str, after: str) -> None:
    """Rename without replacing, by the best way that the file system has."""
    try:
        rename_new(folder, before, folder, after)
    except FlagRefusedError:
        rename_unless_there(folder, before, folder, after)


def clear_leftovers(share: Share) -> None:
    """Remove what a killed process left of uploads; a fresh one may belong to another process and is left alone."""
    if share.rights is not Rights.DELIVER:
        return
    with contextlib.suppress(OSError), opened(share) as folder:
        for name in os.listdir(folder):  # noqa: PTH208 - of the folder that was opened
            if name.startswith(PART):
                _clear(folder, name)


def _clear(folder: int, name: str) -> None:
    with contextlib.suppress(OSError):
        if time.time() - status(folder, name).st_mtime > _LEFT_AFTER_S:
            os.unlink(name, dir_fd=folder)
