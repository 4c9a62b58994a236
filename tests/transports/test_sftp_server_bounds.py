"""What the built-in server holds out: strangers, crowds, odd requests. A raw client, since OpenSSH's is too polite."""

import os
import random
import socket
import stat
import struct
import threading
import time
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from hypothesis import given, settings as bounds, strategies as st

from bridge.errors import BridgeError, ErrorName
from bridge.transports import Pace, host_fingerprint, sftp_server
from bridge.transports._server import tree
from bridge.transports._server.door import Patience
from bridge.transports._server.readings import Coverage
from bridge.transports._server.tree import Tree, canonical
from tests.transports.sftp_raw import (
    CLOSE,
    CREATE_FLAG,
    HANDLE,
    OPEN,
    OPENDIR,
    READ,
    READ_FLAG,
    STATUS,
    WRITE_FLAG,
    Raw,
    opening,
    text,
    visiting,
)
from tests.transports.sftp_support import PASSWORD, QUICK, Site

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, with_password=True)


def test_requests_of_any_shape_are_answered_and_the_next_session_is_served(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(5)
    names = [b"", b"\0", b"/inbox/\0", b"\xff\xfe", b"/inbox/" + b"\xc3", b"/" * 5000, b"/inbox/" + b"n" * 70_000]
    names += [b"/outbox/../" * 200, b"/inbox/.part-x", b"inbox/\n", "/inbox/å".encode()]
    kinds = [OPEN, OPENDIR, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19, 20, 200]

    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        answers = [raw.ask(kind, text(name) + text(name)) for kind in kinds for name in names]
        noise = [*kinds, READ, CLOSE, 6, 10, 12]
        answers += [raw.ask(chance.choice(noise), chance.randbytes(40)) for _ in range(200)]
        with visiting(server.port) as other:
            listed = paramiko.SFTPClient.from_transport(other).listdir("/")  # type: ignore[union-attr]

    assert len(answers) == len(kinds) * len(names) + 200
    assert listed == ["inbox", "outbox"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    assert not list(site.inbox.glob(".part-*"))


def test_a_link_is_not_opened_though_no_look_at_it_came_before(site: Site) -> None:
    (site.place / "secret").write_text("secret")
    (site.outbox / "link").symlink_to(site.place / "secret")
    (site.inbox / "link").symlink_to(site.place / "made")

    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        read, _ = raw.ask(OPEN, opening(b"/outbox/link", READ_FLAG))
        written, _ = raw.ask(OPEN, opening(b"/inbox/link", WRITE_FLAG | CREATE_FLAG))

    assert (read, written) == (STATUS, STATUS)
    assert not (site.place / "made").exists()


def test_a_name_that_was_taken_during_the_upload_makes_its_close_fail(site: Site) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        _, handle = raw.ask(OPEN, opening(b"/inbox/a.csv", WRITE_FLAG | CREATE_FLAG))
        (site.inbox / "a.csv").write_text("another's")
        _, told = raw.ask(CLOSE, handle[4:])

    assert struct.unpack(">I", told[4:8]) == (4,)  # failure
    assert (site.inbox / "a.csv").read_text() == "another's"
    assert site.names() == ["a.csv"]


def test_open_files_of_a_session_are_bounded(site: Site) -> None:
    (site.outbox / "a.csv").write_text("x")
    request = opening(b"/outbox/a.csv", READ_FLAG)

    with site.serving() as server, visiting(server.port) as transport:
        raw = Raw(transport)
        kinds = [raw.ask(OPEN, request)[0] for _ in range(70)]

    assert kinds.count(HANDLE) == 64
    assert kinds[-1] == STATUS


def test_an_upload_larger_than_the_limit_is_refused_and_leaves_nothing(site: Site) -> None:
    site.largest = 100_000

    with site.serving() as server, visiting(server.port) as transport:
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        with pytest.raises(OSError, match="Failure"), client.open("/inbox/a.csv", "wb") as file:
            file.write(b"x" * 200_000)
        listed = client.listdir("/inbox")

    assert listed == []
    assert site.names() == []


def test_a_client_that_looks_at_its_upload_is_content_though_the_bridge_took_it(site: Site) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        with client.open("/inbox/a.csv", "wb") as file:
            file.write(b"x" * 10)
        (site.inbox / "a.csv").unlink()
        size = client.stat("/inbox/a.csv").st_size

    assert size == 10


def sessions(site: Site) -> float:
    return next(value for name, _, value in site.counters.levels() if name == "sftp_server_sessions")


def test_one_session_too_many_is_turned_away_until_another_ends(site: Site) -> None:
    site.max_sessions = 1

    with site.serving() as server:
        with visiting(server.port) as first:
            Raw(first)
            level = sessions(site)
            with visiting(server.port) as second, pytest.raises(paramiko.ChannelException) as refused:
                Raw(second)
        deadline = time.monotonic() + 8
        while sessions(site) and time.monotonic() < deadline:
            time.sleep(0.05)
        with visiting(server.port) as third:
            Raw(third)

    assert level == 1
    assert refused.value.code == 4  # resource shortage


def test_bad_logins_take_longer_each_time_and_a_right_one_does_not(site: Site) -> None:
    site.pace = replace(QUICK, first_delay_s=0.4, longest_delay_s=30)
    took = []

    with site.serving() as server:
        for password in ("a", "b", "c", PASSWORD):
            began = time.monotonic()
            try:
                with visiting(server.port, password):
                    pass
            except paramiko.AuthenticationException:
                pass
            took.append(time.monotonic() - began)

    assert took[1] - took[0] > 0.2
    assert took[2] - took[1] > 0.5
    assert took[3] < took[2]
    assert site.counters.count("sftp_server_logins_total", result="refused") == 3


def test_patience_doubles_up_to_its_bound_is_kept_apart_by_source_and_forgives() -> None:
    patience = Patience(Pace(first_delay_s=1, longest_delay_s=5))

    delays = [patience.delay_s("a", str(name), 0.0) for name in range(5)]

    assert delays == [1, 2, 4, 5, 5]
    assert patience.delay_s("b", "erp", 0.0) == 1
    assert patience.delay_s("a", "erp", 601.0) == 1


def test_many_places_that_guess_at_one_name_wait_as_one_place_does() -> None:
    patience = Patience(Pace(first_delay_s=1, longest_delay_s=5))

    delays = [patience.delay_s(f"10.0.0.{number}", "erp", 0.0) for number in range(4)]

    assert delays == [1, 2, 4, 5]
    assert patience.delay_s("10.0.0.9", "root", 0.0) == 1


def test_who_does_not_log_in_is_sent_away_and_never_keeps_others_out(site: Site) -> None:
    site.pace = replace(QUICK, login_within_s=20)

    with site.serving() as server:
        silent = [socket.create_connection(("127.0.0.1", server.port), 8) for _ in range(30)]
        with visiting(server.port) as transport:
            Raw(transport)
        for line in silent:
            line.close()

    assert site.counters.count("sftp_server_logins_total", result="accepted") == 1


def test_a_login_that_takes_too_long_and_an_idle_session_are_ended(site: Site) -> None:
    site.pace = replace(QUICK, login_within_s=2, idle_s=2)

    with site.serving() as server:
        silent = socket.create_connection(("127.0.0.1", server.port), 8)
        silent.settimeout(8)
        with visiting(server.port) as transport:
            Raw(transport)
            while silent.recv(1000):
                pass
            transport.join(8)
            is_over = not transport.is_active()
        silent.close()

    assert is_over


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n" + bytes(5000), b"\xff" * 70_000])
def test_garbage_at_the_door_ends_that_connection_and_nothing_else(site: Site, garbage: bytes) -> None:
    with site.serving() as server:
        with socket.create_connection(("127.0.0.1", server.port), 8) as line:
            line.sendall(garbage)
        with visiting(server.port) as transport:
            Raw(transport)
        alive = [thread.name for thread in threading.enumerate()]

    assert "sftp-server" in alive


# --- keys -------------------------------------------------------------------------------------------------------------


def test_the_host_key_is_made_once_for_the_owner_alone_and_stays(site: Site) -> None:
    key = site.settings().host_key

    with site.serving() as first:
        made = first.fingerprint
    with site.serving() as second:
        again = second.fingerprint

    assert made == again == host_fingerprint(key)
    assert made.startswith("SHA256:")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [path.name for path in key.parent.iterdir()] == [key.name]


@pytest.mark.parametrize(("content", "mode"), [("no key", 0o600), ("", 0o600), (None, 0o644)])
def test_a_host_key_that_cannot_be_used_is_named_and_never_replaced(site: Site, content: str | None, mode: int) -> None:
    key = site.settings().host_key
    with site.serving():
        pass
    before = key.read_text() if content is None else content
    key.write_text(before)
    key.chmod(mode)

    with pytest.raises(BridgeError) as refused, site.serving():
        pass

    assert refused.value.hint
    assert key.read_text() == before


def test_a_taken_port_is_told_in_words(site: Site) -> None:
    with site.serving() as server:
        taken = replace(site.settings(), address=replace(site.settings().address, port=server.port))
        second = sftp_server(taken, site.shares(), site.seen.append, site.counters)
        with pytest.raises(BridgeError) as refused:
            second.start()

    assert refused.value.name is ErrorName.PORT_TAKEN


# --- pure -------------------------------------------------------------------------------------------------------------


@bounds(max_examples=300, deadline=None)
@given(st.text(alphabet="./ab\0å", max_size=40))
def test_no_path_leaves_the_shares(path: str) -> None:
    site_tree = Tree([])

    whole = canonical(path)

    assert whole.startswith("/")
    assert ".." not in whole.split("/")
    if whole != "/":
        with pytest.raises(FileNotFoundError):
            site_tree.find(path)


@given(st.permutations(range(12)), st.integers(0, 11))
def test_a_file_is_read_to_its_end_when_every_piece_was(order: list[int], missing: int) -> None:
    whole, gap = Coverage(), Coverage()

    for piece in order:
        whole.add(piece * 10, 10)
        if piece != missing:
            gap.add(piece * 10, 10)

    assert whole.reaches == 120
    assert gap.reaches == missing * 10


def test_what_a_killed_process_left_is_removed_and_a_fresh_upload_is_not(site: Site) -> None:
    old, fresh = site.inbox / ".part-old", site.inbox / ".part-fresh"
    old.write_text("x")
    fresh.write_text("x")
    os.utime(old, (1, 1))

    tree.clear_leftovers(site.shares()[1])

    assert site.names() == [".part-fresh"]
