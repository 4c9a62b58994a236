"""The envelope of EDIFACT files: UNA, UNB, UNH, UNT, UNZ written around a message, and checked around many.

Not for: what a message says. What is wrong with one message is its own fault; a broken interchange counts for nothing.
"""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.formats._allowance import LEAST_SEGMENT, Allowance
from bridge.formats._edi.letters import codec_of
from bridge.formats._edi.tokens import Part, Segment, Signs, end_of_segment, parsed, unwrapped, written
from bridge.formats._edifact.options import EdifactOptions
from bridge.formats._protocol import Unreadable
from bridge.formats._text import AUTO, decode, shown
from bridge.model import Fault

_VERSIONS = {"D96A": "96A", "D01B": "01B"}
_FULL_SYNTAX = frozenset({"UNOW", "UNOX", "UNOY"})
_USUAL = Signs(":", "+", "'", "?")
_SIGN_COUNT = 6
_HEAD = 3
_LONGEST_COUNT = 9
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# Bytes as text, one to one, until the UNB has said what they are; all separators are ASCII.
_RAW = "iso8859-1"


# --- writing --------------------------------------------------------------------------------------------------------


def enveloped(rows: Sequence[Sequence[Part]], control: int, at: datetime, options: EdifactOptions) -> str:
    """The whole file of one ORDERS message; UNT counts UNH and itself."""
    signs = options.signs()
    version = _VERSIONS[options.directory]
    reference = str(control)
    segments = [
        _opening(reference, at, options),
        ("UNH", "1", ("ORDERS", "D", version, "UN", options.association)),
        *rows,
        ("UNT", str(len(rows) + 2), "1"),
        ("UNZ", "1", reference),
    ]
    end = {"none": "", "lf": "\n", "crlf": "\r\n"}[str(options.newline)]
    head = f"UNA{options.service_characters}{end}" if options.una else ""
    return head + written(segments, signs, end)


def _opening(reference: str, at: datetime, options: EdifactOptions) -> Sequence[Part]:
    moment = at.astimezone(ZoneInfo(options.time_zone))
    is_full = options.syntax in _FULL_SYNTAX
    return (
        "UNB",
        (options.syntax, "4" if is_full else "3"),
        options.sender.split(":"),
        options.receiver.split(":"),
        (f"{moment:%Y%m%d}" if is_full else f"{moment:%y%m%d}", f"{moment:%H%M}"),
        reference,
        "",
        options.application_reference,
        "",
        "1" if options.acknowledgement_request else "",
        options.agreement,
        "1" if options.test_indicator else "",
    )


# --- reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """The segments of one message without UNH and UNT; ``where`` names it, ``mark`` is the file's decimal mark."""

    where: str
    kind: str
    segments: tuple[Segment, ...]
    mark: str

    def place(self, index: int) -> str:
        """Where a segment stands, counted as UNT counts: UNH is the first."""
        return f"{self.where}, segment {index + 2}"


@dataclass(slots=True)
class _Open:
    """A message that has begun."""

    where: str
    reference: str
    kind: str
    segments: list[Segment] = field(default_factory=list)
    trouble: str = ""


@dataclass(slots=True)
class Contents:
    """What a file holds, and how many segments it may."""

    allowance: Allowance
    messages: list[Message] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    is_closed: bool = True


def contents(content: bytes, encoding: str) -> Contents:
    """The messages of all interchanges of a file; raises ``Unreadable`` for what is no EDIFACT at all."""
    text, has_raw_bytes = _as_text(content, encoding)
    if not text:
        raise Unreadable("file", "it is empty")
    found, place, number = Contents(Allowance(len(text), LEAST_SEGMENT, "segments")), 0, 0
    while place < len(text):
        if not text.startswith(("UNA", "UNB"), place):
            if number == 0:
                raise Unreadable("file", "it begins with neither UNA nor UNB, as EDIFACT does")
            found.faults.append(Fault(f"behind interchange {number}", f'there is "{shown(text[place:])}"'))
            break
        number += 1
        try:
            found.allowance.take()
            place = _Interchange(found, number, has_raw_bytes=has_raw_bytes).read(text, place)
        except Unreadable as refusal:
            if number == 1:
                raise
            found.faults.append(refusal.fault)
            found.is_closed = False
            break
        place = _past_blanks(text, place)
    return found


