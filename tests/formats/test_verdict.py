from decimal import Decimal

import pytest

from bridge import formats
from bridge.formats._answer.verdict import judge, kind_of
from bridge.model import AckKind, AckLine, AckStatus

S = AckStatus
TWO, FIVE = Decimal(2), Decimal(5)


def lines(*statuses: AckStatus | None) -> list[AckLine]:
    return [AckLine(line_no=str(number), status=status) for number, status in enumerate(statuses, 1)]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ([S.CONFIRMED, S.CONFIRMED], S.CONFIRMED),
        ([S.REJECTED, S.REJECTED], S.REJECTED),
        ([S.CANCELLED, S.CANCELLED], S.CANCELLED),
        ([S.BACKORDER, S.BACKORDER], S.BACKORDER),
        ([S.DELIVERED, S.DELIVERED], S.DELIVERED),
        ([S.CONFIRMED, S.BACKORDER], S.CHANGED),
        ([S.CONFIRMED, S.REJECTED], S.CHANGED),
        ([S.DELIVERED, S.CANCELLED], S.CHANGED),
        ([S.DELIVERED, S.PARTLY_DELIVERED], S.PARTLY_DELIVERED),
        ([S.CONFIRMED, S.UNKNOWN], S.UNKNOWN),
        ([S.CONFIRMED, None], S.UNKNOWN),
        ([None, None], None),
        ([], None),
    ],
)
def test_without_a_header_the_lines_decide(said: list[AckStatus | None], verdict: AckStatus | None) -> None:
    found, warning = judge(None, lines(*said))

    assert found is verdict
    assert warning is None


@pytest.mark.parametrize(
    ("header", "said", "verdict"),
    [
        (S.CONFIRMED, [None, None], S.CONFIRMED),
        (S.CONFIRMED, [S.CONFIRMED, None], S.CONFIRMED),
        (S.CONFIRMED, [S.BACKORDER, None], S.CHANGED),
        (S.CONFIRMED, [S.REJECTED, S.REJECTED], S.REJECTED),
        (S.CONFIRMED, [S.UNKNOWN], S.UNKNOWN),
        (S.CONFIRMED, [S.RECEIVED], S.CONFIRMED),
        (S.CHANGED, [S.CONFIRMED], S.CHANGED),
        (S.REJECTED, [S.CONFIRMED], S.REJECTED),
        (S.UNKNOWN, [S.CONFIRMED], S.UNKNOWN),
        (S.CHANGED, [S.REJECTED, S.REJECTED], S.CHANGED),  # it may list what changed alone; the order itself tells
        (S.RECEIVED, [S.CONFIRMED], S.RECEIVED),
        (S.RECEIVED, [S.REJECTED], S.REJECTED),
        (S.RECEIVED, [S.CONFIRMED, S.BACKORDER], S.CHANGED),
        (S.DELIVERED, [S.DELIVERED, S.PARTLY_DELIVERED], S.PARTLY_DELIVERED),
        (S.DELIVERED, [S.DELIVERED, S.CANCELLED], S.DELIVERED),
        (S.DELIVERED, [S.REJECTED, S.REJECTED], S.UNKNOWN),
        (S.PARTLY_DELIVERED, [S.BACKORDER], S.UNKNOWN),
        (S.INVOICED, [S.CANCELLED], S.UNKNOWN),
    ],
)
def test_the_graver_of_header_and_lines_counts(
    header: AckStatus,
    said: list[AckStatus | None],
    verdict: AckStatus,
) -> None:
    found, warning = judge(header, lines(*said))

    assert found is verdict
    assert (warning is None) == (found is header)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (AckLine(qty_ordered=FIVE, qty_confirmed=FIVE), S.CONFIRMED),
        (AckLine(qty_confirmed=TWO), S.CONFIRMED),
        (AckLine(qty_ordered=FIVE, qty_confirmed=TWO), S.CHANGED),
        (AckLine(qty_ordered=TWO, qty_confirmed=FIVE), S.CHANGED),
        (AckLine(qty_backorder=TWO), S.CHANGED),
        (AckLine(substitute_part_no="B"), S.CHANGED),
        (AckLine(qty_confirmed=Decimal(0)), S.CHANGED),
        (AckLine(qty_ordered=Decimal(0), qty_confirmed=Decimal("0.00")), S.CONFIRMED),
        (AckLine(qty_confirmed=-TWO), S.UNKNOWN),
        (AckLine(qty_ordered=-TWO, qty_confirmed=-TWO), S.UNKNOWN),
        (AckLine(qty_backorder=-TWO), S.UNKNOWN),
    ],
)
def test_other_or_fewer_pieces_than_ordered_are_never_confirmed(line: AckLine, verdict: AckStatus) -> None:
    found, _ = judge(S.CONFIRMED, [line])

    assert found is verdict


def test_what_is_outstanding_is_not_delivered() -> None:
    found, warning = judge(S.DELIVERED, [AckLine(qty_outstanding=TWO)])

    assert found is S.PARTLY_DELIVERED
    assert warning


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (AckLine(qty_delivered=TWO), S.DELIVERED),
        (AckLine(), S.DELIVERED),
        (AckLine(qty_delivered=Decimal("0.00")), S.UNKNOWN),
        (AckLine(qty_delivered=-TWO), S.UNKNOWN),
        (AckLine(qty_delivered=Decimal(0), qty_outstanding=TWO), S.UNKNOWN),
    ],
)
def test_what_brings_nothing_is_no_delivery(line: AckLine, verdict: AckStatus) -> None:
    found, _ = judge(S.DELIVERED, [line])

    assert found is verdict


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("cancellation", "confirmed"),
        ("cancellation", "delivered"),
        ("cancellation", "invoiced"),
        ("despatch", "confirmed"),
        ("invoice", "confirmed"),
    ],
)
def test_a_message_that_says_what_its_sort_cannot_say_is_a_fault(kind: str, status: str) -> None:
    text = f"order_ref;kind;status\n48447;{kind};{status}\n48448;;confirmed\n"

    first, second = formats.build("delimited", {}).read(text.encode()).acknowledgements

    assert (first.status, second.status) == ("unknown", "confirmed")


def test_a_sort_and_a_status_that_agree_are_taken() -> None:
    rows = ["order_ref;kind;status", "1;cancellation;cancelled", "2;despatch;partly_delivered", "3;invoice;invoiced"]

    reading = formats.build("delimited", {}).read("\n".join(rows).encode())

    assert reading.faults == ()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (S.RECEIVED, AckKind.RECEIPT),
        (S.CONFIRMED, AckKind.RESPONSE),
        (S.CHANGED, AckKind.RESPONSE),
        (S.BACKORDER, AckKind.RESPONSE),
        (S.ON_HOLD, AckKind.RESPONSE),
        (S.REJECTED, AckKind.RESPONSE),
        (S.UNKNOWN, AckKind.RESPONSE),
        (S.PARTLY_DELIVERED, AckKind.DESPATCH),
        (S.DELIVERED, AckKind.DESPATCH),
        (S.INVOICED, AckKind.INVOICE),
        (S.CANCELLED, AckKind.CANCELLATION),
    ],
)
def test_each_status_comes_with_a_sort_of_message(status: AckStatus, kind: AckKind) -> None:
    assert kind_of(status) is kind
