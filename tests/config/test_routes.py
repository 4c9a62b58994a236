"""`[[routes]]` in the file: what may stand there, what is wrong with it; and the folders of several targets."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.config import When, effective
from tests.config.support import faults_of, load_text

TWO = """\
[targets.erp]
[targets.warehouse]
[applications.demo]
target = "erp"
"""
RULE = (
    """\
[[routes]]
target = "warehouse"
{rule}
"""
    + TWO
)


def rule(text: str) -> str:
    return RULE.format(rule=text)


def test_no_rule_is_there_unless_somebody_writes_it(tmp_path: Path) -> None:
    assert load_text(tmp_path).routes == ()


@pytest.mark.parametrize(
    "when",
    [
        'when = { ship_to_country = ["FI"], info = { CODE = ["a", "b"] }, total_from = 1000.50, order_type = [1] }',
        '[routes.when]\nship_to_country = ["FI"]\ninfo.CODE = ["a", "b"]\ntotal_from = 1000.50\norder_type = [1]',
    ],
)
def test_conditions_stand_in_one_line_or_in_a_table_of_their_own(tmp_path: Path, when: str) -> None:
    (found,) = load_text(tmp_path, rule(when)).routes

    assert found.when == When(
        ship_to_country=("FI",), info={"CODE": ("a", "b")}, total_from=Decimal("1000.5"), order_type=(1,)
    )
    assert (found.name, found.line) == ("rule 1", 1)


def test_rules_keep_the_order_of_the_file(tmp_path: Path) -> None:
    text = '[[routes]]\nname = "b"\ntarget = "erp"\nwhen.currency = ["EUR"]\n[[routes]]\nname = "a"\ntarget = "erp"\n'

    assert [one.name for one in load_text(tmp_path, text).routes] == ["b", "a"]


FAULTS = [
    ('nam = "x"', 'config.toml:3: [[routes]] nam: unknown key (did you mean "name"?)'),
    ('when = { ship_country = ["FI"] }', "[[routes]] when.ship_country: unknown key"),
    (
        '[routes.when]\nship_to_countri = ["FI"]',
        "config.toml:4: [routes.when] ship_to_countri: unknown key (did you mean",
    ),
    ('when = { ship_to_country = "FI" }', "config.toml:3: [[routes]] when.ship_to_country: expects a list, like"),
    ("when = { ship_to_country = [] }", "expects a list that is not empty"),
    ("when = { ship_to_country = [7] }", "when.ship_to_country[0]: expects text in quotes"),
    ('when = { order_type = ["one"] }', "when.order_type[0]: expects a whole number"),
    ('when = { info = { CODE = "a" } }', "when.info.CODE: expects a list"),
    ('when = { total_from = "much" }', "when.total_from: expects an amount without quotes"),
    ("when = { total_to = nan }", "when.total_to: expects an amount without quotes"),
    ("when = { total_to = true }", "when.total_to: expects an amount without quotes"),
    ("when = { total_from = 2, total_to = 1 }", "[[routes]] when.total_to: is less than total_from"),
    ('when = { application = ["demoo"] }', 'when.application[0]: no shop is called "demoo" (did you mean "demo"?)'),
    (
        'also = ["warehose"]',
        'config.toml:3: [[routes]] also[0]: no target is called "warehose" (did you mean "warehouse"?)',
    ),
    ('also = ["warehouse"]', '[[routes]] also: "warehouse" gets the order already (remove it)'),
    ('also = ["erp", "erp"]', '[[routes]] also: "erp" is named 2 times (a target gets an order once)'),
    ('when = { currency = ["SEK", " "] }', "config.toml:3: [[routes]] when.currency: has an empty word"),
    ('when = { any_line_part_no = [""] }', "when.any_line_part_no: has an empty word"),
    ("when = { info = { CODE = [] } }", "config.toml:3: [[routes]] when.info.CODE: is empty, so no order matches"),
    ('when = { info = { CODE = [""] } }', "when.info.CODE: has an empty word"),
    ("when = { info = {} }", "config.toml:3: [[routes]] when.info: names no info type"),
    ("[routes.when.info]", "[routes.when.info]: names no info type"),
    ('split = "yes"', "[[routes]] split: expects true or false"),
    ("split = true", "config.toml:3: [[routes]] split: needs a condition that chooses rows (one of any_line_part_no"),
    (
        'split = true\nwhen = { ship_to_country = ["FI"], all_lines_part_no = ["DS-*"] }',
        "needs a condition that chooses rows",
    ),
    (
        'name = "x"\n[[routes]]\ntarget = "erp"\nname = "x"',
        'config.toml:6: [[routes]] name: another rule is called "x" too',
    ),
]


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_a_slip_is_told_with_its_line_and_the_word_that_was_meant(tmp_path: Path, text: str, fault: str) -> None:
    (told,) = faults_of(tmp_path, rule(text))

    assert fault in told


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            '[[routes]]\ntarget = "stor"\n[targets.store]\n',
            'config.toml:2: [[routes]] target: no target is called "stor"',
        ),
        ("[[routes]]\nsplit = false\n", "[[routes]] target: is missing (one of: erp)"),
        ('[routes]\ntarget = "erp"\n', "[routes]: expects tables in a list"),
        ("routes = [1]\n", "expects a table, not 1"),
    ],
)
def test_a_rule_without_a_target_or_out_of_its_list_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    told = faults_of(tmp_path, text)

    assert any(fault in one for one in told), told


def test_every_fault_of_every_rule_is_told_at_once(tmp_path: Path) -> None:
    text = '[[routes]]\ntarget = "a"\n[[routes]]\ntarget = "b"\nwhen = { currenzy = ["SEK"] }\n'

    assert [line.split(":")[1] for line in faults_of(tmp_path, text)] == ["2", "4", "5"]


def test_a_rule_behind_one_that_takes_every_order_is_worth_a_warning(tmp_path: Path) -> None:
    text = '[[routes]]\nname = "all"\ntarget = "erp"\n[[routes]]\ntarget = "erp"\nwhen = { currency = ["EUR"] }\n'

    (told,) = load_text(tmp_path, text).warnings

    assert (told.line, told.what) == (4, 'is never asked: "all" before it takes every order')


def test_what_holds_of_a_rule_is_shown_with_its_line(tmp_path: Path) -> None:
    config = load_text(tmp_path, rule('when = { ship_to_country = ["FI"], total_from = 10.0 }'))

    told = {(one.table, one.key): (one.value, one.origin) for one in effective(config)}

    assert told["routes.0", "target"] == ("warehouse", f"{tmp_path}/config.toml:2")
    assert told["routes.0.when", "ship_to_country"] == (["FI"], f"{tmp_path}/config.toml:3")
    assert told["routes.0.when", "total_from"][0] == "10.0"
    assert ("routes.0.when", "currency") not in told


def test_the_how_to_s_settings_are_good(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/route-orders.md").read_text()
    first, folders, *rules = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    shelf = 'order     = { format = "json" }'  # which this shelf does not have
    assert shelf in first

    text = first.replace(shelf, "").replace('{ format = "xml" }', '{ format = "edifact" }')
    several = text.replace("[targets.erp]\n", folders) + "\n".join(rules)
    config = load_text(tmp_path, several)

    assert [one.name for one in config.routes] == ["Finland", "drop-ship"]
    assert config.targets["erp"].answer.directory == tmp_path / "inbox"
    assert config.targets["ledger"].directory == tmp_path / "outbox/ledger"


# --- folders of several targets ------------------------------------------------------------------------------------


def test_from_the_second_target_on_each_has_folders_of_its_own(tmp_path: Path) -> None:
    one = load_text(tmp_path, "[targets.erp]\n").targets["erp"]
    two = load_text(tmp_path, TWO).targets

    assert (one.directory, one.answer.directory) == (tmp_path / "outbox", tmp_path / "inbox")
    for name, target in two.items():
        assert target.directory == tmp_path / "outbox" / name
        assert target.staging == tmp_path / "outbox" / name / ".staging"
        assert target.answer.directory == tmp_path / "inbox" / name
        assert target.answer.archive == tmp_path / "inbox" / name / "archive"
        assert target.answer.quarantine == tmp_path / "inbox" / name / "quarantine"


def test_the_first_target_may_keep_its_folders_when_a_second_comes(tmp_path: Path) -> None:
    text = '[targets.erp]\ndirectory = "outbox"\n[targets.erp.answer]\ndirectory = "inbox"\n[targets.warehouse]\n'

    targets = load_text(tmp_path, f'{text}[applications.demo]\ntarget = "erp"\n').targets

    assert (targets["erp"].directory, targets["warehouse"].directory) == (
        tmp_path / "outbox",
        tmp_path / "outbox/warehouse",
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[targets.warehouse]\ndirectory = "outbox/erp"', "outbox/erp is [targets.erp] directory too"),
        ('[targets.warehouse.answer]\ndirectory = "inbox/erp"', "inbox/erp is [targets.erp.answer] directory too"),
        ('[targets.warehouse]\ndirectory = "inbox/erp"', "inbox/erp is [targets.erp.answer] directory too"),
        ('[targets.warehouse]\nstaging = "outbox/erp/.staging"', "outbox/erp/.staging is [targets.erp] staging too"),
    ],
)
def test_two_targets_never_share_a_folder_of_files_in_progress(tmp_path: Path, text: str, fault: str) -> None:
    told = faults_of(tmp_path, f'[targets.erp]\n{text}\n[applications.demo]\ntarget = "erp"\n')

    assert any(fault in one and "each needs a folder of its own" in one for one in told), told
