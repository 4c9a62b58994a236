"""What one client may ask of the built-in server, and how much; what counts as read, and what is left behind."""

import contextlib
import gc
import logging
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from bridge.transports import Reading
from bridge.transports._server import door, tree
from tests.support.patience import PATIENCE_S
from tests.transports.sftp_raw import (
    CLOSE,
    CREATE_FLAG,
    DATA,
    END,
    FAILURE,
    FSETSTAT,
    HANDLE,
    OK,
    OPEN,
    OPENDIR,
    READ,
    READ_FLAG,
    STATUS,
    UNSUPPORTED,
    WRITE,
    WRITE_FLAG,
    Raw,
    opening,
    part,
    piece,
    text,
    visiting,
)
from tests.transports.sftp_support import Site

pytestmark = pytest.mark.timeout(30)
NEW = WRITE_FLAG | CREATE_FLAG
SETSTAT, SIZE_FLAG, RIGHTS_FLAG, TIMES_FLAG = 9, 1, 4, 8


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, with_password=True)


def soon(claim: Callable[[], object], within_s: float = PATIENCE_S) -> bool:
    """Whether the claim comes to hold; the server's threads tell nobody."""
    deadline = time.monotonic() + within_s
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def let_in(transport: paramiko.Transport) -> Raw | None:
    """A session, if there is a seat; that of somebody who left is free a moment later."""
    try:
        return Raw(transport)
    except paramiko.ChannelException:
        return None


# --- requests ---------------------------------------------------------------------------------------------------------


def test_a_client_that_cuts_its_upload_to_size_has_it_so(site: Site) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        handle = raw.opened(b"/inbox/a.csv", NEW)
        raw.ask(WRITE, piece(handle, 0, b"0123456789"))
        cut = raw.code(FSETSTAT, handle + struct.pack(">IQ", SIZE_FLAG, 4))
        closed = raw.code(CLOSE, handle)

    assert (cut, closed) == (OK, OK)
    assert (site.inbox / "a.csv").read_bytes() == b"0123"


def test_nobody_cuts_a_file_that_is_read_nor_grows_one_past_the_limit(site: Site) -> None:
    site.largest = 1000
    (site.outbox / "ORDERS_1.csv").write_bytes(b"0123456789")

    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        order = raw.opened(b"/outbox/ORDERS_1.csv", READ_FLAG)
        cut = raw.code(FSETSTAT, order + struct.pack(">IQ", SIZE_FLAG, 4))
        times = raw.code(FSETSTAT, order + struct.pack(">III", TIMES_FLAG, 1, 1))
        answer = raw.opened(b"/inbox/a.csv", NEW)
        grown = raw.code(FSETSTAT, answer + struct.pack(">IQ", SIZE_FLAG, 2**40))
        closed = raw.code(CLOSE, answer)

    assert (cut, times, grown, closed) == (3, OK, FAILURE, FAILURE)
    assert (site.outbox / "ORDERS_1.csv").read_bytes() == b"0123456789"
    assert site.names() == []


def test_rights_are_refused_and_times_are_taken_and_left_at_that(site: Site) -> None:
    (site.inbox / "a.csv").write_text("x")
    before = (site.inbox / "a.csv").stat()

    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        rights = raw.code(SETSTAT, text(b"/inbox/a.csv") + struct.pack(">II", RIGHTS_FLAG, 0o777))
        size = raw.code(SETSTAT, text(b"/inbox/a.csv") + struct.pack(">IQ", SIZE_FLAG, 0))
        times = raw.code(SETSTAT, text(b"/inbox/a.csv") + struct.pack(">III", TIMES_FLAG, 1, 1))
        outside = raw.code(SETSTAT, text(b"/etc/passwd") + struct.pack(">III", TIMES_FLAG, 1, 1))

    after = (site.inbox / "a.csv").stat()
    assert (rights, size, times, outside) == (3, 3, OK, 2)
    assert (after.st_mode, after.st_size, after.st_mtime) == (before.st_mode, before.st_size, before.st_mtime)


def test_an_upload_with_a_hole_is_never_shown(site: Site) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        handle = raw.opened(b"/inbox/a.csv", NEW)
        raw.ask(WRITE, piece(handle, 10, b"resumed where the bridge took the first part"))
        resumed = raw.code(CLOSE, handle)
        handle = raw.opened(b"/inbox/b.csv", NEW)
        raw.ask(WRITE, piece(handle, 5, b"world"))
        raw.ask(WRITE, piece(handle, 0, b"hello"))
        turned = raw.code(CLOSE, handle)

    assert (resumed, turned) == (FAILURE, OK)
    assert site.names() == ["b.csv"]
    assert (site.inbox / "b.csv").read_bytes() == b"helloworld"


