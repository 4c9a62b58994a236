"""The walk of a new user: the commands of the README and the how-tos, as one chain of real processes.

Not for: what each piece promises by itself; the other tests of this folder say that.
"""

import asyncio
import contextlib
import json
import os
import pwd
import re
import shlex
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from grp import getgrgid
from pathlib import Path

import pytest

from tests.deploy.servers import ACCOUNT, Account, proxy, sshd
from tests.flow.bridge_process import ROOT, SAMPLES, free_port
from tests.support.needs import find, needs
from tests.support.patience import PATIENCE_S

pytestmark = [
    pytest.mark.timeout(120),
    needs("nginx", "sshd", "sftp", "ssh-keygen", "curl"),
    pytest.mark.skipif(os.getuid() != 0, reason="only root may start an sshd that locks an account into a folder"),
]

UNIT = (ROOT / "deploy/erp-bridge.service").read_text()
BARE = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "LANG": "C.UTF-8"}
"""What systemd gives to each service, and nothing of whoever runs the tests."""

OURS = {"PYTHONPATH": str(ROOT), "BRIDGE_NO_BOOTSTRAP": "1"}
BRIDGE = (sys.executable, "-m", "bridge")
KEY = "123e4567-e89b-12d3-a456-426614174000"
FILE = "ORDERS_48447_000001.csv"
CONFIRMED = ("48447", "Confirmed", "SO-1001")
ANSWER = "order_ref;erp_order_no;status\n48447;SO-1001;confirmed\n"

FOLDERS = """
directory = "{home}/erp/outbox"
staging   = "{home}/staging"
group     = "{group}"
"""
REST = """
[admin]
listen = "127.0.0.1:{admin}"
[journal]
database = "{home}/var/bridge.db"
backup   = "{home}/var/backup"
[targets.erp.answer]
directory  = "{home}/erp/inbox"
archive    = "{home}/archive"
quarantine = "{home}/quarantine"
"""


@dataclass(frozen=True)
class Site:
    """What the how-tos lay out: ``home`` stands for /srv/erp-bridge, ``etc`` for /etc/erp-bridge."""

    home: Path
    etc: Path
    orders: int = field(default_factory=free_port)
    admin: int = field(default_factory=free_port)
    norce: int = field(default_factory=free_port)

    @property
    def config(self) -> Path:
        return self.etc / "config.toml"

    @property
    def simulator(self) -> str:
        return f"http://127.0.0.1:{self.norce}"

    def environment(self, **more: str) -> Mapping[str, str]:
        return {**BARE, **OURS, "CREDENTIALS_DIRECTORY": str(self.etc / "credentials"), **more}

    async def erp_bridge(self, *words: str) -> str:
        return await said(*BRIDGE, "-c", str(self.config), *words, env=self.environment())


async def said(*words: str, env: Mapping[str, str] = BARE) -> str:
    """What a command says on stdout, once it has ended well."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, env=env, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    assert process.returncode == 0, (words, out.decode(), err.decode())
    return out.decode()


async def curl(*words: str) -> str:
    program = find("curl")
    assert program is not None
    return await said(program, "-sS", "--max-time", "10", "--fail-with-body", *words)


async def until(wanted: str, look: Callable[[], Awaitable[str]], within_s: float = PATIENCE_S) -> str:
    """What was seen, once ``wanted`` was in it."""
    seen = ""
    try:
        async with asyncio.timeout(within_s):
            while wanted not in (seen := await look()):  # noqa: ASYNC110 - another process makes it true
                await asyncio.sleep(0.2)
    except TimeoutError:
        pytest.fail(f"{wanted} was not seen within {within_s} s, but: {seen}")
    return seen


@contextlib.asynccontextmanager
async def running(*words: str, env: Mapping[str, str], cwd: Path, umask: int) -> AsyncIterator[None]:
    """A process that serves; ended by SIGTERM with the block, and expected to end with 0."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, env=env, cwd=cwd, umask=umask, stdout=pipe, stderr=pipe)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        told = await ended(process)
    assert process.returncode == 0, told


async def ended(process: asyncio.subprocess.Process) -> str:
    """What it said at the end; one that does not end by itself is killed."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
    return (await process.communicate())[1].decode()


def lay_out(home: Path) -> None:
    """The folders of "Install with systemd"; the bridge's side is root here."""
    for name in ("var", "staging", "archive", "quarantine"):
        (home / name).mkdir(mode=0o700)
    for name in ("erp/outbox", "erp/inbox"):
        (home / name).mkdir(parents=True)
        os.chown(home / name, 0, pwd.getpwnam(ACCOUNT).pw_gid)
        (home / name).chmod(0o2770)


async def settle(site: Site) -> str:
    """``init`` by its options, then the folders and the secrets of the how-to; the password for Norce."""
    secret = site.etc / "norce"
    secret.write_text("demo")
    options = {
        "--environment": "prod",
        "--listen": f"127.0.0.1:{site.orders}",
        "--application-key": KEY,
        "--base-url": f"{site.simulator}/commerce/connect/4.0",
        "--client-id": "demo",
        "--client-secret-file": str(secret),
    }
    told = json.loads(await site.erp_bridge("init", "--json", *(word for pair in options.items() for word in pair)))
    group = getgrgid(pwd.getpwnam(ACCOUNT).pw_gid).gr_name
    text = re.sub(r"^(password_hash|client_secret)_file .*\n", "", site.config.read_text(), flags=re.MULTILINE)
    text = text.replace("behind_proxy = true", 'trusted_proxies = ["127.0.0.1/32"]\nbehind_proxy = true')
    text = text.replace("[targets.erp]\n", f"[targets.erp]{FOLDERS.format(home=site.home, group=group)}")
    site.config.write_text(text + REST.format(home=site.home, admin=site.admin))
    hand_over(site)
    return str(told["password"])


