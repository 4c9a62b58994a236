"""What people do with quarantined files."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.errors import ErrorName, PermanentError
from bridge.stages.watch.quarantine import Quarantine
from bridge.stages.watch.stability import Finish
from tests.stages.watch_support import ZONE, Yard, answer, until
from tests.support import journals


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    async with journals.opened(tmp_path / "var", SystemClock()) as journal:
        yield Yard(tmp_path, journal)


def quarantine(yard: Yard) -> Quarantine:
    return Quarantine([yard.pickup, *yard.more], yard.journal, SystemClock(), ZONE)


def is_quarantined(yard: Yard, name: str) -> bool:
    return name in yard.quarantined()


async def stray(yard: Yard, *names: str) -> None:
    """Files in quarantine that speak of an order nobody knows."""
    async with yard.watching():
        for name in names or ("a.json",):
            yard.put(name, answer("4844T", erp_order_no="SO-1"))
            await until(partial(is_quarantined, yard, name))


async def test_a_file_put_back_with_its_order_is_read_and_used(yard: Yard) -> None:
    order_id = await yard.admit("48447")
    await stray(yard)

    put_back = await quarantine(yard).retry("a.json", "a typing error", order_id)

    assert put_back == "a.json"
    assert yard.quarantined() == []
    async with yard.watching():
        await until(yard.archived)
    assert await yard.outcome("48447") == "confirmed"


async def test_a_second_file_of_a_name_goes_back_under_the_name_that_it_came_under(yard: Yard) -> None:
    yard.change(patterns=("*.json",))
    await stray(yard)
    async with yard.watching():
        yard.put("a.json", answer("9999", erp_order_no="SO-1"))
        await until(lambda: "a.json~2" in yard.quarantined())

    await quarantine(yard).retry("a.json~2", "again")

    assert (yard.inbox / "a.json").exists()
    assert yard.quarantined() == ["a.json", "a.json.reason.txt"]


async def test_a_file_that_waits_in_the_inbox_is_never_replaced(yard: Yard) -> None:
    await stray(yard)
    (yard.inbox / "a.json").write_bytes(b"newer")

    with pytest.raises(PermanentError) as caught:
        await quarantine(yard).retry("a.json", "again")

    assert caught.value.name is ErrorName.STATE_FORBIDS
    assert (yard.inbox / "a.json").read_bytes() == b"newer"
    assert yard.quarantined() == ["a.json", "a.json.reason.txt"]


async def test_a_marker_is_made_where_the_inbox_waits_for_one(yard: Yard) -> None:
    await stray(yard)
    yard.change(finished=Finish.MARKER)

    await quarantine(yard).retry("a.json", "again")

    assert (yard.inbox / "a.json.done").read_bytes() == b""


async def test_a_discarded_file_lies_in_the_archive_and_the_journal_knows_where(yard: Yard) -> None:
    await stray(yard)

    kept_as = await quarantine(yard).discard("a.json", "a test of theirs")

    assert (yard.quarantined(), yard.archived()) == ([], ["a.json"])
    assert await yard.ask("SELECT kept_as, outcome FROM inbox_files") == [(kept_as, "discarded")]
    assert await yard.ask("SELECT facts ->> 'because' FROM events WHERE kind = 'answer_discarded'") == [
        ("a test of theirs",),
    ]


async def test_a_file_that_a_person_put_there_can_be_put_back_too(yard: Yard) -> None:
    await yard.admit("48447")
    yard.inbox.mkdir()
    (yard.inbox / "quarantine").mkdir()
    (yard.inbox / "quarantine" / "b.json").write_bytes(answer("48447"))

    put_back = await quarantine(yard).retry("b.json", "found it")

    assert put_back == "b.json"
    assert (yard.inbox / "b.json").exists()


@pytest.mark.parametrize("name", ["nothing.json", "../inbox/a.json", ".work", "a.json.reason.txt", "", "a.json/.."])
async def test_what_does_not_lie_in_quarantine_is_not_found(yard: Yard, name: str) -> None:
    await stray(yard)

    with pytest.raises(PermanentError) as caught:
        await quarantine(yard).retry(name, "again")

    assert caught.value.name is ErrorName.NOT_FOUND
    assert yard.quarantined() == ["a.json", "a.json.reason.txt"]
