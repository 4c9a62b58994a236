"""A format that asks its files what they are: for targets whose answers name no format.

Not for: writing; an order is written in one format that someone chose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.formats._protocol import Format, Unreadable, not_renderable
from bridge.model import Reading, SalesOrder

FALLBACK = "delimited"
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Auto:
    """Gives each file to the one format that recognises its first bytes, else to delimited text."""

    formats: Mapping[str, Format]
    extension: str = "txt"

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """Refuse: ``auto`` is for reading."""
        raise not_renderable("format", '"auto" can only read', "Set the format in the target's order section")

    def read(self, content: bytes) -> Reading:
        """What the recognised format reads."""
        return self._chosen(content).read(content)

    def recognises(self, content_head: bytes) -> bool:
        """True when one of the formats is sure."""
        return any(each.recognises(content_head) for each in self.formats.values())

    def is_whole(self, content: bytes) -> bool:
        """What the recognised format thinks."""
        try:
            return self._chosen(content).is_whole(content)
        except Unreadable:
            return True  # two formats claim it: waiting does not help

    def name_of(self, content: bytes) -> str:
        """The name of the format that a file is given to."""
        head = content[:_HEAD]
        sure = [name for name, each in self.formats.items() if each.recognises(head)]
        if len(sure) > 1:
            raise Unreadable("file", f"it may be {' or '.join(sure)}", "Set format in the target's answer section")
        if not sure and FALLBACK not in self.formats:
            raise Unreadable("file", "no format recognises it", "Set format in the target's answer section")
        return sure[0] if sure else FALLBACK

    def _chosen(self, content: bytes) -> Format:
        return self.formats[self.name_of(content)]
