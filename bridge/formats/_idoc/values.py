"""One value on its way into a field of an IDoc: in its room and in the letters of the file, or refused by its name.

Rooms are those of the field table, counted in characters or, by setting, in bytes of the code page. Blanks around a
value do not survive a file of fixed columns, so none is written. Not for: where values come from (``order``, ``rows``).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bridge.formats._edi.letters import Letters
from bridge.formats._edi.values import Values as Words
from bridge.formats._idoc.segments import room_of
from bridge.formats._neutral import passable
from bridge.formats._numbers import plain, trimmed
from bridge.formats._protocol import not_renderable
from bridge.formats._text import cleaned, shown
from bridge.formats._xml_tree import holdable

_BLANKS = re.compile(" +")
_NEW, _ON, _WITHOUT_BLANK = "*", "", "="
_CODE_REMEDY = "A reference is never cut. Have the shop send a shorter one"
_TEXT_REMEDY = 'Have the shop send it shorter, or set long_text = "cut"'
_MEND = "Have the shop send it otherwise, or mend it in [targets.NAME.enrich]"


@dataclass(frozen=True, slots=True)
class Values:
    """Values as a file can hold them. What cannot be written raises ``PermanentError`` by the field that is named."""

    letters: Letters
    words: Words
    cuts: bool
    in_bytes: bool
    is_xml: bool

    def code(self, path: str, value: object, place: str) -> str:
        """A reference, number or code: whole and unchanged, or refused. Blank is none."""
        text = "" if value is None else str(value).strip(" ")
        if not text:
            return ""
        if not text.isprintable() and cleaned(text, " ") != text:  # from the settings; those of the order are clean
            raise not_renderable(path, f'is "{shown(text)}", which holds control characters', "Mend the settings")
        if not text.isascii():
            if self._missing(text) is not None:
                raise self._unencodable(path, text)
            text = self._joined(text)
        self._check_room(path, text, place, _CODE_REMEDY)
        return text

    def mapped(self, path: str, value: object, table: str, place: str) -> str:
        """The code that a table has for a value."""
        return self.code(path, self.words.mapped(path, value, table), place)

    def text(self, path: str, value: object, place: str) -> str:
        """Free text in one field."""
        return next(iter(self.lines(path, value, (place,))), "")

    def lines(self, path: str, value: object, places: tuple[str, ...]) -> list[str]:
        """Free text over several fields, parted at blanks where there are any."""
        parts = [part for _, part in self._parted(self.fitted(path, value), room_of(places[0]))]
        if len(parts) > len(places) and not self.cuts:
            rooms = f"{len(places)} times {room_of(places[0])}" if len(places) > 1 else str(room_of(places[0]))
            raise not_renderable(
                path, f'"{shown(str(value))}" is longer than {rooms}, the room of {", ".join(places)}', _TEXT_REMEDY
            )
        return parts[: len(places)]

    def flowing(self, path: str, value: object, place: str) -> list[tuple[str, str]]:
        """Free text without line breaks in as many lines as it needs, marked as :meth:`paragraphs` marks them."""
        return self._parted(self.fitted(path, value), room_of(place))

    def paragraphs(self, path: str, value: object, place: str) -> list[tuple[str, str]]:
        """Free text in as many lines as it needs, each with its TDFORMAT: a paragraph, or how it goes on.

        A star begins a paragraph; a line without mark goes on behind a blank, one with ``=`` without.
        """
        text = passable(path, str(value), "\n") if value is not None else ""
        paragraphs = [self.fitted(path, one) for one in text.split("\n")]
        while paragraphs and not paragraphs[-1]:
            paragraphs.pop()
        while paragraphs and not paragraphs[0]:
            del paragraphs[0]
        return [line for one in paragraphs for line in (self._parted(one, room_of(place)) or [(_NEW, "")])]

    def amount(self, path: str, value: Decimal | None, place: str) -> str:
        """An amount with the digits that it came with."""
        return "" if value is None else self._number(path, value, plain, place)

    def quantity(self, path: str, value: Decimal, place: str) -> str:
        """A quantity or rate without zeros behind its last digit."""
        return self._number(path, value, trimmed, place)

    def day(self, moment: datetime) -> str:
        """A date, YYYYMMDD."""
        return f"{moment.year:04}{moment:%m%d}"

    def fitted(self, path: str, value: object) -> str:
        """Free text in one line and in letters that the file has; a run of blanks is one."""
        text = str(value) if value is not None else ""
        if not text.isprintable():
            text = cleaned(text, " ")
        if not text.isascii():
            text = self.letters.fitted(holdable(text) if self.is_xml else text)
            if self._missing(text) is not None:
                raise self._unencodable(path, text)
            text = self._joined(text)
        return (_BLANKS.sub(" ", text) if "  " in text else text).strip(" ")

    def size(self, text: str) -> int:
        """How much room a text takes."""
        return len(text.encode(self.letters.codec)) if self.in_bytes else len(text)

    def _missing(self, text: str) -> str | None:
        if self.is_xml and (kept := holdable(text)) != text:
            return next(one for one in text if one not in kept)
        return self.letters.missing(text)

    def _joined(self, text: str) -> str:
        """The text as it will be written: letters apart from their accents would change the width of a record."""
        try:
            text.encode(self.letters.codec)
        except UnicodeEncodeError:
            return unicodedata.normalize("NFC", text)
        return text

    def _check_room(self, path: str, text: str, place: str, remedy: str) -> None:
        size, room = self.size(text), room_of(place)
        if size > room:
            unit = "bytes" if self.in_bytes else "letters"
            raise not_renderable(path, f'"{shown(text)}" has {size} {unit} and room for {room} in {place}', remedy)

    def _number(self, path: str, value: Decimal, as_text: Callable[[Decimal], str], place: str) -> str:
        try:
            text = as_text(value.copy_abs() if value.is_zero() else value)
        except ValueError as error:
            raise not_renderable(path, f"cannot be written: {error}", "Have the shop send a sane amount") from error
        self._check_room(path, text, place, "Have the shop send a sane amount")
        return text

    def _parted(self, text: str, room: int) -> list[tuple[str, str]]:
        if not text:
            return []
        return [(_NEW, text)] if self.size(text) <= room else list(self._parts(text, room))

    def _parts(self, text: str, room: int) -> Iterator[tuple[str, str]]:
        start, mark = 0, _NEW
        while self._end(text, start, room) < len(text):
            end = self._end(text, start, room)
            blank = text.rfind(" ", start + 1, end + 1)
            yield mark, text[start : blank if blank > 0 else end]
            start, mark = (blank + 1, _ON) if blank > 0 else (end, _WITHOUT_BLANK)
        yield mark, text[start:]

    def _end(self, text: str, start: int, room: int) -> int:
        """Where the room ends for text that begins here."""
        piece = text[start : start + room]
        while self.size(piece) > room:
            piece = piece[: -max(1, (self.size(piece) - room) // 4)]
        return start + len(piece)

    def _unencodable(self, path: str, text: str) -> Exception:
        letter = self._missing(text) or ""
        return not_renderable(
            path,
            f'holds "{shown(letter)}" (U+{ord(letter):04X}), which {"XML" if self.is_xml else self.letters.codec} '
            "cannot write",
            "Set encoding to a larger character set, if SAP reads it, or unencodable to table or question_mark. "
            f"{_MEND}",
        )
