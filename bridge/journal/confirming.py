"""A person's answer in the ERP's place: recorded, applied and made owed to Norce like an acknowledgement (decision 17).

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
from bridge.states import DROP_MOVES, DropState, Outcome, Standing, consequence, is_allowed, standing

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
    if is_allowed(DROP_MOVES, known.drop_state, DropState.ANSWERED, "confirm"):
        db.execute(
            "UPDATE drops SET state = ?, answered_at = ?, presumed = 0, reason = NULL, litter = ? WHERE id = ?",
            [DropState.ANSWERED, iso(at), int(known.drop_state in _UNSEEN), known.drop_id],
        )
    follows = consequence(
        said.policy,
        Outcome.CONFIRMED,
        was_confirmed=reports.was_confirmed(db, said.order_id),
    )
    db.execute(
        "UPDATE orders SET outcome = ?, erp_order_no = ?, waits_because = NULL WHERE id = ?",
        [Outcome.CONFIRMED, said.erp_order_no, said.order_id],
    )
    for status in follows.reports:
        reports.owe(db, reports.Owed(said.order_id, None, AckStatus(status.value), said.erp_order_no), at)
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
