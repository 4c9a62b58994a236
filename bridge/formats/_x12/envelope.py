"""The envelope of X12 files: ISA, GS, ST, SE, GE, IEA written around a set, and checked around many.

Not for: what a set says. What is wrong with one set is its own fault; a broken interchange counts for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.formats._allowance import LEAST_SEGMENT, Allowance
from bridge.formats._edi.tokens import Part, Segment, Signs, end_of_segment, parsed, unwrapped, written
from bridge.formats._protocol import Unreadable, not_renderable
from bridge.formats._text import decode, shown
from bridge.formats._x12.options import X12Options
from bridge.model import Fault

SET_NUMBER = "0001"
_GROUP_OF_ORDERS = "PO"
_CONTROL_DIGITS = 9
_ISA_ELEMENTS = 16
_LONGEST_ISA = 400
_LONGEST_COUNT = 9
_BLANKS = " \t\r\n"


# --- writing --------------------------------------------------------------------------------------------------------


def enveloped(rows: Sequence[Sequence[Part]], control: int, at: datetime, options: X12Options) -> str:
    """The whole file of one 850; ISA, GS and their ends carry the control number, SE counts ST and itself.

    Raises ``PermanentError`` for a control number that ISA has no room for.
    """
    reference = str(control)
    if len(reference) > _CONTROL_DIGITS:
        raise not_renderable(
            "order_ref", f"has control number {reference}, and ISA has nine digits", "Begin a new journal"
        )
    end = {"none": "", "lf": "\n", "crlf": "\r\n"}[str(options.newline)]
    moment = at.astimezone(ZoneInfo(options.time_zone))
    signs = options.signs()
    segments = [
        _group(reference, moment, options),
        ("ST", "850", SET_NUMBER),
        *rows,
        ("SE", str(len(rows) + 2), SET_NUMBER),
        ("GE", "1", reference),
        ("IEA", "1", reference.zfill(_CONTROL_DIGITS)),
    ]
    return _opening(reference, moment, options, signs) + end + written(segments, signs, end)


def _opening(reference: str, moment: datetime, options: X12Options, signs: Signs) -> str:
    """The 106 characters of ISA, each element as wide as it must be."""
    elements = ["ISA", "00", " " * 10, "00", " " * 10]
    for partner in (options.sender, options.receiver):
        name, _, qualifier = partner.partition(":")
        elements += [qualifier or "ZZ", name.ljust(15)]
    elements += [f"{moment:%y%m%d}", f"{moment:%H%M}", "U", "00401", reference.zfill(_CONTROL_DIGITS)]
    elements += ["1" if options.acknowledgement_request else "0", "T" if options.test_indicator else "P"]
    return signs.element.join([*elements, signs.component]) + signs.terminator


def _group(reference: str, moment: datetime, options: X12Options) -> Sequence[Part]:
    codes = (options.group_sender or options.sender, options.group_receiver or options.receiver)
    sender, receiver = (code.partition(":")[0] for code in codes)
    day = f"{moment.year:04}{moment:%m%d}"
    return "GS", _GROUP_OF_ORDERS, sender, receiver, day, f"{moment:%H%M}", reference, "X", options.version


# --- reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Set:
    """The segments of one set without ST and SE, or one TA1; ``where`` names it among the others of its file."""

    where: str
    kind: str
    segments: tuple[Segment, ...]

    def place(self, index: int) -> str:
        """Where a segment stands, counted as SE counts: ST is the first."""
        return f"{self.where}, segment {index + 2}"


@dataclass(slots=True)
class _Open:
    """A set that has begun."""

    where: str
    number: str
    kind: str
    segments: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Contents:
    """What a file holds, and how many segments it may."""

    allowance: Allowance
    sets: list[Set] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    is_closed: bool = True


def contents(content: bytes, encoding: str) -> Contents:
    """The sets of all interchanges of a file; raises ``Unreadable`` for what is no X12 at all."""
    text = decode(content, encoding).lstrip("\ufeff" + _BLANKS)
    if not text:
        raise Unreadable("file", "it is empty")
    found, place, number = Contents(Allowance(len(text), LEAST_SEGMENT, "segments")), 0, 0
    while place < len(text):
        if not text.startswith("ISA", place):
            if number == 0:
                raise Unreadable("file", "it does not begin with ISA, as X12 does")
            found.faults.append(Fault(f"behind interchange {number}", f'there is "{shown(text[place:])}"'))
            break
        number += 1
        try:
            place = _Interchange(found, number).read(text, place)
        except Unreadable as refusal:
            if number == 1:
                raise
            found.faults.append(refusal.fault)
            found.is_closed = False
            break
        place = _past_blanks(text, place)
    return found


def _signs(text: str, place: int) -> tuple[Signs, int]:
    """The separators that ISA shows, and where it ends.

    They are found by counting elements, since partners do not always fill these up to their widths.
    """
    element = text[place + 3 : place + 4]
    if not element or element.isalnum() or element in _BLANKS:
        raise Unreadable("ISA", f'"{shown(text[place : place + 4])}" shows no sign that parts elements')
    end = place + 2
    for _ in range(_ISA_ELEMENTS):
        end = text.find(element, end + 1, place + _LONGEST_ISA)
        if end < 0:
            raise Unreadable("ISA", "it is cut off, or has fewer than 16 elements")
    component, terminator = text[end + 1 : end + 2], text[end + 2 : end + 3]
    if not terminator:
        raise Unreadable("ISA", "it is cut off")
    if len({element, component, terminator}) < 3 or any(sign.isalnum() for sign in (component, terminator)):  # noqa: PLR2004
        raise Unreadable(
            "ISA", f'"{shown(element + component + terminator)}" are not three signs that can part anything'
        )
    return Signs(component, element, terminator), end + 2


class _Interchange:
    """One interchange while it is read; its sets count once its end agrees with its beginning."""

    def __init__(self, found: Contents, number: int) -> None:
        self._found = found
        self._where = f"interchange {number}"
        self._prefix = f"{self._where}, " if number > 1 else ""
        self._sets: list[Set] = []
        self._faults: list[Fault] = []
        self._open: _Open | None = None
        self._group: Segment | None = None
        self._set_count = self._group_count = self._sets_of_group = 0
        self._broken = ""

    def read(self, text: str, place: int) -> int:
        """Where the interchange ends. Appends to what was found."""
        signs, end = _signs(text, place)
        opening = _segment(text[place:end], signs)
        while True:
            place = _past_blanks(text, end + 1)
            if text.startswith("ISA" + signs.element, place) or place >= len(text):
                return self._cut(place, "it has no IEA")
            end = end_of_segment(text, place, signs)
            self._found.allowance.take()
            if end < 0:
                return self._cut(len(text), f'it ends inside "{shown(text[place:])}"')
            segment = _segment(text[place:end], signs)
            if segment.tag == "IEA":
                self._close(opening, segment)
                return end + 1
            self._take(segment)

    def _cut(self, place: int, why: str) -> int:
        self._found.is_closed = False
        self._found.faults.append(Fault(self._where, f"{why}, so nothing in it counts"))
        return place

    def _close(self, opening: Segment, closing: Segment) -> None:
        self._end_set("SE is missing")
        if self._group is not None:
            self._broken = self._broken or "GE is missing"
        elif not _is_same(closing.at(2), opening.at(13)):
            self._broken = f'IEA is of "{shown(closing.at(2))}" and ISA of "{shown(opening.at(13))}"'
        elif not _counts(closing.at(1), self._group_count):
            self._broken = f"IEA counts {shown(closing.at(1))} and there are {self._group_count}"
        if self._broken:
            self._found.faults.append(Fault(self._where, f"{self._broken}, so nothing in it counts"))
            return
        self._found.sets += self._sets
        self._found.faults += self._faults

    # --- segments -----------------------------------------------------------------------------------------------------

    def _take(self, segment: Segment) -> None:
        match segment.tag:
            case "GS":
                self._begin_group(segment)
            case "GE":
                self._end_group(segment)
            case "ST":
                self._end_set("SE is missing")
                self._begin(segment)
            case "SE":
                self._end(segment)
            case "TA1" if self._open is None and self._group is None:
                self._sets.append(Set(f"{self._prefix}TA1 {len(self._sets) + 1}", "TA1", (segment,)))
            case _ if self._open is not None:
                self._open.segments.append(segment)
            case tag:
                self._stray(tag)

    def _stray(self, tag: str) -> None:
        """One fault for all that stands between two sets."""
        where = f"{self._prefix}behind set {self._set_count}"
        if tag and not any(fault.where == where for fault in self._faults[-1:]):
            self._faults.append(Fault(where, f'"{shown(tag)}" stands in no set'))

    def _begin_group(self, segment: Segment) -> None:
        self._end_set("SE is missing")
        if self._group is not None:
            self._broken = "GE is missing"
        self._group, self._sets_of_group = segment, 0
        self._group_count += 1

    def _end_group(self, segment: Segment) -> None:
        self._end_set("SE is missing")
        opened, self._group = self._group, None
        is_agreed = opened is not None and _is_same(segment.at(2), opened.at(6))
        if not is_agreed or not _counts(segment.at(1), self._sets_of_group):
            self._broken = "GE does not agree with its group"

    def _begin(self, segment: Segment) -> None:
        self._set_count += 1
        self._sets_of_group += 1
        if self._group is None:
            self._broken = "a set stands in no group"
        self._open = _Open(f"{self._prefix}set {self._set_count}", segment.at(2), segment.at(1))

    def _end(self, segment: Segment) -> None:
        opened = self._open
        if opened is None:
            self._stray("SE")
            return
        count = len(opened.segments) + 2
        trouble = ""
        if not _counts(segment.at(1), count):
            trouble = f"SE counts {shown(segment.at(1))} segments and there are {count}"
        elif not _is_same(segment.at(2), opened.number):
            trouble = f'SE is of "{shown(segment.at(2))}" and ST of "{shown(opened.number)}"'
        self._end_set(trouble)

    def _end_set(self, trouble: str) -> None:
        """Keep the open set, if it is in order."""
        opened, self._open = self._open, None
        if opened is None:
            return
        if trouble:
            place = f"{opened.where}, segment {len(opened.segments) + 2}"
            self._faults.append(Fault(place, f"{trouble}; nothing in this set counts"))
        else:
            self._sets.append(Set(opened.where, opened.kind, tuple(opened.segments)))


def _segment(raw: str, signs: Signs) -> Segment:
    """A segment without line ends in it."""
    return parsed(unwrapped(raw, signs) if "\n" in raw or "\r" in raw else raw, signs)


def _past_blanks(text: str, place: int) -> int:
    # Not str.isspace: 1C to 1F are spaces to it, and separators to many partners.
    while place < len(text) and text[place] in _BLANKS:
        place += 1
    return place


def _is_same(told: str, opened: str) -> bool:
    """True for the same control number; zeros in front are filling."""
    return bool(opened) and (told == opened or (_is_number(told) and _is_number(opened) and int(told) == int(opened)))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT


def _counts(told: str, count: int) -> bool:
    return _is_number(told) and int(told) == count
