"""Which order an acknowledgement speaks of: by reference, ERP number or control number of a target; never by a guess.

Not for: what the acknowledgement then changes (``acknowledgements.py``).
"""

from dataclasses import dataclass, replace

from sqlite_utils import Database

from bridge.clock import from_iso
from bridge.journal.orders import folded
from bridge.model import Acknowledgement
from bridge.states import DropState, Outcome


@dataclass(frozen=True, slots=True)
class MatchedOrder:
    """The order and drop that an acknowledgement speaks of."""

    order_id: int
    order_ref: str
    application: str
    outcome: Outcome | None
    erp_order_no: str | None
    abandoned: bool
    drop_id: int
    drop_state: DropState
    confirming: bool


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Why no order can be named, in words for the note beside the quarantined file."""

    reason: str


_ORDERS = """
    SELECT o.id, o.order_ref, o.application, o.outcome, o.erp_order_no, o.abandoned, d.id, d.state, d.confirming
    FROM orders o JOIN drops d ON d.order_id = o.id AND d.target = ? AND d.state <> 'withdrawn'
"""


def match(db: Database, target: str, ack: Acknowledgement) -> MatchedOrder | Unmatched:
    """The one order of ``target`` that ``ack`` speaks of, or why there is none."""
    if ack.order_ref is not None:
        return _unless_contradicted(_by_reference(db, target, ack), ack)
    if ack.erp_order_no is not None:
        return _unless_contradicted(_by_erp_no(db, target, ack), ack)
    if ack.control is not None:
        return _by_control(db, target, ack.control)
    return Unmatched("it names neither an order reference nor an ERP order number")


def match_named(db: Database, target: str, ack: Acknowledgement, order_id: int) -> MatchedOrder | Unmatched:
    """The order that a person named, whatever ``ack`` calls it; a second ERP number is refused all the same."""
    row = db.execute(f"{_ORDERS} WHERE o.id = ?", [target, order_id]).fetchone()
    if row is None:
        return Unmatched(f"the order named for it has no file for target {target}")
    return _unless_contradicted(_matched(row), ack)


def _unless_contradicted(found: MatchedOrder | Unmatched, ack: Acknowledgement) -> MatchedOrder | Unmatched:
    if isinstance(found, MatchedOrder) and _contradicts(found, ack):
        return Unmatched(
            f'it gives order "{found.order_ref}" the ERP number "{ack.erp_order_no}", '
            f'but that order already has "{found.erp_order_no}"',
        )
    return found


def _contradicts(found: MatchedOrder, ack: Acknowledgement) -> bool:
    """True for a second, different number; a copy's target is another ERP and has numbers of its own."""
    is_second = None not in {found.erp_order_no, ack.erp_order_no} and found.erp_order_no != ack.erp_order_no
    return found.confirming and is_second


def _by_reference(db: Database, target: str, ack: Acknowledgement) -> MatchedOrder | Unmatched:
    ref = ack.order_ref or ""
    rows = db.execute(f"{_ORDERS} WHERE o.ref_folded = ?", [target, folded(ref)]).fetchall()
    if len(rows) == 1:
        return _matched(rows[0])
    if rows:
        refs = ", ".join(f'"{row[1]}"' for row in rows)
        return Unmatched(f'order reference "{ref}" fits more than one order: {refs}')
    elsewhere = db.execute("SELECT target FROM orders WHERE ref_folded = ?", [folded(ref)]).fetchone()
    if elsewhere:
        return Unmatched(f'order reference "{ref}" belongs to target {elsewhere[0]}, not to {target}')
    bare = ref.strip().lstrip("0")
    if bare != ref.strip() and bare.isascii() and bare.isdigit():  # zeros that filled a field of fixed width
        found = _by_reference(db, target, replace(ack, order_ref=bare))
        if isinstance(found, MatchedOrder):
            return found
    return Unmatched(f'no order "{ref}" is known for target {target}{_looked_in(db, target)}')


def _looked_in(db: Database, target: str) -> str:
    count, since = db.execute(
        "SELECT count(*), min(rendered_at) FROM drops WHERE target = ?",
        [target],
    ).fetchone()
    return f" (looked in {count} orders since {from_iso(since):%Y-%m-%d})" if count else " (it has no orders yet)"


def _by_erp_no(db: Database, target: str, ack: Acknowledgement) -> MatchedOrder | Unmatched:
    rows = db.execute(f"{_ORDERS} WHERE o.erp_order_no = ? AND d.confirming = 1", [target, ack.erp_order_no]).fetchall()
    if len(rows) == 1:
        return _matched(rows[0])
    if rows:
        refs = ", ".join(f'"{row[1]}"' for row in rows)
        return Unmatched(f'ERP order number "{ack.erp_order_no}" fits more than one order: {refs}')
    return Unmatched(f'no order of target {target} has the ERP number "{ack.erp_order_no}"')


def _by_control(db: Database, target: str, control: int) -> MatchedOrder | Unmatched:
    """The order whose file had the control number: a receipt may know nothing else of it (CONTRL)."""
    row = db.execute(f"{_ORDERS} WHERE d.control = ?", [target, control]).fetchone()
    if row is None:
        return Unmatched(f"no file of target {target} that is still meant has the control number {control}")
    return _matched(row)


def _matched(row: tuple[int, str, str, str | None, str | None, int, int, str, int]) -> MatchedOrder:
    return MatchedOrder(
        order_id=row[0],
        order_ref=row[1],
        application=row[2],
        outcome=Outcome(row[3]) if row[3] else None,
        erp_order_no=row[4],
        abandoned=bool(row[5]),
        drop_id=row[6],
        drop_state=DropState(row[7]),
        confirming=bool(row[8]),
    )
