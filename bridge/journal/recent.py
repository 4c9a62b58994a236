"""What the watch stage asks of the journal: files kept lately, earlier tries, and orders that a wrong reference means.

Not for: changing anything.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.journal.orders import folded

_COMPARED = 2000
_ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of the ERP that was read whole, how big it was then, and where it was put."""

    name: str
    size: int
    kept_as: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class PlacelessFile:
    """A recorded file of which the journal never learnt where it was put: the process died in between."""

    file_id: int
    name: str
    size: int
    sha256: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class CloseOrder:
    """A known order whose reference resembles one that nobody knows."""

    order_ref: str
    state: str
    received_at: datetime


def kept_since(db: Database, target: str, since: datetime) -> list[KeptFile]:
    """The files of ``target`` kept since then, in the order of reading; those that were never opened left out."""
    rows = db.execute(
        """
        SELECT name, size, kept_as, read_at FROM inbox_files
        WHERE target = ? AND read_at >= ? AND kept_as IS NOT NULL AND sha256 <> '' ORDER BY id""",
        [target, iso(since)],
    )
    return [KeptFile(name, size, kept_as, from_iso(read_at)) for name, size, kept_as, read_at in rows]


def placeless_since(db: Database, target: str, since: datetime) -> list[PlacelessFile]:
    """The files of ``target`` read since then whose place is not known."""
    rows = db.execute(
        """
        SELECT id, name, size, sha256, read_at FROM inbox_files
        WHERE target = ? AND read_at >= ? AND kept_as IS NULL ORDER BY id""",
        [target, iso(since)],
    )
    return [PlacelessFile(row[0], row[1], row[2], row[3], from_iso(row[4])) for row in rows]


def tries(db: Database, target: str, sha256: str, since: datetime) -> int:
    """How often this very content came from ``target`` since then."""
    row = db.execute(
        "SELECT count(*) FROM inbox_files WHERE target = ? AND sha256 = ? AND read_at >= ?",
        [target, sha256, iso(since)],
    ).fetchone()
    return int(row[0])


def closest(db: Database, target: str, refs: Sequence[str]) -> CloseOrder | None:
    """For the first of these references that no order has: the order among the target's latest that it resembles."""
    unknown = next((ref for ref in refs if not _is_known(db, ref)), None)
    if unknown is None:
        return None
    rows = db.execute(
        """
        SELECT o.ref_folded, o.order_ref, o.state, o.received_at FROM orders o
        JOIN drops d ON d.order_id = o.id AND d.target = ? AND d.state <> 'withdrawn'
        ORDER BY o.id DESC LIMIT ?""",
        [target, _COMPARED],
    )
    orders = {ref: CloseOrder(order_ref, state, from_iso(at)) for ref, order_ref, state, at in rows}
    found = difflib.get_close_matches(folded(unknown), list(orders), n=1, cutoff=_ALIKE)
    return orders[found[0]] if found else None


def _is_known(db: Database, ref: str) -> bool:
    return db.execute("SELECT 1 FROM orders WHERE ref_folded = ?", [folded(ref)]).fetchone() is not None


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The file of an ERP that was read last."""

    name: str
    read_at: datetime


def last_answer(db: Database, targets: Sequence[str]) -> LastAnswer | None:
    """The file that was read last of those that came from these targets."""
    found = [
        db.execute(
            "SELECT id, name, read_at FROM inbox_files WHERE target = ? ORDER BY id DESC LIMIT 1",
            [target],
        ).fetchone()
        for target in targets
    ]
    latest = max((row for row in found if row), default=None)
    return LastAnswer(latest[1], from_iso(latest[2])) if latest else None
