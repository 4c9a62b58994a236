"""Drops in the journal: what is due, what became of it, and what the ERP fetched.

Not for: the files themselves; only ``transports/`` touches those.
"""

from collections.abc import Collection, Sequence, Set as AbstractSet
from datetime import datetime, timedelta

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.journal import confirming, events, orders
from bridge.journal.records import DropResult, DueDrop, Litter, WaitingFile
from bridge.states import DROP_MOVES, DropState, ReportPolicy, is_allowed

AT_ONCE = 256
"""A batch shares its syncs and commits; what comes in at a high rate must not come in faster than it goes out."""
ANSWER_MAY_LEAD = timedelta(hours=1)


def due(
    db: Database, target: str, now: datetime, leased: Collection[int], staged_here: Collection[int]
) -> list[DueDrop]:
    """Drops of a target that wait for their next step, oldest first, leaving out what is leased."""
    rows = db.execute(
        """
        SELECT d.id, d.order_id, o.order_ref, d.state, d.control, d.file_name, d.staging_name, d.marker_name,
          d.content, d.sha256, d.attempts, d.waited_s, o.received_at
        FROM drops d JOIN orders o ON o.id = d.order_id
        WHERE d.target = ? AND d.state IN ('queued', 'staged') AND d.next_at <= ? AND o.abandoned = 0
        ORDER BY d.id LIMIT ?""",
        [target, iso(now), AT_ONCE + len(leased)],
    ).fetchall()
    free = [row for row in rows if row[0] not in leased][:AT_ONCE]
    return [
        DueDrop(
            id=row[0],
            order_id=row[1],
            order_ref=row[2],
            target=target,
            state=DropState(row[3]),
            control=row[4],
            file_name=row[5],
            staging_name=row[6],
            marker_name=row[7],
            content=row[8],
            sha256=row[9],
            attempts=row[10],
            waited=timedelta(seconds=row[11]),
            fresh=row[0] in staged_here,
            received_at=from_iso(row[12]),
        )
        for row in free
    ]


def next_at(db: Database, target: str) -> datetime | None:
    """When the next drop of a target becomes due; ``None`` when nothing waits."""
    (moment,) = db.execute(
        """
        SELECT min(d.next_at) FROM drops d JOIN orders o ON o.id = d.order_id
        WHERE d.target = ? AND d.state IN ('queued', 'staged') AND o.abandoned = 0""",
        [target],
    ).fetchone()
    return from_iso(moment) if moment else None


def settle(db: Database, results: Sequence[DropResult], at: datetime) -> list[int]:
    """Write what became of leased drops; those that an answer overtook are left as they are. Returns the moved ids."""
    return [result.drop.id for result in results if _settle_one(db, result, at)]


def _settle_one(db: Database, result: DropResult, at: datetime) -> bool:
    drop = result.drop
    if result.state is drop.state:
        _note_attempt(db, result, at)
        return False
    if not is_allowed(DROP_MOVES, drop.state, result.state, "settle_drops"):
        raise ValueError(f"no move from {drop.state} to {result.state}")
    moved = db.execute(
        """
        UPDATE drops SET state = ?, reason = ?, detail = ?, presumed = ?, attempts = 0, waited_s = 0, next_at = ?,
          published_at = coalesce(published_at, ?)
        WHERE id = ? AND state = ?""",
        [
            result.state,
            result.reason,
            result.detail or None,
            int(result.presumed),
            iso(at),
            iso(at) if result.state is DropState.PUBLISHED else None,
            drop.id,
            drop.state,
        ],
    ).rowcount
    if not moved:
        return False
    events.append(
        db,
        at,
        _EVENT_OF[result.state],
        drop.order_id,
        target=drop.target,
        file=drop.file_name,
        sha256=drop.sha256 if result.state is DropState.PUBLISHED else None,
        size=len(drop.content) if result.state is DropState.PUBLISHED else None,
        reason=result.reason,
        detail=result.detail or None,
        presumed=result.presumed or None,
    )
    orders.refresh(db, drop.order_id, at)
    return True


_EVENT_OF = {
    DropState.QUEUED: "staged_again",
    DropState.STAGED: "staged",
    DropState.PUBLISHED: "dropped",
    DropState.HELD: "held",
    DropState.UNCERTAIN: "uncertain",
}


def _note_attempt(db: Database, result: DropResult, at: datetime) -> None:
    if result.wait is None:
        return
    db.execute(
        """
        UPDATE drops SET attempts = attempts + 1, waited_s = waited_s + ?, next_at = ?, detail = ?
        WHERE id = ? AND state = ?""",
        [
            result.wait.total_seconds(),
            iso(at + result.wait),
            result.detail or None,
            result.drop.id,
            result.drop.state,
        ],
    )
    events.append(
        db,
        at,
        "drop_failed",
        result.drop.order_id,
        target=result.drop.target,
        detail=result.detail,
        attempt=result.drop.attempts + 1,
    )


