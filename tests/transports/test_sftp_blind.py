"""Servers that hide, refuse or fail without a reason: one file's trouble stays its own, and nothing is guessed."""

from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from bridge.states import PauseReason
from bridge.transports import End, PausedError, Step, Transport, Whereabouts, sftp
from bridge.transports._sftp_place import IDENTITY_FILE
from tests.transports.bench import IDENTITY, OTHER, names, parcel
from tests.transports.odd_server import MANNERS, Manner, World, nothing, serving

Refusal = Callable[[str, str], asyncssh.SFTPError | None]
ONE, TWO = parcel(1), parcel(2)


async def ready(world: World) -> Transport:
    transport = sftp.build(world.options())
    await transport.plant(IDENTITY, replace=False)
    await transport.probe(IDENTITY)
    return transport


def refusing(what: str, name: str, error: Callable[[str], asyncssh.SFTPError]) -> Refusal:
    """Refuses this act on names that end so."""

    def refuses(asked: str, path: str) -> asyncssh.SFTPError | None:
        return error("Failure") if asked == what and path.endswith(name) else None

    return refuses


async def published(world: World, refuses: Refusal = nothing) -> list[Step]:
    """Two staged files, published while the server refuses something."""
    transport = await ready(world)
    await transport.stage([ONE, TWO])
    world.refuses = refuses
    steps = await transport.publish([ONE, TWO])
    await transport.close()
    return steps


