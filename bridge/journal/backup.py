"""Copies of the journal, and looking for damage: both read-only, beside the running writer.

Not for: restoring; a copy is a complete database and is put in place while the service is stopped.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bridge.errors import ErrorName, TransientError
from bridge.journal.threads import open_read_only


def copy(database: Path, destination: Path) -> None:
    """Copy what is committed to ``destination`` by way of a temporary name; complete or absent, 0600."""
    partial = destination.with_name(f".{destination.name}.part")
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(open_read_only(database).conn) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target, pages=1000)
        _sync(partial)
        partial.replace(destination)
        _sync(destination.parent)
    except (OSError, sqlite3.Error) as error:
        raise TransientError(
            f"the journal could not be copied: {error}",
            name=ErrorName.FILE_NOT_WRITTEN,
            subject=str(destination),
            hint="look at the space and rights of [journal] backup",
        ) from error


def find_damage(database: Path) -> str | None:
    """The first finding of SQLite's quick check, or ``None``."""
    try:
        with closing(open_read_only(database).conn) as connection:
            (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        return None  # it could not be looked at just now, which is no finding
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if finding == "ok" else str(finding)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
