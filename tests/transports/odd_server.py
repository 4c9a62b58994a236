"""An SFTP server with odd manners (asyncssh), and the ERP behind it: cuts, silence, renames of every sort, quick hands.

Not for: OpenSSH's own manners; ``sshd.py`` has those.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import asyncssh
import pytest
from asyncssh import sftp as asftp

from bridge.transports import sftp

T = TypeVar("T")


@dataclass(frozen=True)
class Manner:
    """How a server behaves where it may."""

    posix: bool = True
    renames: bool = True
    by_copy: bool = False
    by_link: bool = False
    stats: bool = True
    reads: bool = True
    instant: bool = False
    whole_minutes: bool = False
    marker: str = ""


MANNERS = {
    "as it should be": Manner(),
    "no posix-rename": Manner(posix=False),
    "no rename": Manner(posix=False, renames=False, marker=".done"),
    "no overwrite, link and unlink": Manner(posix=False, by_link=True),
    "copy and delete": Manner(posix=False, by_copy=True),
    "no stat after upload": Manner(stats=False),
    "drop box": Manner(stats=False, reads=False),
    "instant pick-up": Manner(instant=True),
    "minute-only times": Manner(whole_minutes=True),
}


def nothing(_what: str, _path: str) -> asyncssh.SFTPError | None:
    """What a server refuses that refuses nothing."""
    return None


@dataclass
class World:
    """What lies on the server, who took what, and what happens at which request."""

    place: Path
    manner: Manner = field(default_factory=Manner)
    cut_at: int = 0
    how: str = ""
    quota: int = 1 << 40
    may_rename: bool = True
    may_write: bool = True
    refuses: Callable[[str, str], asyncssh.SFTPError | None] = nothing
    """Which request it refuses, by what is asked (`create`, `write`, `lstat`...) and the path, and how."""
    lists: Callable[[str], str] = str
    """How it writes a name in a listing."""
    requests: int = 0
    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    partial: list[tuple[str, bytes]] = field(default_factory=list)
    expected: dict[str, bytes] = field(default_factory=dict)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.outbox = self.place / "outbox"
        self.outbox.mkdir(parents=True)
        self.key = self.place / "user_key"
        asyncssh.generate_private_key("ssh-ed25519").write_private_key(self.key)
        self.host = asyncssh.generate_private_key("ssh-ed25519")

    def options(self, **given: object) -> sftp.Options:
        usual = {
            "host": "127.0.0.1",
            "port": self.port,
            "username": "bridge",
            "key_file": self.key,
            "host_key": self.host.get_fingerprint("sha256"),
            "directory": str(self.outbox),
            "staging": str(self.outbox / ".staging"),
            "timeout": "5 s",
        }
        return sftp.Options.model_validate({**usual, **given})

    def finals(self) -> list[Path]:
        """What the ERP sees and may act on: with a marker only what has one."""
        there = list(self.outbox.iterdir()) if self.outbox.exists() else []
        files = [path for path in there if path.is_file() and not path.name.startswith(".")]
        if not self.manner.marker:
            return files
        return [path for path in files if path.with_name(path.name + self.manner.marker).exists()]

    def observe(self) -> None:
        """Note each file that the ERP may act on although it is not whole."""
        for path in self.finals():
            content = path.read_bytes()
            if self.expected.get(path.name, content) != content:
                self.partial.append((path.name, content))

    def take(self) -> None:
        """The ERP fetches what it may act on, the marker last."""
        for path in self.finals():
            self.taken.append((path.name, path.read_bytes()))
            path.unlink()
            if self.manner.marker:
                path.with_name(path.name + self.manner.marker).unlink()


class OddServer(asyncssh.SFTPServer):
    """Each request passes one gate, which counts, cuts and looks on."""

    def __init__(self, chan: "asyncssh.SSHServerChannel[bytes]", world: World) -> None:
        super().__init__(chan)
        self._world = world

    async def _pass(self, what: str, path: bytes, act: Callable[[], T], half: Callable[[], object] | None = None) -> T:
        world = self._world
        refusal = world.refuses(what, os.fsdecode(path))
        if refusal is not None:
            raise refusal
        world.requests += 1
        is_cut = world.requests == world.cut_at
        if is_cut and world.how == "silence":
            await world.released.wait()
        if is_cut and world.how == "within" and half is not None:
            half()
        if is_cut and world.how in {"before", "within"}:
            raise self._cut()
        try:
            found = act()
        finally:
            world.observe()
            if world.manner.instant:
                world.take()
        if is_cut and world.how == "after":
            raise self._cut()
        return found

    def _cut(self) -> Exception:
        self.channel.get_connection().abort()
        return asyncssh.SFTPConnectionLost("cut")

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        opened: list[object] = []
        is_blind = not self._world.manner.reads and not pflags & asyncssh.FXF_WRITE and b".bridge" not in path

        def act() -> object:
            if is_blind or (pflags & asyncssh.FXF_WRITE and not self._world.may_write):
                raise asyncssh.SFTPPermissionDenied("not for you")
            opened.append(asyncssh.SFTPServer.open(self, path, pflags, attrs))
            return opened[0]

        try:
            return await self._pass("create" if pflags & asyncssh.FXF_WRITE else "open", path, act)
        except asyncssh.SFTPConnectionLost:
            for file_obj in opened:
                asyncssh.SFTPServer.close(self, file_obj)
            raise

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        def act() -> int:
            if offset + len(data) > self._world.quota:
                asyncssh.SFTPServer.write(self, file_obj, offset, data[: max(0, self._world.quota - offset)])
                raise asyncssh.SFTPFailure("Disk quota exceeded")
            asyncssh.SFTPServer.write(self, file_obj, offset, data)
            return len(data)

        return await self._pass(
            "write", b"", act, lambda: asyncssh.SFTPServer.write(self, file_obj, offset, data[: len(data) // 2])
        )

    async def close(self, file_obj: object) -> None:
        try:
            await self._pass("close", b"", lambda: asyncssh.SFTPServer.close(self, file_obj))
        finally:
            asyncssh.SFTPServer.close(self, file_obj)  # as a server does whose client is gone

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        found = await self._pass("read", b"", lambda: asyncssh.SFTPServer.read(self, file_obj, offset, size))
        assert isinstance(found, bytes)
        return found

    async def fsync(self, file_obj: object) -> None:
        await self._pass("fsync", b"", lambda: asyncssh.SFTPServer.fsync(self, file_obj))

    async def remove(self, path: bytes) -> None:
        await self._pass("remove", path, lambda: asyncssh.SFTPServer.remove(self, path))

    async def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        await self._pass("mkdir", path, lambda: asyncssh.SFTPServer.mkdir(self, path, attrs))

    async def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        def act() -> asyncssh.SFTPAttrs:
            if not self._world.manner.stats:
                raise asyncssh.SFTPPermissionDenied("not for you")
            attrs = asyncssh.SFTPAttrs.from_local(os.lstat(path))
            if self._world.manner.whole_minutes and attrs.mtime is not None:
                attrs.mtime -= attrs.mtime % 60
            return attrs

        return await self._pass("lstat", path, act)

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        def act() -> list[str]:
            if not self._world.manner.reads:
                raise asyncssh.SFTPPermissionDenied("not for you")
            return os.listdir(_path(path))  # noqa: PTH208 - names, as SFTP has them

        for name in await self._pass("list", path, act):
            yield asyncssh.SFTPName(os.fsencode(self._world.lists(name)), attrs=asyncssh.SFTPAttrs())

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        def act() -> None:
            self._may_rename()
            if not self._world.manner.posix:
                raise asyncssh.SFTPOpUnsupported("no")
            _path(oldpath).replace(_path(newpath))

        await self._pass("rename", newpath, act)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        def act() -> None:
            self._may_rename()
            if not self._world.manner.renames:
                raise asyncssh.SFTPFailure("Failure")
            os.lstat(oldpath)
            if os.path.lexists(newpath) and not self._world.manner.by_copy:
                raise asyncssh.SFTPFailure("Failure")
            if self._world.manner.by_copy:
                shutil.copy(oldpath, newpath)
                _path(oldpath).unlink()
            else:
                _path(oldpath).rename(_path(newpath))

        await self._pass("rename", newpath, act, lambda: self._half_a_rename(oldpath, newpath))

    def _half_a_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """The new name is there, the old one too."""
        manner = self._world.manner
        if manner.by_link and not os.path.lexists(newpath):
            os.link(oldpath, newpath)
        elif manner.by_copy:
            shutil.copy(oldpath, newpath)

    def _may_rename(self) -> None:
        if not self._world.may_rename:
            raise asyncssh.SFTPPermissionDenied("not for you")


def _path(name: bytes) -> Path:
    return Path(os.fsdecode(name))


class _Login(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return username != "bridge"


@asynccontextmanager
async def serving(world: World, patch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The server, for as long as a block runs."""
    if not world.manner.posix:
        handler = asftp.SFTPServerHandler
        told = [one for one in vars(handler)["_extensions"] if one[0] != b"posix-rename@openssh.com"]
        patch.setattr(handler, "_extensions", told)

    def factory(chan: "asyncssh.SSHServerChannel[bytes]") -> asyncssh.SFTPServer:
        return OddServer(chan, world)

    server = await asyncssh.create_server(
        _Login, "127.0.0.1", 0, server_host_keys=[world.host], sftp_factory=factory, sftp_version=3
    )
    world.port = server.sockets[0].getsockname()[1]
    try:
        yield world
    finally:
        world.released.set()
        server.close()
        await server.wait_closed()
