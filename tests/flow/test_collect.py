"""The whole bridge as a process, its ERP behind somebody's OpenSSH server, and a person with OpenSSH's own client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.bridge_process import BridgeFolder, Norce
from tests.flow.test_sftp_server import timeline
from tests.support.needs import needs
from tests.transports.sftp_support import until
from tests.transports.sshd import Sshd

pytestmark = [needs("sshd", "sftp", "ssh-keygen"), pytest.mark.timeout(60)]
TARGET = """
[targets.erp]
transport = "sftp"
[targets.erp.sftp]
host = "127.0.0.1"
port = {server.port}
username = "{user}"
key_file = "{server.place}/user_key"
host_key = "{key}"
directory = "{place}/in"
staging = "{place}/in/.staging"
answer_directory = "{place}/out"
answer_after = "move"
answer_archive = "{place}/out/done"
poll = "0.5 s"
"""
CONFIRMED = "order_ref;erp_order_no;status\r\n48447;SO-1001;confirmed\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    server = Sshd(tmp_path)
    for folder in ("in", "out/done"):
        (server.place / "erp" / folder).mkdir(parents=True)
    yield server
    server.close()


async def test_an_order_is_pushed_taken_answered_and_confirmed_by_way_of_somebody_s_server(
    bridge: BridgeFolder, norce: Norce, server: Sshd, tmp_path: Path
) -> None:
    place = server.place / "erp"
    options = server.options(directory="/x")
    words = {"server": server, "user": options.username, "key": server.fingerprint(), "place": place}
    bridge.configure(rest=TARGET.format(**words))
    mine = tmp_path / "mine.csv"
    mine.write_text(CONFIRMED, newline="")

    async with bridge.running():
        await bridge.order()
        await bridge.state_of("48447", "dropped")
        (file,) = place.glob("in/ORDERS_*")
        server.batch(f"get {file} {tmp_path}/got", f"rm {file}")
        fetched = await timeline(bridge, "fetched")
        server.batch(f"put {mine} {place}/out/answer.csv")
        document = await bridge.state_of("48447", "reported")
        await until((place / "out/done/answer.csv").exists)
        told = await timeline(bridge, "acknowledged")
        _, metrics = await bridge.fetch("/metrics")

    assert (tmp_path / "got").read_text().startswith("order_ref")
    assert file.name in fetched
    assert document["drops"][0]["taken_at"]
    assert norce.calls[0]["ErpOrderNo"] == "SO-1001"
    assert "collected from its server" in told
    assert [path.name for path in (place / "out").iterdir()] == ["done"]
    assert 'bridge_answers_collected_total{target="erp"} 1.0' in metrics
    assert list((bridge.folder / "inbox/archive").rglob("answer.csv"))
