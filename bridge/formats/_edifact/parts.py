"""A message of an answer as its head, its items and its end, and the facts that qualifiers mark in them.

Partners bend the sequence of segments, so facts are found by tag and qualifier under the nearest item, not by place.
Not for: what the facts amount to (``_edifact_answer``).
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
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
# Below one of these it may be of that alone, or stand there only because a partner bends the sequence.
_NEARBY = frozenset({"RFF", "DOC", "CUX", "PRI", "APR", "RCS", "PCI", "DGS", "SGP"})
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

    def of_item(self, tag: str) -> Sequence[Numbered]:
        """The same without those of places, packages and schedules."""
        there = self._by_tag.get(tag, ())
        return there if not there or _ASIDE.isdisjoint(self._by_tag) else list(self._not_aside(tag))

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
        """The one reference of the first of the qualifiers that is there; raises ``Unreadable`` as ``only`` does."""
        for qualifier in qualifiers if "RFF" in self._by_tag else ():
            if found := self.values("RFF", qualifier):
                return self.only("RFF", f"RFF+{qualifier}", found)
        return None

    def only(self, tag: str, what: str, values: Iterable[str | None]) -> str | None:
        """The one value that segments with this tag tell, if any does.

        Raises ``Unreadable`` where they tell two different ones: nobody can tell which is meant.
        """
        found = different(values)
        if len(found) > 1:
            raise Unreadable(self.place(tag), _both(what, found[0], found[1]))
        return found[0] if found else None

    def begin(self) -> Segment | None:
        """The BGM, which may be told twice. Raises ``Unreadable`` for a second one that says something else."""
        found = self._by_tag.get("BGM", [])
        for index, segment in found[1:]:
            if segment != found[0][1]:
                raise Unreadable(self.message.place(index), "this BGM says something else than the one before it")
        del found[1:]  # each of many orders asks for it
        return found[0][1] if found else None

    def quantity(self, *qualifiers: str) -> NumberToken | None:
        """The quantity of the first of the qualifiers that is there.

        Raises ``Unreadable`` where it is told twice and differs, unless one of the two may be of something nearby.
        """
        return self._number("QTY", qualifiers)

    def amount(self, *qualifiers: str) -> NumberToken | None:
        """The same of amounts."""
        return self._number("MOA", qualifiers)

    def price(self) -> NumberToken | None:
        """The net price of a unit; a price of several units is none that we could compare."""
        found = [
            number(self.message, index, segment.at(1, 1))
            for index, segment in self._by_tag.get("PRI", ())
            if segment.at(1) == "AAA" and segment.at(1, 4) in {"", "1"} and segment.at(1, 1)
        ]
        if len(set(map(Decimal, found))) > 1:
            self.only("PRI", "PRI+AAA", found)
        return found[0] if found else None

    def _number(self, tag: str, qualifiers: Sequence[str]) -> NumberToken | None:
        found = self._marked(tag, qualifiers)
        if not found:
            return None
        index, segment = found[0] if len(found) == 1 else self._agreed(found, self._amount_of)
        return number(self.message, index, segment.at(1, 1))

    def day(self, warnings: list[str], *qualifiers: str) -> str | None:
        """The date of the first of the qualifiers that is there, as ISO has it; one in another form is warned of.

        Raises ``Unreadable`` as ``quantity`` does.
        """
        found = self._marked("DTM", qualifiers)
        if not found:
            return None
        chosen = found[0] if len(found) == 1 else self._agreed(found, _day_of)
        told = _day_of(chosen)
        if isinstance(told, str):
            form = chosen[1].at(1, 2) or "(none)"
            warnings.append(f'the date "{shown(told)}" in form {form} is not understood')
            return None
        return None if told is None else told.isoformat()

    def _marked(self, tag: str, qualifiers: Sequence[str]) -> Sequence[Numbered]:
        """What the first of the qualifiers that is there marks of the item itself."""
        if tag not in self._by_tag:
            return ()
        there = self.of_item(tag)
        for qualifier in qualifiers:
            found = [one for one in there if one[1].at(1) == qualifier and one[1].at(1, 1)]
            if found:
                return found
        return ()

    def _agreed(self, found: Sequence[Numbered], meaning: Callable[[Numbered], Hashable]) -> Numbered:
        """One for all that say the same; where they differ, those below something nearby do not count."""
        if len(set(map(meaning, found))) == 1:
            return found[0]
        own = self._own(found)
        if len(set(map(meaning, own))) == 1:
            return own[0]
        first = found[0][1]
        index, other = next(one for one in found if meaning(one) != meaning(found[0]))
        what = _both(f"{first.tag}+{first.at(1)}", first.at(1, 1), other.at(1, 1))
        raise Unreadable(self.message.place(index), what)

    def _own(self, found: Iterable[Numbered]) -> list[Numbered]:
        """Those of them that do not stand below a reference, a price or a package."""
        nearby, below = "", set[int]()
        for index, segment in self.segments:
            if segment.tag not in _BELOW:
                nearby = segment.tag
            elif nearby in _NEARBY:
                below.add(index)
        return [one for one in found if one[0] not in below]

    def _amount_of(self, numbered: Numbered) -> Decimal:
        return Decimal(number(self.message, numbered[0], numbered[1].at(1, 1)))

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


def _day_of(numbered: Numbered) -> date | str | None:
    """The date of a DTM, the text of one that is not understood, or nothing."""
    _, segment = numbered
    text, form = segment.at(1, 1), segment.at(1, 2)
    try:
        return _dated(text, form)
    except ValueError:
        return text


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


def _both(what: str, one: str, other: str) -> str:
    return f'{what} names both "{shown(one)}" and "{shown(other)}"'
