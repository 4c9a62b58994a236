"""One value on its way into a UBL document: as XML can hold it, or refused by its name.

Not for: which element it goes to (``order``, ``parties``, ``rows``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from bridge.formats._edi.letters import UTF_8, Letters
from bridge.formats._edi.values import Values
from bridge.formats._options import word
from bridge.formats._protocol import not_renderable
from bridge.formats._text import shown
from bridge.formats._xml_tree import holdable

CENT = Decimal("0.01")
ENOUGH = 60
"""Digits to reckon with; two numbers within bounds never need more."""
_DIGITS = 40


def cents(amount: Decimal) -> Decimal:
    """An amount in cents, as those of lines are; half a cent goes up."""
    with localcontext(prec=ENOUGH):
        return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Words:
    """Values as a document can hold them; blank is none, which is ``""``."""

    values: Values

    @classmethod
    def of(cls, tables: Mapping[str, Mapping[str, str]]) -> "Words":
        """Values with the tables of the settings, each of which has a rule for the rest."""
        spelt = {name: {word(key): instead for key, instead in table.items()} for name, table in tables.items()}
        return cls(Values(Letters.of("UNOY", UTF_8, "refuse"), tables=spelt))

    def code(self, path: str, value: object) -> str:
        """A reference, number or code: whole and in one line, or refused."""
        if value is None:
            return ""
        text = _flat(value)
        if not text.isascii() and holdable(text) != text:
            raise not_renderable(
                path, f'"{shown(text)}" holds a letter that XML cannot', "Have the shop send it without"
            )
        return text if text.strip() else ""

    def text(self, value: object) -> str:
        """Free text in one line."""
        return "" if value is None else _passable(_flat(value))

    def note(self, value: object) -> str:
        """Free text with its line ends."""
        return "" if value is None else _passable(str(value))

    def amount(self, path: str, value: Decimal) -> str:
        """An amount with its digits, in plain notation."""
        return self.values.amount(path, value, _DIGITS)

    def quantity(self, path: str, value: Decimal) -> str:
        """A quantity or a rate without zeros behind its last digit."""
        return self.values.quantity(path, value, _DIGITS)

    def mapped(self, path: str, value: object, table: str) -> str:
        """The word of a table, or what its rule for the rest makes of it."""
        return self.code(path, self.values.mapped(path, value, table))


def _flat(value: object) -> str:
    return str(value).replace("\n", " ")


def _passable(text: str) -> str:
    held = text if text.isascii() else holdable(text)
    return held if held.strip() else ""
