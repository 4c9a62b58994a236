"""The rules of DESIGN section 4 and STYLE as pure functions over a package's source.

Each rule takes the modules of a package and returns its violations as sentences that begin with the place.
The tests in `tests/test_architecture.py` ask each rule about `bridge` and about a planted fault.
"""

import ast
import fnmatch
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from tests.support import shape

PACKAGE = "bridge"

# Row of each room: a module sees lower rows only.
ROWS: Mapping[str, int] = {
    "__main__": 7,
    "cli": 6,
    "service": 5,
    "simulators": 5,
    "stages": 4,
    "ops": 4,
    "checkout": 4,
    "journal": 3,
    "formats": 3,
    "transports": 3,
    "channels": 3,
    "norce": 3,
    "enrich": 3,
    "routing": 3,
    "config": 2,
    "safexml": 2,
    "reports": 2,
    "model": 1,
    "states": 1,
    "errors": 1,
    "retry": 1,
    "clock": 1,
    "naming": 1,
    "counters": 1,
    "patterns": 1,
    "roles": 0,
    "__init__": 0,
}

# Rooms that only the named ones may know, although the rows would let others see them.
KNOWN_ONLY_BY: Mapping[str, frozenset[str]] = {"checkout": frozenset({"service"})}

# Where a library may be imported: a room, or a pattern over a module's name inside the package.
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "aiofiles": ("stages", "transports"),
    "aiohttp": (
        "stages.receive*",
        "norce.client*",
        "ops",
        "checkout",
        "channels.webhook*",
        "simulators",
        "service",
        "cli",
    ),
    "click": ("cli",),
    "cryptography": ("transports",),  # comes with paramiko, which cannot make an Ed25519 host key itself
    "jinja2": ("formats._template*", "ops"),
    "markupsafe": ("formats._template*",),  # comes with jinja2, whose mark of finished text it is
    "lxml": ("safexml", "formats"),
    "paramiko": ("transports",),
    "prometheus_client": ("ops",),
    "pydantic": ("config", "norce", "formats", "transports", "channels", "ops", "checkout"),
    "sqlite3": ("journal",),
    "sqlite_utils": ("journal",),
    "uvloop": ("service", "cli"),  # the extra `fast`; used where it is installed
    "watchdog": ("stages", "transports"),
}

SHELVES = ("formats", "transports", "channels")
STAGES = ("receive", "drop", "collect", "watch", "report", "monitor", "courier")

# The doors where everything may be caught; one module each.
BROAD_EXCEPT_DOORS = (
    "formats",
    "stages.courier",
    "stages.receive*",
    "journal*",
    "cli*",
    "config.hooks",  # a stranger's module, when it is imported
    "enrich.hooks",  # and its function, when it is called
)

