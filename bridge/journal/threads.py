"""The journal's threads seen from the event loop: one that writes, one that reads what is committed.

Not for: SQL. Nothing here blocks the loop.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from bridge.errors import FatalError
from bridge.journal.wakes import Topic, Wakes
from bridge.journal.writer import Writer, translated

T = TypeVar("T")


def open_read_only(database: Path) -> Database:
    """A connection that can never write nor fold the log, for this thread."""
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=2)
    return Database(connection, execute_plugins=False, recursive_triggers=False)


@contextmanager
def looked_into(database: Path) -> Iterator[Database]:
    """The same for one look from outside the service; what SQLite minds comes as our own error."""
    try:
        db = open_read_only(database)
        try:
            yield db
        finally:
            db.close()
    except sqlite3.Error as error:
        raise translated(error, database) from error


class Threads:
    """Requests from the loop to the journal's threads, and wakes back to the loop after each commit."""

    def __init__(self, database: Path, synchronous: str, wakes: Wakes) -> None:
        self._database = database
        self._writer = Writer(database, synchronous)
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="journal-read")
        self._wakes = wakes
        self._reader: Database | None = None
        self._unreadable: FatalError | None = None
        self._posting = threading.Lock()
        self._ended: list[_Ended] = []
        self.failed = asyncio.Event()

    async def start(self) -> None:
        """Open the journal on its threads. Raises what opening raised."""
        await asyncio.to_thread(self._writer.start)

    async def write(self, work: Callable[[Database], T], *topics: Topic) -> T:
        """Run ``work`` in the shared transaction; return its result after the commit, then wake ``topics``.

        A caller that is cancelled while it waits takes the work back only if it has not begun; else the commit goes on
        and the wakes come.
        """
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        request = self._writer.submit(work)
        request.add_done_callback(lambda done: self._post(_Ended(done, told, topics)))
        try:
            return await told
        except asyncio.CancelledError:
            request.cancel()
            raise

    def _post(self, ended: "_Ended") -> None:
        """Hand an end over to the loop, from any thread: one call wakes the loop for all that share a commit."""
        with self._posting:
            self._ended.append(ended)
            is_first = len(self._ended) == 1
        loop = ended.told.get_loop()
        if is_first and not loop.is_closed():
            loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        with self._posting:
            ended, self._ended = self._ended, []
        topics: set[Topic] = set()
        for one in ended:
            if isinstance(one.problem, FatalError):
                self.failed.set()
            topics.update(one.tell())
        self._wakes.wake(*topics)

    async def read(self, question: Callable[[Database], T]) -> T:
        """Answer ``question`` from what is committed, on the reading thread."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reading, self._ask, question)
        except FatalError as error:
            self._unreadable = error
            self.failed.set()
            raise

    def _ask(self, question: Callable[[Database], T]) -> T:
        try:
            if self._reader is None:
                self._reader = open_read_only(self._database)
            return question(self._reader)
        except sqlite3.Error as error:
            raise translated(error, self._database) from error

    @property
    def broken(self) -> FatalError | None:
        """Why the journal can no longer be trusted, once that is so."""
        return self._writer.broken or self._unreadable

    async def stop(self) -> None:
        """Finish what waits, fold the log, close both threads."""
        await asyncio.get_running_loop().run_in_executor(self._reading, self._close_reader)
        self._reading.shutdown()
        await asyncio.to_thread(self._writer.stop)

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


@dataclass(frozen=True, slots=True)
class _Ended:
    """A request that ended on the journal's thread, and who waits for it on the loop."""

    done: "Future[Any]"  # of what the work returned; write() keeps the two together
    told: "asyncio.Future[Any]"
    topics: tuple[Topic, ...]

    @property
    def problem(self) -> BaseException | None:
        return None if self.done.cancelled() else self.done.exception()

    def tell(self) -> tuple[Topic, ...]:
        """Answer whoever still waits; returns the topics that changed."""
        if self.done.cancelled():
            return ()
        problem = self.done.exception()
        if not self.told.done():
            self.told.set_exception(problem) if problem else self.told.set_result(self.done.result())
        return () if problem else self.topics
