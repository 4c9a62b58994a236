"""The verb send, against a receiver that answers what it is told to; and the simulators as processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bridge.cli._sending import Reply, copies_of, samples
from bridge.norce.reports import is_plain_integer
from tests.cli.conftest import Verb
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests/samples"
OK = b'{"StatusCode":"OK","Description":"stored","HasErpOrderNo":false,"ErpOrderNo":null}'
OK_XML = b'<OrderResponse xmlns="x"><StatusCode>OK</StatusCode><HasErpOrderNo>false</HasErpOrderNo></OrderResponse>'
FAILED = b'{"StatusCode":"Failed","Description":"no such shop","HasErpOrderNo":false,"ErpOrderNo":null}'


class Receiver(HTTPServer):
    """Answers with what it holds, the last for ever, and keeps what came."""

    replies: list[tuple[int, bytes]]
    came: list[tuple[str, str, bytes]]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.came.append((self.headers["Authorization"], self.headers["Content-Type"], body))
        status, reply = server.replies[min(len(server.came), len(server.replies)) - 1]
        self.send_response(status)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(home: Path) -> Iterator[Receiver]:
    """A receiver that the settings in ``home`` name, with a plain password."""
    with Receiver(("127.0.0.1", 0), _Handler) as server:
        server.replies, server.came = [(200, OK)], []
        (home / "secrets").mkdir(mode=0o700)
        secret = home / "secrets/receiver"
        secret.touch(0o600)
        secret.write_text("p\n")
        (home / "config.toml").write_text(
            f'[receiver]\nlisten = "127.0.0.1:{server.server_port}"\npassword_file = "secrets/receiver"\n'
            '[norce]\nbase_url = "http://127.0.0.1:9/connect"\n'
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)


def test_a_file_is_posted_as_it_is_with_the_settings_login(verb: Verb, receiver: Receiver) -> None:
    code, out, _ = verb("send", str(SAMPLES / "order.json"))

    assert (code, out) == (0, "48447  OK: stored\n")
    ((authorization, content_type, body),) = receiver.came
    assert authorization == "Basic bm9yY2U6cA=="
    assert (content_type, body) == ("application/json", (SAMPLES / "order.json").read_bytes())


def test_xml_goes_out_and_comes_back_as_xml(verb: Verb, receiver: Receiver) -> None:
    receiver.replies = [(200, OK_XML)]

    code, out, _ = verb("send", str(SAMPLES / "order.xml"), "--json")

    assert code == 0
    assert receiver.came[0][1] == "application/xml"
    assert json.loads(out)["StatusCode"] == "OK"


def test_samples_come_under_fresh_plain_references(verb: Verb, receiver: Receiver) -> None:
    code, out, _ = verb("send", "--sample", "--count", "3")

    references = [json.loads(body)["ClientOrderRef"] for _, _, body in receiver.came]
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == references
    assert len(set(references)) == 3
    assert all(is_plain_integer(reference) for reference in references)


def test_a_repeat_must_get_the_same_answer(verb: Verb, receiver: Receiver) -> None:
    same, _, _ = verb("send", "--sample", "--repeat")
    receiver.replies = [(200, OK), (200, OK.replace(b"stored", b"again"))]
    receiver.came.clear()

    other, _, _ = verb("send", "--sample", "--repeat")

    bodies = [body for _, _, body in receiver.came]
    assert (same, other) == (0, 1)
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((200, FAILED), "Failed: no such shop"),
        ((503, b'{"detail":"busy"}'), "HTTP 503: busy"),
        ((500, b"oops"), "HTTP 500: oops"),
    ],
)
def test_any_answer_but_ok_ends_in_1(verb: Verb, receiver: Receiver, reply: tuple[int, bytes], said: str) -> None:
    receiver.replies = [reply]

    code, out, _ = verb("send", "--sample")

    assert code == 1
    assert said in out


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_ends_in_77_with_what_to_do(verb: Verb, receiver: Receiver, status: int) -> None:
    receiver.replies = [(status, b'{"type": "about:blank", "title": "Wrong password", "hint": "look there"}')]

    code, out, _ = verb("send", "--sample")

    assert code == 77
    assert out.endswith(f"HTTP {status}: Wrong password; look there\n")


@pytest.mark.parametrize("url", ["nonsense://x", "http://", "http://[", "http://x:port", "http://x:99999", ""])
def test_what_is_no_address_is_wrong_usage(verb: Verb, receiver: Receiver, url: str) -> None:
    code, _, err = verb("send", "--sample", "--to", url)

    assert (code, receiver.came) == (2, [])
    assert "write http://host:port" in err


def test_a_receiver_that_is_not_there_ends_in_69(verb: Verb, receiver: Receiver) -> None:
    assert receiver.server_port

    code, out, _ = verb("send", "--sample", "--to", "http://127.0.0.1:9/orders")

    assert code == 69
    assert "http://127.0.0.1:9/orders cannot be reached: connection refused" in out


def test_another_login_can_be_named(verb: Verb, receiver: Receiver, home: Path) -> None:
    (home / "password").write_text("q\n")

    code, _, _ = verb("send", "--sample", "--user", "me", "--password-file", "password")

    assert code == 0
    assert receiver.came[0][0] == "Basic bWU6cQ=="


@pytest.mark.parametrize("words", [(), ("--sample", "x.json"), ("--sample",)])
def test_wrong_usage_of_send_ends_in_2(verb: Verb, words: tuple[str, ...]) -> None:
    code, _, err = verb("send", *words)

    assert code == 2
    assert err


def test_copies_after_the_first_get_fresh_references_and_only_json_can_be_copied() -> None:
    made = list(copies_of((SAMPLES / "order.json").read_bytes(), 3))

    assert made[0].order_ref == "48447"
    assert len({letter.order_ref for letter in made}) == 3
    with pytest.raises(ValueError, match="only a JSON order"):
        list(copies_of((SAMPLES / "order.xml").read_bytes(), 2))


def test_a_sample_is_for_the_shop_of_the_settings() -> None:
    (letter,) = samples(1, "key-of-the-shop")

    assert json.loads(letter.body)["Header"] == {"ApplicationKey": "key-of-the-shop"}


def test_an_ok_under_another_status_code_is_none() -> None:
    assert Reply(200, OK.decode()).is_ok
    assert not Reply(202, OK.decode()).is_ok
    assert not Reply(200, "[1]").is_ok


# --- the simulators alone ---------------------------------------------------------------------------------------------


def started(home: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "bridge", "simulate", *words],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BRIDGE_NO_BOOTSTRAP": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_simulated_erp_runs_alone_over_a_targets_folders(home: Path) -> None:
    process = started(home, "erp", "--target", "erp", "--delay", "0.05")
    assert process.stderr is not None
    assert process.stdout is not None
    process.stderr.readline()

    (home / "outbox/a.csv").write_text("order_ref\n48447\n")
    said = [process.stdout.readline(), process.stdout.readline()]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)

    assert said[0] == "a.csv taken: order 48447\n"
    assert "written: order 48447" in said[1]
    assert process.returncode == 0


def test_the_simulated_norce_runs_alone_and_says_where(home: Path) -> None:
    process = started(home, "norce", "--listen", "127.0.0.1:0")
    assert process.stderr is not None

    said = process.stderr.readline()
    port = int(said.split("127.0.0.1:")[1].split("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        pass
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)

    assert "/identity/1.0/connect/token" in said
    assert process.returncode == 0
