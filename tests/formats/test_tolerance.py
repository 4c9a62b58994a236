"""What the field sends is taken, and what of it is bad is told: the same for each format that a merchant describes."""

import codecs
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from bridge import formats
from bridge.formats import Unreadable
from bridge.model import AckStatus, Reading

Row = tuple[str, str, str, str, str]  # order, status, date, quantity, reason
NOTE = "Väntar på gård"
PLACES = [("type", 1), ("order_ref", 12), ("status", 12), ("line_no", 4), ("date", 20), ("qty_confirmed", 9)]
PLACES += [("reason", 40)]
NAMES = ("order_ref", "status", "line_no", "date", "qty_confirmed", "reason")
OPTIONS: Mapping[str, Mapping[str, object]] = {
    "delimited": {},
    "fixed": {"records": {"H": [{"name": name, "width": width} for name, width in PLACES]}},
    "json": {"paths": {"order": "$.all[*]"} | {name: f"$.{name}" for name in NAMES}},
    "xml": {"paths": {"order": "row"} | {name: name for name in NAMES}},
}


def _delimited(rows: Sequence[Row]) -> str:
    return "".join(f"{';'.join(row)}\r\n" for row in (NAMES, *map(_cells, rows)))


def _fixed(rows: Sequence[Row]) -> str:
    widths = [width for _, width in PLACES[1:]]
    lines = ("".join(cell.ljust(width) for cell, width in zip(_cells(row), widths, strict=True)) for row in rows)
    return "".join(f"H{line}\r\n" for line in lines)


def _json(rows: Sequence[Row]) -> str:
    members = [dict(zip(NAMES, _cells(row), strict=True)) for row in rows]
    return json.dumps({"all": members}, ensure_ascii=False) + "\r\n"


def _xml(rows: Sequence[Row]) -> str:
    made = ("".join(f"<{name}>{cell}</{name}>" for name, cell in zip(NAMES, _cells(row), strict=True)) for row in rows)
    return f"<all>{''.join(f'<row>{one}</row>' for one in made)}</all>\r\n"


def _cells(row: Row) -> tuple[str, ...]:
    ref, status, day, qty, reason = row
    return ref, status, "1", day, qty, reason


WRITERS: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "delimited": _delimited,
    "fixed": _fixed,
    "json": _json,
    "xml": _xml,
}
each_format = pytest.mark.parametrize("name", WRITERS)
GOOD: Row = ("48447", "confirmed", "2026-12-01", "2.5", NOTE)


def read(name: str, content: bytes, **more: Any) -> Reading:
    return formats.read(formats.build(name, {**OPTIONS[name], **more}), content)


@each_format
@pytest.mark.parametrize(
    ("encode", "options"),
    [
        (lambda text: text.encode(), {}),
        (lambda text: codecs.BOM_UTF8 + text.encode(), {}),
        (lambda text: codecs.BOM_UTF8 + text.encode(), {"encoding": "cp1252"}),
        (lambda text: text.encode("utf-16"), {}),
        (lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"), {}),
        (lambda text: text.encode("cp1252"), {}),
        (lambda text: text.encode("cp850"), {"encoding": "cp850"}),
        (lambda text: text.encode("utf-16-le"), {"encoding": "utf-16-le"}),
    ],
    ids=["utf-8", "mark", "mark wins", "utf-16", "utf-16-be", "cp1252", "cp850", "utf-16 said"],
)
def test_a_file_is_read_in_the_encoding_it_shows_or_is_said_to_have(
    name: str, encode: Callable[[str], bytes], options: dict[str, Any]
) -> None:
    reading = read(name, encode(WRITERS[name]([GOOD])), **options)

    assert reading.faults == ()
    [ack] = reading.acknowledgements
    assert (ack.order_ref, ack.lines[0].reason) == ("48447", NOTE)


@each_format
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n\r\n", "\n\x1a"])
def test_line_ends_may_be_of_any_kind_and_mixed(name: str, end: str) -> None:
    two = [GOOD, ("48448", *GOOD[1:])]
    text = WRITERS[name](two)
    head, mark, tail = text.partition("48448")

    reading = read(name, (head + mark + tail.replace("\r\n", end)).encode())

    assert reading.faults == ()
    assert [ack.order_ref for ack in reading.acknowledgements] == ["48447", "48448"]


@each_format
@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("", "2026-12-01"),
        ("", "20261201"),
        ("", "2026-12-01T08:00"),
        ("%d.%m.%Y", "01.12.2026"),
        ("%y%m%d", "261201"),
    ],
)
def test_a_date_is_read_in_five_forms(name: str, form: str, written: str) -> None:
    content = WRITERS[name]([("48447", "confirmed", written, "1", "")]).encode()

    [ack] = read(name, content, date=form).acknowledgements

    assert str(ack.lines[0].date) == "2026-12-01"


