"""The verbs sftp, simulate sftp and simulate erp --over sftp, as people start them."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from bridge.cli._globals import Globals
from bridge.cli._settings import settings
from bridge.counters import Counters
from bridge.service.parts import sftp_settings, shares
from bridge.transports import Reading, sftp_server
from tests.cli.conftest import Verb
from tests.flow.bridge_process import free_port
from tests.support.needs import needs
from tests.support.patience import PATIENCE_S
from tests.transports.sftp_support import Client

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(60)
CONFIG = """
[sftp_server]
enabled = true
listen = "127.0.0.1:{port}"
password_file = "secrets/erp"
"""


@contextmanager
def started(home: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", *words],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BRIDGE_NO_BOOTSTRAP": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)


def words_of(process: "subprocess.Popen[str]") -> str:
    """What the verb says until it is up."""
    assert process.stderr is not None
    said = ""
    while "Ctrl-C" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


@contextmanager
def logged_in(said: str) -> Iterator[paramiko.SFTPClient]:
    """A client that types what the verb said."""
    found = re.search(r"port (\d+), user (\S+), password (\S+)", said)
    assert found is not None, said
    with paramiko.Transport(socket.create_connection(("127.0.0.1", int(found[1])), 8)) as transport:
        transport.start_client(timeout=20)
        assert transport.get_remote_server_key().fingerprint in said
        transport.auth_password(found[2], found[3])
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        yield client


def test_sftp_serves_the_folders_with_a_password_made_up_on_the_spot(home: Path) -> None:
    (home / "outbox/ORDERS_1.csv").write_text("order")

    with started(home, "sftp", "--port", "0", "--user", "wms") as process:
        said = words_of(process)
        with logged_in(said) as client:
            listed = client.listdir("/"), client.listdir("/outbox")
            with client.open("/outbox/ORDERS_1.csv") as file:
                content = file.read()
            with client.open("/inbox/a.csv", "wb") as file:
                file.write(b"answer")
        assert process.stdout is not None
        told = process.stdout.readline()

    assert listed == (["inbox", "outbox"], ["ORDERS_1.csv"])
    assert content == b"order"
    assert (home / "inbox/a.csv").read_text() == "answer"
    assert told == "ORDERS_1.csv fetched\n"
    assert "user wms" in said
    assert process.returncode == 0


def test_several_targets_have_a_folder_each(home: Path) -> None:
    (home / "config.toml").write_text('[applications.demo]\nkey = "k"\ntarget = "a"\n[targets.a]\n[targets.b]\n')

    with started(home, "sftp", "--port", "0") as process, logged_in(words_of(process)) as client:
        listed = client.listdir("/outbox"), client.listdir("/inbox")
        with client.open("/inbox/b/a.csv", "wb") as file:
            file.write(b"answer")

    assert listed == (["a", "b"], ["a", "b"])
    assert (home / "inbox/b/a.csv").exists()


def test_the_simulated_partner_takes_what_is_pushed(home: Path) -> None:
    with started(home, "simulate", "sftp", "--port", "0") as process, logged_in(words_of(process)) as client:
        with client.open("/in/.a.csv.part", "wb") as file:
            file.write(b"order")
        client.rename("/in/.a.csv.part", "/in/a.csv")

    assert (home / "var/partner/in/a.csv").read_text() == "order"
    assert process.returncode == 0


@pytest.fixture
def port(home: Path) -> int:
    chosen = free_port()
    (home / "secrets").mkdir(mode=0o700)
    (home / "secrets/erp").write_text("open sesame\n")
    (home / "secrets/erp").chmod(0o600)
    (home / "config.toml").write_text(CONFIG.format(port=chosen))
    return chosen


@needs("ssh-keygen")
@pytest.mark.parametrize("way", ["password", "key"])
def test_the_simulated_erp_fetches_and_answers_over_sftp(home: Path, port: int, way: str) -> None:
    words = ["--key", "keys/user_key"] if way == "key" else []
    if way == "key":
        (home / "keys").mkdir()
        Client(home / "keys").make_key()
        text = CONFIG.replace('password_file = "secrets/erp"', 'authorized_keys = "keys/user_key.pub"')
        (home / "config.toml").write_text(text.format(port=port))
    config = settings(Globals())
    seen: list[Reading] = []
    server = sftp_server(sftp_settings(config), shares(config), seen.append, Counters())
    server.start()
    try:
        (home / "outbox/a.csv").write_text("order_ref\n48447\n")
        with started(home, "simulate", "erp", "--over", "sftp", "--delay", "0.05", *words) as process:
            said = words_of(process)
            assert process.stdout is not None
            lines = [process.stdout.readline(), process.stdout.readline()]
    finally:
        server.stop()

    assert f"127.0.0.1:{port}" in said
    assert lines[0] == "a.csv taken: order 48447\n"
    assert "written: order 48447" in lines[1]
    assert [one.is_whole for one in seen] == [True]
    (answer,) = [path for path in (home / "inbox").iterdir() if path.is_file()]
    assert "48447" in answer.read_text()


def test_the_simulated_erp_says_when_no_server_is_there(verb: Verb, port: int) -> None:
    code, _, err = verb("simulate", "erp", "--over", "sftp")

    assert code == 69
    assert f"127.0.0.1:{port}" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("settings_text", "words", "says"),
    [
        ("", [], "enabled = true"),
        ('[sftp_server]\nenabled = true\nauthorized_keys = "keys"\n', [], "--key"),
        ("", ["--over", "folder", "--key", "keys"], "--over sftp"),
    ],
)
def test_the_simulated_erp_says_what_it_needs_for_sftp(
    verb: Verb, home: Path, settings_text: str, words: list[str], says: str
) -> None:
    (home / "config.toml").write_text(settings_text)

    code, _, err = verb("simulate", "erp", "--over", "sftp", *words)

    assert code == 2
    assert says in err


def test_a_key_of_the_simulated_erp_that_cannot_be_read_is_told_in_words(verb: Verb, home: Path, port: int) -> None:
    config = settings(Globals())
    (home / "key").write_text("no key")
    server = sftp_server(sftp_settings(config), shares(config), lambda _: None, Counters())
    server.start()
    try:
        told = [verb("simulate", "erp", "--over", "sftp", "--key", name) for name in ("key", "missing")]
    finally:
        server.stop()

    assert [code for code, _, _ in told] == [69, 69]
    assert all("key" in err and "Traceback" not in err for _, _, err in told), (port, told)


def test_a_taken_port_is_told_in_words(verb: Verb) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        code, _, err = verb("sftp", "--port", str(busy.getsockname()[1]))

    assert code == 75
    assert "another program" in err


def test_a_folder_that_cannot_be_made_is_told_in_words(verb: Verb, home: Path) -> None:
    (home / "outbox").rmdir()
    (home / "outbox").write_text("no folder")

    code, _, err = verb("sftp", "--port", "0")

    assert code == 73
    assert f"cannot make the folder {home / 'outbox'}" in err


def test_check_tells_of_the_server(verb: Verb, port: int) -> None:

    _, out, _ = verb("check")

    assert f"127.0.0.1:{port}, user erp by password; a host key is made at the first start" in out
