"""What a person decides about a quarantined file: to try it again, perhaps for an order they name, or to discard it.

Not for: moving the file (``stages/watch/quarantine.py``), nor for what its acknowledgements then change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import iso
from bridge.errors import ErrorName, PermanentError
from bridge.journal import events
from bridge.journal.matching import MatchedOrder, Unmatched, match, match_named
from bridge.journal.records import FileAgain, FileOutcome
from bridge.model import Acknowledgement


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A recorded file that was put where a file lies now: its id, whose it is, and the name it came under."""

    file_id: int
    target: str
    name: str


def kept_at(db: Database, path: str) -> KnownFile | None:
    """The latest file that was put there."""
    row = db.execute(
        "SELECT id, target, name FROM inbox_files WHERE kept_as = ? ORDER BY id DESC LIMIT 1",
        [path],
    ).fetchone()
    return KnownFile(*row) if row else None


def try_again(db: Database, again: FileAgain, at: datetime) -> None:
    """Note that a file comes again, and for which order; what was said of the same content before no longer holds.

    Raises :class:`PermanentError` when the order has no file for the target whose ERP wrote this one.
    """
    db.execute(
        "DELETE FROM named_orders WHERE target = ? AND sha256 = ? AND used_by IS NULL",
        [again.target, again.sha256],
    )
    if again.order_id is not None:
        _name_order(db, again, again.order_id, at)
    events.append(
        db,
        at,
        "answer_tried_again",
        again.order_id,
        target=again.target,
        file=again.name,
        sha256=again.sha256,
        because=again.because,
    )


def _name_order(db: Database, again: FileAgain, order_id: int, at: datetime) -> None:
    known = db.execute(
        "SELECT 1 FROM drops WHERE order_id = ? AND target = ? AND state <> 'withdrawn'",
        [order_id, again.target],
    ).fetchone()
    if known is None:
        raise PermanentError(
            f"that order has no file for target {again.target}, whose ERP wrote {again.name}",
            name=ErrorName.STATE_FORBIDS,
            subject=again.name,
            hint="erp-bridge orders show REF tells which targets an order has",
        )
    db.execute(
        "INSERT INTO named_orders (target, sha256, order_id, made_at) VALUES (?, ?, ?, ?)",
        [again.target, again.sha256, order_id, iso(at)],
    )


def discard(db: Database, known: KnownFile, because: str, at: datetime) -> None:
    """Note that a person has no use for a quarantined file."""
    db.execute("UPDATE inbox_files SET outcome = ? WHERE id = ?", [FileOutcome.DISCARDED, known.file_id])
    events.append(db, at, "answer_discarded", None, target=known.target, file=known.name, because=because)


@dataclass(frozen=True, slots=True)
class Named:
    """The order that a person named for a file; ``is_clear`` when all that nobody knows in it is one order."""

    order_id: int
    is_clear: bool


def named_for(db: Database, file_id: int, acks: Sequence[Acknowledgement]) -> Named | None:
    """The order that a person named for the content of this file, used up by it."""
    row = db.execute(
        """
        UPDATE named_orders SET used_by = :file WHERE used_by IS NULL AND (target, sha256) IN
          (SELECT target, sha256 FROM inbox_files WHERE id = :file) RETURNING order_id, target""",
        {"file": file_id},
    ).fetchone()
    if row is None:
        return None
    unknown = {ack.order_ref or ack.erp_order_no for ack in acks if isinstance(match(db, row[1], ack), Unmatched)}
    return Named(row[0], len(unknown) == 1)


def settle_match(
    db: Database,
    target: str,
    ack: Acknowledgement,
    named: Named | None,
) -> MatchedOrder | Unmatched:
    """The order an acknowledgement speaks of; where none is found, the one that a person named."""
    found = match(db, target, ack)
    if isinstance(found, MatchedOrder) or named is None:
        return found
    if not named.is_clear:
        return Unmatched(f"{found.reason}; the file speaks of several such orders, so the one named was not taken")
    return match_named(db, target, ack, named.order_id)
