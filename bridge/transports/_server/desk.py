"""One SFTP session: what each request of a client does, and what it is answered.

Not for: who may have a session (``door.py``). A fault of a request is an answer; the session goes on.
"""

import contextlib
import functools
import logging
import os
import stat
import sys
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import paramiko
from paramiko.message import Message
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_EXTENDED,
    CMD_FSETSTAT,
    CMD_INIT,
    CMD_NAMES,
    CMD_OPENDIR,
    CMD_VERSION,
    SFTP_BAD_MESSAGE,
    SFTP_FAILURE,
    SFTP_NO_SUCH_FILE,
    SFTP_OK,
    SFTP_OP_UNSUPPORTED,
    SFTP_PERMISSION_DENIED,
)

from bridge.naming import shown
from bridge.transports._server import tree
from bridge.transports._server.door import Door
from bridge.transports._server.readings import Readings
from bridge.transports._server.transfers import Download, Transfer, Upload
from bridge.transports._server.tree import Spot, Tree
from bridge.transports._serving import Rights, Share

_MOST_FOLDERS = 4
"""Open at once in a session; each holds its whole listing."""

_LARGEST_PACKET = 256 * 1024 + 1024
"""OpenSSH takes as much. Paramiko would take 16 MiB, and copy it for each piece that comes."""

_REMEMBERED = 64
_VERSION = 3
_FOLDER_MODE = stat.S_IFDIR | 0o750
_POSIX_RENAME = "posix-rename@openssh.com"

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger("bridge.sftp_server")


def answered(
    act: Callable[Concatenate["Desk", P], R],
) -> Callable[Concatenate["Desk", P], R | int]:
    """Make an error of the system the SFTP code for it."""

    @functools.wraps(act)
    def asked(desk: "Desk", /, *args: P.args, **kwargs: P.kwargs) -> R | int:
        try:
            return act(desk, *args, **kwargs)
        except FileNotFoundError:
            return SFTP_NO_SUCH_FILE
        except PermissionError:
            return SFTP_PERMISSION_DENIED
        except OSError as error:
            log.debug("sftp_request_failed", extra={"error": error.strerror or str(error)})
            return SFTP_FAILURE

    return asked


