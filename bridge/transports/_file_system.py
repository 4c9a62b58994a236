"""What a folder lies on: the file system's kind and whether it is a network share, by the kernel's list of mounts.

Not for: what such a file system can do; that is tried.
"""

import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_SHARES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "lustre", "9p", "afs", "ncpfs"})
_REMOTE_FUSE = ("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.davfs", "fuse.smb")
_ESCAPED = re.compile(r"\\([0-7]{3})")


def kind_of(folder: Path, mounts: str | None = None) -> str:
    """The kind of file system a folder lies on, such as ``ext4`` or ``nfs4``; empty when it cannot be told."""
    try:
        lines = (_MOUNTS.read_text(encoding="utf-8", errors="replace") if mounts is None else mounts).splitlines()
        whole = folder.resolve()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        head, _, tail = line.partition(" - ")
        words = head.split()
        if len(words) <= _POINT or not tail:
            continue
        point = Path(_plain(words[_POINT]))
        if whole.is_relative_to(point) and len(point.parts) >= best:  # of two on one point the later lies on top
            best, kind = len(point.parts), tail.split()[0]
    return kind


_POINT = 4


def _plain(word: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 8)), word)


def is_share(kind: str) -> bool | None:
    """True for a file system that other machines write to; ``None`` where the kind is not known."""
    return kind in _SHARES or kind.startswith(_REMOTE_FUSE) if kind else None
