"""Every move of the table in `states.py` is made by the method it names, with one event; and no other move is made."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import pytest

from bridge.journal import Journal
from bridge.journal.records import Confirmation, CurrentDrop, DropResult, HeldEnd, ReportEnd, ReportResult
from bridge.journal.reports import doubt_owed
from bridge.journal.restore import doubt_all
from bridge.states import (
    DROP_MOVES,
    REPORT_MOVES,
    DropState,
    HeldReason,
    Move,
    OrderFacts,
    ReportPolicy,
    ReportState,
    order_state,
)
from tests.support.clock import START
from tests.support.journals import (
    ack,
    admit,
    bring_to,
    drop,
    drop_state,
    everything,
    meddle,
    one,
    order_state_of,
    recording,
    reports_of,
    rows,
    settle,
)

Mover = Callable[[Journal, str], Awaitable[object]]

FROM_TO = [(before, move.after, move.by) for move in DROP_MOVES for before in sorted(move.before)]
REPORTS_FROM_TO = [(before, move.after, move.by) for move in REPORT_MOVES for before in sorted(move.before)]


async def settle_drops(journal: Journal, after: str) -> object:
    reason = HeldReason.COLLISION if after == "held" else None
    return await settle(journal, DropState(after), reason=reason)


async def note_taken(journal: Journal, _: str) -> object:
    return await journal.drops.note_taken(await journal.drops.waiting("erp"))


async def record(journal: Journal, _: str) -> object:
    return await journal.record(recording(ack()))


async def requeue(journal: Journal, _: str) -> object:
    return await journal.requeue(1, "looked at it")


async def doubt(journal: Journal, _: str) -> object:
    await meddle(journal, "UPDATE drops SET held_from = 'staged' WHERE state = 'held'")
    return await journal.doubt("erp", lying=frozenset())


async def restore(journal: Journal, _: str) -> object:
    return await journal._threads.write(lambda db: doubt_all(db, START))  # noqa: SLF001 - no service runs meanwhile


async def seen(journal: Journal, reason: str = "person", origin: str = "published") -> CurrentDrop:
    """The drop as an act of a person sees it; if it is held, for that reason and from there."""
    await meddle(journal, "UPDATE drops SET reason = ?, held_from = ? WHERE state = 'held'", reason, origin)
    (found,) = await journal.acts.current(1)
    return found


async def hold(journal: Journal, _: str) -> object:
    return await journal.acts.hold(await seen(journal), "the shop asks")


async def release(journal: Journal, after: str) -> object:
    return await journal.acts.release(await seen(journal, origin=after), "all is clear")


async def settle_held(journal: Journal, after: str) -> object:
    reason, end = {
        "staged": ("releasing", HeldEnd.STILL_STAGED),
        "published": ("releasing", HeldEnd.PUT_BACK),
        "withdrawn": ("withdrawing", HeldEnd.WITHDRAWN),
    }[after]
    return await journal.acts.settle_held(await seen(journal, reason), end)


async def resend(journal: Journal, _: str) -> object:
    return await journal.acts.resend(await seen(journal), "lost")


async def render_again(journal: Journal, _: str) -> object:
    return await journal.acts.render_again(await seen(journal), drop("48447", 2), "new mapping")


async def abandon(journal: Journal, _: str) -> None:
    await journal.acts.abandon(1, "a test")


async def confirm(journal: Journal, _: str) -> None:
    await journal.acts.confirm(Confirmation(1, "SO-1001", "by phone", ReportPolicy()))


DROP_MOVERS: Mapping[str, Mover] = {
    "hold": hold,
    "release": release,
    "settle_held": settle_held,
    "resend": resend,
    "render_again": render_again,
    "abandon": abandon,
    "confirm": confirm,
    "restore": restore,
    "settle_drops": settle_drops,
    "doubt": doubt,
    "note_taken": note_taken,
    "record": record,
    "requeue": requeue,
}


@pytest.mark.parametrize(("before", "after", "by"), FROM_TO)
async def test_invariant_10_each_move_of_a_drop_appends_one_event(
    journal: Journal, before: str, after: str, by: str
) -> None:
    await admit(journal)
    await bring_to(journal, DropState(before))
    assert await drop_state(journal) == before
    events = await one(journal, "SELECT count(*) FROM events")

    await DROP_MOVERS[by](journal, after)

    expected = order_state(
        OrderFacts(
            DropState(after),
            [ReportState(state) for *_, state in await reports_of(journal)],
            abandoned=by == "abandon",
        )
    )
    assert await one(journal, "SELECT state FROM drops WHERE id = 1") == after
    assert await order_state_of(journal) == expected
    assert await one(journal, "SELECT count(*) FROM events") == events + 1
    assert await rows(journal, "SELECT order_id FROM events ORDER BY id DESC LIMIT 1") == [(1,)]


async def settle_report(journal: Journal, after: str) -> object:
    (due,) = await journal.reports.due(timedelta())
    end = {"sent": ReportEnd.SENT, "dead": ReportEnd.DEAD, "uncertain": ReportEnd.UNCERTAIN}[after]
    return await journal.reports.settle(ReportResult(due, end, "" if after == "sent" else "why"))


async def restore_reports(journal: Journal, _: str) -> object:
    await meddle(journal, "UPDATE reports SET moves_money = 1")
    return await journal._threads.write(lambda db: doubt_owed(db, START))  # noqa: SLF001 - no service runs meanwhile


async def settle_by_hand(journal: Journal, _: str) -> object:
    return await journal.acts.settle(1, "seen in Norce")


async def note_answered(journal: Journal, _: str) -> None:
    await journal.note_answered([(1, "SO-1001")])


REPORT_MOVERS: Mapping[str, Mover] = {
    "settle_report": settle_report,
    "restore": restore_reports,
    "note_answered": note_answered,
    "requeue": requeue,
    "settle": settle_by_hand,
}


@pytest.mark.parametrize(("before", "after", "by"), REPORTS_FROM_TO)
async def test_invariant_10_each_move_of_a_report_appends_one_event(
    journal: Journal, before: str, after: str, by: str
) -> None:
    await admit(journal)
    await journal.record(recording(ack()))
    await meddle(journal, "UPDATE reports SET state = ?", before)
    events = await one(journal, "SELECT count(*) FROM events")

    await REPORT_MOVERS[by](journal, after)

    expected = order_state(OrderFacts(DropState.ANSWERED, [ReportState(after)]))
    assert [state for *_, state in await reports_of(journal)] == [after]
    assert await order_state_of(journal) == expected
    assert await one(journal, "SELECT count(*) FROM events") == events + 1


FORBIDDEN = [
    (before, after)
    for before in (DropState.QUEUED, DropState.STAGED)
    for after in DropState
    if after is not before
    and not any(before in move.before and after == move.after and move.by == "settle_drops" for move in DROP_MOVES)
]


@pytest.mark.parametrize(("before", "after"), FORBIDDEN)
async def test_a_move_that_the_table_does_not_know_is_refused_and_changes_nothing(
    journal: Journal, before: DropState, after: DropState
) -> None:
    await admit(journal)
    await bring_to(journal, before)
    due = await journal.drops.due("erp")
    unchanged = await everything(journal)

    with pytest.raises(ValueError, match=f"no move from {before} to {after}"):
        await journal.drops.settle([DropResult(due[0], after)])

    assert await everything(journal) == unchanged


@pytest.mark.parametrize("state", [DropState.PUBLISHED, DropState.TAKEN, DropState.HELD, DropState.UNCERTAIN])
async def test_a_drop_that_is_at_rest_is_never_due(journal: Journal, state: DropState) -> None:
    await admit(journal)
    await bring_to(journal, state)

    due = await journal.drops.due("erp")

    assert due == []


@pytest.mark.parametrize("state", [DropState.QUEUED, DropState.STAGED, DropState.PUBLISHED, DropState.UNCERTAIN])
async def test_requeueing_leaves_alone_what_was_not_given_up(journal: Journal, state: DropState) -> None:
    await admit(journal)
    await bring_to(journal, state)
    unchanged = await everything(journal)

    moved = await journal.requeue(1, "all of them")

    assert moved == 0
    assert await everything(journal) == unchanged


async def test_requeueing_leaves_alone_what_a_person_holds(journal: Journal) -> None:
    await admit(journal)
    await settle(journal, DropState.HELD, reason=HeldReason.PERSON)

    moved = await journal.requeue(1, "all of them")

    assert moved == 0
    assert await drop_state(journal) == "held"


def test_every_mover_of_the_table_is_walked() -> None:
    def movers(moves: tuple[Move, ...]) -> set[str]:
        return {move.by for move in moves}

    assert movers(DROP_MOVES) == set(DROP_MOVERS)
    assert movers(REPORT_MOVES) == set(REPORT_MOVERS)
