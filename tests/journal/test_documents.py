"""Documents in the journal: born whole with their acknowledgement, once each, and never lost behind a status."""

from datetime import timedelta
from decimal import Decimal

from bridge.journal import Journal
from bridge.journal.conditions import Condition, Limits, TargetLimits, alarming
from bridge.journal.records import ReportEnd, ReportResult
from bridge.journal.reports import doubt_owed
from bridge.model import AckKind, Acknowledgement, AckStatus
from bridge.reports.kinds import DeliveryReport, InvoiceReport
from bridge.states import Choice, DropState, ReportPolicy
from tests.support.clock import START, ManualClock
from tests.support.journals import (
    ack,
    admission,
    bring_to,
    everything,
    meddle,
    one,
    order_state_of,
    recording,
    rows,
    verdicts,
)
from tests.support.rows import BRIEF, FREIGHT, SHOES, SOCKS, cancellation, delivery, invoice, row

AT_ONCE = timedelta()
MONEY = ReportPolicy(
    invoiced=Choice.DOCUMENT, cancelled=Choice.DOCUMENT, rejected=Choice.DOCUMENT, credited=Choice.DOCUMENT
)


async def admit(journal: Journal) -> int:
    admitted = await journal.admit(admission(brief=BRIEF), keep_conflicts=True)
    await journal.note_answered([(admitted.order_id, None)])
    return admitted.order_id


async def said(journal: Journal, *acks: Acknowledgement, policy: ReportPolicy = MONEY) -> None:
    """Each in a file of its own."""
    for number, each in enumerate(acks):
        await journal.record(recording(each, policy=policy, claim=f"{number}-{id(each):x}__ACK.csv"))


async def owed(journal: Journal) -> list[tuple[str, str | None, str]]:
    return await rows(journal, "SELECT kind, number, state FROM reports ORDER BY seq")


async def test_invariant_9_a_document_is_whole_in_the_transaction_of_its_acknowledgement(journal: Journal) -> None:
    await admit(journal)
    await said(journal, ack(number="SO-1"))
    (confirmed,) = await journal.reports.due(AT_ONCE)
    await journal.reports.settle(ReportResult(confirmed, ReportEnd.SENT))

    await said(journal, delivery(row(SHOES, "2")))
    await meddle(journal, "UPDATE orders SET brief = '{}', body = NULL")
    (due,) = await journal.reports.due(AT_ONCE)

    assert isinstance(due.report, DeliveryReport)
    assert (due.report.note_no, due.report.erp_order_no, due.is_document) == ("DN-1", "SO-1", True)
    assert [(line.part_no, line.qty) for line in due.report.lines] == [("SHOE", Decimal(2))]


async def test_a_row_that_a_delivery_note_calls_cancelled_is_not_waited_for_in_later_files(journal: Journal) -> None:
    await admit(journal)

    await said(
        journal,
        delivery(row(SHOES, "2"), row(SOCKS, status=AckStatus.CANCELLED)),
        invoice(row(SHOES, "2"), row(FREIGHT, "1")),
    )

    (told,) = await rows(journal, "SELECT document FROM reports WHERE kind = 'invoice'")
    assert '"is_last": true' in told[0]


async def test_a_row_cancelled_in_part_is_waited_for_in_later_files_too(journal: Journal) -> None:
    await admit(journal)
    part = row(SOCKS, status=AckStatus.CANCELLED, qty_confirmed=Decimal(4))

    await said(
        journal,
        ack(number="SO-1", status=AckStatus.CHANGED, lines=(part,)),
        invoice(row(SHOES, "2"), row(FREIGHT, "1")),
    )

    (told,) = await rows(journal, "SELECT document FROM reports WHERE kind = 'invoice'")
    assert '"is_last": false' in told[0]


async def test_a_second_delivery_after_an_invoice_moves_nothing_back_and_is_owed(journal: Journal) -> None:
    await admit(journal)

    await said(
        journal,
        delivery(row(SHOES, "2")),
        invoice(row(SHOES, "2")),
        delivery(row(SOCKS, "10"), note="DN-2"),
        delivery(row(SOCKS, "10"), note="DN-2", reason="once more"),
    )

    assert await owed(journal) == [
        ("status", None, "owed"),
        ("delivery", "DN-1", "owed"),
        ("invoice", "F-1", "owed"),
        ("delivery", "DN-2", "owed"),
    ]
    assert await verdicts(journal) == ["applied", "applied", "document", "repeated"]
    assert await one(journal, "SELECT outcome FROM orders") == "invoiced"