def doubt(db: Database, target: str, lying: AbstractSet[str], at: datetime) -> int:
    """The staging folder was replaced: a staged drop whose staging name is not in it may or may not be published."""
    rows = db.execute(
        """
        SELECT id, order_id, staging_name, file_name FROM drops
        WHERE target = ? AND (state = 'staged' OR (state = 'held' AND held_from = 'staged'))""",
        [target],
    ).fetchall()
    lost = [row for row in rows if row[2] not in lying]
    for drop_id, order_id, _, file_name in lost:
        detail = "the staging folder was replaced, so nobody can tell whether the ERP has the file"
        db.execute(
            "UPDATE drops SET state = ?, reason = 'identity', detail = ?, held_from = NULL WHERE id = ?",
            [DropState.UNCERTAIN, detail, drop_id],
        )
        events.append(db, at, "uncertain", order_id, target=target, file=file_name, detail=detail)
        orders.refresh(db, order_id, at)
    return len(lost)


def waiting(db: Database, target: str, now: datetime) -> list[WaitingFile]:
    """Files that we published and saw under their final name, and of which nobody has seen that they were fetched.

    An answer may come before the listing shows that its file is gone, so files answered within the last hour count.
    """
    rows = db.execute(
        """
        SELECT d.id, d.order_id, o.order_ref, d.file_name, d.published_at
        FROM drops d JOIN orders o ON o.id = d.order_id
        WHERE d.target = ? AND d.presumed = 0 AND d.taken_at IS NULL AND d.published_at IS NOT NULL
          AND (d.state = 'published' OR (d.state = 'answered' AND d.answered_at > ?)) ORDER BY d.id""",
        [target, iso(now - ANSWER_MAY_LEAD)],
    ).fetchall()
    return [WaitingFile(row[0], row[1], row[2], row[3], from_iso(row[4])) for row in rows]


def note_taken(
    db: Database,
    files: Sequence[WaitingFile],
    at: datetime,
    confirms: ReportPolicy | None = None,
    via: str | None = None,
) -> list[WaitingFile]:
    """The ERP took these files: their names vanished from where it fetches, or it was seen to read them (``via``).

    Where fetching confirms an order (``confirm_on = "taken"``), ``confirms`` says what Norce is told of that.
    """
    taken = []
    for file in files:
        moved = db.execute(
            """
            UPDATE drops SET state = CASE state WHEN 'published' THEN 'taken' ELSE state END, taken_at = ?
            WHERE id = ? AND state IN ('published', 'answered') AND taken_at IS NULL RETURNING target, confirming""",
            [iso(at), file.drop_id],
        ).fetchone()
        if moved:
            events.append(db, at, "fetched", file.order_id, target=moved[0], file=file.file_name, via=via)
            if confirms is not None and moved[1]:
                confirming.confirm_by_fetch(db, file.order_id, confirms, at)
            orders.refresh(db, file.order_id, at)
            taken.append(file)
    return taken


def named(db: Database, target: str, name: str) -> tuple[DropState, WaitingFile] | None:
    """The drop that has this name where the ERP fetches, or is about to; ``None`` for any other file there.

    Its state tells: a quick ERP reads a file before our own commit of ``published``.
    """
    row = db.execute(
        """
        SELECT d.state, d.id, d.order_id, o.order_ref, d.file_name, coalesce(d.published_at, d.rendered_at)
        FROM drops d JOIN orders o ON o.id = d.order_id
        WHERE d.target = ? AND d.file_name = ? AND d.taken_at IS NULL
          AND d.state IN ('queued', 'staged', 'published', 'answered')""",
        [target, name],
    ).fetchone()
    return (DropState(row[0]), WaitingFile(row[1], row[2], row[3], row[4], from_iso(row[5]))) if row else None


def note_broken_off(db: Database, target: str, file: WaitingFile, extent: tuple[int, int], at: datetime) -> None:
    """The ERP began to read a file and broke off; ``extent`` is how far, of how much. The file waits as before."""
    read, size = extent
    events.append(db, at, "broken_off", file.order_id, target=target, file=file.file_name, read=read, size=size)


def litter(db: Database, target: str) -> list[Litter]:
    """Drops that an answer or a person overtook, and whose files may still lie among the staged or held ones."""
    rows = db.execute(
        """
        SELECT id, file_name, staging_name, marker_name FROM drops
        WHERE target = ? AND litter = 1 ORDER BY id LIMIT 256""",
        [target],
    ).fetchall()
    return [Litter(*row) for row in rows]


def note_cleared(db: Database, drop_ids: Sequence[int]) -> None:
    """Their staging names are gone."""
    for drop_id in drop_ids:
        db.execute("UPDATE drops SET litter = 0 WHERE id = ?", [drop_id])


def backlog(db: Database, target: str) -> int:
    """How many drops of a target are not yet fetched, for the limit on waiting files."""
    (count,) = db.execute(
        "SELECT count(*) FROM drops WHERE target = ? "
        "AND state IN ('queued', 'staged', 'published', 'held', 'uncertain')",
        [target],
    ).fetchone()
    return int(count)
