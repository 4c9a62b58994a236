"""What an ERP says twice, of two orders, or out of its place: told once it is taken, told in two ways it is a fault."""

import datetime as dt
from decimal import Decimal

import pytest

from bridge.model import AckStatus
from tests.formats.edifact_files import file_of, only, ordrsp, reading

_S = AckStatus
TWO_ORDERS = ("LIN+1+5", "RFF+ON:48447", "LIN+2+5", "RFF+ON:48448")


# --- which order, and its number --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "begin", "items"),
    [
        ("ORDRSP", ("BGM+231+R-1+29", "RFF+VN:SO-9"), ("LIN+1+5", "RFF+ON:48448", "RFF+VN:SO-8")),
        ("ORDRSP", ("BGM+231+R-1+29",), ("LIN+1+5", "RFF+ON:48448", "LIN+2+5", "RFF+ON:48449")),
        ("DESADV", ("BGM+351+FS-1+9",), ("LIN+1", "QTY+12:1", "RFF+ON:48448")),
        ("INVOIC", ("BGM+380+F-1+9",), ("LIN+1", "QTY+47:1", "RFF+ON:48448", "UNS+S", "MOA+77:1")),
    ],
)
def test_items_that_are_all_of_other_orders_than_the_head_are_a_fault(
    kind: str, begin: tuple[str, ...], items: tuple[str, ...]
) -> None:
    found = reading(file_of(kind, *begin, "RFF+ON:48447", *items))

    assert found.acknowledgements == ()
    assert "48447" in found.faults[0].what


def test_items_of_the_order_of_the_head_may_stand_beside_others() -> None:
    items = ("LIN+1+5", "LIN+2+5", "RFF+ON:48448", "RFF+VN:SO-8", "LIN+3+5", "RFF+ON:48447")

    found = reading(ordrsp("BGM+231+R-1+29", "RFF+VN:SO-9", *items))

    assert [(one.order_ref, one.erp_order_no) for one in found.acknowledgements] == [
        ("48447", "SO-9"),
        ("48448", "SO-8"),
    ]
    assert [[line.line_no for line in one.lines] for one in found.acknowledgements] == [["1", "3"], ["2"]]


@pytest.mark.parametrize(
    "segments",
    [
        ("RFF+ON:48447", "LIN+1+5", "RFF+VN:SO-1", "LIN+2+5", "RFF+VN:SO-2"),
        ("RFF+ON:48447", "RFF+VN:SO-9", "LIN+1+5", "RFF+VN:SO-8"),
        ("RFF+VN:SO-9", "LIN+1+5", "RFF+ON:48447", "RFF+VN:SO-8"),
        ("RFF+ON:48447", "RFF+VN:SO-9", *TWO_ORDERS, "LIN+3+5", "RFF+VN:SO-8"),
    ],
)
def test_two_numbers_of_one_order_are_a_fault(segments: tuple[str, ...]) -> None:
    found = reading(file_of("ORDRSP", "BGM+231+R-1+29", *segments))

    assert found.acknowledgements == ()
    assert "RFF+VN" in found.faults[0].what


def test_the_number_of_a_response_to_several_orders_is_the_number_of_none() -> None:
    found = reading(file_of("ORDRSP", "BGM+231+R-1+29", *TWO_ORDERS))

    assert [(one.order_ref, one.erp_order_no) for one in found.acknowledgements] == [("48447", None), ("48448", None)]


@pytest.mark.parametrize(
    ("kind", "begin", "items"),
    [
        ("ORDRSP", "BGM+231+R-1+29", TWO_ORDERS),
        ("DESADV", "BGM+351+FS-1+9", ("LIN+1", "QTY+12:1", "RFF+ON:48447", "LIN+2", "QTY+12:1", "RFF+ON:48448")),
    ],
)
def test_one_number_above_several_orders_is_left_out_and_told(kind: str, begin: str, items: tuple[str, ...]) -> None:
    found = reading(file_of(kind, begin, "RFF+VN:SO-9", *items))

    assert [one.erp_order_no for one in found.acknowledgements] == [None, None]
    assert ["RFF+VN" in one.warnings[0] for one in found.acknowledgements] == [True, True]


