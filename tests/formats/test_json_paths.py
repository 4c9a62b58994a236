"""JSON that says things by names of its own: read by paths."""

import pytest

from bridge import formats
from bridge.formats import Unreadable
from bridge.model import AckStatus, Reading

RECEIPTS = """
{ "sent": "2026-11-21", "batch": { "orders": [
  { "web": { "ref": 48447 }, "head": { "Order No": "SO-1", "state": "Klar" },
    "parcels": [ { "code": "JJ1" }, { "code": "JJ2" } ],
    "items": [ { "pos": 1, "amount": { "confirmed": 1.50 } },
               { "pos": "002", "amount": { "confirmed": "2,5" }, "state": "Rest" } ] },
  { "web": { "ref": "48448" }, "head": { "state": "Klar" }, "items": { "pos": 7 } }
] } }
"""
PATHS = {
    "order": "$.batch.orders[*]",
    "order_ref": "$.web.ref",
    "erp_order_no": "$.head['Order No']",
    "status": "$.head.state",
    "tracking": "$.parcels[*].code",
    "lines": "$.items[*]",
    "lines.line_no": "$.pos",
    "lines.qty_confirmed": "$.amount.confirmed",
    "lines.status": "$.state",
}
OPTIONS = {"paths": PATHS, "decimal": ",", "status_map": {"klar": "confirmed", "rest": "backorder"}}
SHORT = {"order_ref": "$.o", "status": "$.s"}


def read(content: str, **options: object) -> Reading:
    return formats.read(formats.build("json", options), content.encode())


def test_an_answer_is_read_by_paths_of_its_own() -> None:
    reading = read(RECEIPTS, **OPTIONS)

    first, second = reading.acknowledgements
    assert reading.faults == ()
    assert (first.order_ref, first.erp_order_no, first.status) == ("48447", "SO-1", AckStatus.CHANGED)
    assert first.tracking == ("JJ1", "JJ2")
    assert [(line.line_no, str(line.qty_confirmed), line.status) for line in first.lines] == [
        ("1", "1.50", None),
        ("2", "2.5", AckStatus.BACKORDER),
    ]
    assert (second.order_ref, second.status, len(second.lines)) == ("48448", AckStatus.CONFIRMED, 1)


def test_each_member_of_a_top_level_array_is_an_order_whether_the_path_says_so_or_not() -> None:
    content = '[{"o": 1, "s": "confirmed"}, {"o": 2, "s": "confirmed"}]'

    plain = read(content, paths=SHORT)
    said = read(content, paths={"order": "$[*]", **SHORT})

    assert [ack.order_ref for ack in plain.acknowledgements] == ["1", "2"]
    assert said == plain


def test_rows_that_repeat_their_order_make_one_acknowledgement() -> None:
    content = '[{"o": 1, "s": "confirmed", "l": 1}, {"o": 1, "s": "backorder", "l": 2}]'

    [ack] = read(content, paths={**SHORT, "line_no": "$.l"}).acknowledgements

    assert [(line.line_no, line.status) for line in ack.lines] == [("1", "confirmed"), ("2", "backorder")]


def test_with_lines_each_line_is_a_document_and_a_bad_one_is_a_fault() -> None:
    content = '[{"o": 1, "s": "confirmed"}]\r\n{"o": 2, "s": "confirmed"}\r\n{"o": 3,\r\n'

    reading = read(content, paths={"order": "$", **SHORT}, lines=True)

    assert [ack.order_ref for ack in reading.acknowledgements] == ["2"]
    assert sorted(fault.where for fault in reading.faults) == ["line 1", "line 3"]


def test_a_file_of_lines_is_whole_with_its_last_line_end() -> None:
    format_ = formats.build("json", {"lines": True})

    assert format_.is_whole(b'{"order_ref": 1}\n')
    assert not format_.is_whole(b'{"order_ref": 1}\n{"order')


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ('{"o": 2, "o": 3, "s": "confirmed"}', '"o" stands twice'),
        ('{"o": {"no": 2}, "s": "confirmed"}', "order_ref is not a single value"),
        ('{"o": 2, "s": ["confirmed", "rejected"]}', "status is not a single value"),
        ('{"o": 2, "s": "confirmed", "l": [5]}', "lines[0] is not an object"),
        ('{"o": null, "s": "confirmed"}', "it names no order"),
        ("5", "it is not an object"),
    ],
)
def test_a_bad_order_is_a_fault_and_leaves_the_good_ones_alone(bad: str, what: str) -> None:
    paths = {"order": "$.all[*]", **SHORT, "lines": "$.l[*]"}

    reading = read(f'{{"all": [{{"o": 1, "s": "confirmed"}}, {bad}]}}', paths=paths)

    assert [ack.order_ref for ack in reading.acknowledgements] == ["1"]
    assert [what in fault.what for fault in reading.faults] == [True]
    assert reading.faults[0].where.startswith("$.all[1]")


def test_a_name_that_stands_twice_above_the_orders_loses_none_of_them_unseen() -> None:
    content = '{"all": [{"o": 1, "s": "confirmed"}], "all": [{"o": 2, "s": "confirmed"}]}'

    reading = read(content, paths={"order": "$.all[*]", **SHORT})

    assert reading.acknowledgements == ()
    assert [fault.what for fault in reading.faults] == ['"all" stands twice in one object']


