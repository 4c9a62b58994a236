"""``[[routes]]``: which orders, or which of their rows, go to another target than their shop's; as the file has it.

Not for: asking an order (``routing``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from bridge.config.lines import Place
from bridge.config.models import Section
from bridge.config.neutral import flat
from bridge.config.reader import Reader, meant
from bridge.config.targets import Application, Target
from bridge.config.units import Names, frozen_list, shown

ROUTES = "routes"
OF_ROWS = ("any_line_part_no", "any_line_type", "any_line_group")
"""The conditions that choose rows; one row has to meet all that are written."""


def _amount(value: object) -> object:
    """A number of TOML, or text from outside, with the digits that were written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"expects an amount without quotes, like 1000 or 1000.50, not {shown(value)}")  # noqa: TRY004
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ValueError(f"expects an amount without quotes, like 1000 or 1000.50, not {shown(value)}")
    return amount


def _by_code(value: object) -> object:
    return dict(flat(value)) if isinstance(value, Mapping) else value


def _words(what: str) -> Any:
    return Field((), min_length=1, description=what)


Amount = Annotated[Decimal | None, BeforeValidator(_amount)]


class When(Section):
    """``[routes.when]``: all that is written must hold; a list says *one of*, ``*`` and ``?`` stand for any signs."""

    application: Names = _words("Shops by their names in this file.")
    ship_to_country: Names = _words("Country that the goods go to.")
    bill_to_country: Names = _words("Country of the payer.")
    sold_to_country: Names = _words("Country of the buyer.")
    delivery_method: Names = _words("Code of the delivery method.")
    customer_type: Names = _words("person, organization, or the shop's own word.")
    currency: Names = _words("Currency of the order.")
    order_type: Annotated[tuple[int, ...], BeforeValidator(frozen_list)] = _words("Norce's number of the order type.")
    any_line_part_no: Names = _words("Part number of at least one row.")
    any_line_type: Names = _words("Type of at least one row.")
    any_line_group: Names = _words("Type group of at least one row.")
    all_lines_part_no: Names = _words("Part number of each row of goods.")
    info: Annotated[dict[str, Names], BeforeValidator(_by_code)] = Field({}, description="Info types by their codes.")
    total_from: Amount = Field(None, description="Least total of the rows with VAT, in the order's currency.")
    total_to: Amount = Field(None, description="Greatest total of the rows with VAT.")

    @property
    def chooses_rows(self) -> bool:
        """True when some of an order's rows may be meant and others not."""
        return any(getattr(self, key) for key in OF_ROWS)


class RouteKeys(Section):
    """``[[routes]]``: a rule, asked before ``[applications]``; the first that matches wins."""

    name: str = Field("", description="What people call the rule; empty: its number.")
    target: str = Field("", description="Target whose answer confirms the order.")
    also: Names = Field((), description="Further targets that get a copy.")
    split: bool = Field(default=False, description="Only the matching rows go to this target.")
    when: When = Field(When(), description="What must hold.")


class Rule(RouteKeys):
    """``[[routes]]``, named at least by its number, with its line in the file where it has one."""

    line: int | None = None


def routes(reader: Reader) -> tuple[Rule, ...]:
    """Each ``[[routes]]`` in the order of the file."""
    tables = reader.sources.tree.get(ROUTES, [])
    if not isinstance(tables, list):
        reader.fault((ROUTES,), f"expects tables in a list, not {shown(tables)}", "write [[routes]] and its keys below")
        return ()
    return tuple(_rule(reader, number, table) for number, table in enumerate(tables))


def _rule(reader: Reader, number: int, table: object) -> Rule:
    place: Place = (ROUTES, number)
    keys = reader.section(RouteKeys, place, table)
    name = keys.name or f"rule {number + 1}"
    return Rule.model_construct(**{**dict(keys), "name": name}, line=reader.sources.lines.line_of(place))


def check_routes(
    reader: Reader, rules: Iterable[Rule], applications: Mapping[str, Application], targets: Mapping[str, Target]
) -> None:
    """What rules name exists, each can be told from the others and can be met."""
    names: set[str] = set()
    catch_all = ""
    for number, rule in enumerate(rules):
        place: Place = (ROUTES, number)
        _check_targets(reader, place, rule, targets)
        _check_when(reader, place, rule, applications)
        if rule.name in names:
            reader.clash(((*place, "name"),), f'another rule is called "{rule.name}" too', "give each its own")
        if catch_all:
            reader.warn(place, f'is never asked: "{catch_all}" before it takes every order', "move it up")
        names.add(rule.name)
        catch_all = catch_all or ("" if rule.split or rule.when != When() else rule.name)


def _check_targets(reader: Reader, place: Place, rule: Rule, targets: Mapping[str, Target]) -> None:
    if not rule.target:
        reader.clash(((*place, "target"),), "is missing", f"one of: {', '.join(sorted(targets))}")
    else:
        refuse_unknown_target(reader, (*place, "target"), rule.target, targets)
    for at, name in enumerate(rule.also):
        refuse_unknown_target(reader, (*place, "also", at), name, targets)
    if rule.target in rule.also:
        reader.clash(((*place, "also"),), f'"{rule.target}" gets the order already', "remove it")
    for name, times in Counter(rule.also).items():
        if times > 1:
            reader.clash(((*place, "also"),), f'"{name}" is named {times} times', "a target gets an order once")


def refuse_unknown_target(reader: Reader, place: Place, name: str, targets: Mapping[str, Target]) -> None:
    """Note a target that is named and does not exist."""
    if name not in targets:
        hint = meant(name, targets) or f"there are: {', '.join(sorted(targets))}"
        reader.clash((place,), f'no target is called "{name}"', hint)


def _check_words(reader: Reader, place: Place, when: When) -> None:
    """What nothing can ever meet, or what was to be a condition and is none, so that the rule takes every order."""
    if not when.info and "info" in when.model_fields_set:
        reader.clash(((*place, "info"),), "names no info type", 'write { CODE = ["value"] }, or remove it')
    lists: dict[Place, object] = {(key,): getattr(when, key) for key in type(when).model_fields if key != "info"}
    lists |= {("info", code): words for code, words in when.info.items()}
    for key, words in lists.items():
        if key[0] == "info" and not words:
            reader.clash(((*place, *key),), "is empty, so no order matches", 'name a value, or "*" for any')
        if isinstance(words, tuple) and any(isinstance(word, str) and not word.strip() for word in words):
            what = "has an empty word, which nothing matches: what an order does not say fits nothing"
            reader.clash(((*place, *key),), what, "remove it")


def _check_when(reader: Reader, place: Place, rule: Rule, applications: Mapping[str, Application]) -> None:
    when = rule.when
    for at, name in enumerate(when.application):
        if name not in applications:
            hint = meant(name, applications) or f"there are: {', '.join(sorted(applications))}"
            reader.clash(((*place, "when", "application", at),), f'no shop is called "{name}"', hint)
    _check_words(reader, (*place, "when"), when)
    if rule.split and not when.chooses_rows:
        what = "needs a condition that chooses rows"
        reader.clash(((*place, "split"),), what, f"one of {', '.join(OF_ROWS)} in when")
    if when.total_from is not None and when.total_to is not None and when.total_from > when.total_to:
        places = ((*place, "when", "total_to"), (*place, "when", "total_from"))
        reader.clash(places, "is less than total_from, so no order matches", "swap them")
