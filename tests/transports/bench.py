"""A drop point for each transport on the shelf, seen from the ERP's side: what the conformance suite asks of it."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from bridge.transports import FileNames, Parcel, Transport, folder, sftp
from tests.support.needs import needs
from tests.transports.sshd import Sshd

IDENTITY = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"


class Bench(Protocol):
    """A transport and the place where its files arrive."""

    @property
    def transport(self) -> Transport: ...

    def another(self) -> Transport:
        """A second transport for the same place, as after a restart."""
        ...

    def finals(self) -> dict[str, bytes]:
        """What the ERP sees: finished files."""
        ...

    def staged(self) -> dict[str, bytes]:
        """What lies in the staging folder, the identity left out."""
        ...

    def take(self, name: str) -> None:
        """The ERP fetches a file and removes it."""
        ...

    def put_final(self, name: str, content: bytes) -> None:
        """A stranger leaves a file among the finished ones."""
        ...

    def put_staged(self, name: str, content: bytes) -> None:
        """A staging file is something else than we wrote."""
        ...

    def lose(self) -> None:
        """The place cannot be reached."""
        ...

    def find_again(self) -> None:
        """It is back as it was."""
        ...

    def close(self) -> None:
        """End what the bench started."""
        ...


class FolderBench:
    """A folder, the ERP being another process on this machine."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.outbox = place / "outbox"
        self.staging = self.outbox / ".staging"
        self.transport = self.another()

    def another(self) -> Transport:
        return folder.build(folder.Options(directory=self.outbox, staging=self.staging))

    def finals(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.outbox.iterdir() if path.is_file()}

    def staged(self) -> dict[str, bytes]:
        files = (path for path in self.staging.iterdir() if path.is_file() and not path.name.startswith(".bridge"))
        return {path.name: path.read_bytes() for path in files}

    def take(self, name: str) -> None:
        (self.outbox / name).unlink()

    def put_final(self, name: str, content: bytes) -> None:
        (self.outbox / name).write_bytes(content)

    def put_staged(self, name: str, content: bytes) -> None:
        (self.staging / name).write_bytes(content)

    def lose(self) -> None:
        self.outbox.rename(self.place / "elsewhere")

    def find_again(self) -> None:
        (self.place / "elsewhere").rename(self.outbox)

    def close(self) -> None:
        pass


class SftpBench(FolderBench):
    """The same folder behind OpenSSH's own server."""

    def __init__(self, place: Path) -> None:
        self.outbox = place / "outbox"
        self.outbox.mkdir()
        self.server = Sshd(place)
        super().__init__(place)

    def another(self) -> Transport:
        return sftp.build(self.server.options(directory=str(self.outbox), staging=str(self.staging)))

    def close(self) -> None:
        self.server.close()


class DotNameBench(SftpBench):
    """A server whose owner gives one folder only: files being written have dot names in it."""

    def another(self) -> Transport:
        return sftp.build(self.server.options(directory=str(self.outbox)))

    def finals(self) -> dict[str, bytes]:
        return {name: content for name, content in super().finals().items() if not name.startswith(".")}

    def staged(self) -> dict[str, bytes]:
        files = (path for path in self.outbox.iterdir() if path.is_file() and path.name.startswith("."))
        return {path.name[1:]: path.read_bytes() for path in files if not path.name.startswith(".bridge")}

    def put_staged(self, name: str, content: bytes) -> None:
        (self.outbox / f".{name}").write_bytes(content)


BENCHES: Mapping[str, Callable[[Path], Bench]] = {"folder": FolderBench, "sftp": SftpBench}
VARIANTS: Mapping[str, Callable[[Path], Bench]] = {**BENCHES, "sftp, dot names": DotNameBench}
NEEDED = {"sftp": needs("sshd", "ssh-keygen"), "sftp, dot names": needs("sshd", "ssh-keygen")}


def parcel(number: int = 1, content: bytes = b"an order\r\n", *, marker: str = "", verify: bool = False) -> Parcel:
    name = f"ORDERS_{number}_{number:06}.csv"
    digest = hashlib.sha256(content).hexdigest()
    return Parcel(number, name, f"{name}.part", marker and f"{name}{marker}", content, digest, verify)


def names(number: int = 1, *, marker: str = "") -> FileNames:
    """The names of the parcel of that number."""
    of = parcel(number, marker=marker)
    return FileNames(number, of.final, of.staging, of.marker)