@each_format
@pytest.mark.parametrize(
    ("qty", "value"), [("2,5", "2.5"), ("1 234,5", "1234.5"), ("1.234,5", "1234.5"), ("-2,5", "-2.5")]
)
def test_a_decimal_comma_is_read_where_the_settings_say_so(name: str, qty: str, value: str) -> None:
    [ack] = read(name, WRITERS[name]([("48447", "confirmed", "", qty, "")]).encode(), decimal=",").acknowledgements

    assert str(ack.lines[0].qty_confirmed) == value


@each_format
@pytest.mark.parametrize(
    "bad",
    [
        ("48448", "perhaps", "", "1", ""),
        ("48448", "confirmed", "soon", "1", ""),
        ("48448", "confirmed", "", "many", ""),
        ("", "confirmed", "", "1", ""),
    ],
)
def test_of_several_orders_the_good_ones_count_and_the_bad_one_is_told(name: str, bad: Row) -> None:
    reading = read(name, WRITERS[name]([GOOD, bad, ("48449", *GOOD[1:])]).encode())

    sure = [ack.order_ref for ack in reading.acknowledgements if ack.status is not AckStatus.UNKNOWN]
    assert sure == ["48447", "48449"]
    assert len(reading.faults) == 1


@each_format
def test_garbage_behind_the_end_is_told_and_undoes_nothing(name: str) -> None:
    content = WRITERS[name]([GOOD]).encode() + b"%%garbage;\xff<\r\n"

    reading = read(name, content)

    sure = [ack.order_ref for ack in reading.acknowledgements if ack.status is not AckStatus.UNKNOWN]
    assert sure == ["48447"]
    assert [fault.where for fault in reading.faults] == [{"delimited": "line 3", "xml": "line 1"}.get(name, "line 2")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("json", '{\n"all": [{"order_ref": "48447", "status": "confirmed"}]\n}\n%% {"all": [{"order_ref": "9"'),
        ("xml", "<all>\n<row><order_ref>48447</order_ref><status>confirmed</status></row>\n</all>\n%% <all><row>"),
    ],
)
def test_what_stands_behind_a_whole_document_of_several_lines_is_told_and_undoes_nothing(
    name: str, content: str
) -> None:
    reading = read(name, content.encode())

    assert [ack.order_ref for ack in reading.acknowledgements] == ["48447"]
    assert [(fault.where, "%% " in fault.what) for fault in reading.faults] in ([("line 3", True)], [("line 4", True)])
    assert not formats.build(name, OPTIONS[name]).is_whole(content.encode())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("json", '{"all": [{"order_ref": "48447", "status": "confirmed"}\n%%\n'),
        ("xml", "<all><row><order_ref>48447</order_ref><status>confirmed</status></row>\n%%\n"),
        ("xml", "<all><row><order_ref>1</order_ref></row></all><all><row><order_ref>2</order_ref></row></all>"),
    ],
)
def test_a_document_that_never_ends_or_is_two_is_unreadable(name: str, content: str) -> None:
    with pytest.raises(Unreadable):
        read(name, content.encode())


@pytest.mark.parametrize(("label", "codec"), [("IBM850", "cp850"), ("cp437", "cp437"), ("ISO-8859-15", "iso8859-15")])
def test_a_document_of_xml_is_read_in_the_code_page_that_it_names(label: str, codec: str) -> None:
    text = f'<?xml version="1.0" encoding="{label}"?>\r\n' + WRITERS["xml"]([GOOD])

    reading = read("xml", text.encode(codec))

    assert reading.faults == ()
    assert reading.acknowledgements[0].lines[0].reason == NOTE


def test_a_line_break_inside_a_value_stays_in_it() -> None:
    quoted = 'order_ref;status;reason\r\n48447;confirmed;"first\r\nsecond;third"\r\n'
    inside = '{"order_ref": "48447", "status": "confirmed", "reason": "first\r\nsecond;third"}'
    element = "<a><order_ref>48447</order_ref><status>confirmed</status><reason>first\r\nsecond;third</reason></a>"

    found = [
        formats.read(formats.build(name, {}), content.encode()).acknowledgements
        for name, content in (("delimited", quoted), ("json", inside), ("xml", element))
    ]

    assert [[ack.reason for ack in acks] for acks in found] == [["first second;third"]] * 3
