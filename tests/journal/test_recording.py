"""What a file of the ERP changes: the outcome, the drop, the reports it makes owed."""

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.journal import Journal, Topic
from bridge.journal.records import FileOutcome
from bridge.model import AckKind, AckStatus, Fault
from bridge.states import Choice, DropState, ReportPolicy
from tests.support.journals import (
    ack,
    admission,
    admit,
    bring_to,
    drop_state,
    everything,
    meddle,
    one,
    opened,
    order_state_of,
    recording,
    reports_of,
    rows,
    verdicts,
)

RECEIPT = AckKind.RECEIPT


async def test_a_confirmation_is_applied_and_owes_one_report(journal: Journal) -> None:
    order_id = await admit(journal)

    recorded = await journal.record(recording(ack()))

    assert recorded.outcome is FileOutcome.MATCHED
    assert (recorded.applied, recorded.order_refs) == (1, ("48447",))
    assert await reports_of(journal) == [(1, "confirmed", "SO-1001", "owed")]
    assert await order_state_of(journal) == "acknowledged"
    assert await rows(journal, "SELECT id, outcome, erp_order_no FROM orders") == [(order_id, "confirmed", "SO-1001")]


async def test_invariant_9_a_report_is_born_with_its_acknowledgement(journal: Journal) -> None:
    await admit(journal)
    too_much = [ack(), replace(ack("48447", AckStatus.DELIVERED), note="\ud800 cannot be stored")]
    broken = recording(*too_much)
    broken = replace(broken, documents=(broken.documents[0], "\ud800"))
    before = await everything(journal)

    with pytest.raises(UnicodeEncodeError):
        await journal.record(broken)

    assert await everything(journal) == before
    await journal.record(recording(*too_much))
    pairs = await rows(
        journal, "SELECT a.status, r.status FROM reports r JOIN acknowledgements a ON a.id = r.ack_id ORDER BY r.seq"
    )
    assert pairs == [("confirmed", "confirmed"), ("delivered", "delivered")]


async def test_invariant_7_the_same_claim_again_changes_nothing_and_is_told_the_same(journal: Journal) -> None:
    await admit(journal)
    file = recording(ack(), ack("unknown"), ack())
    first = await journal.record(file)
    before = await everything(journal)

    again = await journal.record(file)

    assert again == first
    assert (again.outcome, again.order_refs) == (FileOutcome.QUARANTINED, ("48447", "48447"))
    assert await everything(journal) == before


async def test_invariant_7_a_claim_recorded_before_a_crash_is_known_after_it(tmp_path: Path) -> None:
    file = recording(ack())
    async with opened(tmp_path) as journal:
        await admit(journal)
        first = await journal.record(file)

    async with opened(tmp_path) as journal:
        again = await journal.record(file)

        assert again == first
        assert again.outcome is FileOutcome.MATCHED
        assert len(await reports_of(journal)) == 1


async def test_a_claim_that_grew_is_another_content_and_is_read_as_such(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack()))

    grown = await journal.record(recording(ack(), ack(status=AckStatus.DELIVERED)))

    assert grown.outcome is FileOutcome.MATCHED
    assert await verdicts(journal) == ["applied", "repeated", "applied"]


async def test_invariant_8_the_same_acknowledgement_in_another_file_changes_nothing(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack()))
    order = await rows(journal, "SELECT * FROM orders")

    again = await journal.record(recording(ack(), claim="2-b__ORDRSP_779.csv"))

    assert again.outcome is FileOutcome.REPEATED
    assert await verdicts(journal) == ["applied", "repeated"]
    assert await rows(journal, "SELECT * FROM orders") == order
    assert len(await reports_of(journal)) == 1


async def test_invariant_8_twice_in_one_file_is_applied_once(journal: Journal) -> None:
    await admit(journal)

    recorded = await journal.record(recording(ack(), ack()))

    assert recorded.applied == 1
    assert await verdicts(journal) == ["applied", "repeated"]


