"""What the collect stage asks of a server on which an ERP leaves its answers, and what it gets back.

Not for: order files (``_protocol.py``), nor for what an answer says. A transport that can collect offers
:class:`Collects` besides; the connection is the one that its order files go over.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the server lists it; ``mtime`` is in seconds by the server's clock. ``None`` is what it does not tell.

    Bytes of a name that are no UTF-8 are surrogates, as the system's own calls give them.
    """

    name: str
    size: int | None
    mtime: int | None


class Interest(StrEnum):
    """What a name is to whoever looks, before anything else is known of it."""

    ANSWER = "answer"
    KNOWN = "known"
    """Of interest however many there are: a marker, or a file that was dealt with and lies there still."""
    STRANGE = "strange"
    """Left alone, and to be named."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What lies there. ``answers`` are the oldest of them by time and name, ``is_cut`` when there are more.

    ``known`` has what is there of the names that were known; only when ``is_whole`` is a missing one gone.
    ``strangers`` are names with words for what they are. ``tells_seconds`` when some time was no whole minute.
    """

    answers: tuple[RemoteFile, ...] = ()
    known: Mapping[str, RemoteFile] = field(default_factory=dict)
    strangers: tuple[tuple[str, str], ...] = ()
    is_whole: bool = True
    is_cut: bool = False
    tells_seconds: bool = False


class Got(StrEnum):
    """What came of reading one file."""

    WHOLE = "whole"
    """Its bytes, and afterwards it was still as it had been listed."""
    GONE = "gone"
    CHANGED = "changed"
    """Written to since it was listed; its bytes count for nothing."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Fetch:
    """One file as it was read; ``detail`` says why it was refused."""

    file: RemoteFile
    got: Got
    content: bytes = b""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A file that may leave the server, since the journal has it. ``thorough``: only after its content was compared."""

    id: int
    file: RemoteFile
    sha256: str
    marker: str = ""
    thorough: bool = False


class Parting(StrEnum):
    """Whether a file has left."""

    GONE = "gone"
    REPLACED = "replaced"
    """Another file has its name; that one was left alone."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Left:
    """The end of one file that was to leave; ``detail`` says why it could not."""

    id: int
    end: Parting
    detail: str = ""


class PickupPoint(Protocol):
    """A folder on a server with an ERP's answers.

    Every call may be repeated, and may raise :class:`~bridge.transports.PausedError`; then nothing was concluded.
    """

    @property
    def place(self) -> str:
        """Server and folder, as people are told of them."""
        ...

    async def look(self, interest: Callable[[str], Interest]) -> Catalogue:
        """What lies in the folder; ``interest`` is asked of each name, on another thread. Opens nothing."""
        ...

    async def fetch(self, files: Sequence[RemoteFile], limit: int) -> list[Fetch]:
        """Read these files, each no longer than ``limit`` bytes; changes nothing."""
        ...

    async def clear(self, files: Sequence[Leaving]) -> list[Left]:
        """Remove these files or move them to the archive there, each only while it is still the file that was read."""
        ...


@runtime_checkable
class Collects(Protocol):
    """A transport whose server may hold answers too."""

    def pickup(self) -> PickupPoint | None:
        """Where they lie; ``None`` where the settings name no folder for them."""
        ...
