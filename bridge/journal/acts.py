"""Acts of people on orders and their files, each one transaction with one event that says why.

Not for: moving files (the drop stage does, between intention and result), nor for a person's answer in the ERP's
place (``confirming.py``).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.errors import ErrorName, PermanentError
from bridge.journal import events, orders
from bridge.journal.records import Body, CurrentDrop, HeldEnd, RenderedDrop, StoredRequest
from bridge.model import Part
from bridge.states import DROP_MOVES, DropState, HeldReason, OrderState, is_allowed

_CURRENT = """
    SELECT d.id, d.order_id, o.order_ref, d.target, d.confirming, d.state, d.reason,
      CASE WHEN d.state <> 'held' THEN d.state WHEN d.held_from IS NOT NULL THEN d.held_from
        WHEN d.published_at IS NOT NULL THEN 'published' ELSE 'queued' END,
      d.held_by_file, d.file_name, d.staging_name, d.marker_name, o.abandoned, d.size
    FROM drops d JOIN orders o ON o.id = d.order_id
"""
_ON_ITS_WAY = (HeldReason.PERSON, HeldReason.RELEASING, HeldReason.WITHDRAWING)


def current(db: Database, order_id: int) -> list[CurrentDrop]:
    """The files of an order that count, the confirming one first."""
    return _drops(db, "WHERE d.order_id = ? AND d.state <> 'withdrawn' ORDER BY d.confirming DESC, d.id", [order_id])


def held(db: Database, target: str) -> list[CurrentDrop]:
    """Files of a target that a person holds, lets go or takes back: those of which something may have to move."""
    marks = ", ".join("?" * len(_ON_ITS_WAY))
    where = f"WHERE d.target = ? AND d.state = 'held' AND d.reason IN ({marks}) ORDER BY d.id"
    return _drops(db, where, [target, *_ON_ITS_WAY])


def named(db: Database, target: str, names: Sequence[str]) -> list[CurrentDrop]:
    """Files of a target by their names that have not left our hands."""
    where = "WHERE d.target = ? AND d.file_name = ? AND d.state IN ('queued', 'staged', 'published')"
    return [drop for name in names for drop in _drops(db, where, [target, name])]


def _drops(db: Database, where: str, values: Sequence[object]) -> list[CurrentDrop]:
    rows = db.execute(f"{_CURRENT} {where}", values).fetchall()
    return [
        CurrentDrop(
            id=row[0],
            order_id=row[1],
            order_ref=row[2],
            target=row[3],
            confirming=bool(row[4]),
            state=DropState(row[5]),
            reason=row[6],
            origin=DropState(row[7]),
            by_file=bool(row[8]),
            file_name=row[9],
            staging_name=row[10],
            marker_name=row[11],
            abandoned=bool(row[12]),
            is_empty=row[13] == 0,
        )
        for row in rows
    ]


def hold(db: Database, drop: CurrentDrop, because: str, at: datetime, *, by_file: bool = False) -> bool:
    """The intention to keep a file from the ERP; false when the drop is no longer as it was seen."""
    if not _move(db, drop, DropState.HELD, "hold", at):
        return False
    db.execute(
        "UPDATE drops SET reason = ?, held_from = ?, held_by_file = ? WHERE id = ?",
        [HeldReason.PERSON, drop.state, int(by_file), drop.id],
    )
    _tell(db, drop, "held", at, reason=HeldReason.PERSON, because=because)
    return True


def release(db: Database, drop: CurrentDrop, because: str, at: datetime) -> bool:
    """Let a held file go: at once where nothing of it lies anywhere yet, else as an intention."""
    if not _is_as_seen(db, drop):
        return False
    if drop.origin is DropState.QUEUED:
        if not _move(db, drop, DropState.QUEUED, "release", at):
            return False
    else:
        db.execute("UPDATE drops SET reason = ?, detail = NULL WHERE id = ?", [HeldReason.RELEASING, drop.id])
    _tell(db, drop, "released", at, because=because)
    return True


def settle_held(db: Database, drop: CurrentDrop, end: HeldEnd, at: datetime) -> bool:
    """What became of the file of a held drop; false when the drop is no longer as it was seen."""
    match end:
        case HeldEnd.NAME_TAKEN:
            return _hold_back(db, drop, at)
        case HeldEnd.WITHDRAWN:
            moved = _move(db, drop, DropState.WITHDRAWN, "settle_held", at)
            db.execute("UPDATE drops SET litter = 1 WHERE id = ? AND state = 'withdrawn'", [drop.id])
        case HeldEnd.STILL_STAGED:
            moved = _move(db, drop, DropState.STAGED, "settle_held", at)
        case HeldEnd.PUT_BACK | HeldEnd.OUT_OF_OUR_HANDS:
            moved = _move(db, drop, DropState.PUBLISHED, "settle_held", at)
            unseen = int(end is HeldEnd.OUT_OF_OUR_HANDS and drop.origin is DropState.STAGED)
            db.execute(
                """
                UPDATE drops SET presumed = ?, published_at = coalesce(published_at, ?)
                WHERE id = ? AND state = 'published'""",
                [unseen, iso(at), drop.id],
            )
    if moved:
        _tell(db, drop, end.value, at)
    return moved


def _hold_back(db: Database, drop: CurrentDrop, at: datetime) -> bool:
    """A stranger's file has the name; the person's hold stands until that one is gone."""
    detail = f"another file lies in the outbox as {drop.file_name}; when it is gone, release it again"
    moved = db.execute(
        "UPDATE drops SET reason = ?, detail = ? WHERE id = ? AND state = 'held' AND reason = ?",
        [HeldReason.PERSON, detail, drop.id, HeldReason.RELEASING],
    ).rowcount
    if moved:
        _tell(db, drop, "held", at, reason=HeldReason.PERSON, detail=detail)
    return bool(moved)


def resend(db: Database, drop: CurrentDrop, because: str, at: datetime) -> bool:
    """Owe the same file anew: same bytes, name and number."""
    if not _move(db, drop, DropState.QUEUED, "resend", at):
        return False
    db.execute(
        "UPDATE drops SET published_at = NULL, taken_at = NULL, presumed = 0, litter = 0 WHERE id = ?",
        [drop.id],
    )
    _tell(db, drop, "resent", at, because=because)
    return True


def render_again(db: Database, drop: CurrentDrop, rendered: RenderedDrop, because: str, at: datetime) -> bool:
    """Put a new file, with its own number and name, in the place of one, which ends *withdrawn*."""
    if not _move(db, drop, DropState.WITHDRAWN, "render_again", at):
        return False
    db.execute("UPDATE drops SET litter = 1 WHERE id = ?", [drop.id])
    orders.insert_drop(db, drop.order_id, rendered, at)
    orders.refresh(db, drop.order_id, at)
    warnings = list(rendered.warnings) or None
    _tell(db, drop, "rendered_again", at, becomes=rendered.file_name, because=because, warnings=warnings)
    return True


def abandon(db: Database, order_id: int, because: str, at: datetime) -> None:
    """Pursue an order no more: no report is sent, and files that the ERP has not fetched are to be taken back.

    Raises :class:`PermanentError` for one that is abandoned already, or done.
    """
    ref, state = db.execute("SELECT order_ref, state FROM orders WHERE id = ?", [order_id]).fetchone()
    if state in {OrderState.ABANDONED, OrderState.REPORTED}:
        raise PermanentError(
            f"order {ref} is {state}: nothing is left to abandon",
            name=ErrorName.STATE_FORBIDS,
            subject=ref,
        )
    kept_back = [drop for drop in current(db, order_id) if _abandon_file(db, drop, at)]
    db.execute("UPDATE orders SET abandoned = 1 WHERE id = ?", [order_id])
    orders.refresh(db, order_id, at)
    files = [drop.file_name for drop in kept_back]
    events.append(db, at, "abandoned", order_id, because=because, files_taken_back=files or None)


def _abandon_file(db: Database, drop: CurrentDrop, at: datetime) -> bool:
    if drop.state is not DropState.HELD and not _move(db, drop, DropState.HELD, "abandon", at):
        return False
    db.execute(
        "UPDATE drops SET reason = ?, held_from = ? WHERE id = ?",
        [HeldReason.WITHDRAWING, drop.origin, drop.id],
    )
    return True


def request(db: Database, order_id: int) -> StoredRequest:
    """An order's body as it came, to make its files anew. Raises :class:`PermanentError` when it is kept no more."""
    row = db.execute(
        "SELECT order_ref, body, content_type, body_kind, forced_kind, received_at FROM orders WHERE id = ?",
        [order_id],
    ).fetchone()
    if row[1] is None:
        raise PermanentError(
            f"the request of order {row[0]} is kept no more, so nothing can be made from it",
            name=ErrorName.STATE_FORBIDS,
            subject=row[0],
            hint="[privacy] keep_payloads says how long contents are kept; resend as before still works",
        )
    return StoredRequest(Body(row[1], row[2], row[3], row[4]), from_iso(row[5]), _parts(db, order_id))