def test_an_upload_is_on_the_disk_before_it_has_its_name_and_the_name_before_the_answer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[int, list[str]]] = []
    really = os.fsync

    def sync(handle: int) -> None:
        really(handle)
        synced.append((os.fstat(handle).st_ino, site.names()))

    monkeypatch.setattr(os, "fsync", sync)
    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        handle = raw.opened(b"/inbox/a.csv", NEW)
        raw.ask(WRITE, piece(handle, 0, b"x"))
        synced.clear()  # the host key's
        raw.ask(CLOSE, handle)

    (file, before), (folder, after) = synced
    assert (file, after) == ((site.inbox / "a.csv").stat().st_ino, ["a.csv"])
    assert (folder, [name[:6] for name in before]) == (site.inbox.stat().st_ino, [".part-"])


def test_requests_of_no_sense_are_answered_and_are_no_error_of_ours(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    (site.outbox / "ORDERS_1.csv").write_bytes(b"0123456789")

    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        order, answer = raw.opened(b"/outbox/ORDERS_1.csv", READ_FLAG), raw.opened(b"/inbox/a.csv", NEW)
        far = [raw.code(READ, part(order, 2**64 - 1, 10)), raw.code(READ, part(answer, 2**63, 10))]
        unknown = [raw.code(kind, b"") for kind in (0, 99, 255)]
        nobody = raw.code(FSETSTAT, text(b"nobody") + struct.pack(">I", 0))
        folder = raw.ask(OPENDIR, text(b"/inbox"))[1][4:]
        strange = [raw.ask(FSETSTAT, folder + struct.pack(">I", 0))[0], raw.ask(READ, part(folder, 0, 1))[0]]
        after, _ = raw.ask(READ, part(order, 0, 10))

    assert far == [END, END]
    assert unknown == [UNSUPPORTED] * 3
    assert nobody == 5  # bad message
    assert strange == [STATUS, STATUS]
    assert after == DATA
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_packet_of_megabytes_ends_the_session_before_it_is_read(site: Site) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        raw, other = Raw(transport), Raw(transport)
        with contextlib.suppress(OSError):  # it may end while we are still sending
            raw.send(WRITE, bytes(400_000))
        with pytest.raises(AssertionError, match="the session ended"):
            raw.answer()
        goes_on, _ = other.ask(OPENDIR, text(b"/inbox"))

    assert goes_on == HANDLE


# --- how much ---------------------------------------------------------------------------------------------------------


def test_one_connection_has_a_bounded_number_of_sessions_and_files(site: Site) -> None:
    (site.outbox / "a.csv").write_text("x")

    with site.serving() as server, visiting(server.port) as transport:
        sessions, refused = [], 0
        for _ in range(20):
            try:
                sessions.append(Raw(transport))
            except paramiko.ChannelException:
                refused += 1
        kinds = [raw.ask(OPEN, opening(b"/outbox/a.csv", READ_FLAG))[0] for raw in sessions for _ in range(30)]
        for raw in sessions:
            raw.close()
        again = soon(lambda: let_in(transport))

    assert (len(sessions), refused) == (4, 16)
    assert kinds.count(HANDLE) == 64
    assert again


def test_all_connections_together_have_a_bounded_number_of_files(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_MOST_OPEN_IN_ALL", 10)
    (site.outbox / "a.csv").write_text("x")
    request = opening(b"/outbox/a.csv", READ_FLAG)

    with site.serving() as server, visiting(server.port) as one, visiting(server.port) as other:
        here, there = Raw(one), Raw(other)
        kinds = [raw.ask(OPEN, request)[0] for raw in (here, there) for _ in range(8)]
        here.close()
        again = soon(lambda: there.ask(OPEN, request)[0] == HANDLE)

    assert kinds.count(HANDLE) == 10
    assert again


def test_a_connection_that_is_kept_for_days_holds_nothing_of_its_sessions(site: Site) -> None:
    def channels() -> int:
        gc.collect()
        return sum(isinstance(thing, paramiko.Channel) for thing in gc.get_objects())

    with site.serving() as server, visiting(server.port) as transport:
        Raw(transport).close()
        before = channels()
        for _ in range(20):
            assert soon(lambda: (raw := let_in(transport)) is not None and raw.close())
        Raw(transport).close()

        assert soon(lambda: channels() <= before + 2)


def test_a_channel_has_one_session(site: Site) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        channel = transport.open_session()
        channel.invoke_subsystem("sftp")
        with pytest.raises(paramiko.SSHException):
            channel.invoke_subsystem("sftp")


def test_open_folders_of_a_session_are_few_for_each_holds_its_listing(site: Site) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        kinds = [raw.ask(OPENDIR, text(b"/inbox"))[0] for _ in range(10)]

    assert kinds.count(HANDLE) == 4


# --- what was read ----------------------------------------------------------------------------------------------------


def reading(read: int, *, is_whole: bool) -> Reading:
    return Reading("erp", "ORDERS_1.csv", read, 100, is_whole=is_whole)


@pytest.fixture
def order(site: Site) -> bytes:
    (site.outbox / "ORDERS_1.csv").write_bytes(bytes(100))
    return b"/outbox/ORDERS_1.csv"


def read(raw: Raw, path: bytes, *pieces: tuple[int, int], closes: bool = True) -> None:
    handle = raw.opened(path, READ_FLAG)
    for offset, length in pieces:
        raw.ask(READ, part(handle, offset, length))
    if closes:
        raw.ask(CLOSE, handle)


def test_a_tail_alone_is_told_but_is_no_fetching(site: Site, order: bytes) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        read(Raw(transport), order, (60, 40))

    assert site.seen == [reading(0, is_whole=False)]


def test_a_reading_that_is_taken_up_where_it_broke_off_is_whole_in_the_end(site: Site, order: bytes) -> None:
    with site.serving() as server:
        with visiting(server.port) as transport:
            read(Raw(transport), order, (0, 70), closes=False)
        assert soon(lambda: site.seen)
        with visiting(server.port) as transport:
            read(Raw(transport), order, (60, 40))

    assert site.seen == [reading(70, is_whole=False), reading(100, is_whole=True)]


def test_a_resumed_reading_that_leaves_a_gap_or_is_of_another_file_is_not_whole(site: Site, order: bytes) -> None:
    with site.serving() as server:
        with visiting(server.port) as transport:
            read(Raw(transport), order, (0, 50), closes=False)
        assert soon(lambda: site.seen)
        with visiting(server.port) as transport:
            read(Raw(transport), order, (60, 40))
            (site.outbox / "new").write_bytes(bytes(100))
            (site.outbox / "new").rename(site.outbox / "ORDERS_1.csv")
            read(Raw(transport), order, (40, 60))

    assert site.seen == [reading(50, is_whole=False), reading(50, is_whole=False), reading(0, is_whole=False)]


def test_a_reading_that_begins_anew_counts_for_itself(site: Site, order: bytes) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        read(raw, order, (0, 100))
        read(raw, order, (0, 30))
        read(raw, order, (0, 100))

    assert [one.is_whole for one in site.seen] == [True, False, True]


def test_all_read_and_then_the_line_cut_is_broken_off(site: Site, order: bytes) -> None:
    with site.serving() as server:
        with visiting(server.port) as transport:
            read(Raw(transport), order, (0, 100), (100, 1), closes=False)
        assert soon(lambda: site.seen)

    assert site.seen == [reading(100, is_whole=False)]


def test_a_file_read_backwards_in_small_pieces_is_whole(site: Site) -> None:
    (site.outbox / "ORDERS_1.csv").write_bytes(bytes(1000))

    with site.serving() as server, visiting(server.port) as transport:
        read(Raw(transport), b"/outbox/ORDERS_1.csv", *((at, 2) for at in range(998, -1, -2)))

    assert [one.is_whole for one in site.seen] == [True]


def test_a_glance_at_nothing_is_not_told(site: Site, order: bytes) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        read(Raw(transport), order)
        read(Raw(transport), order, (100, 10))

    assert site.seen == []


# --- what is left behind ----------------------------------------------------------------------------------------------


def test_one_file_that_cannot_be_closed_well_keeps_neither_the_others_nor_the_seat(site: Site) -> None:
    (site.outbox / "a.csv").write_text("x")
    site.max_sessions = 1

    def breaks(_: Reading) -> None:
        raise BrokenPipeError

    site.sight = breaks
    with site.serving() as server:
        with visiting(server.port) as transport:
            raw = Raw(transport)
            read(raw, b"/outbox/a.csv", (0, 1), closes=False)
            raw.opened(b"/inbox/b.csv", NEW)
            assert len(site.names()) == 1
        assert soon(lambda: not site.names())
        with visiting(server.port) as transport:
            assert soon(lambda: let_in(transport))


def test_what_a_killed_process_left_goes_whatever_else_lies_there(site: Site) -> None:
    (site.inbox / ".part-0-folder").mkdir()
    os.mkfifo(site.inbox / ".part-1-pipe")
    for number in range(3):
        (site.inbox / f".part-{number}").write_text("x")
        os.utime(site.inbox / f".part-{number}", (1, 1))

    tree.clear_leftovers(site.shares()[1])

    assert site.names() == [".part-0-folder", ".part-1-pipe"]


def test_the_wish_to_hold_a_file_is_a_persons_and_no_client_sees_it(site: Site) -> None:
    (site.outbox / "ORDERS_1.csv.hold").touch()
    (site.outbox / "ORDERS_1.csv").write_text("x")

    with site.serving() as server, visiting(server.port) as transport:
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        listed = client.listdir("/outbox")
        with pytest.raises(FileNotFoundError):
            client.remove("/outbox/ORDERS_1.csv.hold")
        with pytest.raises(FileNotFoundError):
            client.rename("/outbox/ORDERS_1.csv.hold", "/outbox/x")

    assert listed == ["ORDERS_1.csv"]
    assert (site.outbox / "ORDERS_1.csv.hold").exists()
