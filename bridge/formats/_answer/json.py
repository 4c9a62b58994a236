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

from bridge.formats._answer.fields import LINE_FIELDS, ORDER_FIELDS
from bridge.formats._text import shown

ORDER, LINES = "order", "lines"
_OF_LINES = f"{LINES}."
_OF_LINE = LINE_FIELDS | {"status", "date", "reason"}
_STEP = re.compile(r"""\.([^\s.\[\]$'"]+)|\[(?:'([^']+)'|"([^"]+)"|([0-9]{1,6})|(\*))\]""")
_DEEPEST = 50


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
    lines: Path | None
    facts: Mapping[str, Path]
    line_facts: Mapping[str, Path]


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
    known = {ORDER, LINES, *ORDER_FIELDS, *LINE_FIELDS, *(_OF_LINES + name for name in _OF_LINE)}
    for name, path in paths.items():
        if name not in known:
            close = difflib.get_close_matches(name, sorted(known), 1)
            raise ValueError(f'"{shown(name)}" is no field' + (f'; did you mean "{close[0]}"?' if close else ""))
        path_of(path)
    if paths and not {"order_ref", "erp_order_no"} & paths.keys():
        raise ValueError("neither order_ref nor erp_order_no is among the paths")
    if any(name.startswith(_OF_LINES) for name in paths) and LINES not in paths:
        raise ValueError('fields of lines need the path of lines, such as lines = "$.rows[*]"')
    return paths


def paths_of(paths: Mapping[str, str]) -> Paths:
    """The paths of the settings."""
    known = {name: path_of(path) for name, path in paths.items()}
    order = known.get(ORDER, ())
    return Paths(
        order=order[1:] if order[:1] == (_ALL,) else order,  # each member of a top-level array is a document anyway
        lines=known.get(LINES),
        facts={name: path for name, path in known.items() if name not in {ORDER, LINES} and "." not in name},
        line_facts={name.removeprefix(_OF_LINES): path for name, path in known.items() if name.startswith(_OF_LINES)},
    )


def orders_in(where: str, document: object, order: Path) -> list[_Placed]:
    """The orders of a document with their places; a whole document is one when no path says otherwise.

    Raises :class:`DoubledNameError`.
    """
    return _walked([(where, document)], order)


def facts_of(order: Mapping[str, object], paths: Paths) -> dict[str, object]:
    """The facts of one order by our names, in which no name stands twice."""
    facts = {name: _value(order, path) for name, path in paths.facts.items()}
    if paths.lines is not None:
        facts[LINES] = [
            {name: _value(line, path) for name, path in paths.line_facts.items()} if isinstance(line, dict) else line
            for _, line in _walked([("$", order)], paths.lines)
        ]
    return facts


def problem_of(value: object, depth: int = 0) -> str | None:
    """Why nothing of this value can be relied on: a name that stands twice, or nesting without end."""
    if depth > _DEEPEST:
        return "it is nested too deeply"
    if isinstance(value, JsonObject) and value.doubled is not None:
        return _doubled(value)
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for member in members if (found := problem_of(member, depth + 1))), None)


def _value(around: object, path: Path) -> object:
    """None of them is ``None``, one is itself; several are a list, which only a list of codes may be."""
    found = [value for _, value in _walked([("$", around)], path) if value is not None]
    return found if len(found) > 1 else next(iter(found), None)


def _walked(start: list[_Placed], path: Path) -> list[_Placed]:
    found = start
    for step in path:
        found = [one for where, value in found for one in _down(where, value, step)]
    return found


def _down(where: str, value: object, step: Step) -> Iterator[_Placed]:
    if isinstance(value, JsonObject) and value.doubled is not None:
        raise DoubledNameError(_doubled(value))
    if isinstance(step, _All):
        members = value if isinstance(value, list) else [] if value is None else [value]
        yield from ((f"{where}[{at}]", member) for at, member in enumerate(members))
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield f"{where}[{step}]", value[step]
    elif isinstance(value, dict) and step in value:
        yield f"{where}.{step}", value[step]


def _doubled(value: JsonObject) -> str:
    return f'"{shown(str(value.doubled))}" stands twice in one object'
