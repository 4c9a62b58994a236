"""The way of an order: rules are asked one after the other, then its shop; each step is kept, so it can be told.

Not for: judging conditions (``conditions.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.config.routes import Rule
from bridge.config.targets import Application, plain_key
from bridge.errors import ErrorName, PermanentError
from bridge.model import Part, SalesOrder
from bridge.routing.conditions import Judged, judge, meant
from bridge.routing.rows import Family, families, numbers


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking one rule, or at the end the shop: which rows it took, and why.

    ``rule`` counts from 0 and is ``None`` for the shop; a rule that did not match took no rows, and is a split only if
    its conditions hold all the same, of rows that belong to the order as a whole.
    """

    rule: int | None
    name: str
    judged: tuple[Judged, ...] = ()
    target: str = ""
    also: tuple[str, ...] = ()
    is_split: bool = False
    lines: tuple[int, ...] = ()

    @property
    def matched(self) -> bool:
        """True for one that took rows, or an order without any."""
        return bool(self.target)


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one order. A target that is not in ``parts`` gets all of it."""

    application: str
    confirming: str
    copies: tuple[str, ...]
    parts: Mapping[str, Part] = field(default_factory=dict)
    asked: tuple[Asked, ...] = field(default=(), compare=False)

    @property
    def targets(self) -> tuple[str, ...]:
        """All targets, the confirming one first."""
        return (self.confirming, *self.copies)


def application_name(key: str | None, applications: Mapping[str, Application]) -> str | None:
    """The configured name of the shop whose ``Header.ApplicationKey`` this is; GUIDs are compared without case."""
    if key is None:
        return None
    return next((name for name, shop in applications.items() if plain_key(shop.key) == plain_key(key)), None)


def route(
    order: SalesOrder, key: str | None, applications: Mapping[str, Application], rules: Sequence[Rule] = ()
) -> Route:
    """The way of an order that came under this key, by the first rules that match, else by its shop.

    Raises :class:`PermanentError` *order_unroutable* for a key that no ``[applications.NAME]`` has.
    """
    name = application_name(key, applications)
    if name is None:
        what = f'"{key[:60]}" is not configured' if key else "is empty"
        raise PermanentError(
            f"Header.ApplicationKey {what}; the bridge does not know this shop",
            name=ErrorName.ORDER_UNROUTABLE,
            subject="Header.ApplicationKey",
            hint="add it as [applications.NAME] key in config.toml, restart, then: erp-bridge rejects replay ID",
        )
    asked = tuple(_asked(order, applications[name], rules))
    return _settled(order, applications[name], asked)


# --- asking ------------------------------------------------------------------------------------------------------


def _asked(order: SalesOrder, shop: Application, rules: Sequence[Rule]) -> Iterator[Asked]:
    """Each rule until nothing is left, then the shop for what is left."""
    left = list(families(order.lines))
    for number, rule in enumerate(rules):
        judged = judge(rule.when, order, [line for family in left for line in family.lines])
        taken = _taken(rule, left) if all(one.holds for one in judged) else None
        if taken is None:
            yield Asked(number, rule.name, judged, is_split=rule.split and all(one.holds for one in judged))
            continue
        lines = numbers(taken)
        yield Asked(number, rule.name, judged, rule.target, rule.also, rule.split, tuple(sorted(lines)))
        left = [family for family in left if family.lines[0].line_no not in lines]
        if not rule.split or not any(family.is_article for family in left):
            return
    yield Asked(None, shop.name, (), shop.target, shop.also, lines=tuple(sorted(numbers(left))))


def _taken(rule: Rule, left: Sequence[Family]) -> list[Family] | None:
    """What a rule takes whose conditions hold: all, or for a split the articles that are meant; else ``None``."""
    if not rule.split:
        return list(left)
    return [
        family for family in left if family.is_article and any(meant(rule.when, line) for line in family.lines)
    ] or None


# --- settling ----------------------------------------------------------------------------------------------------


def _settled(order: SalesOrder, shop: Application, asked: tuple[Asked, ...]) -> Route:
    takers = [one for one in asked if one.matched]
    confirming = _confirming(shop, takers)
    targets = dict.fromkeys(target for taker in takers for target in _targets(taker))
    copies = tuple(target for target in targets if target != confirming)
    parts = _parts(order, confirming, takers) if any(taker.is_split for taker in takers) else {}
    return Route(shop.name, confirming, copies, parts, asked)


def _targets(taker: Asked) -> tuple[str, ...]:
    return (taker.target, *taker.also)


def _confirming(shop: Application, takers: Sequence[Asked]) -> str:
    """A rule that takes an order whole says who confirms; of a split one, the shop's target if it gets any of it."""
    if any(taker.is_split for taker in takers) and any(shop.target in _targets(taker) for taker in takers):
        return shop.target
    return takers[0].target


def _parts(order: SalesOrder, confirming: str, takers: Sequence[Asked]) -> dict[str, Part]:
    """The rows of each target; what belongs to the order as a whole goes where it is confirmed, and to its copies."""
    common = numbers(family for family in families(order.lines) if not family.is_article)
    bearers = {confirming, *(name for taker in takers if taker.target == confirming for name in taker.also)}
    rows: dict[str, set[int]] = {}
    for taker in takers:
        for target in _targets(taker):
            rows.setdefault(target, set()).update(set(taker.lines) - common)
    every = {line.line_no for line in order.lines}
    parts = {}
    for target, lines in rows.items():
        whole = lines | common if target in bearers else lines
        if not (whole == every and target in bearers):
            parts[target] = Part(tuple(sorted(whole)), charges=target in bearers)
    return parts
