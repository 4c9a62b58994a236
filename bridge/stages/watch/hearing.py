"""Whether the system tells of the files that appear in a folder. Pure: names and times in, a judgement out.

Not for: the events themselves (``events.py``), nor for finding files; the listing does that, told or not.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum

from bridge import naming

IN_A_ROW = 3
"""So many looks in a row that found what no event had told of, and none that found what one had: no events come."""
POLL = timedelta(seconds=5)
"""A folder without events is looked through this often, or as often as ``[watch] sweep`` says if that is oftener."""
_POLL_SHARE = 20
_GRACE_S = 2.0
_MOST_NAMES = 10_000


class Change(StrEnum):
    """What a listing changed about how a folder is to be watched."""

    SILENT = "silent"
    HEARD = "heard"


class Hearing:
    """Compares what a folder's listings find with what events told of it.

    An event may come a little after the listing that shows its file, so a file counts as untold only when nothing was
    told of it for two seconds. Names of the bridge's own and of unfinished uploads are left out: those the bridge
    itself makes in a share are heard wherever the ERP's are not.
    """

    def __init__(self) -> None:
        self.is_silent = False
        self._told: dict[str, float] = {}
        self._is_flooded = False
        self._pending: dict[str, float] = {}
        self._was_told = False
        self._untold_looks = self._told_looks = 0

    def begin(self, *, is_shared: bool) -> None:
        """A watch begins; on a file system of others no event is expected until some have come."""
        self.is_silent = is_shared
        self._pending.clear()
        self._untold_looks = self._told_looks = 0

    def note_event(self, names: Iterable[str], at: float) -> None:
        """The system told of these names."""
        for name in names:
            if self._pending.pop(name, None) is not None:
                self._was_told = True
            elif len(self._told) >= _MOST_NAMES:
                self._is_flooded = True
            elif not naming.is_never_taken(name):
                self._told[name] = at

    def note_listing(self, fresh: Sequence[str], at: float) -> tuple[int, Change | None]:
        """A listing shows these names for the first time.

        Returns how many names have proved untold since the last one, and what that changes.
        """
        for name in fresh:
            if self._told.pop(name, None) is not None or self._is_flooded:
                self._was_told = True
            else:
                self._pending[name] = at
        untold = [name for name, found_at in self._pending.items() if at - found_at >= _GRACE_S]
        for name in untold:
            del self._pending[name]
        self._told = {name: told_at for name, told_at in self._told.items() if at - told_at < _GRACE_S}
        change = self._judge(is_untold=bool(untold))
        self._was_told = self._is_flooded = False
        return len(untold), change

    def _judge(self, *, is_untold: bool) -> Change | None:
        if self._was_told or is_untold:  # both in one look prove nothing either way
            self._told_looks = 0 if is_untold else self._told_looks + 1
            self._untold_looks = 0 if self._was_told else self._untold_looks + 1
        if not self.is_silent and self._untold_looks >= IN_A_ROW:
            self.is_silent = True
            return Change.SILENT
        if self.is_silent and self._told_looks >= IN_A_ROW:
            self.is_silent = False
            return Change.HEARD
        return None


def poll_every(sweep: timedelta, took_s: float) -> timedelta:
    """How often to look through a folder without events: a listing that takes long is not repeated all the time."""
    return min(sweep, max(POLL, timedelta(seconds=took_s * _POLL_SHARE)))
