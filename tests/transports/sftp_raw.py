"""A client of SFTP that is as impolite as a test wants: each byte of a packet is its own."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko

from tests.transports.sftp_support import PASSWORD

INIT, OPEN, CLOSE, READ, WRITE, FSETSTAT, OPENDIR, STATUS, HANDLE, DATA = 1, 3, 4, 5, 6, 10, 11, 101, 102, 103
OK, END, FAILURE, UNSUPPORTED = 0, 1, 4, 8
READ_FLAG, WRITE_FLAG, CREATE_FLAG = 1, 2, 8


@contextmanager
def visiting(port: int, password: str | bytes = PASSWORD, source: str = "127.0.0.1") -> Iterator[paramiko.Transport]:
    transport = paramiko.Transport(socket.create_connection(("127.0.0.1", port), 8, (source, 0)))
    try:
        transport.start_client(timeout=8)
        transport.auth_password("erp", password)  # type: ignore[arg-type]  # bytes go over the wire as they are
        yield transport
    finally:
        transport.close()
        transport.join(5)


class Raw:
    """SFTP packets, each byte of them ours."""

    def __init__(self, transport: paramiko.Transport) -> None:
        self._channel = transport.open_session()
        self._channel.settimeout(8)
        self._channel.invoke_subsystem("sftp")
        self.send(INIT, struct.pack(">I", 3))
        self.answer()

    def send(self, kind: int, body: bytes) -> None:
        self._channel.sendall(struct.pack(">IB", len(body) + 1, kind) + body)

    def answer(self) -> tuple[int, bytes]:
        (size,) = struct.unpack(">I", self._exactly(4))
        data = self._exactly(size)
        return data[0], data[1:]

    def ask(self, kind: int, body: bytes) -> tuple[int, bytes]:
        self.send(kind, struct.pack(">I", 7) + body)
        return self.answer()

    def code(self, kind: int, body: bytes) -> int:
        """The code of the status that answers."""
        answered, told = self.ask(kind, body)
        assert answered == STATUS, answered
        return int.from_bytes(told[4:8], "big")

    def opened(self, path: bytes, flags: int) -> bytes:
        """A handle, as later requests name it."""
        kind, told = self.ask(OPEN, opening(path, flags))
        assert kind == HANDLE, told
        return told[4:]

    def close(self) -> bool:
        """End this session; the connection stays."""
        self._channel.close()
        return True

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self._channel.recv(count - len(data))
            assert piece, "the session ended"
            data += piece
        return data


def text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def opening(path: bytes, flags: int) -> bytes:
    return text(path) + struct.pack(">II", flags, 0)


def piece(handle: bytes, offset: int, content: bytes) -> bytes:
    """The body of a write."""
    return handle + struct.pack(">Q", offset) + text(content)


def part(handle: bytes, offset: int, length: int) -> bytes:
    """The body of a read."""
    return handle + struct.pack(">QI", offset, length)
