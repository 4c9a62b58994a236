"""What a person settled in Norce by hand: it is done for the bridge, and what comes after it goes on."""

from datetime import timedelta

import pytest

from bridge.errors import ErrorName, PermanentError
from bridge.journal import Journal, Topic
from bridge.journal.records import DueReport, ReportEnd, ReportResult
from bridge.model import AckStatus
from bridge.states import Choice, ReportPolicy
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
    rows,
    verdicts,
)
from tests.support.rows import BRIEF, SHOES, invoice, row

POLICY = ReportPolicy(invoiced=Choice.DOCUMENT)
INVOICE = invoice(row(SHOES, "2"))


async def due(journal: Journal) -> list[DueReport]:
    return await journal.reports.due(timedelta())


async def sent(journal: Journal, end: ReportEnd = ReportEnd.SENT) -> None:
    (report,) = await due(journal)
    assert not report.is_document or await journal.reports.begin(report)
    await journal.reports.settle(ReportResult(report, end, "" if end is ReportEnd.SENT else "why"))


async def confirmed_and_refused(journal: Journal) -> None:
    """An order whose confirmation is dead, with a backorder behind it."""
    await admit(journal)
    await journal.record(recording(ack()))
    await sent(journal, ReportEnd.DEAD)
    await journal.record(recording(ack(status=AckStatus.BACKORDER), claim="2-a__B.csv"))


async def test_what_comes_after_a_settled_report_goes_on_in_its_sequence(journal: Journal) -> None:
    await confirmed_and_refused(journal)
    assert await due(journal) == []

    told = await journal.acts.settle(1, "confirmed in Norce Admin")

    assert told == "report 1 (status confirmed), which was dead"
    assert [report.status for report in await due(journal)] == [AckStatus.BACKORDER]
    assert await order_state_of(journal) == "acknowledged"


async def test_a_persons_word_wakes_whoever_sends_the_next_report(journal: Journal) -> None:
    await confirmed_and_refused(journal)

    with journal.listen(Topic.REPORTS) as reports, journal.listen(Topic.ALERTS) as alerts:
        await journal.acts.settle(1, "confirmed in Norce Admin")

        assert reports.is_set()
        assert alerts.is_set()


async def test_a_settled_report_is_never_sent_not_even_by_a_retry(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack()))
    await sent(journal, ReportEnd.DEAD)
    await journal.acts.settle(1, "confirmed in Norce Admin")

    moved = await journal.requeue(1, "again")

    assert (moved, await due(journal)) == (0, [])
    assert await reports_of(journal) == [(1, "confirmed", "SO-1001", "sent")]


async def test_a_settled_invoice_counts_as_made_and_its_file_may_come_again(journal: Journal) -> None:
    await journal.admit(admission(brief=BRIEF), keep_conflicts=True)
    await journal.note_answered([(1, None)])
    await journal.record(recording(INVOICE, policy=POLICY))
    await sent(journal)
    await sent(journal, ReportEnd.UNCERTAIN)
    assert await order_state_of(journal) == "held"

    told = await journal.acts.settle(1, "captured, seen in Norce")
    await journal.record(recording(INVOICE, claim="2-a__INV.csv", policy=POLICY))

    assert told == "report 2 (invoice F-1), which was uncertain"
    assert await verdicts(journal) == ["applied", "repeated"]
    assert await order_state_of(journal) == "reported"
    assert await one(journal, "SELECT count(*) FROM reports") == 2


async def test_the_event_says_what_was_settled_by_whose_word(journal: Journal) -> None:
    await confirmed_and_refused(journal)

    await journal.acts.settle(1, "confirmed in Norce Admin")

    facts = "facts ->> 'report', facts ->> 'status', facts ->> 'because'"
    told = await rows(journal, f"SELECT {facts} FROM events WHERE kind = 'settled_by_person'")  # noqa: S608 - our words
    assert told == [("status", "confirmed", "confirmed in Norce Admin")]


async def test_a_question_is_settled_and_the_order_goes_its_way(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack(status=AckStatus.REJECTED)))
    assert await order_state_of(journal) == "held"

    told = await journal.acts.settle(1, "cancelled in Norce by hand")

    assert told == 'the question "the ERP answered rejected"'
    assert await order_state_of(journal) == "acknowledged"
    assert await rows(journal, "SELECT waits_because, outcome FROM orders") == [(None, "rejected")]


async def test_of_several_reports_in_doubt_only_the_named_one_is_settled(journal: Journal) -> None:
    await confirmed_and_refused(journal)
    await meddle(journal, "UPDATE reports SET state = 'uncertain'")

    with pytest.raises(PermanentError) as refused:
        await journal.acts.settle(1, "looked")
    await journal.acts.settle(1, "looked", "2")

    assert refused.value.name is ErrorName.AMBIGUOUS
    assert [state for *_, state in await reports_of(journal)] == ["uncertain", "sent"]


async def test_the_same_words_again_do_not_settle_the_next_report(journal: Journal) -> None:
    """A person whose first asking broke off asks again, and meanwhile the next report was refused too."""
    await confirmed_and_refused(journal)
    await journal.acts.settle(1, "seen in Norce")
    await sent(journal, ReportEnd.DEAD)

    with pytest.raises(
        PermanentError, match=r"by these words before, and .* another matter: report 2 \(status"
    ) as asked:
        await journal.acts.settle(1, "seen in Norce")
    before = await reports_of(journal)
    await journal.acts.settle(1, "seen in Norce", "2")

    assert "--what 2" in asked.value.hint
    assert [state for *_, state in before] == ["sent", "dead"]
    assert [state for *_, state in await reports_of(journal)] == ["sent", "sent"]


@pytest.mark.parametrize("what", ["", "1"])
async def test_where_nothing_waits_a_word_changes_nothing(journal: Journal, what: str) -> None:
    await admit(journal)
    await journal.record(recording(ack()))
    unchanged = await everything(journal)

    with pytest.raises(PermanentError, match="order 48447 is acknowledged: nothing of it waits to be settled"):
        await journal.acts.settle(1, "looked", what)

    assert await everything(journal) == unchanged


async def test_of_an_abandoned_order_nothing_is_settled(journal: Journal) -> None:
    await confirmed_and_refused(journal)
    await journal.acts.abandon(1, "the customer withdrew")

    with pytest.raises(PermanentError, match="is abandoned: nothing of it waits"):
        await journal.acts.settle(1, "looked")
