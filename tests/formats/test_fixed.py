"""Records of fixed width: nothing is moved by a letter, nothing runs over its place, nothing is read from another's."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge import formats
from bridge.errors import PermanentError
from bridge.formats import Unreadable
from bridge.model import Line, Reading, SalesOrder
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

END = {"const": "|", "width": 1}
"""What stands behind a field, so that one letter more or less shows."""


def ordered(**values: Any) -> SalesOrder:
    """The guide's order with other values at its top, and in its line those that a line has."""
    order = guide_order()
    of_line = {name: value for name, value in values.items() if name in Line.__dataclass_fields__}
    return replace(order, lines=(replace(order.lines[0], **of_line),)) if of_line else replace(order, **values)


def bytes_of(order: SalesOrder, *records: Any, **options: Any) -> bytes:
    format_ = formats.build("fixed", {"record": list(records), "newline": "lf", **options})
    return formats.render(format_, order, CONTROL, RECEIVED_AT)


def line_of(field: Any, **values: Any) -> str:
    """The one field of a record for the order's line, and the mark behind it."""
    return bytes_of(ordered(**values), {"each": "line", "fields": [field, END]}).decode()


# --- writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ({"width": 6}, "abc", "abc   |"),
        ({"width": 6, "pad": "."}, "abc", "abc...|"),
        ({"width": 6, "align": "left", "pad": "."}, "abc", "abc...|"),
        ({"width": 6, "align": "right"}, "abc", "   abc|"),
        ({"width": 6, "align": "right", "pad": "0"}, "abc", "000abc|"),
        ({"width": 6}, None, "      |"),
        ({"width": 6, "pad": "-"}, None, "------|"),
        ({"width": 6}, "abcdef", "abcdef|"),
        ({"width": 6, "overflow": "cut"}, "abcdefg", "abcdef|"),
        ({"width": 6, "max": 4, "overflow": "cut"}, "abcdefg", "abcd  |"),
        ({"width": 6, "max": 9, "overflow": "cut"}, "abcdefg", "abcdef|"),
        ({"width": 3, "overflow": "split", "parts": 3}, "abc def", "abcdef   |"),
        ({"width": 3, "overflow": "split", "parts": 3}, "ab", "ab       |"),
        ({"width": 3, "overflow": "split", "parts": 2, "align": "right", "pad": "."}, "a b", "a b...|"),
        ({"width": 3, "overflow": "split", "parts": 2, "align": "right", "pad": "."}, "aa bb", ".aa.bb|"),
    ],
)
def test_a_text_takes_its_place_and_no_more(field: Any, value: str | None, written: str) -> None:
    assert line_of({"from": "text", **field}, text=value) == f"{written}\n"


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ({"width": 7}, "12.50", "  12.50|"),
        ({"width": 7, "align": "left"}, "12.50", "12.50  |"),
        ({"width": 7, "pad": "0"}, "12.50", "0012.50|"),
        ({"width": 7, "pad": "0"}, "-12.50", "-012.50|"),
        ({"width": 7, "pad": "*"}, "-12.5", "**-12.5|"),
        ({"width": 7, "pad": "0", "align": "left"}, "-12.5", "-12.500|"),
        ({"width": 7, "implied": 2, "pad": "0"}, "12.5", "0001250|"),
        ({"width": 7, "implied": 2, "pad": "0"}, "-12.5", "-001250|"),
        ({"width": 7, "implied": 0, "pad": "0"}, "12.5", "0000013|"),
        ({"width": 7, "implied": 3, "pad": "0"}, "0.001", "0000001|"),
        ({"width": 7, "decimals": 1}, "12.25", "   12.3|"),
        ({"width": 7}, "1234.56", "1234.56|"),
        ({"width": 7}, "-123.56", "-123.56|"),
        ({"width": 7}, None, "       |"),
    ],
)
def test_a_number_stands_right_with_its_sign_in_front(field: Any, value: str | None, written: str) -> None:
    price = None if value is None else Decimal(value)

    assert line_of({"from": "unit_price", **field}, unit_price=price) == f"{written}\n"


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("text", "abcdefg", {"width": 6}),
        ("text", "abcde", {"width": 6, "max": 4}),
        ("text", "abcdefg", {"width": 6, "max": 9}),
        ("text", "abcdefg", {"width": 3, "overflow": "split", "parts": 2}),
        ("part_no", "ABCDEFG", {"width": 6}),
        ("unit_price", Decimal("12345.67"), {"width": 7}),
        ("unit_price", Decimal("-1234.56"), {"width": 7}),
        ("unit_price", Decimal("123456.78"), {"width": 7, "implied": 2}),
        ("qty", Decimal(12345678), {"width": 7}),
    ],
)
def test_what_is_longer_than_its_place_is_refused_by_its_field(name: str, value: Any, field: Any) -> None:
    with pytest.raises(PermanentError) as refused:
        line_of({"from": name, **field}, **{name: value})

    assert refused.value.subject == f"lines[0].{name}"


