"""The folder's own promises: rights, links, disks, and what a crash leaves between two steps."""

import grp
import json
import os
import platform
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports import End, Parcel, PausedError, Transport, folder
from bridge.transports._rename import exists, rename_new, rename_unless_there
from tests.support.disks import make_read_only, make_writable, seen_again_at, small_disk
from tests.transports.bench import IDENTITY, OTHER, FolderBench, parcel

WITHOUT_FLAG = Path(__file__).parent.parent / "support" / "without_renameat2.py"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[FolderBench]:
    bench = FolderBench(tmp_path)
    await bench.transport.plant(IDENTITY, replace=False)
    await bench.transport.probe(IDENTITY)
    yield bench
    await bench.transport.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as place:
        yield place


def build(outbox: Path, staging: Path | None = None, **options: str) -> Transport:
    return folder.build(folder.Options(directory=outbox, staging=staging or outbox / ".staging", **options))


def rights(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


async def ends(transport: Transport, *parcels: Parcel) -> list[End]:
    return [step.end for step in await transport.publish(parcels)]


# --- the recovery table of notes/reliability.md 1.5 -------------------------------------------------------------------


async def test_staged_and_both_names_of_one_inode_is_published_once(bench: FolderBench) -> None:
    await bench.transport.stage([parcel()])
    (bench.outbox / parcel().final).hardlink_to(bench.staging / parcel().staging)

    found = await ends(bench.transport, parcel())

    assert found == [End.PUBLISHED]
    assert bench.staged() == {}
    assert bench.finals() == {parcel().final: parcel().content}


async def test_staged_and_a_stranger_s_inode_is_a_collision_and_both_files_stay(bench: FolderBench) -> None:
    await bench.transport.stage([parcel()])
    bench.put_final(parcel().final, parcel().content)
    stranger = (bench.outbox / parcel().final).stat()

    found = await ends(bench.transport, parcel())

    after = (bench.outbox / parcel().final).stat()
    assert found == [End.COLLISION]
    assert (after.st_ino, after.st_mtime_ns) == (stranger.st_ino, stranger.st_mtime_ns)
    assert bench.staged() == {parcel().staging: parcel().content}


@pytest.mark.parametrize("kind", ["folder", "link to a file", "dangling link"])
async def test_whatever_has_the_final_name_is_left_alone(bench: FolderBench, kind: str) -> None:
    final, elsewhere = bench.outbox / parcel().final, bench.place / "elsewhere"
    if kind == "folder":
        final.mkdir()
    else:
        final.symlink_to(elsewhere)
    if kind == "link to a file":
        elsewhere.write_bytes(b"a stranger's")
    await bench.transport.stage([parcel()])

    found = await ends(bench.transport, parcel())

    assert found == [End.COLLISION]
    assert final.is_dir() or final.is_symlink()
    assert not elsewhere.exists() or elsewhere.read_bytes() == b"a stranger's"


async def test_a_crash_between_file_and_marker_is_finished_by_the_marker(bench: FolderBench) -> None:
    marked = parcel(marker=".done", verify=True)
    await bench.transport.stage([marked])
    (bench.staging / marked.staging).rename(bench.outbox / marked.final)

    found = await ends(bench.transport, marked)

    assert found == [End.PUBLISHED]
    assert bench.finals() == {marked.final: marked.content, marked.marker: b""}
    assert bench.staged() == {}


async def test_a_marker_that_is_there_already_is_left_as_it_is(bench: FolderBench) -> None:
    marked = parcel(marker=".done")
    await bench.transport.stage([marked])
    bench.put_final(marked.marker, b"a stranger's")

    found = await ends(bench.transport, marked)

    assert found == [End.PUBLISHED]
    assert bench.finals()[marked.marker] == b"a stranger's"
    assert bench.staged() == {}


# --- rights and links -------------------------------------------------------------------------------------------------


@pytest.fixture
def narrow_mask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("narrow_mask")
async def test_finished_files_have_the_rights_that_were_set_whatever_the_mask(tmp_path: Path) -> None:
    transport = build(tmp_path / "outbox", mode="0664")
    await transport.plant(IDENTITY, replace=False)
    await transport.probe(IDENTITY)
    marked = parcel(marker=".done")
    await transport.stage([marked])

    await transport.publish([marked])

    await transport.close()
    assert rights(tmp_path / "outbox" / marked.final) == "0o664"
    assert rights(tmp_path / "outbox" / marked.marker) == "0o664"


@pytest.mark.usefixtures("narrow_mask")
async def test_the_staging_folder_is_ours_alone_and_the_outbox_we_make_is_shared(tmp_path: Path) -> None:
    transport = build(tmp_path / "outbox")

    await transport.plant(IDENTITY, replace=False)

    await transport.close()
    assert rights(tmp_path / "outbox") == "0o2770"
    assert rights(tmp_path / "outbox" / ".staging") in {"0o700", "0o2700"}
    assert rights(tmp_path / "outbox" / ".staging" / ".bridge-identity") == "0o600"


async def test_an_outbox_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    outbox.chmod(0o755)
    transport = build(outbox)

    await transport.plant(IDENTITY, replace=False)

    await transport.close()
    assert rights(outbox) == "0o755"


@pytest.fixture
def other_group() -> str:
    """A group that we may give files to and that is not our own."""
    if os.geteuid() == 0:
        return next(entry.gr_name for entry in grp.getgrall() if entry.gr_gid not in {0, os.getegid()})
    mine = [gid for gid in os.getgroups() if gid != os.getegid()]
    if not mine:
        pytest.skip("needs a second group")
    return grp.getgrgid(mine[0]).gr_name


async def test_finished_files_belong_to_the_group_that_was_set(tmp_path: Path, other_group: str) -> None:
    transport = build(tmp_path / "outbox", group=other_group)
    await transport.plant(IDENTITY, replace=False)
    await transport.probe(IDENTITY)
    await transport.stage([parcel()])

    await transport.publish([parcel()])

    await transport.close()
    assert (tmp_path / "outbox" / parcel().final).group() == other_group
    assert (tmp_path / "outbox").group() == other_group


async def test_finished_files_get_the_group_of_an_outbox_that_hands_its_group_down(
    tmp_path: Path, other_group: str
) -> None:
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    os.chown(outbox, -1, grp.getgrnam(other_group).gr_gid)
    outbox.chmod(0o2770)
    transport = build(outbox)
    await transport.plant(IDENTITY, replace=False)
    await transport.probe(IDENTITY)
    await transport.stage([parcel()])

    await transport.publish([parcel()])

    await transport.close()
    assert (outbox / parcel().final).group() == other_group


async def test_a_group_that_does_not_exist_pauses_and_says_so(tmp_path: Path) -> None:
    transport = build(tmp_path / "outbox")
    await transport.plant(IDENTITY, replace=False)
    await transport.close()
    misspelt = build(tmp_path / "outbox", group="no-such-group")

    with pytest.raises(PausedError, match="no-such-group") as caught:
        await misspelt.probe(IDENTITY)

    await misspelt.close()
    assert caught.value.reason is PauseReason.FOLDER


async def test_a_link_planted_under_the_staging_name_is_replaced_and_not_followed(bench: FolderBench) -> None:
    victim = bench.place / "victim"
    victim.write_bytes(b"precious")
    (bench.staging / parcel().staging).symlink_to(victim)

    await bench.transport.stage([parcel()])
    found = await ends(bench.transport, parcel())

    assert found == [End.PUBLISHED]
    assert victim.read_bytes() == b"precious"
    assert not (bench.outbox / parcel().final).is_symlink()


async def test_a_link_in_place_of_a_staged_file_is_not_trusted(bench: FolderBench) -> None:
    doubted = parcel(verify=True)
    twin = bench.place / "twin"
    twin.write_bytes(doubted.content)
    (bench.staging / doubted.staging).symlink_to(twin)

    steps = await bench.transport.publish([doubted])

    assert [step.end for step in steps] == [End.FAILED]
    assert bench.finals() == {}


async def test_a_link_in_place_of_the_identity_proves_nothing(bench: FolderBench) -> None:
    identity = bench.staging / ".bridge-identity"
    identity.rename(bench.place / "identity")
    identity.symlink_to(bench.place / "identity")

    with pytest.raises(PausedError):
        await bench.transport.stage([parcel()])

    assert bench.staged() == {}


@pytest.mark.parametrize("text", ["0888", "rw-r-----", "1777", "-1", ""])
def test_rights_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValidationError):
        folder.Options(directory=tmp_path, staging=tmp_path, mode=text)


