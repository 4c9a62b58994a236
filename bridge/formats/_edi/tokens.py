"""Segments of a text with separators and a release character, and such text from segments: EDIFACT's way and X12's.

Not for: which signs a file uses, what an envelope is (``_edifact_envelope``), or what a segment means.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

_LINE_ENDS = "\r\n"


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters that part and end; ``release`` is put before one that is meant as a letter, empty where none is.

    ``repetition`` parts values that stand in one element; empty where a file has no such sign.
    """

    component: str
    element: str
    terminator: str
    release: str = ""
    repetition: str = ""

    def special(self) -> str:
        """All of them."""
        return self.component + self.element + self.terminator + self.release + self.repetition


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: its tag and its elements, each a tuple of components; what is not there is empty."""

    tag: str
    elements: tuple[tuple[str, ...], ...]

    def at(self, element: int, component: int = 0) -> str:
        """A component, counted as the directories count elements: from 1; components from 0."""
        try:
            return self.elements[element - 1][component].strip()
        except IndexError:
            return ""

    def components(self, element: int) -> tuple[str, ...]:
        """All components of an element."""
        return self.elements[element - 1] if 0 < element <= len(self.elements) else ()


Part: TypeAlias = str | Sequence[str]


def unwrapped(text: str, signs: Signs) -> str:
    """The text without line ends, which mean nothing wherever they stand, unless one is a separator itself."""
    if any(letter in signs.special() for letter in _LINE_ENDS):
        return text
    return text.replace("\r", "").replace("\n", "")


def end_of_segment(text: str, start: int, signs: Signs) -> int:
    """Where the terminator of the segment that begins at ``start`` stands; -1 when there is none."""
    end = text.find(signs.terminator, start)
    while signs.release and end >= 0 and _is_released(text, start, end, signs.release):
        end = text.find(signs.terminator, end + 1)
    return end


def _is_released(text: str, start: int, end: int, release: str) -> bool:
    """True when an odd number of release characters stands before ``end``: they release one another in pairs."""
    first = end
    while first > start and text[first - 1] == release:
        first -= 1
    return (end - first) % 2 == 1


def parsed(raw: str, signs: Signs) -> Segment:
    """A segment of its text. A release character at the very end stands for itself."""
    raw = raw.strip(" \t\r\n")
    if signs.release and signs.release in raw:
        elements = [_released(element, signs) for element in _parted(raw, signs.element, signs.release)]
    else:
        sign = signs.component
        elements = [tuple(part.split(sign)) if sign in part else (part,) for part in raw.split(signs.element)]
    return Segment(elements[0][0], tuple(elements[1:]))


def _released(element: str, signs: Signs) -> tuple[str, ...]:
    if signs.release not in element:
        return tuple(element.split(signs.component))
    bare = _bare(signs.release)
    return tuple([bare.sub(r"\1", part) for part in _parted(element, signs.component, signs.release)])


def _parted(text: str, separator: str, release: str) -> list[str]:
    """The text parted at each separator that is not released; release characters stay."""
    found: list[str] = []
    start = search = 0
    while (end := text.find(separator, search)) >= 0:
        search = end + 1
        if not _is_released(text, start, end, release):
            found.append(text[start:end])
            start = search
    return [*found, text[start:]]


@lru_cache(maxsize=8)
def _bare(release: str) -> re.Pattern[str]:
    return re.compile(re.escape(release) + "(.)", re.DOTALL)


def written(segments: Iterable[Sequence[Part]], signs: Signs, line_end: str = "") -> str:
    """The text of segments, each a tag and its elements; what is empty at the end of one is left out.

    The signs inside values are released; the caller refuses them where there is no release character.
    """
    write, end = _writer(signs), signs.terminator + line_end
    return "".join([write(segment) + end for segment in segments])


@lru_cache(maxsize=32)
def _writer(signs: Signs) -> Callable[[Sequence[Part]], str]:
    """Writes one segment; made once for each set of signs, since files are many and sets few."""
    special = re.compile(f"([{re.escape(signs.special())}])")
    released = signs.release.replace("\\", "\\\\") + r"\1"
    component_sign, element_sign = signs.component, signs.element

    def safe(value: str) -> str:
        return value if not value or value.isalnum() or not signs.release else special.sub(released, value)

    def element(part: Part) -> str:
        return safe(part) if isinstance(part, str) else _joined([safe(one) for one in part], component_sign)

    return lambda segment: _joined([element(part) for part in segment], element_sign)


def _joined(parts: list[str], sign: str) -> str:
    while parts and not parts[-1]:
        parts.pop()
    return sign.join(parts)
