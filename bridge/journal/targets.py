"""What the journal remembers of each target: control numbers given out, the staging folder's identity, a pause.

Not for: the targets' settings; those are in ``config.toml``.
"""

from datetime import datetime

from sqlite_utils import Database

from bridge.clock import iso
from bridge.journal import events
from bridge.journal.records import TargetMemory, TrustedKey

CONTROLS_AT_ONCE = 100


def reserve_controls(db: Database, target: str) -> range:
    """The next hundred control numbers of a target; gaps are allowed, a number is never given twice (decision 9)."""
    (following,) = db.execute(
        """
        INSERT INTO targets (name, next_control) VALUES (?, 1 + ?)
        ON CONFLICT (name) DO UPDATE SET next_control = next_control + ? RETURNING next_control""",
        [target, CONTROLS_AT_ONCE, CONTROLS_AT_ONCE],
    ).fetchone()
    return range(following - CONTROLS_AT_ONCE, following)


def memory(db: Database, target: str) -> TargetMemory:
    """What is remembered of a target; nothing for a new one."""
    row = db.execute(
        "SELECT identity, proven, paused, host_key, host_key_for FROM targets WHERE name = ?", [target]
    ).fetchone()
    return TargetMemory(row[0], bool(row[1]), *row[2:]) if row else TargetMemory(None, proven=False, paused=None)


def set_identity(db: Database, target: str, identity: str, at: datetime, *, proven: bool) -> None:
    """Remember a staging folder's identity: first as wish, then, once its file is on the disk, as proven."""
    db.execute(
        """
        INSERT INTO targets (name, identity, proven) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET identity = excluded.identity, proven = excluded.proven""",
        [target, identity, int(proven)],
    )
    if proven:
        events.append(db, at, "identity_trusted", None, target=target)


def set_host_key(db: Database, target: str, trusted: TrustedKey, at: datetime) -> None:
    """Remember the host key that a person trusts, and what the settings said at that time."""
    db.execute(
        """
        INSERT INTO targets (name, host_key, host_key_for) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET host_key = excluded.host_key, host_key_for = excluded.host_key_for""",
        [target, trusted.shown, trusted.configured],
    )
    events.append(
        db,
        at,
        "host_key_trusted",
        None,
        target=target,
        detail=trusted.shown,
        configured=trusted.configured or None,
        because=trusted.because or None,
    )


def set_pause(db: Database, target: str, reason: str | None, at: datetime, because: str = "") -> None:
    """Remember a pause that waits for a person, or its end."""
    db.execute(
        """
        INSERT INTO targets (name, paused, paused_at) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET paused = excluded.paused, paused_at = excluded.paused_at""",
        [target, reason, iso(at) if reason else None],
    )
    kind = "target_paused" if reason else "target_resumed"
    events.append(db, at, kind, None, target=target, reason=reason, because=because or None)
