"""`preview` goes the way that orders go: rules, hooks and holds show."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Verb
from tests.norce.orders import sample

HOOK = """
from dataclasses import replace

def change(order):
    if order.comment == "break":
        raise ValueError("no such shop")
    return replace(order, comment="by hook")
"""


def preview(verb: Verb, home: Path, settings: str, fields: Mapping[str, Any]) -> tuple[int, dict[str, Any], str]:
    (home / "mapping_of_preview.py").write_text(HOOK, encoding="utf-8")
    (home / "config.toml").write_text(settings + '\n[targets.erp.order]\nformat = "json"\n', encoding="utf-8")
    (home / "order.json").write_text(json.dumps({**sample(), **fields}), encoding="utf-8")
    code, out, err = verb("preview", str(home / "order.json"))
    return code, json.loads(out) if out else {}, err


ENRICH = '[targets.erp.enrich]\ndrop = ["sold_to.email"]\nhook = "mapping_of_preview:change"\n'


def test_preview_shows_what_rules_and_hook_make_of_an_order(verb: Verb, home: Path) -> None:
    code, order, err = preview(verb, home, ENRICH, {})

    assert (code, err) == (0, "")
    assert (order["comment"], order["sold_to"]["email"]) == ("by hook", None)


def test_preview_tells_why_a_hook_would_hold_an_order(verb: Verb, home: Path) -> None:
    code, order, err = preview(verb, home, ENRICH, {"CustomerOrderComment": "break"})

    assert (code, order) == (1, {})
    assert "hook mapping_of_preview:change raised ValueError: no such shop" in err


@pytest.mark.parametrize(
    ("settings", "fields", "why"),
    [
        ("[receiver]\ndo_hold = 'hold'\n", {"DoHold": True}, "the shop asks that a person looks at it first"),
        ("[receiver]\ntotals = 'hold'\n", {"Payments": [{"Amount": 1}]}, "the payments to 1.00"),
    ],
)
def test_preview_shows_the_file_of_an_order_that_would_be_held(
    verb: Verb, home: Path, settings: str, fields: Mapping[str, Any], why: str
) -> None:
    code, order, err = preview(verb, home, settings, fields)

    assert (code, order["order_ref"]) == (0, "48447")
    assert any(line.startswith("held for a person: ") and why in line for line in err.splitlines())


def test_preview_tells_that_a_template_becomes_no_file(verb: Verb, home: Path) -> None:
    code, order, err = preview(verb, home, "", {"OrderType": 4})

    assert (code, order) == (1, {})
    assert "OrderType 4" in err


def test_preview_tells_of_a_hook_that_is_not_there(verb: Verb, home: Path) -> None:
    code, _, err = preview(verb, home, '[targets.erp.enrich]\nhook = "not_there:change"\n', {})

    assert code == 1
    assert "[targets.erp.enrich] hook: there is no module not_there" in err
