import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from bridge import formats
from bridge.errors import PermanentError
from bridge.model import AckKind, Acknowledgement, AckStatus, Charge, Payment, Reading, SalesOrder
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

HEADING = "order_ref;erp_order_no;status;line_no;qty_ordered;qty_confirmed\n"


def read(content: str | bytes, **options: object) -> Reading:
    raw = content.encode() if isinstance(content, str) else content
    return formats.read(formats.build("delimited", options), raw)


def only(reading: Reading) -> Acknowledgement:
    assert reading.faults == ()
    [acknowledgement] = reading.acknowledgements
    return acknowledgement


def written(order: SalesOrder, **options: object) -> bytes:
    return formats.render(formats.build("delimited", options), order, CONTROL, RECEIVED_AT)


def parted(text: str, delimiter: str = ";", quote: str = '"') -> list[list[str]]:
    """An independent reader of separated text: rows end with CR LF outside quotation marks."""
    rows: list[list[str]] = [[""]]
    is_quoted = False
    for letter in text.removesuffix("\r\n").replace("\r\n", "\n"):
        if letter == quote:
            is_quoted = not is_quoted
            rows[-1][-1] += quote
        elif letter == "\n" and not is_quoted:
            rows.append([""])
        elif letter == delimiter and not is_quoted:
            rows[-1].append("")
        else:
            rows[-1][-1] += letter
    return [[_bare(cell, quote) for cell in row] for row in rows]


def _bare(cell: str, quote: str) -> str:
    return cell[1:-1].replace(quote * 2, quote) if cell.startswith(quote) else cell


def records(content: bytes) -> list[Mapping[str, str]]:
    heading, *rows = parted(content.decode())
    assert all(len(row) == len(heading) for row in rows)
    return [dict(zip(heading, row, strict=True)) for row in rows]


# --- orders


def test_an_independent_reader_finds_the_order_in_each_row() -> None:
    first = guide_order().lines[0]
    order = replace(guide_order(), lines=(first, replace(first, line_no=2, qty=Decimal("0.5"), text='19" rack; "A"')))

    rows = records(written(order))

    assert [row["order_ref"] for row in rows] == ["48447", "48447"]
    assert [row["ship_to.city"] for row in rows] == ["Shipville", "Shipville"]
    assert [row["text"] for row in rows] == ["Example Product 1", '19" rack; "A"']
    assert [(row["qty"], row["unit_price"], row["line_net"]) for row in rows] == [
        ("2", "300.00", "600.00"),
        ("0.5", "300.00", "150.00"),
    ]


@given(text=st.text(';"\r\n\t\x85\u2028\x00\x1f= +-@|<HEAD>', max_size=30))
@settings(deadline=None)
def test_no_comment_begins_a_row_or_loses_a_visible_letter(text: str) -> None:
    order = replace(guide_order(), comment=text)

    content = written(order)

    [row] = records(content)
    assert content.count(b"\r\n") == 2
    assert "".join(row["comment"].split()) == "".join(text.replace("\x00", "").replace("\x1f", "").split())


def test_a_leading_sign_is_left_as_it_is() -> None:
    order = replace(guide_order(), comment="=1+1")

    [row] = records(written(order))

    assert row["comment"] == "=1+1"


def test_several_payments_stand_in_one_cell_with_bars_between() -> None:
    payments = (
        Payment(method="gift|card", amount=Decimal("100.00")),
        Payment(method="invoice", amount=Decimal("711.25")),
    )
    order = replace(guide_order(), payments=payments, fees=(Charge(text="Freight", amount=Decimal("49.00")),))

    [row] = records(written(order))

    assert row["payment.method"] == r"gift\|card|invoice"
    assert row["payment.amount"] == "100.00|711.25"
    assert row["fee.amount"] == "49.00"


def test_information_of_a_line_stands_as_code_and_value() -> None:
    line = replace(guide_order().lines[0], info={"Warranty": "2 years", "a=b": "c|d"})
    order = replace(guide_order(), lines=(line,))

    [row] = records(written(order))

    assert row["line_info"] == r"Warranty=2 years|a\=b=c\|d"


def test_the_settings_of_writing_are_followed() -> None:
    options = {"decimal": ",", "delimiter": "\t", "newline": "lf", "header": False, "encoding": "cp1252"}
    party = guide_order().ship_to
    assert party is not None
    order = replace(guide_order(), ship_to=replace(party, city="Skövde"))

    content = written(order, **options)

    assert content.count(b"\n") == 1
    assert b"\t300,00\t" in content
    assert b"\tSk\xf6vde\t" in content
    assert not content.startswith(b"order_ref")


