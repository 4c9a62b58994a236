"""The command line as a whole: help, global options, exit codes, and errors as sentences."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bridge import __version__
from bridge.cli import _exits, _globals, look, main
from bridge.cli._root import root
from bridge.errors import ErrorName
from tests.cli.conftest import Verb

HEAVY = {"aiohttp", "pydantic", "sqlite_utils", "paramiko", "lxml", "prometheus_client", "jinja2"}


def verbs(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        here = (*path, name)
        found += verbs(command, here) if isinstance(command, click.Group) else [here]
    return found


def test_help_fits_one_screen_and_imports_nothing_heavy() -> None:
    script = "import sys; from bridge.cli import main; code = main(['--help']); print(*sys.modules, file=sys.stderr)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert len(done.stdout.splitlines()) <= 45
    assert "..." not in done.stdout.replace("[ARGS]...", "")
    assert HEAVY & set(done.stderr.split()) == set()


@pytest.mark.parametrize("path", verbs(root()), ids=" ".join)
def test_each_verb_explains_itself_with_two_examples(verb: Verb, path: tuple[str, ...]) -> None:
    code, out, _ = verb(*path, "--help")

    examples = out.partition("Examples:")[2].split("\n")
    assert code == 0
    assert [line.strip().startswith(f"erp-bridge {' '.join(path)}") for line in examples if line.strip()] == [True] * 2


@pytest.mark.parametrize("arguments", [("--version",), ("-c", "missing.toml", "--version")])
def test_the_version_needs_no_settings(verb: Verb, arguments: tuple[str, ...]) -> None:
    assert verb(*arguments) == (0, f"erp-bridge {__version__}\n", "")


def test_global_options_stand_before_or_after_the_verb(verb: Verb, home: Path) -> None:
    (home / "other.toml").write_text('[admin]\nlisten = "127.0.0.1:1"\n')

    before = verb("-c", "other.toml", "--json", "check")
    after = verb("check", "--json", "-c", "other.toml")

    assert before == after
    assert json.loads(before[1])


@pytest.mark.parametrize("arguments", [("nosuch",), ("orders", "list", "--stat"), ("orders", "retry"), ("read",)])
def test_wrong_usage_ends_in_2(verb: Verb, arguments: tuple[str, ...]) -> None:
    code, out, err = verb(*arguments)

    assert (code, out) == (2, "")
    assert err


def test_wrong_settings_end_in_78_with_every_fault_on_its_line(verb: Verb, home: Path) -> None:
    (home / "config.toml").write_text('[receiver]\nlisten = "nowhere"\n[sight]\nname = "x"\n')

    code, _, err = verb("check")

    assert code == 78
    assert [line.partition(": ")[0] for line in err.splitlines()] == ["config.toml:2", "config.toml:3"]


def test_settings_that_were_named_must_exist(verb: Verb) -> None:
    code, _, err = verb("check", "-c", "missing.toml")

    assert code == 78
    assert "missing.toml" in err


def test_every_name_of_an_error_ends_in_a_known_code() -> None:
    known = {_exits.BAD, _exits.NOTHING_FOUND, _exits.NOT_NOW, 69, 73, 75, 77, 78}

    codes = {_exits._CODES.get(name, _exits.BAD) for name in ErrorName}  # noqa: SLF001 - the table itself

    assert codes <= known


def test_an_unforeseen_error_is_one_sentence_and_with_v_its_place(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> int:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(look.status, "callback", broken)

    plain, wordy = verb("status"), verb("status", "-v")

    assert (plain[0], plain[2].splitlines()[0]) == (1, "erp-bridge: ZeroDivisionError: of all things")
    assert "Traceback" not in plain[2]
    assert "Traceback" in wordy[2]


def test_being_interrupted_ends_in_130(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(look.status, "callback", interrupted)

    assert verb("status")[0] == 130


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    command = f"{sys.executable} -m bridge check --json | head -c 1"

    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, check=False, cwd=home)

    assert done.stderr == b""


def test_the_one_target_need_not_be_named() -> None:
    assert _globals.known(["erp"], None, "target") == "erp"
    with pytest.raises(click.UsageError, match="which target"):
        _globals.known(["erp", "wms"], None, "target")


def test_run_without_a_password_ends_in_78(verb: Verb) -> None:
    code, _, err = verb("run")

    assert code == 78
    assert "password" in err


def test_tests_run_in_the_checkout_and_their_exit_code_is_the_verbs() -> None:
    arguments = ["test", "tests/test_needs.py", "-q", "-p", "no:cacheprovider", "-k", "no_such_test"]

    done = subprocess.run([sys.executable, "-m", "bridge", *arguments], capture_output=True, check=False, text=True)

    assert done.returncode == 5, done.stdout  # pytest's own: nothing was collected
    assert "deselected" in done.stdout


def test_main_can_be_called_twice_in_one_process(verb: Verb) -> None:
    first, second = verb("check", "--json"), verb("check")

    assert first[1].startswith("[")
    assert second[1].startswith("✗")
    assert main is not None
