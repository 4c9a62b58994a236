"""Rights and group of what a drop point's folders hold, as far as their file system knows such things.

Not for: deciding who should have them; the settings say. A share or a FAT disk has none of its own: the options of its
mount decide there, and refusing to work would help nobody.
"""

import errno
import grp
import os
import stat
from collections.abc import Callable
from pathlib import Path

from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports._protocol import PausedError

_NO_SUCH_ACT = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})


class FolderRights:
    """The rights and the unix group of one target; ``are_known`` turns false once the file system had none to set."""

    def __init__(self, mode: int, group: str) -> None:
        self.mode = mode
        self.are_known = True
        self._group = group

    def give(self, handle: int, mode: int) -> None:
        """Give a file that we just made its group and rights. A group that cannot be set raises ``OSError``."""
        if self._group:
            os.fchown(handle, -1, self.gid())
        self._change(lambda: os.fchmod(handle, mode))

    def make_folders(self, outbox: Path, staging: Path) -> None:
        """An outbox that we make is shared with the ERP's group, one that is there is left as it is."""
        if not outbox.is_dir():
            outbox.mkdir(parents=True)
            if self._group:
                os.chown(outbox, -1, self.gid(outbox))
            self._change(lambda: outbox.chmod(0o2770))
        staging.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = staging.stat()
        inherited = stat.S_IMODE(facts.st_mode) & stat.S_ISGID  # gives our files the outbox's group
        if facts.st_uid == os.geteuid():
            self._change(lambda: staging.chmod(0o700 | inherited))
        else:
            staging.chmod(0o700 | inherited)

    def _change(self, act: Callable[[], None]) -> None:
        """Whoever owns a thing may change its rights, so a refusal means that there are none."""
        try:
            act()
        except OSError as error:
            if error.errno not in _NO_SUCH_ACT:
                raise
            self.are_known = False

    def gid(self, where: Path | str = "") -> int:
        """The group as a number, -1 where it is left as it comes. Raises :class:`PausedError` if it is none."""
        if not self._group:
            return -1
        try:
            return grp.getgrnam(self._group).gr_gid
        except KeyError as error:
            raise PausedError(
                f'there is no unix group "{self._group}"',
                reason=PauseReason.FOLDER,
                name=ErrorName.FOLDER_REFUSED,
                subject=str(where) or self._group,
                hint="make the group, or mend [targets.NAME] group",
            ) from error