@pytest.mark.parametrize(("content", "end"), [(b"another's", End.COLLISION), (b"the same!!", End.UNCERTAIN)])
async def test_a_stranger_s_file_that_may_not_be_read_stops_its_own_order_alone(
    content: bytes, end: End, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    (world.outbox / ONE.final).write_bytes(content)

    async with serving(world, monkeypatch):
        steps = await published(world, refusing("open", ONE.final, asyncssh.SFTPPermissionDenied))

    assert [step.end for step in steps] == [end, End.PUBLISHED]
    assert (world.outbox / ONE.final).read_bytes() == content


async def test_a_directory_under_the_final_name_is_a_collision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    (world.outbox / ONE.final).mkdir()

    async with serving(world, monkeypatch):
        steps = await published(world)

    assert [step.end for step in steps] == [End.COLLISION, End.PUBLISHED]


async def test_after_an_unclean_stop_a_staging_file_that_may_not_be_read_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, doubted = World(tmp_path, MANNERS["drop box"]), parcel(verify=True)

    async with serving(world, monkeypatch):
        transport = await ready(world)
        await transport.stage([doubted])
        steps = await transport.publish([doubted])
        await transport.close()

    assert [step.end for step in steps] == [End.PUBLISHED]
    assert (world.outbox / doubted.final).read_bytes() == doubted.content


@pytest.mark.parametrize("manner", ["drop box", "as it should be", "no posix-rename"])
async def test_a_failure_without_a_reason_is_neither_done_nor_uncertain_and_may_be_tried_again(
    manner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, MANNERS[manner])

    async with serving(world, monkeypatch):
        transport = await ready(world)
        await transport.stage([ONE])
        world.refuses = refusing("rename", ONE.final, asyncssh.SFTPFailure)
        first = await transport.publish([ONE])
        world.refuses = nothing
        second = await transport.publish([ONE])
        await transport.close()

    assert [step.end for step in (*first, *second)] == [End.FAILED, End.PUBLISHED]


async def test_no_such_file_means_done_only_while_the_finished_files_folder_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, staging = World(tmp_path, MANNERS["drop box"]), tmp_path / "staging"
    staging.mkdir()

    async with serving(world, monkeypatch):
        transport = sftp.build(world.options(staging=str(staging)))
        await transport.plant(IDENTITY, replace=False)
        await transport.probe(IDENTITY)
        await transport.stage([ONE])
        world.outbox.rename(tmp_path / "elsewhere")
        with pytest.raises(PausedError) as caught:
            await transport.publish([ONE])
        (tmp_path / "elsewhere").rename(world.outbox)
        steps = await transport.publish([ONE])
        await transport.close()

    assert caught.value.reason is PauseReason.FOLDER
    assert [step.end for step in steps] == [End.PUBLISHED]


async def test_a_file_that_vanishes_as_soon_as_it_is_written_is_uncertain_and_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    def scan(what: str, path: str) -> asyncssh.SFTPError | None:
        if what == "lstat" and path.endswith(ONE.staging):
            Path(path).unlink(missing_ok=True)
        return None

    async with serving(world, monkeypatch):
        transport = await ready(world)
        world.refuses = scan
        steps = await transport.stage([ONE, TWO])
        await transport.close()

    assert [step.end for step in steps] == [End.UNCERTAIN, End.STAGED]
    assert "gone as soon as it was written" in steps[0].detail


async def test_a_server_that_holds_less_than_it_answered_for_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    def lose_a_byte(what: str, path: str) -> asyncssh.SFTPError | None:
        if what == "lstat" and path.endswith(ONE.staging):
            Path(path).write_bytes(ONE.content[:-1])
        return None

    async with serving(world, monkeypatch):
        transport = await ready(world)
        world.refuses = lose_a_byte
        steps = await transport.stage([ONE, TWO])
        await transport.close()

    assert [step.end for step in steps] == [End.FAILED, End.STAGED]
    assert f"holds {len(ONE.content) - 1} of {len(ONE.content)} bytes" in steps[0].detail


@pytest.mark.parametrize("what", ["write", "close"])
async def test_a_full_disk_that_the_server_has_no_word_for_pauses_as_disk_and_leaves_no_part(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    async with serving(world, monkeypatch):
        transport = await ready(world)
        world.refuses = lambda asked, _: asyncssh.SFTPFailure("Failure") if asked == what else None
        with pytest.raises(PausedError) as caught:
            await transport.stage([ONE])
        left = [path.name for path in (world.outbox / ".staging").iterdir()]
        await transport.close()

    assert caught.value.reason is PauseReason.DISK
    assert left == [".bridge-identity"]


async def test_a_file_that_alone_cannot_be_written_pauses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, large = World(tmp_path), parcel(3, bytes(20_000))

    async with serving(world, monkeypatch):
        transport = await ready(world)
        refuse = iter([True, False])
        world.refuses = lambda asked, _: asyncssh.SFTPFailure("Failure") if asked == "write" and next(refuse) else None
        first = await transport.stage([large])
        world.refuses = nothing
        second = await transport.stage([TWO])
        await transport.close()

    assert [step.end for step in (*first, *second)] == [End.FAILED, End.STAGED]
    assert "a part of 20000 bytes" in first[0].detail


async def test_what_was_done_before_a_pause_is_told_and_the_next_call_pauses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    async with serving(world, monkeypatch):
        transport = await ready(world)
        world.refuses = refusing("create", TWO.staging, asyncssh.SFTPPermissionDenied)
        steps = await transport.stage([ONE, TWO, parcel(3)])
        with pytest.raises(PausedError):
            await transport.stage([TWO, parcel(3)])
        await transport.close()

    assert [(step.id, step.end) for step in steps] == [(1, End.STAGED)]


async def test_an_old_part_is_written_anew_where_the_server_calls_a_taken_name_forbidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    def windows(what: str, path: str) -> asyncssh.SFTPError | None:
        is_taken = what == "create" and Path(path).exists()
        return asyncssh.SFTPPermissionDenied("Access is denied") if is_taken else None

    async with serving(world, monkeypatch):
        transport = await ready(world)
        (world.outbox / ".staging" / ONE.staging).write_bytes(b"half an ord")
        world.refuses = windows
        steps = await transport.stage([ONE])
        await transport.close()

    assert [step.end for step in steps] == [End.STAGED]
    assert (world.outbox / ".staging" / ONE.staging).read_bytes() == ONE.content


async def test_a_server_that_offers_to_sync_and_does_not_know_how_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    world.refuses = lambda what, _: asyncssh.SFTPOpUnsupported("no") if what == "fsync" else None

    async with serving(world, monkeypatch):
        steps = await published(world, world.refuses)

    assert [step.end for step in steps] == [End.PUBLISHED, End.PUBLISHED]


async def test_a_hold_that_the_server_forbids_is_told_of_that_file_and_pauses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    async with serving(world, monkeypatch):
        transport = await ready(world)
        await transport.stage([ONE])
        await transport.publish([ONE])
        world.refuses = refusing("mkdir", ".held", asyncssh.SFTPPermissionDenied)
        found = await transport.hold([names(1)])
        await transport.close()

    assert found == {1: Whereabouts.UNKNOWN}


async def test_a_marker_server_leaves_a_stranger_s_unreadable_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, Manner(posix=False, renames=False, marker=".done"))
    both = [parcel(1, marker=".done"), parcel(2, marker=".done")]
    (world.outbox / ONE.final).write_bytes(b"a stranger's")

    async with serving(world, monkeypatch):
        transport = await ready(world)
        world.refuses = refusing("open", ONE.final, asyncssh.SFTPPermissionDenied)
        steps = await transport.stage(both)
        await transport.close()

    assert [step.end for step in steps] == [End.COLLISION, End.STAGED]
    assert (world.outbox / ONE.final).read_bytes() == b"a stranger's"


async def test_what_is_only_presumed_is_not_told_before_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    async with serving(world, monkeypatch):
        transport = await ready(world)
        await transport.stage([ONE, TWO])
        (world.outbox / ".staging" / ONE.staging).unlink()
        world.refuses = refusing("rename", TWO.final, asyncssh.SFTPPermissionDenied)
        with pytest.raises(PausedError):
            await transport.publish([ONE, TWO])
        await transport.close()


async def test_gone_counts_as_taken_only_in_the_folder_that_is_still_ours_when_it_was_found_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    def becomes_another(asked: str, path: str) -> None:
        if asked == "rename" and path.endswith(ONE.final):
            (world.outbox / ".staging" / IDENTITY_FILE).write_text(OTHER)

    async with serving(world, monkeypatch):
        transport = await ready(world)
        await transport.stage([ONE])
        (world.outbox / ".staging" / ONE.staging).unlink()
        world.refuses = becomes_another
        with pytest.raises(PausedError) as caught:
            await transport.publish([ONE])
        await transport.close()

    assert caught.value.reason is PauseReason.IDENTITY


async def test_no_marker_announces_a_file_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, Manner(posix=False, renames=False, marker=".done"))
    marked = parcel(1, marker=".done")

    async with serving(world, monkeypatch):
        transport = await ready(world)
        await transport.stage([marked])
        (world.outbox / marked.final).unlink()
        (step,) = await transport.publish([marked])
        back = await transport.release([names(1, marker=".done")])
        await transport.close()

    assert (step.end, back) == (End.PRESUMED, {marked.id: Whereabouts.GONE})
    assert not (world.outbox / marked.marker).exists()
