"""A file on its way: an upload that appears whole or not at all, a download that knows how far it got.

Not for: paths and names (``tree.py``). Both kinds end in one of two ways: ``finish`` when the client closes the file,
``close`` when the session is over before that.
"""

import contextlib
import logging
import os
import secrets
from collections.abc import Callable

import paramiko
from paramiko.sftp import SFTP_EOF, SFTP_FAILURE, SFTP_OK, SFTP_PERMISSION_DENIED

from bridge.naming import shown
from bridge.transports._server.tree import PART, open_to_read, opened, rename_in
from bridge.transports._serving import Reading, Share, Sight

MOST_AT_ONCE = 256 * 1024
_MOST_PIECES = 256
_MODE = 0o640

log = logging.getLogger("bridge.sftp_server")


class Coverage:
    """How far from its beginning a file was read without a gap, whatever the order of the pieces."""

    def __init__(self) -> None:
        self.reaches = 0
        self._ahead: dict[int, int] = {}

    def add(self, start: int, length: int) -> None:
        """A piece was read. Pieces far ahead of a gap are forgotten when there are too many of them."""
        if start > self.reaches:
            if len(self._ahead) < _MOST_PIECES:
                self._ahead[start] = max(self._ahead.get(start, 0), start + length)
            return
        self.reaches = max(self.reaches, start + length)
        while near := [begin for begin in self._ahead if begin <= self.reaches]:
            self.reaches = max(self.reaches, *(self._ahead.pop(begin) for begin in near))


class Transfer(paramiko.SFTPHandle):
    """An open file of a session."""

    def __init__(self, handle: int, forget: Callable[["Transfer"], None]) -> None:
        super().__init__()
        self._handle = handle
        self._forget = forget
        self._is_open = True

    def stat(self) -> paramiko.SFTPAttributes | int:
        """Of the open file."""
        return paramiko.SFTPAttributes.from_stat(os.fstat(self._handle))

    def chattr(self, attr: paramiko.SFTPAttributes) -> int:
        """Rights and times of files are the bridge's; clients that send theirs with each upload are not turned away."""
        return SFTP_OK

    def finish(self) -> int:
        """The client closed the file; the code that it is told."""
        raise NotImplementedError

    def _end(self) -> bool:
        """Close the descriptor; false when that happened before."""
        if not self._is_open:
            return False
        self._is_open = False
        os.close(self._handle)
        self._forget(self)
        return True


class Download(Transfer):
    """A file being read."""

    def __init__(self, share: Share, name: str, sight: Sight, forget: Callable[[Transfer], None]) -> None:
        super().__init__(open_to_read(share, name), forget)
        self._share = share
        self._name = name
        self._sight = sight
        self._read = Coverage()

    def read(self, offset: int, length: int) -> bytes | int:
        """A piece of the file."""
        piece = os.pread(self._handle, min(length, MOST_AT_ONCE), offset)
        self._read.add(offset, len(piece))
        return piece or SFTP_EOF

    def write(self, offset: int, data: bytes) -> int:  # type: ignore[override]  # what paramiko hands over
        """Not in a file that was opened to be read."""
        return SFTP_PERMISSION_DENIED

    def finish(self) -> int:
        """Tell how far the client read."""
        self._tell(is_at_end=True)
        return SFTP_OK

    def close(self) -> None:
        """Cut off: what was sent may not have arrived, so it counts as broken off however far it got."""
        self._tell(is_at_end=False)

    def _tell(self, *, is_at_end: bool) -> None:
        size = os.fstat(self._handle).st_size if self._is_open else 0
        if self._end():
            reaches = self._read.reaches
            whole = is_at_end and reaches >= size
            if self._share.target and (whole or reaches):
                self._sight(Reading(self._share.target, self._name, reaches, size, whole))


class Upload(Transfer):
    """A file being written under a hidden name of its own; its final name appears with the client's close."""

    def __init__(self, share: Share, name: str, forget: Callable[[Transfer], None]) -> None:
        self._temporary = f"{PART}{secrets.token_hex(8)}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with opened(share) as folder:
            handle = os.open(self._temporary, flags, _MODE, dir_fd=folder)
        super().__init__(handle, forget)
        self._share = share
        self._is_sound = True
        self.name = name

    @property
    def path(self) -> str:
        """As the client names the file."""
        return f"{self._share.path}/{self.name}"

    def write(self, offset: int, data: bytes) -> int:  # type: ignore[override]  # what paramiko hands over
        """Write a piece; after one that failed, nothing of the file is kept."""
        if not self._is_sound or offset + len(data) > self._share.largest:
            return self._refuse("it is larger than max_file")
        try:
            rest = memoryview(data)
            while rest:
                written = os.pwrite(self._handle, rest, offset)
                rest, offset = rest[written:], offset + written
        except OSError as error:
            return self._refuse(str(error.strerror))
        return SFTP_OK

    def read(self, offset: int, length: int) -> bytes | int:
        """What was written so far, for a client that compares."""
        return os.pread(self._handle, min(length, MOST_AT_ONCE), offset) or SFTP_EOF

    def finish(self) -> int:
        """Make the file durable, then give it its name; it is refused when somebody else's file has that name."""
        if not self._is_open:
            return SFTP_FAILURE
        size = os.fstat(self._handle).st_size
        try:
            if self._is_sound:
                self._publish()
                log.info("sftp_uploaded", extra={"file": shown(self.name), "size": size})
        except OSError as error:
            self._refuse(str(error.strerror))
        finally:
            self._discard()
        return SFTP_OK if self._is_sound else SFTP_FAILURE

    def close(self) -> None:
        """Cut off: nothing stays."""
        if self._is_open:
            log.warning("sftp_upload_broken_off", extra={"file": shown(self.name)})
        self._discard()

    def _publish(self) -> None:
        os.fsync(self._handle)
        with opened(self._share) as folder:
            rename_in(folder, self._temporary, self.name)
            os.fsync(folder)

    def _discard(self) -> None:
        if self._end():
            with contextlib.suppress(OSError), opened(self._share) as folder:
                os.unlink(self._temporary, dir_fd=folder)

    def _refuse(self, why: str) -> int:
        if self._is_sound:
            log.warning("sftp_upload_refused", extra={"file": shown(self.name), "error": why})
        self._is_sound = False
        return SFTP_FAILURE
