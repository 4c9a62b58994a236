"""Calls owed to Norce: born with an acknowledgement, sent in sequence per order, settled or given up.

Not for: the calls themselves (``norce/client.py``).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.journal import events, orders
from bridge.journal.records import DueReport, ReportEnd, ReportResult
from bridge.model import AckStatus
from bridge.reports import documents
from bridge.reports.kinds import (
    CancellationReport,
    CreditReport,
    DeliveryReport,
    InvoiceReport,
    Report,
    StatusReport,
    erp_order_no_of,
    number_of,
)
from bridge.reports.tally import Paper
from bridge.states import ReportKind, ReportState

AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Owed:
    """A report about to be owed; ``digest`` is that of a document."""

    order_id: int
    ack_id: int | None
    report: Report
    digest: str | None = None


def owe(db: Database, owed: Owed, at: datetime) -> None:
    """Add a report, complete as it is, behind the order's earlier ones (invariant 9)."""
    report = owed.report
    db.execute(
        """
        INSERT INTO reports (order_id, seq, ack_id, kind, status, erp_order_no, document, number, digest, moves_money,
          state, next_at, owed_at)
        SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM reports WHERE order_id = ?""",
        [
            owed.order_id,
            owed.ack_id,
            report.kind,
            status_of(report),
            erp_order_no_of(report),
            documents.written(report),
            number_of(report),
            owed.digest,
            int(report.moves_money),
            ReportState.OWED,
            iso(at),
            iso(at),
            owed.order_id,
        ],
    )


def status_of(report: Report) -> AckStatus:
    """The word of ours for what a report tells."""
    match report:
        case StatusReport():
            return report.status
        case DeliveryReport():
            return AckStatus.DELIVERED if report.is_complete else AckStatus.PARTLY_DELIVERED
        case InvoiceReport() | CreditReport():
            return AckStatus.INVOICED
        case CancellationReport():
            return AckStatus.CANCELLED
        case _:
            assert_never(report)


def _read(kind: str, document: str | None, status: str, number: str | None) -> Report:
    """The report as it was owed; one of the time before documents was a status."""
    if document is None:
        return StatusReport(AckStatus(status), number)
    return documents.read(ReportKind(kind), document)


