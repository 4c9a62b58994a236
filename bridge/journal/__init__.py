"""The durable memory of the bridge, and the only SQL.

Not for: acting on the outside. Its class :class:`~bridge.journal.door.Journal` is the one door.
"""

from bridge.journal.door import Journal
from bridge.journal.wakes import Topic

__all__ = ["Journal", "Topic"]
