"""A journal that an older bridge wrote goes on under this one: what it owed is still told."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlite_utils import Database

from bridge.clock import iso
from bridge.journal.records import ReportEnd, ReportResult
from bridge.journal.schema import migrations
from bridge.model import AckStatus
from bridge.reports.kinds import StatusReport
from bridge.states import Choice, ReportPolicy
from tests.support.clock import START
from tests.support.journals import ack, opened, order_state_of, recording, reports_of, verdicts
from tests.support.rows import SHOES, SOCKS, cancellation, invoice, row

AT = iso(START)
MONEY = ReportPolicy(invoiced=Choice.DOCUMENT, cancelled=Choice.DOCUMENT)


def written_before_documents(database: Path) -> None:
    """A confirmed order whose confirmation, and what came after it, is still owed."""
    db = Database(database)
    with closing(db):
        migrations.apply(db, stop_before="m0006_documents")
        order = {
            "id": 1,
            "order_ref": "48447",
            "ref_folded": "48447",
            "application": "demo",
            "target": "erp",
            "state": "acknowledged",
            "outcome": "backorder",
            "erp_order_no": "SO-1",
            "fingerprint": "as first sent",
            "line_count": 3,
            "body_kind": "json",
            "content_type": "application/json",
            "body_sha256": "",
            "request_id": "request-1",
        }
        db.table("orders").insert(order | {"received_at": AT, "answered_at": AT, "changed_at": AT})
        file = {"format": "delimited", "control": 1, "file_name": "A.csv", "staging_name": "A.csv.part"}
        facts = {"order_id": 1, "target": "erp", "confirming": 1, "state": "answered", "marker_name": "", "size": 1}
        db.table("drops").insert(file | facts | {"sha256": "", "rendered_at": AT, "next_at": AT})
        for seq, status in enumerate(("confirmed", "backorder"), 1):
            report = {"order_id": 1, "seq": seq, "status": status, "erp_order_no": "SO-1", "state": "owed"}
            db.table("reports").insert(report | {"next_at": AT, "owed_at": AT})


async def test_what_an_older_journal_owes_is_still_sent_in_sequence(tmp_path: Path) -> None:
    written_before_documents(tmp_path / "bridge.db")
    told = []

    async with opened(tmp_path) as journal:
        for _ in range(2):
            (due,) = await journal.reports.due(timedelta())
            told.append(due.report)
            await journal.reports.settle(ReportResult(due, ReportEnd.SENT))

        assert told == [StatusReport(AckStatus.CONFIRMED, "SO-1"), StatusReport(AckStatus.BACKORDER, "SO-1")]
        assert await order_state_of(journal) == "reported"


async def test_of_an_order_of_an_older_journal_nothing_about_money_is_guessed(tmp_path: Path) -> None:
    written_before_documents(tmp_path / "bridge.db")

    async with opened(tmp_path) as journal:
        for claim, each in enumerate((ack(number="SO-1"), invoice(row(SHOES, "2")), cancellation(row(SOCKS)))):
            await journal.record(recording(each, claim=f"{claim}__A.csv", policy=MONEY))

        assert await verdicts(journal) == ["applied", "conflict", "conflict"]
        assert [status for _, status, *_ in await reports_of(journal)] == ["confirmed", "backorder", "confirmed"]
