"""Who looks again when the journal has changed: topics that stages listen to.

Not for: carrying facts. A wake only says *look*; whoever listens reads the journal.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum


class Topic(StrEnum):
    """What may have changed."""

    DROPS = "drops"
    REPORTS = "reports"
    ANSWERS = "answers"
    ALERTS = "alerts"


class Wakes:
    """The listeners of one journal. Used on the event loop only; setting an event twice is harmless."""

    def __init__(self) -> None:
        self._listeners: dict[Topic, set[asyncio.Event]] = {topic: set() for topic in Topic}

    @contextmanager
    def listen(self, topic: Topic) -> Iterator[asyncio.Event]:
        """An event that is set at each change of ``topic`` for as long as the block runs."""
        event = asyncio.Event()
        self._listeners[topic].add(event)
        try:
            yield event
        finally:
            self._listeners[topic].discard(event)

    def wake(self, *topics: Topic) -> None:
        """Set every listener of these topics."""
        for topic in topics:
            for event in self._listeners[topic]:
                event.set()
