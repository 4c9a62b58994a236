"""Acts of people in the journal: refused where the state forbids them, one event with the reason, nothing besides."""

import asyncio
from dataclasses import replace

import pytest

from bridge.errors import ErrorName, PermanentError, TransientError
from bridge.journal import Journal
from bridge.journal.records import Confirmation, CurrentDrop, HeldEnd
from bridge.model import AckStatus
from bridge.states import Choice, DropState, ReportPolicy
from tests.support.journals import (
    ack,
    admit,
    bring_to,
    drop,
    drop_state,
    everything,
    one,
    order_state_of,
    recording,
    reports_of,
    rows,
)


async def seen(journal: Journal, order_id: int = 1) -> CurrentDrop:
    return (await journal.acts.current(order_id))[0]


async def reasons(journal: Journal) -> list[tuple[str, str | None]]:
    """What was told of acts, oldest first."""
    return await rows(
        journal,
        "SELECT kind, facts ->> 'because' FROM events WHERE facts ->> 'because' IS NOT NULL ORDER BY id",
    )


def by_phone(order_id: int = 1, number: str = "SO-1001", policy: ReportPolicy | None = None) -> Confirmation:
    return Confirmation(order_id, number, "told by phone", policy or ReportPolicy())


# --- a person's answer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [DropState.QUEUED, DropState.TAKEN, DropState.UNCERTAIN, DropState.HELD])
async def test_a_person_s_answer_counts_like_the_erp_s(journal: Journal, state: DropState) -> None:
    await admit(journal)
    await bring_to(journal, state)

    await journal.acts.confirm(by_phone())

    assert await drop_state(journal) == "answered"
    assert await reports_of(journal) == [(1, "confirmed", "SO-1001", "owed")]
    assert await rows(journal, "SELECT outcome, erp_order_no, state FROM orders") == [
        ("confirmed", "SO-1001", "acknowledged"),
    ]
    assert await reasons(journal) == [("confirmed_by_person", "told by phone")]


async def test_an_answer_of_the_erp_after_a_person_s_with_another_number_is_not_taken(journal: Journal) -> None:
    await admit(journal)
    await journal.acts.confirm(by_phone())

    recorded = await journal.record(recording(ack(number="SO-7")))

    assert "already has" in recorded.reasons[0]
    assert await one(journal, "SELECT erp_order_no FROM orders") == "SO-1001"


@pytest.mark.parametrize(
    ("said", "number", "why"),
    [
        (AckStatus.CONFIRMED, "SO-1001", "confirmed with that number already"),
        (AckStatus.CONFIRMED, "SO-7", 'already has the ERP number "SO-1001"'),
        (AckStatus.DELIVERED, "SO-1001", "is delivered already"),
        (AckStatus.REJECTED, "SO-1001", "is rejected already"),
    ],
)
async def test_a_person_s_answer_never_contradicts_the_erp_s(
    journal: Journal, said: AckStatus, number: str, why: str
) -> None:
    await admit(journal)
    await journal.record(recording(ack(status=said)))
    unchanged = await everything(journal)

    with pytest.raises(PermanentError, match=why) as caught:
        await journal.acts.confirm(by_phone(number=number))

    assert caught.value.name is ErrorName.STATE_FORBIDS
    assert await everything(journal) == unchanged


async def test_a_person_s_answer_ends_the_wait_for_a_decision(journal: Journal) -> None:
    await admit(journal)
    policy = ReportPolicy(changed=Choice.HOLD)
    await journal.record(recording(ack(status=AckStatus.CHANGED), policy=policy))
    before = await order_state_of(journal)

    await journal.acts.confirm(by_phone(policy=policy))

    assert (before, await order_state_of(journal)) == ("held", "acknowledged")
    assert await reports_of(journal) == [(1, "confirmed", "SO-1001", "owed")]


async def test_without_reports_to_norce_a_person_s_answer_owes_none(journal: Journal) -> None:
    await admit(journal)

    await journal.acts.confirm(by_phone(policy=ReportPolicy(enabled=False)))

    assert await reports_of(journal) == []
    assert await order_state_of(journal) == "acknowledged"


# --- abandoning -------------------------------------------------------------------------------------------------------


async def test_an_abandoned_order_owes_nothing_any_more(journal: Journal) -> None:
    await admit(journal)

    await journal.acts.abandon(1, "a test of ours")

    assert await order_state_of(journal) == "abandoned"
    assert await journal.drops.due("erp") == []
    assert await reasons(journal) == [("abandoned", "a test of ours")]


async def test_an_order_is_abandoned_once(journal: Journal) -> None:
    await admit(journal)
    await journal.acts.abandon(1, "a test")
    unchanged = await everything(journal)

    with pytest.raises(PermanentError, match="is abandoned"):
        await journal.acts.abandon(1, "again")

    assert await everything(journal) == unchanged


