"""What an ERP says in JSON by paths of its own, as the facts of each order.

A path goes down from ``$`` by names, ``$.web.ref`` or ``$['Order No']``, by numbers, ``$.notes[0]``, and through all
members of an array, ``$.items[*]``; a value that is no array is taken for an array of one. Not for: parsing (``json``),
nor what the facts mean (``_fields``).
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bridge.formats._answer.near import is_near
from bridge.formats._answer.paths import LINES, NAMES, SCHEDULES, Named, check_parts, parted
from bridge.formats._text import shown

_STEP = re.compile(r"""\.([^\s.\[\]$'"]+)|\[(?:'([^']+)'|"([^"]+)"|([0-9]{1,6})|(\*))\]""")
_DEEPEST = 50
_HOLDERS = (dict, list)


class JsonObject(dict[str, object]):
    """An object that remembers a name which stood in it twice."""

    doubled: str | None = None


class DoubledNameError(ValueError):
    """On the way to a value lies an object of which nobody knows what it says."""


class _All:
    """The step through all members of an array."""


_ALL = _All()
Step: TypeAlias = "str | int | _All"
Path: TypeAlias = tuple[Step, ...]
_Placed: TypeAlias = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Paths:
    """Where each fact stands, ready for reading."""

    order: Path
    facts: Mapping[str, Path]
    lines: Named[Path]
    schedules: Named[Path]


def path_of(text: str) -> Path:
    """The path that a text describes; ``ValueError`` for one that it is not."""
    steps: list[Step] = []
    at = 1
    while (found := _STEP.match(text, at)) is not None:
        plain, single, double, number, every = found.groups()
        steps.append(_ALL if every else int(number) if number else plain or single or double)
        at = found.end()
    if not text.startswith("$") or at != len(text):
        raise ValueError(f"\"{shown(text)}\" is no path; write it like $.head.ref, $['Order No'] or $.rows[*]")
    return tuple(steps)


def known_paths(paths: Mapping[str, str]) -> Mapping[str, str]:
    """The table itself when every field is known and an order can be found; else ``ValueError``."""
    for name, path in paths.items():
        if name not in NAMES:
            close = difflib.get_close_matches(name, sorted(NAMES), 1)
            raise ValueError(f'"{shown(name)}" is no field' + (f'; did you mean "{close[0]}"?' if close else ""))
        path_of(path)
    if paths and not {"order_ref", "erp_order_no"} & paths.keys():
        raise ValueError("neither order_ref nor erp_order_no is among the paths")
    check_parts(paths, "$.rows[*]", "$.deliveries[*]")
    return paths


def paths_of(paths: Mapping[str, str]) -> Paths:
    """The paths of the settings."""
    order, lines, schedules = parted({name: path_of(path) for name, path in paths.items()})
    place = order.place or ()
    if place[:1] == (_ALL,):  # each member of a top-level array is a document anyway
        place = place[1:]
    return Paths(place, order.facts, lines, schedules)


def orders_in(where: str, document: object, order: Path) -> list[_Placed]:
    """The orders of a document with their places; a whole document is one when no path says otherwise.

    Raises :class:`DoubledNameError`.
    """
    return _walked([(where, document)], order)


def ends_early(where: str, document: object, path: Path) -> Iterator[tuple[str, str, str | None]]:
    """Where a way ends before its time: the place, the name that is missing, and one there that is near it.

    An array without members and a ``null`` are no end: they say that there is nothing.
    """
    found: list[_Placed] = [(where, document)]
    named = [at for at, step in enumerate(path) if isinstance(step, str)]
    for at, step in enumerate(path[: named[-1] + 1] if named else ()):
        if isinstance(step, str):
            yield from ((place, step, _near(value, step)) for place, value in found if _lacks(value, step))
        if at != named[-1]:
            found = [one for place, value in found for one in _down(place, value, step)]


def near_lines(order: Mapping[str, object], paths: Paths) -> str:
    """Why an order in which no lines are found may have some all the same; nothing where it has none."""
    place = paths.lines.place or ()
    if place and isinstance(place[0], str) and place[0] not in order:  # most end so, and files are large
        wanted, there = place[0], _near(order, place[0])
    else:
        ends = ends_early("$", order, place)
        wanted, there = next(((name, near) for _, name, near in ends if near is not None), ("", None))
    return f"lines: there is no {shown(wanted)} by their path, but {shown(there)}; set paths" if there else ""


def _lacks(value: object, name: str) -> bool:
    return value is not None and not (isinstance(value, dict) and name in value)


def _near(value: object, wanted: str) -> str | None:
    """A name that is nearly the one wanted, and holds an object or an array."""
    if not isinstance(value, dict):
        return None
    return next((name for name, part in value.items() if isinstance(part, _HOLDERS) and is_near(wanted, name)), None)


def facts_of(order: Mapping[str, object], paths: Paths) -> dict[str, object]:
    """The facts of one order by our names, in which no name stands twice."""
    facts = {name: _value(order, path) for name, path in paths.facts.items()}
    if paths.lines.place is not None:
        facts[LINES] = [_line(line, paths) for _, line in _walked([("$", order)], paths.lines.place)]
    return facts


def _line(line: object, paths: Paths) -> object:
    facts = _named(line, paths.lines.facts)
    if paths.schedules.place is not None and isinstance(facts, dict):
        parts = _walked([("$", line)], paths.schedules.place)
        facts[SCHEDULES] = [_named(part, paths.schedules.facts) for _, part in parts]
    return facts


def _named(value: object, paths: Mapping[str, Path]) -> object:
    """The facts of an object by our names; what is no object stays as it is, and whoever reads it finds that out."""
    return {name: _value(value, path) for name, path in paths.items()} if isinstance(value, dict) else value


def problem_of(value: object, depth: int = 0) -> str | None:
    """Why nothing of this value can be relied on: a name that stands twice, or nesting without end."""
    if depth > _DEEPEST:
        return "it is nested too deeply"
    if isinstance(value, JsonObject) and value.doubled is not None:
        return _doubled(value)
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    deeper = (problem_of(member, depth + 1) for member in members if isinstance(member, dict | list))
    return next(filter(None, deeper), None)


def _value(around: object, path: Path) -> object:
    """None of them is ``None``, one is itself; several are a list, which only a list of codes may be."""
    found = [value for _, value in _walked([("$", around)], path) if value is not None]
    return found if len(found) > 1 else next(iter(found), None)


def _walked(start: list[_Placed], path: Path) -> list[_Placed]:
    found = start
    for step in path:
        found = [one for where, value in found for one in _down(where, value, step)]
    return found


def _down(where: str, value: object, step: Step) -> list[_Placed]:
    if isinstance(value, JsonObject) and value.doubled is not None:
        raise DoubledNameError(_doubled(value))
    if isinstance(step, str):
        return [(f"{where}.{step}", value[step])] if isinstance(value, dict) and step in value else []
    members = value if isinstance(value, list) else [] if value is None else [value]
    if isinstance(step, _All):
        return [(f"{where}[{at}]", member) for at, member in enumerate(members)]
    return [(f"{where}[{step}]", value[step])] if isinstance(value, list) and step < len(value) else []


def _doubled(value: JsonObject) -> str:
    return f'"{shown(str(value.doubled))}" stands twice in one object'
