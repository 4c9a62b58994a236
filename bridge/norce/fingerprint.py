"""When two bodies say the same order: one short value that both give, whatever they were written in.

Not for: telling which order it is (the reference does), nor which application it belongs to (invariant 3 looks at
that by itself).
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import TypeAlias

from bridge.clock import iso
from bridge.model import SalesOrder

_Canonical: TypeAlias = "dict[str, _Canonical] | list[_Canonical] | str | int | bool | None"

_NOT_SENT = ("application", "seller")
"""Fields of an order that our settings fill, not the sender."""

_written = json.JSONEncoder(sort_keys=True).encode


def fingerprint(order: SalesOrder) -> str:
    """The SHA-256 of what the order says, in hex: ``300.00`` is ``300.0``, noon in Stockholm is 11 UTC.

    What is empty is left out, so that a field which a later version adds changes no fingerprint of an order that
    does not use it; two orders across an upgrade stay comparable.
    """
    said = _of_fields(order)
    for name in _NOT_SENT:
        said.pop(name, None)
    return hashlib.sha256(_written(said).encode()).hexdigest()


def _canonical(value: object) -> _Canonical:
    match value:
        case str() | int():
            return value
        case Decimal():
            return _plain(value)
        case tuple():
            return [_canonical(inner) for inner in value]
        case dt.datetime():
            return iso(value)
        case Mapping():
            return {str(name): _canonical(inner) for name, inner in value.items()}
        case _:
            return dict(_of_fields(value))


def _of_fields(value: object) -> dict[str, _Canonical]:
    said: dict[str, _Canonical] = {}
    for name in _names(type(value)):  # type: ignore[arg-type] # a class is hashable
        part = getattr(value, name)
        if part is None or part is False:
            continue
        inner = _canonical(part)
        if inner or type(inner) is int:  # the number 0 says something
            said[name] = inner
    return said


@cache
def _names(kind: type) -> tuple[str, ...]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} has no place in an order")
    return tuple(field.name for field in fields(kind) if field.compare)


def _plain(number: Decimal) -> str:
    """The number without exponent and without zeros that say nothing; exact, whatever the decimal context."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
