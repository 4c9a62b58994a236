"""What changed at a target's place between two examinations, as far as it matters to a person.

Not for: telling anybody. Pure; what either examination did not find out is no change.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.transports._findings import Findings
from bridge.transports._findings_words import LEAST_FREE, SKEW_S, duration, how


@dataclass(frozen=True, slots=True)
class Change:
    """One finding that is another now, both in words."""

    name: str
    old: str
    new: str

    def line(self) -> str:
        """The change in a line."""
        return f"{self.name}: {self.old}, now {self.new}"


_Said = tuple[object, str]
"""What counts as the same, and how it is shown; the first is ``None`` where it is not known."""


def changes(old: Findings, new: Findings) -> list[Change]:
    """What matters and is another now."""
    told = []
    for name, say in _MATTERS.items():
        (before, was), (after, now) = say(old), say(new)
        if before is not None and after is not None and before != after:
            told.append(Change(name, was, now))
    return told


def _plain(value: object, shown: object = None) -> _Said:
    return (value if value != "" else None), str(value if shown is None else shown)


def _yes(value: bool | None, yes: str, no: str) -> _Said:  # noqa: FBT001 - it is the value that is shown
    return value, yes if value else no


def _skew(found: Findings) -> _Said:
    if found.skew_s is None:
        return None, ""
    if not found.skew_s:
        return False, "as ours"
    return abs(found.skew_s) > SKEW_S, f"{duration(abs(found.skew_s))} {'ahead' if found.skew_s > 0 else 'behind'}"


def _free(found: Findings) -> _Said:
    return _plain(None) if found.free is None else (found.free < LEAST_FREE, f"{found.free / 1e9:.1f} GB")


def _link(name: str) -> Callable[[Findings], _Said]:
    return lambda found: _plain(getattr(found.link, name) if found.link is not None else None)


_MATTERS: Mapping[str, Callable[[Findings], _Said]] = {
    "publishing": lambda found: (found.strategy, how(found.strategy)),
    "posix-rename": lambda found: _yes(found.posix_announced, "announced", "not announced"),
    "plain rename": lambda found: _yes(found.renames.plain, "works", "refused"),
    "a taken name": lambda found: _yes(found.replaces, "replaced", "refused"),
    "exclusive create": lambda found: _yes(found.exclusive, "works", "ignored"),
    "dot names": lambda found: _plain(found.dot_names),
    "key exchange": _link("kex"),
    "host key type": _link("host_key"),
    "cipher": _link("cipher"),
    "MAC": _link("mac"),
    "time step": lambda found: _plain(None) if found.mtime_step_s is None else _step(found.mtime_step_s),
    "clock": _skew,
    "free space": _free,
    "file system": lambda found: _plain(found.file_system),
    "file system of the inbox": lambda found: _plain(found.inbox_file_system),
    "file events in the inbox": lambda found: _yes(found.events, "arrive", "do not arrive"),
    "rights of files": lambda found: _yes(found.mode_kept, "kept", "not kept"),
}


def _step(step_s: float) -> _Said:
    """The finer ones come to the same."""
    return max(step_s, 1.0), duration(step_s)
