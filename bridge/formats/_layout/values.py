"""One value on its way from the order into a file: rounded, mapped, cleaned, fitted, or refused by its name.

Not for: where it comes from (``_layout_names``), nor where in the file it goes (``_layout``).
"""

import decimal
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from functools import partial
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bridge.errors import PermanentError
from bridge.formats._layout.amounts import total_of
from bridge.formats._layout.letters import missing, rule_that_helps, stood_in
from bridge.formats._layout.names import Scope
from bridge.formats._layout.options import KEEP, REFUSE, REST, FieldOptions
from bridge.formats._neutral import passable
from bridge.formats._numbers import exact, plain, trimmed
from bridge.formats._protocol import not_renderable
from bridge.formats._text import cleaned, shown

Value: TypeAlias = str | Decimal | int | bool | None

_ROUNDING = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "down": decimal.ROUND_DOWN,
    "up": decimal.ROUND_UP,
}
_SHORTER_DATE = "Set a greater width or max for the field, or a shorter date"
# What helps a text, and what a reference, which is never changed.
_SHORTEN = (
    "Have the shop shorten it, or set overflow for the field",
    "A reference is never cut: have the shop send a shorter one, or give the field more room, if the ERP has it",
)
_PLAINLY = "have the shop send plain letters"


@dataclass(frozen=True, slots=True)
class Style:
    """How a file writes its values.

    ``typed`` keeps numbers and truths as they are; ``passes`` leaves out what the file cannot hold.
    """

    zone: ZoneInfo
    codec: str | None = None
    unencodable: str = REFUSE
    decimal: str = "."
    line_break: str = " "
    words: tuple[str, str] = ("0", "1")
    typed: bool = False
    has_offset: bool = False
    replace: Mapping[int, str] | None = None
    passes: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of a layout with its source found. ``about`` names the order's field, ``place`` that of the file.

    A code is refused rather than changed; a quantity is written without zeros behind its last digit. What is numeric
    came as a number; what ``is_number`` shall become one. ``states`` gives the places of the lines that it stands for:
    those whose amounts it adds up because a condition chose them. ``codes`` are the references among joined names.
    ``differs`` tells when the values that it adds up are rounded elsewhere in the file, to another sum.
    ``is_unit``: what its table's rule for the rest takes is told, since the wrong unit makes another quantity.
    """

    options: FieldOptions
    get: Callable[[Scope], object]
    about: Callable[[Scope], str]
    place: str
    limit: int | None = None
    table: Mapping[str, str] | None = None
    is_number: bool = False
    is_numeric: bool = False
    is_quantity: bool = False
    is_code: bool = False
    is_time: bool = False
    is_unit: bool = False
    states: Callable[[Scope], Iterator[str]] | None = None
    codes: tuple[Callable[[Scope], object], ...] = ()
    differs: Callable[[Scope], str | None] | None = None


def value_of(cell: Cell, scope: Scope, style: Style) -> Value | list[str]:
    """What a field holds: nothing, a value, or with ``split`` several texts. Raises ``PermanentError``."""
    refuse = partial(_refuse, cell, scope)
    try:
        found = _only(cell, cell.get(scope), style, refuse)
        if found is None:
            return _constant(cell.options.default, style)
        for code in cell.codes:
            _keep(code(scope), style, refuse)
        value = _worked(cell, found, style, refuse)
    except ValueError as error:
        raise refuse(f"cannot be written: {error}", "Have the shop send a sane amount") from error
    except OverflowError as error:
        raise refuse("lies outside the calendar in the file's zone", "Have the shop send a sane time") from error
    if isinstance(value, str) and not (cell.is_numeric and value):
        return _fitted(cell, value, style, scope)
    if cell.limit is not None and (letters := as_text(value, style)) and cell.options.letters_of(letters) > cell.limit:
        raise refuse(
            f"is a number of more than {cell.limit} letters", "Give the field more room; a number is never cut"
        )
    return value


def note_of(cell: Cell, scope: Scope, style: Style) -> str | None:
    """What a person should know of the field's value, to stand behind the name of the order's field.

    Raises as :func:`value_of` does, so ask that one first.
    """
    if cell.differs and (note := cell.differs(scope)):
        return note
    digits = digits_of(cell)
    if digits is None and not cell.is_unit:
        return None
    refuse = partial(_refuse, cell, scope)
    found = _only(cell, cell.get(scope), style, refuse)
    if found is None:
        return None
    if digits is None:
        return _unknown_word(cell, str(found))
    with localcontext(prec=60):
        is_rounded = bool(_number(found, refuse) % Decimal(1).scaleb(-digits))
    return ": rounded, since the file takes fewer digits" if is_rounded else None


def differing(
    options: FieldOptions, amounts: Callable[[Scope], Iterator[Decimal]], written: Sequence[FieldOptions]
) -> Callable[[Scope], str | None]:
    """What to say of a sum that is another than the sum of the values that the file's own fields ``written`` hold."""

    def told(scope: Scope) -> str | None:
        addends = tuple(amounts(scope))
        whole = _in_digits(options, total_of(addends))
        by_records = [total_of(_in_digits(field, one) for one in addends) for field in written]
        if whole in by_records:
            return None
        other = plain(by_records[0])
        return f": {options.sum} adds up to {plain(whole)} here, and the rounded values in the file add up to {other}"

    return told


