"""What only the source tells: which labels a count has, which module logs an event, at which level.

Not for: pages; ``reference.py`` makes them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bridge import states
from bridge.counters import Counters
from bridge.journal.rows import TargetRow, Totals
from bridge.ops.documents import Paused
from bridge.ops.metrics import COUNTED, PREFIX, Sight, render

SOURCE = Path(__file__).resolve().parent.parent / "bridge"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_LOG_CALLS = ("debug", "info", "warning", "error", "exception", "critical")
_COUNTER_CALLS = {"add": "counter", "level": "gauge", "observe": "histogram"}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a scrape."""

    name: str
    kind: str
    labels: tuple[str, ...]
    told: str


def metrics() -> Iterator[Metric]:
    """Every metric: those that are counted somewhere, and those that are read at scrape."""
    yield from _counted()
    yield from _scraped()


def logged() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The levels and the modules of each event that is logged under its own name."""
    levels: dict[str, set[str]] = {}
    modules: dict[str, set[str]] = {}
    for module, call in _calls():
        attribute = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        level = attribute if attribute in _LOG_CALLS else "warning or error" if attribute == "log" else ""
        for event in _words(call)[:1] if level else ():
            levels.setdefault(event, set()).add(level.replace("exception", "error"))
            modules.setdefault(event, set()).add(module.partition(".stage")[0])
    return levels, modules


def _calls() -> Iterator[tuple[str, ast.Call]]:
    """Each call of a method in the source, with its module."""
    for path in sorted(SOURCE.rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield module, node


def _words(call: ast.Call) -> list[str]:
    return [node.value for node in call.args if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _counted() -> list[Metric]:
    kinds: dict[str, str] = {}
    labels: dict[str, set[str]] = {}
    for _, call in _calls():
        kind = _COUNTER_CALLS.get(call.func.attr) if isinstance(call.func, ast.Attribute) else None
        for name in _words(call)[:1]:
            if kind and name in COUNTED:
                kinds[name] = kind
                said = {word.arg for word in call.keywords if word.arg}
                labels[name] = labels.get(name, set()) | said - {"by"}
    return [Metric(f"{PREFIX}{name}", kind, tuple(sorted(labels[name])), COUNTED[name]) for name, kind in kinds.items()]


def _scraped() -> list[Metric]:
    """The metrics that are read at scrape, from a scrape."""
    totals = Totals(
        orders={state.value: 0 for state in states.OrderState},
        oldest={},
        targets=(TargetRow("erp", 0, 0, None, None, None),),
        dead={"order": 0},
        rejects=0,
        conflicts=0,
        uncertain=0,
        quarantined=0,
        reports_owed=0,
        last_received_at=None,
        last_reported_at=None,
        size_bytes=0,
        sqlite="3",
    )
    paused = [Paused("erp", "disk", _NOW, "")]
    sight = Sight(totals, paused, {"journal": 0}, _NOW, _NOW, "0", "3")
    text = render(Counters(), sight).decode()
    found = []
    for name, told in re.findall(r"# HELP (\w+) (.*)", text):
        kind = re.findall(rf"# TYPE {name} (\w+)", text)[0]
        sample = re.findall(rf"^{name}\{{(.*?)\}}", text, re.MULTILINE)
        labels = sorted(set(re.findall(r"(\w+)=", sample[0]))) if sample else []
        found.append(Metric(name, kind, tuple(labels), told))
    return found
