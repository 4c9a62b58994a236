"""The neutral names of an order's facts, as rules and layouts write them: ``ship_to.country``, ``lines.info.SIZE``.

A name of a list goes on with a name of each entry. Not for: values (``enrich``).
"""

import difflib
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from bridge.model import SalesOrder

FIXED = frozenset({"order_ref", "application", "lines.line_no", "lines.parent_line_no"})
"""What an answer of the ERP is matched by."""

_HIDDEN = frozenset({"raw"})


class UnknownNameError(ValueError):
    """No fact of an order has this name; ``hint`` tells the one that was meant."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Name:
    """A fact by its name: the steps to it, what it holds, and whether it may be missing.

    ``each`` is the innermost list that it lies in, by its steps; empty for a fact of the order itself.
    """

    text: str
    steps: tuple[str, ...]
    holds: Any
    may_be_missing: bool
    each: tuple[str, ...]

    @property
    def is_leaf(self) -> bool:
        """True for a single value, false for a group or a list of them."""
        return not is_dataclass(self.holds) and get_origin(self.holds) is not tuple and not self.is_codes

    @property
    def is_codes(self) -> bool:
        """True for a whole group of values by code."""
        return get_origin(self.holds) is Mapping


@cache
def parse(text: str) -> Name:
    """The fact with this name. Raises :class:`UnknownNameError`."""
    steps: list[str] = []
    each: tuple[str, ...] = ()
    holds: Any = SalesOrder
    may_be_missing = False
    rest = text
    while rest:
        if get_origin(holds) is Mapping:  # all that follows is one code, whatever it is made of
            return Name(text, (*steps, rest), str, may_be_missing=True, each=each)
        if get_origin(holds) is tuple:
            holds, each = get_args(holds)[0], tuple(steps)
        step, _, rest = rest.partition(".")
        holds, may_be_missing = _step(holds, step, text)
        steps.append(step)
    if not steps or text.endswith("."):
        raise UnknownNameError(f'"{text}" is not the name of a fact', "such as ship_to.country or lines.text")
    return Name(text, tuple(steps), holds, may_be_missing, each)


def _step(group: Any, step: str, text: str) -> tuple[Any, bool]:
    known = _members(group) if isinstance(group, type) and is_dataclass(group) else {}
    if step not in known:
        near = difflib.get_close_matches(step, known, n=1, cutoff=0.6)
        whole = text.replace(step, near[0], 1) if near else ""
        listed = f"known here: {', '.join(sorted(known))}" if known else "nothing lies below it"
        raise UnknownNameError(f'an order has no "{text}"', f'did you mean "{whole}"?' if whole else listed)
    return known[step]


@cache
def _members(group: type) -> Mapping[str, tuple[Any, bool]]:
    """The members of a group: what each holds, and whether it may be missing."""
    hints = get_type_hints(group)
    return {entry.name: _opened(hints[entry.name]) for entry in fields(group) if entry.name not in _HIDDEN}


def _opened(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in {Union, types.UnionType}:
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return kinds[0], True
    return annotation, False


def flat(table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Names and values of a table, whether a dotted name stands in quotes or makes tables of its own."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", one) for inner, one in flat(value))
        else:
            yield name, value


def flat_maps(table: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """The same for a table of maps: a map is the innermost table."""
    for name, value in table.items():
        whole = f"{above}.{name}" if above else name
        if not isinstance(value, Mapping):  # no map, as will be told
            yield whole, value
            continue
        own = {key: one for key, one in value.items() if not isinstance(one, Mapping)}
        inner = {key: one for key, one in value.items() if isinstance(one, Mapping)}
        if own or not inner:
            yield whole, own
        yield from flat_maps(inner, whole)


def split_places(base: Iterable[str], name: str) -> tuple[tuple[str, ...], ...]:
    """Where a name may stand in the file: in quotes as one key, or with dots as several."""
    return ((*base, name), (*base, *name.split(".")))
