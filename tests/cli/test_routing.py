"""route: which rule picks which target, and why; and preview, which shows a target its own rows."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Verb
from tests.norce.orders import SAMPLES, changed, sample

ROUTES = """
[[routes]]
name   = "Finland"
target = "warehouse"
when   = { ship_to_country = ["FI"] }
[[routes]]
name   = "drop-ship"
target = "warehouse"
split  = true
when   = { any_line_part_no = ["DS-*"] }
[[routes]]
name   = "large"
target = "warehouse"
when   = { total_from = 100000 }
[applications.demo]
target = "erp"
[targets.erp]
[targets.warehouse]
order  = { format = "json" }
"""


@pytest.fixture
def split(home: Path) -> Path:
    """Settings with rules, and an order of which a row is split off."""
    (home / "config.toml").write_text(ROUTES)
    line = sample()["Items"][0]
    items = [line, {**line, "LineNo": 2, "PartNo": "DS-1"}]
    file = home / "order.json"
    file.write_text(json.dumps(changed(sample(), ("Items",), items)))
    return file


def test_route_tells_each_rule_what_it_wanted_and_what_it_found(verb: Verb, split: Path) -> None:
    code, out, err = verb("route", str(split))

    assert code == 0
    assert err.startswith("warning: the rows come to 1500.00 with VAT")
    assert out.splitlines() == [
        "Order 48447 of shop demo",
        "- Finland (config.toml:4): does not match",
        "    ship_to_country is SE, wanted FI: does not fit",
        "+ drop-ship (config.toml:8): line 2 to warehouse",
        "    any_line_part_no is line 2, wanted DS-*: fits",
        "- large (config.toml:13): does not match",
        "    total is 1500.00, wanted at least 100000: does not fit",
        "+ [applications.demo]: line 1 to erp",
        "Files:",
        "  erp: line 1; its answer confirms the order",
        "  warehouse: line 2, without the order's fees, discounts and payments; a copy: its answer is recorded",
    ]


def test_route_tells_the_same_as_one_document(verb: Verb, split: Path) -> None:
    code, out, _ = verb("route", str(split), "--json")

    told: dict[str, Any] = json.loads(out)
    assert code == 0
    assert (told["order_ref"], told["application"], told["confirming"]) == ("48447", "demo", "erp")
    assert told["targets"] == [
        {"target": "erp", "confirming": True, "lines": [1], "whole": False, "charges": True},
        {"target": "warehouse", "confirming": False, "lines": [2], "whole": False, "charges": False},
    ]
    assert [(one["rule"], one["matched"], one["where"]) for one in told["asked"]] == [
        ("Finland", False, "config.toml:4"),
        ("drop-ship", True, "config.toml:8"),
        ("large", False, "config.toml:13"),
        (None, True, None),
    ]
    assert told["asked"][0]["conditions"] == [
        {"key": "ship_to_country", "wanted": "FI", "found": "SE", "holds": False},
    ]
    assert told["not_asked"] == []


def test_rules_behind_the_one_that_took_all_are_told_as_not_asked(verb: Verb, split: Path, home: Path) -> None:
    (home / "config.toml").write_text(ROUTES.replace('"FI"', '"SE"'))

    _, text, _ = verb("route", str(split))
    _, document, _ = verb("route", str(split), "--json")

    assert "+ Finland (config.toml:4): lines 1, 2 to warehouse\n" in text
    assert "- drop-ship: not asked, nothing is left\n- large: not asked, nothing is left\nFiles:\n" in text
    assert "  warehouse: all lines; its answer confirms the order\n" in text
    assert json.loads(document)["not_asked"] == ["drop-ship", "large"]


def test_a_split_that_only_freight_would_fit_says_why_it_takes_nothing(verb: Verb, split: Path, home: Path) -> None:
    (home / "config.toml").write_text(ROUTES.replace('"DS-*"', '"FRT"'))
    order = json.loads(split.read_text())
    order["Items"][1] |= {"PartNo": "FRT", "Type": "Freight"}
    split.write_text(json.dumps(order))

    _, out, _ = verb("route", str(split))

    assert "- drop-ship (config.toml:8): takes nothing, for only rows fit that stay with the order as a whole" in out
    assert "  erp: all lines; its answer confirms the order\n" in out


def test_route_needs_no_rules_and_takes_xml(verb: Verb) -> None:
    code, out, _ = verb("route", str(SAMPLES / "order.xml"))

    assert code == 0
    assert out.splitlines()[1:] == [
        "+ [applications.demo]: line 1 to erp",
        "Files:",
        "  erp: all lines; its answer confirms the order",
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("hello", "neither JSON nor XML"),
        ("{}", "ClientOrderRef"),
        (json.dumps(changed(sample(), ("Header", "ApplicationKey"), "x")), "add it as [applications.NAME]"),
    ],
)
def test_route_tells_why_an_order_goes_nowhere(verb: Verb, home: Path, body: str, said: str) -> None:
    (home / "order.json").write_text(body)

    code, out, err = verb("route", "order.json")

    assert (code, out) == (1, "")
    assert said in err


def test_route_writes_nothing(verb: Verb, split: Path, home: Path) -> None:
    verb("route", str(split))

    assert sorted(path.name for path in home.iterdir()) == ["config.toml", "inbox", "order.json", "outbox", "var"]
    assert list((home / "var").iterdir()) == []


def test_preview_shows_each_target_its_own_rows(verb: Verb, split: Path) -> None:
    (_, mine, said), (_, theirs, _) = (verb("preview", str(split), "--target", name) for name in ("erp", "warehouse"))

    assert ("DS-1" in mine, "ITEM001" in mine) == (False, True)
    assert [line["part_no"] for line in json.loads(theirs)["lines"]] == ["DS-1"]
    assert "would not go" not in said


def test_preview_for_a_target_that_the_order_would_not_reach_says_so(verb: Verb, split: Path) -> None:
    code, out, err = verb("preview", str(SAMPLES / "order.json"), "--target", "warehouse")

    assert split.exists()
    assert (code, json.loads(out)["order_ref"]) == (0, "48447")
    assert "this order would not go to warehouse: erp-bridge route tells why" in err
