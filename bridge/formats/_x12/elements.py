"""Values in the room of X12's elements, which have a least length too, and hold no blanks at their ends.

Not for: letters and tables (``_edi/values``), nor which element a value goes to (``order``, ``rows``).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from bridge.formats._edi.values import Values
from bridge.formats._numbers import plain
from bridge.formats._protocol import not_renderable
from bridge.formats._text import shown

_CENT = Decimal("0.01")
_CENTS_DIGITS = 15
_ENOUGH = 60


@dataclass(frozen=True, slots=True)
class Elements:
    """Values as X12 can hold them. What cannot be written raises ``PermanentError`` by the field that is named."""

    values: Values

    def code(self, path: str, value: object, room: tuple[int, int]) -> str:
        """A reference, number or code, without blanks at its ends: else unchanged, or refused. Blank is none."""
        bare = value.strip() if isinstance(value, str) else value
        return self._long_enough(path, self.values.code(path, bare, room[1]), room)

    def text(self, path: str, value: object, room: tuple[int, int]) -> str:
        """Free text in one element."""
        return self._long_enough(path, next(iter(self.lines(path, value, (room[1], 1))), ""), room)

    def lines(self, path: str, value: object, room: tuple[int, int]) -> list[str]:
        """Free text in several elements: ``room`` is the letters of one and how many there are at most."""
        return _bare(self.values.lines(path, _stripped(value), room))

    def whole(self, path: str, value: object, width: int) -> list[str]:
        """Free text in as many parts as it needs."""
        return _bare(self.values.whole(path, _stripped(value), width))

    def mapped(self, path: str, value: object, name: str, room: tuple[int, int]) -> str:
        """The word of a table, or what its rule for the rest makes of it."""
        return self.code(path, self.values.mapped(path, value, name), room)

    def amount(self, path: str, value: Decimal | None, digits: int) -> str:
        """An amount with the digits that it came with."""
        return self.values.amount(path, value, digits)

    def quantity(self, path: str, value: Decimal, digits: int) -> str:
        """A quantity without zeros behind its last digit."""
        return self.values.quantity(path, value, digits)

    def cents(self, path: str, value: Decimal) -> str:
        """An amount as a whole number of cents, rounded where it has more digits; see :func:`is_in_cents`."""
        try:
            plain(value)
        except ValueError as error:
            raise not_renderable(path, f"cannot be written: {error}", "Have the shop send a sane amount") from error
        with localcontext(prec=_ENOUGH):
            rounded = value.quantize(_CENT, ROUND_HALF_UP).scaleb(2).quantize(Decimal(1))
        if len(rounded.as_tuple().digits) > _CENTS_DIGITS:
            raise not_renderable(path, f"has more than {_CENTS_DIGITS} digits", "Have the shop send a sane amount")
        return f"{rounded:f}" if rounded else "0"

    def _long_enough(self, path: str, text: str, room: tuple[int, int]) -> str:
        if text and len(text) < room[0]:
            what = f'"{shown(text)}" has {len(text)} letters, and X12 wants {room[0]} at least'
            raise not_renderable(path, what, "Have the shop send it otherwise, or mend it in [targets.NAME.enrich]")
        return text


def is_in_cents(value: Decimal) -> bool:
    """True for an amount that cents can tell without rounding."""
    with localcontext(prec=_ENOUGH):
        return not value.is_finite() or value == value.quantize(_CENT, ROUND_HALF_UP)


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _bare(parts: list[str]) -> list[str]:
    return [bare for part in parts if (bare := part.strip())]
