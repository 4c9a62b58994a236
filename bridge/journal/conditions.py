"""What is alarming in the journal, as questions with the thresholds handed in (``INTERFACE.md`` 4.8, invariant 12).

Not for: wording or telling (``stages/monitor/stage.py``), nor for what the journal cannot know: pauses, disks, damage.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlite_utils import Database

from bridge.clock import from_iso, iso


class Condition(StrEnum):
    """What can be alarming; the journal answers for the first five, whoever watches it for the others."""

    ORDERS_NOT_WRITTEN = "orders_not_written"
    FILES_NOT_PICKED_UP = "files_not_picked_up"
    ACKNOWLEDGEMENT_OVERDUE = "acknowledgement_overdue"
    STATUS_NOT_REPORTED = "status_not_reported"
    DEAD_LETTERS = "dead_letters"
    NEEDS_A_PERSON = "needs_a_person"
    QUARANTINE_GROWING = "quarantine_growing"
    TARGET_PAUSED = "target_paused"
    DISK_LOW = "disk_low"
    JOURNAL_DAMAGED = "journal_damaged"


@dataclass(frozen=True, slots=True)
class TargetLimits:
    """How long an ERP may take before a person hears of it; ``acknowledge_within`` is none where it never answers."""

    pick_up_within: timedelta = timedelta(minutes=30)
    acknowledge_within: timedelta | None = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Limits:
    """The ages and numbers at which something becomes alarming. A target that is not listed gets the defaults."""

    not_written: timedelta = timedelta(minutes=2)
    not_reported: timedelta = timedelta(minutes=15)
    quarantined: int = 3
    quarantined_within: timedelta = timedelta(minutes=15)
    targets: Mapping[str, TargetLimits] = field(default_factory=dict)

    def of(self, target: str) -> TargetLimits:
        """The limits of one target."""
        return self.targets.get(target, TargetLimits())


@dataclass(frozen=True, slots=True)
class Finding:
    """One alarming fact: what, about whom, since when, how many, and the oldest example."""

    condition: Condition
    subject: str
    since: datetime
    count: int
    example: str


def alarming(db: Database, limits: Limits, now: datetime) -> list[Finding]:
    """Everything in the journal that a person must hear of now."""
    return [
        *_orders_not_written(db, now - limits.not_written),
        *_files_not_picked_up(db, limits, now),
        *_acknowledgement_overdue(db, limits, now),
        *_status_not_reported(db, now - limits.not_reported),
        *_dead_letters(db),
        *_needs_a_person(db),
        *_quarantine_growing(db, limits, now),
    ]


_UNWRITTEN = """
    SELECT d.target, CASE d.confirming WHEN 1 THEN o.changed_at ELSE d.rendered_at END AS since, o.order_ref
    FROM drops d JOIN orders o ON o.id = d.order_id
    WHERE o.abandoned = 0 AND d.state IN ('queued', 'staged')
    UNION ALL
    SELECT o.target, o.changed_at, o.order_ref FROM orders o
    WHERE o.state = 'received' AND NOT EXISTS
      (SELECT 1 FROM drops d WHERE d.order_id = o.id AND d.confirming = 1 AND d.state IN ('queued', 'staged'))
