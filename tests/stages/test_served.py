"""What the built-in SFTP server saw comes to the order's history, once, and never too early."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.journal import Journal
from bridge.stages.drop.served import ServedFiles
from bridge.states import ReportPolicy
from bridge.transports import Reading
from tests.stages.drop_support import SECOND, Yard
from tests.support import journals
from tests.support.journals import admit, drop_state, rows
from tests.support.running import at_rest, running

NAME = "ORDERS_48447_000001.csv"
WHOLE = Reading("erp", NAME, 9, 9, is_whole=True)
BROKEN = Reading("erp", NAME, 4, 9, is_whole=False)


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


@pytest.fixture
async def journal(tmp_path: Path, yard: Yard) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        yield journal


def served(journal: Journal, yard: Yard, confirms: ReportPolicy | None = None) -> ServedFiles:
    return ServedFiles({"erp": confirms}, journal, yard.clock, yard.counters)


async def published(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)


async def facts(journal: Journal, kind: str) -> list[str]:
    return [str(row[0]) for row in await rows(journal, "SELECT facts FROM events WHERE kind = ?", kind)]


async def test_a_file_read_to_its_end_is_fetched_at_that_moment_though_it_still_lies_there(
    journal: Journal, yard: Yard
) -> None:
    await published(journal, yard)
    stage = served(journal, yard)

    async with running(stage.run):
        await at_rest(yard.clock)
        stage.saw(WHOLE)
        stage.saw(WHOLE)
        await at_rest(yard.clock)

    assert await drop_state(journal) == "taken"
    assert yard.finals()
    (told,) = await facts(journal, "fetched")
    assert '"via": "SFTP"' in told
    assert yard.counters.count("files_picked_up_total", target="erp") == 1


async def test_a_file_that_vanishes_after_it_was_read_is_fetched_once(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = served(journal, yard)

    async with running(yard.stage(journal).run), running(stage.run):
        await at_rest(yard.clock, 2)
        stage.saw(WHOLE)
        await at_rest(yard.clock, 2)
        (yard.outbox / NAME).unlink()
        yard.clock.advance(2 * SECOND)
        await at_rest(yard.clock, 2)

    assert len(await facts(journal, "fetched")) == 1


async def test_what_is_read_before_our_own_commit_is_kept_until_that(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = served(journal, yard)

    async with running(stage.run):
        await at_rest(yard.clock)
        stage.saw(WHOLE)
        await at_rest(yard.clock)
        early = await drop_state(journal)
        async with running(yard.stage(journal).run):
            await at_rest(yard.clock, 2)
            yard.clock.advance(SECOND)
            await at_rest(yard.clock, 2)

    assert early == "queued"
    assert await drop_state(journal) == "taken"


async def test_a_reading_that_broke_off_is_told_once_a_minute_and_the_file_waits(journal: Journal, yard: Yard) -> None:
    await published(journal, yard)
    stage = served(journal, yard)

    async with running(stage.run):
        await at_rest(yard.clock)
        for wait in (0, 30, 31):
            yard.clock.advance(timedelta(seconds=wait))
            stage.saw(BROKEN)
            await at_rest(yard.clock)

    assert len(await facts(journal, "broken_off")) == 2
    assert '"read": 4' in (await facts(journal, "broken_off"))[0]
    assert await drop_state(journal) == "published"


async def test_where_fetching_confirms_the_order_is_confirmed(journal: Journal, yard: Yard) -> None:
    await published(journal, yard)
    stage = served(journal, yard, ReportPolicy())

    async with running(stage.run):
        await at_rest(yard.clock)
        stage.saw(WHOLE)
        await at_rest(yard.clock)

    assert await facts(journal, "confirmed_by_fetch")


async def test_a_file_that_is_no_order_s_is_left_alone_and_what_comes_after_the_end_too(
    journal: Journal, yard: Yard
) -> None:
    await published(journal, yard)
    stage = served(journal, yard)

    async with running(stage.run):
        await at_rest(yard.clock)
        stage.saw(Reading("erp", "README", 1, 1, is_whole=True))
        stage.saw(Reading("nobody", NAME, 9, 9, is_whole=True))
        await at_rest(yard.clock)

    assert await drop_state(journal) == "published"
