"""Each status becomes the call that Norce documents for it, with the keys that Norce can match."""

import pytest

from bridge.model import AckStatus
from bridge.norce.reports import Call, call_for, is_plain_integer, order_status
from bridge.reports.kinds import StatusReport

NAMES = {
    AckStatus.RECEIVED: "Acknowledged",
    AckStatus.CONFIRMED: "Confirmed",
    AckStatus.CHANGED: "Confirmed",
    AckStatus.BACKORDER: "BackOrder",
    AckStatus.PARTLY_DELIVERED: "PartlyDelivered",
    AckStatus.DELIVERED: "Delivered",
    AckStatus.INVOICED: "Invoiced",
    AckStatus.CANCELLED: "Cancelled",
    AckStatus.REJECTED: "Cancelled",
    AckStatus.ON_HOLD: "OnHold",
}


@pytest.mark.parametrize("status", [status for status in AckStatus if status is not AckStatus.UNKNOWN])
def test_each_status_has_norces_name(status: AckStatus) -> None:
    assert order_status(status) == NAMES[status]


def test_an_unknown_status_is_never_reported() -> None:
    with pytest.raises(ValueError, match="never reported"):
        call_for(StatusReport(AckStatus.UNKNOWN, "SO-1"), "1")


def test_a_confirmation_carries_both_keys() -> None:
    call = call_for(StatusReport(AckStatus.CONFIRMED, "SO-1001"), "48447")

    assert call == Call(
        "SendOrderStatus",
        {"ClientOrderRef": 48447, "ErpOrderNo": "SO-1001", "OrderStatus": "Confirmed"},
    )


def test_a_missing_number_is_left_out() -> None:
    call = call_for(StatusReport(AckStatus.BACKORDER, None), "48447")

    assert call.body == {"ClientOrderRef": 48447, "OrderStatus": "BackOrder"}


def test_a_reference_that_is_no_integer_is_left_out() -> None:
    call = call_for(StatusReport(AckStatus.CONFIRMED, "SO-1"), "REF12345")

    assert call.body == {"ErpOrderNo": "SO-1", "OrderStatus": "Confirmed"}


@pytest.mark.parametrize("ref", ["1", "48447", "2147483647"])
def test_digits_within_32_bits_are_a_plain_integer(ref: str) -> None:
    assert is_plain_integer(ref)


@pytest.mark.parametrize(
    "ref", ["", "0", "007", "-1", "+1", "1.0", "1e3", "1_000", " 1", "1\n", "٣", "2147483648", "9" * 5000, "REF1"]
)
def test_anything_else_is_not(ref: str) -> None:
    assert not is_plain_integer(ref)
