"""Orders in the journal: admission, repeats, conflicts, and the state that follows from drops and reports.

Not for: files (``drops.py``) or answers (``acknowledgements.py``).
"""

import hashlib
import json
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import iso
from bridge.journal import events
from bridge.journal.records import Admission, Admitted, Known, RenderedDrop
from bridge.reports.brief import Brief, read_brief
from bridge.states import DropState, OrderFacts, OrderState, Outcome, ReportState, order_state, tells_number


def folded(ref: str) -> str:
    """A reference as an ERP may return it: without surrounding blanks and case."""
    return ref.strip().casefold()


def find(db: Database, order_ref: str) -> Known | None:
    """What is known under exactly this reference."""
    row = db.execute(
        """
        SELECT id, fingerprint, application, body_sha256, erp_order_no, outcome, waits_because FROM orders
        WHERE order_ref = ?""",
        [order_ref],
    ).fetchone()
    if row is None:
        return None
    order_id, fingerprint, application, digest, number, outcome, waits = row
    is_told = tells_number(Outcome(outcome) if outcome else None, waits_for_person=waits is not None)
    return Known(order_id, fingerprint, application, digest, number if is_told else None)


def admit(db: Database, admission: Admission, *, keep_conflicts: bool) -> Admitted:
    """Store a new order with its drops and first event, or find out that its key was used (invariants 1, 2, 3)."""
    known = find(db, admission.order_ref)
    if known is not None:
        return _repeat(db, known, admission, keep_conflicts=keep_conflicts)
    order_id = _insert_order(db, admission)
    for drop in admission.drops:
        insert_drop(db, order_id, drop, admission.received_at)
    events.append(
        db,
        admission.received_at,
        "received",
        order_id,
        kind=admission.body.kind,
        size=len(admission.body.content),
        request_id=admission.request_id,
        lines=admission.line_count,
        warnings=list(admission.warnings) or None,
        held={drop.target: drop.held for drop in admission.drops if drop.held} or None,
        parts={drop.target: drop.part.lines for drop in admission.drops if drop.part} or None,
    )
    refresh(db, order_id, admission.received_at)
    return Admitted(order_id, repeat=False)


def _insert_order(db: Database, admission: Admission) -> int:
    confirming = next((drop.target for drop in admission.drops if drop.confirming), None)
    if confirming is None:
        raise ValueError("an order is admitted with the file of its confirming target")
    at = iso(admission.received_at)
    body = admission.body
    cursor = db.execute(
        """
        INSERT INTO orders (order_ref, ref_folded, application, target, state, fingerprint, currency, amount,
          line_count, brief, body, body_kind, content_type, forced_kind, body_sha256, request_id, received_at,
          changed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            admission.order_ref,
            folded(admission.order_ref),
            admission.application,
            confirming,
            OrderState.RECEIVED,
            admission.fingerprint,
            admission.currency,
            admission.amount,
            admission.line_count,
            admission.brief,
            body.content,
            body.kind,
            body.content_type,
            body.forced_kind,
            hashlib.sha256(body.content).hexdigest(),
            admission.request_id,
            at,
            at,
        ],
    )
    return int(cursor.lastrowid or 0)


def insert_drop(db: Database, order_id: int, drop: RenderedDrop, at: datetime) -> None:
    """Add a file to an order."""
    state = DropState.HELD if drop.held else DropState.QUEUED
    db.execute(
        """
        INSERT INTO drops (order_id, target, confirming, state, reason, detail, format, control, file_name,
          staging_name, marker_name, content, size, sha256, lines, charges, rendered_at, next_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            order_id,
            drop.target,
            int(drop.confirming),
            state,
            drop.held,
            drop.detail or None,
            drop.format,
            drop.control,
            drop.file_name,
            drop.staging_name,
            drop.marker_name,
            drop.content,
            len(drop.content),
            hashlib.sha256(drop.content).hexdigest(),
            json.dumps(drop.part.lines) if drop.part else None,
            int(drop.part is None or drop.part.charges),
            iso(at),
            iso(at),
        ],
    )


def brief(db: Database, order_id: int) -> Brief:
    """What reports need of an order."""
    (text,) = db.execute("SELECT brief FROM orders WHERE id = ?", [order_id]).fetchone()
    return read_brief(text)


def _repeat(db: Database, known: Known, admission: Admission, *, keep_conflicts: bool) -> Admitted:
    says_the_same = known.fingerprint == admission.fingerprint and known.application == admission.application
    # The same bytes are no other order, even where an upgrade or a setting reads them differently now.
    conflict = not (says_the_same or known.body_sha256 == hashlib.sha256(admission.body.content).hexdigest())
    if conflict and keep_conflicts:
        _keep_conflict(db, known, admission)
    return Admitted(known.order_id, repeat=True, conflict=conflict, erp_order_no=known.erp_order_no)