def papers(db: Database, order_id: int) -> tuple[Paper, ...]:
    """The documents that Norce is owed or was sent for an order, in their order."""
    rows = db.execute(
        """
        SELECT kind, number, digest, document FROM reports
        WHERE order_id = ? AND number IS NOT NULL ORDER BY seq""",
        [order_id],
    ).fetchall()
    return tuple(
        Paper(ReportKind(kind), number, digest or "", documents.read(ReportKind(kind), document))
        for kind, number, digest, document in rows
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What Norce was told, or is owed, of an order: anything beyond a receipt, a confirmation, the ERP's number."""

    is_told: bool
    was_confirmed: bool
    number: str | None


def told(db: Database, order_id: int) -> Told:
    """What Norce knows of an order, or is about to."""
    rows = db.execute(
        "SELECT status, erp_order_no FROM reports WHERE order_id = ? ORDER BY seq",
        [order_id],
    ).fetchall()
    said = {status for status, _ in rows}
    numbers = [number for _, number in rows if number is not None]
    return Told(
        is_told=not said <= {AckStatus.RECEIVED},
        was_confirmed=bool(said & {AckStatus.CONFIRMED, AckStatus.CHANGED}),
        number=numbers[-1] if numbers else None,
    )


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
          r.owed_at, r.kind, r.document, r.begun_at, r.doubted, r.number IS NOT NULL AND EXISTS
            (SELECT 1 FROM reports s WHERE s.kind = r.kind AND s.number = r.number AND s.order_id <> r.order_id)
        {_FIRST_OWED} AND r.next_at <= ? AND o.answered_at <= ? ORDER BY r.next_at LIMIT ?""",  # noqa: S608 - our own words
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
            report=_read(row[10], row[11], row[5], row[6]),
            attempts=row[7],
            waited=timedelta(seconds=row[8]),
            owed_at=from_iso(row[9]),
            begun=row[12] is not None,
            doubted=bool(row[13]),
            shares_number=bool(row[14]),
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


def begin(db: Database, report_id: int, at: datetime) -> bool:
    """Commit that a document's call is about to leave; false when nobody may send it any more."""
    moved = db.execute(
        """
        UPDATE reports SET begun_at = ? WHERE id = ? AND state = ? AND begun_at IS NULL
        AND EXISTS (SELECT 1 FROM orders o WHERE o.id = order_id AND o.abandoned = 0)""",
        [iso(at), report_id, ReportState.OWED],
    ).rowcount
    return bool(moved)


_STATE_AFTER = {
    ReportEnd.SENT: ReportState.SENT,
    ReportEnd.DEAD: ReportState.DEAD,
    ReportEnd.UNCERTAIN: ReportState.UNCERTAIN,
    ReportEnd.LATER: ReportState.OWED,
    ReportEnd.CUT_SHORT: ReportState.OWED,
}
_EVENT_AFTER = {
    ReportEnd.SENT: "reported",
    ReportEnd.DEAD: "report_dead",
    ReportEnd.UNCERTAIN: "report_uncertain",
    ReportEnd.LATER: "report_failed",
}


def settle(db: Database, result: ReportResult, at: datetime) -> bool:
    """Write the end of an attempt; false when the report was settled otherwise meanwhile.

    A call cut short by stopping leaves no trace but that it was begun.
    """
    report, state = result.report, _STATE_AFTER[result.end]
    if result.end is ReportEnd.CUT_SHORT:
        return False
    moved = db.execute(
        """
        UPDATE reports SET state = ?, attempts = attempts + 1, waited_s = waited_s + ?, next_at = ?, error = ?,
          sent_at = ?, begun_at = NULL, doubted = max(doubted, ?) WHERE id = ? AND state = ?""",
        [
            state,
            result.wait.total_seconds(),
            iso(at + result.wait),
            result.error or None,
            iso(at) if state is ReportState.SENT else None,
            int(result.doubted),
            report.id,
            ReportState.OWED,
        ],
    ).rowcount
    if moved:
        events.append(
            db,
            at,
            _EVENT_AFTER[result.end],
            report.order_id,
            report=None if report.report.kind is ReportKind.STATUS else report.report.kind,
            number=number_of(report.report),
            status=report.status,
            erp_order_no=report.erp_order_no,
            attempt=report.attempts + 1,
            error=result.error or None,
        )
        orders.refresh(db, report.order_id, at)
    return bool(moved)


def requeue(db: Database, order_id: int, reason: str, at: datetime) -> int:
    """Owe an order's dead and uncertain reports anew, from the first attempt on.

    An uncertain one stays doubted: when Norce then says that it has the document, that is as good as sent.
    """
    moved = db.execute(
        """
        UPDATE reports SET doubted = max(doubted, state = 'uncertain'), state = ?, attempts = 0, waited_s = 0,
          next_at = ?, error = NULL, begun_at = NULL WHERE order_id = ? AND state IN (?, ?)""",
        [ReportState.OWED, iso(at), order_id, ReportState.DEAD, ReportState.UNCERTAIN],
    ).rowcount
    if moved:
        events.append(db, at, "requeued", order_id, what="report", because=reason or None)
        orders.refresh(db, order_id, at)
    return moved


def doubt_owed(db: Database, at: datetime) -> int:
    """Make each document uncertain that moves money and was owed when a copy was made: it may be sent since then."""
    rows = db.execute(
        "SELECT id, order_id, number FROM reports WHERE state = ? AND moves_money = 1 ORDER BY id",
        [ReportState.OWED],
    ).fetchall()
    for report_id, order_id, number in rows:
        error = "it was owed when the copy of the journal was made, and may have been sent since"
        db.execute(
            "UPDATE reports SET state = ?, error = ?, begun_at = NULL WHERE id = ?",
            [ReportState.UNCERTAIN, error, report_id],
        )
        events.append(db, at, "report_uncertain", order_id, number=number, error=error)
        orders.refresh(db, order_id, at)
    return len(rows)
