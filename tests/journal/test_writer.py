"""Requests share a transaction and a fate: what each is told, and what is stored."""

import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from sqlite_utils import Database

from bridge.errors import BridgeError, ErrorName, FatalError, TransientError
from bridge.journal.writer import SHARED_AT_MOST, WAITING_AT_MOST, Writer
from tests.support.patience import PATIENCE_S

T = TypeVar("T")
Work = Callable[[Database], object]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "bridge.db"


@pytest.fixture
def writer(database: Path) -> Iterator[Writer]:
    writer = Writer(database, "FULL")
    writer.start()
    yield writer
    writer.stop()


def keep(name: str) -> Work:
    """Stores one row; the table has no rules that would stop it."""
    return lambda db: db.execute("INSERT INTO targets (name) VALUES (?)", [name]).rowcount


def together(writer: Writer, *works: Callable[[Database], T]) -> "list[Future[T]]":
    """Hands in the requests while the writer is kept busy, so that they share the next transaction."""
    with busy(writer):
        futures = [writer.submit(work) for work in works]
    wait(futures, timeout=PATIENCE_S)
    return futures


@contextmanager
def busy(writer: Writer) -> Iterator[None]:
    """The writer is in the middle of a transaction of its own for as long as the block runs."""
    began, gate = threading.Event(), threading.Event()

    def stay(_: Database) -> None:
        began.set()
        gate.wait(5)

    staying = writer.submit(stay)
    began.wait(5)
    try:
        yield
    finally:
        gate.set()
        staying.result(timeout=PATIENCE_S)


