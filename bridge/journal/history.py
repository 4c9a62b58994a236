"""The history of all orders as it grows, for whoever follows it.

Not for: the history of one order (``reading.py``), nor for adding to it (``events.py``).
"""

import json
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.journal.rows import HistoryRow

AT_ONCE = 500


def end_of(db: Database) -> int:
    """The id of the latest event; 0 while there is none."""
    (latest,) = db.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
    return int(latest)


def before(db: Database, moment: datetime) -> int:
    """The id of the last event before ``moment``; following from it on tells everything since."""
    (first,) = db.execute("SELECT min(id) FROM events WHERE at >= ?", [iso(moment)]).fetchone()
    return int(first) - 1 if first else end_of(db)


def after(db: Database, event_id: int, order_id: int | None = None) -> list[HistoryRow]:
    """The events behind this one, oldest first, at most 500; those of one order if one is named."""
    rows = db.execute(
        """
        SELECT e.id, e.at, e.kind, o.order_ref, e.target, e.facts FROM events e LEFT JOIN orders o ON o.id = e.order_id
        WHERE e.id > :after AND (:order IS NULL OR e.order_id = :order) ORDER BY e.id LIMIT :limit""",
        {"after": event_id, "order": order_id, "limit": AT_ONCE},
    ).fetchall()
    return [HistoryRow(row[0], from_iso(row[1]), row[2], row[3], row[4], json.loads(row[5])) for row in rows]
