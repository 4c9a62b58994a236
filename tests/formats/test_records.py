"""Answers in record types, with separators and of fixed width."""

from decimal import Decimal

import pytest

from bridge import formats
from bridge.formats import Unreadable
from bridge.model import AckStatus, Reading

TYPED = {
    "H": [{"name": "type"}, {"name": "order_ref"}, {"name": "erp_order_no"}, {"name": "status"}],
    "R": [{"name": "type"}, {"name": "line_no"}, {"name": "_"}, {"name": "qty_confirmed"}],
    "T": [{"name": "type"}, {"name": "count_of_H"}, {"name": "count_of_R"}],
}
PLACED = {
    "H": [{"name": "type", "width": 1}, {"name": "order_ref", "width": 8}, {"name": "status", "width": 10}],
    "RR": [
        {"name": "type", "width": 2},
        {"name": "line_no", "width": 3},
        {"name": "qty_confirmed", "width": 6, "implied": 3},
    ],
}


def typed(text: str, **options: object) -> Reading:
    return formats.read(formats.build("delimited", {"records": TYPED, **options}), text.encode())


def placed(text: str, **options: object) -> Reading:
    return formats.read(formats.build("fixed", {"records": PLACED, **options}), text.encode())


def test_rows_speak_of_the_order_that_was_named_last() -> None:
    reading = typed("H;1;SO-1;confirmed\nR;001;x;2\nR;2;x;1\nH;2;SO-2;rejected\nT;2;2\n")

    first, second = reading.acknowledgements
    assert reading.faults == ()
    assert [(line.line_no, line.qty_confirmed) for line in first.lines] == [("1", Decimal(2)), ("2", Decimal(1))]
    assert (first.order_ref, first.erp_order_no, first.status) == ("1", "SO-1", AckStatus.CONFIRMED)
    assert (second.order_ref, second.status) == ("2", AckStatus.REJECTED)


@pytest.mark.parametrize("trailer", ["T;1;1", "T;2;0", "T;2;x", "T;0;2"])
def test_a_trailer_that_counts_otherwise_makes_the_file_unreadable(trailer: str) -> None:
    with pytest.raises(Unreadable, match="the trailer counts"):
        typed(f"H;1;SO-1;confirmed\nR;1;x;2\nH;2;SO-2;rejected\n{trailer}\n")


def test_a_record_that_nobody_described_is_a_fault_and_the_rest_counts() -> None:
    reading = typed("H;1;SO-1;confirmed\nX;1\nT;1;0\n")

    assert len(reading.acknowledgements) == 1
    assert [(fault.where, '"X"' in fault.what) for fault in reading.faults] == [("line 2", True)]


@pytest.mark.parametrize("unknown", ["X;48448;rejected", "h;48448;;rejected"])
def test_rows_behind_a_record_that_nobody_described_are_of_no_order_and_the_one_before_waits(unknown: str) -> None:
    reading = typed(f"H;1;SO-1;confirmed\nR;1;x;2\n{unknown}\nR;2;x;3\nH;2;SO-2;confirmed\nR;1;x;1\nT;2;3\n")

    assert [(ack.order_ref, len(ack.lines)) for ack in reading.acknowledgements] == [("2", 1)]
    assert [fault.where for fault in reading.faults] == ["line 4", "line 3"]


def test_a_file_without_the_trailer_that_is_described_is_not_whole_and_says_nothing() -> None:
    text = "H;1;SO-1;confirmed\nR;1;x;2\n"

    with pytest.raises(Unreadable, match="the record T, which counts the others, is missing"):
        typed(text)
    format_ = formats.build("delimited", {"records": TYPED})
    assert not format_.is_whole(text.encode())
    assert format_.is_whole(f"{text}T;1;1\n".encode())


