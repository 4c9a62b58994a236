"""What the collect stage is told of a target, and whom it asks and wakes.

Not for: settings as they are written; ``service/parts.py`` makes these of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bridge import naming
from bridge.formats import Format
from bridge.stages.collect.steady import Rule
from bridge.transports import Interest, PausedError, PickupPoint


@dataclass(frozen=True, slots=True)
class CollectPoint:
    """Where one target's answers lie on its server, which of them count, and the inbox that they go to."""

    target: str
    pickup: PickupPoint
    inbox: Path
    format: Format
    patterns: tuple[str, ...] = ("*",)
    rule: Rule = field(default_factory=Rule)
    poll: timedelta = timedelta(seconds=30)
    max_file: int = 20 * 1024 * 1024

    def interest(self, name: str) -> Interest:
        """What a name on the server is to us."""
        if naming.is_never_taken(name):
            return Interest.NONE
        if self.rule.is_marker(name):
            return Interest.KNOWN
        here = naming.inbox_name(name)
        if naming.matches(name, self.patterns) and naming.matches(here, self.patterns):
            return Interest.ANSWER
        # By rename, another name is only a file that is not finished yet.
        return Interest.NONE if self.rule.finished == "rename" else Interest.STRANGE


@dataclass(frozen=True, slots=True)
class Links:
    """The stage's neighbours. A server that cannot be used is the target's pause, which the stage *drop* keeps."""

    is_open: Callable[[str], bool]
    close: Callable[[str, PausedError], None]
    arrived: Callable[[], None]
