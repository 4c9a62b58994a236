"""The character sets of EDI files: which letters each holds, how it is read, and what becomes of other letters.

Not for: which field a letter stands in; the caller refuses by its name.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bridge.formats._layout.letters import PLAIN_LETTERS
from bridge.formats._text import AUTO, unencodable

UTF_8 = "utf-8"
_CODECS = {
    "UNOA": "ascii",
    "UNOB": "ascii",
    "UNOC": "iso8859-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOW": UTF_8,
    "UNOX": UTF_8,
    "UNOY": UTF_8,
}
# Levels A and B have neither @ nor # nor accents; A has no small letters either (ISO 9735, level A with its additions).
_NOT_IN = {
    "UNOA": re.compile(r"""[^A-Z0-9 .,\-()/=!"%&*;<>'+:?]"""),
    "UNOB": re.compile(r"""[^A-Za-z0-9 .,\-()/=!"%&*;<>'+:?]"""),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SPELT = str.maketrans({"@": "(at)", "_": "-", "#": "No", "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O"})


def codec_of(syntax: str) -> str | None:
    """Python's name of a character set; ``None`` for one that is not known."""
    return _CODECS.get(syntax)


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters that a file can hold, and the rule for others: refuse, table or question_mark.

    ``outside`` finds letters that the encoding has and the set has not; ``instead`` spells some of them with others.
    ``setting`` is what a merchant changes for a larger set.
    """

    syntax: str
    codec: str
    rule: str
    outside: re.Pattern[str] | None = None
    is_capital: bool = False
    instead: Mapping[int, str] = field(default_factory=dict)
    setting: str = "syntax"

    @classmethod
    def of(cls, syntax: str, encoding: str, rule: str) -> "Letters":
        """The letters of one of EDIFACT's sets; an ``encoding`` that was set wins over the one that belongs to it."""
        codec = _CODECS[syntax] if encoding == AUTO else encoding
        return cls(syntax, codec, rule, _NOT_IN.get(syntax), syntax == "UNOA")

    def missing(self, text: str) -> str | None:
        """The first letter that the file cannot hold, or nothing. Control characters are letters of no set."""
        if not text.isprintable() and (control := _CONTROL.search(text)) is not None:
            return control[0]
        found = self.outside.search(text) if self.outside is not None else None
        if found is not None:
            return found[0]
        return None if text.isascii() else unencodable(text, self.codec)

    def fitted(self, text: str) -> str:
        """The text as the rule has it; letters that no rule helps with stay. Some sets hold capitals alone."""
        if self.is_capital:
            text = text.upper()
        if self.missing(text) is None:
            return text
        text = unicodedata.normalize("NFC", text)
        instead = self._instead()
        return text if instead is None else "".join(one if self.missing(one) is None else instead(one) for one in text)

    def _instead(self) -> Callable[[str], str] | None:
        if self.rule == "table":
            return self._plain
        return (lambda _: "?") if self.rule == "question_mark" else None

    def _plain(self, letter: str) -> str:
        spelt = letter.translate(PLAIN_LETTERS).translate(_SPELT).translate(self.instead)
        bare = "".join(one for one in unicodedata.normalize("NFD", spelt) if not unicodedata.combining(one))
        made = bare.upper() if self.is_capital else bare
        return made if self.missing(made) is None else letter