"""
"""Files that are owed to the outbox; the second half are orders whose file was withdrawn and not made anew."""


def _orders_not_written(db: Database, before: datetime) -> Iterator[Finding]:
    rows = db.execute(
        f"SELECT target, min(since), count(*), order_ref "  # noqa: S608 - our own words
        f"FROM ({_UNWRITTEN}) WHERE since <= ? GROUP BY target",
        [iso(before)],
    ).fetchall()
    for target, since, count, ref in rows:
        yield Finding(Condition.ORDERS_NOT_WRITTEN, target, from_iso(since), count, ref)


def _files_not_picked_up(db: Database, limits: Limits, now: datetime) -> Iterator[Finding]:
    """A *presumed* file is left out: somebody took it, though nobody saw it; only its answer can be overdue."""
    for target in _targets(db):
        since, count, file = db.execute(
            """
            SELECT min(published_at), count(*), file_name FROM drops
            WHERE target = ? AND state = 'published' AND presumed = 0 AND published_at <= ?""",
            [target, iso(now - limits.of(target).pick_up_within)],
        ).fetchone()
        if count:
            yield Finding(Condition.FILES_NOT_PICKED_UP, target, from_iso(since), count, file)


def _acknowledgement_overdue(db: Database, limits: Limits, now: datetime) -> Iterator[Finding]:
    for target in _targets(db):
        within = limits.of(target).acknowledge_within
        if within is None:
            continue
        since, count, ref = db.execute(
            """
            SELECT min(d.published_at), count(*), o.order_ref FROM drops d JOIN orders o ON o.id = d.order_id
            WHERE d.target = ? AND d.confirming = 1 AND d.state IN ('published', 'taken') AND d.published_at <= ?
              AND o.abandoned = 0""",
            [target, iso(now - within)],
        ).fetchone()
        if count:
            yield Finding(Condition.ACKNOWLEDGEMENT_OVERDUE, target, from_iso(since), count, ref)


def _targets(db: Database) -> list[str]:
    """Every target that was ever given a file, whether the settings still name it or not."""
    return [name for (name,) in db.execute("SELECT name FROM targets ORDER BY name").fetchall()]


def _status_not_reported(db: Database, before: datetime) -> Iterator[Finding]:
    """Reports behind a dead one are left out: that one is a finding of its own."""
    since, count, ref = db.execute(
        """
        SELECT min(max(r.owed_at, o.changed_at)), count(*), o.order_ref
        FROM reports r JOIN orders o ON o.id = r.order_id
        WHERE r.state = 'owed' AND o.abandoned = 0 AND max(r.owed_at, o.changed_at) <= ?
          AND NOT EXISTS (SELECT 1 FROM reports e
                          WHERE e.order_id = r.order_id AND e.seq < r.seq AND e.state IN ('dead', 'uncertain'))""",
        [iso(before)],
    ).fetchone()
    if count:
        yield Finding(Condition.STATUS_NOT_REPORTED, "norce", from_iso(since), count, ref)


def _dead_letters(db: Database) -> Iterator[Finding]:
    since, count, ref = db.execute(
        """
        SELECT min(o.changed_at), count(*), o.order_ref FROM reports r JOIN orders o ON o.id = r.order_id
        WHERE r.state = 'dead' AND o.abandoned = 0""",
    ).fetchone()
    if count:
        yield Finding(Condition.DEAD_LETTERS, "reports", from_iso(since), count, ref)


_PERSONS = {
    "held files": """
        SELECT min(o.changed_at), count(*), o.order_ref FROM drops d JOIN orders o ON o.id = d.order_id
        WHERE d.state = 'held' AND o.abandoned = 0""",
    "uncertain files": """
        SELECT min(o.changed_at), count(*), o.order_ref FROM drops d JOIN orders o ON o.id = d.order_id
        WHERE d.state = 'uncertain' AND o.abandoned = 0""",
    "uncertain reports": """
        SELECT min(o.changed_at), count(*), o.order_ref FROM reports r JOIN orders o ON o.id = r.order_id
        WHERE r.state = 'uncertain' AND o.abandoned = 0""",
    "answers to decide": """
        SELECT min(changed_at), count(*), order_ref FROM orders
        WHERE waits_because IS NOT NULL AND abandoned = 0""",
    "conflicts": """
        SELECT min(c.received_at), count(*), o.order_ref FROM conflicts c JOIN orders o ON o.id = c.order_id
        WHERE c.state = 'open'""",
    "rejects": "SELECT min(received_at), count(*), id FROM rejects WHERE state = 'open'",
}
"""What waits for a person, each with the question that finds it."""


def _needs_a_person(db: Database) -> Iterator[Finding]:
    for subject, question in _PERSONS.items():
        since, count, example = db.execute(question).fetchone()
        if count:
            yield Finding(Condition.NEEDS_A_PERSON, subject, from_iso(since), count, str(example))


def _quarantine_growing(db: Database, limits: Limits, now: datetime) -> Iterator[Finding]:
    rows = db.execute(
        """
        SELECT target, min(read_at), count(*), name FROM inbox_files
        WHERE outcome = 'quarantined' AND read_at > ? GROUP BY target HAVING count(*) > ?""",
        [iso(now - limits.quarantined_within), limits.quarantined],
    ).fetchall()
    for target, since, count, name in rows:
        yield Finding(Condition.QUARANTINE_GROWING, target, from_iso(since), count, name)
