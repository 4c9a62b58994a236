"""A layout that cannot work is refused when the settings are read, by one clear sentence each."""

from pathlib import Path

import pytest

from bridge import formats, transports
from bridge.config import ConfigFaults, Shelves, load

HEAD = '[targets.erp.order]\nformat = "{}"\n'
FAULTS = (
    (
        "delimited",
        'fields = [{ from = "order_rf" }]',
        '"order_rf" is no name of line or order; did you mean "order_ref"?',
    ),
    ("delimited", 'fields = [{ from = "sold_to.nme" }]', 'did you mean "sold_to.name"?'),
    ("delimited", 'fields = [{ from = "info" }]', '"info" is no name'),
    ("delimited", 'fields = [{ from = "count_of_L" }]', 'no record is called "L"'),
    ("delimited", 'fields = [{ frm = "order_ref" }]', 'fields[0].frm: unknown key (did you mean "from"?)'),
    ("delimited", "fields = [{}]", "this one has none of them"),
    ("delimited", 'fields = [{ from = "unit", const = "x" }]', "this one has both from and const"),
    ("delimited", "fields = [{ const = 1.5 }]", "write an amount as text"),
    ("delimited", 'fields = [{ from = "unit", map = "units" }]', "there is no table maps.units"),
    ("delimited", 'maps.units = { pcs = "ST" }', 'map "units" has no rule for the rest'),
    ("delimited", 'quoting = "never"', 'needs a table replace with ";"'),
    ("delimited", 'quoting = "never"\nreplace = { ";" = ";;" }', "makes a separator"),
    (
        "delimited",
        'quoting = "never"\nreplace = { ";" = "," }\nfields = [{ const = "a;b" }]',
        "would write the delimiter",
    ),
    (
        "delimited",
        'quoting = "never"\nreplace = { ";" = "," }\nfields = [{ from = "unit", map = "m" }]\nmaps.m = { "*" = ";" }',
        'maps.m: ";" would write the delimiter',
    ),
    (
        "delimited",
        'quoting = "never"\ndelimiter = ","\ndecimal = ","\nreplace = { "," = " " }',
        "decimal and delimiter are the same",
    ),
    (
        "delimited",
        'quoting = "never"\ndelimiter = ":"\nreplace = { ":" = " " }\nfields = [{ from = "ordered_at" }]',
        "would write the delimiter",
    ),
    ("delimited", 'fields = [{ const = "a\\nb" }]', "holds a line break"),
    ("delimited", 'encoding = "ascii"\nfields = [{ const = "å" }]', 'holds "å", which ascii cannot write'),
    ("delimited", 'fields = [{ from = "order_ref", max = 9, overflow = "cut" }]', "order_ref is a reference"),
    ("delimited", 'fields = [{ from = "qty", max = 9, overflow = "cut" }]', "a number and never shortened"),
    ("delimited", 'fields = [{ from = "comment", overflow = "cut" }]', "overflow = cut needs max"),
    ("delimited", 'fields = [{ const = "abc", max = 2 }]', '"abc" has more than 2 letters'),
    ("delimited", 'fields = [{ from = "hold", decimals = 2 }]', "hold is no number"),
    ("delimited", 'fields = [{ from = "qty", date = "%Y" }]', "qty is no time"),
    (
        "fixed",
        'record = [{ fields = [{ from = "ordered_at", width = 6, date = "DDMMYY" }] }]',
        '"DDMMYY" writes no part of a date or a time; did you mean "%d%m%y"?',
    ),
    (
        "xml",
        'fields = [{ path = "a", from = "ordered_at", date = "YYYY-MM-DDTHH:MM" }]',
        'did you mean "%Y-%m-%dT%H:%M"?',
    ),
    ("json", 'fields = [{ path = "a", from = "raw.Due", date = "today" }]', "write it like %Y-%m-%d"),
    (
        "fixed",
        'record = [{ fields = [{ from = "ordered_at", width = 6, date = "%d%m%Y" }] }]',
        'as "%d%m%Y" has 8 letters, and there is room for 6; set a greater width or max, or a shorter date',
    ),
    (
        "delimited",
        'fields = [{ from = "created_at", max = 10 }]',
        "has 19 letters, and there is room for 10; set date",
    ),
    ("delimited", 'fields = [{ sum = "line_net" }]', "sum needs of"),
    ("delimited", 'fields = [{ sum = "text", of = "lines" }]', "text is no amount"),
    ("delimited", 'fields = [{ sum = "line_net", of = "rows" }]', 'of = "rows" is not what can be added up'),
    ("delimited", 'record = [{ each = "row", fields = [{ const = 1 }] }]', "there are order, line, payment"),
    ("delimited", "record = [{ fields = [] }]", "needs at least one field"),
    ("delimited", 'fields = [{ name = "A", from = "unit" }, { from = "qty" }]', "headings need a name for each column"),
    ("delimited", "fields = [{ const = 1 }]\nrecord = [{ fields = [{ const = 1 }] }]", "fields stands beside record"),
    ("fixed", 'record = [{ fields = [{ from = "order_ref" }] }]', "width: is missing"),
    ("fixed", "record_length = 5\nrecord = [{ fields = [{ const = 1, width = 9 }] }]", "record 1 has 9 letters"),
    ("json", 'fields = [{ from = "order_ref" }]', "path: is missing"),
    ("json", 'fields = [{ path = "a", const = 1 }, { path = "a", const = 1 }]', 'the path "a" stands twice'),
    ("json", 'fields = [{ path = "a", const = 1 }, { path = "a.b", const = 1 }]', 'the path "a" is one value'),
    ("json", 'record = [{ each = "line", path = "rows", fields = [] }]', 'such as path = "rows[*]"'),
    ("xml", 'fields = [{ path = "a b", const = 1 }]', '"a b" is no path'),
    ("xml", 'fields = [{ path = "x:a", const = 1 }]', 'the prefix "x" is not in namespaces'),
    ("xml", 'fields = [{ path = "@a", const = 1 }, { path = "@a", const = 1 }]', 'the attribute "a" stands twice'),
    ("xml", 'fields = [{ path = "a", const = 1 }, { path = "a/b", const = 1 }]', '"a" is text and holds elements'),
    ("xml", 'record = [{ each = "line", fields = [] }]', 'such as element = "Lines/Row"'),
    ("xml", 'encoding = "ascii"\nelement = "Å"', 'ascii cannot write the "Å" in a name'),
)


def lines_about(tmp_path: Path, text: str) -> tuple[str, ...]:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    shelves = Shelves(
        {name: formats.options_of(name) for name in formats.available()}, {"folder": transports.options_of("folder")}
    )
    try:
        load(file, shelves, {})
    except ConfigFaults as found:
        return found.lines()
    return ()


@pytest.mark.parametrize(("name", "options", "told"), FAULTS)
def test_each_fault_is_told_once_and_by_name(tmp_path: Path, name: str, options: str, told: str) -> None:
    lines = lines_about(tmp_path, HEAD.format(name) + options)

    assert len(lines) == 1
    assert told in lines[0]


def test_all_faults_of_a_layout_are_told_together_with_their_places(tmp_path: Path) -> None:
    first = '{ fields = [{ from = "a" }, { const = 1 }, { from = "b" }] }'
    options = f'record = [{first}, {{ each = "c", fields = [{{ const = 1 }}] }}]'

    [line] = lines_about(tmp_path, HEAD.format("delimited") + options)

    assert "record 1, field 1: " in line
    assert "record 1, field 3: " in line
    assert "record 2: " in line
