"""The OpenSSH sample for real: a chrooted account that fetches an order and answers it, by the ``sftp`` of everyday."""

import asyncio
import contextlib
import grp
import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flow.bridge_process import ROOT, BridgeFolder, Norce, free_port
from tests.support.needs import find, needs

pytestmark = [
    pytest.mark.timeout(60),
    needs("sshd", "sftp", "ssh-keygen"),
    pytest.mark.skipif(os.getuid() != 0, reason="only root may start an sshd that locks an account into a folder"),
]

SAMPLE = ROOT / "deploy/sshd_erp.conf"
ACCOUNT = "nobody"
"""Stands for ``erp``: an account that each machine has and that owns nothing."""

AROUND = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
UsePAM no
StrictModes no
Subsystem sftp internal-sftp
"""


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


@pytest.fixture
def jail() -> Iterator[Path]:
    """A folder of root's all the way up, writable by nobody else, as sshd demands; pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-jail-", dir="/srv"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextlib.asynccontextmanager
async def sshd(jail: Path, keys: Path) -> AsyncIterator[Account]:
    """A real sshd with the sample, its paths and its account exchanged."""
    port, server = free_port(), find("sshd")
    assert server is not None
    keys.chmod(0o755)  # noqa: ASYNC240 - a few bytes, in a test
    for name in ("host_key", "user_key"):
        await _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name))
    sample = SAMPLE.read_text()
    exchanged = {
        "Match User erp": f"Match User {ACCOUNT}",
        "ChrootDirectory /srv/erp-bridge/erp": f"ChrootDirectory {jail}",
        "/etc/ssh/erp_keys/%u": f"{jail.parent}/{jail.name}/.keys",
    }
    for old, new in exchanged.items():
        assert old in sample
        sample = sample.replace(old, new)
    shutil.copy(keys / "user_key.pub", jail / ".keys")
    (keys / "sshd_config").write_text(AROUND.format(port=port, folder=keys) + sample)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # noqa: ASYNC240 - a few bytes, in a test
    process = await asyncio.create_subprocess_exec(
        server, "-D", "-e", "-f", str(keys / "sshd_config"), stderr=asyncio.subprocess.PIPE
    )
    account = Account(port, keys)
    try:
        await _answering(port, process)
        yield account
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()


async def _run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words)
    assert await process.wait() == 0


async def _answering(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(8):
        while True:
            assert process.returncode is None, (await process.communicate())[1].decode()
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.05)


def share(jail: Path, bridge: BridgeFolder) -> None:
    """The folders of the how-to: both belong to the bridge's side, the ERP's group may read, write and remove."""
    group = pwd.getpwnam(ACCOUNT).pw_gid
    for shared in ("outbox", "inbox"):
        folder = jail / shared
        folder.mkdir()
        os.chown(folder, 0, group)
        folder.chmod(0o2770)
    name = grp.getgrgid(group).gr_name
    (jail / "outside").write_text("not for the ERP to change")
    staging = jail.parent / f"{jail.name}-staging"
    text = (bridge.folder / "config.toml").read_text()
    folders = f'[targets.erp]\ndirectory = "{jail}/outbox"\nstaging = "{staging}"\ngroup = "{name}"\n'
    answers = f'[targets.erp.answer]\ndirectory = "{jail}/inbox"\n'
    (bridge.folder / "config.toml").write_text(text.replace("[targets.erp.answer]\n", folders + answers))


async def test_the_erp_fetches_an_order_and_its_answer_confirms_it(
    bridge: BridgeFolder, norce: Norce, jail: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    share(jail, bridge)
    work = tmp_path_factory.mktemp("erp")
    (work / "answer.csv").write_text("order_ref;erp_order_no;status\r\n48447;SO-1001;confirmed\r\n")
    name = "ORDERS_48447_000001.csv"

    try:
        async with sshd(jail, work) as erp, bridge.running():
            await bridge.order()
            await bridge.state_of("48447", "dropped")
            fetched = await erp.sftp(f"get outbox/{name} {work}/", f"rm outbox/{name}")
            answered = await erp.sftp(
                f"put {work}/answer.csv inbox/answer.csv.part", "rename inbox/answer.csv.part inbox/answer.csv"
            )
            reported = await bridge.state_of("48447", "reported")
            locked_in = await erp.sftp("ls /", "ls /etc")
            changed = await erp.sftp(f"put {work}/answer.csv outside")
    finally:
        shutil.rmtree(jail.parent / f"{jail.name}-staging", ignore_errors=True)

    assert fetched[0] == 0, fetched[1]
    assert answered[0] == 0, answered[1]
    assert b"ITEM001" in (work / name).read_bytes()
    assert norce.calls == [{"ClientOrderRef": 48447, "ErpOrderNo": "SO-1001", "OrderStatus": "Confirmed"}]
    assert reported["erp_order_no"] == "SO-1001"
    assert locked_in[0] != 0
    assert "outbox" in locked_in[1]
    assert changed[0] != 0


async def test_the_account_gets_no_shell(jail: Path, tmp_path: Path) -> None:
    async with sshd(jail, tmp_path) as erp:
        process = await asyncio.create_subprocess_exec(
            "ssh",
            *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"),
            *("-i", str(erp.keys / "user_key"), "-p", str(erp.port), f"{ACCOUNT}@127.0.0.1", "id"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()

    assert b"uid=" not in said
