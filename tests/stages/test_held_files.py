"""Held means out of sight, released means back as it was; a file named NAME.hold does the same."""

import asyncio
import os
from pathlib import Path

import pytest

from bridge.errors import ErrorName, PermanentError, TransientError
from bridge.journal import Journal
from bridge.states import DropState
from tests.stages.drop_support import PROBE, Gate, Yard
from tests.stages.held_support import CONTENT, NAME, a_second, died_at, held, journal, render, seen, started_again, yard
from tests.support import journals
from tests.support.journals import ack, admit, bring_to, drop_state, one, order_state_of, recording, rows
from tests.support.running import at_rest, running

__all__ = ["journal", "yard"]


# --- hold and release -------------------------------------------------------------------------------------------------


async def test_a_held_file_is_out_of_the_erp_s_sight_and_comes_back_as_it_was(journal: Journal, yard: Yard) -> None:
    await admit(journal, marker=f"{NAME}.done")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.hold(1, "wait")
        await a_second(yard)
        while_held = (yard.finals(), held(yard), await drop_state(journal), await order_state_of(journal))
        await stage.acts.release(1, "go")
        await a_second(yard)

    assert while_held == ({}, {NAME: CONTENT}, "held", "held")
    assert yard.finals() == {NAME: CONTENT, f"{NAME}.done": b""}
    assert held(yard) == {}
    assert await drop_state(journal) == "published"


async def test_a_file_held_before_it_was_written_is_written_when_it_is_released(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)
    await stage.acts.hold(1, "wait")

    async with running(stage.run):
        await at_rest(yard.clock)
        while_held = yard.finals()
        await stage.acts.release(1, "go")
        await at_rest(yard.clock)

    assert while_held == {}
    assert yard.finals() == {NAME: CONTENT}


