"""The documents that others build on, and the lines that people read; both from rows alone."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.journal import Journal, overview, reading
from bridge.journal.named import KnownFile
from bridge.journal.records import ReportEnd, ReportResult
from bridge.model import AckKind, AckLine, AckStatus, Fault
from bridge.ops import documents, timeline
from bridge.ops.timeline import nth, size, span
from bridge.states import DropState
from tests.support import journals
from tests.support.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, clock) as opened:
        yield opened


async def document(journal: Journal, ref: str = "48447") -> dict[str, Any]:
    return documents.order(await journal.read(lambda db: reading.dossier(db, ref)))


async def finish(journal: Journal, clock: ManualClock, end: ReportEnd = ReportEnd.SENT) -> None:
    """An order's whole life, with time between the steps."""
    await journals.admit(journal)
    clock.advance(timedelta(milliseconds=27))
    await journals.bring_to(journal, DropState.PUBLISHED)
    clock.advance(timedelta(seconds=89))
    await journal.drops.note_taken(await journal.drops.waiting("erp"))
    clock.advance(timedelta(seconds=162))
    await journal.record(journals.recording(journals.ack()))
    clock.advance(timedelta(seconds=1))
    (report,) = await journal.reports.due(timedelta())
    await journal.reports.settle(ReportResult(report, end, "" if end is ReportEnd.SENT else "400: no such order"))


async def test_an_orders_document_has_the_promised_keys(journal: Journal, clock: ManualClock) -> None:
    await finish(journal, clock)

    told = await document(journal)

    promised = {"order_ref", "application", "state", "outcome", "erp_order_no", "received_at", "target"}
    assert set(told) >= promised | {"drops", "acknowledgements", "reports", "events"}
    assert set(told["drops"][0]) >= {"target", "state", "file", "sha256", "published_at", "taken_at"}
    assert set(told["reports"][0]) >= {"operation", "status", "state", "attempts", "sent_at"}
    assert told["received_at"] == "2026-03-02T09:00:00.000000Z"
    assert json.loads(documents.said(told)) == told


async def test_an_acknowledgement_is_shown_as_it_was_read(journal: Journal, clock: ManualClock) -> None:
    await finish(journal, clock)

    (told,) = (await document(journal))["acknowledgements"]

    assert (told["kind"], told["status"], told["erp_order_no"]) == ("response", "confirmed", "SO-1001")
    assert (told["verdict"], told["file"], told["lines"]) == ("applied", "ORDRSP_778.csv", [])


async def test_a_conflict_is_part_of_its_orders_document(journal: Journal) -> None:
    await journals.admit(journal)
    other = replace(journals.BODY, content=b"{}")
    await journal.admit(journals.admission(control=9, fingerprint="other", body=other), keep_conflicts=True)

    (told,) = (await document(journal))["conflicts"]

    assert (told["state"], told["seen"], told["application"]) == ("open", 1, "demo")


async def test_a_reject_has_the_promised_keys(journal: Journal) -> None:
    await journal.reject(journals.rejection())

    (told,) = documents.rejects(await journal.read(overview.list_rejects))

    assert set(told) >= {"id", "received_at", "reason", "size", "sha256"}


async def test_the_timeline_reads_like_the_life_of_an_order(journal: Journal, clock: ManualClock) -> None:
    await finish(journal, clock)

    lines = timeline.timeline(await document(journal), clock.now().tzinfo, "http://127.0.0.1:8081")  # type: ignore[arg-type] # aware

    assert lines[0].startswith("Order 48447 · demo · 306.05 SEK · 3 lines")
    assert lines[0].endswith("CONFIRMED  in 4 min 12 s")
    told = [" ".join(line.split()) for line in lines[1:-1]]
    assert told[0].startswith("09:00:00.000 received from Norce, JSON 27 B, request request-1")
    assert told[2].startswith("09:00:00.027 dropped ORDERS_48447_000001.csv for erp 9 B sha256 ")
    assert told[3] == "09:01:29.027 fetched ORDERS_48447_000001.csv by erp +1 min 29 s"
    assert told[4] == "09:04:11.027 acknowledged erp says confirmed, ERP number SO-1001 +2 min 42 s"
    assert told[5] == "09:04:12.027 reported SendOrderStatus confirmed → taken, 1st try +1.0 s"
    assert lines[-1] == "Next: nothing to do.    Page: http://127.0.0.1:8081/orders/48447"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (DropState.QUEUED, "the bridge writes the file for erp."),
        (DropState.PUBLISHED, "erp fetches the file and answers."),
        (DropState.TAKEN, "erp answers; it has fetched the file."),
        (DropState.HELD, "a person looks: ORDERS_48447_000001.csv is held (collision)."),
        (DropState.UNCERTAIN, "a person looks: ORDERS_48447_000001.csv is uncertain ("),
    ],
)
async def test_the_timeline_says_who_acts_next(journal: Journal, state: DropState, expected: str) -> None:
    await journals.admit(journal)
    await journals.bring_to(journal, state)

    assert timeline.following(await document(journal)).startswith(expected)