def test_times_are_those_of_the_targets_zone_without_an_offset() -> None:
    order = replace(guide_order(), ordered_at=dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC))

    [row] = records(written(order, time_zone="Europe/Helsinki"))

    assert row["ordered_at"] == "2026-07-02T01:30:00"


def test_a_letter_that_the_encoding_lacks_is_refused_by_the_name_of_its_field() -> None:
    party = guide_order().ship_to
    assert party is not None
    order = replace(guide_order(), ship_to=replace(party, city="Łódź"))

    with pytest.raises(PermanentError) as refused:
        written(order, encoding="iso-8859-1")

    assert refused.value.subject == "ship_to.city"
    assert "Ł" in refused.value.message
    assert "utf-8" in refused.value.hint


def test_an_accent_apart_from_its_letter_is_joined_where_the_encoding_asks_for_it() -> None:
    order = replace(guide_order(), comment="Ska\u030ane")

    content = written(order, encoding="cp1252")

    assert "Skåne".encode("cp1252") in content


def test_an_article_number_with_a_line_break_is_refused() -> None:
    line = replace(guide_order().lines[0], part_no="ITEM\n001")
    order = replace(guide_order(), lines=(line,))

    with pytest.raises(PermanentError) as refused:
        written(order)

    assert refused.value.subject == "lines[0].part_no"


def test_a_line_whose_amount_is_beyond_reason_is_refused() -> None:
    line = replace(guide_order().lines[0], qty=Decimal(10**9), unit_price=Decimal(10**9))
    order = replace(guide_order(), lines=(line,))

    with pytest.raises(PermanentError) as refused:
        written(order)

    assert refused.value.subject == "lines[0].unit_price"


def test_an_order_without_rows_is_refused() -> None:
    order = replace(guide_order(), lines=())

    with pytest.raises(PermanentError) as refused:
        written(order)

    assert refused.value.subject == "lines"


def test_a_personal_number_is_not_written() -> None:
    party = guide_order().sold_to
    assert party is not None
    order = replace(guide_order(), sold_to=replace(party, ssn="191212121212"))

    content = written(order)

    assert b"191212121212" not in content


# --- answers


def test_the_columns_may_stand_in_any_order_and_case() -> None:
    content = "Status; ERP_ORDER_NO ;whatever;Order_Ref\nConfirmed;SO-1;x;48447\n"

    said = only(read(content))

    assert (said.order_ref, said.erp_order_no, said.status) == ("48447", "SO-1", AckStatus.CONFIRMED)


def test_the_rows_of_an_order_make_one_acknowledgement_with_lines() -> None:
    content = HEADING + "1;SO-1;confirmed;0010;2;2\n2;SO-2;delivered;;;\n1;SO-1;confirmed;0020;1;1\n"

    reading = read(content)

    first, second = reading.acknowledgements
    assert (first.status, [line.line_no for line in first.lines]) == (AckStatus.CONFIRMED, ["10", "20"])
    assert (second.status, second.kind, second.lines) == (AckStatus.DELIVERED, AckKind.DESPATCH, ())


def test_a_row_that_was_sent_twice_counts_once() -> None:
    content = HEADING + "1;SO-1;confirmed;1;2;2\n" * 2

    said = only(read(content))

    assert len(said.lines) == 1


def test_rows_that_leave_out_the_reference_follow_the_erp_number() -> None:
    content = HEADING + "1;SO-1;confirmed;1;;\n;SO-1;confirmed;2;;\n"

    said = only(read(content))

    assert (said.order_ref, len(said.lines)) == ("1", 2)


def test_two_erp_numbers_for_one_order_are_a_fault_and_no_guess() -> None:
    content = HEADING + "1;SO-1;confirmed;1;;\n1;SO-9;confirmed;2;;\n2;SO-2;confirmed;;;\n"

    reading = read(content)

    assert [said.order_ref for said in reading.acknowledgements] == ["2"]
    [fault] = reading.faults
    assert fault.where == "line 2 to line 3"
    assert "SO-1" in fault.what
    assert "SO-9" in fault.what


def test_two_delivery_notes_of_one_order_are_two_acknowledgements() -> None:
    content = "order_ref;status;line_no;note_no\n1;delivered;1;N-1\n1;delivered;2;N-2\n"

    reading = read(content)

    assert [(said.note_no, len(said.lines)) for said in reading.acknowledgements] == [("N-1", 1), ("N-2", 1)]


