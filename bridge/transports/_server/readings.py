"""What clients read of order files: which bytes passed, and what the bridge is told of that.

Not for: reading (``transfers.py``).
"""

import os
import threading
from bisect import insort
from collections import OrderedDict

from bridge.transports._serving import Reading, Share, Sight

_MOST_SPANS = 256
_REMEMBERED = 256


class Coverage:
    """Which bytes of a file passed, whatever the order of the pieces."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    @property
    def is_empty(self) -> bool:
        """True until a byte passed."""
        return not self._spans

    @property
    def reaches(self) -> int:
        """How far from its beginning the file passed without a gap."""
        return self._spans[0][1] if self._spans and self._spans[0][0] == 0 else 0

    def add(self, start: int, length: int) -> None:
        """A piece passed. Where there are too many gaps, the farthest pieces are forgotten."""
        if length <= 0:
            return
        first, last = start, start + length
        apart = []
        for begin, end in self._spans:
            if end < first or begin > last:
                apart.append((begin, end))
            else:
                first, last = min(first, begin), max(last, end)
        insort(apart, (first, last))
        self._spans = apart[:_MOST_SPANS]

    def cut(self, size: int) -> None:
        """The file ends at ``size`` now."""
        self._spans = [(begin, min(end, size)) for begin, end in self._spans if begin < size]


class Readings:
    """Tells of each reading, on the thread of whoever read; remembers how far those came that broke off.

    A client that takes a file up where it broke off reads its tail alone: together both are the whole. A reading that
    begins at the beginning counts for itself, and so does one of a file that is another by now.
    """

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._lock = threading.Lock()
        self._came_to: OrderedDict[tuple[object, ...], int] = OrderedDict()

    def end(self, share: Share, name: str, handle: int, read: Coverage, *, is_closed: bool) -> None:
        """A client has read this much; ``is_closed`` tells that it closed the file, so it has what was sent."""
        found = os.fstat(handle)
        if not share.target or (read.is_empty and found.st_size):
            return
        key = (share.path, name, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        with self._lock:
            before = self._came_to.pop(key, 0)
            if not read.reaches:
                read.add(0, before)
            is_whole = is_closed and read.reaches >= found.st_size
            if not is_whole:
                self._came_to[key] = read.reaches
                while len(self._came_to) > _REMEMBERED:
                    self._came_to.popitem(last=False)
        self._sight(Reading(share.target, name, read.reaches, found.st_size, is_whole))
