"""Orders that keep Peppol's rules, with one of the facts spoilt that the rules look at; some spoils are harmless."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from bridge.model import Charge, Line, Party, PartyKind, PickupStore, SalesOrder

_TINY, _HUGE = Decimal("1E-10"), Decimal("9E14")
_BAD_PARTIES: dict[str, tuple[Any, ...]] = {
    "country": (None, "", "se", "SWE", "XX", "AN", "1A", "EL", " "),
    "gln": ("7350000000008", "", "abc", "0", "00", "735", "73500000000091"),
    "vat_no": ("5560360793", "XX1", "EL1", "XI1", "S", "se1", " SE1"),
    "name": (None, "", " ", "\ufffe", "\n", "\u200b", "\x00"),
}
_BAD_LINES: dict[str, tuple[Any, ...]] = {
    "unit": (None, "", "dozen", " "),
    "unit_price": (Decimal(-1), Decimal(0), Decimal("-0"), _TINY, _HUGE),
    "qty": (Decimal(-1), Decimal(0), Decimal("-0.0"), _TINY, _HUGE),
    "unit_price_original": (Decimal(-5), Decimal(0), _TINY, _HUGE),
    "vat_rate": (Decimal(-25), Decimal(0), Decimal("0.00"), Decimal("1E-8")),
    "line_no": (0, -1, 1, 2),
    "text": ("\ufffe", " ", "\n", "\u00a0"),
    "gtin": ("x", " ", ""),
}


def spoilt(order: SalesOrder, chance: random.Random) -> SalesOrder:
    """The order with one fact spoilt."""
    role = chance.choice(("sold_to", "bill_to", "ship_to"))
    party = getattr(order, role) or Party(PartyKind.PERSON, name="A", street="B", country="SE")
    index = chance.randrange(len(order.lines))
    line = order.lines[index]
    spoils: list[Callable[[], SalesOrder]] = [
        partial(_with_party, order, role, _changed(party, name, chance.choice(bad)))
        for name, bad in _BAD_PARTIES.items()
    ]
    spoils += [
        partial(_with_line, order, index, _changed(line, name, chance.choice(bad))) for name, bad in _BAD_LINES.items()
    ]
    spoils += [
        partial(_with_party, order, role, None),
        partial(_with_line, order, index, replace(line, text=None, part_no=None, erp_part_no=None)),
        lambda: replace(order, currency=chance.choice(("", "sek", "XXX", "SEKK", "S K"))),
        lambda: replace(order, lines=(*order.lines, line)),
        lambda: replace(order, discounts=(Charge(text="<", amount=Decimal(10) ** 14),)),
        lambda: replace(order, fees=(Charge(amount=Decimal("-0")), Charge(text=" ", amount=Decimal("-1.005")))),
        lambda: replace(order, delivery=replace(order.delivery, pickup=PickupStore("S"))),
    ]
    return chance.choice(spoils)()


def _changed(of: Any, name: str, value: object) -> Any:
    return replace(of, **{name: value})


def _with_party(order: SalesOrder, role: str, party: Party | None) -> SalesOrder:
    changed: SalesOrder = _changed(order, role, party)
    return changed


def _with_line(order: SalesOrder, index: int, line: Line) -> SalesOrder:
    return replace(order, lines=(*order.lines[:index], line, *order.lines[index + 1 :]))
