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
from bridge.transports._server.readings import Coverage, Readings
from bridge.transports._server.tree import PART, open_to_read, opened, rename_in
from bridge.transports._serving import Share

MOST_AT_ONCE = 256 * 1024
_FARTHEST = 2**63 - 1
_MODE = 0o640

log = logging.getLogger("bridge.sftp_server")


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
        is_cut = attr._flags & attr.FLAG_SIZE  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to tell
        return self.resize(int(attr.st_size or 0)) if is_cut else SFTP_OK

    def resize(self, size: int) -> int:
        """Not a file that is read."""
        return SFTP_PERMISSION_DENIED

    def read(self, offset: int, length: int) -> bytes | int:
        """A piece of the file."""
        return self._piece(offset, length) or SFTP_EOF

    def _piece(self, offset: int, length: int) -> bytes:
        return os.pread(self._handle, min(length, MOST_AT_ONCE), offset) if offset <= _FARTHEST else b""

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

    def __init__(self, share: Share, name: str, readings: Readings, forget: Callable[[Transfer], None]) -> None:
        super().__init__(open_to_read(share, name), forget)
        self._share = share
        self._name = name
        self._readings = readings
        self._read = Coverage()

    def read(self, offset: int, length: int) -> bytes | int:
        """A piece of the file, which counts as read."""
        piece = self._piece(offset, length)
        self._read.add(offset, len(piece))
        return piece or SFTP_EOF

    def write(self, offset: int, data: bytes) -> int:  # type: ignore[override]  # what paramiko hands over
        """Not in a file that was opened to be read."""
        return SFTP_PERMISSION_DENIED

    def finish(self) -> int:
        """Tell how far the client read."""
        self._tell(is_closed=True)
        return SFTP_OK

    def close(self) -> None:
        """Cut off: what was sent may not have arrived, so it counts as broken off however far it got."""
        self._tell(is_closed=False)

    def _tell(self, *, is_closed: bool) -> None:
        if self._is_open:
            try:
                self._readings.end(self._share, self._name, self._handle, self._read, is_closed=is_closed)
            finally:
                self._end()


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
        self._written = Coverage()
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
            self._written.add(offset, len(data))
            rest = memoryview(data)
            while rest:
                written = os.pwrite(self._handle, rest, offset)
                rest, offset = rest[written:], offset + written
        except OSError as error:
            return self._refuse(str(error.strerror))
        return SFTP_OK

    def resize(self, size: int) -> int:
        """Cut it or make room ahead, as some clients do; what is not written by its end makes a hole."""
        if not self._is_sound or size > self._share.largest:
            return self._refuse("it is larger than max_file")
        try:
            os.ftruncate(self._handle, size)
        except OSError as error:
            return self._refuse(str(error.strerror))
        self._written.cut(size)
        return SFTP_OK

    def finish(self) -> int:
        """Make the file durable, then give it its name; it is refused when somebody else's file has that name."""
        if not self._is_open:
            return SFTP_FAILURE
        size = os.fstat(self._handle).st_size
        if self._written.reaches < size:
            self._refuse("the client left a hole in it")
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
