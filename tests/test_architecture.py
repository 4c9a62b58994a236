"""The house rules, held over the source of `bridge`; each rule is seen to catch a fault planted for it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import bridge
from tests.support import architecture, shape
from tests.support.architecture import Modules, read_package, tell

Rule = Callable[[Modules], list[str]]

RULES: tuple[Rule, ...] = (
    architecture.unknown_rooms,
    architecture.upward_imports,
    architecture.import_cycles,
    architecture.misplaced_libraries,
    architecture.stage_imports,
    architecture.broad_excepts,
    architecture.sql_outside_the_journal,
    architecture.incomplete_shelf_files,
    architecture.oversize,
    architecture.unnumbered_tasks,
)

CATCH_ALL = "try:\n    pass\nexcept Exception:\n    pass\n"
TASK = "# TO" + "DO"  # in two parts, so that no search of ours finds it here
LONG = "def long() -> None:\n" + "    pass\n" * shape.FUNCTION_LINES
DEEP = """
def deep() -> None:
    for a in ():
        while a:
            try:
                if a:
                    pass
            finally:
                pass
"""
FLAT = """
def flat(a: int) -> None:
    for b in ():
        with b:
            if a == 1:
                pass
            elif a == 2:
                pass
            elif a == 3:
                pass
            else:
                pass
