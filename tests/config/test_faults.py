"""A fault names file, line, key and remedy; every fault is told at once."""

import sys
from pathlib import Path

import pytest

from bridge.config import AUTO, ConfigFault, ConfigFaults, Setting, load, settings
from bridge.errors import ErrorName
from tests.config.support import SHELVES, faults_of, load_text, write

ALL = [setting for setting in settings() if setting.table]
OPTIONS = [("targets.erp.order", "newline"), ("targets.erp.answer", "columns"), ("targets.erp.order", "delimiter")]


def misspelt(word: str) -> str:
    """The word with one letter doubled in its middle."""
    middle = len(word) // 2
    return word[:middle] + word[middle] + word[middle:]


def header(table: str) -> str:
    return f"[[{table}]]" if table in {"receiver.login", "routes"} else f"[{table.replace('NAME', 'erp')}]"


@pytest.mark.parametrize("setting", ALL, ids=lambda setting: f"{setting.table}.{setting.key}")
def test_a_slip_of_one_letter_in_any_key_is_told_with_line_and_remedy(tmp_path: Path, setting: Setting) -> None:
    table, wrong = header(setting.table), misspelt(setting.key)

    above = "[[routes]]" if setting.table == "routes.when" else ""

    faults = faults_of(tmp_path, f"# first line\n{above}\n{table}\n{wrong} = 1\n")

    expected = f'config.toml:4: {table} {wrong}: unknown key (did you mean "{setting.key}"?)'
    assert expected in faults


@pytest.mark.parametrize(("table", "key"), OPTIONS)
def test_a_slip_in_an_option_of_a_format_is_told_alike(tmp_path: Path, table: str, key: str) -> None:
    faults = faults_of(tmp_path, f"[{table}]\n{misspelt(key)} = 1\n")

    assert faults == [f'config.toml:2: [{table}] {misspelt(key)}: unknown key (did you mean "{key}"?)']


@pytest.mark.parametrize("table", sorted({setting.table.split(".")[0] for setting in ALL}))
def test_a_slip_in_the_name_of_a_table_is_told(tmp_path: Path, table: str) -> None:
    faults = faults_of(tmp_path, f"[{misspelt(table)}]\n")

    assert faults == [f'config.toml:1: [{misspelt(table)}]: unknown table (did you mean "{table}"?)']


def test_the_example_of_the_manual(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '[targets.erp.order]\nformat = "edifcat"\n')

    assert faults == [
        'config.toml:2: [targets.erp.order] format: "edifcat" is not a format (did you mean "edifact"?)',
    ]


def test_every_fault_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """version = 2
[site]
environment = "live"
[receiver]
max_body = 8
max_in_flight = "64"
behind_proxy = "yes"
answer_within = "4 sec"
[targets.erp]
transport = "ftp"
mode = 640
[targets.erp.answer]
patterns = "*"
quiet_for = "0 s"
[retry]
factor = 0.5
"""

    faults = faults_of(tmp_path, text, {"BRIDGE__LOG__LEVEL": "loud"})

    assert faults == [
        (
            "config.toml:1: version: this bridge reads layout 1, not 2 "
            "(begin with the config.toml that comes with this bridge)"
        ),
        'config.toml:3: [site] environment: "live" is not one of demo, test, prod',
        'config.toml:5: [receiver] max_body: expects a size in quotes, like "8 MiB", not 8',
        'config.toml:6: [receiver] max_in_flight: expects a whole number without quotes, like 64, not "64"',
        'config.toml:7: [receiver] behind_proxy: expects true or false, not "yes"',
        (
            'config.toml:8: [receiver] answer_within: "4 sec" is not a length of time; '
            'write a number and ms, s, min, h or d: "30 s"'
        ),
        'config.toml:10: [targets.erp] transport: "ftp" is not a transport (did you mean "sftp"?)',
        'config.toml:11: [targets.erp] mode: expects a file mode in quotes, like "0640", not 640',
        'config.toml:13: [targets.erp.answer] patterns: expects a list, like ["one", "two"], not "*"',
        'config.toml:14: [targets.erp.answer] quiet_for: must be longer than nothing: "2 s"',
        "config.toml:16: [retry] factor: 0.5 does not fit: it should be greater than or equal to 1",
        'environment BRIDGE__LOG__LEVEL: [log] level: "loud" is not one of debug, info, warning, error',
    ]


