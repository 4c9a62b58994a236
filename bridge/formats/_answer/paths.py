"""The names that settings give paths for: facts of an order, of its lines, and of the parts in which a line comes.

Not for: what a path looks like; JSON and XML have each their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge.formats._answer.fields import LINE_FIELDS, ORDER_FIELDS, SCHEDULE_FIELDS

ORDER, LINES, SCHEDULES = "order", "lines", "schedules"
PLACES = frozenset({ORDER, LINES, f"{LINES}.{SCHEDULES}"})
"""What is a part with facts of its own, and no fact itself."""

_OF_LINE = LINE_FIELDS | {"status", "date", "reason", SCHEDULES, *(f"{SCHEDULES}.{name}" for name in SCHEDULE_FIELDS)}
NAMES = ORDER_FIELDS | LINE_FIELDS | {ORDER, LINES, *(f"{LINES}.{name}" for name in _OF_LINE)}

_PathT = TypeVar("_PathT")


@dataclass(frozen=True, slots=True)
class Named(Generic[_PathT]):
    """Where a part stands, and where each of its facts does, by our names."""

    place: _PathT | None
    facts: Mapping[str, _PathT]


def parted(paths: Mapping[str, _PathT]) -> tuple[Named[_PathT], Named[_PathT], Named[_PathT]]:
    """The paths of an order, of a line, and of a part of a line."""
    line = f"{LINES}."
    schedule = f"{line}{SCHEDULES}."
    return (
        Named(paths.get(ORDER), {name: path for name, path in paths.items() if "." not in name and name not in PLACES}),
        Named(
            paths.get(LINES),
            {
                name.removeprefix(line): path
                for name, path in paths.items()
                if name.startswith(line) and not name.startswith(schedule) and name not in PLACES
            },
        ),
        Named(
            paths.get(f"{line}{SCHEDULES}"),
            {name.removeprefix(schedule): path for name, path in paths.items() if name.startswith(schedule)},
        ),
    )


def check_parts(paths: Mapping[str, str], lines: str, schedules: str) -> None:
    """Refuse with ``ValueError`` facts of a part whose place nothing tells, and parts of a line without quantities.

    ``lines`` and ``schedules`` are how such a place may look.
    """
    if any(name.startswith(f"{LINES}.") for name in paths) and LINES not in paths:
        raise ValueError(f'fields of lines need the path of lines, such as lines = "{lines}"')
    whole = f"{LINES}.{SCHEDULES}"
    if any(name.startswith(f"{whole}.") for name in paths) and whole not in paths:
        raise ValueError(f'fields of {whole} need its path, such as "{whole}" = "{schedules}"')
    if whole in paths and f"{whole}.qty" not in paths:
        raise ValueError(f'"{whole}" needs the path of "{whole}.qty" too')
