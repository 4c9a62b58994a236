"""Who comes in at the built-in server and who is kept out, pushed out or sent away; its keys, and how it ends."""

import socket
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from bridge.errors import BridgeError
from tests.support.needs import needs
from tests.transports.sftp_raw import READ_FLAG, Raw, visiting
from tests.transports.sftp_support import PASSWORD, QUICK, Site

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, with_password=True)


def ended(transport: paramiko.Transport, within_s: float) -> bool:
    transport.join(within_s)
    return not transport.is_alive()


def test_a_password_that_is_no_text_is_a_wrong_one(site: Site) -> None:
    with site.serving() as server:
        for password in (b"\xff\xfe", b"\xc3", "å" * 5000, ""):
            with pytest.raises(paramiko.AuthenticationException), visiting(server.port, password):
                pass

    assert site.counters.count("sftp_server_logins_total", result="refused") == 4


class Borrowed(paramiko.Ed25519Key):
    """A public key that somebody shows who does not have it."""

    def sign_ssh_data(self, data: bytes, algorithm: str | None = None) -> paramiko.Message:
        signed = super().sign_ssh_data(data + b"?", algorithm)
        return paramiko.Message(signed.asbytes())


def test_who_shows_a_public_key_without_having_it_is_counted_as_refused(site: Site) -> None:
    with site.serving() as server:
        transport = paramiko.Transport(socket.create_connection(("127.0.0.1", server.port), 8))
        transport.start_client(timeout=8)
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey("erp", Borrowed.from_private_key_file(str(site.client.key)))
        transport.close()

    assert site.counters.count("sftp_server_logins_total", result="refused") == 1
    assert site.counters.count("sftp_server_logins_total", result="accepted") == 0


def test_a_key_lets_in_whatever_else_the_file_holds(site: Site) -> None:
    file = site.client.public_key
    file.write_text(f"ssh-dss AAAA\nsk-ssh-ed25519@openssh.com AAAA\nnonsense AAAA\n{file.read_text()}")

    with site.serving() as server:
        transport = paramiko.Transport(socket.create_connection(("127.0.0.1", server.port), 8))
        transport.start_client(timeout=8)
        transport.auth_publickey("erp", paramiko.PKey.from_path(site.client.key))
        Raw(transport)
        transport.close()

    assert site.counters.count("sftp_server_logins_total", result="accepted") == 1


def test_a_known_key_under_another_name_does_not_let_in(site: Site) -> None:
    with site.serving() as server:
        transport = paramiko.Transport(socket.create_connection(("127.0.0.1", server.port), 8))
        transport.start_client(timeout=8)
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey("root", paramiko.PKey.from_path(site.client.key))
        transport.close()


def test_who_guesses_six_times_on_one_connection_is_sent_away(site: Site) -> None:
    site.pace = replace(QUICK, first_delay_s=0.01, longest_delay_s=0.01, login_within_s=20)
    tries = 0

    with site.serving() as server:
        transport = paramiko.Transport(socket.create_connection(("127.0.0.1", server.port), 8))
        transport.start_client(timeout=8)
        for _ in range(6):
            with pytest.raises(paramiko.AuthenticationException):
                transport.auth_password("erp", "wrong")
            tries += 1

        assert ended(transport, 5)

    assert tries == 6


