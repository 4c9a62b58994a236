"""`[targets.T.enrich]` and `[receiver.bundles]`: names, what a rule may change, and where a slip is."""

from pathlib import Path

import pytest

from bridge.config import ConfigFaults, effective, load, missing_for_run
from bridge.config.neutral import UnknownNameError, parse
from tests.config.support import SHELVES, write


def read(folder: Path, text: str) -> dict[str, object]:
    enrich = load(write(folder, text), SHELVES, {}).targets["erp"].enrich
    return {name: value for name, value in dict(enrich).items() if name != "home" and value}


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigFaults) as caught:
        load(write(folder, text), SHELVES, {})
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


QUOTED = """\
[targets.erp.enrich]
drop = ["sold_to.email", "lines.comment", "fees", "info", "info.CARD"]
[targets.erp.enrich.defaults]
currency = "SEK"
"lines.unit" = "pcs"
"payments.code" = 7
[targets.erp.enrich.maps."delivery.method"]
PostNord = "PN1"
"*" = "OTHER"
[targets.erp.enrich.derive]
"lines.info.KEY.2" = "{lines.part_no}/{order_ref}"
"""
DOTTED = """\
[targets.erp.enrich]
drop = ["sold_to.email", "lines.comment", "fees", "info", "info.CARD"]
defaults = { currency = "SEK", lines.unit = "pcs", payments.code = 7 }
maps = { delivery.method = { PostNord = "PN1", "*" = "OTHER" } }
derive = { lines.info.KEY.2 = "{lines.part_no}/{order_ref}" }
"""


@pytest.mark.parametrize("text", [QUOTED, DOTTED])
def test_a_dotted_name_may_stand_in_quotes_or_make_tables(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == {
        "drop": ("sold_to.email", "lines.comment", "fees", "info", "info.CARD"),
        "defaults": {"currency": "SEK", "lines.unit": "pcs", "payments.code": 7},
        "maps": {"delivery.method": {"PostNord": "PN1", "*": "OTHER"}},
        "derive": {"lines.info.KEY.2": "{lines.part_no}/{order_ref}"},
    }


def test_nothing_is_changed_unless_somebody_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, "") == {}


def test_what_holds_is_shown(tmp_path: Path) -> None:
    config = load(write(tmp_path, DOTTED), SHELVES, {})

    shown: dict[str, object] = {
        found.key: found.value for found in effective(config) if found.table == "targets.erp.enrich"
    }

    assert shown["defaults"] == {"currency": "SEK", "lines.unit": "pcs", "payments.code": 7}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('defaults = { curency = "SEK" }', 'an order has no "curency" (did you mean "currency"?)'),
        ('defaults = { lines.txt = "x" }', 'an order has no "lines.txt" (did you mean "lines.text"?)'),
        ('defaults = { ship_to.contry = "x" }', 'did you mean "ship_to.country"?'),
        ('defaults = { zzz = "x" }', 'an order has no "zzz" (known here: application,'),
        ('defaults = { currency.code = "x" }', "nothing lies below it"),
        ('defaults = { raw.Source = "x" }', 'an order has no "raw.Source"'),
        ('defaults = { ship_to = "x" }', "is a group of facts (name one of its facts)"),
        ('defaults = { lines.qty = "1" }', "an amount, a date or a word of ours, which no rule changes (a hook may"),
        ("defaults = { currency = 7 }", "holds text in quotes"),
        ('defaults = { payments.code = "7" }', "holds a whole number"),
        ('defaults = { order_ref = "7" }', "is what the ERP's answer is matched by"),
        ("maps = { currency = { SEK = 7 } }", "holds text in quotes"),
        ('maps = { currency = "SEK" }', "[table] of its own"),
        ('derive = { comment = "{lines.text}" }', '"lines.text" has many values (only a fact below lines can hold it)'),
        ('derive = { lines.text = "{payments.ref}" }', '"payments.ref" has many values'),
        ('derive = { comment = "{ship_to}" }', '"ship_to" is a group of facts'),
        ('derive = { comment = "{commment}" }', 'did you mean "comment"?'),
        ('derive = { comment = "{comment" }', "holds a brace that belongs to no name"),
        ('drop = ["lines"]', "is a fact that no order can be without"),
        ('drop = ["lines.qty"]', "is a fact that no order can be without"),
        ('drop = ["hold"]', "is a fact that no order can be without"),
        ('drop = ["lines.line_no"]', "is what the ERP's answer is matched by"),
        ('drop = ["ship_to.emial"]', 'did you mean "ship_to.email"?'),
        ('dropp = ["comment"]', 'unknown key (did you mean "drop"?)'),
    ],
)
def test_a_slip_is_told_with_its_line_and_what_was_meant(tmp_path: Path, line: str, what: str) -> None:
    (fault,) = faults(tmp_path, f"\n[targets.erp.enrich]\n{line}\n")

    assert fault.startswith("config.toml:3: [targets.erp.enrich]")
    assert what in fault


