"""What people ask of files: held means out of sight, released means back, and a death in between is mended."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.errors import BridgeError, ErrorName, PermanentError
from bridge.journal import Journal
from bridge.journal.records import CurrentDrop, RenderedDrop
from bridge.states import DropState
from tests.stages.drop_support import PROBE, SECOND, Yard
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


# --- a death in the middle --------------------------------------------------------------------------------------------


async def published(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
    yard.new_wire()


async def test_a_hold_that_died_before_its_move_is_carried_out_at_the_next_start(journal: Journal, yard: Yard) -> None:
    await published(journal, yard)
    await journal.acts.hold(await seen(journal), "wait")

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

    assert (yard.finals(), held(yard), await drop_state(journal)) == ({}, {NAME: CONTENT}, "held")


async def test_a_hold_whose_file_was_fetched_meanwhile_ends_as_published(journal: Journal, yard: Yard) -> None:
    await published(journal, yard)
    await journal.acts.hold(await seen(journal), "wait")
    (yard.outbox / NAME).unlink()

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

    assert await drop_state(journal) == "taken"
    assert await one(journal, "SELECT count(*) FROM events WHERE kind = 'out_of_our_hands'") == 1


@pytest.mark.parametrize("has_moved", [False, True], ids=["before the move", "after the move"])
async def test_a_release_that_died_is_carried_out_at_the_next_start(
    journal: Journal, yard: Yard, *, has_moved: bool
) -> None:
    await published(journal, yard)
    stage = yard.stage(journal)
    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.hold(1, "wait")
    yard.new_wire()
    await journal.acts.release(await seen(journal), "go")
    if has_moved:
        (yard.outbox / ".held" / NAME).rename(yard.outbox / NAME)

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

    assert (yard.finals(), held(yard), await drop_state(journal)) == ({NAME: CONTENT}, {}, "published")


async def test_a_staged_file_held_after_a_death_keeps_its_witness(journal: Journal, yard: Yard) -> None:
    """The rename happened, its commit did not; then a person holds the order before the loop comes to it."""
    await published(journal, yard)
    await journals.meddle(journal, "UPDATE drops SET state = 'staged', published_at = NULL")
    await journal.acts.hold(await seen(journal), "wait")

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
        in_between = (yard.finals(), held(yard))
        stage_calls = yard.wire.calls.count("stage")

    assert in_between == ({}, {NAME: CONTENT})
    assert stage_calls == 0


async def test_a_held_staged_file_that_was_renamed_and_released_is_not_written_twice(
    journal: Journal, yard: Yard
) -> None:
    await published(journal, yard)
    await journals.meddle(journal, "UPDATE drops SET state = 'staged', published_at = NULL")
    await journal.acts.hold(await seen(journal), "wait")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.release(1, "go")
        await a_second(yard)

    assert yard.finals() == {NAME: CONTENT}
    assert await drop_state(journal) == "published"
    assert yard.wire.calls.count("stage") == 0


async def test_a_staged_file_that_was_held_is_published_when_it_is_released(journal: Journal, yard: Yard) -> None:
    """The target was paused between staging and publishing, and a person held the order meanwhile."""
    await published(journal, yard)
    (yard.outbox / NAME).rename(yard.staging / f"{NAME}.part")
    await journals.meddle(journal, "UPDATE drops SET state = 'staged', published_at = NULL")
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
    await published(journal, yard)
    await journal.acts.abandon(1, "withdrawn")

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

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
    await published(journal, yard)
    (yard.outbox / NAME).unlink()
    await journals.meddle(journal, "UPDATE drops SET state = 'uncertain', reason = 'identity'")
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        await stage.acts.resend(1, "the ERP does not have it")
        await at_rest(yard.clock)

    assert yard.finals() == {NAME: CONTENT}


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


async def test_an_answered_file_is_neither_sent_again_nor_made_anew(journal: Journal, yard: Yard) -> None:
    await published(journal, yard)
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
