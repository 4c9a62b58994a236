import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from bridge import formats
from bridge.errors import PermanentError
from bridge.model import AckKind, AckStatus, Reading
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order


def read(content: str | bytes | object, **options: object) -> Reading:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    return formats.read(formats.build("json", options), text.encode() if isinstance(text, str) else text)


OK = {"order_ref": "48447", "erp_order_no": "SO-1", "status": "confirmed"}


# --- orders


@given(comment=st.text(max_size=30))
@settings(deadline=None)
def test_what_is_written_is_the_orders_own_document(comment: str) -> None:
    order = replace(guide_order(), comment=comment)

    content = formats.render(formats.build("json", {}), order, CONTROL, RECEIVED_AT)

    found = json.loads(content, parse_float=Decimal)

    assert content.endswith(b"}\n")
    assert found["lines"][0]["unit_price"] == Decimal("300.00")
    assert found["order_ref"] == "48447"
    assert found["control"] == CONTROL
    assert found["created_at"] == "2026-11-21T14:02:11+01:00"
    assert set(formats.order_document(order)) <= set(found)


def test_numbers_keep_the_digits_that_came() -> None:
    line = replace(guide_order().lines[0], unit_price=Decimal("12345678901234.5600"), qty=Decimal("1E+2"))
    order = replace(guide_order(), lines=(line,))

    content = formats.render(formats.build("json", {}), order, CONTROL, RECEIVED_AT)

    assert b'"unit_price": 12345678901234.5600,' in content
    assert b'"qty": 100,' in content


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+40", "1E-40"])
def test_an_amount_without_bounds_is_refused_by_its_name(amount: str) -> None:
    line = replace(guide_order().lines[0], unit_price=Decimal(amount))
    order = replace(guide_order(), lines=(line,))

    with pytest.raises(PermanentError) as refused:
        formats.render(formats.build("json", {}), order, CONTROL, RECEIVED_AT)

    assert refused.value.subject == "lines[0].unit_price"


def test_letters_that_the_encoding_lacks_are_escaped() -> None:
    order = replace(guide_order(), comment="Skåne Łódź")

    content = formats.render(formats.build("json", {"encoding": "cp1252"}), order, CONTROL, RECEIVED_AT)

    assert json.loads(content.decode("cp1252"))["comment"] == "Skåne Łódź"


def test_line_ends_follow_the_setting() -> None:
    content = formats.render(formats.build("json", {"newline": "crlf"}), guide_order(), CONTROL, RECEIVED_AT)

    assert content.count(b"\n") == content.count(b"\r\n") > 1


# --- answers


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(OK).encode(),
        json.dumps([OK]).encode(),
        json.dumps(OK).encode("utf-8-sig"),
        json.dumps(OK).encode("utf-16"),
        json.dumps(OK, indent=2).replace("\n", "\r\n").encode(),
        b'{"order_ref": 48447, "erp_order_no": "SO-1", "status": "CONFIRMED", "more": {"x": [1.5, null]}}',
        b'{"order_ref": 48447.0, "erp_order_no": "SO-1", "status": "confirmed"}\n\n',
        b'{"order_ref": "48447", "erp_order_no": "SO-1", "status": "confirmed", "reason": "two\nlines"}',
    ],
    ids=range(8),
)
def test_what_real_files_do_is_put_up_with(content: bytes) -> None:
    reading = read(content)

    [said] = reading.acknowledgements
    assert reading.faults == ()
    assert (said.order_ref, said.erp_order_no, said.status) == ("48447", "SO-1", AckStatus.CONFIRMED)


def test_one_document_is_read_though_each_of_its_lines_begins_with_a_brace() -> None:
    reading = read(
        '{ "order_ref": "48447", "status": "confirmed", "lines": [\n{ "line_no": 1 },\n{ "line_no": 2 } ] }\n'
    )

    assert (reading.faults, [len(said.lines) for said in reading.acknowledgements]) == ((), [2])


def test_one_document_a_line_is_read_and_a_bad_line_is_a_fault() -> None:
    lines = [json.dumps(OK), '{"order_ref": "48448", "sta', json.dumps(OK | {"order_ref": "48449"})]

    reading = read("\n".join(lines) + "\n")

    assert [said.order_ref for said in reading.acknowledgements] == ["48447", "48449"]
    assert [fault.where for fault in reading.faults] == ["line 2"]


