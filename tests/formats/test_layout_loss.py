"""What a layout must not do to an order: lose a line, change an amount, open a column, or take minutes."""

import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from pydantic import ValidationError

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import Line, Party, PartyKind, SalesOrder
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

ARTICLES = {"each": "line", "where": {"group": "Physical"}, "fields": [{"const": "L"}, {"from": "line_no"}]}
FEES = {"sum": "line_net", "of": "lines", "where": {"group": "Fee"}}


def written(order: SalesOrder, **options: object) -> str:
    format_ = formats.build("delimited", {"newline": "lf", **options})
    return formats.render(format_, order, CONTROL, RECEIVED_AT).decode()


def line(number: int, **changes: object) -> Line:
    return replace(guide_order().lines[0], line_no=number, **changes)  # type: ignore[arg-type] # by name


def order_of(*lines: Line, **changes: object) -> SalesOrder:
    return replace(guide_order(), lines=lines, **changes)  # type: ignore[arg-type] # by name


def with_fee() -> SalesOrder:
    return order_of(line(1), line(2, group="Fee", type="Freight", qty=Decimal(1), unit_price=Decimal(49)))


@pytest.mark.parametrize(
    "head",
    [
        {"from": "total"},
        {"sum": "line_net", "of": "lines"},
        {"sum": "qty", "of": "lines", "where": {"group": "Fee"}},
        {"sum": "line_net", "of": "lines", "where": {"group": "Service"}},
    ],
)
def test_a_line_that_no_record_takes_is_named_and_refused(head: Mapping[str, object]) -> None:
    with pytest.raises(PermanentError) as refused:
        written(with_fee(), record=[{"fields": [{"const": "H"}, head]}, ARTICLES])

    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE
    assert refused.value.subject == "lines[1]"
    assert 'group "Fee", type "Freight"' in refused.value.message
    assert "unmatched_lines" in refused.value.hint


def test_a_line_that_a_sum_picks_out_is_written() -> None:
    assert written(with_fee(), record=[{"fields": [{"const": "H"}, FEES]}, ARTICLES]) == "H;49.00\nL;1\n"


def test_a_sum_of_a_record_that_is_not_written_counts_for_nothing() -> None:
    with pytest.raises(PermanentError, match=r"lines\[1\]"):
        written(with_fee(), record=[{"where": {"currency": "EUR"}, "fields": [FEES]}, ARTICLES])


def test_a_line_may_be_left_out_when_the_settings_say_so() -> None:
    assert written(with_fee(), record=[ARTICLES], unmatched_lines="leave_out") == "L;1\n"


def test_a_layout_of_the_order_alone_has_no_line_to_lose() -> None:
    assert written(with_fee(), record=[{"fields": [{"from": "order_ref"}]}]) == "48447\n"


def test_a_number_is_never_replaced() -> None:
    order = order_of(line(1, unit_price=Decimal("-12.50"), text="a-b,c"))
    fields = [{"from": "text"}, {"from": "unit_price"}, {"from": "unit_price", "decimals": 2}, {"from": "line_no"}]

    text = written(order, fields=fields, decimal=",", replace={"-": " ", ",": " ", "1": "I"})

    assert text == "a b c;-12,50;-12,50;1\n"


def test_the_shape_without_a_layout_refuses_to_replace_what_amounts_are_made_of() -> None:
    for letter in ("-", "0", ","):
        with pytest.raises(ValidationError, match="amounts"):
            formats.build("delimited", {"decimal": ",", "replace": {letter: " "}})


@pytest.mark.parametrize(("unencodable", "mark"), [("table", "“"), ("question_mark", "→")])
def test_what_stands_in_for_a_letter_is_replaced_too(unencodable: str, mark: str) -> None:
    order = order_of(line(1, text=f"5{mark} kabel\u037e 2 m"))

    text = written(
        order,
        fields=[{"from": "text"}, {"from": "line_no"}],
        encoding="iso-8859-1",
        unencodable=unencodable,
        quoting="never",
        replace={";": ",", '"': "'", "?": "!"},
    )

    assert text == ("5' kabel, 2 m;1\n" if unencodable == "table" else "5! kabel, 2 m;1\n")


def test_a_heading_with_the_delimiter_is_told_with_the_settings() -> None:
    fields = [{"from": "line_no", "name": "Rad;nr"}]
    never = {"quoting": "never", "replace": {";": ","}}

    with pytest.raises(ValidationError, match="a heading holds the delimiter"):
        formats.build("delimited", {"fields": fields, **never})
    assert written(order_of(line(1)), fields=fields, header=False, **never) == "1\n"


def test_totals_of_the_order_beside_each_of_many_lines_are_added_up_once() -> None:
    order = order_of(*(line(number) for number in range(1, 3001)))
    names = [{"from": "total"}, {"from": "payable"}, {"sum": "line_net", "of": "lines"}, FEES]

    began = time.process_time()
    text = written(order, fields=[{"from": "line_no"}, *names])

    assert text.count("\n") == len(order.lines)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "field",
    [
        {"from": "sold_to.code", "max": 4, "overflow": "cut"},
        {"from": "ship_to.gln", "max": 4, "overflow": "cut"},
        {"from": "customer_order_ref", "max": 4, "overflow": "cut"},
        {"join": ["comment", "order_ref"], "max": 20, "overflow": "cut"},
    ],
)
def test_no_layout_may_shorten_a_reference(field: Mapping[str, object]) -> None:
    with pytest.raises(ValidationError, match="never shortened"):
        formats.build("delimited", {"record": [{"fields": [field]}]})


@pytest.mark.parametrize(
    ("field", "order"),
    [
        ({"from": "sold_to.code"}, {"sold_to": replace(guide_order().sold_to or Party(PartyKind.COMPANY), code="5→7")}),
        ({"join": ["comment", "order_ref"]}, {"order_ref": "5→7"}),
    ],
)
def test_a_reference_with_a_letter_that_the_file_lacks_is_refused(
    field: Mapping[str, object], order: Mapping[str, object]
) -> None:
    with pytest.raises(PermanentError, match="5→7"):
        written(
            order_of(line(1), **order), record=[{"fields": [field]}], encoding="cp1252", unencodable="question_mark"
        )


def test_a_comment_beside_a_reference_may_lose_a_letter() -> None:
    order = order_of(line(1), comment="a→b")

    text = written(
        order,
        record=[{"fields": [{"join": ["comment", "order_ref"]}]}],
        encoding="cp1252",
        unencodable="question_mark",
    )

    assert text == "a?b 48447\n"
