"""What Norce would be told follows the same rules as what is really owed."""

import pytest

from bridge.model import AckKind, Acknowledgement, AckStatus
from bridge.ops.forecast import calls_of
from bridge.states import ReportPolicy
from tests.support.journals import ack


def told(*acks: Acknowledgement) -> list[str]:
    return [str(call.body["OrderStatus"]) for call in calls_of(acks, ReportPolicy())]


@pytest.mark.parametrize(
    ("acks", "expected"),
    [
        ([ack()], ["Confirmed"]),
        ([ack(), ack()], ["Confirmed"]),
        ([ack(kind=AckKind.RECEIPT, status=AckStatus.RECEIVED)], []),
        ([ack(status=AckStatus.UNKNOWN)], []),
        ([ack(status=AckStatus.REJECTED)], []),
        ([ack(status=AckStatus.BACKORDER)], ["Confirmed", "BackOrder"]),
        ([ack(status=AckStatus.DELIVERED), ack()], ["Delivered"]),
        ([ack("1"), ack("2", number="SO-2")], ["Confirmed", "Confirmed"]),
        ([ack(None)], ["Confirmed"]),
    ],
)
def test_a_file_reports_what_its_acknowledgements_bring_about(acks: list[Acknowledgement], expected: list[str]) -> None:
    assert told(*acks) == expected


def test_the_number_that_came_first_goes_with_every_later_call() -> None:
    calls = calls_of([ack(), ack(status=AckStatus.DELIVERED, number=None)], ReportPolicy())

    assert [call.body["ErpOrderNo"] for call in calls] == ["SO-1001", "SO-1001"]
