"""The simulated ERP's side of each format: one module a format, found by the format's name.

A module has ``EXTENSION``, ``reference(content)``, which finds the order's reference in an order file, raising
``ValueError`` where there is none, and ``answer(said)``, which writes an acknowledgement as that ERP would.

Not for: reading an order whole; the formats' own tests do that.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """What an acknowledgement says of one order; ``status`` is one of the bridge's own words."""

    order_ref: str
    status: str
    erp_order_no: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """How an ERP that speaks one format reads and writes."""

    extension: str
    reference: Callable[[bytes], str]
    answer: Callable[[Said], bytes]


def available() -> list[str]:
    """The formats that the simulated ERP speaks."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def side_of(name: str) -> Side:
    """The side for the format ``name``. Raises ``LookupError`` for one that the simulated ERP does not speak."""
    if name not in available():
        raise LookupError(f'the simulated ERP does not speak "{name}"; it speaks {", ".join(available())}')
    module = importlib.import_module(f"{__name__}.{name}")
    return Side(module.EXTENSION, module.reference, module.answer)
