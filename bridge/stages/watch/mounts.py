"""What kind of file system a folder lies on, as far as it tells whether events of others can be expected.

Not for: certainty. A kind is a hint, and what really happens in the folder outweighs it (``hearing.py``).
"""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")
_SHARED = frozenset(
    {"9p", "afs", "ceph", "cifs", "coda", "drvfs", "fuse", "glusterfs", "gfs2", "lustre", "ncpfs", "nfs", "nfs4"}
    | {"ocfs2", "orangefs", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs"},
)
_MOUNT_POINT = 4


def shared_kind(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of a file system that others write to without this kernel's knowledge; empty for any other.

    Blocking, since the folder's real path is looked up. Raises ``OSError`` when it cannot be.
    """
    kind = _kind_of(folder.resolve(strict=True), mounts.read_text(encoding="utf-8", errors="surrogateescape"))
    return kind if kind in _SHARED or kind.startswith("fuse.") else ""


def _kind_of(folder: Path, table: str) -> str:
    """The kind of the innermost mount that holds the folder; of two at one place the later one hides the earlier."""
    best, kind = -1, ""
    for line in table.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if not dash or len(fields) <= _MOUNT_POINT:
            continue
        point = Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[_MOUNT_POINT]))
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split(" ")[0]
    return kind
