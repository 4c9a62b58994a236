"""Orders that a target's layout cannot write: Failed in one line with the order's field, the target and the remedy."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from bridge import formats
from bridge.clock import SystemClock
from bridge.config.targets import Application
from bridge.journal import Journal
from tests.stages.receive_support import KEY, order, outlet, serving
from tests.support import journals
from tests.support.journals import one, rows

FIELDS = [{"const": "H"}, {"from": "order_ref", "max": 20}, {"from": "comment"}]
NEVER = {"quoting": "never", "replace": {";": ","}}
UNITS = {"fields": [{"from": "unit", "map": "unit"}], "maps": {"unit": {"st": "PCE", "*": "refuse"}}}
_Case: TypeAlias = tuple[str, Mapping[str, Any], Mapping[str, Any], str, str]
CASES: list[_Case] = [
    (
        "a letter that the file lacks",
        {"encoding": "cp1252", "record": [{"fields": FIELDS}]},
        {"CustomerOrderComment": "Łódź"},
        "comment",
        'set encoding = "utf-8"',
    ),
    (
        "a reference that is too long",
        {"record": [{"fields": FIELDS}]},
        {"ref": "A" * 21},
        "order_ref",
        "there is room for 20",
    ),
    (
        "a buyer's reference that is too long",
        {"record": [{"fields": [{"from": "customer_order_ref", "max": 5}]}]},
        {"CustomerOrderRef": "PO-4711"},
        "customer_order_ref",
        "there is room for 5",
    ),
    ("a unit that the map does not know", UNITS, {}, "lines[0].unit", "Add it to the table maps.unit"),
    (
        "a reference with the separator",
        {**NEVER, "record": [{"fields": FIELDS}]},
        {"ref": "WEB;1"},
        "order_ref",
        "Have the shop send plain letters",
    ),
    (
        "a line in no record",
        {"record": [{"each": "line", "where": {"group": ["Fee"]}, "fields": FIELDS}, {"fields": FIELDS}]},
        {},
        "lines[0]",
        "unmatched_lines",
    ),
]
BY_EDIFACT: list[_Case] = [
    ("letters", {}, {"CustomerOrderComment": "Łódź"}, "comment", "Set syntax to a larger character set"),
    ("a reference", {}, {"ref": "A" * 36}, "order_ref", "A reference is never cut"),
    ("letters of a reference", {}, {"ref": "Ł1"}, "order_ref", "have the shop send plain letters"),
    ("a unit", {"units": {"kg": "KGM", "*": "refuse"}}, {}, "lines[0].unit", "Add it to the table units"),
]
FORMATS = [("delimited", *case[1:]) for case in CASES] + [("edifact", *case[1:]) for case in BY_EDIFACT]


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path / "var", SystemClock()) as journal:
        yield journal


@pytest.mark.parametrize(
    "case", FORMATS, ids=[case[0] for case in CASES] + [f"edifact, {case[0]}" for case in BY_EDIFACT]
)
async def test_what_a_target_cannot_write_is_failed_in_one_line(journal: Journal, case: _Case) -> None:
    name, layout, sent, field, remedy = case
    shop = {"demo": Application(name="demo", key=KEY, target="wms")}
    outlets = {"wms": replace(outlet("wms"), format=formats.build(name, layout))}

    async with serving(journal, outlets=outlets, applications=shop) as desk:
        answer = await (await desk.post(order(**sent))).json()

    said = answer["Description"]
    assert answer["StatusCode"] == "Failed"
    assert said.count("\n") == 0
    assert [part in said for part in (field, "wms", remedy)] == [True, True, True], said
    assert await one(journal, "SELECT count(*) FROM orders") == 0
    assert await one(journal, "SELECT count(*) FROM rejects") == 1


async def test_a_unit_that_only_the_rule_for_the_rest_takes_is_noted_before_the_order_is_answered_ok(
    journal: Journal,
) -> None:
    item = json.loads(order())["Items"][0]
    outlets = {"erp": replace(outlet(), format=formats.build("edifact", {"units": {"*": "PCE"}}))}

    async with serving(journal, outlets=outlets) as desk:
        answer = await (await desk.post(order(Items=[{**item, "UnitOfMeasure": "kartong"}]))).json()

    [facts] = [json.loads(row[0]) for row in await rows(journal, "SELECT facts FROM events WHERE kind = 'received'")]
    [noted] = facts["warnings"]
    assert answer["StatusCode"] == "OK"
    assert noted.startswith('erp: lines[0].unit is "kartong", which the table units does not know, so "PCE" is written')
    assert noted.endswith('add it there, or set "*" = "refuse"')
