"""What the drop stage asks of a way to reach an ERP, and what it gets back.

Not for: deciding what a result means for the order; that is the drop stage's work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bridge.errors import ErrorName, TransientError
from bridge.states import PauseReason
from bridge.transports._findings import Findings, Trouble


class PausedError(TransientError):
    """Nothing of this target can be done now; nothing was concluded about any file."""

    def __init__(self, message: str, *, reason: PauseReason, name: ErrorName, subject: str, hint: str) -> None:
        super().__init__(message, name=name, subject=subject, hint=hint)
        self.reason = reason


class HostKeyError(PausedError):
    """The server does not show the key that it should; nothing was sent to it, not even a user's name.

    ``shown`` is the fingerprint it showed, ``expected`` the one that counts, empty where none is pinned, and
    ``configured`` the one of the settings, which a person's trust stands in for.
    """

    def __init__(self, server: str, *, shown: str, expected: str, configured: str) -> None:
        self.shown = shown
        self.expected = expected
        self.configured = configured
        name = ErrorName.HOST_KEY_CHANGED if expected else ErrorName.HOST_KEY_UNKNOWN
        message = (
            f"the server's host key changed from {expected} to {shown}"
            if expected
            else f"no host key is pinned yet; the server shows {shown}"
        )
        hint = (
            "compare it with what the server's owner says, by another way than this server; if it is right: "
            "erp-bridge target trust NAME --because TEXT"
        )
        super().__init__(message, reason=PauseReason.HOST_KEY, name=name, subject=server, hint=hint)


def trouble_of(error: PausedError) -> Trouble:
    """The error as a finding."""
    shown, expected = (error.shown, error.expected) if isinstance(error, HostKeyError) else ("", "")
    return Trouble(error.name.value, error.subject, error.message, error.hint, shown, expected)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file on its way.

    ``verify`` asks to look into the staging file before it is trusted: whoever wrote it may have died with the machine.
    """

    id: int
    final: str
    staging: str
    marker: str
    content: bytes
    sha256: str
    verify: bool = False


class End(StrEnum):
    """What became of one parcel in one step."""

    STAGED = "staged"
    PUBLISHED = "published"
    PRESUMED = "presumed"
    """The staging name is gone, so it was renamed; the final name is gone too, so somebody took it."""
    STAGE_AGAIN = "stage_again"
    COLLISION = "collision"
    UNCERTAIN = "uncertain"
    """Nobody can tell whether the ERP has it: a person or its answer must; nothing is written again."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Step:
    """The end of one step for one parcel; ``detail`` says why where it did not succeed."""

    id: int
    end: End
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FileNames:
    """A file that was made before, by the names under which it may lie; its content is not needed."""

    id: int
    final: str
    staging: str
    marker: str


class Whereabouts(StrEnum):
    """Where a file is after a person's wish was carried out."""

    HELD = "held"
    """Out of the ERP's sight, and whole."""
    STAGED = "staged"
    """Under its staging name still: it was never published."""
    BACK = "back"
    """Under its final name, where the ERP fetches."""
    GONE = "gone"
    """In neither place: the ERP, or somebody, took it."""
    COLLISION = "collision"
    """Somebody else's file has its name; it stays held."""
    UNKNOWN = "unknown"
    """Nothing was concluded about this one file; a later call may tell."""


class Transport(Protocol):
    """One ERP's drop point. Every call may raise :class:`PausedError`; then nothing was concluded."""

    @property
    def is_connected(self) -> bool | None:
        """Whether the connection that is kept stands; ``None`` where none is kept."""
        ...

    def pin(self, shown: str, configured: str) -> None:
        """Accept the server that shows this key, in place of the key that the settings name and named then.

        Two empty texts where nobody trusted another key; a place that shows no key lets it be.
        """
        ...

    async def plant(self, identity: str, *, replace: bool) -> None:
        """Make the staging folder, and the file in it that proves its identity.

        A folder that already carries ``identity`` is left as it is; one that carries another is refused unless
        ``replace`` says that a person has looked.
        """
        ...

    async def probe(self, identity: str) -> str:
        """Prove by a scratch file that publishing would work; return in words how it will be done."""
        ...

    async def examine(self, identity: str | None) -> Findings:
        """Try with scratch names what the place can do, choose from it how files are published, and tell all of it.

        ``identity`` is the one that the staging folder should carry, ``None`` before the first start. It concludes
        nothing about files, leaves nothing behind, and raises nothing: trouble is among the findings.
        """
        ...

    async def stage(self, parcels: Sequence[Parcel]) -> list[Step]:
        """Make each staging file whole and durable: steps L1 and L2 of ``DESIGN.md`` 6.

        Where the target pauses on the way, this and :meth:`publish` may tell of those parcels alone that were done
        with before; the next call raises then.
        """
        ...

    async def publish(self, parcels: Sequence[Parcel]) -> list[Step]:
        """Give each staged file its final name, durably: steps L4 and L5. May be repeated at will."""
        ...

    async def missing(self, names: Sequence[str]) -> set[str]:
        """Those of these final names that are no longer there, in one listing; without names: a sign of life."""
        ...

    async def staged(self) -> set[str]:
        """The names that lie in the staging folder now, whether or not it has proved its identity."""
        ...

    async def hold(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        """Keep these files from the ERP, durably, wherever they have come to. May be repeated at will."""
        ...

    async def release(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        """Put these held files back under their final names, durably, never over another file; markers follow.

        A file that is staged still is left where it lies.
        """
        ...

    async def withdraw(self, files: Sequence[FileNames]) -> None:
        """Remove what lies of these files among the staged and the held ones; finished files are left alone."""
        ...

    async def wishes(self) -> set[str]:
        """The final names that somebody wants held, by a file ``NAME.hold`` beside them."""
        ...

    async def close(self) -> None:
        """Let go of threads and connections."""
        ...
