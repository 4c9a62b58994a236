"""A message of an answer as its head, its items and its end, and the facts that qualifiers mark in them.

Partners bend the sequence of segments, so facts are found by tag and qualifier under the nearest item, not by place.
Not for: what the facts amount to (``_edifact_answer``).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias

from bridge.formats._answer.fields import NumberToken
from bridge.formats._edi.tokens import Segment
from bridge.formats._edifact.envelope import Message
from bridge.formats._numbers import day
from bridge.formats._protocol import Unreadable
from bridge.formats._text import one_line, shown

# A quantity or a date below one of these is of a place, a package or a schedule, not of the item.
_ASIDE = frozenset({"SCC", "PAC", "LOC", "ALC", "STG", "QVR"})
_BELOW = frozenset({"QTY", "DTM", "MOA", "RNG"})
# As many digits as a quantity or an amount may have (``_numbers``).
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,10})?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}[.,][0-9]{3}")
_LONG_FORMS = frozenset({"102", "203", "204", "303", "304"})
# Forms whose year has two digits, each with the letters that a date in it has.
_SHORT_FORMS = {"101": 6, "201": 10, "202": 12, "301": 13}
_CENTURY = 2000
_DETAIL = "D"  # UNS between the head and the items; any other ends the items


Numbered: TypeAlias = tuple[int, Segment]


class Block:
    """Segments that belong together, each with its number in the message; found by tag, since files are large."""

    __slots__ = ("_by_tag", "message", "segments")

    def __init__(self, message: Message, segments: Sequence[Numbered]) -> None:
        self.message = message
        self.segments = segments
        self._by_tag: dict[str, list[Numbered]] = {}
        for numbered in segments:
            self._by_tag.setdefault(numbered[1].tag, []).append(numbered)

    def all(self, tag: str) -> Sequence[Numbered]:
        """The segments with this tag."""
        return self._by_tag.get(tag, ())

    def of_item(self, tag: str) -> Iterable[Numbered]:
        """The same without those of places, packages and schedules."""
        return self._not_aside(tag) if tag in self._by_tag and not _ASIDE.isdisjoint(self._by_tag) else self.all(tag)

    def _not_aside(self, tag: str) -> Iterator[Numbered]:
        is_aside = False
        for index, segment in self.segments:
            if segment.tag == tag and not is_aside:
                yield index, segment
            elif segment.tag not in _BELOW:
                is_aside = segment.tag in _ASIDE

    def values(self, tag: str, qualifier: str, component: int = 1) -> list[str]:
        """The different values that a qualifier marks, in the order they came."""
        if tag not in self._by_tag:
            return []
        found = [segment.at(1, component) for _, segment in self.all(tag) if segment.at(1) == qualifier]
        return found if len(found) == 1 and found[0] else list(dict.fromkeys(filter(None, found)))

    def reference(self, *qualifiers: str) -> str | None:
        """The one reference of the first of the qualifiers that is there.

        Raises ``Unreadable`` where one qualifier marks two of them: nobody can tell which is meant.
        """
        for qualifier in qualifiers if "RFF" in self._by_tag else ():
            found = self.values("RFF", qualifier)
            if len(found) > 1:
                raise Unreadable(
                    self.place("RFF"), f'RFF+{qualifier} names both "{shown(found[0])}" and "{shown(found[1])}"'
                )
            if found:
                return found[0]
        return None

    def quantity(self, *qualifiers: str) -> NumberToken | None:
        """The quantity of the first of the qualifiers that is there."""
        return self._number("QTY", qualifiers)

    def amount(self, *qualifiers: str) -> NumberToken | None:
        """The same of amounts."""
        return self._number("MOA", qualifiers)

    def price(self) -> NumberToken | None:
        """The net price of a unit; a price of several units is none that we could compare."""
        for index, segment in self.all("PRI"):
            if segment.at(1) == "AAA" and segment.at(1, 4) in {"", "1"} and segment.at(1, 1):
                return number(self.message, index, segment.at(1, 1))
        return None

    def _number(self, tag: str, qualifiers: Sequence[str]) -> NumberToken | None:
        there = list(self.of_item(tag))
        for qualifier in qualifiers:
            for index, segment in there:
                if segment.at(1) == qualifier and segment.at(1, 1):
                    return number(self.message, index, segment.at(1, 1))
        return None

    def day(self, warnings: list[str], *qualifiers: str) -> str | None:
        """The date of the first of the qualifiers that is there, as ISO has it; one in another form is warned of."""
        there = list(self.of_item("DTM"))
        for qualifier in qualifiers if there else ():
            for _, segment in there:
                if segment.at(1) == qualifier and segment.at(1, 1):
                    return _day(segment, warnings)
        return None

    def text(self, tag: str, qualifiers: frozenset[str]) -> str | None:
        """The free texts with these qualifiers as one."""
        if tag not in self._by_tag:
            return None
        parts = []
        for _, segment in self.all(tag):
            if segment.at(1) in qualifiers:
                coded = [segment.at(3)] if segment.at(3) else []
                parts.append(" ".join([*coded, *(part for part in segment.components(4) if part)]))
        return " / ".join(dict.fromkeys(filter(None, map(one_line, parts)))) or None

    def place(self, tag: str = "") -> str:
        """Where the first segment with this tag stands, else the block's first."""
        index = next((index for index, segment in self.segments if segment.tag == tag or not tag), 0)
        return self.message.place(index)


