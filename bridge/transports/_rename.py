"""Rename that refuses to replace: ``renameat2(2)`` with ``RENAME_NOREPLACE``, or the next best thing.

Not for: deciding what a taken name means.
"""

import ctypes
import errno
import os
from collections.abc import Callable
from functools import lru_cache

_NOREPLACE = 1
_REFUSED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


class FlagRefusedError(OSError):
    """The file system does not know the flag (some network shares)."""


@lru_cache(maxsize=1)
def _renameat2() -> Callable[..., int]:
    call: Callable[..., int] = ctypes.CDLL(None, use_errno=True).renameat2
    return call


def rename_new(source_dir: int, source: str, target_dir: int, target: str) -> None:
    """Rename within one file system, atomically, and never over an existing name.

    Raises what the system says (``FileNotFoundError``, ``FileExistsError``, ``OSError`` with ``EXDEV`` ...), and
    :class:`FlagRefusedError` where the file system refuses the flag.
    """
    failed = _renameat2()(source_dir, os.fsencode(source), target_dir, os.fsencode(target), _NOREPLACE)
    if not failed:
        return
    number = ctypes.get_errno()
    if number in _REFUSED:
        raise FlagRefusedError(number, os.strerror(number), source)
    raise OSError(number, os.strerror(number), source, None, target)


def rename_unless_there(source_dir: int, source: str, target_dir: int, target: str) -> None:
    """The same where the flag is refused: look, then rename; two steps, so only for names that nobody else makes."""
    if exists(target_dir, target):
        os.stat(source, dir_fd=source_dir, follow_symlinks=False)
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), source, None, target)
    os.rename(source, target, src_dir_fd=source_dir, dst_dir_fd=target_dir)


def is_done(source_dir: int, source: str, target_dir: int, target: str) -> bool:
    """True when a rename that reported a fault was done all the same.

    A share repeats a request whose answer was lost on the way, and then reports what the second one found. Only for a
    source that nobody else removes.
    """
    try:
        return not exists(source_dir, source) and exists(target_dir, target)
    except OSError:
        return False


class Renamer:
    """The rename of one place: by the flag for as long as its file system takes it."""

    def __init__(self) -> None:
        self.has_flag = True

    def __call__(self, source_dir: int, source: str, target_dir: int, target: str) -> None:
        """Rename and never replace. Raises what the system says, unless the rename was done all the same."""
        try:
            self._rename(source_dir, source, target_dir, target)
        except FileNotFoundError:
            raise
        except OSError:
            if not is_done(source_dir, source, target_dir, target):
                raise

    def _rename(self, source_dir: int, source: str, target_dir: int, target: str) -> None:
        if self.has_flag:
            try:
                rename_new(source_dir, source, target_dir, target)
            except FlagRefusedError:
                self.has_flag = False
            else:
                return
        rename_unless_there(source_dir, source, target_dir, target)


def exists(directory: int, name: str) -> bool:
    """True when the folder has an entry of this name, whatever it is."""
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
