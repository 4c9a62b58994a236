"""What ``where`` chooses: words, patterns, what is there and what is not; what nothing can meet is refused at start."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bridge import formats
from bridge.errors import PermanentError
from bridge.model import Infos, Line, PartyKind, SalesOrder
from tests.formats.test_layout_faults import HEAD, lines_about
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order


def line(number: int, **changes: object) -> Line:
    return replace(guide_order().lines[0], line_no=number, **changes)  # type: ignore[arg-type] # by name


def order_of(*lines: Line, **changes: object) -> SalesOrder:
    return replace(guide_order(), lines=lines, **changes)  # type: ignore[arg-type] # by name


def rows(order: SalesOrder, *records: Mapping[str, object], **options: object) -> list[str]:
    format_ = formats.build("delimited", {"newline": "lf", "record": records, **options})
    return formats.render(format_, order, CONTROL, RECEIVED_AT).decode().split()


def chosen(order: SalesOrder, where: Mapping[str, object]) -> list[str]:
    """The numbers of the lines that a condition takes."""
    goods = {"each": "line", "where": where, "fields": [{"const": "L"}, {"from": "line_no"}, {"from": "part_no"}]}
    found = rows(order, {"fields": [{"const": "H"}]}, goods, unmatched_lines="leave_out")
    return [row.split(";")[1] for row in found if row.startswith("L")]


LINES = order_of(
    line(1, part_no="DS-1", group="Physical", comment=None),
    line(2, part_no="A(2)", group="Service", comment="  ", vat_rate=Decimal("25.00")),
    line(3, part_no="ds-33", group=None, comment="Mind\nthe step", vat_rate=Decimal(6), info=Infos([("Gift", "true")])),
    sold_to=replace(guide_order().sold_to, kind=PartyKind.COMPANY),  # type: ignore[type-var] # the guide has one
)


@pytest.mark.parametrize(
    ("where", "taken"),
    [
        ({"comment": "*"}, "3"),
        ({"comment": ["?*"]}, "3"),
        ({"comment": [""]}, "12"),
        ({"comment": ["", "*step"]}, "123"),
        ({"comment": "mind*STEP"}, "3"),
        ({"group": ["physical", "Service "]}, "12"),
        ({"group": "*"}, "12"),
        ({"part_no": "DS-*"}, "13"),
        ({"part_no": "DS-?"}, "1"),
        ({"part_no": "A(2)"}, "2"),
        ({"part_no": "DS-*", "comment": "*"}, "3"),
        ({"vat_rate": [25]}, "12"),
        ({"vat_rate": ["25.0"]}, "12"),
        ({"vat_rate": ["6", "2?"]}, "123"),
        ({"info.Gift": True}, "3"),
        ({"info": {"gift": "*"}}, "3"),
        ({"role": "goods"}, "13"),
        ({"order.comment": "*"}, "123"),
        ({"sold_to.kind": "company"}, "123"),
        ({"sold_to": {"kind": "person"}}, ""),
        ({"sms": True, "line_no": [1, 2]}, "12"),
        ({"raw.Nothing": "*"}, ""),
    ],
)
def test_a_condition_takes_what_the_rules_of_routes_would_take(where: Mapping[str, object], taken: str) -> None:
    assert "".join(chosen(LINES, where)) == taken


@pytest.mark.parametrize(("comment", "expected"), [("Door 3", ["H;48447", "T;Door", "3"]), (None, ["H;48447"])])
def test_a_record_can_be_written_only_where_its_fact_is_there(comment: str | None, expected: list[str]) -> None:
    head = {"fields": [{"const": "H"}, {"from": "order_ref"}]}
    text = {"where": {"comment": "*"}, "fields": [{"const": "T"}, {"from": "comment"}]}

    assert rows(replace(guide_order(), comment=comment), head, text) == expected


@pytest.mark.parametrize("name", ["json", "xml"])
def test_a_tree_has_no_part_for_a_fact_that_is_not_there(name: str) -> None:
    note = {"where": {"comment": "*"}, "fields": [{"path": "note/text" if name == "xml" else "note.text", "const": 1}]}
    format_ = formats.build(name, {"record": [{"fields": [{"path": "no", "from": "order_ref"}]}, note]})

    files = [
        formats.render(format_, replace(guide_order(), comment=comment), CONTROL, RECEIVED_AT)
        for comment in ("Door 3", None)
    ]

    assert [b"note" in content for content in files] == [True, False]


def test_of_several_facts_one_that_fits_is_enough() -> None:
    head = {"fields": [{"const": "H"}]}
    any_service = {"where": {"lines.group": "Service"}, "fields": [{"const": "S"}]}

    assert rows(LINES, head, any_service) == ["H", "S"]


def test_a_sum_counts_by_the_same_conditions() -> None:
    fields = [{"sum": "qty", "of": "lines", "where": {"part_no": "DS-*"}}, {"sum": "qty", "of": "lines"}]

    assert rows(LINES, {"fields": fields}) == ["4.000;6.000"]


def test_a_line_of_which_only_a_remark_is_written_is_not_lost_unseen() -> None:
    goods = {"each": "line", "where": {"group": "Physical"}, "fields": [{"const": "L"}, {"from": "part_no"}]}
    remark = {"each": "line", "where": {"comment": "*"}, "fields": [{"const": "T"}, {"from": "comment"}]}
    order = order_of(line(1), line(2, group="Service", comment="Mount it"))

    with pytest.raises(PermanentError) as refused:
        rows(order, goods, remark)

    assert refused.value.subject == "lines[1]"
    assert rows(order, goods, {**remark, "fields": [{"const": "T"}, {"from": "qty"}]}) == ["L;ITEM001", "T;2", "T;2"]


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("{ group = [] }", "no word fits group"),
        ("{ comment = true }", 'comment is text, never "true"; "*" stands for whatever is there'),
        ('{ qty = "two" }', 'qty is a number, never "two"'),
        ('{ vat_rate = ["25,0"] }', 'vat_rate is a number, never "25,0"'),
        ("{ qty = true }", "qty is a number"),
        ('{ hold = ["yes"] }', 'hold is true or false, never "yes"'),
        ('{ ordered_at = "2026-11-20" }', "ordered_at is a time"),
        ("{ ordered_at = 2026-11-20 }", 'expects words, such as ["Physical", "Service"]'),
        ('{ sold_to.kind = "firm" }', "sold_to.kind is one of company, person"),
        ('{ role = ["goods", "freigt"] }', "role is one of goods, service, freight, fee, rounding, gift_card, comp"),
        ('{ grup = "x" }', '"grup" is no name of line or order; did you mean "group"?'),
        ("{ count_of_H = 1 }", "records are counted while they are chosen"),
        ("{ group = [[]] }", 'expects words, such as ["Physical", "Service"]'),
    ],
)
@pytest.mark.parametrize("place", ["record", "sum"])
def test_a_condition_that_nothing_can_meet_is_refused_at_start(
    tmp_path: Path, where: str, told: str, place: str
) -> None:
    field, record = '{ const = "L" }', f'each = "line", where = {where}, '
    if place == "sum":
        field, record = f'{{ sum = "qty", of = "lines", where = {where} }}', ""

    lines = lines_about(tmp_path, HEAD.format("delimited") + f"record = [{{ {record}fields = [{field}] }}]")

    assert len(lines) == 1
    assert told in lines[0]
