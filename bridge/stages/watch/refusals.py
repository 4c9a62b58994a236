"""Finished files of an inbox that cannot be taken yet, since a program elsewhere holds them open. Pure.

Not for: taking them (``inbox.py``). A refusal is never an end: the file is tried again for as long as it lies there.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bridge.stages.watch.stability import Finished, Waiting

_FIRST_WAIT_S = 1.0


@dataclass(slots=True)
class Refusal:
    """A file, since when it is refused on the monotonic clock, and what the system said last."""

    one: Finished
    since: float
    why: str
    wait_s: float = _FIRST_WAIT_S
    again_at: float = 0.0


class Refusals:
    """The refused files of one inbox. Each holds back younger ones like any file that is not finished."""

    def __init__(self, longest_wait_s: float) -> None:
        self._longest_wait_s = longest_wait_s
        self._files: dict[str, Refusal] = {}

    def note(self, one: Finished, why: str, at: float) -> bool:
        """A file was refused; true when that is new."""
        known = self._files.get(one.seen.name)
        refusal = self._files.setdefault(one.seen.name, Refusal(one, at, why))
        refusal.again_at = at + refusal.wait_s
        refusal.wait_s = min(2 * refusal.wait_s, self._longest_wait_s)
        refusal.why = why
        return known is None

    def keep(self, names: Collection[str]) -> None:
        """Forget those that are no longer among these."""
        self._files = {name: refusal for name, refusal in self._files.items() if name in names}

    def forget(self, name: str) -> None:
        """This one was taken."""
        self._files.pop(name, None)

    def may_try(self, name: str, at: float) -> bool:
        """True unless this file was refused a moment ago."""
        refusal = self._files.get(name)
        return refusal is None or refusal.again_at <= at

    def waiting(self) -> list[Waiting]:
        """What holds back younger files."""
        return [Waiting(refusal.one.age, refusal.since) for refusal in self._files.values()]

    def again_at(self) -> float | None:
        """When the next one is tried again."""
        return min((refusal.again_at for refusal in self._files.values()), default=None)

    def oldest(self) -> Refusal | None:
        """The one that has waited longest."""
        return min(self._files.values(), key=lambda refusal: refusal.since, default=None)
