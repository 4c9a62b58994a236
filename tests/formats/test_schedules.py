"""A line that the ERP confirms in parts, each with its own day: JSON and XML, by paths and by our names."""

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal

import pytest

from bridge import formats
from bridge.model import AckStatus, Reading

DAYS = [(Decimal(2), dt.date(2026, 12, 1)), (Decimal("1.5"), dt.date(2026, 12, 24)), (Decimal(1), None)]
IN_JSON = """{ "ref": 48447, "state": "confirmed", "rows": [
  { "pos": 1, "split": { "days": [ { "n": 2, "on": "01.12.2026" }, { "n": "1,5", "on": "24.12.2026" }, { "n": 1 } ] } },
  { "pos": 2, "split": { "days": [] } },
  { "pos": 3 } ] }"""
JSON_PATHS = {
    "order_ref": "$.ref",
    "status": "$.state",
    "lines": "$.rows[*]",
    "lines.line_no": "$.pos",
    "lines.schedules": "$.split.days[*]",
    "lines.schedules.qty": "$.n",
    "lines.schedules.date": "$.on",
}
IN_XML = """<Answer ref="48447" state="confirmed">
  <Row no="1"><Days><Day on="01.12.2026">2</Day></Days><Days><Day on="24.12.2026">1,5</Day><Day>1</Day></Days></Row>
  <Row no="2"><Days/></Row>
  <Row no="3"/></Answer>"""
XML_PATHS = {
    "order_ref": "@ref",
    "status": "@state",
    "lines": "Row",
    "lines.line_no": "@no",
    "lines.schedules": "Days/Day",
    "lines.schedules.qty": ".",
    "lines.schedules.date": "@on",
}
SPOKEN = {"json": (IN_JSON, JSON_PATHS), "xml": (IN_XML, XML_PATHS)}
each_kind = pytest.mark.parametrize("kind", SPOKEN)


def read(kind: str, content: str, paths: Mapping[str, str]) -> Reading:
    return formats.read(formats.build(kind, {"paths": paths, "decimal": ",", "date": "%d.%m.%Y"}), content.encode())


@each_kind
def test_the_days_of_a_line_are_read_by_paths(kind: str) -> None:
    reading = read(kind, *SPOKEN[kind])

    [said] = reading.acknowledgements
    assert (reading.faults, said.status) == ((), AckStatus.CONFIRMED)
    assert [line.line_no for line in said.lines] == ["1", "2", "3"]
    assert [(one.qty, one.date) for one in said.lines[0].schedules] == DAYS
    assert [line.schedules for line in said.lines[1:]] == [(), ()]


@each_kind
@pytest.mark.parametrize(("before", "after", "told"), [("1,5", "many", "qty"), ("24.12.2026", "soon", "date")])
def test_a_day_that_cannot_be_understood_is_a_fault_and_the_order_does_not_count(
    kind: str, before: str, after: str, told: str
) -> None:
    content, paths = SPOKEN[kind]

    reading = read(kind, content.replace(before, after), paths)

    assert reading.acknowledgements == ()
    assert [(fault.where.endswith("lines[0].schedules[1]"), told in fault.what) for fault in reading.faults] == [
        (True, True)
    ]


@each_kind
def test_a_day_without_a_quantity_is_a_fault(kind: str) -> None:
    content, paths = SPOKEN[kind]

    reading = read(kind, content.replace('"n": 1 }', '"n": null }').replace("<Day>1<", "<Day><"), paths)

    assert ["qty is missing" in fault.what for fault in reading.faults] == [True]


def test_days_that_are_no_objects_are_a_fault() -> None:
    content = json.dumps({"ref": 1, "state": "confirmed", "rows": [{"pos": 1, "split": {"days": [2, 1]}}]})

    reading = read("json", content, JSON_PATHS)

    assert reading.acknowledgements == ()
    assert "is not an object" in reading.faults[0].what


@each_kind
@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ("lines.schedules", 'fields of lines.schedules need its path, such as "lines.schedules" = '),
        ("lines.schedules.qty", '"lines.schedules" needs the path of "lines.schedules.qty" too'),
    ],
)
def test_paths_of_days_that_cannot_work_are_refused(kind: str, left_out: str, told: str) -> None:
    paths = {name: path for name, path in SPOKEN[kind][1].items() if name != left_out}

    with pytest.raises(ValueError, match=told):
        formats.build(kind, {"paths": paths})
