"""`python3 -m bridge` in a checkout: refuses an old Python, sets up `.venv` once, then stays out of the way.

The quick tests plant a checkout whose verbs only print, and a `.venv` whose interpreter is a script that
notes what it was asked; the soak test sets up a real one, which takes about a minute.
"""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest

from bridge import __main__ as bootstrap
from tests.support.patience import PATIENCE_S

ROOT = Path(bootstrap.__file__).resolve().parent.parent
VERSION = "{}.{}".format(*sys.version_info[:2])
OLD_PYTHONS = ("3.6", "3.7", "3.8", "3.9", "3.10")
VERBS = "import sys\n\ndef main():\n    print('verbs', sys.argv[1:], sys.stdin.read())\n    return 4\n"
PROJECT = """
[project]
name = "erp-bridge"
dependencies = ["{requirement}"]
[project.optional-dependencies]
test = []
"""
INTERPRETER = """#!/bin/sh
case "$*" in
  "-c "*) echo VERSION ;;
  "-m pip "*) echo "$PWD: $*" >> pip.log; sleep 0.3; test ! -e pip.fails || { seq 1 20; exit 1; } ;;
  *) echo "entered $*" ;;
esac
"""


def plant_checkout(root: Path, requirement: str = "no-such-package>=1") -> Path:
    (root / "bridge").mkdir(parents=True)
    for name in ("__init__.py", "__main__.py"):
        shutil.copy(ROOT / "bridge" / name, root / "bridge" / name)
    (root / "bridge" / "cli.py").write_text(VERBS, encoding="utf-8")
    (root / "pyproject.toml").write_text(PROJECT.format(requirement=requirement), encoding="utf-8")
    (root / "constraints.txt").write_text("", encoding="utf-8")
    return root


def plant_venv(root: Path, stamp: str | None) -> Path:
    python = bootstrap.python_of(root)
    python.parent.mkdir(parents=True)
    python.write_text(INTERPRETER.replace("VERSION", VERSION), encoding="utf-8")
    python.chmod(0o755)
    if stamp is not None:
        bootstrap.write_stamp(root, stamp)
    return root


def current_stamp(root: Path) -> str:
    return f"{bootstrap.fingerprint_of(root)} {VERSION}"


def environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BRIDGE_")}
    return kept | dict(more)