def _unknown_word(cell: Cell, word: str) -> str | None:
    table = cell.table or {}
    if word != REST and word in table:
        return None
    return unknown_unit(word, table[REST], f"maps.{cell.options.map}", {KEEP: "it is written as it came"})


def unknown_unit(unit: str, rest: str, table: str, instead: Mapping[str, str]) -> str:
    """The sentence, to stand behind the name of the order's field, about a unit that only the ``rest`` of a table took.

    ``instead`` says in words what a rule for the rest does that is no unit itself.
    """
    written = instead.get(rest, f'"{shown(rest)}" is written')
    unknown = f' is "{shown(unit)}", which the table {table} does not know, so {written}'
    return f'{unknown}; add it there, or set "*" = "refuse"'


def digits_of(cell: Cell) -> int | None:
    """How many digits behind the point the field takes; ``None`` for all of them."""
    return None if cell.table is not None or cell.options.date else cell.options.digits()


_Refuse: TypeAlias = Callable[[str, str], PermanentError]


def _refuse(cell: Cell, scope: Scope, reason: str, remedy: str) -> PermanentError:
    return refused(cell.about(scope), cell.place, reason, remedy)


def refused(field: str, place: str, reason: str, remedy: str) -> PermanentError:
    """The refusal that names the order's field, the place in the file, and what a person changes."""
    return not_renderable(field, f"{reason} ({place})", remedy)


def as_text(value: Value, style: Style) -> str:
    """A finished value as the letters of a text file."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return style.words[value]
    return plain(value).replace(".", style.decimal) if isinstance(value, Decimal) else str(value)


def _constant(value: object, style: Style) -> Value:
    if isinstance(value, bool | int) and style.typed:
        return value
    return None if value is None else value if isinstance(value, str) else as_text(_known(value), style)


def _known(value: object) -> Value:
    return value if isinstance(value, bool | int | str | Decimal) else str(value)


def _only(cell: Cell, found: object, style: Style, refuse: _Refuse) -> object:
    """One value: of several, texts are joined; nothing and empty text are both ``None``."""
    if isinstance(found, str):
        return found or None
    if isinstance(found, Mapping):
        found = [found] if found else []
    if not isinstance(found, list | tuple):
        return found
    if any(isinstance(one, Mapping | list | tuple) for one in found):
        raise refuse("is a group of fields, not a value", "Name one of them behind a point")
    several = [one for one in found if one is not None and one != ""]
    if len(several) < 2:  # noqa: PLR2004  # one needs no joining
        return several[0] if several else None
    if cell.options.join or all(isinstance(one, str) for one in several):
        return cell.options.between.join(_told(one, style) for one in several)
    raise refuse("stands more than once in this order", "Use sum, or a record that is written for each of them")


def _worked(cell: Cell, found: object, style: Style, refuse: _Refuse) -> Value:
    options = cell.options
    if cell.table is not None:
        return _mapped(cell.table, found, options.map, refuse)
    if options.date:
        return _moment(found, refuse).astimezone(style.zone).strftime(options.date)
    if cell.is_number:
        return _rounded(options, _number(found, refuse), style)
    if isinstance(found, Decimal):
        digits = trimmed(found) if cell.is_quantity else plain(found)
        return Decimal(digits) if style.typed else digits.replace(".", style.decimal)
    return _known(found) if style.typed and isinstance(found, int) else _told(found, style)


def _told(found: object, style: Style) -> str:
    """A fact as text: a time in the file's zone, the rest as it is."""
    if isinstance(found, datetime):
        local = found.astimezone(style.zone)
        return local.isoformat(timespec="seconds") if style.has_offset else f"{local:%Y-%m-%dT%H:%M:%S}"
    return as_text(_known(found), style)