# --- identity ---------------------------------------------------------------------------------------------------------


async def paused_with(transport: Transport) -> PausedError:
    with pytest.raises(PausedError) as caught:
        await transport.publish([parcel()])
    return caught.value


async def test_a_lost_identity_pauses_and_a_staged_file_is_not_concluded_about(bench: FolderBench) -> None:
    await bench.transport.stage([parcel()])
    (bench.staging / ".bridge-identity").unlink()

    paused = await paused_with(bench.transport)

    assert (paused.reason, paused.name) == (PauseReason.IDENTITY, ErrorName.FOLDER_FOREIGN)
    assert "lost its identity" in paused.message
    assert bench.staged() == {parcel().staging: parcel().content}


async def test_a_share_that_is_not_mounted_is_never_mistaken_for_an_erp_that_took_everything(
    bench: FolderBench,
) -> None:
    await bench.transport.stage([parcel()])
    bench.outbox.rename(bench.place / "the share")
    bench.staging.mkdir(parents=True)

    paused = await paused_with(bench.transport)

    assert paused.reason is PauseReason.IDENTITY
    assert bench.finals() == {}


async def test_planting_after_a_half_done_planting_makes_the_identity_whole(tmp_path: Path) -> None:
    bench = FolderBench(tmp_path)
    bench.staging.mkdir(parents=True)
    (bench.staging / ".bridge-identity.new").write_bytes(b"0123")

    await bench.transport.plant(IDENTITY, replace=False)

    assert await bench.transport.probe(IDENTITY)
    assert (bench.staging / ".bridge-identity").read_text() == f"{IDENTITY}\n"
    await bench.transport.close()