@pytest.mark.parametrize(
    ("encoding", "text", "sent"),
    [
        ("utf-8", "Åsa", 7),
        ("utf-8", "A\N{HIRAGANA LETTER A}\N{SMILING FACE WITH SUNGLASSES}", 11),
        ("iso-8859-1", "Åsa", 6),
        ("cp850", "Åsa", 6),
        ("iso-8859-1", "A\N{COMBINING RING ABOVE}sa", 6),
    ],
)
@pytest.mark.parametrize("align", ["left", "right"])
def test_a_width_counts_letters_however_many_bytes_they_take(align: str, encoding: str, text: str, sent: int) -> None:
    field = {"from": "text", "width": 5, "align": align}

    content = bytes_of(ordered(text=text), {"each": "line", "fields": [field, END]}, encoding=encoding)

    assert len(content) == sent + len("\n")
    assert len(content.decode(encoding)) == 5 + len("|\n")


def test_a_text_of_many_bytes_fits_a_place_of_as_many_letters() -> None:
    assert line_of({"from": "text", "width": 5}, text="ÅÄÖåä") == "ÅÄÖåä|\n"


@pytest.mark.parametrize(("length", "written"), [(0, "A  |\nB  |\n"), (4, "A  |B  |"), (6, "A  |  B  |  ")])
def test_records_of_one_length_are_filled_up_and_have_no_line_ends(length: int, written: str) -> None:
    records = [{"fields": [{"const": letter, "width": 3}, END]} for letter in "AB"]

    assert bytes_of(guide_order(), *records, record_length=length).decode() == written


def test_lines_end_as_the_setting_says() -> None:
    record = {"fields": [{"const": "A", "width": 2}]}

    assert bytes_of(guide_order(), record, newline="crlf") == b"A \r\n"
    assert bytes_of(guide_order(), record, newline="lf") == b"A \n"


INNER = {"each": "line", "fields": [{"from": "part_no", "width": 9}]}


@pytest.mark.parametrize(
    ("record", "length", "told"),
    [
        ({"fields": [{"const": "A", "width": 9}]}, 8, "record 1 has 9 letters, and record_length is 8"),
        ({"fields": [{"from": "comment", "width": 4, "overflow": "split", "parts": 3}]}, 11, "record 1 has 12 letters"),
        ({"fields": [{"const": "A", "width": 1}], "record": [INNER]}, 8, "record 1 has 9 letters"),
        ({"fields": [{"const": "A", "width": 1, "pad": "ab"}]}, 0, "is one printable character"),
        ({"fields": [{"const": "A", "width": 1, "pad": "\t"}]}, 0, "is one printable character"),
        ({"fields": [{"const": "AB", "width": 1}]}, 0, '"AB" has more than 1 letters'),
        ({"fields": [{"const": "A", "width": 0}]}, 0, "width"),
    ],
)
def test_places_that_cannot_work_are_refused_before_any_order_comes(record: Any, length: int, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        formats.build("fixed", {"record": [record], "record_length": length})


def test_a_record_may_fill_its_length_to_the_last_letter() -> None:
    split = {"from": "text", "width": 4, "overflow": "split", "parts": 2}
    plain = {"from": "part_no", "width": 8}

    found = bytes_of(
        ordered(text="abcd ef"), *({"each": "line", "fields": [one]} for one in (split, plain)), record_length=8
    )

    assert found == b"abcdef  ITEM001 "


# --- reading ----------------------------------------------------------------------------------------------------------

PLACES = {
    "H": (("type", 1), ("order_ref", 8), ("status", 10)),
    "L": (("type", 1), ("line_no", 3), ("qty_confirmed", 7), ("reason", 25), ("part_no", 5)),
    "LX": (("type", 2), ("line_no", 3), ("part_no", 5)),
}
HEAD = "H48447   confirmed "


def records(implied: int = 3) -> Any:
    return {
        kind: [
            {"name": name, "width": width, **({"implied": implied} if name == "qty_confirmed" else {})}
            for name, width in places
        ]
        for kind, places in PLACES.items()
    }


def read(lines: Sequence[str], end: str = "\n", **options: Any) -> Reading:
    format_ = formats.build("fixed", {"records": records(), **options})
    return formats.read(format_, (end.join(lines) + end).encode())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0002500", "2.500"),
        ("   2500", "2.500"),
        ("2500   ", "2.500"),
        ("1234567", "1234.567"),
        ("      5", "0.005"),
        ("     50", "0.050"),
        ("-001500", "-1.500"),
        ("001500-", "-1.500"),
        ("+001500", "1.500"),
        ("0000000", "0.000"),
        ("       ", None),
    ],
)
@pytest.mark.parametrize("decimal", [".", ","])
def test_a_number_without_its_mark_is_read_as_described(text: str, number: str | None, decimal: str) -> None:
    reading = read([HEAD, f"L  1{text}"], decimal=decimal)

    [line] = reading.acknowledgements[0].lines
    is_below_zero = number is not None and number.startswith("-")
    assert [fault.what for fault in reading.faults] == ["a line has fewer than no pieces"] * is_below_zero
    assert line.qty_confirmed == (None if number is None else Decimal(number))


