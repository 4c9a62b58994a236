"""Rows that an ERP appends, repeats or quotes badly: what they say of an order is never guessed."""

import pytest

from bridge import formats
from bridge.formats import Unreadable
from bridge.model import AckKind, Reading

NOTES = "order_ref;status;line_no;qty_delivered;note_no;tracking\n"
LINES = "order_ref;status;line_no;qty_ordered;qty_confirmed\n"


def read(text: str, **options: object) -> Reading:
    return formats.read(formats.build("delimited", options), text.encode())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_between_two_stray_quotation_marks_are_never_taken_for_a_text(end: str) -> None:
    rows = ["order_ref;status;reason", '48447;confirmed;"24 tum', '48448;rejected;"25 tum', "48449;rejected;"]

    with pytest.raises(Unreadable, match="closed on another line") as refused:
        read(end.join([*rows, ""]))

    assert refused.value.fault.where == "line 2"


@pytest.mark.parametrize("reason", ['"first\nsecond"', '"a ""24 tum"" pipe\nand more"', '24" pipe', '"24" pipe'])
def test_quoted_line_breaks_and_marks_within_a_row_are_read(reason: str) -> None:
    reading = read(f"order_ref;status;reason\n48447;confirmed;{reason}\n48448;rejected;\n")

    assert [ack.order_ref for ack in reading.acknowledgements] == ["48447", "48448"]


def test_rows_behind_another_heading_have_its_columns() -> None:
    other = LINES.replace("qty_ordered;qty_confirmed", "qty_confirmed;qty_ordered")

    reading = read(f"{LINES}48447;changed;1;5;0\n{other}48448;changed;1;0;9\n{LINES}48449;changed;1;5;0\n")

    assert reading.faults == ()
    lines = [line for ack in reading.acknowledgements for line in ack.lines]
    assert [str(line.qty_ordered) for line in lines] == ["5", "9", "5"]
    assert {str(line.qty_confirmed) for line in lines} == {"0"}


def test_another_heading_that_names_no_order_refuses_the_file() -> None:
    with pytest.raises(Unreadable, match="order_ref or erp_order_no") as refused:
        read(f"{LINES}48447;changed;1;5;0\nstatus;line_no;qty_confirmed\nconfirmed;1;5\n")

    assert refused.value.fault.where == "line 3"


def test_headings_of_the_erp_come_again_in_another_order() -> None:
    columns = {"Best.nr": "order_ref", "Status": "status"}

    reading = read("Best.nr;Status;Eget\n1;confirmed;x\nEget;Status;Best.nr\nx;rejected;2\n", columns=columns)

    assert [(ack.order_ref, ack.status) for ack in reading.acknowledgements] == [("1", "confirmed"), ("2", "rejected")]


def test_a_row_that_came_twice_counts_once_and_one_that_differs_elsewhere_is_asked_about() -> None:
    same = read(f"{NOTES}48447;delivered;1;5;N1;TR1\n48447;delivered;1;5;N1;TR1\n")
    other = read(f"{NOTES}48447;delivered;1;5;N1;TR1\n48447;delivered;1;5;N1;TR2\n48448;delivered;1;5;N2;TR3\n")

    assert [len(ack.lines) for ack in same.acknowledgements] == [1]
    assert [ack.order_ref for ack in other.acknowledgements] == ["48448"]
    assert [fault.what for fault in other.faults] == [
        'the rows of order 48447 disagree: line "1" stands there twice alike, in rows that differ elsewhere'
    ]


def test_an_answer_and_a_delivery_note_in_one_file_are_two() -> None:
    reading = read(f"{NOTES}48447;confirmed;1;;;\n48447;delivered;1;5;N1;TR1\n")

    assert reading.faults == ()
    assert [(ack.kind, ack.status, ack.note_no) for ack in reading.acknowledgements] == [
        (AckKind.RESPONSE, "confirmed", None),
        (AckKind.DESPATCH, "delivered", "N1"),
    ]


def test_rows_of_a_delivery_note_may_name_it_once() -> None:
    reading = read(f"{NOTES}48447;delivered;1;5;N1;TR1\n48447;delivered;2;3;;\n")

    [ack] = reading.acknowledgements
    assert (ack.note_no, len(ack.lines)) == ("N1", 2)


def test_a_cell_too_many_is_told_by_what_was_set() -> None:
    reading = read("48447;confirmed;x\n", header=False, positions=("order_ref", "status"))

    assert "more columns than the positions" in reading.faults[0].what


@pytest.mark.parametrize(("text", "sign"), [("48447,confirmed\n", "a comma"), ("48447\tconfirmed\n", "a tab")])
def test_rows_of_one_column_are_told_with_the_sign_that_seems_to_part_them(text: str, sign: str) -> None:
    reading = read(text, header=False, positions=("order_ref", "status"))

    assert reading.acknowledgements == ()
    assert reading.faults[0].what == f"the row is one column. The columns seem to be parted by {sign}; set delimiter"


def test_a_word_with_letters_that_may_be_wrong_names_the_encoding() -> None:
    positions = ("order_ref", "status")

    [fault] = read("48447;bekr\u2018ftet\n", header=False, positions=positions).faults
    [plain] = read("48447;yes\n", header=False, positions=positions).faults

    assert "set encoding" in fault.what
    assert "set encoding" not in plain.what
