"""How many parts a file may have for its size: one that is nothing but crumbs is no answer, and would fill the memory.

Not for: how large a file may be; that is the target's ``max_file``.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from bridge.formats._protocol import Unreadable

_T = TypeVar("_T")
_ALWAYS = 50_000
LEAST_ROW, LEAST_SEGMENT = 12, 6  # letters that a row or an order has at least, and a segment of EDI


class Allowance:
    """The parts that a file of ``size`` letters may have: fifty thousand, or more of ``least`` letters each."""

    __slots__ = ("_least", "_left", "_most", "_what")

    def __init__(self, size: int, least: int, what: str) -> None:
        self._most = self._left = max(_ALWAYS, size // least)
        self._least = least
        self._what = what

    def take(self) -> None:
        """Count one more part; raises ``Unreadable`` when there are too many."""
        self._left -= 1
        if self._left < 0:
            raise Unreadable(
                "file",
                f"it holds more than {self._most} {self._what}, on the average of fewer than {self._least} letters",
                f"See whether it is of this format; else have the ERP send at most {_ALWAYS} {self._what} a file",
            )

    def over(self, parts: Iterable[_T]) -> Iterator[_T]:
        """The parts themselves, each counted."""
        for part in parts:
            self.take()
            yield part
