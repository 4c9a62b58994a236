"""What every file of the shelf offers, and the two refusals it may utter.

Not for: how formats are found (``__init__``), nor what any one of them looks like.
"""

from datetime import datetime
from typing import Protocol, runtime_checkable

from bridge.errors import ErrorName, PermanentError
from bridge.model import Fault, Reading, SalesOrder


class Unreadable(PermanentError):  # noqa: N818  # STYLE: the field's word, as in 'quarantine'
    """A file of the ERP cannot be read at all: ``where`` (line, segment, path) and ``what`` is wrong."""

    def __init__(self, where: str, what: str, hint: str = "") -> None:
        super().__init__(what, name=ErrorName.ANSWER_UNREADABLE, subject=where, hint=hint)
        self.fault = Fault(where, what + (f". {hint}" if hint else ""))


def not_renderable(field: str, reason: str, remedy: str) -> PermanentError:
    """The refusal to write an order: the neutral name of the field, why not, and what a person changes."""
    return PermanentError(
        f"{field} {reason}",
        name=ErrorName.ORDER_NOT_RENDERABLE,
        subject=field,
        hint=remedy,
    )


class Format(Protocol):
    """One way to write an order as a file and to read what the ERP answers. Pure: no clock, no disk."""

    @property
    def extension(self) -> str:
        """The usual end of a file's name, without its dot."""
        ...

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """The whole file of ``order``; the same input gives the same bytes.

        ``control`` is the control number, ``at`` the time of receipt. Raises ``PermanentError`` with
        ``order_not_renderable`` and the field as its subject.
        """
        ...

    def read(self, content: bytes) -> Reading:
        """All that a file says; raises ``Unreadable`` and nothing else.

        Without any statement (a heading and no rows) both parts of the reading are empty.
        """
        ...

    def recognises(self, content_head: bytes) -> bool:
        """True when a file that begins with these bytes is surely of this format."""
        ...

    def is_whole(self, content: bytes) -> bool:
        """False when the content looks cut: empty, without its last line end, or ending inside something."""
        ...


@runtime_checkable
class Waits(Protocol):
    """A format whose ``render`` waits for something outside this process: it is called on a thread, one at a time."""

    @property
    def waits(self) -> bool:
        """Whether it does."""
        ...


@runtime_checkable
class Warns(Protocol):
    """A format that may write an order and yet leave something out which a person should know of."""

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """A sentence each; only for an order that ``render`` took with the same arguments."""
        ...
