"""An act of a person that a death cut short is carried out at the next start."""

import pytest

from bridge.journal import Journal
from tests.stages.drop_support import PROBE, Yard
from tests.stages.held_support import CONTENT, NAME, a_second, died_at, held, journal, seen, started_again, yard
from tests.support.journals import drop_state, one, rows
from tests.support.running import at_rest, running

__all__ = ["journal", "yard"]


async def test_a_hold_that_died_before_its_move_is_carried_out_at_the_next_start(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    await journal.acts.hold(await seen(journal), "wait")

    await started_again(journal, yard)

    assert (yard.finals(), held(yard), await drop_state(journal)) == ({}, {NAME: CONTENT}, "held")


async def test_a_hold_whose_file_was_fetched_meanwhile_ends_as_published(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    await journal.acts.hold(await seen(journal), "wait")
    (yard.outbox / NAME).unlink()

    await started_again(journal, yard)

    assert await drop_state(journal) == "taken"
    assert await one(journal, "SELECT count(*) FROM events WHERE kind = 'out_of_our_hands'") == 1


@pytest.mark.parametrize("has_moved", [False, True], ids=["before the move", "after the move"])
async def test_a_release_that_died_is_carried_out_at_the_next_start(
    journal: Journal, yard: Yard, *, has_moved: bool
) -> None:
    await died_at(journal, yard, "published")
    await journal.acts.hold(await seen(journal), "wait")
    await started_again(journal, yard)
    await journal.acts.release(await seen(journal), "go")
    if has_moved:
        (yard.outbox / ".held" / NAME).rename(yard.outbox / NAME)

    await started_again(journal, yard)

    assert (yard.finals(), held(yard), await drop_state(journal)) == ({NAME: CONTENT}, {}, "published")


async def test_a_staged_file_held_after_a_death_keeps_its_witness(journal: Journal, yard: Yard) -> None:
    """The rename happened, its commit did not; then a person holds the order before the loop comes to it."""
    await died_at(journal, yard, "renamed")
    await journal.acts.hold(await seen(journal), "wait")

    await started_again(journal, yard)

    assert (yard.finals(), held(yard)) == ({}, {NAME: CONTENT})
    assert yard.wire.calls.count("stage") == 0


async def test_a_held_staged_file_that_was_renamed_and_released_is_not_written_twice(
    journal: Journal, yard: Yard
) -> None:
    await died_at(journal, yard, "renamed")
    await journal.acts.hold(await seen(journal), "wait")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.release(1, "go")
        await a_second(yard)
        released = (yard.finals(), await drop_state(journal))
        (yard.outbox / NAME).unlink()
        yard.clock.advance(PROBE)
        await at_rest(yard.clock)

    assert released == ({NAME: CONTENT}, "published")
    assert await drop_state(journal) == "taken"
    assert yard.wire.calls.count("stage") == 0


async def test_a_file_that_vanished_before_its_publishing_was_noted_is_presumed_published(
    journal: Journal, yard: Yard
) -> None:
    await died_at(journal, yard, "renamed")
    (yard.outbox / NAME).unlink()
    await journal.acts.hold(await seen(journal), "wait")

    await started_again(journal, yard)

    assert await rows(journal, "SELECT state, presumed FROM drops") == [("published", 1)]


async def test_a_staged_file_that_was_held_is_published_when_it_is_released(journal: Journal, yard: Yard) -> None:
    """The target was paused between staging and publishing, and a person held the order meanwhile."""
    await died_at(journal, yard, "staged")
    await journal.acts.hold(await seen(journal), "wait")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        while_held = (yard.finals(), yard.staged())
        await stage.acts.release(1, "go")
        await a_second(yard)

    assert while_held == ({}, {f"{NAME}.part"})
    assert (yard.finals(), await drop_state(journal)) == ({NAME: CONTENT}, "published")


async def test_an_abandoning_that_died_takes_its_file_back_at_the_next_start(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    await journal.acts.abandon(1, "withdrawn")

    await started_again(journal, yard)

    assert (yard.finals(), held(yard), await drop_state(journal)) == ({}, {}, "withdrawn")


async def test_an_abandoned_file_stays_away_when_its_hold_file_is_removed(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    await journal.acts.hold(await seen(journal), "wait", by_file=True)
    await journal.acts.abandon(1, "withdrawn")

    await started_again(journal, yard)

    assert (yard.finals(), held(yard), await drop_state(journal)) == ({}, {}, "withdrawn")