def blocks_of(message: Message) -> tuple[Block, list[Block], Block]:
    """The head of a message, its items, and what stands behind them: each segment below the nearest LIN or UNS.

    An item is one wherever it stands; UNS+D only says that the items come now.
    """
    numbered = list(enumerate(message.segments))
    starts = [index for index, segment in numbered if segment.tag == "LIN" or _ends_items(segment)]
    items: list[Block] = []
    end: list[Numbered] = []
    for start, stop in pairwise([*starts, len(numbered)]):
        if numbered[start][1].tag == "LIN":
            items.append(Block(message, numbered[start:stop]))
        else:
            end += numbered[start:stop]
    return Block(message, numbered[: starts[0]] if starts else numbered), items, Block(message, end)


def _ends_items(segment: Segment) -> bool:
    return segment.tag == "UNS" and segment.at(1) != _DETAIL


def number(message: Message, index: int, text: str) -> NumberToken:
    """A number of a segment; raises ``Unreadable`` for what is none, or can be read in two ways.

    EDIFACT parts no thousands; a partner who does so against the mark of his own UNA is refused.
    """
    is_foreign = bool(message.mark) and (("," if message.mark == "." else ".") in text)
    if not _NUMBER.fullmatch(text) or (is_foreign and _THOUSANDS.fullmatch(text)):
        raise Unreadable(message.place(index), f'"{shown(text)}" is not a number with "{message.mark or "."}"')
    return NumberToken(text.replace(",", "."))


def decimal_of(token: str | None) -> Decimal | None:
    """The number of a token."""
    return None if token is None else Decimal(token)


def _day(segment: Segment, warnings: list[str]) -> str | None:
    text, form = segment.at(1, 1), segment.at(1, 2)
    try:
        found = _dated(text, form)
    except ValueError:
        found = None
        warnings.append(f'the date "{shown(text)}" in form {form or "(none)"} is not understood')
    return None if found is None else found.isoformat()


def _dated(text: str, form: str) -> date | None:
    length = _SHORT_FORMS.get(form)
    if length is None:
        return day(text[:8] if form in _LONG_FORMS else text, "")
    if len(text) != length:
        raise ValueError(f"a date in form {form} has {length} letters")
    return day(f"{_CENTURY // 100}{text[:6]}", "")


def different(values: Iterable[str | None]) -> list[str]:
    """The different values that are there."""
    return list(dict.fromkeys(value for value in values if value))