def _as_text(content: bytes, encoding: str) -> tuple[str, bool]:
    """The text without line ends, and whether its letters are still the bytes as they came."""
    is_utf8 = content.startswith(codecs.BOM_UTF8)
    is_known = encoding != AUTO or is_utf8 or content.startswith(_WIDE)
    text = decode(content, encoding if not is_utf8 else "utf-8") if is_known else decode(content, _RAW)
    text = text.lstrip("\ufeff \t\r\n")
    signs, *_ = _signs(text, 0)
    if not signs.terminator.isspace():
        text = text.rstrip("\x1a \t\r\n")
    return unwrapped(text, signs), not is_known


def _signs(text: str, place: int) -> tuple[Signs, str, int]:
    """The separators, the decimal mark ("" for either) and where the UNB begins."""
    if not text.startswith("UNA", place):
        return _USUAL, "", place
    given = text[place + _HEAD : place + _HEAD + _SIGN_COUNT]
    if len(given) < _SIGN_COUNT:
        raise Unreadable("UNA", "it is cut off")
    component, element, mark, release, _, terminator = tuple(given)
    parts = {component, element, terminator, release}
    if len(parts) < 4 or any(sign.isalnum() for sign in parts):  # noqa: PLR2004  # four signs, each its own
        raise Unreadable("UNA", f'"{shown(given)}" are not six signs that can part anything')
    return Signs(component, element, terminator, release.strip()), mark, place + _HEAD + _SIGN_COUNT


