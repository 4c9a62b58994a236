"""Puts a copy of the journal in the place of the journal, and draws the conclusion: the world is newer than the copy.

Not for: making copies (``backup.py``). The service must not run; the lock is held meanwhile.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from sqlite_utils import Database

from bridge.clock import from_iso
from bridge.errors import ErrorName, PermanentError, TransientError
from bridge.journal import events, orders, reports
from bridge.journal.lock import LockFile
from bridge.journal.schema import migrations
from bridge.states import DropState

CONTROLS_SKIPPED = 100_000
"""How far control numbers jump where the old journal cannot tell which ones were given out since the copy."""

_OPEN = ("queued", "staged", "held")
_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place: the old database's new name, and what the copy knows and cannot know."""

    kept_as: Path | None
    orders: int
    uncertain: int
    owed: int
    latest: datetime | None


def restore(database: Path, copy: Path, at: datetime) -> Restored:
    """Replace ``database`` by ``copy``, with every file that may be sent made *uncertain*.

    A process that dies in the middle leaves the old journal or the new one in place, never half of one. Raises
    :class:`TransientError` while a bridge runs, and :class:`PermanentError` for a copy that is none or is damaged.
    """
    lock = LockFile(database.parent / "bridge.lock")
    lock.take()
    try:
        check(copy)
        with _failing_in_words(database):
            return _in_place(database, copy, at)
    finally:
        lock.release()