def test_flat_rows_of_one_order_make_one_acknowledgement() -> None:
    rows = [OK | {"line_no": 1, "qty_confirmed": 2}, OK | {"line_no": 2, "status": "rejected"}]

    [said] = read(rows).acknowledgements

    assert [line.status for line in said.lines] == [AckStatus.CONFIRMED, AckStatus.REJECTED]
    assert said.status is AckStatus.CHANGED


def test_two_documents_of_one_order_stay_two_in_their_order() -> None:
    documents = [OK | {"status": "received"}, OK]

    reading = read(documents)

    assert [said.status for said in reading.acknowledgements] == [AckStatus.RECEIVED, AckStatus.CONFIRMED]
    assert reading.faults == ()


def test_numbers_in_text_follow_the_setting_and_json_numbers_do_not() -> None:
    lines = [{"line_no": 1, "qty_confirmed": "1.234,5"}, {"line_no": 2, "qty_confirmed": 2.5}]

    [said] = read(OK | {"lines": lines}, decimal=",").acknowledgements

    assert [line.qty_confirmed for line in said.lines] == [Decimal("1234.5"), Decimal("2.5")]


def test_what_the_document_says_is_read_back_whole() -> None:
    [said] = read(
        OK | {"tracking": ["A", "B"], "invoice": {"no": "F-1", "total": 1.50}, "note_no": "N"}
    ).acknowledgements

    again = read(formats.to_document(said)).acknowledgements

    assert again == (said,)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"lines": {"line_no": 1}}, "lines is not a list"),
        ({"lines": [7]}, "lines[0] is not an object"),
        ({"lines": [{"line_no": 1, "schedules": [{"date": "2026-11-20"}]}]}, "qty is missing"),
        ({"lines": [{"line_no": 1, "qty_confirmed": "two"}]}, "qty_confirmed"),
        ({"lines": [{"line_no": 1, "qty_confirmed": True}]}, "qty_confirmed"),
        ({"lines": [{"line_no": 1, "qty_confirmed": 1e300}]}, "qty_confirmed"),
        ({"invoice": "F-1"}, "invoice is not an object"),
        ({"order_ref": ["48448"]}, "order_ref is not a single value"),
        ({"order_ref": None, "erp_order_no": ""}, "names no order"),
        ({"erp_order_no": "SO\ud800"}, "erp_order_no"),
        ({"kind": "letter"}, "kind"),
        ({"kind": "receipt"}, "a receipt confirms nothing"),
        ({"date": "someday"}, "date"),
    ],
)
def test_a_bad_document_is_a_fault_and_leaves_the_good_ones_alone(wrong: Mapping[str, object], what: str) -> None:
    documents = [OK | {"order_ref": "48448"} | dict(wrong), OK]

    reading = read(documents)

    assert [said.order_ref for said in reading.acknowledgements if said.status is AckStatus.CONFIRMED] == ["48447"]
    [fault] = reading.faults
    assert fault.where.startswith("$[0]")
    assert what in fault.what


def test_a_name_that_stands_twice_spoils_its_own_document_only() -> None:
    doubled = '{"order_ref": "1", "status": "rejected", "status": "confirmed"}'

    reading = read(f"[{doubled}, {json.dumps(OK)}]")

    assert [said.order_ref for said in reading.acknowledgements] == ["48447"]
    assert '"status" stands twice' in reading.faults[0].what


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"order_ref": NaN}', "NaN"),
        (b"[" * 100_000, "deep"),
        (b"\x00\x00", "NUL"),
    ],
)
def test_what_is_no_json_is_unreadable(content: bytes, what: str) -> None:
    with pytest.raises(formats.Unreadable) as refused:
        read(content)

    assert what in refused.value.line()


def test_deep_nesting_that_json_allows_is_a_fault() -> None:
    deep = '{"order_ref": ' * 60 + "1" + "}" * 60

    reading = read(deep)

    assert reading.acknowledgements == ()
    assert "deep" in reading.faults[0].what


def test_the_sort_of_message_follows_from_the_status_unless_it_is_said() -> None:
    documents = [OK | {"status": "cancelled"}, OK | {"status": "rejected", "kind": "receipt"}]

    reading = read(documents)

    assert [said.kind for said in reading.acknowledgements] == [AckKind.CANCELLATION, AckKind.RECEIPT]


def test_json_that_parses_is_whole_without_a_last_line_end() -> None:
    format_ = formats.build("json", {})

    whole = [format_.is_whole(content) for content in (b"{}", b"[]", b'{"a": 1}\n{"a": 2}', b'{"a": 1}\n{"a": 2')]

    assert whole == [True, True, True, False]
