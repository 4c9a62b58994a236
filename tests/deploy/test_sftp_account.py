"""The OpenSSH sample for real: a chrooted account that fetches an order and answers it, by the ``sftp`` of everyday."""

import asyncio
import grp
import os
import pwd
import shutil
from pathlib import Path

import pytest

from tests.deploy.servers import ACCOUNT, sshd
from tests.flow.bridge_process import BridgeFolder, Norce
from tests.support.needs import needs

pytestmark = [
    pytest.mark.timeout(60),
    needs("sshd", "sftp", "ssh-keygen"),
    pytest.mark.skipif(os.getuid() != 0, reason="only root may start an sshd that locks an account into a folder"),
]


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