def test_a_slip_in_a_table_of_its_own_is_told_with_its_line(tmp_path: Path) -> None:
    text = '[targets.erp.enrich.defaults]\ncurrency = "SEK"\n"lines.unti" = "pcs"\nship_to.contry = "SE"\n'

    found = faults(tmp_path, text)

    assert [fault.split(" ")[0] for fault in found] == ["config.toml:3:", "config.toml:4:"]


@pytest.mark.parametrize(
    ("hook", "what"),
    [
        ("no_such_module_here:change", "there is no module no_such_module_here"),
        ("hook_that_fails:change", "module hook_that_fails fails when it is loaded: ZeroDivisionError"),
        ("hook_that_exits:change", "module hook_that_exits fails when it is loaded: SystemExit"),
        ("hook_without:change", "module hook_without has no function change"),
        ("mapping.change", '"mapping.change" is not a function; write it like "mapping:change"'),
        ("../mapping:change", "is not a function"),
    ],
)
def test_a_hook_that_cannot_be_loaded_keeps_the_service_from_starting(tmp_path: Path, hook: str, what: str) -> None:
    (tmp_path / "hook_that_fails.py").write_text("1 / 0\n")
    (tmp_path / "hook_that_exits.py").write_text("raise SystemExit(0)\n")
    (tmp_path / "hook_without.py").write_text("change = 7\n")

    config = load(write(tmp_path, f'\n[targets.erp.enrich]\nhook = "{hook}"\n'), SHELVES, {})

    (fault,) = [fault for fault in missing_for_run(config) if "enrich" in fault.key]
    assert str(fault).removeprefix(f"{tmp_path}/").startswith("config.toml:3: [targets.erp.enrich] hook: ")
    assert what in fault.what


def test_a_hook_beside_the_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "hook_that_is_fine.py").write_text("def change(order):\n    return order\n")

    config = load(write(tmp_path, '[targets.erp.enrich]\nhook = "hook_that_is_fine:change"\n'), SHELVES, {})

    assert [fault for fault in missing_for_run(config) if "enrich" in fault.key] == []


def test_a_type_has_its_price_on_one_level(tmp_path: Path) -> None:
    text = '[receiver.bundles]\nchildren = ["Structure"]\nparent = ["Structure"]\n'

    (fault,) = faults(tmp_path, text)

    assert fault.startswith('config.toml:3: [receiver.bundles] parent: "Structure" stands in children too')


@pytest.mark.parametrize(
    ("text", "each"),
    [
        ("currency", ()),
        ("sold_to.phones.cell", ()),
        ("info.A.B", ()),
        ("lines.info.A", ("lines",)),
        ("lines.promotions.name", ("lines", "promotions")),
    ],
)
def test_a_name_tells_in_which_list_its_fact_lies(text: str, each: tuple[str, ...]) -> None:
    assert parse(text).each == each


@pytest.mark.parametrize("text", ["", ".", "currency.", ".currency", "lines..text", "lines.0.text"])
def test_what_is_no_name_is_told_as_such(text: str) -> None:
    with pytest.raises(UnknownNameError):
        parse(text)