SQL_SENTENCE = re.compile(
    r"^\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s.+\sSET\s|DELETE\s+FROM\s|"
    r"(CREATE|DROP|ALTER)\s+(UNIQUE\s+)?(TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s+\w|BEGIN\s+IMMEDIATE)",
    re.DOTALL,
)
SQL_WORD = re.compile(r"^\s*(select|insert|update|delete|create|drop|alter|pragma|with|begin)\b", re.IGNORECASE)
SQL_CALLS = ("execute", "executemany", "executescript", "query")
UNNUMBERED_TASK = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XXX)\b(?!.*#\d)")


@dataclass(frozen=True)
class Module:
    """One source file; `name` is dotted, inside the package: `stages.drop`, `formats`, `__main__`."""

    name: str
    path: str
    is_package: bool
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.name.split(".", maxsplit=1)[0]


@dataclass(frozen=True)
class Import:
    """One imported name; `target` is a name inside the package, or a library's top-level name."""

    line: int
    target: str
    is_ours: bool
    at_top: bool


Modules = Sequence[Module]


def read_package(package: Path) -> list[Module]:
    """Returns every module of a package folder, parsed, in the order of their paths."""
    modules = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        is_package = parts[-1] == "__init__" and len(parts) > 1
        text = path.read_text(encoding="utf-8")
        where = str(path.relative_to(package.parent))
        name = ".".join(parts[:-1] if is_package else parts)
        modules.append(Module(name, where, is_package, text, ast.parse(text, filename=where)))
    return modules


def imports_of(module: Module, names: frozenset[str]) -> Iterator[Import]:
    """Yields what a module imports, in functions and under TYPE_CHECKING too; `names`: our modules."""
    inner = {id(node) for function in shape.functions_of(module.tree) for node in ast.walk(function)}
    for node in ast.walk(module.tree):
        at_top = id(node) not in inner
        if isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            dotted = list(_sources(node, module, names))
        else:
            continue
        for name in dotted:
            first, _, rest = name.partition(".")
            is_ours = first == PACKAGE
            yield Import(node.lineno, rest or "__init__" if is_ours else first, is_ours, at_top)


def _sources(node: ast.ImportFrom, module: Module, names: frozenset[str]) -> Iterator[str]:
    """Yields the modules that a `from ... import ...` reads, with the package's name in front."""
    base = node.module or ""
    if node.level:
        own = [PACKAGE, *([] if module.name == "__init__" else module.name.split("."))]
        is_folder = module.is_package or module.name == "__init__"
        kept = own[: len(own) - node.level + (1 if is_folder else 0)]
        base = ".".join([*kept, *([base] if base else [])])
    if base != PACKAGE and not base.startswith(PACKAGE + "."):
        yield base
        return
    for alias in node.names:
        inside = f"{base}.{alias.name}".partition(".")[2]
        is_module = inside in names or (base == PACKAGE and inside in ROWS)
        yield f"{base}.{alias.name}" if is_module else base


def _our_imports(modules: Modules) -> Iterator[tuple[Module, Import]]:
    names = frozenset(module.name for module in modules)
    for module in modules:
        for found in imports_of(module, names):
            if found.is_ours:
                yield module, found


def unknown_rooms(modules: Modules) -> list[str]:
    """Every module belongs to a room of DESIGN section 4."""
    return [
        f"{module.path}: {module.room} is no room of DESIGN section 4" for module in modules if module.room not in ROWS
    ]


def upward_imports(modules: Modules) -> list[str]:
    """A module imports from lower rows only, from its own row only inside its own folder."""
    return [
        f"{module.path}:{found.line}: {module.room} must not import {found.target}"
        for module, found in _our_imports(modules)
        if not _may_see(module.room, found.target.split(".", maxsplit=1)[0])
    ]


def _may_see(room: str, other: str) -> bool:
    if room == other:
        return True
    if room in ("__main__", "__init__"):
        return room == "__main__" and other in ("cli", "__init__")
    allowed = KNOWN_ONLY_BY.get(other)
    return ROWS.get(other, 0) < ROWS.get(room, 0) and (allowed is None or room in allowed)


def import_cycles(modules: Modules) -> list[str]:
    """No module waits, through the imports at module level, for itself."""
    graph: dict[str, set[str]] = {module.name: set() for module in modules}
    for module, found in _our_imports(modules):
        if found.at_top and found.target in graph and found.target != module.name:
            graph[module.name].add(found.target)
    cycles: dict[frozenset[str], str] = {}
    for start in graph:
        way = _way_back(graph, start)
        if way:
            cycles.setdefault(frozenset(way), f"{start}: import cycle {' -> '.join([*way, start])}")
    return sorted(cycles.values())


def _way_back(graph: Mapping[str, set[str]], start: str) -> list[str]:
    """Returns a shortest way that leads from a module to itself, empty when there is none."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:  # grows while it is read: breadth first
        for following in sorted(graph[way[-1]] - seen):
            if following == start:
                return way
            seen.add(following)
            ways.append([*way, following])
    return []


def misplaced_libraries(modules: Modules) -> list[str]:
    """A library is imported only in its rooms; one that is not listed is imported nowhere."""
    names = frozenset(module.name for module in modules)
    return [
        f"{module.path}:{found.line}: {found.target} is not for {module.name}"
        for module in modules
        for found in imports_of(module, names)
        if not found.is_ours and not _is_welcome(found.target, module)
    ]


def _is_welcome(library: str, module: Module) -> bool:
    if library in LIBRARIES:
        return any(module.room == place or fnmatch.fnmatch(module.name, place) for place in LIBRARIES[library])
    return library in sys.stdlib_module_names


def stage_imports(modules: Modules) -> list[str]:
    """Stages never import each other; `courier` is the loop that drop and report share."""
    return [
        f"{module.path}:{found.line}: a stage must not import {found.target}"
        for module, found in _our_imports(modules)
        if module.room == "stages" and _stage(found.target) not in {"", "courier", _stage(module.name)}
    ]


def _stage(name: str) -> str:
    """Returns the stage that a module belongs to (`stages.receive_auth` to receive), else nothing."""
    room, _, rest = name.partition(".")
    word = re.split(r"[._]", rest, maxsplit=1)[0]
    return word if room == "stages" and word in STAGES else ""


def broad_excepts(modules: Modules) -> list[str]:
    """Everything is caught only at STYLE's five doors, and each door is one module."""
    found = [(module, line) for module in modules for line in shape.broad_handlers(module.tree)]
    opened: dict[str, str] = {}
    violations = []
    for module, line in found:
        door = next((door for door in BROAD_EXCEPT_DOORS if fnmatch.fnmatch(module.name, door)), None)
        if door is None or opened.setdefault(door, module.name) != module.name:
            violations.append(f"{module.path}:{line}: catches everything, and is none of the five doors")
    return violations


def sql_outside_the_journal(modules: Modules) -> list[str]:
    """SQL stands in `journal/` only."""
    return [
        f"{module.path}:{line}: SQL outside journal/"
        for module in modules
        if module.room != "journal"
        for line in sorted({*_sql_sentences(module.tree), *_sql_calls(module.tree)})
    ]


def _sql_sentences(tree: ast.Module) -> Iterator[int]:
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) not in prose and SQL_SENTENCE.match(shape.text_of(node)):
            yield node.lineno if isinstance(node, ast.expr) else 0