@pytest.mark.parametrize(
    ("table", "line", "told"),
    [
        ("site", 'time_zone = "Europe/Stokholm"', 'is not a time zone; did you mean "Europe/Stockholm"?'),
        ("site", 'name = ""', "is empty"),
        ("receiver", 'listen = "8080"', "write host:port"),
        ("receiver", 'path = "orders"', 'write it like "/orders"'),
        ("receiver", 'allow_from = ["10.0.0.1/8"]', 'write "10.0.0.0/8"'),
        ("receiver", 'allow_from = ["here"]', 'write "203.0.113.0/24"'),
        ("receiver", 'allow_from = "10.0.0.0/8"', "expects a list"),
        ("receiver", "max_in_flight = 0", "greater than or equal to 1"),
        ("receiver", 'on_conflict = "hlod"', 'is not one of hold, ignore (did you mean "hold"?)'),
        ("norce", 'base_url = "norce.example"', "begins with https://"),
        ("norce", "client_id = 7", 'expects text in quotes, like "text", not 7'),
        ("norce", "report = 1", "expects a [table] of its own, not 1"),
        ("journal", "database = true", "expects a path in quotes"),
        ("journal", 'database = ""', "is empty; write a path"),
        ("retry", 'factor = "2"', "expects a number without quotes"),
        ("targets.erp.answer", "patterns = []", "expects a list that is not empty"),
        ("targets.erp.order", "newline = 1", "is not one of lf, crlf"),
        ("targets.erp.order", "record = [{ fro = 1 }]", 'unknown key (did you mean "from"?)'),
    ],
)
def test_a_value_of_the_wrong_form_is_told_the_right_one(tmp_path: Path, table: str, line: str, told: str) -> None:
    faults = faults_of(tmp_path, f"[{table}]\n{line}\n")

    assert len(faults) == 1
    assert faults[0].startswith("config.toml:2: ")
    assert told in faults[0]


def test_a_fault_deep_in_an_option_has_its_own_line_and_name(tmp_path: Path) -> None:
    text = '[[targets.erp.order.record]]\n[[targets.erp.order.record]]\neach = "lin"\n'

    faults = faults_of(tmp_path, text)

    assert faults == [
        'config.toml:3: [[targets.erp.order.record]] each: "lin" is not one of order, line (did you mean "line"?)',
    ]


def test_an_option_in_a_list_over_lines_is_named_by_its_number(tmp_path: Path) -> None:
    text = '[targets.erp.order]\nrecord = [\n  { from = "a" },\n  { frm = "b" },\n]\n'

    faults = faults_of(tmp_path, text)

    assert faults == ['config.toml:4: [targets.erp.order] record[1].frm: unknown key (did you mean "from"?)']


def test_an_option_of_the_other_side_is_unknown_and_told_where_it_belongs(tmp_path: Path) -> None:
    text = '[targets.erp.order]\ncolumns = {}\n[targets.erp.answer]\nformat = "delimited"\nnewline = "lf"\n'

    faults = faults_of(tmp_path, text)

    assert faults == [
        "config.toml:2: [targets.erp.order] columns: unknown key (it belongs in [targets.erp.answer])",
        "config.toml:5: [targets.erp.answer] newline: unknown key (it belongs in [targets.erp.order])",
    ]


def test_a_key_in_the_wrong_table_of_a_target_is_told_where_it_belongs(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '[targets.erp]\nsender = "a"\nfinished = "quiet"\n')

    assert faults == [
        "config.toml:2: [targets.erp] sender: unknown key (it belongs in [targets.erp.order])",
        "config.toml:3: [targets.erp] finished: unknown key (it belongs in [targets.erp.answer])",
    ]


def test_an_option_of_another_format_is_told_whose_it_is(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '[targets.erp.order]\nsender = "a"\n')

    assert faults == ["config.toml:2: [targets.erp.order] sender: unknown key (it is an option of edifact)"]


def test_an_option_that_one_reading_format_refuses_names_that_format(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '[targets.erp.answer]\nencoding = "utf-9"\n')

    assert len(faults) == 1
    assert 'is not one of utf-8, latin-1 (did you mean "utf-8"?)' in faults[0]


def test_a_format_that_only_writes_does_not_read(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '[targets.erp.answer]\nformat = "template"\n')

    assert faults == [
        (
            'config.toml:2: [targets.erp.answer] format: "template" can only write '
            f"(to read: {AUTO}, delimited, edifact, xml)"
        ),
    ]