async def test_planting_leaves_another_bridge_s_identity_as_it_is(bench: FolderBench) -> None:
    with pytest.raises(PausedError):
        await bench.transport.plant(OTHER, replace=False)

    assert (bench.staging / ".bridge-identity").read_text() == f"{IDENTITY}\n"


# --- disks ------------------------------------------------------------------------------------------------------------


async def test_a_missing_folder_pauses_as_such(bench: FolderBench) -> None:
    bench.lose()

    paused = await paused_with(bench.transport)

    assert (paused.reason, paused.name) == (PauseReason.FOLDER, ErrorName.FOLDER_MISSING)


async def test_a_full_disk_pauses_and_leaves_no_part_of_a_file(disk: Path) -> None:
    bench = FolderBench(disk)
    await bench.transport.plant(IDENTITY, replace=False)
    await bench.transport.probe(IDENTITY)
    small, large = parcel(1), parcel(2, bytes(1_000_000))

    with pytest.raises(PausedError) as caught:
        await bench.transport.stage([small, large])

    await bench.transport.close()
    assert (caught.value.reason, caught.value.name) == (PauseReason.DISK, ErrorName.DISK_FULL)
    assert bench.finals() == {}
    assert large.staging not in bench.staged()


async def test_a_disk_with_room_again_takes_what_waited(disk: Path) -> None:
    bench = FolderBench(disk)
    await bench.transport.plant(IDENTITY, replace=False)
    await bench.transport.probe(IDENTITY)
    (disk / "filler").write_bytes(bytes(200_000))
    waiting = parcel(1, bytes(100_000))
    with pytest.raises(PausedError):
        await bench.transport.stage([waiting])

    (disk / "filler").unlink()
    await bench.transport.stage([waiting])
    found = await ends(bench.transport, waiting)

    await bench.transport.close()
    assert found == [End.PUBLISHED]
    assert bench.finals() == {waiting.final: waiting.content}