def test_where_nothing_is_at_the_path_nothing_is_said() -> None:
    assert read('{"other": 1}', paths={"order": "$.all[*]", **SHORT}) == Reading()


ONE = '{"orders": [{"o": 1, "s": "confirmed"}]}'


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ('{"Orders": [{"o": 2, "s": "rejected"}]}', 'there is no "orders", but "Orders"'),
        ('{"ordrar": [{"o": 2, "s": "rejected"}]}', 'there is no "orders", so nothing is read from it'),
        ('{"orders": []}', None),
        ('{"orders": null}', None),
    ],
)
@pytest.mark.parametrize("content", [f"{ONE}\n#\n", f"[{ONE}, #]"], ids=["lines", "array"])
def test_a_document_without_the_place_of_the_orders_is_told_beside_one_that_has_it(
    content: str, other: str, told: str | None
) -> None:
    reading = read(content.replace("#", other), paths={"order": "$.orders[*]", **SHORT})

    assert [ack.order_ref for ack in reading.acknowledgements] == ["1"]
    assert [fault.what.removesuffix("; set paths") for fault in reading.faults] == ([told] if told else [])


def test_a_name_that_is_nearly_that_of_the_orders_is_told_wherever_it_stands() -> None:
    groups = '{"groups": [{"orders": [{"o": 1, "s": "confirmed"}]}, {"Order": [{"o": 2}]}, {"name": "empty"}]}'

    inside = read(groups, paths={"order": "$.groups[*].orders[*]", **SHORT})
    alone = read('{"Orders": [{"o": 2, "s": "rejected"}]}', paths={"order": "$.orders[*]", **SHORT})

    assert [ack.order_ref for ack in inside.acknowledgements] == ["1"]
    assert [fault.where for fault in inside.faults] == ["$.groups[1]"]
    assert ([fault.where for fault in alone.faults], alone.acknowledgements) == (["$"], ())


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ("$.rows[*]", '"Rows": [{"n": 1, "s": "rejected"}]'),
        ("$.rows[*]", '"row": {"n": 1, "s": "rejected"}'),
        ("$.a.rows[*]", '"a": {"ROWS": []}'),
    ],
)
def test_lines_under_a_name_that_is_nearly_theirs_are_a_fault_of_their_order(place: str, part: str) -> None:
    content = f'[{{"o": 1, "s": "confirmed"}}, {{"o": 2, "s": "confirmed", {part}}}]'

    reading = read(content, paths={**SHORT, "lines": place, "lines.status": "$.s"})

    assert [ack.order_ref for ack in reading.acknowledgements] == ["1"]
    assert ["lines: there is no rows by their path" in fault.what for fault in reading.faults] == [True]


def test_an_order_without_lines_is_an_order_though_lines_have_a_path() -> None:
    content = '[{"o": 1, "s": "confirmed", "rows": []}, {"o": 2, "s": "confirmed", "address": {"rows": [1]}, "row": 3}]'

    reading = read(content, paths={**SHORT, "lines": "$.rows[*]", "lines.status": "$.s"})

    assert ([ack.order_ref for ack in reading.acknowledgements], reading.faults) == (["1", "2"], ())


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        ({"order_ref": "web.ref"}, "is no path"),
        ({"order_ref": "$.web..ref"}, "is no path"),
        ({"order_ref": "$.web[x]"}, "is no path"),
        ({"order_reff": "$.ref"}, 'did you mean "order_ref"'),
        ({"status": "$.s"}, "neither order_ref nor erp_order_no"),
        ({"order_ref": "$.o", "lines.line_no": "$.n"}, "need the path of lines"),
    ],
)
def test_paths_that_cannot_work_are_refused(paths: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match="Value error") as refused:
        formats.build("json", {"paths": paths})

    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("paths", "reader", "content"),
    [
        ({"order_ref": "$.o", "status": "$.s"}, "json", b'{"o": 1, "s": "confirmed"}'),
        ({"order_ref": "O", "status": "S"}, "xml", b"<A><O>1</O><S>confirmed</S></A>"),
    ],
)
def test_auto_gives_paths_to_the_format_whose_paths_they_are(
    paths: dict[str, str], reader: str, content: bytes
) -> None:
    auto = formats.build(formats.AUTO, {"paths": paths})

    assert formats.name_of(auto, content) == reader
    assert [ack.order_ref for ack in formats.read(auto, content).acknowledgements] == ["1"]


def test_auto_without_the_format_of_last_resort_says_that_nobody_knows_the_file() -> None:
    widths = {"H": [{"name": "type", "width": 1}, {"name": "order_ref", "width": 5}, {"name": "status", "width": 9}]}
    auto = formats.build(formats.AUTO, {"records": widths})

    with pytest.raises(Unreadable, match="no format recognises it"):
        auto.read(b"order_ref;status\n1;confirmed\n")
    [ack] = auto.read(b"H48447confirmed\n").acknowledgements
    assert ack.order_ref == "48447"
