"""The forms in which a layout writes times: one that would write the same letters each day is refused.

Not for: reading dates (``_numbers``), nor the zone of a time (``values``).
"""

import re
from datetime import UTC, datetime

from bridge.formats._text import shown

LETTERS_OF_ISO = len("2026-11-20T14:02:11")
"""How many letters a time has at least where no form is given."""

# Two moments that share no part, so that a form which writes any part of a time writes something else of each.
_ONE, _OTHER = datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC), datetime(1987, 5, 3, 7, 45, 38, tzinfo=UTC)
_MONTHS = tuple(datetime(2026, month, month, tzinfo=UTC) for month in range(1, 13))
_DIRECTIVE = re.compile(r"%[-_0^#]?.", re.DOTALL)
# How others write the parts; Å is the Nordic year.
_PARTS = "ccyy|y{4}|y{2}|å{4}|å{2}|m{4}|m{3}|m{2}|d{2}|h{2}|mi|s{2}"
_STRANGE = re.compile(rf"(?<![^\W\d_])(?:(?>{_PARTS}|t)*(?>{_PARTS})|(?-i:(?<!\0)[Ymd]))(?![^\W\d_])", re.IGNORECASE)
_DOUBLED = re.compile(r"%[yY][yY]+|%([dmHMS])\1+")
_LEFT = re.compile(r"([^\W\d_])\1", re.IGNORECASE)  # of a part that we do not know, such as JJ
_LIKELY = re.compile(
    rf"(?P<ours>%%|%[-_0^#]?(?P<letter>[a-z])(?!(?P=letter)))|%?(?P<part>{_PARTS}|yyy)|"
    r"(?<![^\W\d_])(?P<single>(?-i:[Ymd]))(?![^\W\d_])",
    re.IGNORECASE,
)


def known_form(form: str) -> str:
    """The form itself when it writes some part of a time; empty is none. Else ``ValueError`` with what was meant."""
    if form and (fault := _fault(form)):
        likely = _likely(form)
        is_guess = _fault(likely) or _LEFT.search(_DIRECTIVE.sub("", likely))
        remedy = "write it like %Y-%m-%d" if is_guess else f'did you mean "{shown(likely)}"?'
        raise ValueError(f'"{shown(form)}" {fault}; {remedy}')
    return form


def shortest(form: str) -> int:
    """How many letters the form writes at least, whatever the month is called."""
    return min(len(moment.strftime(form)) for moment in _MONTHS)


def _fault(form: str) -> str | None:
    if _ONE.strftime(form) == _OTHER.strftime(form):
        return "writes no part of a date or a time"
    without = form.replace("%%", "")
    if strange := _DOUBLED.search(without) or _STRANGE.search(_DIRECTIVE.sub("\0", without)):
        return f'holds "{shown(strange[0])}", which would be written as it stands'
    if "%" in _ONE.strftime(without):
        return "holds a % that stands for nothing"
    return None


def _likely(form: str) -> str:
    """The form with each part as ``strftime`` calls it."""
    made, at, before = "", 0, ""
    for found in _LIKELY.finditer(form):
        letter = found["letter"] or _letter_of(found["part"] or found["single"] or "%", before)
        made += form[at : found.start()] + (found["ours"] or f"%{letter}")
        at, before = found.end(), letter
    return made + form[at:]


def _letter_of(part: str, before: str) -> str:
    """The letter of ``strftime`` for a part; what follows an hour is minutes."""
    match part[0].lower(), len(part):
        case "y" | "å" | "c", length:
            return "y" if length == 2 else "Y"  # noqa: PLR2004  # of four digits, two
        case "m", length:
            is_minute = part.lower() == "mi" or before == "H"
            return "M" if is_minute else {3: "b", 4: "B"}.get(length, "m")
        case "h" | "s", _:
            return part[0].upper()
        case letter, _:
            return letter
