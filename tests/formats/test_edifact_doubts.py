"""What an ERP says twice, of two orders, or out of its place: told once it is taken, told in two ways it is a fault."""

import datetime as dt

import pytest

from bridge.model import AckStatus
from tests.formats.edifact_files import only, ordrsp

_S = AckStatus
TWO_ORDERS = ("LIN+1+5", "RFF+ON:48447", "LIN+2+5", "RFF+ON:48448")


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