async def test_a_file_that_is_gone_unseen_is_not_waited_for(journal: Journal) -> None:
    await journals.admit(journal)
    await journals.settle(journal, DropState.STAGED)
    await journals.settle(journal, DropState.PUBLISHED, presumed=True)

    assert timeline.following(await document(journal)) == "erp answers; its file is gone from the outbox."


async def not_understood(journal: Journal, claim: str = "1", kind: AckKind = AckKind.RESPONSE) -> int:
    """The ERP answers by a word that nobody knows; returns the id of its file, which lies in quarantine."""
    unknown = journals.ack(status=AckStatus.UNKNOWN, number=None, kind=kind)
    fault = Fault("line 2", 'status "X9" is not known; add it to status_map')
    recorded = await journal.record(journals.recording(unknown, claim=f"{claim}__ORDRSP.csv", faults=[fault]))
    await journal.note_kept(recorded.file_id, "/srv/inbox/quarantine/ORDRSP.csv~2")
    return recorded.file_id


@pytest.mark.parametrize("kind", [AckKind.RESPONSE, AckKind.RECEIPT])
@pytest.mark.parametrize("tries", [1, 2])
async def test_an_order_whose_answer_lies_in_quarantine_names_that_file_and_the_acts(
    journal: Journal, kind: AckKind, tries: int
) -> None:
    await journals.admit(journal)
    await journals.bring_to(journal, DropState.TAKEN)
    for number in range(tries):
        await not_understood(journal, str(number), kind)

    told = timeline.following(await document(journal))

    assert told.startswith("the answer of erp lies in quarantine, for its status is not known: ")
    assert "erp-bridge quarantine show ORDRSP.csv~2 says" in told
    assert told.endswith("erp-bridge quarantine retry ORDRSP.csv~2")


async def test_an_answer_that_was_discarded_or_followed_by_a_better_one_is_no_longer_named(journal: Journal) -> None:
    await journals.admit(journal)
    await journals.bring_to(journal, DropState.TAKEN)
    file_id = await not_understood(journal)
    await journal.discard_file(KnownFile(file_id, "erp", "ORDRSP.csv"), "a test of theirs")
    discarded = timeline.following(await document(journal))

    await not_understood(journal, "2")
    await journal.record(journals.recording(journals.ack(), claim="3__ORDRSP.csv"))
    better = timeline.following(await document(journal))

    assert (discarded, better) == ("erp answers; it has fetched the file.", "the bridge reports to Norce.")


async def test_what_a_refused_file_needs_is_said_beside_what_a_person_decides(journal: Journal) -> None:
    await journals.admit(journal, copies=["warehouse"])
    await journals.bring_to(journal, DropState.PUBLISHED, "warehouse")
    await journals.bring_to(journal, DropState.HELD)
    refusal = journals.ack(kind=AckKind.RECEIPT, status=AckStatus.REJECTED, number=None)
    await journal.record(journals.recording(refusal, target="warehouse"))

    told = timeline.following(await document(journal))

    assert told.startswith("warehouse refused ORDERS_48447_000001.csv (no reason given), so it does not have the order")
    assert "; besides, a person looks: ORDERS_48447_000001.csv is held (collision)." in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"reason": "Client inconnu\x1b[0m"}, "erp says rejected: Client inconnu [0m"),
        ({"reason": "x" * 500}, f"erp says rejected: {'x' * 197}..."),
        (
            {"lines": (AckLine("1", reason="no such item"), AckLine("2"), AckLine(part_no="B", reason="gone"))},
            "erp says rejected: line 1: no such item; line B: gone",
        ),
        ({}, "erp says rejected"),
    ],
)
async def test_the_timeline_gives_the_erps_reason_short_and_printable_and_no_event_keeps_it(
    journal: Journal, said: dict[str, Any], told: str
) -> None:
    await journals.admit(journal)
    await journal.record(journals.recording(journals.ack(status=AckStatus.REJECTED, number=None, **said)))

    found = await document(journal)
    lines = timeline.timeline(found, UTC, "")

    assert lines[2].partition("acknowledged  ")[2].startswith(f"{told} ")
    assert "reason" not in found["events"][-1]["facts"]


