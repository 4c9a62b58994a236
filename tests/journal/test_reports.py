"""Calls owed to Norce: in sequence per order, not before the answer, settled once."""

import asyncio
from datetime import timedelta

import pytest

from bridge.journal import Journal
from bridge.journal.records import DueReport, ReportEnd, ReportResult
from bridge.model import AckStatus
from bridge.states import Choice, ReportPolicy
from tests.support.clock import START, ManualClock
from tests.support.journals import (
    ack,
    admission,
    admit,
    everything,
    meddle,
    one,
    order_state_of,
    recording,
    reports_of,
)

SECOND = timedelta(seconds=1)
AT_ONCE = timedelta()


async def end(journal: Journal, report: DueReport, how: ReportEnd, wait: timedelta = AT_ONCE) -> bool:
    return await journal.reports.settle(ReportResult(report, how, "" if how is ReportEnd.SENT else "why", wait))


async def due(journal: Journal, report_after: timedelta = AT_ONCE) -> list[str]:
    """The statuses that are due; the leases are given back."""
    found = await journal.reports.due(report_after)
    journal.reports.release(found)
    return [report.status.value for report in found]


async def test_reports_of_an_order_are_sent_strictly_in_sequence(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack(), ack(status=AckStatus.DELIVERED), ack(status=AckStatus.INVOICED)))
    sent = []

    while found := await journal.reports.due(AT_ONCE):
        assert len(found) == 1
        sent.append(found[0].status)
        await end(journal, found[0], ReportEnd.SENT)

    assert sent == ["confirmed", "delivered", "invoiced"]
    assert await order_state_of(journal) == "reported"


async def test_the_next_report_waits_while_the_one_before_is_in_hand(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack(), ack(status=AckStatus.DELIVERED)))

    first = await journal.reports.due(AT_ONCE)
    second = await journal.reports.due(AT_ONCE)

    assert [report.status for report in first] == ["confirmed"]
    assert second == []


async def test_orders_do_not_wait_for_each_other(journal: Journal) -> None:
    for ref in ("A", "B", "C"):
        await admit(journal, ref)
    await journal.record(recording(*(ack(ref, number=f"SO-{ref}") for ref in "ABC")))

    found = await journal.reports.due(AT_ONCE)

    assert sorted(report.order_ref for report in found) == ["A", "B", "C"]


async def test_a_dead_report_holds_back_the_order_s_later_ones_and_no_others(journal: Journal) -> None:
    for ref in ("A", "B"):
        await admit(journal, ref)
    both = [ack(ref, status, f"SO-{ref}") for ref in "AB" for status in (AckStatus.CONFIRMED, AckStatus.DELIVERED)]
    await journal.record(recording(*both))
    of_a, of_b = sorted(await journal.reports.due(AT_ONCE), key=lambda report: report.order_ref)

    await end(journal, of_a, ReportEnd.DEAD)
    await end(journal, of_b, ReportEnd.SENT)

    assert await due(journal) == ["delivered"]
    assert await order_state_of(journal, "A") == "dead"
    assert await order_state_of(journal, "B") == "acknowledged"


async def test_a_dead_report_that_is_owed_anew_lets_the_others_follow(journal: Journal) -> None:
    order_id = await admit(journal)
    await journal.record(recording(ack(), ack(status=AckStatus.DELIVERED)))
    (first,) = await journal.reports.due(AT_ONCE)
    await end(journal, first, ReportEnd.DEAD)

    moved = await journal.requeue(order_id, "the shop was mended")
    (again,) = await journal.reports.due(AT_ONCE)
    await end(journal, again, ReportEnd.SENT)

    assert moved == 1
    assert (again.id, again.attempts, again.waited) == (first.id, 0, timedelta())
    assert await due(journal) == ["delivered"]
    assert await order_state_of(journal) == "acknowledged"


async def test_no_report_before_the_answer_was_written_out(journal: Journal) -> None:
    admitted = await journal.admit(admission("48447"), keep_conflicts=True)
    await journal.record(recording(ack()))

    before = (await due(journal), await journal.reports.next_at(AT_ONCE))
    await journal.note_answered([(admitted.order_id, None)])

    assert before == ([], None)
    assert await due(journal) == ["confirmed"]


async def test_no_report_sooner_after_the_answer_than_norce_needs(journal: Journal, clock: ManualClock) -> None:
    await admit(journal)
    await journal.record(recording(ack()))

    at_once = await due(journal, 2 * SECOND)
    due_at = await journal.reports.next_at(2 * SECOND)
    clock.advance(2 * SECOND)

    assert at_once == []
    assert due_at == START + 2 * SECOND
    assert await due(journal, 2 * SECOND) == ["confirmed"]


