"""What the writers of the parts of an order share: the order, its document of clean texts, the settings.

Not for: which element a fact stands in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from bridge.formats._protocol import not_renderable
from bridge.formats._ubl.names import Leaf, leaf
from bridge.formats._ubl.options import UblOptions
from bridge.formats._ubl.values import Words
from bridge.model import SalesOrder

Document: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scope:
    """One order on its way; ``currency`` is that of each of its amounts."""

    order: SalesOrder
    document: Document
    words: Words
    options: UblOptions
    currency: str

    @classmethod
    def of(cls, order: SalesOrder, document: Document, words: Words, options: UblOptions) -> "Scope":
        """The scope of an order; one without a currency is refused, since each amount of UBL names it."""
        currency = words.code("currency", document.get("currency"))
        if not currency:
            raise not_renderable("currency", "is empty, and each amount of UBL names it", "Have the shop send one")
        return cls(order, document, words, options, currency)

    def amount(self, name: str, path: str, amount: Decimal) -> Leaf | None:
        """An element with an amount and its currency."""
        return leaf(name, self.words.amount(path, amount), ("currencyID", self.currency))

    def party(self, role: str) -> Document:
        """The texts of a party such as ``sold_to``; empty where there is none."""
        return inner(self.document, role)


def inner(document: Document, name: str) -> Document:
    """A document in another; empty where there is none."""
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def member(document: Document, name: str, index: int) -> Document:
    """A document of a list in another."""
    found = document.get(name)
    one = found[index] if isinstance(found, list) and index < len(found) else {}
    return one if isinstance(one, Mapping) else {}
