"""Which files of an inbox are finished, in which order they come, and when to look again. Pure: listings and times in.

Not for: touching a disk (``inbox.py``), nor whether the content of a finished file is whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bridge import naming

HOLDS_BACK_S = 5.0
"""An unfinished file keeps younger ones of its target waiting no longer than this after it was first seen."""

TOLD_AT_ONCE = 200
"""Of entries that are no answers, a look tells no more than this; a flood of them is told of little by little."""

Age = tuple[int, str]
"""What puts files in order: the oldest mtime that was seen of a file, then its name."""


class Finish(StrEnum):
    """How an ERP shows that a file is complete."""

    QUIET = "quiet"
    MARKER = "marker"
    RENAME = "rename"


@dataclass(frozen=True, slots=True)
class Seen:
    """A regular file as a listing shows it. ``is_new``: it appeared between the two listings of one look."""

    name: str
    inode: int
    size: int
    mtime_ns: int
    is_new: bool = False

    def is_unchanged(self, other: "Seen") -> bool:
        """True when both are the same file with the same size and mtime, whatever its name."""
        return self.inode == other.inode and self.is_alike(other)

    def is_alike(self, other: "Seen") -> bool:
        """The same without the inode, which some shares make up anew at each look."""
        return (self.size, self.mtime_ns) == (other.size, other.mtime_ns)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something unfinished that holds back what is younger; ``since`` on the monotonic clock."""

    age: Age
    since: float


@dataclass(frozen=True, slots=True)
class Rule:
    """What is an answer in a folder and when it is finished.

    Where targets share the folder, ``elsewhere`` holds the others' patterns and ``before`` those that go first.
    """

    finished: Finish
    quiet_for: timedelta
    patterns: tuple[str, ...] = ("*",)
    marker: str = "{name}.done"
    elsewhere: tuple[str, ...] = ()
    before: tuple[str, ...] = ()

    def is_mine(self, name: str) -> bool:
        """True when a name is for this target to take."""
        return naming.matches(name, self.patterns) and not naming.matches(name, self.before)

    def is_elsewhere(self, name: str) -> bool:
        """True when a name is for another target of this folder, or would be if it were in the folder still.

        A claimed file that fits nobody's patterns any longer belongs to each; only where folders are shared does that
        matter, and there to the one without others before it.
        """
        return naming.matches(name, self.elsewhere) or bool(self.before)


