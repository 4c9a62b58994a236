from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from bridge.formats._numbers import day, exact, number, plain, trimmed


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("300.00", ".", "300.00"),
        (" 1 234.5 ", ".", "1234.5"),
        ("1\u00a0234,50", ",", "1234.50"),
        ("1\u202f234\u202f567", ",", "1234567"),
        ("1.234,50", ",", "1234.50"),
        ("1.234", ",", "1234"),
        ("1,234.50", ".", "1234.50"),
        ("12,50-", ",", "-12.50"),
        ("-0,00", ",", "0.00"),
        ("+2", ".", "2"),
        (".5", ".", "0.5"),
        ("007", ".", "7"),
    ],
)
def test_a_number_is_read_as_it_is_written(text: str, decimal: str, value: str) -> None:
    found = number(text, decimal)

    assert plain(found) == value


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("1,234", "."),
        ("2,5", "."),
        ("2.00", ","),
        ("1.23,4", ","),
        ("12 34", "."),
        ("1e5", "."),
        ("NaN", "."),
        ("٣", "."),
        ("", "."),
        ("--1", "."),
        ("-1-", "."),
        ("1" * 16, "."),
        ("0." + "1" * 11, "."),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_refused(text: str, decimal: str) -> None:
    with pytest.raises(ValueError, match=r"number|two ways"):
        number(text, decimal)


@given(value=st.decimals(-(10**12), 10**12, places=3))
def test_a_number_that_was_written_is_read_back(value: Decimal) -> None:
    text = plain(value).replace(".", ",")

    assert number(text, ",") == value


@given(value=st.decimals(-(10**12), 10**12, places=3))
def test_a_trimmed_quantity_is_the_same_quantity(value: Decimal) -> None:
    text = trimmed(value)

    assert Decimal(text) == value
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize("token", ["1e999", "1E-20", "Infinity", "1" * 5000, "0x1"])
def test_a_number_of_json_has_bounds(token: str) -> None:
    with pytest.raises(ValueError, match="number"):
        exact(token)


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("2026-11-20", "", date(2026, 11, 20)),
        ("20261120", "", date(2026, 11, 20)),
        ("2026-11-20T23:59:59+01:00", "", date(2026, 11, 20)),
        ("2026-11-20 00:00", "", date(2026, 11, 20)),
        ("20.11.26", "%d.%m.%y", date(2026, 11, 20)),
        ("2026-11-20T10:00:00.1234567Z", "", date(2026, 11, 20)),
        ("2026-11-20T10:00+01:00[Europe/Stockholm]", "", date(2026, 11, 20)),
        ("2026-11-20 10.30.00", "", date(2026, 11, 20)),
        ("2026-11-20  9:05 AM", "", date(2026, 11, 20)),
        ("2026-11-20 10:00:00 +0100", "", date(2026, 11, 20)),
        ("20112026", "%d%m%Y", date(2026, 11, 20)),
        ("01010001", "%d%m%Y", None),
        ("202611 5", "%Y%m%d", date(2026, 11, 5)),
        ("1261120", "1%y%m%d", date(2026, 11, 20)),
        ("20261120 9:05", "%Y%m%d %H:%M", date(2026, 11, 20)),
        ("5.1.2026", "%d.%m.%Y", date(2026, 1, 5)),
        ("5 nov 2026", "%d %b %Y", date(2026, 11, 5)),
        ("2026-11-20", "%d.%m.%Y", date(2026, 11, 20)),
        ("00000000", "", None),
        ("0000-00-00", "", None),
        ("1753-01-01", "", None),
        ("0001-01-01T00:00:00", "", None),
    ],
)
def test_a_date_is_read_as_it_is_written(text: str, form: str, value: date | None) -> None:
    assert day(text, form) == value


@pytest.mark.parametrize("text", ["20/11/2026", "2026-13-01", "2026-02-30", "261120", "9999-12-31", "soon"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a date"):
        day(text, "")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("202611", "%Y%m%d"),
        ("2026112", "%Y%m%d"),
        ("2611", "%y%m%d"),
        ("1112026", "%d%m%Y"),
        ("2026112 9:05", "%Y%m%d %H:%M"),
        ("1.12026", "%d.%m%Y"),
        ("11120", "1%y%m%d"),
    ],
)
def test_numbers_of_a_date_that_touch_each_other_need_all_their_digits(text: str, form: str) -> None:
    with pytest.raises(ValueError, match="not a date"):
        day(text, form)


@pytest.mark.parametrize(
    "text", ["2026-11-20 is not sure", "2026-11-20T", "2026-11-20 99:99", "0001-01-01 perhaps", "2026-11-20 10:00 ?"]
)
def test_behind_a_date_stands_a_time_or_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="not a date"):
        day(text, "")


@pytest.mark.parametrize(("text", "decimal", "other"), [("2,00", ".", ","), ("2.00", ",", ".")])
def test_a_number_with_the_other_mark_is_refused_with_what_to_set(text: str, decimal: str, other: str) -> None:
    with pytest.raises(ValueError, match=f'set decimal = "{other}"'):
        number(text, decimal)
