"""nginx and sshd with the samples of ``deploy/``, as real processes beside a real bridge.

Not for: what a test promises of them.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.flow.bridge_process import ROOT, free_port
from tests.flow.test_tls import make_certificate
from tests.support.needs import find
from tests.support.patience import PATIENCE_S

NGINX_SAMPLE = ROOT / "deploy/nginx.conf"
AROUND_NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/bridge.conf;
}}
"""

SSHD_SAMPLE = ROOT / "deploy/sshd_erp.conf"
ACCOUNT = "nobody"
"""Stands for ``erp``: an account that each machine has and that owns nothing."""

AROUND_SSHD = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
UsePAM no
StrictModes no
Subsystem sftp internal-sftp
"""


@contextlib.asynccontextmanager
async def proxy(folder: Path, orders_port: int) -> AsyncIterator[tuple[int, Path]]:
    """nginx with the sample, its ports and its certificate exchanged; yields its port and the certificate."""
    port = free_port()
    folder.mkdir()  # noqa: ASYNC240 - one folder, in a test
    certificate = make_certificate(folder)
    exchanged = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "    listen [::]:443 ssl;\n": "",
        "127.0.0.1:8080": f"127.0.0.1:{orders_port}",
        "/etc/letsencrypt/live/orders.example.com/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/orders.example.com/privkey.pem": str(folder / "key.pem"),
    }
    (folder / "bridge.conf").write_text(_with(NGINX_SAMPLE, exchanged))
    (folder / "nginx.conf").write_text(AROUND_NGINX.format(folder=folder))
    async with _server("nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), port=port):
        yield port, certificate


@dataclass(frozen=True)
class Account:
    """How the ERP reaches its folders."""

    port: int
    keys: Path

    async def sftp(self, *commands: str) -> tuple[int | None, str]:
        """Run commands as a batch; the exit code, and everything that was said."""
        client = find("sftp")
        assert client is not None
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "BatchMode=yes"]
        words = [word for option in options for word in ("-o", option)]
        process = await asyncio.create_subprocess_exec(
            client,
            "-q",
            *words,
            *("-i", str(self.keys / "user_key"), "-P", str(self.port), "-b", "-", f"{ACCOUNT}@127.0.0.1"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate("\n".join([*commands, ""]).encode())
        return process.returncode, said.decode()


@contextlib.asynccontextmanager
async def sshd(jail: Path, keys: Path) -> AsyncIterator[Account]:
    """A real sshd with the sample, its paths and its account exchanged."""
    port = free_port()
    keys.chmod(0o755)  # noqa: ASYNC240 - a few bytes, in a test
    for name in ("host_key", "user_key"):
        await _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name))
    exchanged = {
        "Match User erp": f"Match User {ACCOUNT}",
        "ChrootDirectory /srv/erp-bridge/erp": f"ChrootDirectory {jail}",
        "/etc/ssh/erp_keys/%u": f"{jail.parent}/{jail.name}/.keys",
    }
    shutil.copy(keys / "user_key.pub", jail / ".keys")
    (keys / "sshd_config").write_text(AROUND_SSHD.format(port=port, folder=keys) + _with(SSHD_SAMPLE, exchanged))
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # noqa: ASYNC240 - a few bytes, in a test
    async with _server("sshd", "-D", "-e", "-f", str(keys / "sshd_config"), port=port):
        yield Account(port, keys)


def _with(sample: Path, exchanged: dict[str, str]) -> str:
    """The sample's text, each of its own values exchanged for the test's."""
    text = sample.read_text()
    for old, new in exchanged.items():
        assert old in text
        text = text.replace(old, new)
    return text


async def _run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words)
    assert await process.wait() == 0


@contextlib.asynccontextmanager
async def _server(tool: str, *words: str, port: int) -> AsyncIterator[None]:
    """The server once it listens; ended with the block."""
    program = find(tool)
    assert program is not None
    process = await asyncio.create_subprocess_exec(program, *words, stderr=asyncio.subprocess.PIPE)
    try:
        await _listening(port, process)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            assert process.returncode is None, (await process.communicate())[1].decode()
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.05)
