"""Orders pushed to somebody's server, as a whole bridge does it: what goes wrong there pauses that target alone."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.flow.bridge_process import AUTHORIZATION, SAMPLES, BridgeFolder
from tests.support.needs import needs
from tests.transports.odd_server import World, serving
from tests.transports.sshd import Sshd

pytestmark = [pytest.mark.timeout(60), needs("sshd", "ssh-keygen")]

SETTINGS = """
[applications.demo]
[applications.outlet]
key = "00000000-0000-0000-0000-00000000000a"
target = "store"
[targets.store]
answer = {{ directory = "inbox2" }}
directory = "outbox2"
staging = "outbox2/.staging"
[targets.erp]
transport = "sftp"
max_waiting_files = {most}
[targets.erp.sftp]
host = "127.0.0.1"
port = {port}
username = "{user}"
key_file = "{key}"
host_key = "{host_key}"
directory = "{directory}"
timeout = "{timeout}"
poll = "{poll}"
"""
OUTLET = {"ApplicationKey": "00000000-0000-0000-0000-00000000000a"}
Note = Callable[[str, object], None]
TOLD = "userauth-request for user"


@dataclass
class Erp:
    """The ERP behind the server, which takes every file at once."""

    folder: Path
    taken: list[tuple[int, str]] = field(default_factory=list)
    """When each file got its name, and the name."""

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator["Erp"]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._take())
            yield self
            task.cancel()

    async def _take(self) -> None:
        while True:
            for path in self.folder.glob("ORDERS_*"):
                self.taken.append((path.stat().st_ctime_ns, path.name))
                path.unlink()
            await asyncio.sleep(0.02)

    async def has(self, count: int, within_s: float) -> float:
        """How long it took until as many files came."""
        began = monotonic()
        async with asyncio.timeout(within_s):
            while len(self.taken) < count:  # noqa: ASYNC110 - another process brings them
                await asyncio.sleep(0.02)
        return monotonic() - began

    def references(self) -> list[str]:
        """The orders in the sequence in which their files got their names; a listing alone may miss one of two."""
        return [name.split("_")[1] for _, name in sorted(self.taken)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    (tmp_path / "remote").mkdir()
    server = Sshd(tmp_path)
    with (server.place / "config").open("a") as config:
        config.write("LogLevel DEBUG1\n")
    server.restart()
    yield server
    server.close()


@pytest.fixture
def erp(server: Sshd) -> Erp:
    return Erp(server.place.parent / "remote")


def configure(bridge: BridgeFolder, server: Sshd, *, timeout: str = "2 s", poll: str = "1 s", most: int = 500) -> None:
    options = server.options(directory=str(server.place.parent / "remote"))
    settings(bridge, dict(options), timeout=timeout, poll=poll, most=most)


def settings(bridge: BridgeFolder, options: dict[str, object], *, timeout: str, poll: str, most: int) -> None:
    for name in ("inbox2", "outbox2"):
        (bridge.folder / name).mkdir(exist_ok=True)
    words = {key: options[key] for key in ("port", "host_key", "directory")}
    words |= {"user": options["username"], "key": options["key_file"], "timeout": timeout, "poll": poll, "most": most}
    bridge.configure(rest=SETTINGS.format(**words))


async def post(bridge: BridgeFolder, ref: int, **more: object) -> tuple[int, float, str | None]:
    """An order's status, how long its answer took, and when to try again."""
    sample = json.loads((SAMPLES / "order.json").read_text())
    body = json.dumps({**sample, "ClientOrderRef": str(ref), **more}).encode()
    headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
    began = monotonic()
    url = f"http://127.0.0.1:{bridge.orders_port}/orders"
    async with ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        await response.read()
        return response.status, monotonic() - began, response.headers.get("Retry-After")


async def status(bridge: BridgeFolder) -> dict[str, Any]:
    _, text = await bridge.fetch("/api/v1/status")
    found: dict[str, Any] = json.loads(text)
    return found


async def alert(bridge: BridgeFolder, word: str, within_s: float) -> float:
    """How long until an alert of the target with this word in it stood."""
    began = monotonic()
    async with asyncio.timeout(within_s):
        while True:
            found = [text for text in map(str, (await status(bridge))["alerts"]) if "erp" in text and word in text]
            if found:
                return monotonic() - began
            await asyncio.sleep(0.1)


async def metric(bridge: BridgeFolder, name: str) -> str:
    _, text = await bridge.fetch("/metrics")
    return next(line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(f"bridge_{name}"))


def median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


async def stuck(bridge: BridgeFolder, server: Sshd, erp: Erp, within_s: float, note: Note) -> None:
    """The server is stopped in its tracks while orders come, and goes on; what must hold, and the figures."""
    async with bridge.running(), erp.at_work():
        before = [await post(bridge, 1000 + number) for number in range(20)]
        await erp.has(20, 10)
        stands = await metric(bridge, "sftp_connected")
        server.freeze()
        noticing = asyncio.create_task(alert(bridge, "paused", within_s))
        meanwhile = [await post(bridge, 2000 + number) for number in range(20)]
        noticed = await noticing
        meanwhile += [await post(bridge, 2020 + number) for number in range(20)]
        stuck = await metric(bridge, "sftp_connected")
        server.thaw()
        drained = await erp.has(60, 30)

    times = [median([took for _, took, _ in some]) for some in (before, meanwhile)]
    note("seconds", {"noticed": noticed, "drained": drained, "answers": times})
    assert {code for code, _, _ in (*before, *meanwhile)} == {200}
    assert times[1] < 2 * times[0] + 0.02
    assert (stands, stuck) == ("1.0", "0.0")
    assert erp.references() == [str(ref) for ref in (*range(1000, 1020), *range(2000, 2040))]