async def test_an_older_status_without_a_document_is_still_not_reported(journal: Journal) -> None:
    await admit(journal)

    await said(journal, ack(status=AckStatus.DELIVERED), ack())

    assert await verdicts(journal) == ["applied", "older"]
    assert await owed(journal) == [("status", None, "owed")]


async def test_what_is_owed_adds_up_over_files(journal: Journal) -> None:
    await admit(journal)

    await said(
        journal,
        delivery(row(SHOES, "2")),
        invoice(row(SHOES, "2"), no="F-0"),
        cancellation(row(SOCKS)),
        invoice(row(FREIGHT, "1")),
    )

    told = await journal.read(lambda db: db.execute("SELECT document FROM reports WHERE number = 'F-1'").fetchone())
    assert '"is_last": true' in told[0]
    assert [kind for kind, *_ in await owed(journal)] == ["status", "delivery", "invoice", "cancellation", "invoice"]


async def test_the_same_invoice_number_with_other_content_is_held_and_alerted(journal: Journal) -> None:
    await admit(journal)

    await said(journal, invoice(row(SHOES, "2")), invoice(row(SHOES, "1")))

    assert await verdicts(journal) == ["applied", "conflict"]
    assert [number for kind, number, _ in await owed(journal) if kind == "invoice"] == ["F-1"]
    assert "F-1 came again" in await one(journal, "SELECT waits_because FROM orders")
    assert await order_state_of(journal) == "held"
    assert await rows(journal, "SELECT kind, subject FROM alerts") == [("document_held", "48447")]


async def test_a_later_document_ends_no_question_that_a_person_was_asked(journal: Journal) -> None:
    await admit(journal)
    await said(journal, invoice(row(SHOES, "2")), invoice(row(SHOES, "1")))

    await said(journal, delivery(row(SHOES, "2")))

    assert await verdicts(journal) == ["applied", "conflict", "document"]
    assert await order_state_of(journal) == "held"


async def test_news_of_the_order_ends_no_question_about_money(journal: Journal) -> None:
    await admit(journal)
    await said(journal, delivery(row(SHOES, "1")), invoice(row(SHOES, "3"), no="F-9"), invoice(row("9", "3"), no="F-8"))

    await said(journal, delivery(row(SHOES, "1"), row(SOCKS, "10"), note="DN-2"))

    assert (await verdicts(journal))[-1] == "applied"
    asked = await one(journal, "SELECT waits_because FROM orders")
    assert "F-9" in asked
    assert "F-8" in asked
    assert await order_state_of(journal) == "held"


async def test_the_next_word_on_a_held_outcome_ends_its_question(journal: Journal) -> None:
    await admit(journal)
    policy = ReportPolicy(changed=Choice.HOLD)

    await said(journal, ack(status=AckStatus.CHANGED, number="SO-1"), ack(number="SO-1"), policy=policy)

    assert await one(journal, "SELECT waits_because FROM orders") is None


async def test_a_number_told_in_the_answer_settles_no_document(journal: Journal) -> None:
    admitted = await journal.admit(admission(brief=BRIEF), keep_conflicts=True)
    await said(journal, invoice(row(SHOES, "2")))

    await journal.note_answered([(admitted.order_id, "SO-1")])

    assert await owed(journal) == [("status", None, "sent"), ("invoice", "F-1", "owed")]


async def test_a_number_told_in_the_answer_leaves_nothing_that_would_move_norce_back(journal: Journal) -> None:
    admitted = await journal.admit(admission(brief=BRIEF), keep_conflicts=True)
    policy = ReportPolicy(received=Choice.STATUS)
    receipt = ack(kind=AckKind.RECEIPT, status=AckStatus.RECEIVED, number=None)
    await said(journal, receipt, ack(number="SO-1"), policy=policy)

    await journal.note_answered([(admitted.order_id, "SO-1")])

    assert await owed(journal) == [("status", None, "sent"), ("status", None, "sent")]


async def test_a_number_told_in_the_answer_does_not_tell_what_became_of_the_rows(journal: Journal) -> None:
    admitted = await journal.admit(admission(brief=BRIEF), keep_conflicts=True)
    changed = ack(status=AckStatus.CHANGED, number="SO-1", lines=(row(SOCKS, status=AckStatus.BACKORDER),))
    await said(journal, changed)

    await journal.note_answered([(admitted.order_id, "SO-1")])

    assert await owed(journal) == [("status", None, "owed")]


