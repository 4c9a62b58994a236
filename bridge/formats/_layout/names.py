"""The names by which a layout reaches the facts of an order: found once, when the settings are read.

A name is looked up in the part of the order that a record is written for, then in what surrounds it. Not for: what is
done to a value (``_layout_values``).
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bridge.formats._layout.amounts import OF_LINE, OF_ORDER
from bridge.formats._text import shown
from bridge.model import Charge, Line, Party, Payment, PriceList, Promotion, SalesOrder
from bridge.roles import Role

FoundT = TypeVar("FoundT")
RAW = "raw"
INFO = "info"
COUNT = "count_of_"
ALL = "all"
LINE = "line"


@dataclass(frozen=True, slots=True)
class InfoEntry:
    """One AdditionalInfo value, for records that are written for each of them."""

    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Context:
    """What a file knows besides its order, and what was found out about that while it is written."""

    control: int
    at: datetime
    counts: Mapping[str, int]
    found: dict[object, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of an order that a record is written for, all around it, and where each stands."""

    parts: tuple[Any, ...]
    places: tuple[str, ...]
    context: Context

    def inside(self, part: object, place: str) -> "Scope":
        """The scope of a part of the innermost part."""
        outer = self.places[-1]
        return Scope((*self.parts, part), (*self.places, f"{outer}.{place}" if outer else place), self.context)

    def at(self, depth: int) -> "Scope":
        """The scope of what surrounds it, so many levels from the outside."""
        return Scope(self.parts[:depth], self.places[:depth], self.context)


@dataclass(frozen=True, slots=True)
class Level:
    """A part that records are written for, by its word, and its type."""

    word: str
    kind: type


@dataclass(frozen=True, slots=True)
class Named:
    """A name that was found: how its value is reached, what type it has, and how to name it in a refusal."""

    name: str
    get: Callable[[Scope], object]
    kind: type
    depth: int = 0

    def place(self, scope: Scope) -> str:
        """The field of the order, such as ``lines[2].text``; a part's own place goes before its name."""
        outer = scope.places[self.depth]
        return f"{outer}.{self.name}" if outer else self.name


ORDER = Level("order", SalesOrder)
# The words of `each` for the parts of a part, and the lists these stand in.
PARTS: Mapping[type, Mapping[str, tuple[str, type]]] = {
    SalesOrder: {
        LINE: ("lines", Line),
        "payment": ("payments", Payment),
        "fee": ("fees", Charge),
        "discount": ("discounts", Charge),
        INFO: (INFO, InfoEntry),
    },
    Line: {"price_list": ("price_lists", PriceList), "promotion": ("promotions", Promotion), INFO: (INFO, InfoEntry)},
    Payment: {INFO: (INFO, InfoEntry)},
}
# Column names of formats/mapping.md 2.1 where they are not the model's own.
_ALIASES: Mapping[type, Mapping[str, str]] = {
    SalesOrder: {
        "delivery_method": "delivery.method",
        "sms": "delivery.sms",
        "ship_complete": "delivery.complete",
        "fee_once": "delivery.fee_once",
        "advisor_ref": "delivery.advisor_ref",
        "tms_ref": "delivery.tms_ref",
        "sales_contact": "sales_contact.code",
        "sales_division": "sales_contact.division",
    },
    Line: {"line_comment": "comment"},
}
_PHONES = ("private", "work", "cell", "shipping")
_SEGMENT = re.compile(r"([^\[\].]+)((?:\[[0-9]{1,4}\])*)")
_INDEX = re.compile(r"\[([0-9]+)\]")


def first_phone(party: Party) -> str | None:
    """The first telephone number that was given."""
    return next((found for kind in _PHONES if (found := getattr(party.phones, kind))), None)


_DERIVED: Mapping[type, Mapping[str, tuple[Callable[[Any], object], type]]] = {
    Line: {"role": (attrgetter("role"), Role), **{name: (amount, Decimal) for name, amount in OF_LINE.items()}},
    SalesOrder: {name: (amount, Decimal) for name, amount in OF_ORDER.items()},
    Party: {"phone": (first_phone, str)},
}


def places_of_lines(order: SalesOrder) -> Iterator[str]:
    """The place of each line of the order, as its scope has it."""
    return (f"lines[{at}]" for at in range(len(order.lines)))


def resolve(name: str, levels: Sequence[Level]) -> Named:
    """The name as it is seen from the innermost of ``levels``; ``ValueError`` when nobody has it."""
    if name in _CONTEXT:
        get, kind = _CONTEXT[name]
        return Named(name, get, kind)
    if name.startswith(COUNT):
        word = name.removeprefix(COUNT)
        return Named(name, lambda scope: scope.context.counts.get(word, 0), int)
    parts = _parts(name)
    for depth in range(len(levels) - 1, -1, -1):
        found = _own(parts, levels[depth])
        if found is not None:
            steps, kind = found
            plain_name = name.removeprefix(f"{levels[depth].word}.") if parts[0][0] == levels[depth].word else name
            get = _getter(steps, depth)
            return Named(plain_name, once(get) if depth == 0 < len(levels) - 1 else get, kind, depth)
    seen = dict.fromkeys((levels[-1].word, levels[0].word))
    raise ValueError(f'"{shown(name)}" is no name of {" or ".join(seen)}{_meant(name, levels)}')


def once(get: Callable[[Scope], FoundT]) -> Callable[[Scope], FoundT]:
    """The same for what all records of a file share, looked up once a file: an order may have 10,000 lines."""
    key = object()

    def known(scope: Scope) -> FoundT:
        found = scope.context.found
        if key not in found:
            found[key] = get(scope)
        return cast("FoundT", found[key])  # nobody else has this key

    return known


