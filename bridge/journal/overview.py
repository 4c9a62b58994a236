"""Questions about the journal as a whole: totals, oldest waits, rejects, open alerts, and who owns it.

Not for: single orders (``reading.py``) or thresholds (``conditions.py``).
"""

import fcntl
import os
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from bridge.clock import from_iso
from bridge.errors import ErrorName, PermanentError
from bridge.journal.reading import moment, timed
from bridge.journal.rows import AlertRow, Payload, RejectRow, TargetRow, Totals
from bridge.states import OrderState

_WAITING = (OrderState.RECEIVED, OrderState.DROPPED, OrderState.ACKNOWLEDGED, OrderState.HELD, OrderState.DEAD)
_REPORTS = "reports r JOIN orders o ON o.id = r.order_id"
_REJECT = """
    SELECT id, received_at, name, subject, reason, content_type, size, sha256, state, seen, order_ref, settled_at
    FROM rejects
"""


def totals(db: Database) -> Totals:
    """The journal in numbers, as one consistent view."""
    db.execute("BEGIN")
    try:
        return _totals(db)
    finally:
        db.execute("ROLLBACK")


def _totals(db: Database) -> Totals:
    counted = dict(db.execute("SELECT state, count(*) FROM orders GROUP BY state").fetchall())
    return Totals(
        orders={state.value: counted.get(state.value, 0) for state in OrderState},
        oldest=oldest(db),
        targets=targets(db),
        dead=_dead(db),
        rejects=_count(db, "rejects WHERE state = 'open'"),
        conflicts=_count(db, "conflicts WHERE state = 'open'"),
        uncertain=_count(db, "drops WHERE state = 'uncertain'"),
        quarantined=_count(db, "inbox_files WHERE outcome = 'quarantined'"),
        reports_owed=_count(db, f"{_REPORTS} WHERE r.state = 'owed' AND NOT abandoned"),
        last_received_at=_latest(db, "SELECT max(received_at) FROM orders"),
        last_reported_at=_latest(db, "SELECT max(sent_at) FROM reports"),
        size_bytes=_number(db, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
        sqlite=str(db.execute("SELECT sqlite_version()").fetchone()[0]),
    )


def oldest(db: Database) -> dict[str, datetime]:
    """Since when the oldest order of each waiting state has been in it."""
    rows = db.execute("SELECT state, min(changed_at) FROM orders GROUP BY state").fetchall()
    return {state: from_iso(since) for state, since in rows if state in _WAITING}


def targets(db: Database) -> tuple[TargetRow, ...]:
    """What waits at each target that the journal knows."""
    rows = db.execute(
        """
        SELECT t.name, count(*) FILTER (WHERE d.state <> 'published'), count(*) FILTER (WHERE d.state = 'published'),
          min(d.published_at), t.paused, t.paused_at
        FROM targets t LEFT JOIN drops d ON d.target = t.name AND d.presumed = 0
          AND (d.state = 'published' OR d.state IN ('queued', 'staged'))
        GROUP BY t.name ORDER BY t.name""",
    ).fetchall()
    return tuple(TargetRow(*timed(row, 3, 5)) for row in rows)


def _dead(db: Database) -> dict[str, int]:
    given_up = "drops d JOIN orders o ON o.id = d.order_id WHERE d.state = 'held' AND NOT o.abandoned"
    return {
        "order": _count(db, "orders WHERE state = 'dead'"),
        "report": _count(db, f"{_REPORTS} WHERE r.state = 'dead' AND NOT abandoned"),
        "file": _count(db, f"{given_up} AND d.reason = 'given_up'"),
    }


def _count(db: Database, what: str) -> int:
    return _number(db, f"SELECT count(*) FROM {what}")  # noqa: S608 - our own words


def _number(db: Database, question: str) -> int:
    return int(db.execute(question).fetchone()[0])


def _latest(db: Database, question: str) -> datetime | None:
    return moment(db.execute(question).fetchone()[0])


def list_rejects(db: Database, *, settled: bool = False) -> tuple[RejectRow, ...]:
    """The kept bodies that are open, newest first; with ``settled`` the replayed and discarded ones too."""
    where = "" if settled else "WHERE state = 'open'"
    rows = db.execute(f"{_REJECT} {where} ORDER BY id DESC LIMIT 1000").fetchall()
    return tuple(RejectRow(*timed(row, 1, 11)) for row in rows)


def the_reject(db: Database, reject_id: int) -> RejectRow:
    """One kept body's facts. Raises :class:`PermanentError` when there is none."""
    row = db.execute(f"{_REJECT} WHERE id = ?", [reject_id]).fetchone()
    if row is None:
        raise _no_reject(reject_id)
    return RejectRow(*timed(row, 1, 11))


def reject_body(db: Database, reject_id: int) -> Payload:
    """A kept body as it came."""
    row = db.execute("SELECT body, content_type, sha256 FROM rejects WHERE id = ?", [reject_id]).fetchone()
    if row is None or row[0] is None:
        raise _no_reject(reject_id)
    return Payload(f"reject-{reject_id}", row[1], row[2], row[0])


def _no_reject(reject_id: int) -> PermanentError:
    return PermanentError(
        f"there is no reject {reject_id}",
        name=ErrorName.NOT_FOUND,
        subject=str(reject_id),
        hint="erp-bridge rejects list shows what there is",
    )


def open_alerts(db: Database) -> tuple[AlertRow, ...]:
    """What is alarming now, the gravest and oldest first."""
    rows = db.execute(
        """
        SELECT kind, subject, severity, text, raised_at, told FROM alerts
        WHERE closed_at IS NULL ORDER BY severity = 'page' DESC, id""",
    ).fetchall()
    return tuple(AlertRow(*timed(row, 4)) for row in rows)


def owner_of(database: Path) -> str | None:
    """Who holds the lock of a journal (``pid 4711, since ...``); ``None`` when nobody does."""
    try:
        handle = os.open(database.parent / "bridge.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(handle, 200, 0).decode("utf-8", "replace").strip() or "an unknown process"
    finally:
        os.close(handle)
    return None
