"""backup and restore as verbs: beside a running bridge the one, never beside it the other."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.journal import Journal
from tests.cli.conftest import Verb, serving
from tests.support import journals

Filling = Callable[[Callable[[Journal], Awaitable[object]]], object]


async def one_order(journal: Journal) -> None:
    await journals.admit(journal)


@pytest.fixture
def filled(fill: Filling) -> None:
    fill(one_order)


@pytest.mark.usefixtures("filled")
def test_a_copy_is_made_and_put_back(verb: Verb, home: Path) -> None:
    copied = verb("backup", "-o", "safe.db")
    restored = verb("restore", "safe.db")

    assert copied[:2] == (0, "safe.db\n")
    assert restored[0] == 0
    assert "Restored. Orders: 1, " in restored[1]
    assert "meanwhile: 1 (uncertain)" in restored[1]
    assert len(list((home / "var").glob("bridge-before-*.db"))) == 1
    assert json.loads(verb("orders", "show", "48447", "--json")[1])["state"] == "held"


@pytest.mark.usefixtures("filled")
def test_a_copy_lies_beside_the_nightly_ones_unless_said_otherwise(verb: Verb, home: Path) -> None:
    (home / "safe").mkdir()

    usual, folder = verb("backup"), verb("backup", "-o", "safe", "--json")

    assert Path(usual[1].strip()).parent == home / "var" / "backup"
    assert Path(json.loads(folder[1])["file"]).parent == Path("safe")
    assert (usual[0], folder[0]) == (0, 0)


@pytest.mark.usefixtures("filled")
def test_a_copy_is_made_while_the_bridge_runs_and_none_is_put_back(verb: Verb, home: Path) -> None:
    with serving(home):
        copied = verb("backup", "-o", "safe.db")
        refused = verb("restore", "safe.db")

    assert copied[0] == 0
    assert (refused[0], refused[1]) == (75, "")
    assert "stop it first" in refused[2]
    assert list((home / "var").glob("bridge-before-*")) == []


@pytest.mark.usefixtures("filled")
def test_what_a_restore_did_is_told_to_machines_too(verb: Verb) -> None:
    verb("backup", "-o", "safe.db")

    code, out, _ = verb("restore", "safe.db", "--json")

    told = json.loads(out)
    assert code == 0
    assert {name: told[name] for name in ("orders", "uncertain", "reports_owed")} == {
        "orders": 1,
        "uncertain": 1,
        "reports_owed": 0,
    }


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("words", [("backup", "-o", "var/bridge.db"), ("restore", "var/bridge.db")])
def test_the_journal_is_not_its_own_copy(verb: Verb, home: Path, words: tuple[str, ...]) -> None:
    before = (home / "var" / "bridge.db").read_bytes()

    code, _, err = verb(*words)

    assert code == 2
    assert "the journal itself" in err
    assert (home / "var" / "bridge.db").read_bytes() == before
