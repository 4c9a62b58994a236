"""One value on its way into an EDI message: in the letters and the room that an element has, or refused by its name.

Not for: where it comes from, or which element it goes to (``_edifact_order``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bridge.formats._edi.letters import Letters
from bridge.formats._layout.options import KEEP, LEAVE_OUT, REFUSE, REST
from bridge.formats._numbers import plain, trimmed
from bridge.formats._options import word
from bridge.formats._protocol import not_renderable
from bridge.formats._text import shown

_MEND = "Have the shop send it otherwise, or mend it in [targets.NAME.enrich]"
_ROOM = "A reference is never cut. Have the shop send a shorter one"


@dataclass(frozen=True, slots=True)
class Values:
    """Values as a file can hold them. What cannot be written raises ``PermanentError`` by the field that is named."""

    letters: Letters
    decimal: str = "."
    cuts: bool = False
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Words of the ERP by ours, as :func:`bridge.formats._options.word` spells them, with a rule for the rest."""

    def code(self, path: str, value: object, room: int) -> str:
        """A reference, number or code: whole and unchanged, or refused. Blank is none."""
        if value is None:
            return ""
        text = str(value)
        if not text.strip():
            return ""
        if self.letters.missing(text) is not None:
            raise self._unencodable(path, text, "have the shop send plain letters")
        if len(text) > room:
            raise not_renderable(path, f'"{shown(text)}" has {len(text)} letters and room for {room}', _ROOM)
        return text

    def text(self, path: str, value: object, room: int) -> str:
        """Free text in one element."""
        return next(iter(self.lines(path, value, (room, 1))), "")

    def lines(self, path: str, value: object, room: tuple[int, int]) -> list[str]:
        """Free text in several elements: ``room`` is the letters of one and how many there are at most.

        It is parted behind blanks, which stay, so that the parts together are the text. Blank is none.
        """
        width, most = room
        parts = split(self._fitted(path, value), width)
        if len(parts) > most and not self.cuts:
            raise not_renderable(
                path,
                f'"{shown(str(value))}" has more than {width} letters'
                if most == 1
                else f'"{shown(str(value))}" does not fit {most} lines of {width} letters',
                'Have the shop send it shorter, or set long_text = "cut"',
            )
        return parts[:most]

    def whole(self, path: str, value: object, width: int) -> list[str]:
        """Free text in as many parts as it needs."""
        return split(self._fitted(path, value), width)

    def amount(self, path: str, value: Decimal | None, digits: int) -> str:
        """An amount with the digits that it came with."""
        return "" if value is None else self._number(path, value, plain, digits)

    def quantity(self, path: str, value: Decimal, digits: int) -> str:
        """A quantity without zeros behind its last digit."""
        return self._number(path, value, trimmed, digits)

    def mapped(self, path: str, value: object, name: str) -> str:
        """The word of a table, or what its rule for the rest makes of it."""
        if value is None or not str(value).strip():
            return ""
        table = self.tables[name]
        found = table.get(word(str(value)), table[REST])
        if found == REFUSE:
            raise not_renderable(
                path, f'is "{shown(str(value))}", which the table {name} does not know', f"Add it to the table {name}"
            )
        return {KEEP: str(value), LEAVE_OUT: ""}.get(found, found)

    def rest(self, value: object, name: str) -> str | None:
        """What the rule for the rest does with a word that the table does not know; nothing for one that it knows."""
        table = self.tables[name]
        return None if word(str(value)) in table else table[REST]

    def _number(self, path: str, value: Decimal, as_text: Callable[[Decimal], str], digits: int) -> str:
        try:
            text = as_text(value.copy_abs() if value.is_zero() else value)
        except ValueError as error:
            raise not_renderable(path, f"cannot be written: {error}", "Have the shop send a sane amount") from error
        if sum(letter.isdigit() for letter in text) > digits:
            raise not_renderable(path, f"has more than {digits} digits", "Have the shop send a sane amount")
        return text.replace(".", self.decimal)

    def _fitted(self, path: str, value: object) -> str:
        text = self.letters.fitted(str(value)) if value is not None else ""
        if not text.strip():
            return ""
        if self.letters.missing(text) is not None:
            raise self._unencodable(path, text, f"unencodable. {_MEND}")
        return text

    def _unencodable(self, path: str, text: str, otherwise: str) -> Exception:
        letter = self.letters.missing(text) or ""
        return not_renderable(
            path,
            f'holds "{shown(letter)}" (U+{ord(letter):04X}), which {self.letters.syntax} cannot write',
            f"Set {self.letters.setting} to a larger character set, if the ERP reads it, or {otherwise}",
        )


def split(text: str, width: int) -> list[str]:
    """The text in parts of at most ``width`` letters, parted behind blanks where there are any; joined it is whole."""
    parts: list[str] = []
    start = 0
    while len(text) - start > width:
        blank = text.rfind(" ", start, start + width)
        end = start + width if blank <= start else blank + 1
        parts.append(text[start:end])
        start = end
    return [*parts, text[start:]] if text[start:] else parts
