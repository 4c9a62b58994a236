"""SFTP version 3 over one channel: a request, its answer, and a deadline for each pair.

Not for: what an answer means for a file. paramiko's own client throws away the server's extensions and most codes of
its refusals, and can wait for ever; so this speaks the few requests that a publish needs, one at a time.
"""

import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic

import paramiko

from bridge.transports._sftp_faults import Code, LostError, RefusedError, SilentError

_INIT, _VERSION, _OPEN, _CLOSE, _READ, _WRITE, _LSTAT = 1, 2, 3, 4, 5, 6, 7
_OPENDIR, _READDIR, _REMOVE, _MKDIR, _RENAME = 11, 12, 13, 14, 18
_STATUS, _HANDLE, _DATA, _NAME, _ATTRS, _EXTENDED = 101, 102, 103, 104, 105, 200
_FOR_READING, _FOR_A_NEW_FILE = 0x01, 0x02 | 0x08 | 0x10 | 0x20  # write, create, truncate, exclusive
_HAS_SIZE, _HAS_OWNER, _HAS_RIGHTS, _HAS_TIMES, _HAS_MORE = 0x01, 0x02, 0x04, 0x08, 0x80000000
_POSIX_RENAME, _FSYNC = b"posix-rename@openssh.com", b"fsync@openssh.com"
_AT_ONCE = 32_768
_LARGEST_PACKET = 1 << 24
MOST_NAMES = 250_000
"""A folder with more entries than this is not listed to its end."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server says of a name; some servers leave out any of it, then ``mode`` is 0.

    ``mtime`` is in seconds by the server's clock. ``is_asked``: of this name alone, so that asking again helps nothing.
    """

    size: int | None
    is_folder: bool
    mtime: int | None = None
    mode: int = 0
    is_asked: bool = False

    def asked(self) -> "Facts":
        """The same, known to be all that the server says."""
        return replace(self, is_asked=True)