def stored(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM targets")}


def problems(futures: "Sequence[Future[T]]") -> list[BaseException | None]:
    return [future.exception(timeout=PATIENCE_S) for future in futures]


def test_a_request_is_answered_after_its_commit(writer: Writer, database: Path) -> None:
    told = writer.submit(keep("erp")).result(timeout=PATIENCE_S)

    assert told == 1
    assert stored(database) == {"erp"}


def test_invariant_1_each_commit_reaches_the_disk(writer: Writer) -> None:
    level = writer.submit(lambda db: db.execute("PRAGMA synchronous").fetchone()[0]).result(timeout=PATIENCE_S)
    mode = writer.submit(lambda db: db.execute("PRAGMA journal_mode").fetchone()[0]).result(timeout=PATIENCE_S)

    assert (level, mode) == (2, "wal")


def test_the_other_durability_is_there_when_asked_for(database: Path) -> None:
    writer = Writer(database, "NORMAL")
    writer.start()

    level = writer.submit(lambda db: db.execute("PRAGMA synchronous").fetchone()[0]).result(timeout=PATIENCE_S)
    writer.stop()

    assert level == 1


def test_requests_that_wait_share_one_transaction(writer: Writer) -> None:
    seen: list[int] = []

    def count(db: Database) -> None:
        seen.append(db.execute("SELECT count(*) FROM targets").fetchone()[0])
        db.execute("INSERT INTO targets (name) VALUES (?)", [f"t{len(seen)}"])

    futures = together(writer, *[count] * (SHARED_AT_MOST + 6))

    assert problems(futures) == [None] * (SHARED_AT_MOST + 6)
    assert seen == list(range(SHARED_AT_MOST + 6))


def test_a_failing_request_takes_back_only_itself(writer: Writer, database: Path) -> None:
    def fail(db: Database) -> None:
        keep("half done")(db)
        raise LookupError("a bug")

    first, failing, last = together(writer, keep("first"), fail, keep("last"))

    assert problems([first, last]) == [None, None]
    assert isinstance(failing.exception(), LookupError)
    assert stored(database) == {"first", "last"}


def test_a_broken_rule_of_the_database_takes_back_only_the_request_that_broke_it(
    writer: Writer, database: Path
) -> None:
    first, same_again, last = together(writer, keep("erp"), keep("erp"), keep("last"))

    assert problems([first, last]) == [None, None]
    assert isinstance(same_again.exception(), sqlite3.IntegrityError)
    assert stored(database) == {"erp", "last"}


def test_when_sqlite_takes_back_everything_the_whole_batch_is_told_to_come_again(
    writer: Writer, database: Path
) -> None:
    trap = """
        CREATE TRIGGER trap BEFORE INSERT ON targets WHEN new.name = 'poison'
        BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END"""
    writer.submit(lambda db: db.execute(trap)).result(timeout=PATIENCE_S)
    went_on = threading.Event()

    batch = together(writer, keep("before"), keep("poison"), lambda _: went_on.set())

    assert [type(problem) for problem in problems(batch)] == [TransientError] * 3
    assert stored(database) == set()
    assert not went_on.is_set()
    assert writer.submit(keep("later")).result(timeout=PATIENCE_S) == 1


def test_a_full_disk_costs_the_batch_and_nothing_else(writer: Writer, database: Path) -> None:
    writer.submit(lambda db: db.execute("PRAGMA max_page_count = 1").fetchone()).result(timeout=PATIENCE_S)
    large = "x" * 1_000_000

    batch = together(writer, keep("before"), keep(large), keep("after"))
    first, filling, last = problems(batch)
    writer.submit(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone()).result(timeout=PATIENCE_S)

    assert isinstance(filling, TransientError)
    assert filling.name is ErrorName.JOURNAL_FULL
    assert {type(problem) for problem in (first, last)} == {TransientError}
    assert stored(database) == set()
    assert writer.submit(keep("later")).result(timeout=PATIENCE_S) == 1


def test_an_error_of_commit_costs_the_batch(writer: Writer, database: Path) -> None:
    def owe(db: Database) -> None:
        db.execute("PRAGMA defer_foreign_keys = ON")
        db.execute("INSERT INTO events (at, kind, order_id, facts) VALUES ('', 'orphan', 4711, '{}')")

    batch = together(writer, keep("before"), owe, keep("after"))

    assert [type(problem) for problem in problems(batch)] == [TransientError] * 3
    assert stored(database) == set()
    assert writer.submit(keep("later")).result(timeout=PATIENCE_S) == 1


def test_a_foreign_writer_makes_the_journal_busy_for_as_long_as_it_writes(writer: Writer, database: Path) -> None:
    writer.submit(lambda db: db.execute("PRAGMA busy_timeout = 20").fetchone()).result(timeout=PATIENCE_S)
    with closing(sqlite3.connect(database, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        problem = writer.submit(keep("erp")).exception(timeout=PATIENCE_S)
        foreign.execute("ROLLBACK")

    later = writer.submit(keep("erp")).result(timeout=PATIENCE_S)

    assert isinstance(problem, TransientError)
    assert problem.name is ErrorName.JOURNAL_BUSY
    assert later == 1


def test_nobody_can_write_between_what_a_request_reads_and_what_it_writes(writer: Writer, database: Path) -> None:
    def look(db: Database) -> str:
        db.execute("SELECT count(*) FROM targets").fetchone()
        with closing(sqlite3.connect(database, timeout=0)) as foreign:
            try:
                foreign.execute("INSERT INTO targets (name) VALUES ('foreign')")
            except sqlite3.OperationalError as error:
                return str(error)
        return "it could"

    found = writer.submit(look).result(timeout=PATIENCE_S)

    assert found == "database is locked"


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """Writes past this size fail as on a broken disk; SQLite calls that an I/O error."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_error_of_the_disk_ends_the_journal_for_good(writer: Writer, database: Path) -> None:
    log_size = database.with_name("bridge.db-wal").stat().st_size
    with no_file_grows_beyond(log_size):
        batch = together(writer, keep("x" * 1_000_000), keep("beside it"))

    found = problems(batch)
    later = writer.submit(keep("later")).exception(timeout=PATIENCE_S)

    assert {type(problem) for problem in found} == {FatalError}
    assert isinstance(later, FatalError)
    assert writer.broken is later
    assert stored(database) == set()


def test_what_waits_behind_an_error_of_the_disk_is_not_done(writer: Writer, database: Path) -> None:
    log_size = database.with_name("bridge.db-wal").stat().st_size
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    behind: list[Work] = [
        *(keep(f"t{number}") for number in range(SHARED_AT_MOST)),
        lambda _: resource.setrlimit(resource.RLIMIT_FSIZE, limit),  # the disk is well again
        keep("behind"),
    ]
    with no_file_grows_beyond(log_size):
        batch = together(writer, keep("x" * 1_000_000), *behind)

    found = problems(batch)

    assert {type(problem) for problem in found} == {FatalError}
    assert stored(database) == set()


def test_a_request_given_up_before_it_began_is_left_out(writer: Writer, database: Path) -> None:
    with busy(writer):
        forgotten = writer.submit(keep("forgotten"))
        kept = writer.submit(keep("kept"))
        is_taken_back = forgotten.cancel()

    wait([kept], timeout=PATIENCE_S)

    assert is_taken_back
    assert stored(database) == {"kept"}


def test_stopping_finishes_what_waits_and_takes_nothing_new(database: Path) -> None:
    writer = Writer(database, "FULL")
    writer.start()
    stopping = threading.Thread(target=writer.stop)

    with busy(writer):
        futures = [writer.submit(keep(f"t{number}")) for number in range(100)]
        stopping.start()
        while not (late := writer.submit(lambda _: None)).done():
            wait([late], timeout=0.001)
    stopping.join(5)
    writer.stop()

    assert isinstance(late.exception(), TransientError)
    assert problems(futures) == [None] * 100
    assert len(stored(database)) == 100
    assert not database.with_name("bridge.db-wal").exists()


def test_nobody_waits_for_ever_whenever_the_end_comes(database: Path) -> None:
    writer = Writer(database, "FULL")
    writer.start()
    futures: list[Future[object]] = []

    def ask() -> None:
        futures.extend(writer.submit(lambda _: None) for _ in range(2000))

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    writer.stop()
    for thread in asking:
        thread.join()

    assert {type(problem) for problem in problems(futures)} <= {type(None), TransientError}


def test_too_many_waiting_requests_are_refused_at_once(writer: Writer) -> None:
    with busy(writer):
        waiting = [writer.submit(lambda _: None) for _ in range(WAITING_AT_MOST)]
        refused = writer.submit(lambda _: None)
        is_refused_at_once = refused.done()

    assert problems(waiting) == [None] * WAITING_AT_MOST

    assert is_refused_at_once
    assert isinstance(refused.exception(), TransientError)


@pytest.mark.parametrize("content", [b"not a database, though it is as long as one" * 100, b"SQLite format 3\0" * 64])
def test_a_file_that_is_no_database_is_refused_and_left_alone(database: Path, content: bytes) -> None:
    database.write_bytes(content)
    writer = Writer(database, "FULL")

    with pytest.raises(BridgeError) as caught:
        writer.start()

    assert isinstance(caught.value, FatalError)
    assert database.read_bytes() == content
