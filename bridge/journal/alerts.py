"""Alerts as rows: raised once an outage, repeated while it lasts, closed with it.

Not for: deciding what is alarming (``stages/monitor/stage.py``) or telling anyone (``channels/``).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.journal.records import AlertFound, AlertToTell


def tell_once(db: Database, found: AlertFound, at: datetime) -> None:
    """A fact that people must hear of once: neither repeated nor closed."""
    db.execute(
        """
        INSERT INTO alerts (kind, subject, severity, text, raised_at, closed_at, closing_told)
        VALUES (?, ?, ?, ?, ?, ?, 1)""",
        [found.kind, found.subject, found.severity, found.text, iso(at), iso(at)],
    )


def raise_anew(db: Database, found: AlertFound, at: datetime) -> None:
    """Open an alert for a fact that is new, though an older one like it may be open still: people hear of it again."""
    db.execute(
        "UPDATE alerts SET closed_at = ? WHERE kind = ? AND subject = ? AND closed_at IS NULL",
        [iso(at), found.kind, found.subject],
    )
    db.execute(
        "INSERT INTO alerts (kind, subject, severity, text, raised_at) VALUES (?, ?, ?, ?, ?)",
        [found.kind, found.subject, found.severity, found.text, iso(at)],
    )


def compare(db: Database, found: Sequence[AlertFound], at: datetime) -> None:
    """Raise what is found and not open, renew the text of what is open, close what is no longer found."""
    present = {(alert.kind, alert.subject) for alert in found}
    open_now = db.execute("SELECT id, kind, subject FROM alerts WHERE closed_at IS NULL").fetchall()
    for alert_id, kind, subject in open_now:
        if (kind, subject) not in present:
            db.execute("UPDATE alerts SET closed_at = ? WHERE id = ?", [iso(at), alert_id])
    for alert in found:
        db.execute(
            """
            INSERT INTO alerts (kind, subject, severity, text, raised_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (kind, subject) WHERE closed_at IS NULL DO UPDATE SET text = excluded.text""",
            [alert.kind, alert.subject, alert.severity, alert.text, iso(at)],
        )


def to_tell(db: Database, now: datetime, repeat: timedelta) -> list[AlertToTell]:
    """Alerts never told, told so long ago that they are repeated, and closings not yet told."""
    rows = db.execute(
        """
        SELECT id, kind, subject, severity, text, raised_at, told, closed_at IS NOT NULL AND told > 0 FROM alerts
        WHERE (told = 0 AND (closed_at IS NULL OR closing_told = 1))
           OR (closed_at IS NULL AND told_at <= ?)
           OR (closed_at IS NOT NULL AND closing_told = 0 AND told > 0)
        ORDER BY id LIMIT 200""",
        [iso(now - repeat)],
    ).fetchall()
    return [
        AlertToTell(
            id=row[0],
            kind=row[1],
            subject=row[2],
            severity=row[3],
            text=row[4],
            raised_at=from_iso(row[5]),
            told=row[6],
            is_closing=bool(row[7]),
        )
        for row in rows
    ]


def note_told(db: Database, told: Sequence[AlertToTell], at: datetime) -> None:
    """The channels have them."""
    for alert in told:
        db.execute(
            "UPDATE alerts SET told = told + 1, told_at = ?, closing_told = max(closing_told, ?) WHERE id = ?",
            [iso(at), int(alert.is_closing), alert.id],
        )