class Wire:
    """One SFTP session. ``due`` is when the answer under way must be there, ``None`` between two requests.

    A refusal raises :class:`RefusedError`; a cut connection :class:`LostError`, one that is silent past its deadline
    :class:`SilentError`. After these two the session is of no more use.
    """

    def __init__(self, channel: paramiko.Channel, timeout_s: float) -> None:
        self._channel = channel
        self._timeout_s = timeout_s
        self._number = 0
        self.due: float | None = None
        self.listed_all = False
        self.extensions = self._greet()

    @property
    def has_posix_rename(self) -> bool:
        """True when the server announced a rename that is atomic."""
        return _POSIX_RENAME in self.extensions

    def lstat(self, path: str) -> Facts:
        """The facts of a name itself, not of what it may point to."""
        return _facts(self._ask(_ATTRS, _LSTAT, _text(path)))

    def create(self, path: str) -> bytes:
        """The handle of a new file; a name that is taken is refused."""
        return self._handle(_OPEN, _text(path) + struct.pack(">II", _FOR_A_NEW_FILE, 0))

    def open(self, path: str) -> bytes:
        """The handle of a file to read."""
        return self._handle(_OPEN, _text(path) + struct.pack(">II", _FOR_READING, 0))

    def write(self, handle: bytes, content: bytes) -> None:
        """Write everything, each piece answered before the next is sent."""
        for offset in range(0, len(content), _AT_ONCE):
            piece = content[offset : offset + _AT_ONCE]
            self._act(_WRITE, _text(handle) + struct.pack(">Q", offset) + _text(piece))

    def read(self, handle: bytes, at_most: int) -> bytes:
        """What a file holds from its beginning, cut at a length."""
        found = bytearray()
        while len(found) < at_most:
            payload = _text(handle) + struct.pack(">QI", len(found), min(_AT_ONCE, at_most - len(found)))
            try:
                piece = self._ask(_DATA, _READ, payload).get_binary()
            except RefusedError as error:
                if error.code == Code.EOF:
                    break
                raise
            if not piece:
                break
            found += piece
        return bytes(found)

    def sync(self, handle: bytes) -> None:
        """Make a file durable, where the server offers it; some offer it and then do not know it."""
        if _FSYNC not in self.extensions:
            return
        try:
            self._act(_EXTENDED, _text(_FSYNC) + _text(handle))
        except RefusedError as error:
            if error.code != Code.OP_UNSUPPORTED:
                raise

    def close(self, handle: bytes) -> None:
        """Give a handle back; some servers finish a file only now, and may refuse."""
        self._act(_CLOSE, _text(handle))

    def rename(self, source: str, target: str) -> None:
        """The plain rename: by the standard it never replaces, and need not be atomic."""
        self._act(_RENAME, _text(source) + _text(target))

    def posix_rename(self, source: str, target: str) -> None:
        """The atomic rename, which replaces: the caller has looked."""
        self._act(_EXTENDED, _text(_POSIX_RENAME) + _text(source) + _text(target))

    def remove(self, path: str) -> None:
        """Remove a file; one that is gone is as good as removed."""
        try:
            self._act(_REMOVE, _text(path))
        except RefusedError as error:
            if error.code != Code.NO_SUCH_FILE:
                raise

    def mkdir(self, path: str) -> None:
        """Make a folder for ourselves alone."""
        self._act(_MKDIR, _text(path) + struct.pack(">II", _HAS_RIGHTS, 0o700))

    def names(self, path: str) -> set[str] | None:
        """The names in a folder, in any encoding; ``None`` when it is too large to be listed in time."""
        handle = self._handle(_OPENDIR, _text(path))
        until = monotonic() + self._timeout_s
        found: set[str] = set()
        try:
            while len(found) <= MOST_NAMES and monotonic() < until:
                found.update(name for name, _ in _entries_in(self._ask(_NAME, _READDIR, _text(handle))))
        except RefusedError as error:
            if error.code != Code.EOF:
                raise
            return found - {".", ".."}
        finally:
            self._close_quietly(handle)
        return None

    def ask(self, wanted: int, kind: int, payload: bytes) -> paramiko.Message:
        """One request that has no word of its own here; its answer, which must be of the kind that is wanted."""
        return self._ask(wanted, kind, payload)

    def entries(self, path: str) -> Iterator[tuple[str, Facts]]:
        """Each name in a folder with what the listing says of it; only a packet of them is in memory at a time.

        Ends early when the folder cannot be listed in time; ``listed_all`` tells afterwards.
        """
        self.listed_all = False
        handle = self._handle(_OPENDIR, _text(path))
        until = monotonic() + self._timeout_s
        try:
            while monotonic() < until:
                yield from _entries_in(self._ask(_NAME, _READDIR, _text(handle)))
        except RefusedError as error:
            self.listed_all = error.code == Code.EOF
            if not self.listed_all:
                raise
        self._close_quietly(handle)

    def _close_quietly(self, handle: bytes) -> None:
        try:
            self.close(handle)
        except RefusedError:
            return

    # --- packets ----------------------------------------------------------------------------------------------------

    def _greet(self) -> frozenset[bytes]:
        """Agree on the version; what the server offers beyond it."""
        kind, message = self._exchange(struct.pack(">IBI", 5, _INIT, 3), None)
        if kind != _VERSION:
            raise LostError("what answers there does not speak SFTP")
        message.get_int()
        found = set()
        while message.get_remainder():
            found.add(message.get_binary())
            message.get_binary()
        return frozenset(found)

    def _handle(self, kind: int, payload: bytes) -> bytes:
        return self._ask(_HANDLE, kind, payload).get_binary()

    def _act(self, kind: int, payload: bytes) -> None:
        self._ask(_STATUS, kind, payload)

    def _ask(self, wanted: int, kind: int, payload: bytes) -> paramiko.Message:
        """The answer of the kind that is wanted. Raises what the class says."""
        self._number = (self._number + 1) & 0xFFFFFFFF
        head = struct.pack(">IBI", len(payload) + 5, kind, self._number)
        got, message = self._exchange(head + payload, self._number)
        if got == _STATUS:
            code = message.get_int()
            if code != Code.OK:
                raise RefusedError(code, message.get_binary().decode("utf-8", "replace"))
        if got != wanted:
            raise LostError(f"the server answered out of turn ({got} for {wanted})")
        return message

    def _exchange(self, packet: bytes, number: int | None) -> tuple[int, paramiko.Message]:
        self.due = monotonic() + self._timeout_s
        try:
            self._channel.settimeout(self._timeout_s)
            self._channel.sendall(packet)
            while True:
                kind, message = self._packet(self.due)
                if number is None or message.get_int() == number:
                    return kind, message
        except TimeoutError as error:
            raise SilentError(f"no answer within {self._timeout_s:g} s") from error
        except (OSError, EOFError, paramiko.SSHException, struct.error) as error:
            raise LostError(f"the connection was cut: {str(error) or type(error).__name__}") from error
        finally:
            self.due = None

    def _packet(self, due: float) -> tuple[int, paramiko.Message]:
        (size,) = struct.unpack(">I", self._bytes(4, due))
        if not 0 < size <= _LARGEST_PACKET:
            raise EOFError("the server sent no SFTP")
        packet = self._bytes(size, due)
        return packet[0], paramiko.Message(packet[1:])

    def _bytes(self, count: int, due: float) -> bytes:
        found = bytearray()
        while len(found) < count:
            rest = due - monotonic()
            if rest <= 0:
                raise TimeoutError
            self._channel.settimeout(rest)
            piece = self._channel.recv(count - len(found))
            if not piece:
                raise EOFError("the server closed it")
            found += piece
        return bytes(found)


def _text(value: str | bytes) -> bytes:
    content = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return struct.pack(">I", len(content)) + content


def _entries_in(message: paramiko.Message) -> list[tuple[str, Facts]]:
    """The names of one answer and what it says of each; a count that is larger than the answer is not believed."""
    found = []
    for _ in range(message.get_int()):
        if not message.get_remainder():
            break
        name = message.get_binary().decode("utf-8", "surrogateescape")
        message.get_binary()
        found.append((name, _facts(message)))
    return found


def _facts(message: paramiko.Message) -> Facts:
    """Read the attributes that stand next in a message."""
    flags = message.get_int()
    size = message.get_int64() if flags & _HAS_SIZE else None
    if flags & _HAS_OWNER:
        message.get_bytes(8)
    rights = message.get_int() if flags & _HAS_RIGHTS else 0
    mtime = None
    if flags & _HAS_TIMES:
        message.get_int()
        mtime = message.get_int()
    for _ in range(message.get_int() if flags & _HAS_MORE else 0):
        if not message.get_remainder():
            break
        message.get_binary()
        message.get_binary()
    return Facts(size, stat.S_ISDIR(rights), mtime, rights)