async def test_abandoning_leaves_a_file_that_the_erp_has(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.TAKEN)

    await journal.acts.abandon(1, "too late")

    assert (await drop_state(journal), await order_state_of(journal)) == ("taken", "abandoned")


async def test_a_late_answer_to_an_abandoned_order_is_not_reported(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.TAKEN)
    await journal.acts.abandon(1, "withdrawn")

    await journal.record(recording(ack()))

    assert await reports_of(journal) == []
    assert await one(journal, "SELECT count(*) FROM alerts WHERE kind = 'answer_after_end'") == 1


# --- holding, resending -----------------------------------------------------------------------------------------------


async def test_a_drop_held_before_it_was_written_is_released_at_once(journal: Journal) -> None:
    await admit(journal)
    await journal.acts.hold(await seen(journal), "wait")

    released = await journal.acts.release(await seen(journal), "go")

    assert released
    assert await drop_state(journal) == "queued"
    assert [kind for kind, _ in await reasons(journal)] == ["held", "released"]


@pytest.mark.parametrize("state", [DropState.STAGED, DropState.PUBLISHED])
async def test_a_drop_of_which_a_file_lies_somewhere_is_released_by_an_intention_first(
    journal: Journal, state: DropState
) -> None:
    await admit(journal)
    await bring_to(journal, state)
    await journal.acts.hold(await seen(journal), "wait")

    await journal.acts.release(await seen(journal), "go")

    now = await seen(journal)
    assert (now.state, now.reason, now.origin) == (DropState.HELD, "releasing", state)


async def test_an_act_on_a_drop_that_changed_meanwhile_changes_nothing(journal: Journal) -> None:
    await admit(journal)
    before = await seen(journal)
    await bring_to(journal, DropState.TAKEN)
    unchanged = await everything(journal)

    done = [
        await journal.acts.hold(before, "x"),
        await journal.acts.resend(before, "x"),
        await journal.acts.release(before, "x"),
        await journal.acts.settle_held(replace(before, state=DropState.HELD), HeldEnd.PUT_BACK),
        await journal.acts.render_again(before, drop("48447", 2), "x"),
    ]

    assert done == [False] * 5
    assert await everything(journal) == unchanged


async def test_invariant_4_a_resent_drop_keeps_its_name_bytes_and_number(journal: Journal) -> None:
    await admit(journal)
    what = "SELECT file_name, content, control, sha256 FROM drops"
    before = await rows(journal, what)
    await bring_to(journal, DropState.TAKEN)

    await journal.acts.resend(await seen(journal), "lost")

    assert await rows(journal, what) == before
    assert await rows(journal, "SELECT published_at, taken_at, presumed FROM drops") == [(None, None, 0)]
    assert [due.state for due in await journal.drops.due("erp")] == [DropState.QUEUED]


async def test_a_file_made_anew_takes_the_place_of_the_old_one(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.TAKEN)

    await journal.acts.render_again(await seen(journal), drop("48447", 7), "new mapping")

    assert await rows(journal, "SELECT control, state FROM drops ORDER BY id") == [(1, "withdrawn"), (7, "queued")]
    assert await order_state_of(journal) == "received"
    assert [due.control for due in await journal.drops.due("erp")] == [7]


async def test_a_drop_is_in_one_hand_only(journal: Journal) -> None:
    await admit(journal)
    (due,) = await journal.drops.due("erp")

    with pytest.raises(TransientError) as caught, journal.drops.lease([due.id]):
        pass
    journal.drops.release([due])
    with journal.drops.lease([due.id]):
        meanwhile = await journal.drops.due("erp")
    afterwards = await journal.drops.due("erp")

    assert caught.value.name is ErrorName.BUSY
    assert (meanwhile, [one.id for one in afterwards]) == ([], [due.id])


async def test_a_held_drop_whose_staging_folder_was_replaced_becomes_uncertain(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.STAGED)
    await journal.acts.hold(await seen(journal), "wait")

    await journal.doubt("erp", lying=frozenset())

    assert await drop_state(journal) == "uncertain"


async def test_a_remark_is_kept_in_the_history(journal: Journal) -> None:
    await admit(journal)

    await journal.acts.note(1, "called the warehouse")

    assert await one(journal, "SELECT facts ->> 'text' FROM events WHERE kind = 'note'") == "called the warehouse"


async def test_two_people_never_give_one_number_to_two_orders_at_the_same_time(journal: Journal) -> None:
    first, second = await admit(journal), await admit(journal, "48448")

    ends = await asyncio.gather(
        journal.acts.confirm(by_phone(first)), journal.acts.confirm(by_phone(second)), return_exceptions=True
    )

    assert [type(end) for end in ends] == [type(None), PermanentError]
    assert await rows(journal, "SELECT erp_order_no FROM orders ORDER BY id") == [("SO-1001",), (None,)]