@pytest.mark.soak
async def test_a_server_stopped_in_its_tracks_is_noticed_and_orders_are_taken_as_before(
    bridge: BridgeFolder, record_property: Note, server: Sshd, erp: Erp
) -> None:
    configure(bridge, server)

    await stuck(bridge, server, erp, 8, record_property)


@pytest.mark.soak
@pytest.mark.timeout(150)
async def test_with_the_usual_times_a_stuck_server_is_noticed_within_30_s(
    bridge: BridgeFolder, record_property: Note, server: Sshd, erp: Erp
) -> None:
    configure(bridge, server, timeout="20 s", poll="30 s")

    await stuck(bridge, server, erp, 30, record_property)


@pytest.mark.soak
@pytest.mark.timeout(150)
async def test_with_the_usual_times_an_idle_stuck_server_is_noticed_within_30_s(
    bridge: BridgeFolder, record_property: Note, server: Sshd
) -> None:
    configure(bridge, server, timeout="20 s", poll="30 s")

    async with bridge.running():
        await asyncio.sleep(9)
        server.freeze()
        noticed = await alert(bridge, "silent", 32)
        server.thaw()

    record_property("noticed_s", noticed)
    assert noticed < 30


async def test_a_changed_host_key_sends_nothing_until_a_person_trusts_it_and_other_targets_go_on(
    bridge: BridgeFolder, record_property: Note, server: Sshd, erp: Erp
) -> None:
    configure(bridge, server)
    old = server.fingerprint()

    async with bridge.running(), erp.at_work():
        await post(bridge, 1)
        await erp.has(1, 10)
        server.make_key("host_key")
        server.restart()
        told = (server.place / "log").read_text().count(TOLD)
        answers = [await post(bridge, ref) for ref in range(2, 8)]
        noticed = await alert(bridge, server.fingerprint(), 60)
        await post(bridge, 100, Header=OUTLET)
        async with asyncio.timeout(5):
            while not list((bridge.folder / "outbox2").glob("ORDERS_100_*")):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
        logins = (server.place / "log").read_text().count(TOLD) - told
        lying = [path.name for path in erp.folder.iterdir() if not path.name.startswith(".bridge")]
        code, out, err = await bridge.command("target", "trust", "erp", "--because", "the owner told me by phone")
        await erp.has(7, 20)

    record_property("noticed_s", noticed)
    assert {status for status, _, _ in answers} == {200}
    assert (logins, lying) == (0, [])
    assert code == 0, err
    assert (old in out + err, server.fingerprint() in out + err) == (True, True)
    assert erp.references() == [str(ref) for ref in range(1, 8)]


async def fill(bridge: BridgeFolder) -> list[tuple[int, float, str | None]]:
    """Orders until one is answered otherwise than OK."""
    answers = []
    for ref in range(10, 20):
        answers.append(await post(bridge, ref))
        if answers[-1][0] != 200:
            break
    return answers


async def full_and_well_again(
    bridge: BridgeFolder, erp: Erp, reason: str, mend: Callable[[], object], note: Note
) -> None:
    """While the target is paused it takes up to its limit; then 503; the other target goes on; it ends by itself."""
    await alert(bridge, reason, 20)
    answers = await fill(bridge)
    other = await post(bridge, 100, Header=OUTLET)
    mend()
    admitted = sum(code == 200 for code, _, _ in answers)
    ended = await erp.has(2 + admitted, 45)
    note(reason, ended)

    assert [code for code, _, _ in answers][-2:] == [200, 503]
    assert answers[-1][2] is not None
    assert other[0] == 200
    taken = Counter(erp.references())
    assert set(taken.values()) == {1}
    assert erp.references() == sorted(erp.references(), key=int)
    assert (await post(bridge, 200))[0] == 200


@pytest.mark.soak
@pytest.mark.timeout(120)
@pytest.mark.parametrize("trouble", ["login", "folder"])
async def test_a_refused_login_and_a_missing_folder_pause_that_target_and_end_by_themselves(
    trouble: str, bridge: BridgeFolder, record_property: Note, server: Sshd, erp: Erp
) -> None:
    configure(bridge, server, most=4)
    keys = server.place / "user_key.pub"
    right, aside = keys.read_text(), erp.folder.with_name("aside")

    async with bridge.running(), erp.at_work():
        await post(bridge, 1)
        await erp.has(1, 10)
        if trouble == "login":
            keys.write_text("")
            server.restart()
        else:
            erp.folder.rename(aside)
        await post(bridge, 2)
        mend = (lambda: keys.write_text(right)) if trouble == "login" else (lambda: aside.rename(erp.folder))
        await full_and_well_again(bridge, erp, "login" if trouble == "login" else "folder", mend, record_property)


@pytest.mark.soak
@pytest.mark.timeout(120)
async def test_a_full_disk_pauses_that_target_and_ends_by_itself(
    bridge: BridgeFolder, record_property: Note, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path / "world")
    erp = Erp(world.outbox)

    async with serving(world, monkeypatch):
        settings(bridge, dict(world.options()), timeout="2 s", poll="1 s", most=4)
        async with bridge.running(), erp.at_work():
            await post(bridge, 1)
            await erp.has(1, 10)
            world.quota = 4
            await post(bridge, 2)

            def mend() -> None:
                world.quota = 1 << 40

            await full_and_well_again(bridge, erp, "room", mend, record_property)
