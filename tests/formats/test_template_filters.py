"""What stands between an order's text and the file: the filters, the guard, and hostile orders before both."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bridge.errors import PermanentError
from bridge.formats._template import sample
from bridge.formats._template.filters import FILTERS
from bridge.model import Line, SalesOrder
from tests.formats.template_support import Fault, tried
from tests.support.orders import guide_order, sales_orders

pytestmark = pytest.mark.timeout(60)
few = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ROOT = Path(__file__).resolve().parents[2]
CSV = """\
{% for line in order.lines -%}
{{ order.order_ref }};{{ line.line_no }};{{ line.part_no }};{{ line.text }};{{ line.qty }};{{ line.unit_price }}
{% endfor %}"""
XML = """\
<Order ref="{{ order.order_ref }}">
<Comment>{{ order.comment }}</Comment>
{% for line in order.lines -%}
<Row no='{{ line.line_no }}' part="{{ line.part_no }}" qty="{{ line.qty }}">{{ line.text }}</Row>
{% endfor -%}
</Order>
"""


def said(comment: str | None, filter_: str = "", **rules: str) -> str | Fault:
    """What becomes of a comment between two semicolons."""
    return tried(f"A;{{{{ order.comment{filter_} }}}};B", replace(guide_order(), comment=comment), **rules)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("{{ '2.5' | number }} {{ 2.345 | number(2) }} {{ -0.001 | number(2) }} {{ none | number }}", "2.5 2.35 0.00 "),
        ("{{ 1234.5 | number(2, ',') }} {{ 12.345 | implied(2) }}", "1234,50 1235"),
        ("[{{ 'ab' | pad(4) }}][{{ 7 | pad(4, 'right', '0') }}][{{ none | pad(2) }}]", "[ab  ][0007][  ]"),
        ("{{ 'abc' | cut(2) }}{{ none | cut(2) }}", "ab"),
        ("{{ '' | default('x') }}{{ none | default('y') }}{{ 'z' | default('x') }}", "xyz"),
        ("{{ 'PostNord' | map({'PostNord': 'PN'}) }}{{ 'x' | map({}, 'OTHER') }}", "PNOTHER"),
        ("{{ 'a-b' | replace('-', '+') }}{{ 'Å' | lower }}{{ 'å' | upper }}[{{ ' x ' | trim }}]", "a+båÅ[x]"),
        ("{{ order.lines | length }}{{ 'abc' | length }}", "23"),
        ("{{ (order.lines | first).line_no }}{{ (order.lines | last).line_no }}{{ [] | first }}", "12"),
        ("{{ order.lines | where('line_no', 2) | length }}", "1"),
        ("{{ order.lines | total('qty') }} {{ order.lines | total('line_net') }}", "4.000 1200.00"),
        ("{{ [order.sold_to.zip, none, order.sold_to.city] | join(' ') }}", "11122 Stockholm"),
        ("{% for code, value in order.info | items %}{{ code }}={{ value }}{% endfor %}", "Sample=A value"),
        ("{{ 'a+b' | edi }} {{ \"it's?\" | edi }} {{ 'a|b' | edi('|', '~') }}", "a?+b it?'s?? a~|b"),
        ("{{ 'a;b' | csv }} {{ 'a\"b' | csv }} {{ 'ab' | csv }} {{ ' a' | csv }}", '"a;b" "a""b" ab " a"'),
        ("{{ '<a b=\"c\">&' | xml }}", "&lt;a b=&quot;c&quot;&gt;&amp;"),
        ("{{ 'a\"b' | json }} {{ 2.50 | json }} {{ none | json }} {{ true | json }}", '"a\\"b" 2.5 null true'),
        ("{{ 'ab' | without(';') }}", "ab"),
        ("{{ order.ordered_at | date('%y%j %H:%M:%S %G%V%u %%') }}", "26325 14:02:11 2026476 %"),
    ],
)
def test_a_filter_does_what_its_name_says(source: str, written: str) -> None:
    assert tried(source) == written


def test_every_filter_is_tried_and_those_of_the_guard_too() -> None:
    source = Path(__file__).read_text("utf-8")

    untried = [name for name in (*FILTERS, "cut", "clean") if f"| {name}" not in source]

    assert untried == []


def test_the_page_for_merchants_has_each_filter_and_no_other() -> None:
    table = (
        (ROOT / "docs/how-to/write-a-template.md").read_text("utf-8").partition("| filter |")[2].partition("\n\n")[0]
    )
    named = {name for row in table.splitlines() for name in re.findall(r"`(\w+)(?:\(|`)", row.split(" | ")[0])}

    assert named == {*FILTERS, "cut", "clean"}


@pytest.mark.parametrize(
    ("change", "source", "field", "what"),
    [
        ({"comment": "a;b"}, "x;{{ order.comment }}", "comment", 'holds ";"'),
        ({"comment": "abcdef"}, "{{ order.comment | pad(5) }}", "comment", "room for 5"),
        ({"comment": "a~b"}, "{{ order.comment | without('~') }}", "comment", 'holds "~"'),
        ({"comment": "much"}, "{{ order.comment | number }}", "comment", "is no number"),
        ({"comment": "soon"}, "{{ order.comment | date('%Y') }}", "comment", "is not a time"),
        ({"source": "Phone"}, "{{ order.source | map({'Online': 'W'}) }}", "source", "does not know"),
        ({"order_ref": "4844700001"}, "{{ order.order_ref | cut(5) }}", "order_ref", "a reference"),
        ({"order_ref": 'A"1'}, "{{ order.order_ref | clean }}", "order_ref", "a reference"),
        ({"currency": "SEKK"}, "{{ order.currency | cut(3) }}", "currency", "a reference"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_orders_field_and_the_templates_line(
    change: dict[str, str], source: str, field: str, what: str
) -> None:
    found = tried(f"\n\n{source}", replace(guide_order(), **change))  # type: ignore[arg-type]  # texts all

    assert isinstance(found, Fault), found
    assert (found.field, found.line) == (field, 3)
    assert what in found.what
    assert found.remedy


def test_a_field_of_a_line_is_named_by_its_place() -> None:
    line = guide_order().lines[0]
    order = replace(guide_order(), lines=(line, replace(line, line_no=2, text="a;b")))

    found = tried("{% for l in order.lines %}{{ l.text }};{% endfor %}", order)

    assert isinstance(found, Fault)
    assert found.field == "lines[1].text"


def test_an_amount_is_never_cut() -> None:
    found = tried("{{ order.lines[0].unit_price | cut(3) }}")

    assert isinstance(found, Fault)
    assert found.field == "lines[0].unit_price"


@pytest.mark.parametrize(
    ("filter_", "rules", "written"),
    [
        ("", {}, None),
        ("", {"escape": "csv"}, '"a;b""c"'),
        ("", {"escape": "xml"}, "a;b&quot;c"),
        ("", {"separators": "|"}, 'a;b"c'),
        (" | clean", {}, "a b c"),
        (" | csv", {}, '"a;b""c"'),
        (" | csv", {"escape": "csv"}, '"a;b""c"'),
        (" | upper", {}, None),
        (" | upper", {"escape": "csv"}, '"A;B""C"'),
        (" | csv | upper", {}, '"A;B""C"'),
        (" | replace(';', ',') | replace('\"', '')", {}, "a,bc"),
        (" ~ 'x'", {}, None),
        (" | csv ~ '-'", {}, '"a;b""c"-'),
        (" | default('x')", {}, None),
        (" | pad(8)", {}, None),
        (" | xml", {}, "a;b&quot;c"),
    ],
)
def test_a_text_with_a_separator_is_quoted_replaced_or_refused_and_never_printed(
    filter_: str, rules: dict[str, str], written: str | None
) -> None:
    found = said('a;b"c', filter_, **rules)

    if written is None:
        assert isinstance(found, Fault)
        assert found.field == "comment"
    else:
        assert found == f"A;{written};B"


def test_what_a_macro_or_a_set_block_has_made_is_guarded_once() -> None:
    source = "{% macro cell(x) %}<{{ x }}>{% endmacro %}{% set a %}{{ order.comment }}{% endset %}"
    order = replace(guide_order(), comment="a<b")

    found = tried(source + "{{ cell(order.comment) }}{{ a }}{{ cell(a) }}", order, escape="xml")

    assert found == "<a&lt;b>a&lt;b<a&lt;b>"


def test_the_separators_are_the_signs_beside_the_tags() -> None:
    def comment(text: str, template: str) -> str | Fault:
        return tried(template, replace(guide_order(), comment=text))

    assert isinstance(comment("a+b", "NAD+{{ order.comment }}:x"), Fault)
    assert isinstance(comment("a:b", "NAD+{{ order.comment }}:x"), Fault)
    assert comment("a;b", "NAD+{{ order.comment }}:x") == "NAD+a;b:x"
    assert comment("a;b", "Comment {{ order.comment }}") == "Comment a;b"
    assert isinstance(comment("a|b", "{% if order.comment %}{{ order.comment }}{% endif %}|"), Fault)


@given(order=sales_orders())
@few
def test_no_text_of_a_customer_breaks_a_separated_file(order: SalesOrder) -> None:
    _separated(order)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@given(order=sales_orders())
@many
def test_no_text_of_very_many_customers_breaks_a_separated_file(order: SalesOrder) -> None:
    _separated(order)


def _separated(order: SalesOrder) -> None:
    text = _tried(CSV, order, escape="csv")
    if text is None:
        return

    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))

    assert [row[:4] + [Decimal(cell) for cell in row[4:]] for row in rows] == [
        [order.order_ref, str(line.line_no), _seen(line.part_no), _seen(line.text), line.qty, line.unit_price]
        for line in order.lines
    ]


@given(order=sales_orders())
@few
def test_no_text_of_a_customer_breaks_an_xml_file(order: SalesOrder) -> None:
    _marked_up(order)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@given(order=sales_orders())
@many
def test_no_text_of_very_many_customers_breaks_an_xml_file(order: SalesOrder) -> None:
    _marked_up(order)


def _marked_up(order: SalesOrder) -> None:
    text = _tried(XML, order, escape="xml")
    if text is None:
        return

    root = ET.fromstring(text)  # noqa: S314  # our own file

    def held(value: str | None) -> str:
        return _seen(value).replace("\ufffe", "").replace("\uffff", "")

    assert root.get("ref") == held(order.order_ref)
    assert (root.findtext("Comment") or "") == held(order.comment)
    assert [
        (row.get("no"), row.get("part"), Decimal(row.get("qty", "")), row.text or "") for row in root.iter("Row")
    ] == [(str(line.line_no), held(line.part_no), line.qty, held(line.text)) for line in order.lines]


@given(order=sales_orders())
@settings(few, max_examples=30)
def test_without_an_escape_no_record_has_more_fields_than_the_template_gave_it(order: SalesOrder) -> None:
    text = _tried(CSV, order, escape="refuse")

    if text is not None:
        assert [line.count(";") for line in text.split("\n")[:-1]] == [5] * len(order.lines)


def _tried(source: str, order: SalesOrder, **rules: str) -> str | None:
    """What is written, or nothing for an order that was refused by the name of a field."""
    try:
        found = tried(source, order, **rules)
    except PermanentError as error:
        found = Fault(error.message, None, error.subject, error.hint)
    if isinstance(found, str):
        return found
    assert found.field.replace("[", ".").partition(".")[0] in SalesOrder.__dataclass_fields__
    assert found.remedy
    return None


_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def _seen(text: str | None) -> str:
    """A text as any file may hold it: breaks and tabs are blanks, controls are gone."""
    flat = (text or "").replace("\r\n", " ").replace("\t", " ")
    flat = "".join(" " if letter in _BREAKS else letter for letter in flat)
    return "".join(letter for letter in flat if ord(letter) > 159 or 32 <= ord(letter) < 127)


@given(text=st.text(max_size=30))
@few
def test_json_of_any_text_is_read_back(text: str) -> None:
    order = replace(guide_order(), comment=text or None)

    found = _tried('{"comment": {{ order.comment | json }}}', order)

    if found is not None:
        assert json.loads(found)["comment"] == (_seen(text) or (None if not text else ""))


def test_a_bare_line_is_written_with_nothing_where_nothing_is() -> None:
    order = replace(sample.bare_order(), lines=(Line(line_no=1),))

    assert tried(CSV, order, escape="csv") == "48448;1;;;0;0\n"