async def test_what_the_erp_took_cannot_be_held_any_more(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        (yard.outbox / NAME).unlink()
        with pytest.raises(PermanentError, match="the ERP took it before") as caught:
            await stage.acts.hold(1, "wait")
        await a_second(yard)

    assert caught.value.name is ErrorName.STATE_FORBIDS
    assert await drop_state(journal) == "taken"


@pytest.mark.parametrize("state", [DropState.TAKEN, DropState.HELD, DropState.UNCERTAIN])
async def test_only_what_has_not_left_our_hands_is_held(journal: Journal, yard: Yard, state: DropState) -> None:
    await admit(journal)
    await bring_to(journal, state)

    with pytest.raises(PermanentError, match=f"{NAME} is {state}"):
        await yard.stage(journal).acts.hold(1, "wait")

    assert await drop_state(journal) == state


async def test_a_stranger_under_its_name_keeps_a_file_held(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.hold(1, "wait")
        (yard.outbox / NAME).write_bytes(b"a stranger's")
        with pytest.raises(PermanentError) as caught:
            await stage.acts.release(1, "go")
        in_between = (await drop_state(journal), held(yard))
        (yard.outbox / NAME).unlink()
        await stage.acts.release(1, "go")

    assert "move it away" in caught.value.hint
    assert in_between == ("held", {NAME: CONTENT})
    assert yard.finals() == {NAME: CONTENT}


async def test_a_hold_while_the_folder_is_gone_is_carried_out_when_it_is_back(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        yard.outbox.rename(yard.place / "away")
        told = await stage.acts.hold(1, "wait")
        await at_rest(yard.clock)
        (yard.place / "away").rename(yard.outbox)
        before = yard.finals()
        yard.clock.advance(PROBE)
        await at_rest(yard.clock)

    assert "as soon as the target can be reached" in told
    assert before == {NAME: CONTENT}
    assert (yard.finals(), held(yard)) == ({}, {NAME: CONTENT})


async def test_an_answer_to_a_held_order_clears_the_held_file_away(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.hold(1, "wait")
        await journal.record(recording(ack()))
        await a_second(yard)

    assert (await drop_state(journal), yard.finals(), held(yard)) == ("answered", {}, {})


def marker_that_is_stuck(yard: Yard) -> Path:
    """A folder in the marker's place: the file cannot be held, since its marker cannot be taken away first."""
    marker = yard.outbox / f"{NAME}.done"
    marker.unlink()
    marker.mkdir()
    return marker


async def test_a_file_that_cannot_be_moved_is_not_said_to_be_held(journal: Journal, yard: Yard) -> None:
    await admit(journal, marker=f"{NAME}.done")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        marker = marker_that_is_stuck(yard)
        told = await stage.acts.hold(1, "wait")
        while_stuck = (yard.finals(), await drop_state(journal))
        marker.rmdir()
        await a_second(yard)

    assert told == f"{NAME} is held; its file is moved as soon as the target can be reached"
    assert while_stuck == ({NAME: CONTENT}, "held")
    assert (yard.finals(), held(yard)) == ({}, {NAME: CONTENT})


async def test_a_file_that_cannot_be_moved_is_not_made_anew(journal: Journal, yard: Yard) -> None:
    """The ERP would get both."""
    await admit(journal, marker=f"{NAME}.done")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        marker_that_is_stuck(yard)
        with pytest.raises(TransientError, match="could not be moved"):
            await stage.acts.render_again(1, "new mapping", render)

    assert await rows(journal, "SELECT state FROM drops") == [("held",)]


async def test_a_file_that_cannot_be_moved_does_not_hold_up_the_others(journal: Journal, yard: Yard) -> None:
    await admit(journal, marker=f"{NAME}.done")
    await admit(journal, "48448")
    await started_again(journal, yard)
    marker_that_is_stuck(yard)
    for order_id in (1, 2):
        await journal.acts.hold((await journal.acts.current(order_id))[0], "wait")

    await started_again(journal, yard)

    assert held(yard) == {"ORDERS_48448_000002.csv": b"48448;2\r\n"}


async def test_a_person_waits_for_a_round_that_is_under_way(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    gate = yard.wire.before["publish"] = Gate()
    await admit(journal, "48448")
    stage = yard.stage(journal)

    async with running(stage.run), asyncio.TaskGroup() as group:
        await gate.reached.wait()
        asked = group.create_task(stage.acts.hold(1, "wait"))
        done, _ = await asyncio.wait({asked}, timeout=0.2)
        gate.opened.set()

    assert not done
    assert asked.result() == f"{NAME} is held"
    assert held(yard) == {NAME: CONTENT}


async def test_a_held_file_that_is_let_go_begins_its_attempts_anew(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    await journals.meddle(journal, "UPDATE drops SET attempts = 9, waited_s = 999")
    acts = yard.stage(journal).acts

    await acts.hold(1, "wait")
    await acts.release(1, "go")

    assert await rows(journal, "SELECT state, attempts, waited_s FROM drops") == [("queued", 0, 0)]


async def test_a_file_is_let_go_once(journal: Journal, yard: Yard) -> None:
    await died_at(journal, yard, "published")
    await journal.acts.hold(await seen(journal), "wait")
    as_seen = await seen(journal)

    first, second = await journal.acts.release(as_seen, "go"), await journal.acts.release(as_seen, "go")

    assert (first, second) == (True, False)


# --- NAME.hold --------------------------------------------------------------------------------------------------------


async def test_a_file_named_hold_holds_until_it_is_removed(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    wish = yard.outbox / f"{NAME}.hold"

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
        wish.touch()
        await a_second(yard)
        while_held = (yard.finals(), await drop_state(journal))
        wish.unlink()
        await a_second(yard)

    assert while_held == ({f"{NAME}.hold": b""}, "held")
    assert (yard.finals(), await drop_state(journal)) == ({NAME: CONTENT}, "published")
    kinds = [row[0] for row in await rows(journal, "SELECT kind FROM events ORDER BY id")]
    assert [kind for kind in kinds if kind != "identity_trusted"] == [
        "received",
        "staged",
        "dropped",
        "held",
        "released",
        "put_back",
    ]


async def test_a_file_named_hold_for_a_file_that_is_gone_does_nothing(journal: Journal, yard: Yard) -> None:
    await admit(journal)

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
        (yard.outbox / NAME).unlink()
        (yard.outbox / f"{NAME}.hold").touch()
        for _ in range(3):
            await a_second(yard)

    assert await drop_state(journal) == "taken"
    assert await one(journal, "SELECT count(*) FROM events WHERE kind = 'held'") == 0


async def test_what_a_file_holds_is_released_by_removing_that_file(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        (yard.outbox / f"{NAME}.hold").touch()
        await a_second(yard)
        with pytest.raises(PermanentError) as caught:
            await stage.acts.release(1, "go")

    assert "remove that file" in caught.value.hint


async def test_what_a_person_held_is_not_released_by_the_removal_of_a_file(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.hold(1, "wait")
        (yard.outbox / f"{NAME}.hold").touch()
        await a_second(yard)
        (yard.outbox / f"{NAME}.hold").unlink()
        await a_second(yard)

    assert await drop_state(journal) == "held"


async def test_a_hold_file_in_no_encoding_is_nobody_s_wish_and_stops_nothing(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    yard.outbox.mkdir()
    (yard.outbox / os.fsdecode(b"\xff\xe5.hold")).touch()
    stage = yard.stage(journal)

    async with running(stage.run):
        await a_second(yard)

    assert await drop_state(journal) == "published"
