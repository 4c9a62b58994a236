"""What people ask of files: held means out of sight, released means back, and a death in between is mended."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from bridge.errors import BridgeError, ErrorName, PermanentError, TransientError
from bridge.journal import Journal
from bridge.journal.records import CurrentDrop, RenderedDrop
from bridge.states import DropState
from tests.stages.drop_support import PROBE, SECOND, Gate, Yard
from tests.support import journals
from tests.support.journals import ack, admit, bring_to, drop, drop_state, one, order_state_of, recording, rows
from tests.support.running import at_rest, running

NAME = "ORDERS_48447_000001.csv"
CONTENT = b"48447;1\r\n"


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


@pytest.fixture
async def journal(tmp_path: Path, yard: Yard) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        yield journal


def held(yard: Yard) -> dict[str, bytes]:
    folder = yard.outbox / ".held"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


async def render(order_id: int, target: str) -> RenderedDrop:
    """Today's mapping says more than yesterday's."""
    assert (order_id, target) == (1, "erp")
    return drop("48447", 2)


async def a_second(yard: Yard) -> None:
    await at_rest(yard.clock)
    yard.clock.advance(SECOND)
    await at_rest(yard.clock)


async def seen(journal: Journal) -> CurrentDrop:
    return (await journal.acts.current(1))[0]


async def died_at(journal: Journal, yard: Yard, step: Literal["staged", "renamed", "published"]) -> None:
    """The journal and the folder as a process leaves them that dies after this step of publishing its first order."""
    await admit(journal)
    await started_again(journal, yard)
    if step == "staged":
        (yard.outbox / NAME).rename(yard.staging / f"{NAME}.part")
    if step != "published":
        await journals.meddle(journal, "UPDATE drops SET state = 'staged', published_at = NULL")
    yard.new_wire()


async def started_again(journal: Journal, yard: Yard) -> None:
    """A stage as after a start, until it has come to rest."""
    yard.new_wire()
    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)


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


# --- a death in the middle --------------------------------------------------------------------------------------------


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
