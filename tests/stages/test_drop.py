"""Files owed come to the outbox, whole and once, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.errors import ErrorName, FatalError
from bridge.journal import Journal
from bridge.retry import RetryPolicy
from bridge.stages.drop.stage import DropPoint
from bridge.states import DropState
from bridge.transports import Parcel, folder
from tests.stages.drop_support import SECOND, Gate, Yard
from tests.support import journals
from tests.support.journals import ack, admit, drop_state, one, order_state_of, recording, rows
from tests.support.running import at_rest, running
from tests.support.tripwire import Tripwire

FIRST = "ORDERS_48447_000001.csv"
CONTENT = b"48447;1\r\n"


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


@pytest.fixture
async def journal(tmp_path: Path, yard: Yard) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        yield journal


async def test_an_order_s_file_is_published_with_the_bytes_of_the_journal(journal: Journal, yard: Yard) -> None:
    await admit(journal)

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

    assert yard.finals() == {FIRST: CONTENT}
    assert yard.staged() == set()
    assert await drop_state(journal) == "published"
    assert await order_state_of(journal) == "dropped"
    assert yard.counters.count("files_written_total", target="erp", format="delimited") == 1


async def test_an_order_admitted_while_the_stage_rests_follows_without_any_time_passing(
    journal: Journal, yard: Yard
) -> None:
    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
        await admit(journal)
        await at_rest(yard.clock)

        assert yard.finals() == {FIRST: CONTENT}


async def test_three_hundred_at_once_are_published_in_batches(journal: Journal, yard: Yard) -> None:
    for number in range(300):
        await admit(journal, f"R{number}")

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

    assert len(yard.finals()) == 300
    assert await rows(journal, "SELECT DISTINCT state FROM drops") == [("published",)]
    assert yard.wire.calls.count("stage") == 2


async def test_the_marker_follows_its_file(journal: Journal, yard: Yard) -> None:
    await admit(journal, marker=f"{FIRST}.done")

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

    assert yard.finals() == {FIRST: CONTENT, f"{FIRST}.done": b""}


# --- what cannot be written -------------------------------------------------------------------------------------------


async def poison(parcels: Sequence[Parcel]) -> None:
    """A bug that shows with one order only, wherever it stands in a batch."""
    if any("poison" in parcel.final for parcel in parcels):
        raise KeyError("poison")


async def test_one_poison_drop_does_not_stop_the_others(journal: Journal, yard: Yard) -> None:
    for ref in ("A", "poison", "B"):
        await admit(journal, ref)
    yard.wire.before["stage"] = poison

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

    assert [await drop_state(journal, ref) for ref in ("A", "poison", "B")] == ["published", "queued", "published"]
    assert await rows(journal, "SELECT attempts FROM drops ORDER BY id") == [(0,), (1,), (0,)]


async def test_a_drop_that_never_succeeds_is_given_up_and_a_person_may_queue_it_again(
    journal: Journal, yard: Yard
) -> None:
    yard.retry = RetryPolicy(first=4 * SECOND, longest=4 * SECOND, give_up_after=8 * SECOND)
    order_id = await admit(journal, "poison")
    yard.wire.before["stage"] = poison

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
        for _ in range(40):  # each wait is drawn from nothing to four seconds
            yard.clock.advance(4 * SECOND)
            await at_rest(yard.clock)
        given_up = (await drop_state(journal, "poison"), await order_state_of(journal, "poison"))
        yard.wire.before.clear()
        await journal.requeue(order_id, "mended")
        await at_rest(yard.clock)

    assert given_up == ("held", "held")
    assert await drop_state(journal, "poison") == "published"


async def test_a_stranger_s_file_holds_the_drop_and_stays_until_a_person_has_cleared_it(
    journal: Journal, yard: Yard
) -> None:
    order_id = await admit(journal)
    yard.outbox.mkdir()
    (yard.outbox / FIRST).write_bytes(b"a stranger's")

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
        held = (await rows(journal, "SELECT state, reason FROM drops"), yard.finals())
        (yard.outbox / FIRST).unlink()
        await journal.requeue(order_id, "the stranger's file is gone")
        await at_rest(yard.clock)

    assert held == ([("held", "collision")], {FIRST: b"a stranger's"})
    assert yard.finals() == {FIRST: CONTENT}
    assert await drop_state(journal) == "published"


async def test_invariant_4_a_file_that_is_queued_again_keeps_name_number_and_bytes(
    journal: Journal, yard: Yard
) -> None:
    question = "SELECT control, file_name, content FROM drops"
    order_id = await admit(journal)
    before = await rows(journal, question)
    yard.outbox.mkdir()
    (yard.outbox / FIRST).write_bytes(b"a stranger's")

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
        (yard.outbox / FIRST).unlink()
        await journal.requeue(order_id, "cleared")
        await at_rest(yard.clock)

    assert await rows(journal, question) == before
    assert yard.finals() == {FIRST: CONTENT}


# --- crashes ----------------------------------------------------------------------------------------------------------


async def die(_: Sequence[Parcel]) -> None:
    raise FatalError("killed", name=ErrorName.UNFORESEEN)


async def crash_in(journal: Journal, yard: Yard, call: str, *, after: bool) -> None:
    """Runs the stage until it dies before or after one call, then forgets what it knew."""
    cues = yard.wire.after if after else yard.wire.before
    cues[call] = die
    with pytest.raises(ExceptionGroup):
        await yard.stage(journal).run(asyncio.Event())
    await yard.wire.close()
    yard.new_wire()


@pytest.mark.parametrize(("call", "after"), [("stage", False), ("stage", True), ("publish", False), ("publish", True)])
async def test_invariant_5_after_a_death_at_any_step_the_file_is_published_once_and_whole(
    tmp_path: Path, yard: Yard, call: str, *, after: bool
) -> None:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        await admit(journal)
        await crash_in(journal, yard, call, after=after)
        visible = yard.finals()

    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        async with running(yard.stage(journal).run):
            await at_rest(yard.clock)

        assert visible in ({}, {FIRST: CONTENT})
        assert yard.finals() == {FIRST: CONTENT}
        assert await rows(journal, "SELECT state, presumed FROM drops") == [("published", 0)]


async def test_invariant_6_a_file_taken_before_the_journal_knew_is_not_written_again(
    tmp_path: Path, yard: Yard
) -> None:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        await admit(journal)
        await crash_in(journal, yard, "publish", after=True)
    (yard.outbox / FIRST).unlink()

    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        async with running(yard.stage(journal).run):
            await at_rest(yard.clock)

        assert yard.finals() == {}
        assert await rows(journal, "SELECT state, presumed FROM drops") == [("published", 1)]


async def test_invariant_5_a_staging_file_torn_by_a_power_cut_is_written_anew(tmp_path: Path, yard: Yard) -> None:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        await admit(journal)
        await crash_in(journal, yard, "publish", after=False)
    (yard.staging / f"{FIRST}.part").write_bytes(b"\0" * len(CONTENT))

    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        async with running(yard.stage(journal).run):
            await at_rest(yard.clock)

        assert yard.finals() == {FIRST: CONTENT}
        assert [kind for (kind,) in await rows(journal, "SELECT kind FROM events ORDER BY id")] == [
            "received",
            "identity_trusted",
            "staged",
            "staged_again",
            "staged",
            "dropped",
        ]


@pytest.mark.parametrize(("call", "after"), [("stage", False), ("publish", False), ("publish", True)])
async def test_invariant_11_a_round_cut_short_counts_no_attempt(
    journal: Journal, yard: Yard, call: str, *, after: bool
) -> None:
    await admit(journal)
    gate = Gate()
    (yard.wire.after if after else yard.wire.before)[call] = gate
    stage = asyncio.ensure_future(yard.stage(journal).run(asyncio.Event()))
    await gate.reached.wait()

    stage.cancel()
    await asyncio.wait([stage])

    assert await rows(journal, "SELECT attempts, waited_s FROM drops") == [(0, 0.0)]
    assert len(await journal.drops.due("erp")) == 1
    await yard.wire.close()


async def test_a_step_in_hand_is_finished_before_the_stage_stops(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    gate = Gate()
    yard.wire.before["publish"] = gate

    async with running(yard.stage(journal).run) as stop:
        await gate.reached.wait()
        stop.set()
        gate.opened.set()

    assert await drop_state(journal) == "published"


async def test_a_busy_journal_delays_a_file_and_doubles_nothing(journal: Journal, yard: Yard, tmp_path: Path) -> None:
    await admit(journal)
    gate = Gate()
    yard.wire.after["publish"] = gate

    async with running(yard.stage(journal).run):
        await gate.reached.wait()
        async with journals.made_busy(journal, tmp_path / "var"):
            gate.opened.set()
            await yard.clock.until_waiting()
        state = await drop_state(journal)
        yard.clock.advance(SECOND)
        await at_rest(yard.clock)

    assert state == "staged"
    assert await rows(journal, "SELECT state, attempts, presumed FROM drops") == [("published", 0, 0)]
    assert yard.finals() == {FIRST: CONTENT}


# --- what the ERP does ------------------------------------------------------------------------------------------------


async def test_that_the_erp_took_a_file_is_noticed_within_a_second(journal: Journal, yard: Yard) -> None:
    await admit(journal)

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
        (yard.outbox / FIRST).unlink()
        yard.clock.advance(SECOND)
        await at_rest(yard.clock)

    assert await drop_state(journal) == "taken"
    assert yard.counters.count("files_picked_up_total", target="erp") == 1


async def test_a_folder_that_is_gone_is_not_an_erp_that_took_everything(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    stage = yard.stage(journal)

    async with running(stage.run):
        await at_rest(yard.clock)
        yard.outbox.rename(yard.place / "elsewhere")
        yard.clock.advance(SECOND)
        await at_rest(yard.clock)
        paused = [pause.reason for pause in stage.pauses().values()]
        state = await drop_state(journal)
        (yard.place / "elsewhere").rename(yard.outbox)

    assert paused == ["folder"]
    assert state == "published"


async def test_a_drop_that_an_answer_overtook_is_not_published(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    gate = Gate()
    yard.wire.before["stage"] = gate

    async with running(yard.stage(journal).run):
        await gate.reached.wait()
        await journal.record(recording(ack()))
        gate.opened.set()
        await at_rest(yard.clock)

    assert await drop_state(journal) == "answered"
    assert yard.finals() == {}
    assert yard.staged() == set()
    assert await journal.drops.litter("erp") == []


async def test_what_an_answer_left_in_the_staging_folder_is_cleared(tmp_path: Path, yard: Yard) -> None:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        await admit(journal, marker=f"{FIRST}.done")
        await crash_in(journal, yard, "publish", after=False)
        before = yard.staged()
        await journal.record(recording(ack()))

        async with running(yard.stage(journal).run):
            await at_rest(yard.clock)

        assert before == {f"{FIRST}.part", f"{FIRST}.done.part"}
        assert yard.staged() == set()
        assert yard.finals() == {}


async def test_a_target_that_is_paused_does_not_hold_up_another(journal: Journal, yard: Yard) -> None:
    await admit(journal, copies=["warehouse"])
    other = yard.place / "warehouse"
    wire = Tripwire(folder.build(folder.Options(directory=other, staging=other / ".staging")))
    stage = yard.stage(journal, DropPoint("warehouse", wire, "delimited"))
    await stage.pause("erp", "maintenance")

    async with running(stage.run):
        await at_rest(yard.clock, loops=2)

    assert await drop_state(journal) == "queued"
    assert await drop_state(journal, target="warehouse") == "published"


async def test_how_long_a_file_took_is_counted(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    yard.clock.advance(timedelta(minutes=2))

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

    ((_, labels, durations),) = yard.counters.durations()
    assert labels == (("stage", "drop"),)
    assert durations.total_s == 120


async def test_every_drop_state_but_those_of_the_stage_is_left_alone(journal: Journal, yard: Yard) -> None:
    await admit(journal)
    await journals.bring_to(journal, DropState.UNCERTAIN)

    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)

    assert yard.wire.calls == ["plant"]
    assert await one(journal, "SELECT state FROM drops") == "uncertain"
