"""A folder with settings and a bridge in it: what is measured. A real process, real ports, real syncs.

Not for: measuring (``core_loop.py``), nor for making load (``load.py``).
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "tests/samples/order.json"
PASSWORD = "measured"  # noqa: S105 - of a service that lives for seconds on loopback
READY_WITHIN_S = 15.0
LOOK_EVERY_S = 0.01

SETTINGS = """
[receiver]
listen = "127.0.0.1:{orders}"
password_file = "secrets/receiver"
[admin]
listen = "127.0.0.1:{admin}"
[norce]
base_url = "http://127.0.0.1:{norce}/connect"
token_url = "http://127.0.0.1:{norce}/token"
client_secret_file = "secrets/norce"
requests_per_minute = 100000
report_after = "0 s"
[journal]
backup = ""
[targets.erp]
max_waiting_files = 1000000
[targets.erp.answer]
patterns = ["*.csv"]
finished = "rename"
"""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Place:
    """One bridge's folder with its settings; ``orders`` and ``admin`` are its ports."""

    def __init__(self, folder: Path, norce_port: int) -> None:
        self.folder = folder
        self.orders, self.admin = free_port(), free_port()
        (folder / "secrets").mkdir(parents=True, mode=0o700)
        for name in ("receiver", "norce"):
            secret = folder / "secrets" / name
            secret.write_text(PASSWORD)
            secret.chmod(0o600)
        ports = {"orders": self.orders, "admin": self.admin, "norce": norce_port}
        (folder / "config.toml").write_text(SETTINGS.format(**ports))
        (folder / "inbox").mkdir()
        self.outbox = folder / "outbox"

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """The service as a process of its own, ready; ended by SIGTERM."""
        with (self.folder / "service.log").open("wb") as log:
            words = [sys.executable, "-m", "bridge", "run"]
            process = subprocess.Popen(words, cwd=self.folder, env=environment(), stdout=log, stderr=log)
            try:
                self._until_ready(process)
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
        assert process.returncode == 0, (self.folder / "service.log").read_text()[-2000:]

    def _until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            assert process.poll() is None, (self.folder / "service.log").read_text()[-2000:]
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/readyz", timeout=2).close()
                return
            time.sleep(LOOK_EVERY_S)
        raise TimeoutError("the service did not become ready")

    def published(self) -> int:
        """How many finished order files lie in the outbox."""
        return sum(1 for _ in self.outbox.glob("ORDERS_*"))

    def until_published(self, count: int) -> float:
        """The moment at which so many files lie there."""
        while self.published() < count:
            time.sleep(LOOK_EVERY_S)
        return time.monotonic()


def environment() -> dict[str, str]:
    """What a process of the bench needs to find the bridge of this checkout."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "BRIDGE_NO_BOOTSTRAP": "1"}


def body(ref: int) -> bytes:
    """The sample order under another reference."""
    return json.dumps({**json.loads(SAMPLE.read_text()), "ClientOrderRef": ref}).encode()
