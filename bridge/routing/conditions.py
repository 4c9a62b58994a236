"""What the conditions of a rule say of an order: each one judged, with what was wanted and what was found.

Not for: what follows from it (``way.py``).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.config.routes import OF_ROWS, When
from bridge.model import Line, Party, SalesOrder
from bridge.patterns import fits
from bridge.roles import Role

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Judged:
    """One condition of a rule: its key, what it wants, what the order has, and whether that fits."""

    key: str
    wanted: str
    found: str
    holds: bool


def judge(when: When, order: SalesOrder, rows: Sequence[Line]) -> tuple[Judged, ...]:
    """Every condition that is written, judged; ``rows`` are those that no rule before has taken."""
    return (*_of_order(when, order), *_of_rows(when, rows))


def meant(when: When, line: Line) -> bool:
    """Whether a row meets every condition that chooses rows."""
    return all(_fits(getattr(when, key), _VALUES_OF_ROW[key](line)) for key in OF_ROWS if getattr(when, key))


def _country(party: Party | None) -> str | None:
    return party.country if party else None


_VALUES: Mapping[str, Callable[[SalesOrder], str | int | None]] = {
    "application": lambda order: order.application,
    "ship_to_country": lambda order: _country(order.ship_to),
    "bill_to_country": lambda order: _country(order.bill_to),
    "sold_to_country": lambda order: _country(order.sold_to),
    "delivery_method": lambda order: order.delivery.method,
    "customer_type": lambda order: order.customer_type,
    "currency": lambda order: order.currency,
    "order_type": lambda order: order.order_type,
}
_VALUES_OF_ROW: Mapping[str, Callable[[Line], str | None]] = {
    "any_line_part_no": lambda line: line.part_no,
    "any_line_type": lambda line: line.type,
    "any_line_group": lambda line: line.group,
}


def _of_order(when: When, order: SalesOrder) -> Iterator[Judged]:
    for key, value_of in _VALUES.items():
        if getattr(when, key):
            yield _one_of(key, getattr(when, key), value_of(order))
    for code, words in when.info.items():
        yield _one_of(f"info.{code}", words, order.info.get(code))
    if when.total_from is not None or when.total_to is not None:
        yield _amount(when, order)


def _one_of(key: str, words: Sequence[str | int], value: str | int | None) -> Judged:
    return Judged(key, _listed(words), NOTHING if _is_missing(value) else str(value), _fits(words, value))


def _amount(when: When, order: SalesOrder) -> Judged:
    total = sum((line.line_gross for line in order.lines), Decimal())
    limits = (("at least", when.total_from), ("at most", when.total_to))
    wanted = " and ".join(f"{word} {limit:f}" for word, limit in limits if limit is not None)
    least = total if when.total_from is None else when.total_from
    most = total if when.total_to is None else when.total_to
    return Judged("total", wanted, f"{total:f}", least <= total <= most)


def _of_rows(when: When, rows: Sequence[Line]) -> Iterator[Judged]:
    """The conditions on rows; those that choose some are judged together, since one row has to meet them all."""
    if when.chooses_rows:
        keys = [key for key in OF_ROWS if getattr(when, key)]
        wanted = " and ".join(_listed(getattr(when, key)) for key in keys)
        found = [line.line_no for line in rows if meant(when, line)]
        yield Judged(" and ".join(keys), wanted, lines_told(found), bool(found))
    if when.all_lines_part_no:
        yield _of_all(when.all_lines_part_no, [line for line in rows if line.role is Role.GOODS])


def _of_all(words: Sequence[str], goods: Sequence[Line]) -> Judged:
    others = [line.line_no for line in goods if not _fits(words, line.part_no)]
    found = f"another on {lines_told(others)}" if others else "on each line"
    return Judged("all_lines_part_no", _listed(words), found if goods else NOTHING, bool(goods) and not others)


def lines_told(numbers: Sequence[int]) -> str:
    """Row numbers in words."""
    if not numbers:
        return "no line"
    return f"{'line' if len(numbers) == 1 else 'lines'} {', '.join(map(str, numbers))}"


def _listed(words: Sequence[str | int]) -> str:
    return " or ".join(map(str, words))


def _fits(words: Sequence[str | int], value: str | int | None) -> bool:
    """Whether a value is one of the words, case and surrounding blanks aside."""
    return value is not None and fits(map(str, words), str(value))


def _is_missing(value: str | int | None) -> bool:
    return value is None or not str(value).strip()