@pytest.mark.parametrize(
    ("begin", "lines", "status", "number"),
    [
        ("BGM+231+R-1+9", ("LIN+1+7", "LIN+2+7"), _S.REJECTED, None),
        ("BGM+231+R-1+29", ("LIN+1+7",), _S.REJECTED, None),
        ("BGM+231+R-1+9", ("LIN+1+2",), _S.CANCELLED, None),
        ("BGM+231+R-1+9", ("LIN+1+99",), _S.UNKNOWN, None),
        ("BGM+231+R-1+9", (), _S.UNKNOWN, None),
        ("BGM+231+R-1+9", ("LIN+1+5", "LIN+2+7"), _S.CHANGED, "R-1"),
        ("BGM+231+R-1+9+AI", ("LIN+1+7",), _S.CHANGED, "R-1"),
        ("BGM+231+R-1+9", ("LIN+1+5",), _S.CONFIRMED, "R-1"),
    ],
)
def test_a_refusal_by_its_lines_bears_no_number_of_an_order(
    begin: str, lines: tuple[str, ...], status: AckStatus, number: str | None
) -> None:
    found = only(ordrsp(begin, *lines))

    assert (found.status, found.erp_order_no) == (status, number)


# --- items behind UNS -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "segments",
    [
        ("UNS+D", "LIN+1+7", "QTY+21:5", "UNS+S"),
        ("UNS+S", "LIN+1+7", "QTY+21:5"),
        ("UNS", "LIN+1+7", "QTY+21:5", "UNS+S"),
    ],
)
def test_an_item_counts_wherever_uns_stands(segments: tuple[str, ...]) -> None:
    found = only(ordrsp("BGM+231+R-1+29", *segments))

    assert (found.status, len(found.lines)) == (_S.REJECTED, 1)


def test_what_stands_between_uns_and_the_first_item_is_of_the_head() -> None:
    found = only(file_of("ORDRSP", "BGM+231+R-1+29", "UNS+D", "RFF+ON:48447", "LIN+1+5", "UNS+S"))

    assert (found.order_ref, found.status) == ("48447", _S.CONFIRMED)


def test_a_line_of_another_order_behind_uns_is_not_lost_on_an_invoice() -> None:
    items = ("UNS+D", "LIN+1", "QTY+47:1", "RFF+ON:48448", "LIN+2", "QTY+47:1")

    found = reading(file_of("INVOIC", "BGM+380+F-1+9", "RFF+ON:48447", *items, "UNS+S", "MOA+77:1"))

    assert found.acknowledgements == ()
    assert "several orders" in found.faults[0].what


def test_amounts_between_items_are_those_of_the_invoice() -> None:
    segments = ("LIN+1", "QTY+47:2", "UNS+S", "MOA+77:750", "LIN+2", "QTY+47:3", "MOA+77:9", "UNS+S", "MOA+124:150")

    found = only(file_of("INVOIC", "BGM+380+F-1+9", "RFF+ON:48447", *segments))

    assert found.invoice is not None
    assert (found.invoice.total, found.invoice.vat) == (Decimal(750), Decimal(150))
    assert [line.qty_delivered for line in found.lines] == [2, 3]


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "form", "is_read"),
    [
        ("261122", "101", True),
        ("2611221402", "201", True),
        ("261122140201", "202", True),
        ("2611221402CET", "301", True),
        ("20121120", "101", False),
        ("26112", "101", False),
        ("261122", "201", False),
        ("202611221402", "201", False),
        ("20261122140201", "202", False),
        ("202611221402CET", "301", False),
        ("20261122", "102", True),
        ("202611221402", "203", True),
        ("20261122140201", "204", True),
        ("202611221402CET", "303", True),
        ("20261122", "203", True),
        ("20261122", "", True),
        ("261122", "102", False),
    ],
)
def test_a_date_with_a_short_year_is_read_at_its_own_length_alone(text: str, form: str, *, is_read: bool) -> None:
    found = only(ordrsp("BGM+231+R-1+29", f"DTM+137:{text}:{form}"))

    assert found.message_date == (dt.date(2026, 11, 22) if is_read else None)
    assert bool(found.warnings) != is_read
