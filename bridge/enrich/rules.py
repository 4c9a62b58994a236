"""The declarative rules of a target: defaults, maps, derived facts, dropped facts; in this order, then the hook.

A rule changes a fact that is there or fills one that is missing; it never makes a party or a line that the order does
not have. Not for: amounts; no rule touches one.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar, get_origin

from bridge.config.enrichment import PLACEHOLDER
from bridge.config.hooks import hook as load_hook
from bridge.config.neutral import Name, parse
from bridge.config.targets import Enrich
from bridge.enrich.hooks import Hook
from bridge.model import Infos, SalesOrder

T = TypeVar("T")
Change = Callable[[SalesOrder], SalesOrder]
Entries = Sequence[tuple[tuple[str, ...], Any]]
"""The list entries that a value lies in, outermost first, each with the steps to its list."""
New = Callable[[Any, SalesOrder, Entries], object]
"""The new value of a fact, from the old one, the order and the entries around it."""

ANY = "*"


@dataclass(frozen=True, slots=True)
class Enrichment:
    """What one target changes in an order. ``has_hook`` tells that a stranger's code is among it."""

    changes: tuple[Change, ...]
    has_hook: bool

    def apply(self, order: SalesOrder) -> SalesOrder:
        """The order as the target wants it. Raises :class:`HookFailedError`."""
        for change in self.changes:
            order = change(order)
        return order


def enrichment(settings: Enrich) -> Enrichment | None:
    """The changes that the settings ask for; ``None`` when they ask for none.

    Raises ``ValueError`` when the hook cannot be loaded.
    """
    changes = [
        *(_at(parse(name), partial(_default, value)) for name, value in settings.defaults.items()),
        *(_at(parse(name), partial(_mapped, words)) for name, words in settings.maps.items()),
        *(_at(parse(name), partial(_derived, template)) for name, template in settings.derive.items()),
        *(_at(name, partial(_nothing, name)) for name in map(parse, settings.drop)),
    ]
    if settings.hook:
        changes.append(Hook(settings.hook, load_hook(settings.hook, settings.home)))
    return Enrichment(tuple(changes), bool(settings.hook)) if changes else None


def _default(value: object, old: object, _order: SalesOrder, _entries: Entries) -> object:
    return value if old is None else old


def _mapped(words: Mapping[str, object], old: object, _order: SalesOrder, _entries: Entries) -> object:
    return old if old is None else words.get(str(old), words.get(ANY, old))


def _derived(template: str, _old: object, order: SalesOrder, entries: Entries) -> object:
    def said(found: Any) -> str:
        return _text(_value(parse(found[1]), order, entries))

    return PLACEHOLDER.sub(said, template).strip() or None


def _nothing(name: Name, *_: object) -> object:
    if name.is_codes:
        return Infos()
    return () if get_origin(name.holds) is tuple else None


def _at(name: Name, new: New) -> Change:
    """The change that gives a fact its new value wherever the order has it."""
    return lambda order: _put(order, name.steps, lambda old, entries: new(old, order, entries), ())


def _put(value: T, steps: tuple[str, ...], new: Callable[[Any, Entries], object], entries: Entries, done: int = 0) -> T:
    """``value`` with what lies at ``steps`` made new; the same object when that changes nothing."""
    whole: Any = value
    if whole is None:
        return value  # no party, so none of its facts
    if isinstance(whole, Mapping):
        return _with_code(whole, steps[done], new, entries)  # type: ignore[return-value]  # a group by code for one
    step = steps[done]
    old = getattr(whole, step)
    made = _inside(old, steps, new, entries, done + 1)
    return value if made is old else replace(whole, **{step: made})


def _inside(
    old: Any, steps: tuple[str, ...], new: Callable[[Any, Entries], object], entries: Entries, done: int
) -> object:
    if done == len(steps):
        return new(old, entries)
    if isinstance(old, tuple):
        around = steps[:done]
        return tuple(_put(entry, steps, new, (*entries, (around, entry)), done) for entry in old)
    return _put(old, steps, new, entries, done)


def _with_code(
    values: Mapping[str, str], code: str, new: Callable[[Any, Entries], object], entries: Entries
) -> Mapping[str, str]:
    old = values.get(code)
    made = new(old, entries)
    if made == old:
        return values
    others = [(other, value) for other, value in values.items() if other.casefold() != code.casefold()]
    return Infos(others if made is None else [*others, (code, str(made))])


def _value(name: Name, order: SalesOrder, entries: Entries) -> object:
    """What an order says by a name; of a list, what the entry around says."""
    value: Any = order
    steps = name.steps
    for around, entry in entries:
        if around == name.steps[: len(around)] and len(around) <= len(name.each):
            value, steps = entry, name.steps[len(around) :]
    for step in steps:
        if value is None:
            return None
        value = value.get(step) if isinstance(value, Mapping) else getattr(value, step)
    return value


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case dt.datetime():
            return value.isoformat()
        case _:
            return str(value)
