"""Very many orders quickly: signs of every format in every text, and yet most of them such that a file can hold them.

Not for: anything that one can think of (``tests.support.orders.sales_orders``). There so much is odd that one order in
twenty is written at all; here at least every other one is, so that what is written gets judged.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from bridge.model import Line, Party, SalesOrder
from tests.formats.edifact_orders import Maker

_SIGNS = (*";|,'+:?=@-<>&{}[]\\/#!%*._^~`$", '"', '""', "''", "]]>", "<!--", "-->", "</Order>", "&amp;", "{{ 7 * 7 }}")
_FAKES = (
    "\r\nT;1;2\r\n",
    "\nL0000001",
    "UNT+1+1'UNZ+1+1'",
    "\r\nH",
    '"},{"order_ref":"1"}',
    "sep=,",
    "=1+1",
    "\\u0000",
)
_BREAKS = ("\r\n", "\n", "\r", "\t", "\x00", "\x0b", "\x1a", "\x1d", "\x1f", "\x7f", "\x85", "\u2028", "\ufeff")
_LETTERS = (
    "a",
    "B",
    "7",
    "å",
    "ÄÖ",
    "a\u0308",
    "€",
    "Ł",
    "“",
    "漢",
    "\U0001f600",
    "\ufffe",
    "\u202e",
    "\xa0",
    " ",
    "  ",
)
_TEXT = (*_SIGNS, *_FAKES, *_BREAKS, *_LETTERS, *_LETTERS)
_CODE = (*_SIGNS[:-6], *"ABC123", "å", "Ö", "]]>", "&lt;", "sep=")
_ODD_CODES = ("", " ", " A", "\x00", "A\nB", "\ud800", "漢", "A" * 60)
_ODD_AMOUNTS = tuple(map(Decimal, ("NaN", "1E+40", "1E+3", "-0", "0.0000", "0.00000000001", "Infinity")))
_RARELY = 0.004


class _Hostile(Maker):
    def text(self, most: int = 6) -> str | None:
        if self.chance.random() < 0.2:
            return None
        if self.chance.random() < _RARELY:
            return "\ud800"
        return "".join(self.chance.choices(_TEXT, k=self.chance.randint(1, min(most, 8))))

    def code(self, most: int = 8) -> str:
        if self.chance.random() < _RARELY:
            return self.chance.choice(_ODD_CODES)
        return "".join(self.chance.choices(_CODE, k=self.chance.randint(1, most)))

    def amount(self, low: int = 0) -> Decimal:
        if self.chance.random() < _RARELY:
            return self.chance.choice(_ODD_AMOUNTS)
        return super().amount(low)

    def party(self) -> Party:
        info = {key: value for _ in range(2) if (key := self.text()) and (value := self.text())}
        return replace(super().party(), street=self.text(), city=self.text(), info=info)

    def line(self, number: int) -> Line:
        return replace(super().line(number), info={"Note": self.text() or ""})


def hostile_orders(seed: int, count: int) -> Iterator[SalesOrder]:
    """Orders by a seed; the same seed makes the same orders."""
    maker = _Hostile(seed)
    return (maker.order() for _ in range(count))