def _sql_calls(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            statement = shape.text_of(node.args[0])
            if node.func.attr in SQL_CALLS and SQL_WORD.match(statement):
                yield node.lineno


def incomplete_shelf_files(modules: Modules) -> list[str]:
    """Each file on a shelf whose name does not begin with `_` exposes `Options` and `build`."""
    violations = []
    for module in modules:
        room, _, file = module.name.partition(".")
        if room not in SHELVES or not file or file.startswith("_") or "." in file:
            continue
        absent = {"Options", "build"} - set(shape.top_level_names(module.tree))
        violations += [f"{module.path}: a shelf file defines {name}" for name in sorted(absent)]
    return violations


def oversize(modules: Modules) -> list[str]:
    """Modules, functions, parameters and nesting stay within STYLE's limits."""
    violations = []
    for module in modules:
        violations += [f"{module.path}:{line}: {what}" for line, what in shape.oversize(module.tree, module.text)]
    return violations


def unnumbered_tasks(modules: Modules) -> list[str]:
    """A task note in a comment names its issue: `#42`."""
    return [
        f"{module.path}:{token.start[0]}: a task note without an issue number"
        for module in modules
        for token in tokenize.generate_tokens(StringIO(module.text).readline)
        if token.type == tokenize.COMMENT and UNNUMBERED_TASK.search(token.string)
    ]


def tell(violations: Iterable[str]) -> str:
    """Returns violations as the text of a failed test."""
    return "\n" + "\n".join(violations)


def declared_libraries(pyproject: Path) -> set[str]:
    """Returns the import names of the runtime dependencies that pyproject.toml declares."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    names = (re.split(r"[<>=]", requirement, maxsplit=1)[0] for requirement in project["dependencies"])
    return {name.replace("-", "_") for name in names}