async def test_a_disk_that_became_read_only_pauses_instead_of_using_up_attempts(disk: Path) -> None:
    bench = FolderBench(disk)
    await bench.transport.plant(IDENTITY, replace=False)
    await bench.transport.probe(IDENTITY)
    await bench.transport.stage([parcel(1)])
    make_read_only(disk)

    with pytest.raises(PausedError) as staging:
        await bench.transport.stage([parcel(2)])
    publishing = await paused_with(bench.transport)
    with pytest.raises(PausedError):
        await bench.transport.probe(IDENTITY)
    make_writable(disk)

    assert {staging.value.reason, publishing.reason} == {PauseReason.FOLDER}
    assert await ends(bench.transport, parcel(1)) == [End.PUBLISHED]
    await bench.transport.close()


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")  # noqa: S108 - a second file system is what is wanted
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs /dev/shm on a file system of its own")
    with tempfile.TemporaryDirectory(dir=memory) as folder_on_it:
        yield Path(folder_on_it)


async def test_two_file_systems_are_found_by_the_probe(tmp_path: Path, other_disk: Path) -> None:
    transport = build(tmp_path / "outbox", other_disk / "staging")
    await transport.plant(IDENTITY, replace=False)

    with pytest.raises(PausedError) as caught:
        await transport.probe(IDENTITY)

    await transport.close()
    assert caught.value.name is ErrorName.FOLDERS_APART
    assert "staging" in caught.value.hint


async def test_two_mounts_of_one_file_system_are_found_by_the_probe(tmp_path: Path) -> None:
    outbox, staging = tmp_path / "outbox", tmp_path / "staging"
    (tmp_path / "disk" / "outbox").mkdir(parents=True)
    (tmp_path / "disk" / "staging").mkdir()
    with seen_again_at(outbox, tmp_path / "disk" / "outbox"), seen_again_at(staging, tmp_path / "disk" / "staging"):
        transport = build(outbox, staging)
        await transport.plant(IDENTITY, replace=False)

        with pytest.raises(PausedError) as caught:
            await transport.probe(IDENTITY)

        await transport.close()
        assert outbox.stat().st_dev == staging.stat().st_dev
        assert caught.value.name is ErrorName.FOLDERS_APART


# --- the rename itself ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter knows the system call's number on x86-64 only")
def test_where_the_flag_is_refused_the_probe_says_so_and_nothing_is_replaced_all_the_same(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, WITHOUT_FLAG, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        cwd=WITHOUT_FLAG.parents[2],
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["how"] == "look, then rename (the file system lacks the flag)"
    assert told["strategy"] == "look_then_rename"
    assert told["ends"] == [End.PUBLISHED, End.COLLISION, End.PRESUMED]
    assert told["found"] == {"free.csv": "free.csv", "taken.csv": "a stranger's"}


@pytest.mark.parametrize("rename", [rename_new, rename_unless_there])
def test_a_rename_never_replaces_and_says_what_is_missing(
    tmp_path: Path, rename: Callable[[int, str, int, str], None]
) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(FileExistsError):
            rename(here, "a", here, "b")
        with pytest.raises(FileNotFoundError):
            rename(here, "missing", here, "b")
        rename(here, "a", here, "c")

        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"b": b"b", "c": b"a"}
        assert exists(here, "c")
        assert not exists(here, "a")
    finally:
        os.close(here)
