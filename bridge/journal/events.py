"""The append-only history: one row a state change, written in the transaction that makes it (invariant 10).

Not for: logs; an event is kept for good and holds no names, addresses or payloads.
"""

import json
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import iso


def append(db: Database, at: datetime, kind: str, order_id: int | None, /, **facts: object) -> None:
    """Add one event; facts that are ``None`` are left out."""
    said = {key: value for key, value in facts.items() if value is not None}
    target = said.pop("target", None)
    db.execute(
        "INSERT INTO events (at, kind, order_id, target, facts) VALUES (?, ?, ?, ?, ?)",
        [iso(at), kind, order_id, target, json.dumps(said, ensure_ascii=False)],
    )
