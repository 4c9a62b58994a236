"""Calls owed to Norce: born with an acknowledgement, sent in sequence per order, settled or given up.

Not for: the calls themselves (``norce/client.py``).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.journal import events, orders
from bridge.journal.records import DueReport, ReportEnd, ReportResult
from bridge.model import AckStatus
from bridge.states import ReportState

AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Owed:
    """A report about to be owed."""

    order_id: int
    ack_id: int | None
    status: AckStatus
    erp_order_no: str | None


def owe(db: Database, owed: Owed, at: datetime) -> None:
    """Add a report behind the order's earlier ones."""
    db.execute(
        """
        INSERT INTO reports (order_id, seq, ack_id, status, erp_order_no, state, next_at, owed_at)
        SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ?, ?, ?, ? FROM reports WHERE order_id = ?""",
        [
            owed.order_id,
            owed.ack_id,
            owed.status,
            owed.erp_order_no,
            ReportState.OWED,
            iso(at),
            iso(at),
            owed.order_id,
        ],
    )


def was_confirmed(db: Database, order_id: int) -> bool:
    """True when Norce was told, or is owed, that the order is confirmed."""
    row = db.execute(
        "SELECT 1 FROM reports WHERE order_id = ? AND status IN ('confirmed', 'changed') LIMIT 1",
        [order_id],
    ).fetchone()
    return row is not None


_FIRST_OWED = """
    FROM reports r JOIN orders o ON o.id = r.order_id
    WHERE r.state = 'owed' AND o.abandoned = 0 AND o.answered_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM reports e WHERE e.order_id = r.order_id AND e.seq < r.seq AND e.state <> 'sent')
"""


def due(db: Database, now: datetime, report_after: timedelta, leased: Collection[int]) -> list[DueReport]:
    """The first unsent report of each order whose time has come; none before the answer plus ``report_after``."""
    rows = db.execute(
        f"""
        SELECT r.id, r.order_id, o.order_ref, o.application, r.seq, r.status, r.erp_order_no, r.attempts, r.waited_s,
          r.owed_at
        {_FIRST_OWED} AND r.next_at <= ? AND o.answered_at <= ? ORDER BY r.next_at LIMIT ?""",
        [iso(now), iso(now - report_after), AT_ONCE + len(leased)],
    ).fetchall()
    return [
        DueReport(
            id=row[0],
            order_id=row[1],
            order_ref=row[2],
            application=row[3],
            seq=row[4],
            status=AckStatus(row[5]),
            erp_order_no=row[6],
            attempts=row[7],
            waited=timedelta(seconds=row[8]),
            owed_at=from_iso(row[9]),
        )
        for row in rows
        if row[0] not in leased
    ][:AT_ONCE]


def next_at(db: Database, report_after: timedelta) -> datetime | None:
    """When the next report becomes due; ``None`` when nothing is owed."""
    row = db.execute(
        f"SELECT r.next_at, o.answered_at {_FIRST_OWED} ORDER BY max(r.next_at, o.answered_at) LIMIT 1",
    ).fetchone()
    return max(from_iso(row[0]), from_iso(row[1]) + report_after) if row else None


def settle(db: Database, result: ReportResult, at: datetime) -> bool:
    """Write the end of an attempt; false when the report was settled otherwise meanwhile."""
    report = result.report
    state = {
        ReportEnd.SENT: ReportState.SENT,
        ReportEnd.DEAD: ReportState.DEAD,
        ReportEnd.LATER: ReportState.OWED,
        ReportEnd.CUT_SHORT: ReportState.OWED,
    }[result.end]
    if result.end is ReportEnd.CUT_SHORT:
        return False
    moved = db.execute(
        """
        UPDATE reports SET state = ?, attempts = attempts + 1, waited_s = waited_s + ?, next_at = ?, error = ?,
          sent_at = ? WHERE id = ? AND state = ?""",
        [
            state,
            result.wait.total_seconds(),
            iso(at + result.wait),
            result.error or None,
            iso(at) if state is ReportState.SENT else None,
            report.id,
            ReportState.OWED,
        ],
    ).rowcount
    if moved:
        events.append(
            db,
            at,
            {ReportEnd.SENT: "reported", ReportEnd.DEAD: "report_dead"}.get(result.end, "report_failed"),
            report.order_id,
            status=report.status,
            erp_order_no=report.erp_order_no,
            attempt=report.attempts + 1,
            error=result.error or None,
        )
        orders.refresh(db, report.order_id, at)
    return bool(moved)


def requeue(db: Database, order_id: int, reason: str, at: datetime) -> int:
    """Owe an order's dead reports anew, from the first attempt on."""
    moved = db.execute(
        """
        UPDATE reports SET state = ?, attempts = 0, waited_s = 0, next_at = ?, error = NULL
        WHERE order_id = ? AND state IN (?, ?)""",
        [ReportState.OWED, iso(at), order_id, ReportState.DEAD, ReportState.UNCERTAIN],
    ).rowcount
    if moved:
        events.append(db, at, "requeued", order_id, what="report", because=reason or None)
        orders.refresh(db, order_id, at)
    return moved