@pytest.mark.parametrize("text", ["25,00", "2.5", "2 5", "12a", "-", "--5", "-5-", "+5-", "٢٥٠٠", "²"])
def test_what_is_no_row_of_digits_is_a_fault_and_the_order_does_not_count(text: str) -> None:
    reading = read([HEAD, f"L  1{text:<7}", "H48448   rejected"])

    assert [one.order_ref for one in reading.acknowledgements] == ["48448"]
    assert [(fault.where, "qty_confirmed" in fault.what) for fault in reading.faults] == [("line 2", True)]


def test_each_field_is_read_from_its_own_place() -> None:
    reason = "A reason of 25 letters...".ljust(25)

    reading = read([HEAD, f"L0010002000{reason}ITEM1"])

    [line] = reading.acknowledgements[0].lines
    assert (line.line_no, line.qty_confirmed, line.reason, line.part_no) == ("1", Decimal(2), reason, "ITEM1")


def test_the_longer_type_is_asked_first() -> None:
    [said] = read([HEAD, "LX001ITEM1", "L  20001000"]).acknowledgements

    assert [(line.line_no, line.part_no) for line in said.lines] == [("1", "ITEM1"), ("2", None)]


def test_a_type_in_a_wider_place_is_known_by_its_letters_alone() -> None:
    places = {"H": [{"name": "type", "width": 3}, {"name": "order_ref", "width": 5}, {"name": "status", "width": 9}]}

    good = read(["H  48447confirmed"], records=places)
    other = read(["HX 48447confirmed"], records=places)

    assert [one.order_ref for one in good.acknowledgements] == ["48447"]
    assert "no record type begins" in other.faults[0].what


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("X48448   confirmed", 'line 2: no record type begins with "X48448   con"'),
        (f"{HEAD}x", "line 2: the record is longer than its 19 letters"),
        (f"{HEAD}   ", None),
        ("H48447   confirmed", None),
    ],
)
def test_a_line_that_is_not_as_described_is_named(line: str, told: str | None) -> None:
    faults = [f"{fault.where}: {fault.what}" for fault in read([HEAD, line]).faults]

    assert [one.startswith(told or "-") for one in faults] == ([True] if told else [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_end_of_a_line_ends_a_record(end: str) -> None:
    [said] = read([HEAD, "L  10002000", "L  20001000"], end).acknowledgements

    assert [line.line_no for line in said.lines] == ["1", "2"]


def test_records_of_one_length_are_read_one_behind_the_other() -> None:
    text = f"{HEAD:<20}{'L  10002000':<20}{'L  20001000':<20}"

    reading = read([text], end="", record_length=20)

    assert [line.line_no for line in reading.acknowledgements[0].lines] == ["1", "2"]


def test_a_last_record_that_lost_its_blanks_is_read() -> None:
    [said] = read([f"{HEAD:<20}L  10002000"], end="", record_length=20).acknowledgements

    assert [line.qty_confirmed for line in said.lines] == [Decimal(2)]


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [(f"{HEAD:<20}", True), (f"{HEAD:<20}L", False), (f"{HEAD:<20}\r\n", True), ("", False), (" " * 20, False)],
)
def test_a_file_without_line_ends_is_whole_behind_a_whole_record(text: str, *, is_whole: bool) -> None:
    format_ = formats.build("fixed", {"records": records(), "record_length": 20})

    assert format_.is_whole(text.encode()) == is_whole


@pytest.mark.parametrize(
    ("text", "is_sure"),
    [
        (f"{HEAD}\nL  10002000\n", True),
        (f"{HEAD}\r\nL  10002000\r\nL  2", True),
        (f"{HEAD} \n", False),
        ("H48447\n", False),
        (f"{HEAD}\nX\n", False),
        ("order_ref;status\n48447;confirmed\n", False),
        ("", False),
    ],
)
def test_a_file_is_taken_for_such_records_only_when_each_line_is_one(text: str, *, is_sure: bool) -> None:
    assert formats.build("fixed", {"records": records()}).recognises(text.encode()) == is_sure


def test_records_that_name_no_order_are_refused() -> None:
    with pytest.raises(ValueError, match="neither order_ref nor erp_order_no"):
        formats.build("fixed", {"records": {"H": [{"name": "type", "width": 1}, {"name": "status", "width": 9}]}})


def test_an_empty_file_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read([" ", ""])
