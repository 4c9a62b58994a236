"""What may stand in ``[targets.T.enrich]``: names that exist, facts that a rule may change, values that fit.

Amounts and quantities are carried as they came, so no rule changes one; a hook may. Not for: applying a rule
(``enrich``).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_origin

from bridge.config.hooks import hook
from bridge.config.neutral import FIXED, Name, UnknownNameError, parse, split_places
from bridge.config.reader import Reader
from bridge.config.targets import EnrichKeys, Target

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class _Slip:
    """One thing that is wrong: in which table, at which name, what, and how to mend it."""

    table: str
    name: str
    what: str
    hint: str = ""


def check_enrich(reader: Reader, target: Target) -> None:
    """Note every slip at its line; a hook that cannot be loaded keeps only the service from starting."""
    place = ("targets", target.name, "enrich")
    for slip in _slips(target.enrich):
        if slip.table == "drop":
            reader.clash(((*place, "drop", target.enrich.drop.index(slip.name)),), slip.what, slip.hint)
        else:
            reader.clash(split_places((*place, slip.table), slip.name), slip.what, slip.hint)
    if target.enrich.hook:
        try:
            hook(target.enrich.hook, target.enrich.home)
        except ValueError as error:
            reader.later((*place, "hook"), str(error), "a file beside config.toml, or an installed module")


def _slips(keys: EnrichKeys) -> Iterator[_Slip]:
    for table, entries in _tables(keys).items():
        for name, value in entries.items():
            try:
                yield from _slips_of(table, parse(name), value)
            except UnknownNameError as error:
                yield _Slip(table, name, str(error), error.hint)


def _tables(keys: EnrichKeys) -> Mapping[str, Mapping[str, object]]:
    return {"drop": dict.fromkeys(keys.drop), "defaults": keys.defaults, "maps": keys.maps, "derive": keys.derive}


def _slips_of(table: str, name: Name, value: object) -> Iterator[_Slip]:
    if name.text in FIXED:
        yield _Slip(table, name.text, "is what the ERP's answer is matched by, so it stays as it is")
    elif table == "drop":
        if not (name.may_be_missing or name.is_codes or get_origin(name.holds) is tuple) or name.text == "lines":
            yield _Slip(table, name.text, "is a fact that no order can be without")
    elif not name.is_leaf or name.holds not in {str, int}:
        what = "is a group of facts" if not name.is_leaf else f"is {_kind(name.holds)}, which no rule changes"
        yield _Slip(table, name.text, what, "a hook may change anything" if name.is_leaf else "name one of its facts")
    else:
        yield from _slips_of_value(table, name, value)


def _slips_of_value(table: str, name: Name, value: object) -> Iterator[_Slip]:
    values = list(value.values()) if isinstance(value, Mapping) else [value]
    if any(type(one) is not name.holds for one in values):
        yield _Slip(table, name.text, f"holds {_kind(name.holds)}")
    elif table == "derive":
        yield from (_Slip(table, name.text, what, hint) for what, hint in _slips_of_template(name, str(value)))


def _slips_of_template(name: Name, template: str) -> Iterator[tuple[str, str]]:
    for found in PLACEHOLDER.finditer(template):
        part = parse(found[1])
        if not part.is_leaf:
            yield f'"{part.text}" is a group of facts', "name one of its facts"
        elif part.each != name.each[: len(part.each)]:
            yield f'"{part.text}" has many values', f"only a fact below {'.'.join(part.each)} can hold it"
    if re.search("[{}]", PLACEHOLDER.sub("", template)):
        yield "holds a brace that belongs to no name", 'write it like "{customer_order_ref} {comment}"'


def _kind(holds: object) -> str:
    return {"str": "text in quotes", "int": "a whole number", "bool": "true or false"}.get(
        getattr(holds, "__name__", ""),
        "an amount, a date or a word of ours",
    )
