"""Whatever a server does while answers are collected: each is used once, none is lost or taken for another."""

import os
from pathlib import Path

import pytest

from bridge.transports import sftp
from tests.stages.collect_support import Yard, admit_all, answer, effects
from tests.support.journals import rows
from tests.transports.odd_server import MANNERS, Manner, World, serving

REFS = ("48447", "48448", "48449")
HOWS = ("before", "after", "within")
LAST = 60
"""By this request from the first look on, the three answers have left the server."""

COLLECTED_FROM = ("as it should be", "no posix-rename", "copy and delete", "minute-only times")


def yard_at(world: World, **given: object) -> Yard:
    answers = world.place / "answers"
    return Yard(world.place, sftp.build(world.options(**{"answer_directory": str(answers), **given})))


async def run_of(world: World, patch: pytest.MonkeyPatch, cut_at: int, *, is_moved: bool = False) -> int:
    """Three answers through one server that is cut once; how many requests there were from the first look on."""
    done = world.place / "done"
    done.mkdir()
    given = {"answer_after": "move", "answer_archive": str(done)} if is_moved else {}
    async with serving(world, patch):
        yard = yard_at(world, **given)
        async with yard.at_work() as journal:
            await admit_all(journal, REFS)
            await yard.pass_time(5)
            for number, ref in enumerate(REFS):
                yard.put(f"{ref}.json", answer(ref, number))
            await yard.pass_time(60 if world.manner.whole_minutes else 0, 5)
            began = world.requests
            world.cut_at = began + cut_at
            await yard.pass_time(30, 5)
            for _ in range(20):  # a busy machine may make a pause of a cut, and that one takes its time
                if await effects(journal) == [(ref, 1) for ref in REFS] and not yard.left():
                    break
                await yard.pass_time(5, 5)
            about = f"cut {world.how} request {cut_at}"

            assert await effects(journal) == [(ref, 1) for ref in REFS], about
            assert yard.left() == [], about
            assert yard.arrived() == {}, about
            assert not list(yard.inbox.glob(".collect*")), about
            assert await rows(journal, "SELECT count(*) FROM collected WHERE left_at IS NULL") == [(0,)], about
            assert yard.told() == [], about
            if is_moved:
                assert {path.read_bytes() for path in done.iterdir()} == {answer(ref, n) for n, ref in enumerate(REFS)}
    return world.requests - began


@pytest.mark.timeout(40)
@pytest.mark.parametrize(("how", "at"), [("before", 33), ("after", 34), ("before", 46), ("after", 46)])
async def test_a_connection_cut_while_collecting_uses_each_answer_once(
    how: str, at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await run_of(World(tmp_path, how=how), monkeypatch, at) >= at


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("is_moved", [False, True])
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("manner", COLLECTED_FROM)
async def test_a_connection_cut_at_every_single_request_uses_each_answer_once(
    manner: str,
    how: str,
    is_moved: bool,  # noqa: FBT001 - one of two runs
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for at in range(1, LAST + 1):
        place = tmp_path / f"{at}"
        place.mkdir()
        await run_of(World(place, MANNERS[manner], how=how), monkeypatch, at, is_moved=is_moved)


@pytest.mark.timeout(40)
async def test_a_server_silent_while_collecting_pauses_the_target_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path, how="silence")

    async with serving(world, monkeypatch):
        yard = yard_at(world, timeout="1 s")
        async with yard.at_work(is_watching=False):
            world.cut_at = world.requests + 2
            yard.put("a.json", answer("48447"))
            await yard.pass_time(5)
            paused = [record.__dict__["error"] for record in caplog.records if record.message == "target_paused"]
            await yard.pass_time(40, 5)

            assert set(paused) == {"connection"}
            assert list(yard.arrived()) == ["a.json"]
            assert yard.left() == []


async def test_where_times_are_whole_minutes_a_file_rests_a_minute_more_before_it_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, Manner(whole_minutes=True))

    async with serving(world, monkeypatch):
        yard = yard_at(world)
        async with yard.at_work(is_watching=False):
            yard.put("a.json", answer("48447"))
            await yard.pass_time(60, 5)
            early = yard.arrived()
            await yard.pass_time(20, 5)

            assert early == {}
            assert list(yard.arrived()) == ["a.json"]
            assert yard.left() == []


async def test_another_file_of_the_same_name_size_and_minute_is_not_taken_for_the_one_that_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ERP writes anew between our reading and our removing: only the content tells."""
    world = World(tmp_path, Manner(whole_minutes=True))
    seen: list[bytes] = []

    async with serving(world, monkeypatch):
        yard = yard_at(world)
        async with yard.at_work(is_watching=False) as journal:
            path = yard.put("a.json", answer("48447", 1))
            written = path.stat().st_mtime
            note = yard.collect._desks[0]._collected.note  # noqa: SLF001 - the moment between C3 and C4

            async def overwritten(*given: object) -> object:
                if not seen:
                    path.write_bytes(answer("48447", 2))
                    os.utime(path, (written, written))
                seen.append(path.read_bytes())
                return await note(*given)  # type: ignore[arg-type]  # what came is handed on

            monkeypatch.setattr(yard.collect._desks[0]._collected, "note", overwritten)  # noqa: SLF001 - as above
            await yard.pass_time(80, 5)
            first = yard.arrived()
            (yard.inbox / "a.json").unlink()
            await yard.pass_time(80, 5)

            assert first == {"a.json": answer("48447", 1)}
            assert yard.arrived() == {"a.json": answer("48447", 2)}
            assert await rows(journal, "SELECT count(*) FROM collected") == [(2,)]
