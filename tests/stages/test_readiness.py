"""When a target is left alone, what ends that, and what does not."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.errors import ErrorName, FatalError
from bridge.journal import Journal
from bridge.journal.records import DropResult
from bridge.retry import RetryPolicy
from bridge.stages.drop.readiness import Readiness
from bridge.stages.drop.stage import DropStage
from bridge.states import DropState, PauseReason
from bridge.transports import PausedError
from tests.stages.drop_support import PROBE, SECOND, Yard
from tests.support import journals
from tests.support.journals import admit, drop_state, one, rows
from tests.support.running import at_rest, running

HOUR = timedelta(hours=1)


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


@pytest.fixture
async def journal(tmp_path: Path, yard: Yard) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        yield journal


def reasons(stage: DropStage) -> list[str]:
    return [pause.reason.value for pause in stage.pauses().values()]


async def served_once(journal: Journal, yard: Yard) -> None:
    """The target has its folders and its identity, as after a first start."""
    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
    yard.new_wire()


async def test_a_lost_folder_pauses_and_the_pause_ends_by_itself(journal: Journal, yard: Yard) -> None:
    await served_once(journal, yard)
    yard.outbox.rename(yard.place / "elsewhere")
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        while_lost = (reasons(stage), await drop_state(journal))
        (yard.place / "elsewhere").rename(yard.outbox)
        yard.clock.advance(PROBE)
        await at_rest(yard.clock)

        assert while_lost == (["folder"], "queued")
        assert reasons(stage) == []
        assert await drop_state(journal) == "published"


async def test_invariant_11_paused_time_counts_neither_as_attempt_nor_towards_giving_up(
    journal: Journal, yard: Yard
) -> None:
    yard.retry = RetryPolicy(give_up_after=SECOND)
    await served_once(journal, yard)
    yard.outbox.rename(yard.place / "elsewhere")
    await admit(journal)

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
        for _ in range(5):
            yard.clock.advance(20 * HOUR)
            await at_rest(yard.clock)
        counted = await rows(journal, "SELECT attempts, waited_s FROM drops")
        (yard.place / "elsewhere").rename(yard.outbox)
        yard.clock.advance(PROBE)
        await at_rest(yard.clock)

    assert counted == [(0, 0.0)]
    assert await drop_state(journal) == "published"


async def test_a_pause_keeps_its_beginning_while_it_lasts(journal: Journal, yard: Yard) -> None:
    await served_once(journal, yard)
    yard.outbox.rename(yard.place / "elsewhere")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        began = stage.pauses()["erp"].since
        yard.clock.advance(PROBE)
        await at_rest(yard.clock)

        assert stage.pauses()["erp"].since == began


async def test_a_foreign_staging_folder_pauses_until_a_person_trusts_it(journal: Journal, yard: Yard) -> None:
    await served_once(journal, yard)
    (yard.staging / ".bridge-identity").write_text("another bridge's\n")
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        for _ in range(3):
            yard.clock.advance(PROBE)
            await at_rest(yard.clock)
        before = (reasons(stage), await drop_state(journal))
        await stage.trust("erp", "the disk was replaced; I have looked")
        await at_rest(yard.clock)

        assert before == (["identity"], "queued")
        assert reasons(stage) == []
        assert await drop_state(journal) == "published"


async def test_what_a_replaced_staging_folder_cannot_bear_witness_of_becomes_uncertain(
    journal: Journal, yard: Yard
) -> None:
    await served_once(journal, yard)
    for ref in ("48448", "48449"):
        await admit(journal, ref)
    due = await journal.drops.due("erp")
    await journal.drops.settle([DropResult(drop, DropState.STAGED) for drop in due])
    (yard.staging / ".bridge-identity").unlink()
    (yard.staging / due[0].staging_name).write_bytes(due[0].content)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.trust("erp", "the disk was replaced; I have looked")
        await at_rest(yard.clock)

        assert await drop_state(journal, due[0].order_ref) == "published"
        assert await drop_state(journal, due[1].order_ref) == "uncertain"


async def test_a_foreign_staging_folder_is_judged_anew_at_each_start(journal: Journal, yard: Yard) -> None:
    await served_once(journal, yard)
    (yard.staging / ".bridge-identity").unlink()

    for _ in range(2):
        stage = yard.stage(journal)
        async with running(stage.run):
            await at_rest(yard.clock)
            assert reasons(stage) == ["identity"]
        yard.new_wire()


async def test_a_person_s_pause_outlives_a_restart_and_ends_by_a_person(tmp_path: Path, yard: Yard) -> None:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        await yard.stage(journal).pause("erp", "stock taking")
        await admit(journal)

    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        stage = yard.stage(journal)
        async with running(stage.run):
            await at_rest(yard.clock)
            yard.clock.advance(HOUR)
            await at_rest(yard.clock)
            before = (reasons(stage), await drop_state(journal))
            await stage.resume("erp", "done")
            await at_rest(yard.clock)

            assert before == (["person"], "queued")
            assert reasons(stage) == []
            assert await drop_state(journal) == "published"


async def test_a_person_pauses_a_target_while_it_is_served(journal: Journal, yard: Yard) -> None:
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.pause("erp", "stock taking")
        await admit(journal)
        await at_rest(yard.clock)

        assert reasons(stage) == ["person"]
        assert await drop_state(journal) == "queued"
        assert await one(journal, "SELECT count(*) FROM events WHERE kind = 'target_paused'") == 1


async def test_the_start_is_over_when_every_target_was_looked_at_even_if_it_is_paused(
    journal: Journal, yard: Yard
) -> None:
    await served_once(journal, yard)
    (yard.staging / ".bridge-identity").unlink()
    stage = yard.stage(journal)

    async with running(stage.run):
        await stage.has_looked()

        assert reasons(stage) == ["identity"]


async def test_a_first_start_makes_the_folders_and_proves_them(journal: Journal, yard: Yard) -> None:
    readiness = Readiness("erp", yard.wire, journal, yard.clock)

    is_open = await readiness.is_open()

    memory = await journal.target_memory("erp")
    assert is_open
    assert memory.proven
    assert (yard.staging / ".bridge-identity").read_text().strip() == memory.identity


async def test_a_start_that_died_before_the_identity_was_written_finds_its_own_wish(
    journal: Journal, yard: Yard
) -> None:
    await journal.set_identity("erp", "a wish", proven=False)

    await Readiness("erp", yard.wire, journal, yard.clock).is_open()

    assert (await journal.target_memory("erp")).identity == "a wish"
    assert (yard.staging / ".bridge-identity").read_text() == "a wish\n"


@pytest.mark.parametrize("around", ["before", "after"])
async def test_a_start_that_died_while_the_identity_was_made_goes_on_with_the_same_one(
    journal: Journal, yard: Yard, around: str
) -> None:
    async def die(_: object) -> None:
        raise FatalError("killed", name=ErrorName.UNFORESEEN)

    getattr(yard.wire, around)["plant"] = die
    with pytest.raises(FatalError):
        await Readiness("erp", yard.wire, journal, yard.clock).is_open()
    died_with = await journal.target_memory("erp")

    is_open = await Readiness("erp", yard.new_wire(), journal, yard.clock).is_open()

    memory = await journal.target_memory("erp")
    assert is_open
    assert (died_with.proven, memory.proven) == (False, True)
    assert memory.identity == died_with.identity


async def test_a_new_journal_does_not_take_over_another_one_s_staging_folder(journal: Journal, yard: Yard) -> None:
    await yard.wire.plant("another bridge's", replace=False)

    with pytest.raises(PausedError) as caught:
        await Readiness("erp", yard.wire, journal, yard.clock).is_open()

    assert caught.value.reason is PauseReason.IDENTITY
    assert not (await journal.target_memory("erp")).proven