def test_a_missing_option_is_told_at_its_table(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '[targets.erp]\ntransport = "sftp"\n[targets.erp.answer]\nformat = "xml"\n')

    assert faults == [
        "config.toml:1: [targets.erp.sftp] host: is missing",
        "config.toml:3: [targets.erp.answer] root: is missing",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("site = 1\n", "site: expects a table, not 1 (write [site] and its keys below)"),
        ("targets = 1\n", "targets: expects a table, not 1 (write [targets] and its keys below)"),
        ("[targets]\nerp = 1\n", "[targets] erp: expects a table, not 1 (write [targets.erp] and its keys below)"),
        ("[[site]]\n", "site: expects a table, not [{}] (write [site] and its keys below)"),
    ],
)
def test_a_table_that_is_none_is_told(tmp_path: Path, text: str, told: str) -> None:
    faults = faults_of(tmp_path, text)

    assert next(fault.split(": ", 1)[1] for fault in faults) == told


@pytest.mark.parametrize("name", ["../x", "a b", "-a", "å", "x" * 64])
def test_a_name_that_would_make_a_bad_folder_is_refused(tmp_path: Path, name: str) -> None:
    faults = faults_of(tmp_path, f'[targets."{name}"]\n')

    assert len(faults) == 1
    assert "is no good name" in faults[0]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("[site]\nname = x\n", 2, "is not TOML: invalid value, column 8"),
        ("[site]\n[site]\n", 2, "is not TOML: cannot declare"),
        ('a = 1\na = "b"\n', 2, "is not TOML: cannot overwrite a value"),
        ('[site]\nname = "open\n', 2, "is not TOML: illegal character"),
        ("a = [\n1,\n", 2, "is not TOML"),
    ],
)
def test_text_that_is_not_toml_is_told_with_its_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    faults = faults_of(tmp_path, text)

    assert len(faults) == 1
    assert faults[0].startswith(f"config.toml:{line}: ")
    assert told in faults[0]


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="TOML 1.1 lets inline tables span lines")
@pytest.mark.parametrize("text", ["[a]\nmap = {\n x = 1 }\n", "[a]\nmap = { x = 1,  # why\n y = 2 }\n"])
def test_an_inline_table_over_several_lines_is_told_the_way_out(tmp_path: Path, text: str) -> None:
    faults = faults_of(tmp_path, text)

    assert len(faults) == 1
    assert faults[0].startswith("config.toml:2: is not TOML: ")
    assert "may not span lines; give it a [table] of its own" in faults[0]


def test_a_missing_file_is_told_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigFaults) as caught:
        load(tmp_path / "nowhere.toml", SHELVES, {})

    assert caught.value.name is ErrorName.CONFIG_UNREADABLE
    assert "does not exist (every key has a default, so an empty file is a start: touch " in caught.value.lines()[0]


def test_a_folder_or_odd_bytes_are_no_settings(tmp_path: Path) -> None:
    odd = write(tmp_path, "")
    odd.write_bytes(b'[site]\nname = "K\xf6k"\n')

    for path, told in ((tmp_path, "is a directory"), (odd, "is not UTF-8 text (byte 17) (save it as UTF-8)")):
        with pytest.raises(ConfigFaults, match=r"is a directory|is not UTF-8") as caught:
            load(path, SHELVES, {})
        assert told in caught.value.lines()[0]


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    file = write(tmp_path, "")
    file.write_bytes(b"\xef\xbb\xbf[site]\r\nname = 'K'\r\nnme = 1\r\n")

    with pytest.raises(ConfigFaults) as caught:
        load(file, SHELVES, {})

    assert [(fault.line, fault.key) for fault in caught.value.faults] == [(3, "[site] nme")]


def test_brackets_without_end_do_not_break_the_reader(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "a = " + "[" * 5000 + "]" * 5000)

    assert len(faults) == 1


def test_a_fault_carries_its_parts(tmp_path: Path) -> None:
    with pytest.raises(ConfigFaults) as caught:
        load_text(tmp_path, "[site]\nnam = 1\n")

    expected = ConfigFault(str(tmp_path / "config.toml"), 2, "[site] nam", "unknown key", 'did you mean "name"?')
    assert caught.value.faults == (expected,)
    assert caught.value.name is ErrorName.CONFIG_INVALID