def _mapped(table: Mapping[str, str], found: object, name: str, refuse: _Refuse) -> str:
    word = str(found).lower() if isinstance(found, bool) else str(found)
    known = table.get(word) if word != REST else None
    if known is not None:
        return known
    rest = table[REST]
    if rest == REFUSE:
        raise refuse(f'is "{shown(word)}", which the map {name} does not know', f"Add it to the table maps.{name}")
    return word if rest == KEEP else rest


def _moment(found: object, refuse: _Refuse) -> datetime:
    if isinstance(found, datetime):
        return found
    try:
        return datetime.fromisoformat(str(found))
    except ValueError as error:
        reason = f'is "{shown(str(found))}", which is not a time'
        raise refuse(reason, "Drop date from the field, or name another one") from error


def _number(found: object, refuse: _Refuse) -> Decimal:
    if isinstance(found, Decimal):
        return found
    try:
        return exact(str(found).strip())
    except ValueError as error:
        remedy = "Drop decimals and implied from the field, or name another one"
        raise refuse(f"is no number: {error}", remedy) from error


def _rounded(options: FieldOptions, number: Decimal, style: Style) -> Value:
    number = _in_digits(options, number)
    if options.implied is not None:
        number = number.scaleb(options.implied)
    if number.is_zero():
        number = number.copy_abs()
    return number if style.typed else as_text(number, style)


def _in_digits(options: FieldOptions, number: Decimal) -> Decimal:
    plain(number)
    digits = options.digits()
    if digits is None:
        return number
    with localcontext(prec=60):
        return number.quantize(Decimal(1).scaleb(-digits), _ROUNDING[options.rounding])


def _fitted(cell: Cell, text: str, style: Style, scope: Scope) -> str | list[str]:
    """The text as the file can hold it, within its limit."""
    clean = text if text.isprintable() else passable(cell.about(scope), text, style.line_break)
    refuse = partial(_refuse, cell, scope)
    clean = _passed(clean, style, refuse, is_code=cell.is_code)
    if cell.is_code and clean != text:
        raise refuse(f'is "{shown(text)}", a reference that the file cannot hold', "Have the shop send plain letters")
    limit = cell.limit
    if limit is None or len(clean) <= limit:
        return [clean] if cell.options.overflow == "split" else clean
    if cell.options.overflow == "cut":
        return clean[:limit]
    if cell.options.overflow == "split" and (parts := split(clean, limit, cell.options.parts)):
        return parts
    room = f"{cell.options.parts} times {limit}" if cell.options.overflow == "split" else str(limit)
    remedy = _SHORTER_DATE if cell.is_time else _SHORTEN[cell.is_code]
    raise refuse(f"has {len(clean)} letters, and there is room for {room}", remedy)


def _keep(code: object, style: Style, refuse: _Refuse) -> None:
    """Refuse a reference among joined texts that would be changed."""
    if isinstance(code, str) and _passed(cleaned(code, style.line_break), style, refuse, is_code=True) != code:
        raise refuse(
            f'holds "{shown(code)}", a reference that the file cannot hold', "Have the shop send plain letters"
        )


def _passed(text: str, style: Style, refuse: _Refuse, *, is_code: bool) -> str:
    """The text in letters that the file can hold; what stands in for a letter is replaced like any other."""
    clean = style.passes(text)
    if style.codec is not None and missing(clean, style.codec) is not None:
        clean = unicodedata.normalize("NFC", clean)
    if style.replace:
        clean = clean.translate(style.replace)
    return clean if style.codec is None else _encodable(clean, style, style.codec, refuse, is_code=is_code)


def split(text: str, limit: int, parts: int) -> list[str]:
    """The text in at most so many parts, parted at blanks where there are any; empty when it does not fit."""
    found: list[str] = []
    rest = text
    while rest and len(found) < parts:
        blank = rest.rfind(" ", 1, limit + 1) if len(rest) > limit else len(rest)
        end = blank if blank > 0 else limit
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [] if rest else found


def _encodable(text: str, style: Style, codec: str, refuse: _Refuse, *, is_code: bool) -> str:
    made = text if missing(text, codec) is None else stood_in(text, codec, style.unencodable, style.replace)
    letter = missing(made, codec)
    if letter is None:
        return made
    rule = f'unencodable = "{rule_that_helps(text, codec, style.replace)}"'
    raise refuse(
        f'holds "{shown(letter)}" (U+{ord(letter):04X}), which {codec} cannot write',
        'In the target\'s order section set encoding = "utf-8", if the ERP reads it, or else '
        f"{_PLAINLY if is_code else rule}",
    )
