"""Whatever a server does in between: each order is there exactly once, or uncertain; never a partial name."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.counters import Counters
from bridge.journal import Journal
from bridge.retry import RetryPolicy
from bridge.stages.drop.stage import DropPoint, DropStage
from bridge.states import PauseReason
from bridge.transports import sftp
from tests.support import journals
from tests.support.clock import ManualClock
from tests.support.journals import admit, rows
from tests.support.running import at_rest, running
from tests.transports.odd_server import MANNERS, Manner, World, serving

PROBE = timedelta(seconds=10)
ORDERS = 3
HOWS = ("before", "after", "within")


@asynccontextmanager
async def at_work(world: World, **given: object) -> AsyncIterator[tuple[Journal, DropStage, ManualClock]]:
    """The real stage and the real journal against this server."""
    clock = ManualClock()
    point = DropPoint("erp", sftp.build(world.options(**given)), "delimited")
    async with journals.opened(world.place / "var", clock) as journal:
        stage = DropStage([point], journal, clock, Counters(), RetryPolicy())
        async with running(stage.run):
            yield journal, stage, clock


async def admit_all(journal: Journal, world: World, count: int = ORDERS) -> None:
    marker = world.manner.marker
    for number in range(1, count + 1):
        ref = str(48446 + number)
        name = f"ORDERS_{ref}_{number:06}.csv"
        world.expected[name] = f"{ref};{number}\r\n".encode()
        await admit(journal, ref, marker=f"{name}{marker}" if marker else "")


async def states(journal: Journal) -> list[str]:
    return [row[0] for row in await rows(journal, "SELECT state FROM drops ORDER BY id")]


async def settled(journal: Journal, clock: ManualClock) -> list[str]:
    """The states once nothing is on its way any more."""
    for _ in range(30):
        await at_rest(clock)
        found = await states(journal)
        if not {"queued", "staged"} & set(found):
            return found
        clock.advance(PROBE)
    raise AssertionError(found)


async def run_of(world: World, patch: pytest.MonkeyPatch) -> list[str]:
    """Three orders through one server with one fault; the ERP fetches at the end what it has not taken yet."""
    async with serving(world, patch), at_work(world) as (journal, _, clock):
        await admit_all(journal, world)
        found = await settled(journal, clock)
        world.take()
    return found


def judge(world: World, found: list[str], about: str) -> None:
    times = Counter(name for name, _ in world.taken)
    wrong = [name for name, content in world.taken if world.expected[name] != content]
    assert not world.partial, about
    assert not wrong, about
    assert not [name for name, count in times.items() if count > 1], about
    for name, state in zip(world.expected, found, strict=True):
        assert times[name] == 1 or state == "uncertain", (
            f"{about}: {name} is {state}, and the ERP has it {times[name]} times"
        )


@pytest.mark.parametrize("manner", MANNERS)
async def test_without_a_fault_each_order_is_there_once(
    manner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, MANNERS[manner])

    found = await run_of(world, monkeypatch)

    judge(world, found, manner)
    assert set(found) <= {"published", "taken"}
    assert len(world.taken) == ORDERS


async def cut_everywhere(world: World, patch: pytest.MonkeyPatch, how: str, step: int) -> int:
    """One run for each ``step``-th request, cut there; how many runs that were."""
    runs, at = 0, 1
    while True:
        place = world.place / f"{how}-{at}"
        place.mkdir()
        one = World(place, world.manner, cut_at=at, how=how)
        judge(one, await run_of(one, patch), f"cut {how} request {at}")
        runs += 1
        if one.requests < at:
            return runs
        at += step


@pytest.mark.timeout(60)
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("manner", MANNERS)
async def test_a_cut_at_any_request_loses_and_doubles_nothing(
    manner: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, MANNERS[manner])

    assert await cut_everywhere(world, monkeypatch, how, step=41) > 1


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("manner", MANNERS)
async def test_a_cut_at_every_single_request_loses_and_doubles_nothing(
    manner: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, MANNERS[manner])

    assert await cut_everywhere(world, monkeypatch, how, step=1) > ORDERS


async def test_a_server_that_falls_silent_is_given_up_at_the_deadline_and_orders_are_taken_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, how="silence", cut_at=20)

    async with serving(world, monkeypatch), at_work(world, timeout="0.5 s") as (journal, stage, clock):
        await admit_all(journal, world)
        while "erp" not in stage.pauses():  # noqa: ASYNC110 - the stage tells nobody of a pause but who asks
            await asyncio.sleep(0.01)
        await admit(journal, "48500")
        pause = stage.pauses()["erp"]
        found = await settled(journal, clock)

    assert pause.reason is PauseReason.CONNECTION
    assert "silent" in pause.text
    assert found == ["published"] * (ORDERS + 1)


async def test_what_cannot_be_told_is_uncertain_and_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, MANNERS["drop box"])

    async with serving(world, monkeypatch), at_work(world) as (journal, _, clock):
        await at_rest(clock)
        world.may_rename = False
        await admit_all(journal, world)
        found = await settled(journal, clock)
        clock.advance(PROBE)
        await at_rest(clock)

    assert found == ["uncertain"] * ORDERS
    assert world.finals() == []


async def test_a_server_that_renames_nothing_and_has_no_marker_pauses_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, Manner(posix=False, renames=False))

    async with serving(world, monkeypatch), at_work(world) as (journal, stage, clock):
        await admit_all(journal, world)
        await at_rest(clock)
        pause = stage.pauses()["erp"]

    assert "renames nothing" in pause.text
    assert 'marker = "{name}.done"' in pause.text
    assert world.finals() == []


async def test_a_quota_in_the_middle_of_a_file_pauses_and_leaves_no_part_and_the_queue_drains_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    async with serving(world, monkeypatch), at_work(world) as (journal, stage, clock):
        await at_rest(clock)
        world.quota = 4
        await admit_all(journal, world)
        await at_rest(clock)
        pause = stage.pauses()["erp"]
        left = [path.name for path in (world.outbox / ".staging").iterdir()]
        world.quota = 1 << 40
        found = await settled(journal, clock)

    assert pause.reason is PauseReason.DISK
    assert "quota" in pause.text
    assert left == [".bridge-identity"]
    assert found == ["published"] * ORDERS


async def test_rights_that_were_taken_away_pause_in_words_and_their_return_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    async with serving(world, monkeypatch), at_work(world) as (journal, stage, clock):
        await at_rest(clock)
        world.may_write = False
        await admit_all(journal, world)
        await at_rest(clock)
        pause = stage.pauses()["erp"]
        world.may_write = True
        found = await settled(journal, clock)

    assert pause.reason is PauseReason.FOLDER
    assert "ask the server's owner for the right" in pause.text
    assert found == ["published"] * ORDERS


async def test_a_directory_where_a_file_should_be_holds_up_that_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)

    async with serving(world, monkeypatch), at_work(world) as (journal, stage, clock):
        await at_rest(clock)
        (world.outbox / ".staging" / "ORDERS_48448_000002.csv.part").mkdir()
        await admit_all(journal, world)
        await at_rest(clock)
        found = await states(journal)
        (said,) = await rows(journal, "SELECT detail FROM drops WHERE state = 'queued'")
        pauses = dict(stage.pauses())

    assert found == ["published", "queued", "published"]
    assert "a directory lies under this name" in said[0]
    assert pauses == {}
