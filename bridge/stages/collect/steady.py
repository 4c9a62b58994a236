"""Which files on a server are finished, and in which order they are fetched. Pure: listings and times in.

Not for: asking the server, nor for files in a folder of ours, which have an inode and finer times (``stages/watch``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from bridge import naming
from bridge.transports import RemoteFile

HOLDS_BACK_S = 5.0
"""An unfinished file keeps younger ones waiting no longer than this after it was first seen."""

LATE_S = 1800.0
"""A file that is not collected for so long is one that a person should look at."""

_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Rule:
    """How an ERP shows that a file is whole, as ``[targets.T.answer]`` has it."""

    finished: Literal["quiet", "marker", "rename"] = "quiet"
    marker: str = "{name}.done"
    quiet_for: timedelta = timedelta(seconds=2)
    patience: timedelta = timedelta(seconds=30)

    def marker_of(self, name: str) -> str:
        """The marker that vouches for a file; empty where none does."""
        return naming.marker_name(self.marker, name) if self.finished == "marker" else ""

    def is_marker(self, name: str) -> bool:
        """True for a name that vouches for another."""
        before, hole, after = self.marker.partition("{name}")
        is_shaped = name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)
        return self.finished == "marker" and bool(hole) and is_shaped


@dataclass(frozen=True, slots=True)
class Sight:
    """One look: the files that may be answers, and the markers. ``tells_seconds``: their times are no whole minutes."""

    files: Sequence[RemoteFile]
    markers: Mapping[str, RemoteFile] = field(default_factory=dict)
    tells_seconds: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be fetched now, oldest first, and when a further look can tell more; ``None``: not before a change."""

    finished: tuple[RemoteFile, ...] = ()
    look_again_at: float | None = None


@dataclass(slots=True)
class _Memory:
    file: RemoteFile
    first_at: float
    since: float
    looks: int = 0


class Steady:
    """Remembers earlier looks at one folder of a server.

    In the quiet rule a file is finished when two looks at least ``quiet_for`` apart *by our clock* found it the same;
    the server's times are only compared with themselves. Times of whole minutes prove a minute later what others prove
    at once. An empty file is given ``patience``: its writer may only have begun.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._memory: dict[str, _Memory] = {}

    def look(self, sight: Sight, at: float) -> Verdict:
        """What the listing of now means."""
        self._memory = {file.name: self._remembered(file, at) for file in sight.files}
        ready: list[RemoteFile] = []
        ends: list[float] = []
        for memory in sorted(self._memory.values(), key=_age):
            end = self._finished_at(memory, sight)
            if end <= at and memory.looks >= self._looks(memory, sight):
                ready.append(memory.file)
                continue
            ends.append(max(end, at))
            if at < memory.first_at + HOLDS_BACK_S:
                ends.append(memory.first_at + HOLDS_BACK_S)
                break
        return Verdict(tuple(ready), min(ends, default=None))

    def unsettle(self, name: str, at: float) -> None:
        """A file was found changed after the listing: its rest begins anew."""
        if name in self._memory:
            self._memory[name].since, self._memory[name].looks = at, 0

    def is_patient(self, name: str, at: float) -> bool:
        """True once a file has rested so long that it is taken although it does not look whole."""
        memory = self._memory.get(name)
        return memory is None or at - memory.since >= self._rule.patience.total_seconds()

    def late(self, at: float) -> Iterator[str]:
        """The files that have been there for long."""
        return (name for name, memory in self._memory.items() if at - memory.first_at >= LATE_S)

    def forget(self, name: str) -> None:
        """A file was fetched: what comes under its name is another one."""
        self._memory.pop(name, None)

    def _remembered(self, file: RemoteFile, at: float) -> _Memory:
        memory = self._memory.get(file.name)
        if memory is None:
            return _Memory(file, at, at)
        if memory.file != file:
            memory.file, memory.since, memory.looks = file, at, 0
        else:
            memory.looks += 1
        return memory

    def _vouched(self, memory: _Memory, sight: Sight) -> bool:
        """By rename, or by a marker that is no older than its file: an older one may be left from an earlier file."""
        if self._rule.finished == "rename":
            return True
        marker = sight.markers.get(self._rule.marker_of(memory.file.name))
        return marker is not None and (marker.mtime or 0) >= (memory.file.mtime or 0)

    def _looks(self, memory: _Memory, sight: Sight) -> int:
        return 0 if self._vouched(memory, sight) else 1

    def _finished_at(self, memory: _Memory, sight: Sight) -> float:
        if self._vouched(memory, sight):
            return memory.since
        is_waiting_for_marker = self._rule.finished == "marker" and (
            self._rule.marker_of(memory.file.name) not in sight.markers
        )
        if is_waiting_for_marker:
            return float("inf")
        rest = self._rule.patience if memory.file.size == 0 else self._rule.quiet_for
        return memory.since + rest.total_seconds() + (0.0 if sight.tells_seconds else _MINUTE_S)


def _age(memory: _Memory) -> tuple[int, bytes]:
    return memory.file.mtime or 0, memory.file.name.encode("utf-8", "surrogateescape")