_CONTEXT: Mapping[str, tuple[Callable[[Scope], object], type]] = {
    "control": (lambda scope: scope.context.control, int),
    "created_at": (lambda scope: scope.context.at, datetime),
}


def _parts(name: str) -> list[tuple[str, list[int]]]:
    parts = []
    for segment in name.split("."):
        match = _SEGMENT.fullmatch(segment)
        if match is None:
            raise ValueError(f'"{shown(name)}" is no name; a name is words with points between, such as sold_to.name')
        parts.append((match[1], [int(index) for index in _INDEX.findall(match[2])]))
    return parts


@dataclass(frozen=True, slots=True)
class _Step:
    """From one value to the next; a list is gone through member by member, unless the step picks one."""

    apply: Callable[[Any], object]
    picks: bool = False


def _own(parts: list[tuple[str, list[int]]], level: Level) -> tuple[list[_Step], type] | None:
    """The steps from a level to a name of it; ``None`` when it has no such name."""
    if parts[0] == (level.word, []) and len(parts) > 1:
        found = _steps(parts[1:], level.kind)
        if found is not None:
            return found
    return _steps(parts, level.kind)


def _steps(parts: list[tuple[str, list[int]]], kind: type) -> tuple[list[_Step], type] | None:
    """The way through one type after the other; a list without a number is all of it."""
    (word, indices), rest = parts[0], parts[1:]
    if word in {RAW, INFO}:
        return _free(word, indices, rest) if any(entry.name == word for entry in _fields(kind)) else None
    if kind is SalesOrder and word == "pickup":
        return _steps([("delivery", []), *parts], kind)
    if not rest and not indices and word in _ALIASES.get(kind, {}):
        return _steps(_parts(_ALIASES[kind][word]), kind)
    if not rest and not indices and word in _DERIVED.get(kind, {}):
        get, result = _DERIVED[kind][word]
        return [_Step(get)], result
    return _attributes(PARTS.get(kind, {}).get(word, (word,))[0], indices, rest, kind)


def _attributes(
    word: str, indices: list[int], rest: list[tuple[str, list[int]]], kind: type
) -> tuple[list[_Step], type] | None:
    """The steps through a field of a type, and on."""
    found = _types(kind).get(word)
    if found is None:
        return None
    first: list[_Step] = [_attribute(word), *(_member(index) for index in indices)]
    if not rest:
        return None if is_dataclass(found) else (first, found)
    behind = _steps(rest, found)
    return None if behind is None else (first + behind[0], behind[1])


def _free(word: str, indices: list[int], rest: list[tuple[str, list[int]]]) -> tuple[list[_Step], type] | None:
    """A code in ``info``, which may hold points, or a path in ``raw``, of which nobody knows what it will find."""
    if not rest or indices:
        return None
    if word == INFO:
        return [_attribute(INFO), _value_by_code(".".join(name for name, _ in rest))], str
    steps = [step for name, at in rest for step in (_key(name), *(_member(index) for index in at))]
    return [_attribute(RAW), *steps], object


def _attribute(name: str) -> _Step:
    return _Step(attrgetter(name))


def _member(index: int) -> _Step:
    return _Step(
        lambda value: value[index] if isinstance(value, list | tuple) and index < len(value) else None, picks=True
    )


def _key(name: str) -> _Step:
    return _Step(lambda value: value.get(name) if isinstance(value, Mapping) else None)


def _value_by_code(code: str) -> _Step:
    folded = code.casefold()

    def find(info: Mapping[str, str]) -> object:
        found = info.get(code)
        return found if found is not None else next((info[one] for one in info if one.casefold() == folded), None)

    return _Step(find)


def _getter(steps: Sequence[_Step], depth: int) -> Callable[[Scope], object]:
    if len(steps) == 1:
        step = steps[0].apply
        return lambda scope: step(scope.parts[depth])
    return lambda scope: _walk(scope.parts[depth], steps)


def _walk(value: Any, steps: Sequence[_Step]) -> object:
    for at, step in enumerate(steps):
        if value is None:
            return None
        if isinstance(value, list | tuple) and not step.picks:
            return [found for one in value if (found := _walk(one, steps[at:])) is not None]
        value = step.apply(value)
    return value


@cache
def _types(kind: type) -> Mapping[str, type]:
    """The type of each field: what may be missing without its ``None``, a list as the type of its members."""
    if not is_dataclass(kind):
        return {}
    hints = get_type_hints(kind)
    return {entry.name: _bare(hints[entry.name]) for entry in fields(kind) if entry.name not in {RAW, INFO}}


def _fields(kind: type) -> tuple[Any, ...]:
    return fields(kind) if is_dataclass(kind) else ()


def _bare(hint: Any) -> type:
    if get_origin(hint) in {Union, UnionType}:
        hint = next(one for one in get_args(hint) if one is not NoneType)
    if get_origin(hint) is tuple:
        hint = get_args(hint)[0]
    bare: type = hint
    return bare


def _meant(name: str, levels: Sequence[Level]) -> str:
    known = {
        one for level in levels for one in (*names_of(level.kind), *(f"{level.word}.{n}" for n in names_of(level.kind)))
    }
    close = difflib.get_close_matches(name, sorted(known | _CONTEXT.keys()), 1)
    return f'; did you mean "{close[0]}"?' if close else "; other fields of the request are reached by raw.PATH"


@cache
def names_of(kind: type) -> tuple[str, ...]:
    """The names of a part of an order, besides those of ``info`` and ``raw``."""
    return tuple(_all_names(kind))


def _all_names(kind: type) -> Iterator[str]:
    yield from _DERIVED.get(kind, {})
    yield from _ALIASES.get(kind, {})
    for name, inner in _types(kind).items():
        if is_dataclass(inner):
            yield from (f"{name}.{below}" for below in _all_names(inner))
        else:
            yield name
