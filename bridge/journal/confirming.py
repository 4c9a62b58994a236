"""What confirms an order in the place of the ERP's answer: a person, or the ERP's fetching the file (decision 17).

Not for: the ERP's own files (``acknowledgements.py``).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import iso
from bridge.errors import ErrorName, PermanentError
from bridge.journal import events, orders, reports
from bridge.journal.records import Confirmation
from bridge.model import AckStatus
from bridge.reports.kinds import StatusReport
from bridge.states import DROP_MOVES, DropState, Outcome, ReportPolicy, Standing, consequence, is_allowed, standing

_UNSEEN = frozenset({DropState.QUEUED, DropState.STAGED, DropState.HELD, DropState.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class _Known:
    """The order as it stands."""

    order_ref: str
    outcome: Outcome | None
    erp_order_no: str | None
    abandoned: bool
    drop_id: int
    drop_state: DropState
    target: str


def confirm(db: Database, said: Confirmation, at: datetime) -> None:
    """Take the ERP's number from a person. Raises :class:`PermanentError` when what is known forbids it."""
    known = _known(db, said.order_id)
    _refuse_unless_news(known, said.erp_order_no)
    if not said.is_shared:
        _refuse_taken(db, known, said)
    if is_allowed(DROP_MOVES, known.drop_state, DropState.ANSWERED, "confirm"):
        db.execute(
            "UPDATE drops SET state = ?, answered_at = ?, presumed = 0, reason = NULL, litter = ? WHERE id = ?",
            [DropState.ANSWERED, iso(at), int(known.drop_state in _UNSEEN), known.drop_id],
        )
    db.execute(
        "UPDATE orders SET outcome = ?, erp_order_no = ?, waits_because = NULL WHERE id = ?",
        [Outcome.CONFIRMED, said.erp_order_no, said.order_id],
    )
    _owe(db, said.order_id, said.erp_order_no, said.policy, at)
    events.append(
        db,
        at,
        "confirmed_by_person",
        said.order_id,
        target=known.target,
        erp_order_no=said.erp_order_no,
        because=said.because,
    )
    orders.refresh(db, said.order_id, at)


def confirm_by_fetch(db: Database, order_id: int, policy: ReportPolicy, at: datetime) -> None:
    """Confirm an order of which nothing else is known, without a number; the report is born with it (invariant 9)."""
    is_news = db.execute(
        """
        UPDATE orders SET outcome = ? WHERE id = ? AND abandoned = 0 AND (outcome IS NULL OR outcome = ?)""",
        [Outcome.CONFIRMED, order_id, Outcome.RECEIVED],
    ).rowcount
    if is_news:
        events.append(db, at, "confirmed_by_fetch", order_id)
        _owe(db, order_id, None, policy, at)


def _owe(db: Database, order_id: int, number: str | None, policy: ReportPolicy, at: datetime) -> None:
    was_confirmed = reports.told(db, order_id).was_confirmed
    for outcome in consequence(policy, Outcome.CONFIRMED, was_confirmed=was_confirmed).reports:
        report = StatusReport(AckStatus(outcome.value), number, policy.names.get(outcome))
        reports.owe(db, reports.Owed(order_id, None, report), at)


def _known(db: Database, order_id: int) -> _Known:
    row = db.execute(
        """
        SELECT o.order_ref, o.outcome, o.erp_order_no, o.abandoned, d.id, d.state, d.target FROM orders o
        JOIN drops d ON d.order_id = o.id AND d.confirming = 1 WHERE o.id = ? ORDER BY d.id DESC LIMIT 1""",
        [order_id],
    ).fetchone()
    outcome = Outcome(row[1]) if row[1] else None
    return _Known(row[0], outcome, row[2], bool(row[3]), row[4], DropState(row[5]), row[6])


def _refuse_unless_news(known: _Known, number: str) -> None:
    why = ""
    if known.abandoned:
        why = "is abandoned"
    elif known.erp_order_no not in {None, number}:
        why = f'already has the ERP number "{known.erp_order_no}"'
    elif known.outcome is Outcome.CONFIRMED and known.erp_order_no == number:
        why = "is confirmed with that number already"
    elif standing(known.outcome, Outcome.CONFIRMED) is not Standing.NEWS:
        why = f"is {known.outcome} already"
    if why:
        raise PermanentError(
            f"order {known.order_ref} {why}",
            name=ErrorName.STATE_FORBIDS,
            subject=known.order_ref,
            hint=f"erp-bridge orders timeline {known.order_ref} shows what the ERP said",
        )


def _refuse_taken(db: Database, known: _Known, said: Confirmation) -> None:
    """Two orders under one number make every answer ambiguous that gives this number alone."""
    taken = db.execute(
        "SELECT order_ref, id FROM orders WHERE erp_order_no = ? AND target = ? AND id <> ? ORDER BY id LIMIT 5",
        [said.erp_order_no, known.target, said.order_id],
    ).fetchall()
    if taken:
        others = ", ".join(f"{ref} (#{number})" for ref, number in taken)
        raise PermanentError(
            f'{known.target} gave the number "{said.erp_order_no}" to another order already: {others}',
            name=ErrorName.STATE_FORBIDS,
            subject=known.order_ref,
            hint="ask the ERP again; if it means both by that number: orders confirm with --shared",
        )
