"""An examination by scratch names: the right way to publish for each place, a push that then succeeds, nothing left."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.transports import End, Findings, Server, Strategy, Surroundings, Transport, examined, folder, sftp
from bridge.transports._file_system import kind_of
from bridge.transports._findings_words import rows
from tests.support.needs import needs
from tests.transports.bench import IDENTITY, NEEDED, OTHER, VARIANTS, FolderBench, parcel
from tests.transports.odd_server import MANNERS, Manner, World, serving
from tests.transports.sftp_support import Site
from tests.transports.sshd import Sshd

PLAIN, ATOMIC, MARKER = Strategy.PLAIN, Strategy.ATOMIC, Strategy.MARKER
CHOSEN = {
    "as it should be": ATOMIC,
    "no posix-rename": PLAIN,
    "no rename": MARKER,
    "no overwrite, link and unlink": PLAIN,
    "copy and delete": PLAIN,
    "no stat after upload": ATOMIC,
    "drop box": ATOMIC,
    "instant pick-up": ATOMIC,
    "minute-only times": ATOMIC,
}
FACTS: dict[str, dict[str, object]] = {
    "as it should be": {"posix_announced": True, "replaces": False, "exclusive": True, "mtime_step_s": 1.0},
    "no posix-rename": {"posix_announced": False, "replaces": False},
    "no rename": {"replaces": None},
    "copy and delete": {"replaces": True},
    "no stat after upload": {"mtime_step_s": None, "mode": ""},
    "drop box": {"entries": None, "dot_names": ""},
    "minute-only times": {"mtime_step_s": 60.0, "skew_s": 0.0},
}


def scratch(place: Path) -> list[str]:
    """What an examination left, wherever it lies."""
    return sorted(str(path) for path in place.rglob("*probe*"))


async def push(transport: Transport, marker: str = "") -> list[End]:
    """One file by the way that was chosen; no other probe comes before it."""
    one = parcel(marker=marker)
    ends = [step.end for step in await transport.stage([one])]
    return [*ends, *[step.end for step in await transport.publish([one])]]


async def pushed(transport: Transport, marker: str = "") -> tuple[Findings, list[End]]:
    """Examined twice, before and after the identity is there; then a push, without the probe of a start."""
    first = await transport.examine(None)
    await transport.plant(IDENTITY, replace=False)
    await transport.probe(IDENTITY)
    found = await transport.examine(IDENTITY)
    ends = await push(transport, marker)
    await transport.close()
    assert first.strategy == found.strategy
    return found, ends


@pytest.fixture(params=[pytest.param(name, marks=NEEDED.get(name, ())) for name in VARIANTS])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FolderBench]:
    bench = VARIANTS[request.param](tmp_path)
    assert isinstance(bench, FolderBench)
    bench.outbox.mkdir(exist_ok=True)
    yield bench
    bench.close()


async def test_a_place_is_examined_a_push_succeeds_and_nothing_is_left(bench: FolderBench, tmp_path: Path) -> None:
    found, ends = await pushed(bench.transport)

    assert found.strategy in {Strategy.NEVER_REPLACES, ATOMIC}
    assert {row.name: row.found for row in rows(found) if row.grade != "ok"} == {}
    assert (found.identity, found.dot_names, found.exclusive, found.replaces) == ("ours", "listed", True, False)
    assert found.free
    assert (found.entries, found.skew_s) == (0, 0.0)
    assert ends == [End.STAGED, End.PUBLISHED]
    assert bench.finals() == {parcel().final: parcel().content}
    assert scratch(tmp_path) == []


async def test_before_the_first_start_nothing_at_all_is_left(bench: FolderBench) -> None:
    found = await bench.transport.examine(None)
    await bench.transport.close()

    assert found.identity == "new"
    assert found.trouble is None
    assert list(bench.outbox.iterdir()) == []


@pytest.mark.parametrize(("carried", "told"), [(OTHER, "other"), (None, "none")])
async def test_a_staging_folder_that_is_not_ours_is_told(
    carried: str | None, told: str, bench: FolderBench, tmp_path: Path
) -> None:
    if carried:
        await bench.transport.plant(carried, replace=False)

    found = await bench.transport.examine(IDENTITY)
    await bench.transport.close()

    assert found.identity == told
    assert scratch(tmp_path) == []


async def test_leftovers_of_a_process_that_died_are_cleared(bench: FolderBench, tmp_path: Path) -> None:
    await bench.transport.plant(IDENTITY, replace=False)
    for name in (".bridge-probe", ".bridge-probe.renamed"):
        for place in {bench.outbox, bench.outbox / ".staging"}:
            if place.is_dir():
                (place / name).write_bytes(b"left")

    found = await bench.transport.examine(IDENTITY)
    await bench.transport.close()

    assert found.trouble is None
    assert [name for name in scratch(tmp_path) if not name.endswith("/outbox/.bridge-probe")] == []


async def test_a_folder_that_is_gone_is_told_with_its_remedy(bench: FolderBench, tmp_path: Path) -> None:
    bench.outbox.rmdir()

    found = await bench.transport.examine(IDENTITY)
    await bench.transport.close()

    assert found.trouble is not None
    assert found.trouble.error == "folder_missing"
    assert scratch(tmp_path) == []


async def test_a_folder_in_memory_is_told_and_a_push_succeeds() -> None:
    if kind_of(Path("/dev/shm")) != "tmpfs":  # noqa: S108 - the one that every Linux has
        pytest.skip("there is no file system in memory here")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        bench = FolderBench(Path(place))
        bench.outbox.mkdir()
        found, ends = await pushed(bench.transport)

        assert (found.file_system, found.is_share, found.mtime_step_s) == ("tmpfs", False, 1e-9)
        assert found.strategy is Strategy.NEVER_REPLACES
        assert ends == [End.STAGED, End.PUBLISHED]
        assert scratch(Path(place)) == []


async def test_events_of_the_inbox_are_heard_and_timed(tmp_path: Path) -> None:
    (tmp_path / "outbox").mkdir()
    (tmp_path / "inbox").mkdir()
    options = folder.Options(directory=tmp_path / "outbox", staging=tmp_path / "outbox" / ".staging")
    transport = folder.build(options)

    found = await examined(transport.examine(None), Surroundings(tmp_path / "inbox", has_marker=False))
    missing = await examined(transport.examine(None), Surroundings(tmp_path / "nowhere", has_marker=False))
    await transport.close()

    assert found.events
    assert found.event_s
    assert found.event_s < 1
    assert missing.events is None
    assert scratch(tmp_path) == []


@pytest.mark.timeout(20)
@pytest.mark.parametrize("manner", MANNERS)
async def test_each_odd_server_gets_the_way_that_works_there(
    manner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, MANNERS[manner])
    world.expected[parcel().final] = parcel().content

    async with serving(world, monkeypatch):
        found, ends = await pushed(sftp.build(world.options()), world.manner.marker)
        world.take()

    assert found.strategy is CHOSEN[manner]
    assert found.trouble is None
    assert ends == [End.STAGED, End.PUBLISHED] if not world.manner.instant else [End.STAGED, End.PRESUMED]
    assert world.taken == [(parcel().final, parcel().content)]
    assert not world.partial
    assert scratch(tmp_path) == []
    assert {name: getattr(found, name) for name in FACTS.get(manner, {})} == FACTS.get(manner, {})


async def test_after_an_examination_files_go_the_way_that_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, MANNERS["as it should be"])

    async with serving(world, monkeypatch):
        transport = sftp.build(world.options())
        await transport.plant(IDENTITY, replace=False)
        await transport.probe(IDENTITY)
        world.manner = Manner(posix=False)
        refused = [step.end for step in [*await transport.stage([parcel()]), *await transport.publish([parcel()])]]
        found = await transport.examine(IDENTITY)
        (again,) = await transport.publish([parcel()])
        await transport.close()

    assert refused == [End.STAGED, End.FAILED]
    assert found.strategy is PLAIN
    assert again.end is End.PUBLISHED


async def cut_at(world: World, patch: pytest.MonkeyPatch) -> Findings:
    """One examination before the first start, cut at one request."""
    async with serving(world, patch):
        transport = sftp.build(world.options())
        found = await transport.examine(None)
        await transport.close()
    return found


@pytest.mark.parametrize("at", range(2, 70, 17))
async def test_a_cut_anywhere_leaves_nothing_behind(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, cut_at=at, how="after")

    found = await cut_at(world, monkeypatch)

    assert (found.trouble, found.strategy) == (None, ATOMIC)
    assert list(world.outbox.iterdir()) == []
    assert world.requests > at


@pytest.mark.parametrize("at", [5, 6])
async def test_a_cut_leaves_no_folder_where_nothing_may_be_looked_at(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, MANNERS["drop box"], cut_at=at, how="after")

    found = await cut_at(world, monkeypatch)

    assert found.trouble is None
    assert list(world.outbox.iterdir()) == []


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", ["before", "after", "within"])
@pytest.mark.parametrize("manner", MANNERS)
async def test_a_cut_at_every_single_request_leaves_nothing_behind(
    manner: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, requests = 1, 1
    while at <= requests:
        world = World(tmp_path / str(at), MANNERS[manner], cut_at=at, how=how)
        found = await cut_at(world, monkeypatch)
        left = [path.name for path in world.outbox.rglob("*")]
        assert (found.trouble, found.strategy, left) == (None, CHOSEN[manner], []), f"cut {how} request {at}"
        at, requests = at + 1, world.requests

    assert at > 30


@pytest.mark.parametrize(
    ("fault", "error"), [({"quota": 4}, "disk_full"), ({"may_write": False}, "folder_refused")], ids=("quota", "rights")
)
async def test_a_failure_in_the_middle_is_told_and_leaves_nothing(
    fault: dict[str, object], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    for name, value in fault.items():
        setattr(world, name, value)

    async with serving(world, monkeypatch):
        transport = sftp.build(world.options())
        found = await transport.examine(None)
        await transport.close()

    assert found.trouble is not None
    assert found.trouble.error == error
    assert list(world.outbox.iterdir()) == []


async def test_to_a_server_without_the_pinned_key_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    pinned = "SHA256:" + "A" * 43

    async with serving(world, monkeypatch):
        transport = sftp.build(world.options(host_key=pinned))
        found = await transport.examine(IDENTITY)
        await transport.close()

    assert found.trouble is not None
    assert (found.trouble.expected, found.trouble.shown) == (pinned, world.host.get_fingerprint("sha256"))
    told = {row.name: row.found for row in rows(found)}
    assert (told["host key pinned"], told["host key shown"]) == (pinned, found.trouble.shown)
    assert "target trust" in " ".join(row.remedy for row in rows(found))
    assert world.requests == 0


@pytest.mark.timeout(20)
@needs("sshd", "ssh-keygen")
async def test_openssh_hears_no_login_from_us_while_it_shows_another_key(tmp_path: Path) -> None:
    server = Sshd(tmp_path)
    try:
        transport = sftp.build(server.options(directory=str(tmp_path), host_key="SHA256:" + "B" * 43))
        found = await transport.examine(None)
        await transport.close()
        said = (server.place / "log").read_text()
    finally:
        server.close()

    assert found.trouble is not None
    assert found.trouble.error == "host_key_changed"
    assert not {"Accepted", "user"} & set(said.split())


async def test_orders_pushed_into_another_bridge_s_server_arrive_whole_and_once(tmp_path: Path) -> None:
    site = Site(tmp_path)

    def transport(server: Server) -> Transport:
        place = {"host": "127.0.0.1", "port": server.port, "username": "erp", "directory": "/inbox"}
        return sftp.build(sftp.Options(**place, key_file=site.client.key, host_key=server.fingerprint))

    with site.serving() as server:
        found, first = await pushed(transport(server))
        another = transport(server)
        await another.probe(IDENTITY)
        again = await another.publish([parcel()])
        (site.inbox / parcel().final).unlink()
        missing = await another.missing([parcel().final])
        late = await another.publish([parcel()])
        await another.close()

    assert found.strategy is Strategy.PLAIN
    assert first == [End.STAGED, End.PUBLISHED]
    assert [step.end for step in again] == [End.PUBLISHED]
    assert missing == {parcel().final}
    assert [step.end for step in late] == [End.PRESUMED]
    assert site.names() == [".bridge-identity"]


def test_every_odd_manner_has_its_way() -> None:
    assert set(CHOSEN) == set(MANNERS)
