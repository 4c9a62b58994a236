"""What an ERP says twice, of two orders, or out of its place: told once it is taken, told in two ways it is a fault."""

import datetime as dt
from decimal import Decimal

import pytest

from bridge.model import AckStatus
from tests.formats.edifact_files import file_of, only, ordrsp, reading

_S = AckStatus
TWO_ORDERS = ("LIN+1+5", "RFF+ON:48447", "LIN+2+5", "RFF+ON:48448")


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
