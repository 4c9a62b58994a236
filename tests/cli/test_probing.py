"""The verbs that try a target's place: what they print, how they end, and that nothing is left."""

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.cli.conftest import Verb
from tests.support.needs import needs
from tests.transports.sshd import Sshd

WIDTH = 80
ROOT = Path(__file__).resolve().parents[2]
REFUSAL = b'{"error": "invalid_client"}'
TOKEN = b'{"access_token": "t", "expires_in": 3600}'


@pytest.fixture
def server(home: Path) -> Iterator[Sshd]:
    server = Sshd(home)
    yield server
    server.close()


def configure(home: Path, server: Sshd, host_key: str) -> None:
    options = server.options(directory="/x")
    (home / "config.toml").write_text(
        f"""
[targets.erp]
transport = "sftp"
[targets.erp.sftp]
host = "127.0.0.1"
port = {server.port}
username = "{options.username}"
key_file = "{options.key_file}"
host_key = "{host_key}"
directory = "{home}/outbox"
staging = "{home}/outbox/.staging"
timeout = "5 s"
""",
    )


@contextmanager
def norce(status: int, body: bytes) -> Iterator[int]:
    """A token endpoint that gives everybody this answer; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def scratch(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if "probe" in path.name or path.name == ".staging"]


def test_a_folder_is_probed_from_here_while_no_bridge_runs_and_the_words_say_so(verb: Verb, home: Path) -> None:
    code, out, err = verb("target", "probe", "erp")

    cells = [line.split("\t") for line in out.splitlines()]
    told = {row[1]: row[2] for row in cells}
    assert code == 0
    assert {len(row) for row in cells} == {5}
    assert (told["publishing"], told["delete"], told["dot names"]) == ("rename_noreplace", "works", "allowed, listed")
    assert told["file events"].startswith("after ")
    assert "the bridge does not run; nothing is kept" in err
    assert scratch(home) == []


def test_the_document_has_the_strategy_the_rows_and_the_facts(verb: Verb) -> None:
    code, out, _ = verb("target", "probe", "erp", "--json")

    told = json.loads(out)
    assert code == 0
    assert (told["target"], told["strategy"], told["ok"], told["kept"]) == ("erp", "rename_noreplace", True, False)
    assert {"name", "mark", "found", "means", "remedy"} == set(told["findings"][0])
    assert told["facts"]["renames"]["noreplace"] is True


def test_an_unknown_target_is_not_found_and_the_known_ones_are_named(verb: Verb) -> None:
    code, _, err = verb("target", "probe", "wms")

    assert code == 3
    assert "there are: erp" in err


def test_a_missing_folder_ends_in_1_with_its_remedy(verb: Verb, home: Path) -> None:
    (home / "outbox").rmdir()

    code, out, err = verb("target", "probe", "erp")

    assert code == 1
    assert "folder_missing" in out
    assert "target trust erp" in out
    assert "did not come to its end" in err


@needs("sshd", "ssh-keygen")
def test_a_server_that_is_away_ends_in_69_and_one_with_another_key_in_77(verb: Verb, home: Path, server: Sshd) -> None:
    pinned = server.fingerprint()
    configure(home, server, pinned)
    well = verb("target", "probe", "erp", "--json")
    server.make_key("host_key")
    server.restart()
    changed = verb("target", "probe", "erp")
    server.close()
    away = verb("target", "probe", "erp")

    assert [well[0], changed[0], away[0]] == [0, 77, 69]
    assert json.loads(well[1])["strategy"] == "posix_rename"
    assert all(text in changed[1] for text in (pinned, server.fingerprint(), "target trust erp"))
    assert "server_unreachable" in away[1]
    assert scratch(home) == []


@pytest.mark.timeout(30)
@needs("sshd", "ssh-keygen")
def test_on_a_terminal_of_80_columns_no_line_is_longer_and_every_finding_has_its_meaning(
    home: Path, server: Sshd
) -> None:
    configure(home, server, server.fingerprint())
    main, terminal = pty.openpty()
    words = [sys.executable, "-m", "bridge", "--no-color", "target", "probe", "erp"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BRIDGE_NO_BOOTSTRAP": "1", "COLUMNS": str(WIDTH)}

    done = subprocess.run(words, cwd=home, env=environment, stdout=terminal, stderr=subprocess.PIPE, check=False)
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(main, 65536):
            shown += piece
    except OSError:  # the terminal's other end is closed
        os.close(main)

    lines = shown.decode().replace("\r\n", "\n").splitlines()
    assert done.returncode == 0, done.stderr
    assert [line for line in lines if len(line) > WIDTH and str(home) not in line] == []  # a folder's name is not cut
    assert lines[1].split() == ["found", "what", "it", "means"]
    assert any(line.startswith("ok posix-rename      announced, works     files appear in one step") for line in lines)
    assert f"ok host key          {server.fingerprint()}" in lines


@needs("sshd", "ssh-keygen")
def test_check_online_asks_for_a_token_logs_in_renames_and_deletes(verb: Verb, home: Path, server: Sshd) -> None:
    configure(home, server, server.fingerprint())
    with norce(200, TOKEN) as port:
        for name, text in (("receiver", "demo"), ("norce", "secret")):
            (home / name).write_text(text)
        with (home / "config.toml").open("a") as settings:
            settings.write(
                f'[receiver]\npassword_file = "receiver"\n'
                f'[norce]\ntoken_url = "http://127.0.0.1:{port}/token"\nclient_secret_file = "norce"\n'
            )
        code, out, _ = verb("check", "--online", "--json")

    told = {one["name"]: one for one in json.loads(out)}
    names = ("Norce token", "login erp", "rename erp", "delete erp", "file events erp")
    assert [told[name]["mark"] for name in names] == ["ok"] * 5
    assert code == 0
    assert "secret" not in told["Norce token"]["seen"]
    assert scratch(home) == []


@pytest.mark.parametrize(("answers", "code"), [(True, 77), (False, 69)])
def test_check_online_ends_by_what_is_wrong_with_norce(verb: Verb, home: Path, *, answers: bool, code: int) -> None:
    with norce(400, REFUSAL) as port:
        url = f"http://127.0.0.1:{port if answers else 9}/token"
        for name in ("receiver", "norce"):
            (home / name).write_text("secret word")
        (home / "config.toml").write_text(
            f'[receiver]\npassword_file = "receiver"\n[norce]\ntoken_url = "{url}"\nclient_secret_file = "norce"\n'
        )
        ended, out, err = verb("check", "--online")

    assert ended == code
    assert "✗  Norce token" in out
    assert "secret word" not in out + err


def test_check_without_online_leaves_norce_alone(verb: Verb) -> None:
    assert "Norce" not in verb("check")[1]
