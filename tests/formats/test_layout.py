"""What a layout can say, seen in the text that comes out."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bridge import formats
from bridge.config import Shelves, load
from bridge.errors import ErrorName, PermanentError
from bridge.model import Charge, Line, Payment, Promotion, SalesOrder
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

PYRAMID = """
[targets.pyramid.order]
format = "delimited"
delimiter = ";"
quoting = "never"
replace = { ";" = ",", "\\"" = "'" }
newline = "crlf"
encoding = "cp1252"
unencodable = "table"
decimal = ","
time_zone = "Europe/Stockholm"

[[targets.pyramid.order.record]]
each = "order"
fields = [
  { const = "<HEAD>" },
  { from = "order_ref", max = 20 },
  { from = "ordered_at", date = "%Y-%m-%d" },
  { from = "sold_to.code", default = "WEBB" },
  { from = "sold_to.name", max = 30, overflow = "cut" },
  { join = ["bill_to.zip", "bill_to.city"], with = " " },
  { from = "delivery.method", map = "delivery" },
  { sum = "line_net", of = "lines", where = { group = ["Fee"] }, decimals = 2 },
]
[[targets.pyramid.order.record]]
each = "line"
where = { group = ["Physical", "Service"] }
fields = [ { const = "<ART>" }, { from = "part_no" }, { from = "qty" },
           { from = "text", max = 30, overflow = "cut" }, { from = "unit_price", decimals = 2, rounding = "half_up" } ]

[targets.pyramid.order.maps.delivery]
PostNord = "PN"
"*" = "refuse"

[targets.pyramid.answer]
format = "delimited"
encoding = "cp1252"
decimal = ","

[targets.pyramid.answer.columns]
"Ordernummer" = "order_ref"
"Vårt nr" = "erp_order_no"
"Status" = "status"

[targets.pyramid.answer.status_map]
"Bekräftad" = "confirmed"
"""


def written(order: SalesOrder, name: str = "delimited", **options: object) -> str:
    format_ = formats.build(name, {"newline": "lf", **options})
    return formats.render(format_, order, CONTROL, RECEIVED_AT).decode()


def cells(order: SalesOrder, *fields: Mapping[str, object], **options: object) -> list[str]:
    """The columns of one row for the whole order."""
    text = written(order, **{"record": [{"fields": fields}], "delimiter": "|", **options})  # type: ignore[arg-type] # by name
    return text.removesuffix("\n").split("|")


def refusal(order: SalesOrder, *fields: Mapping[str, object], **options: object) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        cells(order, *fields, **options)
    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE
    assert refused.value.hint
    return refused.value


def order_of(*lines: Line, **changes: object) -> SalesOrder:
    return replace(guide_order(), lines=lines or guide_order().lines, **changes)  # type: ignore[arg-type] # by name


def line(number: int = 1, **changes: object) -> Line:
    return replace(guide_order().lines[0], line_no=number, **changes)  # type: ignore[arg-type] # by name


def test_the_layout_of_the_notes_works_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(PYRAMID, encoding="utf-8")
    shelves = Shelves({name: formats.options_of(name) for name in formats.available()}, {}, {})
    order = order_of(
        line(1, text="Kabel; 5 m “svart” 10 €", unit_price=Decimal("12.345")),
        line(2, group="Fee", part_no="FRAKT", qty=Decimal(1), unit_price=Decimal(49)),
        comment="<ART>;X;1",
    )

    options = load(file, replace(shelves, transports={"folder": _folder()}), {}).targets["pyramid"].order.options
    content = formats.build("delimited", options).render(order, CONTROL, RECEIVED_AT)

    assert content.decode("cp1252") == (
        "<HEAD>;48447;2024-12-18;CUST0001;John Doe;54321 Billingville;PN;49,00\r\n"
        "<ART>;ITEM001;2;Kabel, 5 m “svart” 10 €;12,35\r\n"
    )


def _folder() -> type:
    from bridge import transports  # noqa: PLC0415  # only here

    return transports.options_of("folder")


# --- where values come from


@pytest.mark.parametrize("amount", ["10", "-10"])
def test_a_discount_of_the_whole_order_takes_off_whichever_sign_it_comes_with(amount: str) -> None:
    order = order_of(discounts=(Charge(amount=Decimal(amount)),))

    assert cells(order, {"from": "allowances"}, {"from": "lines_net"}, {"from": "net"}) == ["10", "600.00", "590.00"]


def test_names_reach_the_order_its_parts_and_what_is_derived() -> None:
    names = ["order_ref", "sold_to.phone", "pickup.code", "delivery_method", "payment.method", "payments[0].amount"]
    totals = ["lines_net", "vat", "total", "prepaid", "payable", "control", "hold", "sold_to.kind"]

    found = cells(guide_order(), *({"from": name} for name in (*names, *totals)))

    assert found == [
        *("48447", "0701234567", "STORE001", "PostNord", "credit_card", "1500.00"),
        *("600.00", "150.00", "750.00", "1500.00", "-750.00", "123", "0", "person"),
    ]


def test_in_a_line_its_own_names_hide_those_of_the_order() -> None:
    names = [
        "comment",
        "order.comment",
        "order_ref",
        "line.text",
        "line_net",
        "line_vat",
        "unit_discount",
        "info.warranty",
    ]

    text = written(guide_order(), fields=[{"from": name} for name in names])

    assert text == "Urgent delivery;Please handle with care.;48447;Example Product 1;600.00;150.00;0.00;2 years\n"


def test_what_is_missing_has_its_default_or_nothing() -> None:
    found = cells(guide_order(), {"from": "seller.name"}, {"from": "seller.code", "default": "WEBB"}, {"const": 7})

    assert found == ["", "WEBB", "7"]


def test_several_texts_are_joined_and_several_amounts_refused() -> None:
    order = order_of(
        payments=(Payment(method="card", amount=Decimal(1)), Payment(method="giftcard", amount=Decimal(2)))
    )

    found = cells(order, {"from": "payment.method", "with": "+"}, {"sum": "amount", "of": "payments"})
    refused = refusal(order, {"const": "H"}, {"from": "payment.amount"})

    assert found == ["card+giftcard", "3"]
    assert refused.subject == "payment.amount"
    assert "(record 1, field 2)" in refused.message


def test_a_sum_takes_what_its_condition_takes_and_is_nought_without_any() -> None:
    order = order_of(line(1), line(2, group="Fee", unit_price=Decimal("49.005"), qty=Decimal(1)))
    fees = {"sum": "line_net", "of": "lines", "decimals": 2}

    found = cells(order, {**fees, "where": {"group": "Fee"}}, {**fees, "where": {"group": ["None"]}}, fees)

    assert found == ["49.01", "0.00", "649.01"]


def test_a_sum_in_a_line_reaches_the_whole_order() -> None:
    order = order_of(line(1), line(2))

    text = written(order, fields=[{"from": "line_no"}, {"sum": "qty", "of": "lines", "decimals": 0}])

    assert text == "1;4\n2;4\n"


def test_records_stand_for_parts_of_parts_and_a_trailer_counts_them() -> None:
    promotion = Promotion(id="P1", amount=Decimal(5))
    order = order_of(line(1, promotions=(promotion, promotion)), line(2), fees=(Charge(type="0", amount=Decimal(9)),))
    records = [
        {"fields": [{"const": "H"}, {"from": "count_of_L"}]},
        {
            "each": "line",
            "fields": [{"const": "L"}, {"from": "line_no"}],
            "record": [
                {"each": "promotion", "fields": [{"const": "P"}, {"from": "id"}, {"from": "line_no"}]},
                {"each": "line", "where": {"line_no": 2}, "fields": [{"const": "T"}, {"from": "comment"}]},
            ],
        },
        {"each": "fee", "fields": [{"const": "F"}, {"from": "amount"}]},
        {"each": "info", "fields": [{"const": "I"}, {"from": "code"}]},
        {"fields": [{"const": "Z"}, {"from": "count_of_P"}, {"from": "count_of_all"}]},
    ]

    text = written(order, record=records)

    assert text.split() == ["H;2", "L;1", "P;P1;1", "P;P1;1", "L;2", "T;Urgent", "delivery", "F;9", "Z;2;8"]


def test_a_file_without_any_record_is_refused() -> None:
    with pytest.raises(PermanentError) as refused:
        written(guide_order(), record=[{"each": "line", "where": {"group": "None"}, "fields": [{"const": "L"}]}])

    assert refused.value.subject == "lines"


# --- what is done to values


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ({"decimals": 2}, "12.35"),
        ({"decimals": 2, "rounding": "half_even"}, "12.34"),
        ({"decimals": 1, "rounding": "down"}, "12.3"),
        ({"decimals": 0, "rounding": "up"}, "13"),
        ({"decimals": 5}, "12.34500"),
        ({"implied": 3}, "12345"),
        ({}, "12.345"),
    ],
)
def test_rounding_is_said_and_half_goes_up(field: Mapping[str, object], expected: str) -> None:
    order = order_of(line(1, unit_price=Decimal("12.345")))

    [found] = cells(order, {"from": "lines[0].unit_price", **field})

    assert found == expected


def test_a_rounded_nought_has_no_sign() -> None:
    [found] = cells(order_of(line(1, unit_price=Decimal("-0.001"))), {"from": "lines[0].unit_price", "decimals": 2})

    assert found == "0.00"


def test_times_are_written_in_the_zone_of_the_target() -> None:
    order = order_of(ordered_at=dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC))

    found = cells(
        order, {"from": "ordered_at", "date": "%d.%m.%y %H%M"}, {"from": "ordered_at"}, {"from": "created_at"}
    )

    assert found == ["01.07.26 0130", "2026-07-01T01:30:00", "2026-11-21T14:02:11"]


@pytest.mark.parametrize(("rest", "expected"), [("keep", "PostNord"), ("POST", "POST")])
def test_a_map_says_what_happens_to_the_rest(rest: str, expected: str) -> None:
    maps = {"delivery": {"DHL": "D", "*": rest}}

    [found] = cells(guide_order(), {"from": "delivery.method", "map": "delivery"}, maps=maps)

    assert found == expected


def test_a_word_that_a_map_does_not_know_is_refused_with_the_name_of_the_map() -> None:
    maps = {"delivery": {"DHL": "D", "*": "refuse"}}

    refused = refusal(guide_order(), {"from": "delivery.method", "map": "delivery"}, maps=maps)

    assert (refused.subject, refused.hint) == ("delivery.method", "Add it to the table maps.delivery")
    assert '"PostNord"' in refused.message


def test_a_truth_is_mapped_by_its_word() -> None:
    maps = {"whole": {"true": "X", "*": "refuse"}}

    [found] = cells(guide_order(), {"from": "delivery.complete", "map": "whole"}, maps=maps)

    assert found == "X"


def test_more_letters_than_there_is_room_for_are_refused_cut_or_split() -> None:
    order = order_of(comment="Please handle with care.")
    field = {"from": "comment", "max": 10}

    refused = refusal(order, field)
    cut = cells(order, {**field, "overflow": "cut"})
    parted = cells(order, {**field, "overflow": "split", "parts": 4})
    too_long = refusal(order, {**field, "overflow": "split", "parts": 2})

    assert (refused.subject, "24 letters" in refused.message) == ("comment", True)
    assert cut == ["Please han"]
    assert parted == ["Please", "handle", "with care.", ""]
    assert "2 times 10" in too_long.message


def test_a_refusal_in_a_line_names_the_line_and_the_column() -> None:
    order = order_of(line(1), line(2, part_no="X" * 30))

    with pytest.raises(PermanentError) as refused:
        written(order, fields=[{"name": "Rad", "from": "line_no"}, {"name": "Artikel", "from": "part_no", "max": 20}])

    assert refused.value.subject == "lines[1].part_no"
    assert 'field 2 "Artikel"' in refused.value.message


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+40", "1E-40"])
@pytest.mark.parametrize("field", [{"from": "unit_price"}, {"from": "line_net"}, {"from": "unit_price", "decimals": 2}])
def test_an_amount_without_bounds_is_refused(amount: str, field: Mapping[str, object]) -> None:
    order = order_of(line(1, unit_price=Decimal(amount)))

    with pytest.raises(PermanentError) as refused:
        written(order, fields=[field])

    assert refused.value.subject.startswith("lines[0].")


# --- letters


@pytest.mark.parametrize(
    ("rule", "expected"),
    [("table", 'Åsa "x" - 5 EUR'), ("question_mark", "Åsa ?x? ? 5 ?")],
)
def test_letters_that_the_encoding_lacks_are_replaced_by_rule(rule: str, expected: str) -> None:
    order = order_of(comment="A\u030asa “x” \N{EN DASH} 5 €")
    options = {"encoding": "iso-8859-1", "unencodable": rule, "record": [{"fields": [{"from": "comment"}]}]}

    content = formats.build("delimited", {**options, "quoting": "never", "replace": {";": ","}}).render(
        order, CONTROL, RECEIVED_AT
    )

    assert content.decode("iso-8859-1").rstrip() == expected


@pytest.mark.parametrize("rule", ["refuse", "table", "question_mark"])
def test_a_reference_is_refused_rather_than_changed(rule: str) -> None:
    refused = refusal(guide_order("48\N{EN DASH}447"), {"from": "order_ref"}, encoding="iso-8859-1", unencodable=rule)

    assert refused.subject == "order_ref"


def test_without_a_rule_a_foreign_letter_is_refused_by_name() -> None:
    refused = refusal(order_of(comment="Łódź"), {"from": "comment"}, encoding="cp1252")

    assert refused.subject == "comment"
    assert "U+0141" in refused.message


@pytest.mark.parametrize(
    ("comment", "rule", "helps"),
    [
        ("5 \N{EN DASH} 6", "refuse", "table"),
        ("Łuk \N{EN DASH}", "refuse", "question_mark"),
        ("Łuk", "table", "question_mark"),
    ],
)
def test_the_remedy_for_a_foreign_letter_is_a_setting_that_helps(comment: str, rule: str, helps: str) -> None:
    order, field = order_of(comment=comment), {"from": "comment"}

    refused = refusal(order, field, encoding="iso-8859-1", unencodable=rule)

    assert refused.hint is not None
    assert f'or else unencodable = "{helps}"' in refused.hint
    assert cells(order, field, encoding="iso-8859-1", unencodable=helps)


def test_a_separator_in_a_reference_is_refused_where_there_are_no_marks() -> None:
    options = {"quoting": "never", "replace": {"|": "/"}}

    refused = refusal(guide_order("4|8"), {"from": "order_ref"}, **options)
    replaced = cells(order_of(comment="a|b\r\nc"), {"from": "comment"}, **options)

    assert refused.subject == "order_ref"
    assert replaced == ["a/b c"]


def test_the_shape_without_a_layout_keeps_to_the_quoting_too() -> None:
    order = order_of(comment='a;"b"')

    never = written(order, quoting="never", replace={";": ","}).split("\n")
    every = written(order, quoting="all").split("\n")

    assert len({row.count(";") for row in never[:2]}) == 1
    assert 'a,"b"' in never[1]
    assert every[1].startswith('"48447";"demo";')
    with pytest.raises(PermanentError, match="order_ref"):
        written(replace(order, order_ref="4;8"), quoting="never", replace={";": ","})


def test_headings_are_the_names_of_the_fields() -> None:
    fields = [{"name": "Nr", "from": "line_no"}, {"name": "Text", "from": "comment", "max": 8, "overflow": "split"}]

    with_heading = written(guide_order(), fields=fields)
    without = written(guide_order(), fields=fields, header=False)

    assert with_heading == "Nr;Text;Text 2\n1;Urgent;delivery\n"
    assert without == "1;Urgent;delivery\n"


# --- JSON and XML have types, arrays and elements


def test_json_has_numbers_truths_texts_and_arrays() -> None:
    order = order_of(line(1, qty=Decimal("2.500")), line(2))
    fields = [
        {"path": "no", "from": "order_ref", "type": "number"},
        {"path": "head.hold", "from": "hold"},
        {"path": "head.title", "from": "sold_to.title"},
        {"path": "note", "from": "comment", "max": 10, "overflow": "split", "parts": 3},
    ]
    rows = {
        "each": "line",
        "path": "head.rows[*]",
        "fields": [{"path": "q", "from": "qty"}, {"path": "p", "from": "unit_price", "type": "text"}],
    }
    fees = {"each": "fee", "path": "fees[*]", "fields": [{"path": "type", "from": "type"}]}

    text = written(order, "json", fields=fields, record=[rows, fees])

    assert "".join(text.split()) == (
        '{"no":48447,"head":{"hold":false,"rows":[{"q":2.5,"p":"300.00"},{"q":2,"p":"300.00"}]},'
        '"note":["Please","handle","withcare."],"fees":[]}'
    )


def test_xml_has_attributes_shared_elements_and_repeated_ones() -> None:
    fields = [
        {"path": "@no", "from": "order_ref"},
        {"path": "Sum/@currency", "from": "currency"},
        {"path": "Sum", "from": "total"},
        {"path": "Tax", "from": "tax_total"},
        {"path": "Tax/@currency", "from": "currency"},
        {"path": "Head/Name", "from": "sold_to.name"},
        {"path": "Head/Title", "from": "sold_to.title"},
        {"path": "Head/Mark", "from": "sold_to.title", "default": ""},
        {"path": "Note", "from": "comment", "max": 10, "overflow": "split", "parts": 3},
    ]
    rows = {"each": "line", "element": "Rows/Row", "fields": [{"path": ".", "from": "part_no"}]}

    text = written(order_of(line(1), line(2)), "xml", element="Web", fields=fields, record=[rows])

    assert "".join(text.split()) == (
        '<?xmlversion="1.0"encoding="UTF-8"?><Webno="48447"><Sumcurrency="SEK">1500.00</Sum><Taxcurrency="SEK">300.00</Tax>'
        "<Head><Name>JohnDoe</Name><Mark></Mark></Head><Note>Please</Note><Note>handle</Note><Note>withcare.</Note>"
        "<Rows><Row>ITEM001</Row><Row>ITEM001</Row></Rows></Web>"
    )


def test_fixed_fills_up_left_or_right_and_keeps_the_sign_in_front() -> None:
    order = order_of(line(1, unit_price=Decimal("-12.3")))
    fields = [
        {"from": "line_no", "width": 4},
        {"from": "part_no", "width": 9},
        {"from": "unit_price", "width": 8, "implied": 2, "pad": "0"},
        {"from": "unit", "width": 5, "align": "right", "pad": "."},
    ]
    records = [{"each": "line", "fields": fields}]

    text = written(order, "fixed", record=records)
    unbroken = written(order, "fixed", record=records, record_length=30)

    assert text == "   1ITEM001  -0001230..pcs\n"
    assert unbroken == "   1ITEM001  -0001230..pcs    "


def test_fixed_refuses_a_reference_whose_outer_blanks_would_be_lost() -> None:
    with pytest.raises(PermanentError) as refused:
        written(guide_order(" 48447"), "fixed", record=[{"fields": [{"from": "order_ref", "width": 20}]}])

    assert refused.value.subject == "order_ref"