class Desk(paramiko.SFTPServerInterface):
    """The requests of one session. What is not overridden here (links, new folders) paramiko answers: unsupported."""

    def __init__(self, door: Door, shares: Tree, readings: Readings) -> None:
        super().__init__(door)
        self._door = door
        self._tree = shares
        self._readings = readings
        self._uploaded: dict[str, paramiko.SFTPAttributes] = {}

    @answered
    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes]:
        """The regular files of a share, or the folders above one."""
        spot = self._tree.find(path)
        if spot.share is None:
            return [_folder(name) for name in self._tree.below(path)]
        if spot.name:
            raise NotADirectoryError(path)
        return [paramiko.SFTPAttributes.from_stat(found, name) for name, found in tree.listing(spot.share)]

    @answered
    def stat(self, path: str) -> paramiko.SFTPAttributes:
        """Of a file; one that this session uploaded is remembered, for the bridge may have taken it already."""
        spot = self._tree.find(path)
        if spot.share is None or not spot.name:
            return _folder(spot.name)
        try:
            with tree.opened(spot.share) as folder:
                return paramiko.SFTPAttributes.from_stat(tree.status(folder, spot.name))
        except FileNotFoundError:
            if (known := self._uploaded.get(tree.canonical(path))) is None:
                raise
            return known

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        """The same: there are no links."""
        return self.stat(path)

    @answered
    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        """A download of what is there, or an upload of what is not there yet."""
        share, name = _file(self._tree.find(path))
        if not self._door.has_room_for_a_file():
            log.warning("sftp_files_full", extra={"source": self._door.source})
            return SFTP_FAILURE
        if flags & os.O_ACCMODE == os.O_RDONLY:
            return self._remember(Download(share, name, self._readings, self._forget))
        if share.rights is not Rights.DELIVER:
            return SFTP_PERMISSION_DENIED
        if flags & os.O_APPEND:
            return SFTP_OP_UNSUPPORTED
        return self._open_to_write(share, name, flags)

    def _open_to_write(self, share: Share, name: str, flags: int) -> paramiko.SFTPHandle | int:
        try:
            with tree.opened(share) as folder:
                os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            if not flags & os.O_CREAT:
                raise
            return self._remember(Upload(share, name, self._forget))
        log.warning("sftp_upload_refused", extra={"file": shown(name), "error": "a file of that name lies there"})
        return SFTP_FAILURE

    @answered
    def remove(self, path: str) -> int:
        """Remove a file."""
        tree.remove(*_file(self._tree.find(path)))
        self._uploaded.pop(tree.canonical(path), None)
        return SFTP_OK

    @answered
    def rename(self, oldpath: str, newpath: str) -> int:
        """Rename a file within its folder, never over another."""
        share, before = _file(self._tree.find(oldpath))
        other, after = _file(self._tree.find(newpath))
        if share is not other:
            return SFTP_PERMISSION_DENIED
        tree.rename(share, before, after)
        if (known := self._uploaded.pop(tree.canonical(oldpath), None)) is not None:
            self._uploaded[tree.canonical(newpath)] = known
        return SFTP_OK

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        """The same; it is not announced, but some clients ask unasked."""
        return self.rename(oldpath, newpath)

    @answered
    def chattr(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        """A time is taken and left at that, since clients send theirs after each upload; rights and owners stay."""
        _file(self._tree.find(path))
        only_times = attr._flags == attr.FLAG_AMTIME  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to tell
        return SFTP_OK if only_times else SFTP_PERMISSION_DENIED

    def canonicalize(self, path: str) -> str:
        """A path from the root on."""
        return tree.canonical(path)

    def touch(self) -> None:
        """A request came."""
        self._door.asked_at = time.monotonic()

    def note_uploaded(self, path: str, found: paramiko.SFTPAttributes) -> None:
        """Remember how large an upload was, for the client's own look at it."""
        if len(self._uploaded) >= _REMEMBERED:
            del self._uploaded[next(iter(self._uploaded))]
        self._uploaded[path] = found

    def _remember(self, transfer: Transfer) -> Transfer:
        self._door.note_open(transfer)
        return transfer

    def _forget(self, transfer: Transfer) -> None:
        self._door.note_closed(transfer)


def _file(spot: Spot) -> tuple[Share, str]:
    if spot.share is None or not spot.name:
        raise IsADirectoryError(spot.name)
    return spot.share, spot.name


def _folder(name: str) -> paramiko.SFTPAttributes:
    found = paramiko.SFTPAttributes()
    found.filename = name
    found.st_mode = _FOLDER_MODE
    found.st_size = found.st_uid = found.st_gid = found.st_atime = found.st_mtime = 0
    return found


class Session(paramiko.SFTPServer):
    """Paramiko's side of the protocol, with what it leaves open: a close that can fail, bounds, and names in UTF-8."""

    server: Desk

    def _send_server_version(self) -> int:
        """Version 3 and no extension: paramiko would announce hashes, which count as reading here."""
        kind, data = self._read_packet()
        if kind != CMD_INIT:
            raise paramiko.SFTPError("no SFTP client")
        answer = Message()
        answer.add_int(_VERSION)
        self._send_packet(CMD_VERSION, answer)  # type: ignore[attr-defined]  # the same
        return int.from_bytes(data[:4], "big")

    def finish_subsystem(self) -> None:
        """Close all that is open, whatever one of them says: what stayed open would keep the seat for ever."""
        transfers, self.file_table = self.file_table, {}
        self.folder_table = {}
        try:
            with contextlib.ExitStack() as stack:
                stack.callback(super().finish_subsystem)
                for transfer in transfers.values():
                    stack.callback(transfer.close)
        finally:
            if sys.exception() is not None:
                log.error("unforeseen_error", exc_info=sys.exception(), extra={"stage": "sftp_server"})

    def _read_packet(self) -> tuple[int, bytes]:
        """The next packet; one that is too large or empty ends the session."""
        size = int.from_bytes(self._read_all(4), "big")  # type: ignore[attr-defined]  # the stubs leave out what is private
        if not 0 < size <= _LARGEST_PACKET:
            raise paramiko.SFTPError("no SFTP client")
        packet: bytes = self._read_all(size)  # type: ignore[attr-defined]  # the same
        return packet[0], packet[1:]

    def _process(self, kind: int, number: int, message: Message) -> None:
        """Answer one request. What nobody foresaw is logged here; paramiko then answers FAILURE and goes on."""
        self.server.touch()
        is_foreseen = False
        try:
            self._answer(kind, number, message)
            is_foreseen = True
        except UnicodeDecodeError:
            is_foreseen = True
            self._say(number, SFTP_NO_SUCH_FILE, "names are UTF-8 here")
        except (OSError, EOFError, paramiko.SSHException):
            is_foreseen = True  # the client is gone
            raise
        finally:
            if not is_foreseen:
                log.error("unforeseen_error", exc_info=sys.exception(), extra={"stage": "sftp_server"})

    def _answer(self, kind: int, number: int, message: Message) -> None:
        if kind == CMD_CLOSE:
            self._close(number, message)
        elif kind == CMD_EXTENDED:
            self._extended(number, message)
        elif kind == CMD_FSETSTAT:
            self._set_status_of_open(number, message)
        elif kind == CMD_OPENDIR and len(self.folder_table) >= _MOST_FOLDERS:
            self._say(number, SFTP_FAILURE, "too many open folders")
        elif kind not in CMD_NAMES:
            self._say(number, SFTP_OP_UNSUPPORTED)
        else:
            super()._process(kind, number, message)  # type: ignore[misc]  # the same

    def _close(self, number: int, message: Message) -> None:
        handle = message.get_binary()
        if self.folder_table.pop(handle, None) is not None:
            self._say(number, SFTP_OK)
            return
        transfer = self.file_table.pop(handle, None)
        if not isinstance(transfer, Transfer):
            self._say(number, SFTP_BAD_MESSAGE, "no such handle")
            return
        found = transfer.stat()
        code = transfer.finish()
        if code == SFTP_OK and isinstance(transfer, Upload) and isinstance(found, paramiko.SFTPAttributes):
            self.server.note_uploaded(transfer.path, found)
        self._say(number, code)

    def _set_status_of_open(self, number: int, message: Message) -> None:
        """Paramiko answers an unknown handle with a packet that is no answer."""
        transfer = self.file_table.get(message.get_binary())
        wished = paramiko.SFTPAttributes._from_msg(message)  # type: ignore[attr-defined]  # noqa: SLF001 - nothing else reads it
        if isinstance(transfer, Transfer):
            self._say(number, transfer.chattr(wished))
        else:
            self._say(number, SFTP_BAD_MESSAGE, "no such handle")

    def _extended(self, number: int, message: Message) -> None:
        if message.get_text() != _POSIX_RENAME:
            self._say(number, SFTP_OP_UNSUPPORTED)
            return
        self._say(number, self.server.posix_rename(message.get_text(), message.get_text()))

    def _say(self, number: int, code: int, words: str | None = None) -> None:
        self._send_status(number, code, words)  # type: ignore[attr-defined]  # the same