def start(root: Path, *words: str, python: str = sys.executable, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-m", "bridge", *words],
        cwd=root,
        env=environment(more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(root: Path, *words: str, python: str = sys.executable, **more: str) -> tuple[int, str, str]:
    process = start(root, *words, python=python, **more)
    out, err = process.communicate(timeout=600)
    return process.returncode, out.strip(), err.strip()


def pip_runs(root: Path) -> list[str]:
    log = root / "pip.log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def old_interpreters() -> Iterator[tuple[str, str]]:
    """Yields version and path of each old Python that starts (a version manager's stand-in may not)."""
    for version in OLD_PYTHONS:
        places = [shutil.which(f"python{version}")]
        places += [str(path) for path in Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
        for place in places:
            if place and subprocess.run([place, "-c", ""], check=False, capture_output=True).returncode == 0:
                yield version, place
                break


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py"])
def test_an_old_python_can_parse_what_it_runs_before_it_is_refused(name: str) -> None:
    source = (ROOT / "bridge" / name).read_text(encoding="utf-8")

    ast.parse(source, feature_version=(3, 6))


def test_an_old_python_is_refused_in_one_line() -> None:
    old = dict(old_interpreters())
    if not old:
        pytest.skip(f"needs one of Python {', '.join(OLD_PYTHONS)}")

    for version, python in old.items():
        done = subprocess.run(
            [python, "-m", "bridge", "demo"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
        )

        assert done.returncode == 78
        assert done.stderr.count("\n") == 1
        assert "needs Python 3.11 or newer" in done.stderr
        assert f"is {version};" in done.stderr


def test_only_the_standard_library_is_imported() -> None:
    tree = ast.parse((ROOT / "bridge" / "__main__.py").read_text(encoding="utf-8"))

    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.split(".", maxsplit=1)[0] for name in names} - {"bridge"} <= sys.stdlib_module_names


def test_an_environment_that_has_everything_is_used_as_it_is(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path, requirement="pytest>=1")

    code, out, err = run(root, "orders", "list")

    assert (code, out, err) == (4, "verbs ['orders', 'list']", "")
    assert not (root / ".venv").exists()
    assert not (root / "var").exists()


def test_the_bootstrap_can_be_turned_off(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path)

    code, out, _ = run(root, "demo", BRIDGE_NO_BOOTSTRAP="1")

    assert (code, out) == (4, "verbs ['demo']")
    assert not (root / ".venv").exists()


def test_a_missing_package_is_told_in_words_when_the_bootstrap_is_off(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path)
    (root / "bridge" / "cli.py").write_text("import no_such_package\n", encoding="utf-8")

    code, _, err = run(root, "demo", BRIDGE_NO_BOOTSTRAP="1")

    assert code == 78
    assert "the Python package no_such_package is missing" in err
    assert "Traceback" not in err


def test_nothing_is_set_up_outside_a_checkout(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path)
    (root / "pyproject.toml").unlink()

    code, out, _ = run(root, "demo")

    assert (code, out) == (4, "verbs ['demo']")
    assert not (root / ".venv").exists()


def test_a_pyproject_of_something_else_makes_no_checkout(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path)
    (root / "pyproject.toml").write_text('[project]\nname = "shop"\n', encoding="utf-8")

    found = bootstrap.checkout_of(root / "bridge" / "__main__.py")

    assert found is None


def test_the_folder_can_be_started_from_anywhere(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path / "there", requirement="pytest>=1")

    command = [sys.executable, str(root / "bridge"), "status"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment({}), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )

    assert (done.returncode, done.stdout) == (4, b"verbs ['status'] \n")


def test_a_venv_that_is_up_to_date_is_entered_in_silence(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path)
    plant_venv(root, current_stamp(root))

    code, out, err = run(root, "demo", "--once")

    assert (code, out, err) == (0, "entered -m bridge demo --once", "")
    assert not pip_runs(root)


def test_a_venv_made_by_a_person_is_left_to_judge_itself(tmp_path: Path) -> None:
    root = plant_venv(plant_checkout(tmp_path), stamp=None)

    _, out, _ = run(root, "demo")

    assert out == "entered -m bridge demo"
    assert not pip_runs(root)


def test_changed_dependencies_are_installed_once(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path)
    plant_venv(root, current_stamp(root))
    (root / "constraints.txt").write_text("aiohttp==3.14.5\n", encoding="utf-8")

    _, first, said = run(root, "demo")
    run(root, "demo")

    assert (first, said) == ("entered -m bridge demo", "Bringing .venv up to date ...")
    assert bootstrap.read_stamp(root) == current_stamp(root)
    assert len(pip_runs(root)) == 1
    assert pip_runs(root)[0].endswith("-c constraints.txt -e .[test]")


def test_two_at_the_same_time_install_once(tmp_path: Path) -> None:
    root = plant_venv(plant_checkout(tmp_path), "an older one")

    both = [start(root, "demo"), start(root, "test")]
    outs = [process.communicate(timeout=PATIENCE_S)[0].strip() for process in both]

    assert outs == ["entered -m bridge demo", "entered -m bridge test"]
    assert len(pip_runs(root)) == 1


def test_a_failing_pip_is_told_by_its_last_lines(tmp_path: Path) -> None:
    root = plant_venv(plant_checkout(tmp_path), "an older one")
    (root / "pip.fails").touch()

    code, out, err = run(root, "demo")

    assert (code, out) == (69, "")
    assert "\n  13\n" in err
    assert "\n  12\n" not in err
    assert "pip config list" in err.splitlines()[-1]
    assert bootstrap.read_stamp(root) == bootstrap.UNFINISHED


def test_a_checkout_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path)
    (root / "var").touch()  # where the lock's folder should be; a read-only checkout fails at the same place

    code, _, err = run(root, "demo")

    assert code == 73
    assert err.startswith("bridge: cannot set up")
    assert "Traceback" not in err


def test_the_fingerprint_follows_what_is_installed_and_where(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path / "a")
    first = bootstrap.fingerprint_of(root)

    (root / "constraints.txt").write_text("aiohttp==3.14.5\n", encoding="utf-8")
    second = bootstrap.fingerprint_of(root)
    third = bootstrap.fingerprint_of(root.rename(tmp_path / "b"))

    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    ("stamp", "usable"),
    [("", True), ("abc 3.11", True), ("abc", True), ("abd 3.11", False), (bootstrap.UNFINISHED, False)],
)
def test_a_venv_is_usable_by_its_stamp(tmp_path: Path, stamp: str, *, usable: bool) -> None:
    root = plant_venv(tmp_path, stamp=None)

    assert bootstrap.is_usable(root, "abc", stamp) is usable


def test_a_venv_whose_interpreter_is_gone_is_not_usable(tmp_path: Path) -> None:
    python = bootstrap.python_of(tmp_path)
    python.parent.mkdir(parents=True)
    python.symlink_to(tmp_path / "python3.11")

    assert not bootstrap.is_usable(tmp_path, "abc", "abc 3.11")


@pytest.mark.parametrize(
    ("requirement", "version", "met"),
    [
        ("aiohttp>=3.14.5", "3.14.5", True),
        ("aiohttp>=3.14.5", "3.9.9", False),
        ("aiohttp>=3.14.5", "4.0.0rc1", True),
        ("paramiko>=5.1,<6", "5.10.0", True),
        ("paramiko>=5.1,<6", "6.0.0", False),
        ("lxml", "1", True),
    ],
)
def test_a_version_is_held_against_its_bounds(requirement: str, version: str, *, met: bool) -> None:
    assert bootstrap.satisfies(requirement, version) is met


def test_our_requirements_use_no_other_signs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]

    strange = [requirement for requirement in wanted if set(requirement) & set("=~!;[ ") - set("=")]

    assert not strange
    assert not [requirement for requirement in wanted if "=" in requirement.replace(">=", "")]


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))

    names = {requirement: requirement.split(">=", maxsplit=1)[0] for requirement in wanted}
    assert not [name for name in names.values() if name not in pins]
    assert not [text for text, name in names.items() if not bootstrap.satisfies(text, pins[name])]
    assert list(pins) == sorted(pins)


def test_only_the_verb_test_needs_what_tests_need() -> None:
    assert not [name for name in bootstrap.needed(ROOT, ["-v", "run"]) if name.startswith("pytest")]
    assert [name for name in bootstrap.needed(ROOT, ["-v", "test"]) if name.startswith("pytest")]


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_fresh_copy_sets_itself_up_once_even_if_killed_and_started_twice(tmp_path: Path) -> None:
    root = plant_checkout(tmp_path)
    for name in ("pyproject.toml", "constraints.txt", "LICENSE"):
        shutil.copy(ROOT / name, root / name)
    base = str(Path(sys.executable).resolve())

    killed = start(root, "status", python=base)
    with pytest.raises(subprocess.TimeoutExpired):
        killed.wait(timeout=4)
    killed.kill()
    killed.communicate()
    both = [start(root, "status", python=base) for _ in range(2)]
    outs = [process.communicate(timeout=800)[0].strip() for process in both]
    again = run(root, "status", python=base)

    assert outs == ["verbs ['status']"] * 2
    assert again == (4, "verbs ['status']", "")
    assert bootstrap.read_stamp(root) == current_stamp(root)
