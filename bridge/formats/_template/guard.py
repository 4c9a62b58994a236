"""What stands between an order's text and the file: no text of a customer may begin a record of its own.

What passes is :class:`markupsafe.Markup`, the mark by which jinja knows text that is ready. Not for: control characters
and line breaks, which never come this far (``_neutral``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape as escaped_for_xml

from markupsafe import Markup

from bridge.formats._template.faults import Refused, TemplateFault
from bridge.formats._template.frames import Rules
from bridge.formats._text import shown

QUOTE = '"'
# What may part the fields of a file, when it stands right beside a tag.
_LIKELY = frozenset(";|,^~*+:'\"<>&\\")
_ALWAYS_QUOTED = frozenset(';,|\t"')
_NOT_XML = {ord("\ufffe"): None, ord("\uffff"): None}
_WORDS = {True: "true", False: "false"}


def separators_in(data: Iterator[str]) -> str:
    """The signs with which the template's own text begins or ends, which is where its tags are."""
    edges = {letter for text in data if text for letter in (text[0], text[-1])}
    return "".join(sorted(edges & _LIKELY))


@dataclass(frozen=True, slots=True)
class Guard:
    """Makes a value ready for the file, as the target's ``escape`` and ``separators`` ask for."""

    escape: str
    separators: str

    @classmethod
    def of(cls, rules: Rules, data: Iterator[str]) -> "Guard":
        """The guard of a template with this text of its own."""
        return cls(rules.escape, separators_in(data) if rules.separators is None else rules.separators)

    def ready(self, value: object) -> Markup:
        """The value as it is printed. Raises :class:`Refused` for a text that would break a record."""
        if isinstance(value, Markup):
            return value
        if isinstance(value, str):
            return self._ready(value)
        if value is None:
            return Markup()
        if isinstance(value, bool):
            return self._ready(_WORDS[value])
        if isinstance(value, int | Decimal):
            return self._ready(f"{value:f}" if isinstance(value, Decimal) else str(value))
        if isinstance(value, dict | list | tuple):
            raise TemplateFault("it prints a group of facts; name one of them, or go through it with for")
        str(value)  # what is undefined says so
        raise TemplateFault("it prints what is no fact")

    def _ready(self, text: str) -> Markup:
        return Markup(self._text(text))  # noqa: S704  # not for a browser: this is what makes it ready

    def _text(self, text: str) -> str:
        if self.escape == "xml":
            return xml(text)
        if self.escape == "csv":
            return csv(text, self.separators)
        found = next((sign for sign in self.separators if sign in text), None)
        if found is not None:
            raise Refused(
                text,
                f'holds "{shown(found)}", which parts the fields of the file',
                "Print it with a filter (clean, csv, xml, edi, json), or have the shop send it without",
            )
        return text

    def clean(self, text: str) -> str:
        """The text with blanks for what parts fields."""
        signs = frozenset(self.separators) | {QUOTE}
        return "".join(" " if letter in signs else letter for letter in text)


def xml(text: str) -> str:
    """The text as it stands in an element or an attribute."""
    return escaped_for_xml(text.translate(_NOT_XML), {'"': "&quot;", "'": "&#39;"})


def csv(text: str, separators: str) -> str:
    """The text in quotes where a reader of separated values would take it apart."""
    is_bare = not (_ALWAYS_QUOTED | frozenset(separators)) & frozenset(text) and text == text.strip()
    return text if is_bare else QUOTE + text.replace(QUOTE, QUOTE * 2) + QUOTE