def test_the_steps_of_a_file_that_grows_stay_apart_in_their_order() -> None:
    content = HEADING + "1;SO-1;received;;;\n2;SO-2;confirmed;;;\n1;SO-1;confirmed;;;\n1;SO-1;received;;;\n"

    reading = read(content)

    assert [(said.order_ref, said.status) for said in reading.acknowledgements] == [
        ("1", AckStatus.RECEIVED),
        ("1", AckStatus.CONFIRMED),
        ("2", AckStatus.CONFIRMED),
    ]
    assert reading.faults == ()


def test_a_row_for_the_whole_order_and_rows_for_its_lines_belong_together() -> None:
    content = HEADING + "1;SO-1;confirmed;;;\n1;SO-1;backorder;1;2;0\n"

    said = only(read(content))

    assert said.status is AckStatus.BACKORDER
    assert "amount to" in said.warnings[0]


def test_headings_and_words_of_the_erp_are_mapped() -> None:
    content = "Ordernummer;Vårt nr;Status;Rad;Antal;Kolli;Kund\r\n48447;77;bekräftad ;1;1 234,50;K1, K2;ABBA\r\n"
    columns = {
        "Ordernummer": "order_ref",
        "Vårt nr": "erp_order_no",
        "Status": "status",
        "Rad": "line_no",
        "Antal": "qty_confirmed",
        "Kolli": "tracking",
    }

    said = only(
        read(content.encode("cp1252"), columns=columns, status_map={"Bekräftad": "confirmed"}, decimal=","),
    )

    assert (said.erp_order_no, said.status, said.tracking) == ("77", AckStatus.CONFIRMED, ("K1", "K2"))
    assert said.lines[0].qty_confirmed == Decimal("1234.50")


def test_a_mapped_column_that_is_missing_is_named() -> None:
    columns = {"Ordernummer": "order_ref", "Status": "status"}

    with pytest.raises(formats.Unreadable) as refused:
        read("Ordernummer;Läge\n1;x\n", columns=columns)

    assert '"Status"' in refused.value.message


def test_columns_may_be_known_by_position() -> None:
    options = {"header": False, "positions": ["_", "order_ref", "status"]}

    said = only(read("A;48447;confirmed\n", **options))

    assert (said.order_ref, said.status) == ("48447", AckStatus.CONFIRMED)


def test_without_heading_and_positions_nothing_is_guessed() -> None:
    with pytest.raises(formats.Unreadable, match="which column"):
        read("48447;confirmed\n", header=False)


def test_the_invoice_stands_under_flat_names() -> None:
    content = (
        "order_ref;status;invoice_no;invoice_date;invoice_due;invoice_total;invoice_vat;currency\n"
        "1;invoiced;F-7;20261122;2026-12-22;811.25;162.25;SEK\n"
    )

    said = only(read(content))

    assert said.kind is AckKind.INVOICE
    assert said.invoice is not None
    assert (said.invoice.no, said.invoice.total) == ("F-7", Decimal("811.25"))
    assert said.invoice.due == dt.date(2026, 12, 22)


ROW = "order_ref;erp_order_no;status\n48447;SO-1;confirmed\n"


@pytest.mark.parametrize(
    "content",
    [
        ROW.encode("utf-8-sig"),
        ROW.encode("utf-16"),
        ROW.replace("\n", "\r\n").encode(),
        ROW.replace("\n", "\r").encode(),
        ROW.replace("\n", "\r\n", 1).encode(),
        ROW.encode() + b"\x1a",
        ("sep=,\r\n" + ROW.replace(";", ",")).encode(),
        ('"sep=|"\n' + ROW.replace(";", "|")).encode(),
        ("\n\n" + ROW + ";;\n\n").encode(),
        ROW.replace("confirmed\n", "confirmed;;\n").encode(),
        (ROW + ROW.partition("\n")[0] + "\n").encode(),
        b'"order_ref";"erp_order_no";"status"\n"48447";"SO-1";"confirmed"\n',
        b"order_ref;erp_order_no;status;reason\n48447;SO-1;confirmed\n",
        b'order_ref;erp_order_no;status;reason\n48447;SO-1;confirmed;"two\nlines"\n',
        ("order_ref;erp_order_no;status;reason\n48447;SO-1;confirmed;" + "x" * 200_000 + "\n").encode(),
    ],
    ids=range(15),
)
def test_what_real_files_do_is_put_up_with(content: bytes) -> None:
    format_ = formats.build("delimited", {})

    said = only(formats.read(format_, content))

    assert (said.order_ref, said.erp_order_no, said.status) == ("48447", "SO-1", AckStatus.CONFIRMED)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"order_ref;status\n1;confir\x00med\n", "NUL"),
        ("order_ref;status\n1;confirmed\n".encode("utf-16-le"), "utf-16-le"),
        (b"order_ref,status\n1,confirmed\n", "comma"),
        (b"48447;confirmed\n", "order_ref"),
        (b"order_ref;status;status\n1;confirmed;rejected\n", "two columns"),
        (b'order_ref;status\n1;"confirmed\n2;rejected\n', "never closed"),
        (b"order_ref;status\n1;\x81\n", "cp1252"),
    ],
    ids=range(9),
)
def test_what_cannot_be_parted_safely_is_unreadable(content: bytes, what: str) -> None:
    with pytest.raises(formats.Unreadable) as refused:
        read(content)

    assert what in refused.value.line()


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (";;confirmed;;;", "names no order"),
        ("1;SO-1;confirmed;1;2;2;stray", "more columns"),
        ("1;SO-1;confirmed;1;2;two", "qty_confirmed"),
        ("1;SO-1;confirmed;1;2;2,5", "qty_confirmed"),
        ("1;SO-1;confirmed;1;2;1e5", "qty_confirmed"),
        (f"1;{'9' * 51};confirmed;;;", "erp_order_no"),
        (f"{'9' * 51};SO-1;confirmed;;;", "order_ref"),
        ("1;SO\u202e-1;confirmed;;;", "erp_order_no"),
        ("1;SO-1;;;;", "no status"),
        ("1;SO-1;jodå;;;", "jodå"),
    ],
)
def test_a_bad_row_is_a_fault_and_leaves_the_good_ones_alone(row: str, what: str) -> None:
    content = HEADING + row + "\n48447;SO-7;confirmed;;;\n"

    reading = read(content)

    assert [said.order_ref for said in reading.acknowledgements if said.status is AckStatus.CONFIRMED] == ["48447"]
    assert [fault.where for fault in reading.faults] == ["line 2"]
    assert what in reading.faults[0].what


