"""A real sshd of our own: loopback, a port of its own, keys made for it, one account (whoever runs the test).

Not for: locking anybody in; ``tests/deploy`` proves the sample that does.
"""

import getpass
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from bridge.transports import sftp
from tests.support.needs import find

CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host_key
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
AuthorizedKeysFile {place}/user_key.pub
Subsystem sftp internal-sftp
"""


class Sshd:
    """Serves until :meth:`close`; may be stopped in its tracks, started anew, given another host key."""

    def __init__(self, place: Path) -> None:
        self.place = place / "sshd"
        self.place.mkdir()
        self.port = _free_port()
        self.make_key("user_key")
        self.make_key("host_key")
        with suppress(OSError):  # where root runs it, it wants this; nobody else may make it, nor needs it
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        (self.place / "config").write_text(CONFIG.format(port=self.port, place=self.place))
        self.process = self.start()

    def options(self, **given: object) -> sftp.Options:
        """The settings for this server; ``given`` counts before them."""
        usual = {
            "host": "127.0.0.1",
            "port": self.port,
            "username": getpass.getuser(),
            "key_file": self.place / "user_key",
            "host_key": self.fingerprint(),
            "timeout": "5 s",
        }
        return sftp.Options.model_validate({**usual, **given})

    def make_key(self, name: str, kind: str = "ed25519") -> None:
        for file in (self.place / name, self.place / f"{name}.pub"):
            file.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", self.place / name], check=True)

    def fingerprint(self, name: str = "host_key") -> str:
        """As OpenSSH itself tells it."""
        told = subprocess.run(
            ["ssh-keygen", "-lf", self.place / f"{name}.pub"], check=True, capture_output=True, text=True
        )
        return told.stdout.split()[1]

    def start(self) -> "subprocess.Popen[bytes]":
        program = find("sshd")
        assert program is not None
        with (self.place / "log").open("ab") as log:
            process = subprocess.Popen(
                [program, "-D", "-e", "-f", self.place / "config"], stderr=log, start_new_session=True
            )
        self.process = process
        for _ in range(200):
            assert process.poll() is None, (self.place / "log").read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return process
            time.sleep(0.02)
        raise AssertionError((self.place / "log").read_text())

    def logins(self) -> int:
        """How often somebody was let in since the server was first started."""
        return (self.place / "log").read_text().count("Accepted publickey")

    def batch(self, *commands: str) -> str:
        """What OpenSSH's own client says to these commands, all of which must succeed."""
        client = find("sftp")
        assert client is not None
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "BatchMode=yes"]
        words = [word for option in options for word in ("-o", option)]
        key = ["-i", str(self.place / "user_key"), "-P", str(self.port)]
        command = [client, "-q", *words, *key, "-b", "-", f"{getpass.getuser()}@127.0.0.1"]
        said = "\n".join([*commands, ""])
        return subprocess.run(command, input=said, check=True, capture_output=True, text=True).stdout

    def restart(self) -> None:
        """End every session and serve anew, with the keys that lie there now."""
        self.close()
        self.start()

    def freeze(self) -> None:
        """Stop the server and all its sessions in their tracks: connections stay, nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for pid in _family(self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def close(self) -> None:
        self._signal(signal.SIGKILL)
        self.process.wait()


def _family(pid: int) -> list[int]:
    """A process that we started and everything below it."""
    found, grown = [pid], True
    while grown:
        children = [child for parent in found for child in _children(parent) if child not in found]
        found, grown = [*found, *children], bool(children)
    return found


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    with suppress(OSError):
        return [int(word) for word in tasks.read_text().split()]
    return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
