"""What examinations of the targets' places found, the latest ones of each; a change is told with the row that has it.

Not for: what a finding means; the text of one is kept as it comes.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.journal import alerts
from bridge.journal.records import AlertFound

KEPT = 30
"""Of each target: about a month of nights."""


@dataclass(frozen=True, slots=True)
class StoredProbe:
    """An examination of a target's place: when, and what it found, as text."""

    at: datetime
    findings: str


def last(db: Database, target: str) -> StoredProbe | None:
    """The latest examination of a target."""
    row = db.execute(
        "SELECT at, findings FROM probes WHERE target = ? ORDER BY id DESC LIMIT 1",
        [target],
    ).fetchone()
    return StoredProbe(from_iso(row[0]), row[1]) if row else None


def keep(db: Database, target: str, findings: str, at: datetime, alert: AlertFound | None) -> None:
    """Keep an examination, drop the oldest, and tell once what it found changed."""
    db.execute("INSERT INTO probes (target, at, findings) VALUES (?, ?, ?)", [target, iso(at), findings])
    db.execute(
        "DELETE FROM probes WHERE target = ? AND id NOT IN "
        "(SELECT id FROM probes WHERE target = ? ORDER BY id DESC LIMIT ?)",
        [target, target, KEPT],
    )
    if alert is not None:
        alerts.tell_once(db, alert, at)