def test_a_bad_row_takes_the_rest_of_its_own_order_with_it() -> None:
    content = HEADING + "1;SO-1;confirmed;1;2;2\n1;SO-1;rejected;2;2;x\n"

    reading = read(content)

    assert reading.acknowledgements == ()
    assert [fault.where for fault in reading.faults] == ["line 3"]


def test_an_unknown_status_can_be_an_alert_alone() -> None:
    content = HEADING + "1;SO-1;jodå;;;\n"

    said = only(read(content, unknown_status="alert"))

    assert said.status is AckStatus.UNKNOWN
    assert "jodå" in said.warnings[0]


def test_a_heading_without_rows_says_nothing() -> None:
    reading = read(HEADING)

    assert reading == Reading()


def test_a_file_that_ends_inside_quotation_marks_is_not_yet_whole() -> None:
    format_ = formats.build("delimited", {})

    is_whole = format_.is_whole(b'order_ref;reason\n1;"two\n')

    assert is_whole is False


@given(words=st.lists(st.sampled_from(["1", "SO-1", "", "rejected", "ok", "ja", "backorder", "0", "2"]), max_size=24))
@settings(deadline=None)
def test_nothing_is_confirmed_that_is_not_called_so(words: list[str]) -> None:
    rows = [words[start : start + 6] for start in range(0, len(words), 6)]
    content = HEADING + "".join(";".join(row) + "\n" for row in rows)

    reading = read(content)

    assert AckStatus.CONFIRMED not in set(_statuses(reading))


def _statuses(reading: Reading) -> Iterator[AckStatus | None]:
    for said in reading.acknowledgements:
        yield said.status
        yield from (line.status for line in said.lines)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"delimiter": ";;"}, "one character"),
        ({"delimiter": '"'}, "same character"),
        ({"encoding": "utf-99"}, "not an encoding"),
        ({"encoding": "base64"}, "not an encoding"),
        ({"encoding": "ascii", "delimiter": "¦"}, "cannot write"),
        ({"date": "%d.%m"}, "year, month and day"),
        ({"time_zone": "Europe/Stokholm"}, "not a time zone"),
        ({"columns": {"Ordernr": "order_reff"}}, 'did you mean "order_ref"'),
        ({"columns": {"Status": "status"}}, "neither order_ref"),
        ({"columns": {"A": "order_ref", "B": "order_ref"}}, "stands twice"),
        ({"columns": {"A": "order_ref", "a": "status"}}, "stands twice"),
        ({"positions": ["order_ref"]}, "header = false"),
        ({"header": False, "columns": {"A": "order_ref"}}, "header = true"),
        ({"status_map": {"OK": "confirmed", "ok ": "rejected"}}, "stands twice"),
        ({"status_map": {"OK": "yes"}}, "confirmed"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_with_a_reason(options: Mapping[str, object], what: str) -> None:
    with pytest.raises(ValueError, match="validation error") as refused:
        formats.build("delimited", options)

    assert what in str(refused.value)
