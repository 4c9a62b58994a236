"""Numbers and days as ERPs write them, and numbers as we write them.

Not for: which field holds a number. Whatever can be read in two ways is a ``ValueError`` with a sentence.
"""

import re
import time
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

from bridge.formats._text import shown

_BLANK = "[ \u00a0\u2009\u202f]"
_LONGEST = 15  # digits before the point; more is no quantity and no amount
_FINEST = 10  # digits behind it
_LONGEST_DAY = 60  # letters of one that is kept in mind
_YEARS = range(1970, 2200)
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_TIME = (
    r"(?:[01]?[0-9]|2[0-4])(?:[:.][0-5][0-9]){1,2}(?:[.,:][0-9]{1,9})?"  # 9:05, 09.05.59, 23:59:59.1234567
    r"(?: ?[AaPp][Mm])?(?: ?(?:[A-Z]{1,5}|[+-][0-9]{2}(?::?[0-9]{2})?))?(?:\[[\w/+-]{1,40}\])?"
)
_ISO_DAY = re.compile(
    rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})(?:(?:T| +)(?:{_TIME}|[0-2][0-9][0-5][0-9](?:[0-5][0-9])?Z?))?"
    r"|([0-9]{4})([0-9]{2})([0-9]{2})",
    re.ASCII,
)
# What SAP, .NET, Navision and SQL Server write when there is no date.
_NO_DAY = frozenset({"0000-00-00", "00000000", "0001-01-01", "1753-01-01", "1900-01-01"})
_PROBE = date(2026, 11, 20)
# How many digits the numbers of a form have; a day alone may have a blank for its first.
_DIGITS = {"Y": "[0-9]{4}", "j": "[0-9]{3}", "f": "[0-9]{1,6}", "d": "[0-9 ][0-9]"}
_DIGITS |= dict.fromkeys("ymHIMS", "[0-9]{2}")
_TOKEN = re.compile("%(.)|([0-9])|(.)", re.DOTALL)


def _grouped(decimal: str, thousands: str) -> re.Pattern[str]:
    groups = rf"[0-9]{{1,3}}(?:{_BLANK}[0-9]{{3}})+|[0-9]{{1,3}}(?:[{thousands}][0-9]{{3}})+"
    return re.compile(rf"[+-]?(?:(?:{groups}|[0-9]+)(?:[{decimal}][0-9]+)?|[{decimal}][0-9]+)")


_WRITTEN = {".": _grouped(".", ","), ",": _grouped(",", ".")}
_EITHER_WAY = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")


def number(text: str, decimal: str) -> Decimal:
    """A number with ``decimal`` as its mark; blanks or the other mark may part the thousands."""
    bare = text.strip()
    if len(bare) <= _LONGEST and bare.isascii() and bare.isdigit():  # most quantities; files are large
        return Decimal(bare)
    if bare.endswith("-") and not bare.startswith(("-", "+")):  # SAP puts the sign behind
        bare = "-" + bare[:-1].rstrip()
    if not _WRITTEN[decimal].fullmatch(bare):
        other = "," if decimal == "." else "."
        remedy = f'; set decimal = "{other}" if that is the ERP\'s mark' if _WRITTEN[other].fullmatch(bare) else ""
        raise ValueError(f'"{shown(text)}" is not a number with "{decimal}" as decimal mark{remedy}')
    if decimal == "." and _EITHER_WAY.fullmatch(bare):
        raise ValueError(f'"{shown(text)}" can be read in two ways; set decimal to what the ERP writes')
    thousands = "," if decimal == "." else "."
    return exact(re.sub(_BLANK, "", bare).replace(thousands, "").replace(decimal, "."))


def exact(token: str) -> Decimal:
    """A number as JSON writes it, within bounds, with the digits that came."""
    if len(token) <= _LONGEST and token.isascii() and token.isdigit():
        return Decimal(token)
    if not _PLAIN.fullmatch(token):
        raise ValueError(f'"{shown(token)}" is not a number')
    value = Decimal(token)
    plain(value)
    return value.copy_abs() if value.is_zero() else value


def plain(value: Decimal) -> str:
    """The number with its own digits and without an exponent."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError("it is no finite number")  # noqa: TRY004  # what is wrong is the value, not its type
    if value.adjusted() >= _LONGEST or exponent < -_FINEST or exponent > _LONGEST:
        raise ValueError("the number is too long")
    return f"{value:f}"


def trimmed(value: Decimal) -> str:
    """The number without an exponent and without zeros behind its last digit: a quantity."""
    text = plain(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def known_day_form(form: str) -> str:
    """The form itself when it writes a whole date; empty is none. Else ``ValueError``."""
    if form and _parsed(_PROBE.strftime(form), form) != _PROBE:
        raise ValueError(f'"{shown(form)}" does not hold year, month and day, as "%d.%m.%Y" does')
    return form


def day(text: str, form: str) -> date | None:
    """A date by ``form``, else ISO (extended, perhaps with a time behind, or basic); none for the usual empty dates.

    Numbers that touch each other in ``form`` need all their digits: nobody can tell where one of 2026112 ends.
    """
    bare = text.strip()
    return _day(bare, form) if len(bare) <= _LONGEST_DAY else _read_day(bare, form)


def _read_day(bare: str, form: str) -> date | None:
    found = (_parsed(bare, form) if form else None) or _iso(bare)
    if found is not None and found.isoformat() in _NO_DAY:
        return None
    if found is None and (bare in _NO_DAY or (bare[:10] in _NO_DAY and _ISO_DAY.fullmatch(bare))):
        return None
    if found is None or found.year not in _YEARS:
        raise ValueError(f'"{shown(bare)}" is not a date; set date to the form that the ERP writes')
    return found


# The lines of a file have few days between them, and strptime is slow.
_day = lru_cache(maxsize=1024)(_read_day)


def _parsed(text: str, form: str) -> date | None:
    try:
        moment = time.strptime(text, form)
        found = date(moment.tm_year, moment.tm_mon, moment.tm_mday)
    except (ValueError, re.error):
        return None
    return found if _in_full(form).fullmatch(text) else None


@lru_cache(maxsize=64)
def _in_full(form: str) -> re.Pattern[str]:
    """What a text of this form looks like, each number that touches another with all its digits."""
    pattern = ""
    for is_number, run in groupby(_TOKEN.findall(form), lambda one: one[0] in _DIGITS if one[0] else bool(one[1])):
        digits = [_DIGITS.get(directive, digit) for directive, digit, _ in run]
        pattern += "".join(digits) if is_number and len(digits) > 1 else ".*"
    return re.compile(pattern, re.DOTALL)


def _iso(text: str) -> date | None:
    match = _ISO_DAY.fullmatch(text)
    if match is None:
        return None
    year, month, in_month = (int(part) for part in match.groups() if part is not None)
    try:
        return date(year, month, in_month)
    except ValueError:
        return None