def hand_over(site: Site) -> None:
    """Each secret that the unit loads, as systemd shows it; nothing of them stays where ``init`` wrote it."""
    made = site.etc / "secrets"
    secrets = {
        "receiver.password_hash": (made / "receiver").read_bytes(),
        "norce.client_secret": (made / "norce").read_bytes(),
        "admin.password": b"an admin's",
    }
    shutil.rmtree(made)
    folder = site.etc / "credentials"
    folder.mkdir(mode=0o700)
    for name in re.findall(r"^LoadCredential=([^:]+):", UNIT, re.MULTILINE):
        (folder / name).write_bytes(secrets[name])
        (folder / name).chmod(0o400)
    folder.chmod(0o500)


def from_unit(key: str) -> str:
    found = re.search(rf"^{key}=(.+)$", UNIT, re.MULTILINE)
    assert found is not None
    return found[1]


@contextlib.asynccontextmanager
async def service(site: Site) -> AsyncIterator[socket.socket]:
    """The bridge as the unit starts it; yields the socket on which it says how it stands, once that was READY."""
    start = from_unit("ExecStart").replace("/opt/erp-bridge/.venv/bin/erp-bridge", shlex.join(BRIDGE))
    words = shlex.split(start.replace("/etc/erp-bridge/config.toml", str(site.config)))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(site.etc / "notify"))
        listening.settimeout(20)
        environment = site.environment(NOTIFY_SOCKET=str(site.etc / "notify"))
        async with running(*words, env=environment, cwd=site.home, umask=int(from_unit("UMask"), 8)):
            assert await asyncio.to_thread(listening.recv, 100) == b"READY=1"
            yield listening
        assert await asyncio.to_thread(listening.recv, 100) == b"STOPPING=1"


@contextlib.asynccontextmanager
async def simulated_norce(site: Site) -> AsyncIterator[None]:
    words = (*BRIDGE, "simulate", "norce", "--listen", f"127.0.0.1:{site.norce}")

    async def answers() -> str:
        with contextlib.suppress(AssertionError):
            return await book_of(site)
        return "nothing"

    (site.etc / "elsewhere").mkdir()
    async with running(*words, env={**BARE, **OURS}, cwd=site.etc / "elsewhere", umask=0o022):
        await until("[]", answers)
        yield


async def order_by_https(site: Site, password: str, port: int, certificate: Path) -> str:
    """Norce's part by hand: the order through nginx, and a note of it in the simulator's book."""
    login = ("--cacert", str(certificate), "-u", f"norce:{password}", "-H", "Content-Type: application/json")
    body = f"@{SAMPLES / 'order.json'}"
    answer = await curl(*login, "--data-binary", body, f"https://127.0.0.1:{port}/orders")
    await curl("-d", '{"sent": {"ClientOrderRef": "48447"}}', f"{site.simulator}/sim/orders")
    return str(json.loads(answer)["StatusCode"])


async def fetch(erp: Account, work: Path) -> bytes:
    """The ERP's first part, by nothing but its account: wait for the file, get it, remove it."""

    async def outbox() -> str:
        return (await erp.sftp("ls -1 outbox"))[1]

    await until(FILE, outbox)
    code, words = await erp.sftp(f"get outbox/{FILE} {work}/", f"rm outbox/{FILE}")
    assert code == 0, words
    return (work / FILE).read_bytes()


async def answer_by_sftp(erp: Account, work: Path) -> None:
    """The ERP's second part: put, and rename once it is whole."""
    (work / "answer.csv").write_text(ANSWER)
    put = f"put {work}/answer.csv inbox/answer.csv.part"
    code, words = await erp.sftp(put, "rename inbox/answer.csv.part inbox/answer.csv")
    assert code == 0, words


async def book_of(site: Site) -> str:
    """The orders of the simulated Norce, with what it was told of each."""
    return await curl(f"{site.simulator}/sim/orders")


async def timeline_of(site: Site) -> str:
    return await site.erp_bridge("orders", "timeline", "48447")


async def test_a_new_users_first_order_comes_back_confirmed(
    jail: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lay_out(jail)
    site, work = Site(jail, tmp_path), tmp_path_factory.mktemp("erp")
    password = await settle(site)
    checked = await site.erp_bridge("check")

    async with asyncio.timeout(90), contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(simulated_norce(site))
        await stack.enter_async_context(service(site))
        port, certificate = await stack.enter_async_context(proxy(tmp_path / "nginx", site.orders))
        erp = await stack.enter_async_context(sshd(jail / "erp", work))
        answer = await order_by_https(site, password, port, certificate)
        fetched = await fetch(erp, work)
        await until("fetched", lambda: timeline_of(site))
        await answer_by_sftp(erp, work)
        book = json.loads(await until("Confirmed", lambda: book_of(site)))
        timeline = await until("SendOrderStatus", lambda: timeline_of(site))

    assert "✗" not in checked
    assert answer == "OK"
    assert b"ITEM001" in fetched
    assert [(one["ClientOrderRef"], one["OrderStatus"], one["ErpOrderNo"]) for one in book] == [CONFIRMED]
    assert re.findall(r"received|dropped|fetched|acknowledged|SendOrderStatus confirmed", timeline) == [
        "received",
        "dropped",
        "fetched",
        "acknowledged",
        "SendOrderStatus confirmed",
    ]
    assert [path.name for path in (jail / "archive").rglob("*.csv")] == ["answer.csv"]