async def test_the_timeline_names_the_document_that_an_answer_is(journal: Journal, clock: ManualClock) -> None:
    await journals.admit(journal)
    await journal.record(journals.recording(journals.ack(status=AckStatus.DELIVERED, note_no="DN-1")))

    lines = timeline.timeline(await document(journal), clock.now().tzinfo, "")  # type: ignore[arg-type] # aware

    assert "erp says delivered by DN-1, ERP number SO-1001" in lines[2]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (AckStatus.RECEIVED, "erp says received (only a receipt, no confirmation)"),
        (AckStatus.REJECTED, "erp says rejected (a receipt that refuses our file, so the ERP does not have the order)"),
    ],
)
async def test_the_timeline_tells_a_receipt_that_refuses_our_file_from_one_that_takes_it(
    journal: Journal, clock: ManualClock, status: AckStatus, told: str
) -> None:
    await journals.admit(journal)
    receipt = journals.ack(kind=AckKind.RECEIPT, status=status, number=None)
    await journal.record(journals.recording(receipt))

    lines = timeline.timeline(await document(journal), clock.now().tzinfo, "")  # type: ignore[arg-type] # aware

    assert told in lines[2]


async def test_the_timeline_tells_what_is_to_know_of_a_file_that_is_made_anew(
    journal: Journal, clock: ManualClock
) -> None:
    await journals.admit(journal)
    [before] = await journal.acts.current(1)
    anew = replace(journals.drop("48447", 2), warnings=("erp: a: rounded", "erp: b: rounded"))
    await journal.acts.render_again(before, anew, "new mapping")

    lines = timeline.timeline(await document(journal), clock.now().tzinfo, "")  # type: ignore[arg-type] # aware

    assert "because new mapping; note: erp: a: rounded; note: erp: b: rounded" in lines[2]


async def test_a_refused_order_waits_for_a_decision(journal: Journal) -> None:
    await journals.admit(journal)
    await journal.record(journals.recording(journals.ack(status=AckStatus.REJECTED)))

    told = timeline.following(await document(journal))
    assert told.startswith("a person decides: the ERP answered rejected. Done in Norce: ")
    assert told.endswith("erp-bridge orders settle 48447 --because TEXT")


async def test_a_dead_order_names_the_command_that_tries_again(journal: Journal, clock: ManualClock) -> None:
    await finish(journal, clock, ReportEnd.DEAD)

    told = timeline.following(await document(journal))
    assert "erp-bridge orders retry 48447;" in told
    assert told.endswith("erp-bridge orders settle 48447 --because TEXT")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0274, "27 ms"), (1.94, "1.9 s"), (89, "1 min 29 s"), (3600, "1 h"), (97200, "1 d 3 h"), (86461, "1 d 1 min")],
)
def test_a_length_of_time_is_said_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


def test_numbers_are_said_as_people_say_them() -> None:
    assert [nth(number) for number in (1, 2, 3, 4, 11, 21, 112)] == [
        "1st",
        "2nd",
        "3rd",
        "4th",
        "11th",
        "21st",
        "112th",
    ]
    assert [size(count) for count in (412, 3412, 1_234_567)] == ["412 B", "3.4 kB", "1.2 MB"]


async def test_zeros_that_multiplying_left_behind_are_not_shown(journal: Journal) -> None:
    for ref, amount in (("1", "750.00000"), ("2", "1.5"), ("3", "0.125"), ("4", "7"), ("5", None)):
        control = await journal.take_control("erp")
        admission = journals.admission(ref, control, amount=amount)
        await journal.admit(admission, keep_conflicts=True)

    heads = [timeline.timeline(await document(journal, ref), UTC, "")[0] for ref in "12345"]

    shown = [head.split(" · ")[2] for head in heads]
    assert shown == ["750.00 SEK", "1.50 SEK", "0.125 SEK", "7 SEK", "no amount"]
