"""How the simulated ERP reaches its folders: as a disk of its own, or, by the same words, over SFTP.

Not for: what it does with the files.
"""

from pathlib import Path
from typing import Protocol


class Growing(Protocol):
    """A file that is being written."""

    def write(self, data: bytes, /) -> object:
        """Add to it."""
        ...

    def close(self) -> None:
        """It is whole."""
        ...


class Reach(Protocol):
    """The folder of orders and the folder of answers. Two exist: this module's, and the transports' visit by SFTP."""

    def names(self) -> list[str]:
        """The orders' files, sorted."""
        ...

    def take(self, name: str) -> bytes:
        """Read an order's file and remove it."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file beside the orders."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Put a whole answer: under another name first, then renamed."""
        ...

    def begin(self, name: str) -> Growing:
        """Begin an answer under its final name, as careless ERPs do."""
        ...


class Disk:
    """Both folders on this machine."""

    def __init__(self, outbox: Path, inbox: Path) -> None:
        self._outbox = outbox
        self._inbox = inbox

    def names(self) -> list[str]:
        """The orders' files, sorted; none when the folder is missing."""
        try:
            return sorted(path.name for path in self._outbox.iterdir() if path.is_file())
        except FileNotFoundError:
            return []

    def take(self, name: str) -> bytes:
        """Read an order's file and remove it."""
        path = self._outbox / name
        content = path.read_bytes()
        path.unlink()
        return content

    def remove(self, name: str) -> None:
        """Remove a file beside the orders."""
        (self._outbox / name).unlink()

    def put(self, name: str, content: bytes) -> None:
        """Put a whole answer."""
        partial = self._inbox / f"{name}.part"
        partial.write_bytes(content)
        partial.rename(self._inbox / name)

    def begin(self, name: str) -> Growing:
        """Begin an answer."""
        return (self._inbox / name).open("xb", 0)