async def test_a_file_tells_which_of_its_acknowledgements_were_new(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack()))

    second = recording(ack(), ack("unknown"), ack(status=AckStatus.DELIVERED), claim="2-b__ORDRSP_779.csv")
    recorded = await journal.record(second)

    assert await verdicts(journal) == ["applied", "repeated", "unmatched", "applied"]
    assert recorded.fresh == (2,)


async def test_invariant_8_twice_at_the_same_time_is_applied_once(journal: Journal) -> None:
    await admit(journal)
    files = [recording(ack(), claim=f"{number}-x__ORDRSP.csv") for number in range(10)]

    await asyncio.gather(*(journal.record(file) for file in files))

    assert sorted(await verdicts(journal)) == ["applied"] + ["repeated"] * 9
    assert len(await reports_of(journal)) == 1


async def test_invariant_8_an_older_status_is_stored_and_not_reported(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack(status=AckStatus.DELIVERED)))

    late = await journal.record(recording(ack(status=AckStatus.CONFIRMED), claim="2-b__ORDRSP_779.csv"))

    assert late.outcome is FileOutcome.MATCHED
    assert await verdicts(journal) == ["applied", "older"]
    assert [status for _, status, _, _ in await reports_of(journal)] == ["delivered"]
    assert await one(journal, "SELECT outcome FROM orders") == "delivered"


async def test_the_same_rank_is_news(journal: Journal) -> None:
    await admit(journal)

    await journal.record(recording(ack(), ack(status=AckStatus.CHANGED), ack(status=AckStatus.ON_HOLD)))

    assert await verdicts(journal) == ["applied"] * 3
    assert [status for _, status, _, _ in await reports_of(journal)] == ["confirmed", "changed", "on_hold"]


async def test_what_comes_after_an_end_is_stored_and_told_to_a_person(journal: Journal) -> None:
    await admit(journal)
    policy = ReportPolicy(cancelled=Choice.STATUS)

    await journal.record(recording(ack(status=AckStatus.CANCELLED), ack(status=AckStatus.DELIVERED), policy=policy))

    assert await verdicts(journal) == ["applied", "after_end"]
    assert [status for _, status, _, _ in await reports_of(journal)] == ["cancelled"]
    assert await rows(journal, "SELECT kind, subject FROM alerts") == [("answer_after_end", "48447")]


async def test_an_answer_for_an_abandoned_order_is_told_to_a_person(journal: Journal) -> None:
    await admit(journal)
    await meddle(journal, "UPDATE orders SET abandoned = 1")

    await journal.record(recording(ack()))

    assert await verdicts(journal) == ["after_end"]
    assert await reports_of(journal) == []
    assert await order_state_of(journal) == "abandoned"
    assert "abandoned" in await one(journal, "SELECT text FROM alerts")


@pytest.mark.parametrize("status", [AckStatus.REJECTED, AckStatus.CANCELLED])
async def test_a_refusal_waits_for_a_person(journal: Journal, status: AckStatus) -> None:
    await admit(journal)

    await journal.record(recording(ack(status=status)))

    assert await reports_of(journal) == []
    assert await order_state_of(journal) == "held"
    assert status in await one(journal, "SELECT waits_because FROM orders")


async def test_later_news_ends_the_wait_for_a_person(journal: Journal) -> None:
    await admit(journal)
    policy = ReportPolicy(changed=Choice.HOLD)
    await journal.record(recording(ack(status=AckStatus.CHANGED), policy=policy))

    await journal.record(recording(ack(status=AckStatus.DELIVERED), claim="2-b__DESADV.csv", policy=policy))

    assert await order_state_of(journal) == "acknowledged"
    assert [status for _, status, _, _ in await reports_of(journal)] == ["delivered"]


async def test_a_change_is_reported_and_told_to_a_person(journal: Journal) -> None:
    await admit(journal)

    await journal.record(recording(ack(status=AckStatus.CHANGED)))

    assert [status for _, status, _, _ in await reports_of(journal)] == ["changed"]
    assert await rows(journal, "SELECT kind, subject FROM alerts") == [("answer_changed", "48447")]


