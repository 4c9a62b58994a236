"""Files that people send again, make anew, or take back with their order."""

import pytest

from bridge.errors import BridgeError, ErrorName, PermanentError
from bridge.journal import Journal
from tests.stages.drop_support import Yard
from tests.stages.held_support import CONTENT, NAME, a_second, died_at, held, journal, render, seen, started_again, yard
from tests.support import journals
from tests.support.journals import ack, admit, drop_state, order_state_of, recording, rows
from tests.support.running import at_rest, running

__all__ = ["journal", "yard"]


# --- resend -----------------------------------------------------------------------------------------------------------


async def test_a_file_is_sent_again_with_the_same_bytes_and_name(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        (yard.outbox / NAME).unlink()
        await a_second(yard)
        await stage.acts.resend(1, "lost")
        await at_rest(yard.clock)

    assert yard.finals() == {NAME: CONTENT}
    assert await drop_state(journal) == "published"


async def test_a_file_that_lies_in_the_outbox_is_not_sent_again(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        with pytest.raises(PermanentError) as caught:
            await stage.acts.resend(1, "lost")

    assert "lies in the outbox" in caught.value.hint
    assert await drop_state(journal) == "published"


async def test_an_uncertain_file_is_settled_by_sending_it_again(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    (yard.outbox / NAME).unlink()
    await journals.meddle(journal, "UPDATE drops SET state = 'uncertain', reason = 'identity'")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.resend(1, "the ERP does not have it")
        await at_rest(yard.clock)

    assert yard.finals() == {NAME: CONTENT}


async def test_what_still_lies_held_is_cleared_away_when_an_uncertain_file_is_sent_again(
    journal: Journal, yard: Yard
) -> None:
    """Else the next hold would find it there and believe that its work was done."""
    await died_at(journal, yard, "renamed")
    await journal.acts.hold(await seen(journal), "wait")
    await started_again(journal, yard)
    await journals.meddle(journal, "UPDATE drops SET state = 'uncertain', reason = 'identity', held_from = NULL")
    yard.new_wire()
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.resend(1, "the ERP does not have it")
        await at_rest(yard.clock)

    assert (yard.finals(), held(yard)) == ({NAME: CONTENT}, {})


@pytest.mark.parametrize("was", ["in the outbox", "held", "taken"])
async def test_a_file_made_anew_comes_instead_of_the_old_one(journal: Journal, yard: Yard, was: str) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        if was == "held":
            await stage.acts.hold(1, "wait")
        if was == "taken":
            (yard.outbox / NAME).unlink()
            await a_second(yard)
        await stage.acts.render_again(1, "new mapping", render)
        await a_second(yard)

    assert yard.finals() == {"ORDERS_48447_000002.csv": b"48447;2\r\n"}
    assert (held(yard), yard.staged()) == ({}, set())
    assert await rows(journal, "SELECT state FROM drops ORDER BY id") == [("withdrawn",), ("published",)]
    assert await order_state_of(journal) == "dropped"


async def test_a_file_that_the_erp_takes_meanwhile_is_not_made_anew(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        (yard.outbox / NAME).unlink()
        with pytest.raises(PermanentError, match="the ERP took it"):
            await stage.acts.render_again(1, "new mapping", render)

    assert await rows(journal, "SELECT count(*) FROM drops") == [(1,)]


async def test_a_file_on_its_way_back_is_not_made_anew(journal: Journal, yard: Yard) -> None:
    """It may lie in the outbox already, and the ERP would get both."""
    await died_at(journal, yard, "published")
    await journal.acts.hold(await seen(journal), "wait")
    await journal.acts.release(await seen(journal), "go")

    with pytest.raises(PermanentError, match=r"is held \(releasing\)"):
        await yard.stage(journal).acts.render_again(1, "new mapping", render)

    assert await rows(journal, "SELECT count(*) FROM drops") == [(1,)]


async def test_an_uncertain_file_that_lies_in_the_outbox_is_not_made_anew(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    await journals.meddle(journal, "UPDATE drops SET state = 'uncertain', reason = 'identity'")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        with pytest.raises(PermanentError) as caught:
            await stage.acts.render_again(1, "new mapping", render)

    assert "lies in the outbox" in caught.value.hint
    assert yard.finals() == {NAME: CONTENT}


async def test_an_answered_file_is_neither_sent_again_nor_made_anew(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    await journal.record(recording(ack()))
    acts = yard.stage(journal).acts

    with pytest.raises(PermanentError, match="is answered"):
        await acts.resend(1, "x")
    with pytest.raises(PermanentError, match="is answered"):
        await acts.render_again(1, "x", render)


# --- abandon, targets, being busy -------------------------------------------------------------------------------------


async def test_an_abandoned_order_s_file_is_taken_back(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        told = await stage.acts.abandon(1, "withdrawn")
        await a_second(yard)

    assert told == f"abandoned; taken back: {NAME}"
    assert (yard.finals(), held(yard)) == ({}, {})
    assert await order_state_of(journal) == "abandoned"


async def test_an_order_that_is_reported_is_not_abandoned(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    await journal.record(recording(ack()))
    await journals.meddle(journal, "UPDATE orders SET state = 'reported'")

    with pytest.raises(PermanentError, match="is reported: nothing is left to abandon"):
        await yard.stage(journal).acts.abandon(1, "withdrawn")


@pytest.mark.parametrize("act", ["hold", "release", "resend", "render again"])
async def test_nothing_is_done_to_the_file_of_an_abandoned_order(journal: Journal, yard: Yard, act: str) -> None:
    await died_at(journal, yard, "published")
    (yard.outbox / NAME).unlink()
    if act == "release":
        await journal.acts.hold(await seen(journal), "wait")
    await journals.meddle(journal, "UPDATE orders SET abandoned = 1")
    acts = yard.stage(journal).acts
    asked = {
        "hold": lambda: acts.hold(1, "x"),
        "release": lambda: acts.release(1, "x"),
        "resend": lambda: acts.resend(1, "x"),
        "render again": lambda: acts.render_again(1, "x", render),
    }

    with pytest.raises(PermanentError, match="order 48447 is abandoned"):
        await asked[act]()


async def test_an_order_without_a_file_for_a_target_is_told_so(journal: Journal, yard: Yard) -> None:
    await admit(journal)

    with pytest.raises(PermanentError) as caught:
        await yard.stage(journal).acts.hold(1, "wait", "wms")

    assert caught.value.name is ErrorName.NOT_FOUND
    assert "erp" in caught.value.hint


async def test_a_file_that_is_in_another_hand_is_left_alone(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    due = await journal.drops.due("erp")

    with pytest.raises(BridgeError) as caught:
        await yard.stage(journal).acts.hold(1, "wait")

    assert caught.value.name is ErrorName.BUSY
    assert await drop_state(journal) == "queued"
    journal.drops.release(due)
