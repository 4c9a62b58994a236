"""What the monitor tells a channel, and what it asks of one.

Not for: deciding what is alarming or when it is told again.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Act(StrEnum):
    """Why a channel hears of an alert now."""

    RAISED = "raised"
    REPEATED = "repeated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert as a channel passes it on. ``severity`` is ``page`` (someone must act now) or ``ticket``."""

    act: Act
    kind: str
    subject: str
    severity: str
    text: str
    since: datetime


class Channel(Protocol):
    """One way to reach people. Two exist: ``log`` and ``webhook``."""

    @property
    def name(self) -> str:
        """The channel's name, as label of its counts."""
        ...

    async def tell(self, notice: Notice) -> None:
        """Pass a notice on. Raises :class:`~bridge.errors.BridgeError` when nobody was reached."""
        ...