def check(copy: Path) -> None:
    """See that ``copy`` is a whole journal that this bridge understands. Raises :class:`PermanentError`."""
    if not copy.is_file():
        raise _no_copy(copy, "does not exist" if not copy.exists() else "is not a file", ErrorName.NOT_FOUND)
    try:
        with closing(_opened(copy, "ro")) as connection:
            (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            applied = {name for (name,) in connection.execute("SELECT name FROM _sqlite_migrations").fetchall()}
    except sqlite3.Error as error:
        raise _no_copy(copy, f"is no journal: {error}", ErrorName.JOURNAL_DAMAGED) from error
    if finding != "ok":
        raise _no_copy(copy, f"is damaged: {finding}", ErrorName.JOURNAL_DAMAGED)
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    if not applied:
        raise _no_copy(copy, "is no journal of a bridge", ErrorName.JOURNAL_DAMAGED)
    if applied - known:
        raise PermanentError(
            f"{copy} was written by a newer bridge ({', '.join(sorted(applied - known))})",
            name=ErrorName.JOURNAL_UNUSABLE,
            subject=str(copy),
            hint="restore it with the version that wrote it, or a newer one",
        )


def _in_place(database: Path, copy: Path, at: datetime) -> Restored:
    """Prepare the new journal beside the old one, then exchange the two by one rename."""
    fresh = database.with_name(f".{database.name}.restoring")
    for leftover in _files_of(fresh):
        leftover.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(_opened(copy, "ro")) as source, closing(_opened(fresh, "rw")) as target:
        source.backup(target)
    _fold(database)
    controls = _controls_of(database)
    with closing(_opened(fresh, "rw")) as connection:
        found = _prepare(Database(connection, execute_plugins=False), controls, at)
    _hand_over(fresh, database if database.exists() else database.parent)
    _sync(fresh)
    kept = _put_aside(database, at)
    fresh.replace(database)
    _sync(database.parent)
    return Restored(kept, *found)


def _prepare(db: Database, controls: dict[str, int], at: datetime) -> tuple[int, int, int, datetime | None]:
    """Everything that follows from the restoring, in one transaction."""
    db.execute("PRAGMA journal_mode = DELETE")  # one file, until the service opens it
    migrations.apply(db)
    db.execute("BEGIN IMMEDIATE")
    uncertain = doubt_all(db, at)
    reports.doubt_owed(db, at)
    _skip_controls(db, controls)
    events.append(db, at, "journal_restored", None, uncertain=uncertain)
    known, latest = db.execute("SELECT count(*), max(received_at) FROM orders").fetchone()
    (owed,) = db.execute("SELECT count(*) FROM reports WHERE state = 'owed'").fetchone()
    db.execute("COMMIT")
    return known, uncertain, owed, from_iso(latest) if latest else None


def doubt_all(db: Database, at: datetime) -> int:
    """Make each file uncertain that was not published when the copy was made: since then it may have been.

    Returns how many. What the copy says was published stays so, and reports that are owed stay owed: Norce takes a
    status twice, an ERP may not take an order twice.
    """
    rows = db.execute(
        "SELECT id, order_id, target, file_name, state FROM drops WHERE state IN (?, ?, ?) ORDER BY id",
        list(_OPEN),
    ).fetchall()
    for drop_id, order_id, target, file_name, before in rows:
        detail = f"it was {before} when the copy of the journal was made, and may have been written since"
        db.execute(
            "UPDATE drops SET state = ?, reason = 'restored', detail = ? WHERE id = ?",
            [DropState.UNCERTAIN, detail, drop_id],
        )
        events.append(db, at, "uncertain", order_id, target=target, file=file_name, detail=detail)
        orders.refresh(db, order_id, at)
    return len(rows)


def _skip_controls(db: Database, controls: dict[str, int]) -> None:
    """A number given out since the copy was made must not be given again (decision 9)."""
    for name, following in db.execute("SELECT name, next_control FROM targets").fetchall():
        beyond = max(controls[name], following) if name in controls else following + CONTROLS_SKIPPED
        db.execute("UPDATE targets SET next_control = ? WHERE name = ?", [beyond, name])
    for name, following in controls.items():
        db.execute("INSERT OR IGNORE INTO targets (name, next_control) VALUES (?, ?)", [name, following])


def _controls_of(database: Path) -> dict[str, int]:
    """The control numbers of the old journal, as far as it can be read."""
    try:
        with closing(_opened(database, "ro")) as connection:
            return dict(connection.execute("SELECT name, next_control FROM targets").fetchall())
    except sqlite3.Error:
        return {}


def _fold(database: Path) -> None:
    """Fold the old journal's log into it, so that its file stands alone; a damaged one keeps its log beside it."""
    if not database.exists():
        return
    try:
        with closing(_opened(database, "rw")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error:
        return


def _hand_over(fresh: Path, like: Path) -> None:
    """Where root restores, the journal goes on belonging to the bridge's user."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(fresh, owner.st_uid, owner.st_gid)


def _put_aside(database: Path, at: datetime) -> Path | None:
    """Give the old journal a second name; its own is taken over by the rename that follows.

    A log that is left goes first: beside the new database it would be folded into that.
    """
    if not database.exists():
        return None
    kept = _free_name(database.with_name(f"{database.stem}-before-{at:%Y-%m-%d-%H%M%S}{database.suffix}"))
    for log, log_kept in zip(_files_of(database)[1:], _files_of(kept)[1:], strict=True):
        if log.exists():
            log.rename(log_kept)
    os.link(database, kept)
    return kept


def _free_name(kept: Path) -> Path:
    """``kept``, or ``kept~2`` and so on where one lies there: a restore may follow another in the same second."""
    names = (kept.with_stem(f"{kept.stem}~{number}") for number in count(2))
    return next(name for name in chain([kept], names) if not any(file.exists() for file in _files_of(name)))


def _files_of(database: Path) -> list[Path]:
    return [database.with_name(f"{database.name}{tail}") for tail in ("", "-wal", "-shm", "-journal")]


def _opened(database: Path, mode: str) -> sqlite3.Connection:
    """A connection; a copy without a log beside it is read as it is, so that nothing appears beside it."""
    alone = mode == "ro" and not database.with_name(f"{database.name}-wal").exists()
    address = f"{database.resolve().as_uri()}?mode={mode}" + ("&immutable=1" if alone else "")
    return sqlite3.connect(address, uri=True, timeout=_WITHIN_S)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _failing_in_words(database: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise TransientError(
            f"the copy could not be put in place: {error}",
            name=ErrorName.FILE_NOT_WRITTEN,
            subject=str(database),
            hint=f"nothing was changed; look at the space and rights of {database.parent}",
        ) from error


def _no_copy(copy: Path, what: str, name: ErrorName) -> PermanentError:
    return PermanentError(
        f"{copy} {what}",
        name=name,
        subject=str(copy),
        hint="name a copy made by erp-bridge backup or in the night ([journal] backup)",
    )
