"""A set of an answer as its head, its items and its end, and the facts that qualifiers mark in them.

Partners bend the sequence of segments, so facts are found by tag and qualifier under the nearest item, not by place.
Not for: what the facts amount to (``response``, ``papers``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TypeAlias

from bridge.formats._answer.fields import NumberToken
from bridge.formats._edi.tokens import Segment
from bridge.formats._numbers import day, plain
from bridge.formats._options import Dialect
from bridge.formats._protocol import Unreadable
from bridge.formats._text import one_line, shown
from bridge.formats._x12.codes import Codes
from bridge.formats._x12.envelope import Set

# As many digits as a quantity or an amount may have (``_numbers``); X12 writes a point, and no thousands.
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})")
_CENTS = re.compile(r"-?[0-9]{1,15}")
_SHORT_DAY = re.compile(r"[0-9]{6}")
_CENTURY = "20"
_TEXTS = frozenset({"MSG", "NTE"})

Numbered: TypeAlias = tuple[int, Segment]


@dataclass(frozen=True, slots=True)
class Reader:
    """What a target says of its codes, and how it words numbers, dates and statuses."""

    codes: Codes
    dialect: Dialect
    decimal: str = "."
    date: str = ""


class Block:
    """Segments that belong together, each with its number in the set; found by tag, since files are large."""

    __slots__ = ("_by_tag", "_reader", "_set", "segments")

    def __init__(self, of: Set, segments: Sequence[Numbered], reader: Reader) -> None:
        self._set = of
        self._reader = reader
        self.segments = segments
        self._by_tag: dict[str, list[Numbered]] = {}
        for numbered in segments:
            self._by_tag.setdefault(numbered[1].tag, []).append(numbered)

    def all(self, tag: str) -> Iterator[Segment]:
        """The segments with this tag."""
        return (segment for _, segment in self._by_tag.get(tag, ()))

    def only(self, tag: str) -> Segment:
        """The one segment with this tag; raises ``Unreadable`` where there are none or several."""
        found = self._by_tag.get(tag, ())
        if len(found) != 1:
            what = "is missing" if not found else "stands twice"
            raise Unreadable(self.place(tag), f"{tag} {what}, so nothing says what this is")
        return found[0][1]

    def values(self, tag: str, qualifier: str) -> list[str]:
        """The different values that a qualifier marks, in the order they came."""
        if tag not in self._by_tag:
            return []
        found = (segment.at(2) for segment in self.all(tag) if segment.at(1) == qualifier)
        return list(dict.fromkeys(filter(None, found)))

    def reference(self, *qualifiers: str) -> str | None:
        """The one reference of the first of the qualifiers that is there.

        Raises ``Unreadable`` where one qualifier marks two of them: nobody can tell which is meant.
        """
        for qualifier in qualifiers:
            found = self.values("REF", qualifier)
            if len(found) > 1:
                what = f'REF*{qualifier} names both "{shown(found[0])}" and "{shown(found[1])}"'
                raise Unreadable(self.place("REF"), what)
            if found:
                return found[0]
        return None

    def number(self, segment: Segment, element: int) -> NumberToken | None:
        """A quantity or an amount; raises ``Unreadable`` for what is none."""
        text = segment.at(element)
        bare = text.replace(self._reader.decimal, ".")
        if text and not _NUMBER.fullmatch(bare):
            raise Unreadable(self.place(segment.tag), f'"{shown(text)}" in {segment.tag}{element:02} is not a number')
        return NumberToken(bare) if text else None

    def cents(self, segment: Segment, element: int) -> NumberToken | None:
        """An amount with two digits behind a mark that is not written."""
        text = segment.at(element)
        if text and not _CENTS.fullmatch(text):
            raise Unreadable(
                self.place(segment.tag), f'"{shown(text)}" in {segment.tag}{element:02} is no whole number'
            )
        return NumberToken(plain(Decimal(text).scaleb(-2))) if text else None

    def on(self, text: str, warnings: list[str]) -> str | None:
        """A date as ISO has it; one in another form is warned of."""
        if not text:
            return None
        try:
            found = self._dated(text)
        except ValueError:
            warnings.append(f'the date "{shown(text)}" is not understood')
            return None
        return None if found is None else found.isoformat()

    def _dated(self, text: str) -> date | None:
        return day(_CENTURY + text if _SHORT_DAY.fullmatch(text) and not self._reader.date else text, self._reader.date)

    def day(self, warnings: list[str], *qualifiers: str) -> str | None:
        """The date of the first of the qualifiers that is there, in DTM."""
        if "DTM" not in self._by_tag:
            return None
        for qualifier in qualifiers:
            for text in self.values("DTM", qualifier):
                return self.on(text, warnings)
        return None

    def text(self) -> str | None:
        """The free texts of MSG and NTE as one."""
        if self._by_tag.keys().isdisjoint(_TEXTS):
            return None
        found = [*(segment.at(1) for segment in self.all("MSG")), *(segment.at(2) for segment in self.all("NTE"))]
        return " / ".join(dict.fromkeys(filter(None, map(one_line, found)))) or None

    def place(self, tag: str = "") -> str:
        """Where the first segment with this tag stands, else the block's first."""
        named = self._by_tag.get(tag) or self.segments
        return self._set.place(named[0][0]) if named else self._set.where


def blocks_of(of: Set, item: str, end: frozenset[str], reader: Reader) -> tuple[Block, Iterator[Block], Block]:
    """The head of a set; its items, each made when it is asked for, since there may be very many; and the end."""
    numbered = list(enumerate(of.segments))
    starts = [index for index, segment in numbered if segment.tag == item]
    first = starts[0] if starts else 0
    stop = next((index for index, segment in numbered if index >= first and segment.tag in end), len(numbered))
    starts = [start for start in starts if start < stop]
    items = (Block(of, numbered[start:until], reader) for start, until in pairwise([*starts, stop]))
    return Block(of, numbered[: starts[0] if starts else stop], reader), items, Block(of, numbered[stop:], reader)


def article_numbers(segment: Segment, first: int) -> list[tuple[str, str]]:
    """The numbers of an article with their kinds, which stand in pairs of elements: kind, number."""
    pairs = [(segment.at(place + 1), segment.at(place)) for place in range(first, len(segment.elements), 2)]
    return [(number, kind) for number, kind in pairs if number]


def part_no_of(numbers: Sequence[tuple[str, str]]) -> str | None:
    """The shop's own number of an article, else the first one."""
    ours = next((number for number, kind in numbers if kind in {"BP", "IN"}), None)
    return ours or next((number for number, _ in numbers), None)


def decimal_of(token: str | None) -> Decimal | None:
    """The number of a token."""
    return None if token is None else Decimal(token)
