"""The examples of `docs/how-to/change-orders-for-a-target.md` do what the page says."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bridge import formats, transports
from bridge.config import Shelves, load, missing_for_run
from bridge.enrich import enrichment
from bridge.model import Line, SalesOrder
from tests.support.orders import guide_order

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "change-orders-for-a-target.md"
SHELVES = Shelves(
    {name: formats.options_of(name) for name in formats.available()},
    {name: transports.options_of(name) for name in transports.available()},
)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def changed(folder: Path, settings: str, order: SalesOrder) -> SalesOrder:
    (folder / "config.toml").write_text(settings, encoding="utf-8")
    config = load(folder / "config.toml", SHELVES, {})
    assert [fault for fault in missing_for_run(config) if "enrich" in fault.key] == []
    found = enrichment(config.targets["erp"].enrich)
    assert found is not None
    return found.apply(order)


@pytest.fixture
def order() -> SalesOrder:
    guide = guide_order()
    rounding = Line(2, type="CentRounding", part_no="ROUND")
    return replace(guide, lines=(*guide.lines, rounding))


def test_the_rules_of_the_page_do_what_it_says(tmp_path: Path, order: SalesOrder) -> None:
    found = changed(tmp_path, blocks("toml")[0], order)

    assert found.sold_to
    assert found.sold_to.email is None
    assert found.lines[1].unit == "pcs"
    assert found.delivery.method == "PN1"
    assert found.comment == "ORDER123 Please handle with care."
    assert [line.info["KEY"] for line in found.lines] == ["ITEM001/48447", "ROUND/48447"]


def test_the_hook_of_the_page_does_what_it_says(tmp_path: Path, order: SalesOrder) -> None:
    (tmp_path / "mapping_of_the_page.py").write_text(blocks("python")[0], encoding="utf-8")

    found = changed(tmp_path, blocks("toml")[1].replace('"mapping:', '"mapping_of_the_page:'), order)

    assert [line.line_no for line in found.lines] == [1]
