"""The reject store: authenticated bodies that could not become an order, kept for replay (invariant 13).

Not for: bodies of unknown senders; those are refused before they are read.
"""

import hashlib
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.errors import ErrorName, PermanentError
from bridge.journal import events
from bridge.journal.records import Body, RejectEnd, Rejection, StoredReject


def keep(db: Database, rejection: Rejection) -> int:
    """Keep a body; the same body again while it is open only counts up."""
    body = rejection.body
    digest = hashlib.sha256(body.content).hexdigest()
    row = db.execute(
        """
        INSERT INTO rejects (received_at, name, subject, reason, body, content_type, forced_kind, size, sha256, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
        ON CONFLICT (sha256, content_type) WHERE state = 'open' DO UPDATE SET seen = seen + 1, reason = excluded.reason
        RETURNING id, seen""",
        [
            iso(rejection.received_at),
            rejection.name,
            rejection.subject,
            rejection.reason,
            body.content,
            body.content_type,
            body.forced_kind,
            len(body.content),
            digest,
        ],
    ).fetchone()
    if row[1] == 1:
        events.append(db, rejection.received_at, "rejected", None, reject=row[0], name=rejection.name, sha256=digest)
    return int(row[0])


def get(db: Database, reject_id: int) -> StoredReject | None:
    """A kept body by its id."""
    row = db.execute(
        "SELECT id, body, content_type, forced_kind, received_at, state FROM rejects WHERE id = ?",
        [reject_id],
    ).fetchone()
    if row is None:
        return None
    body = Body(row[1], row[2], kind="", forced_kind=row[3])
    return StoredReject(row[0], body, from_iso(row[4]), row[5])


def settle(db: Database, reject_id: int, end: RejectEnd, at: datetime) -> None:
    """Mark a kept body *replayed* or *discarded*; it stays listed."""
    moved = db.execute(
        "UPDATE rejects SET state = ?, order_ref = ?, settled_at = ? WHERE id = ? AND state = 'open'",
        [end.state, end.order_ref, iso(at), reject_id],
    ).rowcount
    if not moved:
        raise PermanentError(
            f"reject {reject_id} is not open",
            name=ErrorName.STATE_FORBIDS,
            subject=str(reject_id),
            hint="erp-bridge rejects list shows what is",
        )
    events.append(
        db,
        at,
        f"reject_{end.state}",
        None,
        reject=reject_id,
        order_ref=end.order_ref,
        because=end.because or None,
    )
