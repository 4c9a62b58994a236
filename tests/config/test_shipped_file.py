"""The file at the top of the repository is the models: every key, every default, nothing else."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from bridge import transports
from bridge.config import load, settings
from tests.config.support import SHELVES, write

FILE = Path(__file__).parents[2] / "config.toml"
SFTP = {("targets.erp.sftp", key) for key in transports.options_of("sftp").model_fields if key != "password"}
OPTIONS = {("targets.erp.order", "encoding"), ("targets.erp.order", "newline"), *SFTP}
"""Shown for their use; they are options of the format and of the transport."""

RULES = ("routes", "routes.when")
"""Commented out as a whole, since a rule has no defaults: there is none unless somebody writes it."""

LINE = re.compile(r"(?P<off># )?(?:\[+(?P<table>[a-z_.]+)\]+|(?P<key>[a-z_]+)\s*=\s*(?P<value>.*))")


def lines_of(text: str) -> Iterator[tuple[str, str, bool]]:
    """Table, key and whether it is commented out, of each line that holds a key."""
    table = ""
    for line in text.splitlines():
        found = LINE.match(line)
        if found and found["table"]:
            table = found["table"]
        elif found and found["key"]:
            yield table, found["key"], bool(found["off"])


def named(table: str) -> str:
    return re.sub(r"^(targets|applications)\.[a-z]+", r"\1.NAME", table)


def test_every_key_of_the_models_stands_in_the_file_and_nothing_else() -> None:
    expected = sorted((setting.table, setting.key) for setting in settings())

    written = sorted((named(table), key) for table, key, _ in lines_of(FILE.read_text()) if (table, key) not in OPTIONS)

    assert written == expected


def test_a_key_is_commented_out_exactly_if_it_has_no_default() -> None:
    expected = {(setting.table, setting.key): setting.default is None for setting in settings()}
    expected["receiver.login", "username"] = True
    expected |= {place: True for place in expected if place[0] in RULES}

    written = {
        (named(table), key): is_off for table, key, is_off in lines_of(FILE.read_text()) if (table, key) not in OPTIONS
    }

    assert written == expected


def test_each_value_shown_is_the_default_as_the_models_tell_it() -> None:
    document = tomllib.loads(FILE.read_text())

    for setting in settings():
        if setting.default is None or setting.table in {"receiver.login", *RULES}:
            continue
        table = document
        for part in setting.table.replace("applications.NAME", "applications.demo").replace("NAME", "erp").split("."):
            table = table[part] if part else table
        assert table[setting.key] == setting.default, setting


def test_the_file_means_the_same_as_an_empty_one(tmp_path: Path) -> None:
    shipped = load(write(tmp_path, FILE.read_text()), SHELVES, {})
    empty = load(write(tmp_path, "", "other.toml"), SHELVES, {})

    for section in ("version", "site", "receiver", "admin", "norce", "journal", "watch", "retry", "alerts", "log"):
        assert getattr(shipped, section) == getattr(empty, section)
    assert shipped.applications == empty.applications
    assert shipped.targets == empty.targets


def test_the_rule_that_is_shown_can_be_uncommented(tmp_path: Path) -> None:
    text = FILE.read_text()
    first, _, rest = text.partition("# [[routes]]")
    block, _, last = rest.partition("\n\n")
    shown = "\n".join(line.removeprefix("# ") for line in block.splitlines())

    config = load(write(tmp_path, f"{first}[[routes]]{shown}\n\n{last}\n[targets.warehouse]\n"), SHELVES, {})

    (rule,) = config.routes
    assert (rule.name, rule.target, rule.split) == ("drop-ship Finland", "warehouse", False)
    assert all(getattr(rule.when, key) for key in type(rule.when).model_fields)


def test_every_key_of_the_sftp_transport_stands_in_the_file_and_is_commented_out() -> None:
    written = {(table, key): is_off for table, key, is_off in lines_of(FILE.read_text())}

    assert {place for place in written if place[0] == "targets.erp.sftp"} == SFTP
    assert all(written[place] for place in SFTP)


def test_every_setting_is_described() -> None:
    bare = [setting for setting in settings() if not setting.description.endswith(".")]

    assert bare == []


def test_every_line_of_the_file_is_short_enough_to_read() -> None:
    long = [line for line in FILE.read_text().splitlines() if len(line) > 120]

    assert long == []
