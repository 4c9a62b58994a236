"""One value of an order at a time: text, number, date, yes or no, in every form that Norce is known to write.

From JSON and from XML values come as text (a JSON number as it was written), so an amount is never a float
(decision 5). Faults carry words that fit behind a field path: ``Items[0].Quantity`` + ``is "abc", not a number``;
text, which may be somebody's name, is never quoted. Not for: which fields there are (``wire``).
"""

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, FailFast, PlainValidator

from bridge.norce.faults import kind_of_value, shown

MOST_ROWS = 10_000
MOST_DIGITS = 34
MOST_PLACES = 24
"""Digits before, and digits behind, the decimal sign."""

_UNCARRIED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"[+-]?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?")
_COMMON_NUMBER = re.compile(r"-?[0-9]{1,10}(?:\.[0-9]{1,10})?")  # fits whatever it says, so it needs no second look
_LONGEST_NUMBER = 80
_LARGEST_WHOLE = 10**18
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]{1,9}))?)?"
    r" ?(Z|[+-][0-9]{2}:?[0-9]{2})?",
)
_DOT_NET = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_YEARS = range(1900, 9999)
ORDER_TYPE_NAMES = {
    1: "Order",
    2: "PurchaseOrder",
    3: "RecurringOrder",
    4: "RecurringOrderTemplate",
    5: "ExternalOrder",
}
"""How XML writes an order type; JSON writes its number."""

_ORDER_TYPES = {name.lower(): number for number, name in ORDER_TYPE_NAMES.items()}


class UnfitError(ValueError):
    """A value that is not what its field holds; says so in words that fit behind the field's path."""


def read_text(value: object) -> str | None:
    """Text as it was sent, a number as it was written; no character that XML, and so no ERP file, can carry."""
    if value is None or (isinstance(value, str) and value.isprintable()):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise UnfitError(f"is {kind_of_value(value)}, not text")
    found = _UNCARRIED.search(value)
    if found:
        raise UnfitError(f"holds a control character (U+{ord(found[0]):04X}) that no file can carry")
    return value


def read_number(value: object) -> Decimal | None:
    """A decimal number exactly as written: at most 34 digits, 24 on either side of the decimal sign."""
    if isinstance(value, str) and _COMMON_NUMBER.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = str(value)
    text = _word(value, "a number")
    if text is None:
        return None
    found = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if found is None:
        hint = "; the decimal sign is a point" if "," in text else ""
        raise UnfitError(f"is {shown(text)}, not a number{hint}")
    exponent = found[2] or "0"
    if len(exponent) > 4 or not _fits(number := Decimal(text)):  # noqa: PLR2004 - a sign and three digits
        raise UnfitError(f"is {shown(text)}, a number out of bounds")
    return _plain(number)


def read_whole(value: object) -> int | None:
    """A whole number, also when written as ``2.000``."""
    number = read_number(value)
    if number is None:
        return None
    if number != number.to_integral_value() or abs(number) >= _LARGEST_WHOLE:
        raise UnfitError(f"is {shown(str(value))}, not a whole number")
    return int(number)


def read_flag(value: object) -> bool:
    """Yes or no; ``true``, ``false``, ``1``, ``0`` as text too. Nothing means no."""
    if isinstance(value, bool):
        return value
    text = _word(str(value) if isinstance(value, int) else value, "true or false")
    if text is None:
        return False
    if text.lower() not in _FLAGS:
        raise UnfitError(f"is {shown(text)}, not true or false")
    return _FLAGS[text.lower()]