def _parts(db: Database, order_id: int) -> Mapping[str, Part]:
    """What was decided at admission of each target that has not all rows; it holds for every file after the first."""
    rows = db.execute(
        "SELECT target, lines, charges FROM drops WHERE order_id = ? AND lines IS NOT NULL AND state <> 'withdrawn'",
        [order_id],
    ).fetchall()
    return {target: Part(tuple(json.loads(lines)), bool(charges)) for target, lines, charges in rows}


def note(db: Database, order_id: int, text: str, at: datetime) -> None:
    """Keep what a person has to say about an order."""
    events.append(db, at, "note", order_id, text=text)


def _move(db: Database, drop: CurrentDrop, after: DropState, by: str, at: datetime) -> bool:
    """One move of the table, compare-and-set on what was seen; false when it is not allowed or no longer so."""
    if after is DropState.QUEUED and drop.is_empty:  # no file was ever made, so none may go out
        return False
    if not is_allowed(DROP_MOVES, drop.state, after, by) or not _is_as_seen(db, drop):
        return False
    db.execute(
        """
        UPDATE drops SET state = ?, reason = NULL, detail = NULL, held_from = NULL, held_by_file = 0, attempts = 0,
          waited_s = 0, next_at = ?, refused_by = CASE ? WHEN 'queued' THEN NULL ELSE refused_by END WHERE id = ?""",
        [after, iso(at), after, drop.id],
    )
    orders.refresh(db, drop.order_id, at)
    return True


def _is_as_seen(db: Database, drop: CurrentDrop) -> bool:
    row = db.execute("SELECT state, reason FROM drops WHERE id = ?", [drop.id]).fetchone()
    return row is not None and (row[0], row[1]) == (drop.state, drop.reason)


def _tell(db: Database, drop: CurrentDrop, kind: str, at: datetime, **facts: object) -> None:
    events.append(db, at, kind, drop.order_id, target=drop.target, file=drop.file_name, **facts)