class _Interchange:
    """One interchange while it is read; its messages count once its end agrees with its beginning."""

    def __init__(self, found: Contents, number: int, *, has_raw_bytes: bool) -> None:
        self._found = found
        self._where = f"interchange {number}"
        self._prefix = f"{self._where}, " if number > 1 else ""
        self._has_raw_bytes = has_raw_bytes
        self._codec = ""
        self._mark = ""
        self._messages: list[Message] = []
        self._faults: list[Fault] = []
        self._open: _Open | None = None
        self._message_count = self._group_count = self._group_messages = 0
        self._group: str | None = None
        self._broken = ""

    def read(self, text: str, place: int) -> int:
        """Where the interchange ends. Appends to what was found."""
        signs, self._mark, place = _signs(text, place)
        place = _past_blanks(text, place)
        end = end_of_segment(text, place, signs)
        opening = parsed(text[place:end] if end >= 0 else text[place:], signs)
        if opening.tag != "UNB" or end < 0:
            return self._cut(len(text), "its UNB is missing or cut off")
        self._codec = codec_of(opening.at(1)) or ""
        while True:
            place = _past_blanks(text, end + 1)
            if text.startswith(("UNA", "UNB"), place) or place >= len(text):
                return self._cut(place, "it has no UNZ")
            end = end_of_segment(text, place, signs)
            self._found.allowance.take()
            if end < 0:
                return self._cut(len(text), f'it ends inside "{shown(text[place:])}"')
            segment = self._parsed(text[place:end], signs)
            if segment.tag == "UNZ":
                self._close(opening, segment)
                return end + 1
            self._take(segment)

    def _cut(self, place: int, why: str) -> int:
        self._found.is_closed = False
        self._found.faults.append(Fault(self._where, f"{why}, so nothing in it counts"))
        return place

    def _close(self, opening: Segment, closing: Segment) -> None:
        self._end_message("UNT is missing")
        self._no_open_group()
        count = self._group_count or self._message_count
        if closing.at(2) != opening.at(5):
            self._broken = f'UNZ is of "{shown(closing.at(2))}" and UNB of "{shown(opening.at(5))}"'
        elif not _counts(closing.at(1), count):
            self._broken = f"UNZ counts {shown(closing.at(1))} and there are {count}"
        if self._broken:
            self._found.faults.append(Fault(self._where, f"{self._broken}, so nothing in it counts"))
            return
        self._found.messages += self._messages
        self._found.faults += self._faults

    # --- segments -----------------------------------------------------------------------------------------------------

    def _parsed(self, raw: str, signs: Signs) -> Segment:
        if self._has_raw_bytes and not raw.isascii():
            try:
                raw = _decoded(raw.encode(_RAW), self._codec)
            except UnicodeDecodeError:
                self._trouble(f'"{shown(raw)}" is not in the letters that UNB names')
        return parsed(raw, signs)

    def _take(self, segment: Segment) -> None:
        match segment.tag:
            case "UNH":
                self._end_message("UNT is missing")
                self._begin(segment)
            case "UNT":
                self._end(segment)
            case "UNG":
                self._begin_group(segment)
            case "UNE":
                self._end_group(segment)
            case _ if self._open is not None:
                self._open.segments.append(segment)
            case tag:
                self._stray(tag)

    def _stray(self, tag: str) -> None:
        """One fault for all that stands between two messages."""
        where = f"{self._prefix}behind message {self._message_count}"
        if tag and not any(fault.where == where for fault in self._faults[-1:]):
            self._faults.append(Fault(where, f'"{shown(tag)}" stands in no message'))

    def _begin(self, segment: Segment) -> None:
        self._message_count += 1
        self._group_messages += 1
        where = f"{self._prefix}message {self._message_count}"
        self._open = _Open(where, segment.at(1), segment.at(2))

    def _end(self, segment: Segment) -> None:
        opened = self._open
        if opened is None:
            self._stray("UNT")
            return
        count = len(opened.segments) + 2
        if not _counts(segment.at(1), count):
            self._trouble(f"UNT counts {shown(segment.at(1))} segments and there are {count}")
        elif segment.at(2) != opened.reference:
            self._trouble(f'UNT is of "{shown(segment.at(2))}" and UNH of "{shown(opened.reference)}"')
        self._end_message("")

    def _end_message(self, trouble: str) -> None:
        """Keep the open message, if it is in order."""
        opened, self._open = self._open, None
        if opened is None:
            return
        trouble = opened.trouble or trouble
        if trouble:
            place = f"{opened.where}, segment {len(opened.segments) + 2}"
            self._faults.append(Fault(place, f"{trouble}; nothing in this message counts"))
        else:
            self._messages.append(Message(opened.where, opened.kind, tuple(opened.segments), self._mark))

    def _begin_group(self, segment: Segment) -> None:
        self._end_message("UNT is missing")
        self._no_open_group()
        self._group_count += 1
        self._group, self._group_messages = segment.at(5), 0

    def _end_group(self, segment: Segment) -> None:
        self._end_message("UNT is missing")
        if not _counts(segment.at(1), self._group_messages) or segment.at(2) != self._group:
            self._broken = "UNE does not agree with its group"
        self._group = None

    def _no_open_group(self) -> None:
        if self._group is not None:
            self._broken = f'the group "{shown(self._group)}" (UNG) has no UNE'

    def _trouble(self, what: str) -> None:
        if self._open is not None:
            self._open.trouble = self._open.trouble or what
        else:
            self._faults.append(Fault(self._where, what))


def _past_blanks(text: str, place: int) -> int:
    while text[place : place + 1].isspace():
        place += 1
    return place


def _counts(told: str, count: int) -> bool:
    return told.isascii() and told.isdigit() and len(told) <= _LONGEST_COUNT and int(told) == count


def _decoded(content: bytes, codec: str) -> str:
    """The letters of a segment. Level C in practice is cp1252; levels A and B hold whatever was sent."""
    if codec == _RAW:
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError:
            return content.decode(_RAW)
    if codec not in {"", "ascii"}:
        return content.decode(codec)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