def read_maybe_flag(value: object) -> bool | None:
    """Yes, no, or nothing said."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return read_flag(value)


def read_moment(value: object) -> dt.datetime | None:
    """A point in time in the four forms of ``norce/connect.md`` 1.4; naive when no offset was sent.

    The year 1 is what .NET writes for no date, and is taken as that.
    """
    text = _word(value, "a date")
    if text is None:
        return None
    try:
        moment = _moment(text)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or (moment.year != 1 and moment.year not in _YEARS):
        raise UnfitError(f"is {shown(text)}, not a date such as 2024-12-18T12:00:00+01:00")
    return None if moment.year == 1 else moment


def read_order_type(value: object) -> int | None:
    """The number of an order type; XML writes its name (``norce/connect.md`` 3)."""
    if isinstance(value, str):
        value = _ORDER_TYPES.get(value.strip().lower(), value)
    return read_whole(value)


def read_rows(value: object) -> object:
    """A list; nothing and an empty text (an empty element of XML) are a list without rows."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return ()
    if not isinstance(value, list | tuple):
        raise UnfitError(f"is {kind_of_value(value)}, not a list")
    if len(value) > MOST_ROWS:
        raise UnfitError(f"has {len(value)} rows; {MOST_ROWS} are the limit")
    return value


def _word(value: object, wanted: str) -> str | None:
    """The text of a value that is one word; blank is nothing."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnfitError(f"is {kind_of_value(value)}, not {wanted}")
    return value.strip() or None


def _fits(number: Decimal) -> bool:
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return False
    return len(digits) <= MOST_DIGITS and exponent >= -MOST_PLACES and number.adjusted() < MOST_PLACES


def _plain(number: Decimal) -> Decimal:
    """The same number without a positive exponent, so that ``1E+2`` is later written as ``100``."""
    _, _, exponent = number.as_tuple()
    return Decimal(int(number)) if isinstance(exponent, int) and exponent > 0 else number


def _moment(text: str) -> dt.datetime | None:
    """The moment that ``text`` names; raises ``ValueError`` or ``OverflowError`` for the 31st of February."""
    dot_net = _DOT_NET.fullmatch(text)
    if dot_net:  # milliseconds since 1970 in UTC; the offset only says where the sender stood
        return _EPOCH + dt.timedelta(milliseconds=int(dot_net[1]))
    iso = _ISO.fullmatch(text)
    if iso is None:
        return None
    day, clock, fraction, offset = iso.groups()
    digits = f".{fraction[:6]:0<6}" if fraction else ""  # .NET writes seven, we keep six
    return dt.datetime.fromisoformat(f"{day}T{_with_seconds(clock)}{digits}{offset or ''}")


def _with_seconds(clock: str | None) -> str:
    """Hours and minutes with seconds: a fraction may only follow those."""
    if not clock:
        return "00:00:00"
    return clock if clock.count(":") > 1 else f"{clock}:00"


_T = TypeVar("_T")

# The types behind `json_schema_input_type` are what the contract promises; we take more (see above).
Text = Annotated[str | None, PlainValidator(read_text, json_schema_input_type=str | None)]
Number = Annotated[Decimal | None, PlainValidator(read_number, json_schema_input_type=float | None)]
Whole = Annotated[int | None, PlainValidator(read_whole, json_schema_input_type=int | None)]
Flag = Annotated[bool, PlainValidator(read_flag, json_schema_input_type=bool)]
MaybeFlag = Annotated[bool | None, PlainValidator(read_maybe_flag, json_schema_input_type=bool | None)]
Moment = Annotated[dt.datetime | None, PlainValidator(read_moment, json_schema_input_type=dt.datetime | None)]
OrderType = Annotated[int | None, PlainValidator(read_order_type, json_schema_input_type=int | str | None)]
# Where Norce's sources disagree about number or text (`norce/connect.md` 1.3).
TextOrNumber = Annotated[str | None, PlainValidator(read_text, json_schema_input_type=int | str | None)]
WholeOrText = Annotated[int | None, PlainValidator(read_whole, json_schema_input_type=int | str | None)]
# A million bad rows must not become a million faults: the first ends the reading of its list.
Rows = Annotated[tuple[_T, ...], FailFast(), BeforeValidator(read_rows)]
