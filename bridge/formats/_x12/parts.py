"""A set of an answer as its whole and its items, and the facts that qualifiers mark in them.

Partners bend the sequence of segments, so facts are found by tag and qualifier under the nearest item, not by place.
Not for: what the facts amount to (``response``, ``papers``).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
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

    def __init__(self, of: Set, segments: list[Numbered], reader: Reader) -> None:
        self._set = of
        self._reader = reader
        self.segments = segments
        self._by_tag: dict[str, list[Numbered]] = {}
        self._sort(segments)

    def add(self, segments: Sequence[Numbered]) -> None:
        """Take over further segments."""
        self.segments += segments
        self._sort(segments)

    def _sort(self, segments: Sequence[Numbered]) -> None:
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
        if "REF" not in self._by_tag:
            return None
        for qualifier in qualifiers:
            found = self.agreed(f"REF*{qualifier}", self.values("REF", qualifier))
            if found:
                return found
        return None

    def agreed(self, what: str, named: Iterable[str | None]) -> str | None:
        """The one value that is named; raises ``Unreadable`` where there are two, as nobody can tell which is meant."""
        found = list(dict.fromkeys(filter(None, named)))
        if len(found) > 1:
            raise Unreadable(self.place(), f'{what} is both "{shown(found[0])}" and "{shown(found[1])}"')
        return found[0] if found else None

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


@dataclass(frozen=True, slots=True)
class Shape:
    """How a kind of set is parted: what begins it, an item and its end, and what means nothing outside an item."""

    begin: str
    item: str
    ends: frozenset[str]
    inner: str = ""

    def marks(self) -> frozenset[str]:
        """The segments that end an item."""
        return self.ends | {self.begin, self.item}


def blocks_of(of: Set, shape: Shape, reader: Reader) -> tuple[Block, Iterator[Block]]:
    """What a set says as a whole, before its items and behind; and the items, wherever they stand.

    Each item is made when it is asked for, since there may be very many. Raises ``Unreadable`` for a part of an item
    that stands in none: nobody can tell which it is about.
    """
    numbered, marks = list(enumerate(of.segments)), shape.marks()
    places = [index for index, segment in numbered if segment.tag in marks]
    whole = numbered[: places[0] if places else None]
    spans: list[tuple[int, int]] = []
    for start, stop in pairwise([*places, len(numbered)]):
        if numbered[start][1].tag == shape.item:
            spans.append((start, stop))
        else:
            whole += numbered[start:stop]
    rest = Block(of, whole, reader)
    if next(rest.all(shape.inner), None) is not None:
        raise Unreadable(rest.place(shape.inner), f"{shape.inner} stands below no {shape.item}, so it is of no item")
    return rest, (Block(of, numbered[start:stop], reader) for start, stop in spans)


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