"""

FAULTS: tuple[tuple[str, Rule, Mapping[str, str], str], ...] = (
    ("a room nobody knows", architecture.unknown_rooms, {"utils.py": ""}, "utils is no room"),
    ("an unknown folder", architecture.unknown_rooms, {"common/__init__.py": ""}, "common is no room"),
    ("an upper row", architecture.upward_imports, {"norce/a.py": "import bridge.service"}, "import service"),
    (
        "its own row",
        architecture.upward_imports,
        {"journal/a.py": "from bridge.formats import b"},
        "import formats",
    ),
    (
        "its own bottom row",
        architecture.upward_imports,
        {"model.py": "import bridge.states"},
        "import states",
    ),
    (
        "an import in a function",
        architecture.upward_imports,
        {"formats/a.py": "def build() -> None:\n    from bridge.stages.drop.stage import b"},
        "formats/a.py:2: formats must not import stages",
    ),
    (
        "an import for types",
        architecture.upward_imports,
        {
            "config/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bridge import journal",
        },
        "import journal",
    ),
    (
        "a relative import",
        architecture.upward_imports,
        {"transports/a.py": "from ..formats import b"},
        "import formats",
    ),
    ("a relative room", architecture.upward_imports, {"formats/a.py": "from .. import ops"}, "import ops"),
    (
        "the start knows more",
        architecture.upward_imports,
        {"__main__.py": "import bridge.service"},
        "service",
    ),
    (
        "the package knows something",
        architecture.upward_imports,
        {"__init__.py": "from bridge import model"},
        "import model",
    ),
    (
        "checkout in the verbs",
        architecture.upward_imports,
        {"cli/a.py": "import bridge.checkout"},
        "import checkout",
    ),
    (
        "two that wait for each other",
        architecture.import_cycles,
        {"formats/a.py": "from bridge.formats import b", "formats/b.py": "from . import a"},
        "formats.a: import cycle formats.a -> formats.b -> formats.a",
    ),
    (
        "three by way of the folder",
        architecture.import_cycles,
        {
            "journal/__init__.py": "from bridge.journal.a import A",
            "journal/a.py": "from bridge.journal.b import B",
            "journal/b.py": "from bridge.journal import A",
        },
        "import cycle",
    ),
    ("sqlite3 upstairs", architecture.misplaced_libraries, {"ops/a.py": "import sqlite3"}, "sqlite3 is not"),
    (
        "aiohttp in another stage",
        architecture.misplaced_libraries,
        {"stages/drop/stage.py": "from aiohttp import web"},
        "stages/drop/stage.py:1: aiohttp is not for stages.drop",
    ),
    (
        "jinja2 in another format",
        architecture.misplaced_libraries,
        {"formats/csv.py": "import jinja2"},
        "jinja2 is not",
    ),
    ("a library nobody chose", architecture.misplaced_libraries, {"cli/a.py": "import rich"}, "rich is not"),
    (
        "a library of a library",
        architecture.misplaced_libraries,
        {"ops/a.py": "from multidict import CIMultiDict"},
        "multidict is not",
    ),
    (
        "a stage that knows another",
        architecture.stage_imports,
        {"stages/watch/stage.py": "from bridge.stages.drop import stage as drop", "stages/drop/stage.py": ""},
        "must not import stages.drop",
    ),
    (
        "the loop knows a stage",
        architecture.stage_imports,
        {"stages/courier.py": "from bridge.stages.report_order import a", "stages/report_order.py": ""},
        "must not import stages.report_order",
    ),
    (
        "catching everything",
        architecture.broad_excepts,
        {"norce/client.py": CATCH_ALL},
        "client.py:3: catches",
    ),
    (
        "catching by nothing",
        architecture.broad_excepts,
        {"ops/a.py": CATCH_ALL.replace(" Exception", "")},
        ":3",
    ),
    (
        "catching it among others",
        architecture.broad_excepts,
        {"ops/a.py": CATCH_ALL.replace("Exception", "(OSError, Exception)")},
        "catches everything",
    ),
    (
        "suppressing everything",
        architecture.broad_excepts,
        {"ops/a.py": "import contextlib\nwith contextlib.suppress(BaseException):\n    pass"},
        "ops/a.py:2",
    ),
    (
        "a second door in a room",
        architecture.broad_excepts,
        {"cli/__init__.py": CATCH_ALL, "cli/orders.py": CATCH_ALL},
        "cli/orders.py:3: catches everything",
    ),
    (
        "a statement in upper case",
        architecture.sql_outside_the_journal,
        {"ops/a.py": "Q = 'SELECT state FROM orders'"},
        "ops/a.py:1: SQL",
    ),
    (
        "a statement given to execute",
        architecture.sql_outside_the_journal,
        {"stages/drop/stage.py": "def a(db: object, t: str) -> None:\n    db.execute(f'delete from {t}')"},
        "stages/drop/stage.py:2: SQL",
    ),
    (
        "a shelf file without build",
        architecture.incomplete_shelf_files,
        {"channels/log.py": "class Options: ..."},
        "channels/log.py: a shelf file defines build",
    ),
    (
        "a shelf folder without options",
        architecture.incomplete_shelf_files,
        {"formats/edifact/__init__.py": "def build() -> None: ...", "formats/edifact/syntax.py": ""},
        "formats/edifact/__init__.py: a shelf file defines Options",
    ),
    (
        "a long module",
        architecture.oversize,
        {"model.py": "A = 1\n" * (shape.MODULE_LINES + 1)},
        "the module has 401 lines",
    ),
    ("a long function", architecture.oversize, {"model.py": LONG}, "model.py:1: long has 41 lines"),
    (
        "many parameters",
        architecture.oversize,
        {"model.py": "class A:\n    def wide(self, a, b, c, /, d, *, e, f): ..."},
        "wide has 6 parameters",
    ),
    ("deep nesting", architecture.oversize, {"model.py": DEEP}, "deep has 4 levels of nesting"),
    (
        "a task without number",
        architecture.unnumbered_tasks,
        {"ops/a.py": f"A = 1  {TASK} soon"},
        "ops/a.py:1",
    ),
)

FINE: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("lower rows and the version", {"cli/a.py": "import bridge\nfrom bridge import __version__, service"}),
    ("its own folder", {"formats/_a.py": "from bridge.formats import _b", "formats/_b.py": "import os"}),
    ("a library in its rooms", {"stages/receive_auth.py": "import aiohttp", "ops/a.py": "import aiohttp"}),
    ("the shared loop", {"stages/drop/stage.py": "from bridge.stages import courier", "stages/courier.py": ""}),
    ("machinery of stages", {"stages/watch/stage.py": "from bridge.stages.watch.stability import A"}),
    ("parts of one stage", {"stages/watch/stage.py": "from bridge.stages.watch import claims as watch_claims"}),
    ("the doors", {"formats/__init__.py": CATCH_ALL, "stages/courier.py": CATCH_ALL, "cli/a.py": CATCH_ALL}),
    (
        "a later import",
        {"ops/a.py": "def f() -> None:\n    import bridge.ops.b", "ops/b.py": "import bridge.ops.a"},
    ),
    ("SQL in the journal", {"journal/a.py": "Q = 'SELECT state FROM orders'"}),
    (
        "prose",
        {"ops/a.py": '"""SELECT state FROM orders is for the journal."""\nA = "Select a file from the list"'},
    ),
    ("a whole shelf file", {"channels/log.py": "from ._a import Options\n\ndef build() -> None: ..."}),
    ("elif is not nesting", {"model.py": FLAT}),
    ("limits just kept", {"model.py": LONG.removesuffix("    pass\n")}),
    ("a task with its issue", {"ops/a.py": f"A = 1  {TASK}: mend this, #42"}),
)


def plant(folder: Path, files: Mapping[str, str]) -> Path:
    package = folder / "bridge"
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


@pytest.fixture(scope="module")
def modules() -> Modules:
    return read_package(Path(bridge.__file__).parent)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_bridge_keeps_the_rule(rule: Rule, modules: Modules) -> None:
    violations = rule(modules)

    assert not violations, tell(violations)


@pytest.mark.parametrize(("rule", "files", "told"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_planted_fault_is_caught(tmp_path: Path, rule: Rule, files: Mapping[str, str], told: str) -> None:
    package = plant(tmp_path, files)

    violations = rule(read_package(package))

    assert len(violations) == 1, tell(violations)
    assert told in violations[0]


@pytest.mark.parametrize("files", [fine[1] for fine in FINE], ids=[fine[0] for fine in FINE])
def test_what_is_allowed_is_left_alone(tmp_path: Path, files: Mapping[str, str]) -> None:
    package = plant(tmp_path, files)

    violations = [violation for rule in RULES for violation in rule(read_package(package))]

    assert not violations, tell(violations)


def test_every_rule_has_a_planted_fault() -> None:
    unproven = {rule.__name__ for rule in RULES} - {fault[1].__name__ for fault in FAULTS}

    assert not unproven


def test_every_runtime_dependency_has_its_rooms() -> None:
    declared = architecture.declared_libraries(Path(bridge.__file__).parent.parent / "pyproject.toml")

    assert declared <= set(architecture.LIBRARIES)