async def test_a_backorder_before_a_confirmation_is_told_after_one(journal: Journal) -> None:
    await admit(journal)

    await journal.record(recording(ack(status=AckStatus.BACKORDER)))

    assert await reports_of(journal) == [
        (1, "confirmed", "SO-1001", "owed"),
        (2, "backorder", "SO-1001", "owed"),
    ]


async def test_a_backorder_after_a_confirmation_is_told_alone(journal: Journal) -> None:
    await admit(journal)

    await journal.record(recording(ack(), ack(status=AckStatus.BACKORDER)))

    assert [status for _, status, _, _ in await reports_of(journal)] == ["confirmed", "backorder"]


@pytest.mark.parametrize("kind_and_status", [(RECEIPT, AckStatus.RECEIVED), (RECEIPT, AckStatus.CONFIRMED)])
async def test_a_receipt_is_never_a_confirmation(journal: Journal, kind_and_status: tuple[AckKind, AckStatus]) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)
    kind, status = kind_and_status

    recorded = await journal.record(recording(ack(status=status, kind=kind)))

    assert recorded.outcome is FileOutcome.MATCHED
    assert await verdicts(journal) == ["receipt"]
    assert await drop_state(journal) == "published"
    assert await one(journal, "SELECT outcome FROM orders") is None
    assert await reports_of(journal) == []


async def test_a_receipt_is_told_to_norce_where_a_setting_asks_for_it(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)
    policy = ReportPolicy(received=Choice.STATUS)

    await journal.record(recording(ack(status=AckStatus.RECEIVED, number=None, kind=RECEIPT), policy=policy))

    assert await reports_of(journal) == [(1, "received", None, "owed")]
    assert await drop_state(journal) == "published"
    assert await order_state_of(journal) == "dropped"


async def test_a_receipt_that_refuses_our_file_is_told_to_a_person_and_refuses_no_order(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)

    await journal.record(recording(ack(status=AckStatus.REJECTED, number=None, kind=RECEIPT)))

    assert await rows(journal, "SELECT kind, subject FROM alerts") == [("file_refused", "48447")]
    assert "gives no reason" in await one(journal, "SELECT text FROM alerts")
    assert await reports_of(journal) == []
    assert await one(journal, "SELECT outcome FROM orders") is None
    assert await order_state_of(journal) == "dropped"


async def test_of_a_status_that_is_not_known_nothing_is_used_and_the_same_is_told_after_a_crash(
    journal: Journal,
) -> None:
    for ref in ("48446", "48447"):
        await admit(journal, ref)
    file = recording(ack("48446"), ack("48447", AckStatus.UNKNOWN), faults=[Fault("line 2", "not known")])

    first = await journal.record(file)

    assert (first.order_refs, first.used, first.fresh) == (("48446", "48447"), ("48446",), (0, 1))
    assert await journal.record(file) == first


async def test_an_unknown_status_is_never_a_confirmation(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)
    unknown = Fault("line 2", 'status "X9" is not known')

    recorded = await journal.record(recording(ack(status=AckStatus.UNKNOWN), faults=[unknown]))

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert recorded.reasons == ('line 2: status "X9" is not known',)
    assert await verdicts(journal) == ["unknown"]
    assert await rows(journal, "SELECT kind FROM alerts") == [("answer_unknown",)]
    assert await drop_state(journal) == "published"
    assert await reports_of(journal) == []


async def test_a_copy_s_answer_is_recorded_and_reports_nothing(journal: Journal) -> None:
    await admit(journal, copies=["warehouse"])

    recorded = await journal.record(recording(ack(number="W-1"), target="warehouse"))

    assert recorded.outcome is FileOutcome.MATCHED
    assert await verdicts(journal) == ["copy"]
    assert await drop_state(journal, target="warehouse") == "answered"
    assert await drop_state(journal) == "queued"
    assert await reports_of(journal) == []
    assert await one(journal, "SELECT erp_order_no FROM orders") is None


async def test_a_copy_s_erp_has_numbers_of_its_own(journal: Journal) -> None:
    await admit(journal, copies=["warehouse"])
    await journal.record(recording(ack(number="SO-1001")))

    recorded = await journal.record(recording(ack(number="W-1"), target="warehouse"))

    assert recorded.outcome is FileOutcome.MATCHED
    assert await one(journal, "SELECT erp_order_no FROM orders") == "SO-1001"


