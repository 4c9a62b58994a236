"""The journal's one writing thread: waiting requests share a transaction, a full sync and a fate.

Not for: what the requests do; each is a function of the open database.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from bridge.errors import BridgeError, ErrorName, FatalError, TransientError
from bridge.journal.schema import migrations

SHARED_AT_MOST = 64
WAITING_AT_MOST = 2000
BUSY_TIMEOUT_MS = 2000

T = TypeVar("T")
_DISK_ERRORS = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@dataclass(slots=True)
class _Request:
    work: Callable[[Database], object]
    done: "Future[Any]"  # of what the work returns; submit() keeps the two together


class Writer:
    """Owns the only connection that writes, on a thread of its own.

    A request's future is resolved only after the commit that holds its effect returned. A request that raises takes
    back its own savepoint and nothing else; when SQLite takes back the whole transaction, every request of the batch
    gets a :class:`TransientError` and none goes on. An I/O error or damage ends the writer for good: its
    ``broken`` holds the :class:`FatalError` that the process must end with.
    """

    def __init__(self, database: Path, synchronous: str) -> None:
        self._database = database
        self._synchronous = synchronous
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._opened: Future[None] = Future()
        self._door = threading.Lock()
        self._closing = False
        self.broken: FatalError | None = None

    def start(self) -> None:
        """Open, migrate and begin to work. Raises what opening raised."""
        self._thread.start()
        self._opened.result()

    def submit(self, work: Callable[[Database], T]) -> "Future[T]":
        """Put a request in the queue; its future is resolved on the journal's thread after the commit."""
        done: Future[T] = Future()
        with self._door:  # or a request could slip in behind the sign that ends the thread, and never be answered
            if self.broken is not None:
                done.set_exception(self.broken)
            elif self._closing or self._requests.qsize() >= WAITING_AT_MOST:
                done.set_exception(_busy("the journal is closing or has too many requests waiting"))
            else:
                self._requests.put(_Request(work, done))
        return done

    def stop(self) -> None:
        """Finish what waits, fold the log into the database, close. Safe to call twice."""
        with self._door:
            self._closing = True
            self._requests.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            db = _open(self._database, self._synchronous)
        except Exception as error:  # handed to whoever called start()
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        while (batch := self._next_batch()) is not None:
            self._commit_together(db, batch)
        if self.broken is None:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()

    def _next_batch(self) -> list[_Request] | None:
        """The requests that wait now, at least one and at most 64; ``None`` when the writer is to end."""
        first = self._requests.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < SHARED_AT_MOST:
            try:
                following = self._requests.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._requests.put(None)
                break
            batch.append(following)
        return batch

    def _commit_together(self, db: Database, batch: list[_Request]) -> None:
        wanted = [request for request in batch if request.done.set_running_or_notify_cancel()]
        if self.broken is not None:  # after a failed sync the disk may say yes to anything
            _refuse(wanted, self.broken)
            return
        ends: list[tuple[_Request, object, BaseException | None]] = []
        try:
            db.execute("BEGIN IMMEDIATE")
            ends.extend((request, *self._in_savepoint(db, request.work)) for request in wanted)
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._lose(db, wanted, error)
            return
        for request, result, problem in ends:
            if problem is None:
                request.done.set_result(result)
            else:
                request.done.set_exception(problem)

    def _in_savepoint(self, db: Database, work: Callable[[Database], object]) -> tuple[object, BaseException | None]:
        """Run one request so that its failure takes back itself alone; re-raise when SQLite took back everything."""
        db.execute("SAVEPOINT request")
        try:
            result = work(db)
        except Exception as error:  # one bad request must not end the thread; its caller gets the error
            if isinstance(error, sqlite3.Error) and (not db.conn.in_transaction or _is_disk_error(error)):
                raise
            db.execute("ROLLBACK TO request")
            db.execute("RELEASE request")
            if isinstance(error, sqlite3.OperationalError):
                return None, translated(error, self._database)
            return None, error
        db.execute("RELEASE request")
        return result, None

    def _lose(self, db: Database, batch: list[_Request], error: sqlite3.Error) -> None:
        """The whole transaction is gone: nobody of the batch was served, and nobody is told otherwise."""
        if db.conn.in_transaction:
            db.conn.rollback()
        problem: BridgeError = translated(error, self._database)
        if isinstance(problem, FatalError):
            self.broken = problem
        _refuse(batch, problem)


def _refuse(batch: list[_Request], problem: BridgeError) -> None:
    for request in batch:
        request.done.set_exception(problem)


def _open(database: Path, synchronous: str) -> Database:
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(database, timeout=BUSY_TIMEOUT_MS / 1000)
        db = Database(connection, execute_plugins=False, recursive_triggers=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {synchronous}")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA journal_size_limit = 16777216")
        migrations.apply(db)
    except sqlite3.Error as error:
        raise translated(error, database) from error
    except OSError as error:
        raise FatalError(
            f"the journal cannot be opened: {error.strerror}",
            name=ErrorName.JOURNAL_UNUSABLE,
            subject=str(database),
            hint="give the bridge's user a local folder that it may write to: [journal] database",
        ) from error
    return db


def _is_disk_error(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DISK_ERRORS


def translated(error: sqlite3.Error, database: Path) -> BridgeError:
    """What a fault of SQLite means for who asked: try again, or end the process."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DISK_ERRORS:
        return FatalError(
            f"the journal's disk or file is damaged: {error}",
            name=ErrorName.JOURNAL_DAMAGED,
            subject=str(database),
            hint="keep the database, its -wal and its -shm file as they are; look at the disk, then restore a backup",
        )
    if code == sqlite3.SQLITE_FULL:
        return TransientError(
            "the journal's disk is full",
            name=ErrorName.JOURNAL_FULL,
            subject=str(database),
            hint="make room; orders are answered 503 meanwhile and Norce sends them again",
        )
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
        return FatalError(
            f"the journal cannot be written: {error}",
            name=ErrorName.JOURNAL_UNUSABLE,
            subject=str(database),
            hint="give the bridge's user rights on the database and its folder",
        )
    return _busy(f"the journal could not do it now: {error}")


def _busy(message: str) -> TransientError:
    return TransientError(
        message,
        name=ErrorName.JOURNAL_BUSY,
        hint="nothing was stored; the same request may be sent again",
    )
