"""How fast files go to and come from an SFTP server: the bridge against OpenSSH's own batch client, in one run.

``PYTHONPATH=. python bench/sftp.py``. Both speak to a real sshd on loopback over one connection. The bridge's part is
all of its work: journal, witness or listing, fsync here and there, one commit after another; the client's is a batch of
`put` to a temporary name and `rename`, then of `get` and `rm`, and syncs nothing. Not for: limits of hardware; figures
of two machines do not compare.
"""

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bridge import formats
from bridge.clock import SystemClock
from bridge.counters import Counters
from bridge.journal import Journal
from bridge.journal.records import Admission, Body, RenderedDrop
from bridge.retry import RetryPolicy
from bridge.stages.collect.stage import CollectPoint, CollectStage, Links
from bridge.stages.collect.steady import Rule
from bridge.stages.drop.stage import DropPoint, DropStage
from bridge.transports import Transport, pickup_of, sftp
from tests.transports.sshd import Sshd

ORDER = b"order_ref;part_no;qty;price\r\n" + b"48447;ITEM001;2;300.00\r\n" * 40
ANSWER = b'{"order_ref": "48447", "status": "confirmed", "erp_order_no": "SO-1001"}\n'
LOOK_EVERY_S = 0.01

log = logging.getLogger(__name__)


class Place:
    """A server, its two folders, and a bridge's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Sshd(folder)
        for name in ("in", "out", "inbox", "mine"):
            (folder / name).mkdir()

    def transport(self) -> Transport:
        """The bridge's way to the server."""
        folders = {"directory": str(self.folder / "in"), "answer_directory": str(self.folder / "out")}
        return sftp.build(self.server.options(**folders, timeout="20 s"))

    def fill(self, name: str, count: int, content: bytes) -> list[str]:
        """So many files in one of the folders."""
        names = [f"FILE_{number:06}.json" for number in range(count)]
        for one in names:
            (self.folder / name / one).write_bytes(content)
        return names


@contextmanager
def fresh() -> Iterator[Place]:
    """A place that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Place(Path(folder))
        try:
            yield place
        finally:
            place.server.close()


def admission(number: int, clock: SystemClock) -> Admission:
    """An order as the stage *receive* hands it to the journal."""
    name = f"FILE_{number:06}.json"
    drop = RenderedDrop("erp", True, "json", number + 1, name, f"{name}.part", "", ORDER)  # noqa: FBT003
    return Admission(
        order_ref=str(100_000 + number),
        application="demo",
        fingerprint=str(number),
        currency="SEK",
        amount="600.00",
        line_count=1,
        body=Body(b"{}", "application/json", "json"),
        request_id="bench",
        received_at=clock.now(),
        drops=(drop,),
    )


async def pushed(place: Place, count: int) -> float:
    """Seconds in which the bridge hands over so many files that are in its journal."""
    clock = SystemClock()
    journal = Journal(place.folder / "var/bridge.db", clock)
    await journal.open()
    for number in range(count):
        await journal.admit(admission(number, clock), keep_conflicts=True)
    transport, stop = place.transport(), asyncio.Event()
    await transport.plant("0" * 32, replace=False)
    await journal.set_identity("erp", "0" * 32, proven=True)
    stage = DropStage([DropPoint("erp", transport, "json")], journal, clock, Counters(), RetryPolicy())
    async with asyncio.TaskGroup() as group:
        began = time.monotonic()
        group.create_task(stage.run(stop))
        while await journal.drops.next_at("erp") is not None:  # noqa: ASYNC110 - asked like any reader
            await asyncio.sleep(LOOK_EVERY_S)
        took = time.monotonic() - began
        stop.set()
    await journal.close()
    assert sum(1 for _ in (place.folder / "in").glob("FILE_*")) == count
    return took


async def collected(place: Place, count: int) -> float:
    """Seconds in which so many files come into the inbox and leave the server, from the second look on."""
    clock, counters = SystemClock(), Counters()
    journal = Journal(place.folder / "var/bridge.db", clock)
    await journal.open()
    transport, stop = place.transport(), asyncio.Event()
    pickup = pickup_of(transport)
    assert pickup is not None
    quiet = timedelta(seconds=0.2)
    point = CollectPoint("erp", pickup, place.folder / "inbox", formats.build("json", {}), rule=Rule(quiet_for=quiet))
    links = Links(lambda _: True, lambda _, error: log.critical("paused: %s", error.line()), lambda: None)
    stage = CollectStage([point], journal, clock, counters, links)
    transport.pin("", "")
    async with asyncio.TaskGroup() as group:
        began = time.monotonic() + quiet.total_seconds()
        group.create_task(stage.run(stop))
        while any((place.folder / "out").iterdir()):  # noqa: ASYNC110 - the files go by another process's hands
            await asyncio.sleep(LOOK_EVERY_S)
        took = time.monotonic() - began
        stop.set()
    await transport.close()
    await journal.close()
    assert sum(1 for _ in (place.folder / "inbox").glob("FILE_*")) == count
    return took


def put_by_client(place: Place, count: int) -> float:
    """The same files by OpenSSH's client, each to a temporary name and renamed."""
    names = place.fill("mine", count, ORDER)
    there, mine = place.folder / "in", place.folder / "mine"
    commands = [
        word
        for name in names
        for word in (f"put {mine}/{name} {there}/.{name}", f"rename {there}/.{name} {there}/{name}")
    ]
    began = time.monotonic()
    place.server.batch(*commands)
    return time.monotonic() - began


def got_by_client(place: Place, count: int) -> float:
    """The same files by OpenSSH's client, each fetched and removed."""
    names = place.fill("out", count, ANSWER)
    there, mine = place.folder / "out", place.folder / "mine"
    commands = [word for name in names for word in (f"get {there}/{name} {mine}/{name}", f"rm {there}/{name}")]
    began = time.monotonic()
    place.server.batch(*commands)
    return time.monotonic() - began


def tell(what: str, count: int, ours: list[float], theirs: list[float]) -> None:
    """One line; the best round of each is the one that the rest of the machine disturbed least."""
    mine, other = count / min(ours), count / min(theirs)
    print(f"{what:<8} bridge {mine:6.0f} files/s   sftp batch {other:6.0f} files/s   ratio {mine / other:5.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=500, help="files a round (500)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds (2)")
    wanted = parser.parse_args()
    logging.disable(logging.WARNING)
    times: dict[str, list[float]] = {"push": [], "put": [], "collect": [], "get": []}
    for _ in range(wanted.rounds):
        with fresh() as place:
            times["put"].append(put_by_client(place, wanted.files))
        with fresh() as place:
            times["push"].append(asyncio.run(pushed(place, wanted.files)))
        with fresh() as place:
            times["get"].append(got_by_client(place, wanted.files))
        with fresh() as place:
            place.fill("out", wanted.files, ANSWER)
            times["collect"].append(asyncio.run(collected(place, wanted.files)))
    tell("push", wanted.files, times["push"], times["put"])
    tell("collect", wanted.files, times["collect"], times["get"])


if __name__ == "__main__":
    main()