@pytest.mark.parametrize(
    ("state", "leaves_litter"),
    [
        (DropState.QUEUED, True),
        (DropState.STAGED, True),
        (DropState.PUBLISHED, False),
        (DropState.TAKEN, False),
        (DropState.HELD, True),
        (DropState.UNCERTAIN, True),
    ],
)
async def test_an_answer_proves_delivery_whatever_state_the_file_is_in(
    journal: Journal, state: DropState, *, leaves_litter: bool
) -> None:
    await admit(journal)
    await bring_to(journal, state)

    await journal.record(recording(ack()))

    litter = [left.staging_name for left in await journal.drops.litter("erp")]
    assert await drop_state(journal) == "answered"
    assert await order_state_of(journal) == "acknowledged"
    assert litter == (["ORDERS_48447_000001.csv.part"] if leaves_litter else [])


async def test_an_answer_settles_that_a_presumed_file_was_taken(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)
    await meddle(journal, "UPDATE drops SET presumed = 1")

    await journal.record(recording(ack()))

    assert await rows(journal, "SELECT state, presumed FROM drops") == [("answered", 0)]


async def test_a_file_that_says_several_things_of_one_order_is_taken_in_its_sequence(journal: Journal) -> None:
    await admit(journal)
    said = [AckStatus.CONFIRMED, AckStatus.PARTLY_DELIVERED, AckStatus.DELIVERED, AckStatus.INVOICED]

    recorded = await journal.record(recording(*(ack(status=status) for status in said)))

    assert recorded.applied == 4
    assert [(seq, status) for seq, status, _, _ in await reports_of(journal)] == list(enumerate(said, 1))


async def test_a_file_of_several_orders_is_taken_for_each(journal: Journal) -> None:
    for ref in ("A", "B", "C"):
        await admit(journal, ref)

    recorded = await journal.record(recording(*(ack(ref, number=f"SO-{ref}") for ref in "ABC")))

    assert recorded.order_refs == ("A", "B", "C")
    assert [await order_state_of(journal, ref) for ref in "ABC"] == ["acknowledged"] * 3


async def test_the_good_part_of_a_file_counts_and_the_file_goes_to_quarantine(journal: Journal) -> None:
    await admit(journal)

    recorded = await journal.record(recording(ack(), ack("4711"), faults=[Fault("line 3", "no status")]))

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert recorded.applied == 1
    assert recorded.reasons[0] == "line 3: no status"
    assert 'no order "4711"' in recorded.reasons[1]
    assert await order_state_of(journal) == "acknowledged"


async def test_a_file_that_says_nothing_goes_to_quarantine(journal: Journal) -> None:
    recorded = await journal.record(recording())

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert recorded.reasons == ("nothing in it acknowledges an order",)


async def test_recording_wakes_everybody_whom_it_concerns(journal: Journal) -> None:
    await admit(journal)
    with ExitStack() as listening:
        wakes = [listening.enter_context(journal.listen(topic)) for topic in Topic]

        await journal.record(recording(ack()))

        for wake in wakes:
            await wake.wait()


async def test_where_a_file_lies_is_remembered(journal: Journal) -> None:
    recorded = await journal.record(recording())

    await journal.note_kept(recorded.file_id, "quarantine/ORDRSP_778.csv")

    assert await one(journal, "SELECT kept_as FROM inbox_files") == "quarantine/ORDRSP_778.csv"


async def test_an_answer_before_the_order_is_matched_when_it_comes_again(journal: Journal) -> None:
    early = await journal.record(recording(ack()))
    await journal.admit(admission("48447"), keep_conflicts=True)

    again = await journal.record(recording(ack(), claim="2-b__ORDRSP_778.csv"))

    assert (early.outcome, again.outcome) == (FileOutcome.QUARANTINED, FileOutcome.MATCHED)
    assert await order_state_of(journal) == "acknowledged"