def test_there_is_no_shell_no_command_no_forwarding_and_no_other_subsystem(site: Site) -> None:
    with site.serving() as server, visiting(server.port) as transport:
        refused = 0
        for ask in ("get_pty", "invoke_shell"):
            with pytest.raises(paramiko.SSHException):
                getattr(transport.open_session(), ask)()
            refused += 1
        with pytest.raises(paramiko.SSHException):
            transport.open_session().exec_command("id")
        with pytest.raises(paramiko.SSHException):
            transport.open_session().invoke_subsystem("netconf")
        with pytest.raises(paramiko.ChannelException):
            transport.open_channel("direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 1))
        with pytest.raises(paramiko.SSHException):
            transport.request_port_forward("127.0.0.1", 0)

    assert refused == 2


def test_a_crowd_from_one_place_pushes_out_none_from_another(site: Site) -> None:
    site.pace = replace(QUICK, login_within_s=20)

    with site.serving() as server:
        there = ("127.0.0.1", server.port)
        erp = paramiko.Transport(socket.create_connection(there, 8, ("127.0.0.2", 0)))
        erp.start_client(timeout=8)
        crowd = [socket.create_connection(there, 8) for _ in range(40)]
        time.sleep(0.5)
        erp.auth_password("erp", PASSWORD)
        crowd += [socket.create_connection(there, 8) for _ in range(20)]
        time.sleep(0.5)
        Raw(erp)
        erp.close()
        for line in crowd:
            line.close()

    assert site.counters.count("sftp_server_logins_total", result="accepted") == 1


def test_a_client_that_logged_in_is_not_pushed_out_before_its_first_session(site: Site) -> None:
    site.pace = replace(QUICK, login_within_s=20)

    with site.serving() as server, visiting(server.port) as erp:
        crowd = [socket.create_connection(("127.0.0.1", server.port), 8) for _ in range(30)]
        time.sleep(0.5)
        Raw(erp)
        for line in crowd:
            line.close()


def test_a_connection_that_found_no_seat_does_not_stay(site: Site) -> None:
    site.max_sessions = 1

    with site.serving() as server, visiting(server.port) as first, visiting(server.port) as second:
        Raw(first)
        with pytest.raises(paramiko.ChannelException):
            Raw(second)

        assert ended(second, 5)
        assert first.is_active()


# --- host keys --------------------------------------------------------------------------------------------------------


@needs("ssh-keygen")
@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_a_host_key_of_each_usual_kind_serves(site: Site, kind: str) -> None:
    key = site.settings().host_key
    key.parent.mkdir()
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(key)], check=True)

    with site.serving() as server, visiting(server.port) as transport:
        shown = transport.get_remote_server_key().fingerprint

    assert shown == server.fingerprint


ED448 = """-----BEGIN PRIVATE KEY-----
MEcCAQAwBQYDK2VxBDsEOWyCpWLLgI0Q1jK+ichRPr9skp803fqMn2PJlg7240ij
UoyKP8wvBE45o/xblEkvjwMudUmiAJj5Ww==
-----END PRIVATE KEY-----
"""


@needs("ssh-keygen")
@pytest.mark.parametrize("kind", ["with a passphrase", "of a kind that SSH does not know"])
def test_a_host_key_that_the_server_cannot_use_is_named(site: Site, kind: str) -> None:
    key = site.settings().host_key
    key.parent.mkdir()
    key.touch(0o600)
    key.write_text(ED448)
    if kind == "with a passphrase":
        key.unlink()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(key)], check=True)

    with pytest.raises(BridgeError) as refused, site.serving():
        pass

    assert refused.value.subject == str(key)
    assert "no private key without passphrase" in refused.value.message


def test_many_that_make_the_host_key_at_once_agree_on_one(site: Site) -> None:
    shown: list[str] = []

    def serve() -> None:
        with site.serving() as server:
            shown.append(server.fingerprint)

    threads = [threading.Thread(target=serve) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(shown) == 6
    assert len(set(shown)) == 1


# --- the end ----------------------------------------------------------------------------------------------------------


def test_it_stops_within_seconds_whatever_its_guests_do(site: Site) -> None:
    site.pace = replace(QUICK, finish_within_s=0.5, first_delay_s=60, longest_delay_s=60)
    (site.outbox / "a.csv").write_text("x")
    guesses = []

    def guess(port: int) -> None:
        with pytest.raises((paramiko.SSHException, EOFError, OSError)), visiting(port, "wrong"):
            pass

    with site.serving() as server:
        silent = [socket.create_connection(("127.0.0.1", server.port), 8) for _ in range(3)]
        guesses = [threading.Thread(target=guess, args=(server.port,)) for _ in range(3)]
        for thread in guesses:
            thread.start()
        with visiting(server.port) as transport:
            Raw(transport).opened(b"/outbox/a.csv", READ_FLAG)
            time.sleep(1)
            began = time.monotonic()
            server.stop()
            took = time.monotonic() - began
        alive = [thread.name for thread in threading.enumerate() if thread.name.startswith("sftp-server")]
    for line in silent:
        line.close()
    for thread in guesses:
        thread.join(10)

    assert took < 4
    assert alive == []
    assert not server.is_serving


def test_stopping_what_never_started_or_stopped_before_is_nothing(site: Site) -> None:
    with site.serving() as server:
        server.stop()

    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), 2)