def _keep_conflict(db: Database, known: Known, admission: Admission) -> None:
    digest = hashlib.sha256(admission.body.content).hexdigest()
    seen = db.execute(
        "UPDATE conflicts SET seen = seen + 1 WHERE order_id = ? AND body_sha256 = ?",
        [known.order_id, digest],
    ).rowcount
    if seen:
        return
    db.execute(
        """
        INSERT INTO conflicts (order_id, application, fingerprint, body, body_kind, body_sha256, state, received_at)
        VALUES (?, ?, ?, ?, ?, ?, 'open', ?)""",
        [
            known.order_id,
            admission.application,
            admission.fingerprint,
            admission.body.content,
            admission.body.kind,
            digest,
            iso(admission.received_at),
        ],
    )
    events.append(
        db,
        admission.received_at,
        "conflict",
        known.order_id,
        application=admission.application,
        sha256=digest,
        request_id=admission.request_id,
    )


def refresh(db: Database, order_id: int, at: datetime) -> OrderState:
    """Derive the order's state anew after a change to its drop or reports, in the same transaction."""
    drop, outcome, waits, abandoned, before = db.execute(
        """
        SELECT d.state, o.outcome, o.waits_because, o.abandoned, o.state FROM orders o
        JOIN drops d ON d.order_id = o.id AND d.confirming = 1
        WHERE o.id = ? ORDER BY d.id DESC LIMIT 1""",
        [order_id],
    ).fetchone()
    reports = db.execute("SELECT state FROM reports WHERE order_id = ?", [order_id]).fetchall()
    facts = OrderFacts(
        drop=DropState(drop),
        reports=[ReportState(state) for (state,) in reports],
        outcome=Outcome(outcome) if outcome else None,
        waits_for_person=waits is not None,
        abandoned=bool(abandoned),
    )
    state = order_state(facts)
    if state != before:
        db.execute("UPDATE orders SET state = ?, changed_at = ? WHERE id = ?", [state, iso(at), order_id])
    return state


def note_answered(db: Database, order_id: int, at: datetime, told_erp_no: str | None) -> None:
    """The answer to Norce was written out; a number told in it settles the confirmation that it told.

    Not one that says more, by another of Norce's names or of rows. What came before it would move Norce back now.
    """
    db.execute(
        "UPDATE orders SET answered_at = ? WHERE id = ? AND answered_at IS NULL",
        [iso(at), order_id],
    )
    if told_erp_no is None:
        return
    settled = db.execute(
        """
        UPDATE reports SET state = ?, sent_at = ? WHERE order_id = ? AND state = ? AND erp_order_no = ?
        AND status IN ('confirmed', 'changed') AND (document IS NULL
          OR (document ->> 'called' IS NULL AND json_array_length(document, '$.items') = 0))
        RETURNING seq""",
        [ReportState.SENT, iso(at), order_id, ReportState.OWED, told_erp_no],
    ).fetchall()
    if settled:
        db.execute(
            "UPDATE reports SET state = ?, sent_at = ? WHERE order_id = ? AND state = ? AND seq < ? "
            "AND status = 'received'",
            [ReportState.SENT, iso(at), order_id, ReportState.OWED, max(seq for (seq,) in settled)],
        )
        events.append(db, at, "reported", order_id, status="confirmed", via="the answer itself")
        refresh(db, order_id, at)


def presume_answered(db: Database, at: datetime) -> int:
    """At start: orders whose answer may or may not have been written out count as answered now; in doubt, report."""
    return db.execute("UPDATE orders SET answered_at = ? WHERE answered_at IS NULL", [iso(at)]).rowcount


def requeue_drops(db: Database, order_id: int, reason: str, at: datetime) -> int:
    """Queue an order's drops again that were given up, refused or met a taken name; a hold by a person stays."""
    moved = db.execute(
        """
        UPDATE drops SET state = 'queued', reason = NULL, detail = NULL, attempts = 0, waited_s = 0, next_at = ?,
          refused_by = NULL
        WHERE order_id = ? AND state = 'held' AND reason IN ('given_up', 'refused', 'collision')""",
        [iso(at), order_id],
    ).rowcount
    if moved:
        events.append(db, at, "requeued", order_id, what="file", because=reason or None)
        refresh(db, order_id, at)
    return moved
