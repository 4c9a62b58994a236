"""What the built-in SFTP server serves, to whom, and what it tells of: values that need no SSH library.

Not for: serving (``_server/``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from bridge.config.passwords import Login
from bridge.config.units import Address

LARGEST_UPLOAD = 20 * 1024**2


class Rights(StrEnum):
    """What a client may do in a folder."""

    FETCH = "fetch"
    """List, read, rename, remove; nothing new."""
    DELIVER = "deliver"
    """The same, and upload."""


@dataclass(frozen=True, slots=True)
class Share:
    """A folder under the path that clients see: its regular files and nothing else, neither folders nor links.

    Reading in a share of ``FETCH`` is told of, under ``target``.
    """

    path: str
    directory: Path
    rights: Rights
    target: str = ""
    largest: int = LARGEST_UPLOAD


@dataclass(frozen=True, slots=True)
class Reading:
    """A client opened a file and closed it again, or was cut off; ``read`` counts from the beginning without a gap."""

    target: str
    name: str
    read: int
    size: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the server is; tests are less so."""

    idle_s: float = 600.0
    login_within_s: float = 30.0
    first_delay_s: float = 0.5
    longest_delay_s: float = 8.0
    finish_within_s: float = 3.0


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens and who may come in: by the login's password, or by a key of ``authorized_keys``."""

    address: Address
    username: str
    host_key: Path
    login: Login | None = None
    authorized_keys: Path | None = None
    max_sessions: int = 10
    pace: Pace = Pace()


@dataclass(frozen=True, slots=True)
class VisitSettings:
    """Where a bridge's folders are served, and how an ERP comes in; without a fingerprint any server will do."""

    address: Address
    username: str
    outbox: str
    inbox: str
    password: SecretStr | None = None
    key_file: Path | None = None
    fingerprint: str = ""


Sight = Callable[[Reading], None]
"""Told of each reading, from any thread."""


class Server(Protocol):
    """A server as its owner sees it; both calls block and belong on a thread."""

    @property
    def port(self) -> int:
        """Where it listens, once started."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of its host key, as clients show it: ``SHA256:...``; once started."""
        ...

    @property
    def is_serving(self) -> bool:
        """True from start to stop, unless it broke down."""
        ...

    def start(self) -> None:
        """Listen. Raises a ``BridgeError`` when the port is taken or the host key cannot be made or read."""
        ...

    def stop(self) -> None:
        """Take no new connection, give transfers in hand a moment, end the rest: an upload cut short leaves nothing."""
        ...