@pytest.mark.parametrize(("length", "end"), [(0, "\n"), (12, "")])
def test_so_it_is_with_records_of_fixed_width(length: int, end: str) -> None:
    records = {
        "H": [{"name": "type", "width": 1}, {"name": "order_ref", "width": 5}, {"name": "status", "width": 6}],
        "T": [{"name": "type", "width": 1}, {"name": "count_of_H", "width": 11}],
    }
    format_ = formats.build("fixed", {"records": records, "record_length": length, "status_map": {"ok": "confirmed"}})
    head, tail = f"H{'48447':<5}{'ok':<6}{end}".encode(), f"T{'1':<11}{end}".encode()

    assert not format_.is_whole(head)
    with pytest.raises(Unreadable, match="the record T"):
        format_.read(head)
    assert format_.is_whole(head + tail)
    assert len(format_.read(head + tail).acknowledgements) == 1


def test_a_row_before_any_order_is_a_fault() -> None:
    reading = typed("R;1;x;2\nT;0;1\n")

    assert reading.acknowledgements == ()
    assert len(reading.faults) == 1


def test_a_head_whose_reference_is_blank_is_not_about_the_order_before_it() -> None:
    reading = typed("H;48447;SO-1;confirmed\nR;1;x;2\nH;;;cancelled\nR;1;x;0\nT;2;2\n")

    [ack] = reading.acknowledgements
    assert (ack.order_ref, ack.status, len(ack.lines)) == ("48447", "confirmed", 1)
    assert [fault.where for fault in reading.faults] == ["line 3", "line 4"]


def test_a_row_with_more_columns_than_its_record_is_a_fault() -> None:
    assert typed("H;1;SO-1;confirmed;x\nT;1;0\n").acknowledgements == ()


def test_fixed_records_are_read_by_width_with_implied_decimals() -> None:
    reading = placed("H48447   confirmed \nRR  1002500\nRR  2 1500+\nH48448   rejected\n", decimal=",")

    first, second = reading.acknowledgements
    assert [line.qty_confirmed for line in first.lines] == [Decimal("2.500"), Decimal("1.500")]
    assert second.order_ref == "48448"
    assert reading.faults == ()


def test_fields_that_fill_their_places_stand_side_by_side() -> None:
    [ack] = placed("H12345678confirmed \nRR001002500\nRR012123456\n").acknowledgements

    assert (ack.order_ref, ack.status) == ("12345678", "confirmed")
    assert [(line.line_no, line.qty_confirmed) for line in ack.lines] == [
        ("1", Decimal("2.500")),
        ("12", Decimal("123.456")),
    ]


def test_records_without_line_ends_are_parted_by_their_length() -> None:
    text = f"{'H48447   confirmed':<20}{'RR  1002500':<20}"

    [said] = placed(text, record_length=20).acknowledgements

    assert said.lines[0].qty_confirmed == Decimal("2.500")
    assert formats.build("fixed", {"records": PLACED, "record_length": 20}).is_whole(text.encode())
    assert not formats.build("fixed", {"records": PLACED, "record_length": 20}).is_whole(text[:-1].encode())


@pytest.mark.parametrize("number", ["2.5000", "2,500 ", "  12x3"])
def test_implied_decimals_are_never_guessed(number: str) -> None:
    reading = placed(f"H48447   confirmed \nRR  1{number}\n")

    assert reading.acknowledgements == ()
    assert "implied" in reading.faults[0].what


def test_a_line_longer_than_its_record_is_a_fault() -> None:
    reading = placed("H48447   confirmed  x\n")

    assert reading.acknowledgements == ()
    assert "longer" in reading.faults[0].what


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ({"H": [{"name": "type"}, {"name": "order_rf"}]}, 'did you mean "order_ref"'),
        ({"H": [{"name": "type"}, {"name": "status"}]}, "neither order_ref nor erp_order_no"),
        ({"H": [{"name": "type"}, {"name": "order_ref"}, {"name": "order_ref"}]}, "stands twice"),
        ({"H": [{"name": "type"}, {"name": "order_ref"}, {"name": "count_of_Q"}]}, "counts records"),
        ({"H": []}, "needs a type"),
    ],
)
def test_records_that_cannot_work_are_refused(records: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        formats.build("delimited", {"records": records})