@dataclass(frozen=True, slots=True)
class Finished:
    """A file that may be claimed now."""

    seen: Seen
    age: Age
    first_at: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look says. ``fresh`` and ``ignored`` name each file once; no ``look_again_at``: wait for a change."""

    finished: tuple[Finished, ...]
    look_again_at: float | None
    fresh: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class _Memory:
    seen: Seen
    began_ns: int
    first_at: float
    since: float
    looks: int = 0
    is_renumbered: bool = False

    @property
    def age(self) -> Age:
        return self.began_ns, self.seen.name


def holder(age: Age, waiting: Iterable[Waiting], at: float) -> float | None:
    """Until when something older holds back a file of this age; ``None`` when nothing does."""
    ends = [one.since + HOLDS_BACK_S for one in waiting if one.age < age and at < one.since + HOLDS_BACK_S]
    return max(ends, default=None)


class Stability:
    """Remembers earlier looks at one folder.

    In the quiet rule a file is finished when two looks at least ``quiet_for`` apart *by our clock* found it the same;
    an mtime is only compared with itself. Another inode begins the wait anew, but only once for a file that looks the
    same else: on some shares the inode is another one at each look. A file's place in the order is the oldest mtime
    seen of it, so that one which is still being written does not fall behind those it began before.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._memory: dict[str, _Memory] = {}
        self._ignored: set[tuple[str, int]] = set()

    def look(self, listing: Sequence[Seen], at: float, claims: Sequence[Waiting] = ()) -> Verdict:
        """What the listing of now means; ``claims`` are claimed files that are not whole yet."""
        files = [seen for seen in listing if self._is_answer(seen.name)]
        fresh = tuple(seen.name for seen in files if seen.name not in self._memory)
        self._memory = {seen.name: self._remembered(seen, at) for seen in files}
        markers = self._markers(listing)
        ready = [memory for memory in self._memory.values() if self._is_finished(memory, markers, at)]
        names = {memory.seen.name for memory in ready}
        unfinished = [memory for name, memory in self._memory.items() if name not in names]
        waiting = [*claims, *(Waiting(memory.age, memory.first_at) for memory in unfinished)]
        held = {memory.seen.name: end for memory in ready if (end := holder(memory.age, waiting, at)) is not None}
        free = sorted((memory for memory in ready if memory.seen.name not in held), key=lambda memory: memory.age)
        return Verdict(
            finished=tuple(Finished(memory.seen, memory.age, memory.first_at) for memory in free),
            look_again_at=min([*held.values(), *self._quiet_ends(unfinished, markers, at)], default=None),
            fresh=fresh,
            ignored=self._newly_ignored(listing),
        )

    def _is_answer(self, name: str) -> bool:
        if naming.is_never_taken(name) or self._is_marker(name):
            return False
        return self._rule.is_mine(name)

    def _is_marker(self, name: str) -> bool:
        before, hole, after = self._rule.marker.partition("{name}")
        is_shaped = name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)
        return self._rule.finished is Finish.MARKER and bool(hole) and is_shaped

    def _markers(self, listing: Sequence[Seen]) -> dict[str, int]:
        if self._rule.finished is not Finish.MARKER:
            return {}
        return {seen.name: seen.mtime_ns for seen in listing if self._is_marker(seen.name)}

    def _remembered(self, seen: Seen, at: float) -> _Memory:
        memory = self._memory.get(seen.name)
        if memory is None or (memory.seen.inode != seen.inode and not memory.seen.is_alike(seen)):
            return _Memory(seen, seen.mtime_ns, at, at)
        if memory.seen.inode != seen.inode and not memory.is_renumbered:
            return _Memory(seen, memory.began_ns, memory.first_at, at, is_renumbered=True)
        memory.since = memory.since if memory.seen.is_alike(seen) else at
        memory.began_ns = min(memory.began_ns, seen.mtime_ns)
        memory.seen = seen
        memory.looks += 1
        return memory

    def _is_finished(self, memory: _Memory, markers: dict[str, int], at: float) -> bool:
        if self._rule.finished is Finish.RENAME:
            return not memory.seen.is_new
        if self._rule.finished is Finish.QUIET or self._is_stale(memory, markers):
            return memory.looks > 0 and at - memory.since >= self._rule.quiet_for.total_seconds()
        return self._marker_of(memory) in markers and not memory.seen.is_new

    def _is_stale(self, memory: _Memory, markers: dict[str, int]) -> bool:
        """A marker older than its file may be left from an earlier file of that name: it proves nothing."""
        return markers.get(self._marker_of(memory), memory.seen.mtime_ns) < memory.seen.mtime_ns

    def _marker_of(self, memory: _Memory) -> str:
        return naming.marker_name(self._rule.marker, memory.seen.name)

    def _quiet_ends(self, unfinished: Sequence[_Memory], markers: dict[str, int], at: float) -> Iterator[float]:
        for memory in unfinished:
            if memory.seen.is_new and self._rule.finished is not Finish.QUIET:
                yield at
            elif self._rule.finished is Finish.QUIET or self._is_stale(memory, markers):
                yield memory.since + self._rule.quiet_for.total_seconds()

    def _newly_ignored(self, listing: Sequence[Seen]) -> tuple[str, ...]:
        """Files that are nobody's answer, each told once. By rename, another name is only a file not finished yet."""
        if self._rule.finished is Finish.RENAME:
            return ()
        strange = {(seen.name, seen.inode) for seen in listing if self._is_strange(seen.name)}
        told = sorted(strange - self._ignored)[:TOLD_AT_ONCE]
        self._ignored = (strange & self._ignored) | set(told)
        return tuple(name for name, _ in told)

    def _is_strange(self, name: str) -> bool:
        known = (*self._rule.patterns, *self._rule.elsewhere)
        return not (naming.is_never_taken(name) or self._is_marker(name) or naming.matches(name, known))
