"""The queue of files owed: what is due, what is leased, what an attempt leaves behind."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.errors import TransientError
from bridge.journal import Journal
from bridge.journal.drops import AT_ONCE
from bridge.journal.records import DropResult, Litter
from bridge.states import DropState, HeldReason
from tests.support.clock import START, ManualClock
from tests.support.journals import (
    ack,
    admit,
    bring_to,
    drop_state,
    everything,
    made_busy,
    meddle,
    one,
    opened,
    order_state_of,
    recording,
    rows,
    settle,
)

SECOND = timedelta(seconds=1)


async def test_what_is_due_comes_oldest_first_and_whole(journal: Journal) -> None:
    for ref in ("B", "A"):
        await admit(journal, ref)

    due = await journal.drops.due("erp")

    assert [drop.order_ref for drop in due] == ["B", "A"]
    assert due[0].content == b"B;1\r\n"
    assert (due[0].state, due[0].attempts, due[0].fresh) == (DropState.QUEUED, 0, False)


async def test_a_leased_drop_is_not_leased_twice(journal: Journal) -> None:
    await admit(journal)

    first = await journal.drops.due("erp")
    second = await journal.drops.due("erp")
    journal.drops.release(first)
    third = await journal.drops.due("erp")

    assert [len(found) for found in (first, second, third)] == [1, 0, 1]


async def test_two_who_ask_at_once_share_the_work_and_never_one_drop(journal: Journal) -> None:
    for number in range(80):
        await admit(journal, f"R{number}")

    leased = await asyncio.gather(*(journal.drops.due("erp") for _ in range(3)))

    ids = [drop.id for found in leased for drop in found]
    assert len(ids) == len(set(ids)) >= 64


async def test_a_batch_is_leased_at_once_and_the_others_follow(journal: Journal) -> None:
    for number in range(AT_ONCE + 6):
        await admit(journal, f"R{number}")

    sizes = [len(await journal.drops.due("erp")) for _ in range(3)]

    assert sizes == [AT_ONCE, 6, 0]


async def test_a_lease_dies_with_its_process(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await journal.drops.due("erp")

    async with opened(tmp_path) as journal:
        assert len(await journal.drops.due("erp")) == 1


async def test_a_drop_staged_by_this_process_is_fresh_and_after_a_restart_it_is_not(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await admit(journal)
        await bring_to(journal, DropState.STAGED)
        here = await journal.drops.due("erp")

    async with opened(tmp_path) as journal:
        later = await journal.drops.due("erp")

    assert [drop.fresh for drop in here] == [True]
    assert [drop.fresh for drop in later] == [False]


async def test_settling_is_compare_and_set_and_losing_to_an_answer_is_no_error(journal: Journal) -> None:
    await admit(journal)
    due = await journal.drops.due("erp")
    await journal.record(recording(ack()))
    before = await everything(journal)

    moved = await journal.drops.settle([DropResult(due[0], DropState.STAGED)])

    assert moved == []
    assert await everything(journal) == before


async def test_the_drop_an_answer_overtook_is_not_due_again(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.STAGED)

    await journal.record(recording(ack()))

    assert await journal.drops.due("erp") == []
    assert await journal.drops.next_at("erp") is None


async def test_invariant_4_settling_changes_neither_name_nor_bytes_nor_number(journal: Journal) -> None:
    question = "SELECT control, file_name, staging_name, marker_name, content, sha256 FROM drops"
    await admit(journal)
    before = await rows(journal, question)

    await settle(journal, DropState.STAGED)
    await settle(journal, DropState.QUEUED)
    await settle(journal, DropState.HELD, reason=HeldReason.COLLISION)
    await journal.requeue(1, "the stranger's file is gone")
    await bring_to(journal, DropState.TAKEN)

    assert await drop_state(journal) == "taken"
    assert await rows(journal, question) == before


async def test_a_failed_attempt_is_counted_and_waits(journal: Journal, clock: ManualClock) -> None:
    await admit(journal)
    (drop,) = await journal.drops.due("erp")

    await journal.drops.settle([DropResult(drop, drop.state, detail="no luck", wait=5 * SECOND)])

    at_once = await journal.drops.due("erp")
    due_at = await journal.drops.next_at("erp")
    clock.advance(5 * SECOND)
    (later,) = await journal.drops.due("erp")
    assert at_once == []
    assert due_at == START + 5 * SECOND
    assert (later.attempts, later.waited) == (1, 5 * SECOND)
    assert await one(journal, "SELECT kind FROM events ORDER BY id DESC LIMIT 1") == "drop_failed"


async def test_invariant_11_work_that_was_cut_short_is_no_attempt(journal: Journal) -> None:
    await admit(journal)
    (drop,) = await journal.drops.due("erp")
    before = await everything(journal)

    await journal.drops.settle([DropResult(drop, drop.state)])

    assert await everything(journal) == before
    assert len(await journal.drops.due("erp")) == 1


async def test_a_step_forward_forgets_the_attempts_of_the_step_before(journal: Journal, clock: ManualClock) -> None:
    await admit(journal)
    (drop,) = await journal.drops.due("erp")
    await journal.drops.settle([DropResult(drop, drop.state, wait=5 * SECOND)])
    clock.advance(5 * SECOND)

    await settle(journal, DropState.STAGED)

    (staged,) = await journal.drops.due("erp")
    assert (staged.attempts, staged.waited) == (0, timedelta())


async def test_publishing_is_told_with_hash_and_size(journal: Journal) -> None:
    await admit(journal)

    await bring_to(journal, DropState.PUBLISHED)

    facts = json.loads(await one(journal, "SELECT facts FROM events WHERE kind = 'dropped'"))
    assert facts["file"] == "ORDERS_48447_000001.csv"
    assert facts["size"] == len(b"48447;1\r\n")
    assert len(facts["sha256"]) == 64
    assert await order_state_of(journal) == "dropped"


async def test_a_presumed_file_is_not_waited_for(journal: Journal) -> None:
    await admit(journal)
    await settle(journal, DropState.STAGED)

    await settle(journal, DropState.PUBLISHED, presumed=True)

    assert await journal.drops.waiting("erp") == []
    assert await drop_state(journal) == "published"


async def test_a_file_is_taken_once(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)
    waiting = await journal.drops.waiting("erp")

    first = await journal.drops.note_taken(waiting)
    second = await journal.drops.note_taken(waiting)

    assert first == waiting
    assert second == []
    assert await one(journal, "SELECT count(*) FROM events WHERE kind = 'fetched'") == 1


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (DropState.QUEUED, 1),
        (DropState.STAGED, 1),
        (DropState.PUBLISHED, 1),
        (DropState.HELD, 1),
        (DropState.UNCERTAIN, 1),
        (DropState.TAKEN, 0),
    ],
)
async def test_the_backlog_is_what_the_erp_has_not_fetched(journal: Journal, state: DropState, counts: int) -> None:
    await admit(journal)
    await bring_to(journal, state)

    assert await journal.drops.backlog("erp") == counts
    assert await journal.drops.backlog("warehouse") == 0


async def test_a_target_s_drops_are_its_own(journal: Journal) -> None:
    await admit(journal, copies=["warehouse"])

    await bring_to(journal, DropState.TAKEN, "warehouse")

    assert await drop_state(journal, target="warehouse") == "taken"
    assert await drop_state(journal) == "queued"
    assert await order_state_of(journal) == "received"


async def test_an_abandoned_order_s_file_is_not_due_and_nobody_waits_for_it(journal: Journal) -> None:
    await admit(journal)

    await meddle(journal, "UPDATE orders SET abandoned = 1")

    assert await journal.drops.due("erp") == []
    assert await journal.drops.next_at("erp") is None


async def test_litter_is_told_until_it_is_cleared(journal: Journal) -> None:
    order_id = await admit(journal, marker="ORDERS_48447_000001.csv.done")
    await journal.record(recording(ack()))

    litter = await journal.drops.litter("erp")
    await journal.drops.note_cleared([left.id for left in litter])

    name = "ORDERS_48447_000001.csv"
    assert litter == [Litter(order_id, name, f"{name}.part", f"{name}.done")]
    assert await journal.drops.litter("erp") == []


async def test_litter_of_a_drop_in_hand_is_left_until_it_is_given_back(journal: Journal) -> None:
    await admit(journal)
    due = await journal.drops.due("erp")
    await journal.record(recording(ack()))

    while_in_hand = await journal.drops.litter("erp")
    journal.drops.release(due)

    assert while_in_hand == []
    assert len(await journal.drops.litter("erp")) == 1


async def test_leases_are_given_back_when_settling_fails(journal: Journal, tmp_path: Path) -> None:
    await admit(journal)
    due = await journal.drops.due("erp")

    async with made_busy(journal, tmp_path):
        with pytest.raises(TransientError):
            await journal.drops.settle([DropResult(drop, DropState.STAGED) for drop in due])

    assert len(await journal.drops.due("erp")) == 1