async def test_a_failed_attempt_is_counted_and_waits(journal: Journal, clock: ManualClock) -> None:
    await admit(journal)
    await journal.record(recording(ack()))
    (report,) = await journal.reports.due(AT_ONCE)

    await end(journal, report, ReportEnd.LATER, 5 * SECOND)

    at_once, due_at = await due(journal), await journal.reports.next_at(AT_ONCE)
    clock.advance(5 * SECOND)
    (again,) = await journal.reports.due(AT_ONCE)
    assert (at_once, due_at) == ([], START + 5 * SECOND)
    assert (again.attempts, again.waited) == (1, 5 * SECOND)


async def test_invariant_11_a_report_cut_short_was_not_tried(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack()))
    (report,) = await journal.reports.due(AT_ONCE)
    before = await everything(journal)

    moved = await end(journal, report, ReportEnd.CUT_SHORT)

    assert not moved
    assert await everything(journal) == before
    assert await due(journal) == ["confirmed"]


async def test_nothing_is_due_when_nothing_is_owed(journal: Journal) -> None:
    await admit(journal)

    assert await due(journal) == []
    assert await journal.reports.next_at(AT_ONCE) is None


async def test_an_abandoned_order_reports_nothing(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack()))

    await meddle(journal, "UPDATE orders SET abandoned = 1")

    assert await due(journal) == []
    assert await journal.reports.next_at(AT_ONCE) is None


async def test_a_number_told_in_the_answer_settles_the_report_of_it(journal: Journal) -> None:
    admitted = await journal.admit(admission("48447"), keep_conflicts=True)
    await journal.record(recording(ack(status=AckStatus.BACKORDER)))

    await journal.note_answered([(admitted.order_id, "SO-1001")])

    assert await reports_of(journal) == [(1, "confirmed", "SO-1001", "sent"), (2, "backorder", "SO-1001", "owed")]
    assert await due(journal) == ["backorder"]


async def test_another_number_told_in_the_answer_settles_nothing(journal: Journal) -> None:
    admitted = await journal.admit(admission("48447"), keep_conflicts=True)
    await journal.record(recording(ack()))

    await journal.note_answered([(admitted.order_id, "SO-9")])

    assert await due(journal) == ["confirmed"]


@pytest.mark.parametrize("status", [AckStatus.CANCELLED, AckStatus.REJECTED])
async def test_a_number_told_in_the_answer_never_settles_a_refusal(journal: Journal, status: AckStatus) -> None:
    admitted = await journal.admit(admission("48447"), keep_conflicts=True)
    policy = ReportPolicy(cancelled=Choice.STATUS, rejected=Choice.STATUS)
    await journal.record(recording(ack(status=status), policy=policy))

    await journal.note_answered([(admitted.order_id, "SO-1001")])

    assert await due(journal) == [status]


async def test_a_report_settled_by_the_answer_is_not_settled_again(journal: Journal) -> None:
    order_id = await admit(journal)
    await journal.record(recording(ack()))
    (in_hand,) = await journal.reports.due(AT_ONCE)
    await journal.note_answered([(order_id, "SO-1001")])
    before = await everything(journal)

    moved = await end(journal, in_hand, ReportEnd.LATER, 5 * SECOND)

    assert not moved
    assert await everything(journal) == before


async def test_the_first_answer_counts_and_a_repeat_s_answer_delays_nothing(
    journal: Journal, clock: ManualClock
) -> None:
    order_id = await admit(journal)
    before = await one(journal, "SELECT answered_at FROM orders")
    clock.advance(60 * SECOND)

    await journal.note_answered([(order_id, None)])

    assert await one(journal, "SELECT answered_at FROM orders") == before


async def test_two_who_ask_at_once_never_get_one_report(journal: Journal) -> None:
    for number in range(30):
        await admit(journal, f"R{number}")
    await journal.record(recording(*(ack(f"R{number}", number=f"S{number}") for number in range(30))))

    found = await asyncio.gather(*(journal.reports.due(AT_ONCE) for _ in range(3)))

    ids = [report.id for part in found for report in part]
    assert len(ids) == len(set(ids)) == 30


async def test_the_earliest_report_of_all_orders_tells_when_to_look_again(journal: Journal, clock: ManualClock) -> None:
    for ref in ("A", "B"):
        await admit(journal, ref)
    await journal.record(recording(ack("A", number="1"), ack("B", number="2")))
    for report, wait in zip(await journal.reports.due(AT_ONCE), (60 * SECOND, 10 * SECOND), strict=True):
        await end(journal, report, ReportEnd.LATER, wait)

    assert await journal.reports.next_at(2 * SECOND) == clock.now() + 10 * SECOND