async def test_a_begun_document_is_begun_once(journal: Journal) -> None:
    await admit(journal)
    await said(journal, invoice(row(SHOES, "2")))
    (confirmed,) = await journal.reports.due(AT_ONCE)
    await journal.reports.settle(ReportResult(confirmed, ReportEnd.SENT))
    (due,) = await journal.reports.due(AT_ONCE)

    first, second = await journal.reports.begin(due), await journal.reports.begin(due)

    assert (first, second) == (True, False)


async def test_an_uncertain_report_holds_the_order_and_its_later_reports(journal: Journal) -> None:
    order_id = await admit(journal)
    await said(journal, invoice(row(SHOES, "2")), invoice(row(SOCKS, "10"), no="F-2"))
    await meddle(journal, "UPDATE reports SET state = 'sent' WHERE kind = 'status'")
    (due,) = await journal.reports.due(AT_ONCE)
    await journal.reports.settle(ReportResult(due, ReportEnd.UNCERTAIN, "cut off", doubted=True))

    while_held = (await journal.reports.due(AT_ONCE), await order_state_of(journal))
    findings = await journal.read(lambda db: alarming(db, Limits(), START))
    await journal.requeue(order_id, "looked")
    (again,) = await journal.reports.due(AT_ONCE)

    assert while_held == ([], "held")
    assert [(each.condition, each.subject) for each in findings] == [(Condition.NEEDS_A_PERSON, "uncertain reports")]
    assert (again.id, again.doubted, again.begun) == (due.id, True, False)
    assert isinstance(again.report, InvoiceReport)


async def test_after_a_restore_owed_money_is_in_doubt_and_a_status_is_not(journal: Journal) -> None:
    await admit(journal)
    await said(journal, delivery(row(SHOES, "2")), invoice(row(SHOES, "2")))

    await journal._threads.write(lambda db: doubt_owed(db, START))  # noqa: SLF001 - no service runs meanwhile

    assert [(kind, state) for kind, _, state in await owed(journal)] == [
        ("status", "owed"),
        ("delivery", "owed"),
        ("invoice", "uncertain"),
    ]


async def test_invariant_8_the_same_file_again_owes_nothing_more(journal: Journal) -> None:
    await admit(journal)
    file = recording(delivery(row(SHOES, "2")), invoice(row(SHOES, "2")), policy=MONEY)
    await journal.record(file)
    before = await everything(journal)

    await journal.record(file)

    assert await everything(journal) == before


# --- what confirms an order -----------------------------------------------------------------------------------------


async def test_fetching_confirms_where_the_settings_say_so(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)

    await journal.drops.note_taken(await journal.drops.waiting("erp"), ReportPolicy())
    (due,) = await journal.reports.due(AT_ONCE)
    await journal.reports.settle(ReportResult(due, ReportEnd.SENT))

    assert (due.status, due.erp_order_no) == ("confirmed", None)
    assert await rows(journal, "SELECT outcome, state FROM orders") == [("confirmed", "reported")]
    assert [kind for (kind,) in await rows(journal, "SELECT kind FROM events ORDER BY id DESC LIMIT 3")] == [
        "reported",
        "confirmed_by_fetch",
        "fetched",
    ]


async def test_fetching_confirms_nothing_that_the_erp_has_answered(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)
    await journal.record(recording(ack(status=AckStatus.REJECTED)))

    await journal.drops.note_taken(await journal.drops.waiting("erp"), ReportPolicy())

    assert await one(journal, "SELECT outcome FROM orders") == "rejected"
    assert await owed(journal) == []


async def test_an_answer_after_the_fetch_brings_the_number(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)
    await journal.drops.note_taken(await journal.drops.waiting("erp"), ReportPolicy())

    await said(journal, ack())

    assert await rows(journal, "SELECT status, erp_order_no FROM reports ORDER BY seq") == [
        ("confirmed", None),
        ("confirmed", "SO-1001"),
    ]


async def test_no_answer_is_overdue_of_an_erp_that_never_answers(journal: Journal, clock: ManualClock) -> None:
    await journal.take_control("erp")
    await admit(journal)
    await bring_to(journal, DropState.TAKEN)
    clock.advance(timedelta(days=2))
    silent = Limits(targets={"erp": TargetLimits(acknowledge_within=None)})

    found = await journal.read(lambda db: alarming(db, silent, clock.now()))
    usual = await journal.read(lambda db: alarming(db, Limits(), clock.now()))

    assert found == []
    assert [each.condition for each in usual] == [Condition.ACKNOWLEDGEMENT_OVERDUE]
