"""Files that were archived or quarantined within a day and may still grow, because their writer was not finished.

Not for: reading them again; a grown file becomes a new claim. Only its size speaks: a person edited what shrinks.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REMEMBERED_S = 24 * 3600.0
_YOUNG_S = 600.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a file lies, the name it came under, and how big it was when it was read."""

    path: Path
    name: str
    size: int


class KeptFiles:
    """The memory of one pickup; times on the monotonic clock.

    Files kept in the last ten minutes are looked at each time, all of a day once in ten minutes: writers finish soon,
    and a busy ERP leaves many files a day.
    """

    def __init__(self) -> None:
        self._files: dict[Path, tuple[Kept, float]] = {}
        self._ends: list[tuple[float, Path]] = []
        self._all_looked_at = float("-inf")

    def remember(self, kept: Kept, at: float) -> None:
        """Watch this file from ``at`` on for a day."""
        self._files[kept.path] = (kept, at)
        heapq.heappush(self._ends, (at + REMEMBERED_S, kept.path))

    def forget(self, kept: Sequence[Kept]) -> None:
        """Watch these no longer."""
        for one in kept:
            self._files.pop(one.path, None)

    def to_look_at(self, at: float) -> list[Kept]:
        """The files whose size is to be compared now."""
        self._drop_old(at)
        if at - self._all_looked_at >= _YOUNG_S:
            self._all_looked_at = at
            return [kept for kept, _ in self._files.values()]
        return [kept for kept, since in self._files.values() if at - since < _YOUNG_S]

    def _drop_old(self, at: float) -> None:
        while self._ends and self._ends[0][0] <= at:
            end, path = heapq.heappop(self._ends)
            known = self._files.get(path)
            if known is not None and known[1] + REMEMBERED_S <= end:
                del self._files[path]


def compare(files: Sequence[Kept]) -> tuple[list[Kept], list[Kept]]:
    """Those that have grown, and those that are gone. Blocking; raises ``OSError`` when a folder refuses."""
    grown, gone = [], []
    for kept in files:
        try:
            size = kept.path.lstat().st_size
        except (FileNotFoundError, NotADirectoryError):
            gone.append(kept)
            continue
        if size > kept.size:
            grown.append(kept)
    return grown, gone
