"""On which line of a TOML text each key stands, so that a fault can point at it.

Not for: values, or telling good TOML from bad; ``tomllib`` has read the text before it comes here.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

Place = tuple[str | int, ...]
"""The way to a value: table names, keys, and numbers inside arrays."""

_STRING = re.compile(
    r"""
      "{3} (?: \\. | [^\\] )*? "{3,5}
    | '{3} .*? '{3,5}
    | " (?: \\. | [^"\\\n] )* "
    | ' [^'\n]* '
    """,
    re.DOTALL | re.VERBOSE,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_VALUE = re.compile(r"[^,\]}\n#]+")
_BLANK = re.compile(r"(?:\s|#[^\n]*)+")
_SPACE = re.compile(r"[ \t]+")
_BRACKET = re.compile(_STRING.pattern + r"| [#][^\n]* | [\[\]{}]", re.DOTALL | re.VERBOSE)


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of each place, and which places are headed by a ``[table]`` of their own."""

    keys: Mapping[Place, int]
    tables: frozenset[Place]

    def line_of(self, place: Place) -> int | None:
        """The line of ``place``, or of the nearest thing around it; ``None`` when nothing of it is written."""
        return next((self.keys[place[:n]] for n in range(len(place), 0, -1) if place[:n] in self.keys), None)

    def table_of(self, place: Place) -> Place:
        """The innermost table with a header that holds ``place``, or is it; empty at the top of the file."""
        return next((place[:n] for n in range(len(place), 0, -1) if place[:n] in self.tables), ())


def find_lines(text: str) -> Lines:
    """The lines of a TOML text that ``tomllib`` takes."""
    scanner = _Scanner(text)
    scanner.scan()
    return Lines(scanner.keys, frozenset(scanner.tables))


def is_inside_inline_table(text: str, offset: int) -> bool:
    """True when the innermost bracket that is open at ``offset`` is ``{``; works on broken TOML too."""
    brackets: list[str] = []
    for found in _BRACKET.finditer(text, 0, offset):
        if found[0] in {"[", "{"}:
            brackets.append(found[0])
        elif found[0] in {"]", "}"} and brackets:
            brackets.pop()
    return brackets[-1:] == ["{"]


class _Scanner:
    """Walks a text once; trusts that it is good TOML."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._counts: dict[Place, int] = {}
        self.keys: dict[Place, int] = {}
        self.tables: set[Place] = set()

    def scan(self) -> None:
        table: Place = ()
        while self._skip(_BLANK):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Step over what fits; true while something is left."""
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at < len(self._text)

    def _note(self, place: Place) -> None:
        self.keys.setdefault(place, bisect_right(self._ends, self._at - 1) + 1)

    def _header(self) -> Place:
        in_array = self._text.startswith("[[", self._at)
        self._at += 1 + in_array
        place: Place = ()
        parts = self._key()
        for number, part in enumerate(parts, start=1):
            place = self._inside((*place, part), begins=in_array and number == len(parts))
            self._note(place)
        self._at += 1 + in_array
        self.tables.add(place)
        return place

    def _inside(self, place: Place, *, begins: bool) -> Place:
        """``place``, or its newest item when it is an array of tables."""
        if begins:
            self._note(place)
            self._counts[place] = self._counts.get(place, 0) + 1
        return (*place, self._counts[place] - 1) if place in self._counts else place

    def _key(self) -> list[str]:
        parts = [self._key_part()]
        while self._text[self._at] == ".":
            self._at += 1
            parts.append(self._key_part())
        return parts

    def _key_part(self) -> str:
        self._skip(_SPACE)
        quoted = self._text[self._at] in "\"'"
        found = (_STRING if quoted else _BARE_KEY).match(self._text, self._at)
        part = found[0] if found else self._text[self._at]
        self._at += len(part)
        self._skip(_SPACE)
        return str(tomllib.loads(f"key = {part}")["key"]) if quoted else part

    def _pair(self, table: Place) -> None:
        start = self._at
        place = table
        for part in self._key():
            place = (*place, part)
            self._at, end = start, self._at
            self._note(place)
            self._at = end
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(place)

    def _value(self, place: Place) -> None:
        first = self._text[self._at]
        if first == "[":
            self._array(place)
        elif first == "{":
            self._inline_table(place)
        else:
            self._skip(_STRING if first in "\"'" else _PLAIN_VALUE)

    def _array(self, place: Place) -> None:
        self._at += 1
        number = 0
        while self._skip(_BLANK) and self._text[self._at] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._note((*place, number))
            self._value((*place, number))
            number += 1
        self._at += 1

    def _inline_table(self, place: Place) -> None:
        self._at += 1
        while self._skip(_BLANK) and self._text[self._at] != "}":
            if self._text[self._at] == ",":
                self._at += 1
            else:
                self._pair(place)
        self._at += 1
