"""The filters that a template may use; what is missing stays missing, what does not fit is refused by its field.

Not for: jinja's own filters, of which none is offered: some call what they are given.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext

from jinja2 import Undefined
from markupsafe import Markup

from bridge.formats._numbers import exact, plain
from bridge.formats._template.faults import Refused, TemplateFault
from bridge.formats._template.guard import Guard, csv, xml
from bridge.formats._text import shown

_WIDEST = 1000
_FINEST = 10
_PREC = 60
_FORM = re.compile(r"(?:[^%]|%[YymdHMSjGVu%])*")
_SHORTEN = "Have the shop shorten it, or cut it in the template"
_SANE = "Have the shop send a sane amount"


class Number(Decimal):
    """A number of the order; as text it has its own digits and no exponent."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self:f}"


def number_of(value: object) -> Decimal:
    """The value as a number. Raises :class:`Refused` for what is none."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TemplateFault("it takes as a number what is none")
    try:
        return exact(str(value).strip())
    except ValueError as error:
        raise Refused(value, f"is no number: {error}", "Drop number from the template, or have the shop mend it") from (
            error
        )


def number(value: object, decimals: object = None, mark: str = ".") -> str | None:
    """With so many digits behind the mark, rounded half up; without ``decimals`` with its own."""
    if value is None or value == "":
        return None
    found = number_of(value)
    if decimals is not None:
        with localcontext(prec=_PREC):
            found = found.quantize(Decimal(1).scaleb(-_bounded(decimals, _FINEST)), ROUND_HALF_UP)
    if found.is_zero():
        found = found.copy_abs()
    try:
        return plain(found).replace(".", mark)
    except ValueError as error:
        raise Refused(value, f"cannot be written: {error}", _SANE) from error


def implied(value: object, decimals: object) -> str | None:
    """The digits without a mark, so many of them behind where it would stand."""
    found = number(value, decimals)
    return found if found is None else found.replace(".", "")


def date(value: object, form: str) -> str | None:
    """A time or a day by ``%Y %y %m %d %H %M %S %j %G %V %u``, in the target's zone."""
    if value is None or value == "":
        return None
    if not _FORM.fullmatch(form):
        raise TemplateFault(f'date does not know "{shown(form)}"; it knows %Y %y %m %d %H %M %S %j %G %V %u')
    try:
        return datetime.fromisoformat(str(value)).strftime(form)
    except ValueError as error:
        raise Refused(value, "is not a time", "Drop date from the template, or have the shop mend it") from error


def pad(value: object, width: object, align: str = "left", fill: str = " ") -> str:
    """Filled up to a width, ``left`` or ``right``; longer is refused, never cut."""
    text, room = text_of(value), _bounded(width, _WIDEST)
    if len(text) > room:
        raise Refused(value, f"has {len(text)} letters, and there is room for {room}", _SHORTEN)
    if align not in {"left", "right"} or len(fill) != 1:
        raise TemplateFault('pad takes a width, "left" or "right", and one letter to fill with')
    return _alike(value, text.ljust(room, fill) if align == "left" else text.rjust(room, fill))


def cut(value: object, width: object) -> str:
    """At most so many letters; a reference is refused rather than cut."""
    text, room = text_of(value), _bounded(width, _WIDEST)
    if len(text) > room and isinstance(value, int | Decimal):
        raise Refused(value, f"is a number of more than {room} letters", "Give it more room; no number is cut")
    return _alike(value, text[:room])


def default(value: object, instead: object = "") -> object:
    """Something else for what is missing or empty."""
    return instead if isinstance(value, Undefined) or value is None or value == "" else value


def mapped(value: object, table: Mapping[str, object], otherwise: object = None) -> object:
    """What the table has for the value; a value that it does not have is refused, unless there is an ``otherwise``."""
    if not isinstance(table, Mapping):
        raise TemplateFault('map takes a table such as {"PostNord": "PN"}')
    word = text_of(value)
    if word in table:
        return table[word]
    if otherwise is None:
        raise Refused(value, f'is "{shown(word)}", which the map does not know', "Add it to the map in the template")
    return otherwise


def replaced(value: object, old: str, new: str) -> str:
    """Other letters for some; a result of more than a page is refused."""
    if not old:
        raise TemplateFault("replace takes what is replaced and what stands for it")
    return _alike(value, text_of(value).replace(old, new))


def upper(value: object) -> str:
    """In capitals."""
    return _alike(value, text_of(value).upper())


def lower(value: object) -> str:
    """In small letters."""
    return _alike(value, text_of(value).lower())


def trim(value: object) -> str:
    """Without blanks around it."""
    return _alike(value, text_of(value).strip())


def length(value: object) -> int:
    """How many letters or members."""
    return len(value) if isinstance(value, str | list | tuple | dict) else len(text_of(value))


def first(value: object) -> object:
    """The first of a list."""
    return next(iter(_listed(value)), None)


def last(value: object) -> object:
    """The last of a list."""
    return next(reversed(_listed(value)), None)


def items(value: object) -> list[tuple[object, object]]:
    """The codes and values of an ``info``, to go through with for."""
    if not isinstance(value, dict):
        raise TemplateFault("items takes what has codes, such as order.info")
    return list(value.items())


def where(value: object, name: str, *words: object) -> list[object]:
    """The members of a list whose ``name`` is one of the words."""
    return [one for one in _listed(value) if _fact(one, name) in words]


def total(value: object, name: str) -> Number:
    """All members' ``name`` together."""
    with localcontext(prec=_PREC):
        return Number(sum((number_of(found) for one in _listed(value) if (found := _fact(one, name)) is not None), 0))


def join(value: object, between: str = " ") -> str:
    """The texts of a list in one; what is missing or empty is left out."""
    return between.join(text for one in _listed(value) if (text := text_of(one)))


def _ready(text: str) -> Markup:
    return Markup(text)  # noqa: S704  # not for a browser: whoever calls this has made it ready


def for_edi(value: object, signs: str = "+:'", release: str = "?") -> Markup:
    """With the release sign before each sign that parts segments, elements or components."""
    special = frozenset(signs) | {release}
    text = "".join(release + one if one in special else one for one in text_of(value))
    return _ready(text)


def for_csv(value: object, delimiter: str = ";") -> Markup:
    """In quotes where a reader of separated values would take it apart."""
    return _ready(csv(text_of(value), delimiter))


def for_xml(value: object) -> Markup:
    """As it stands in an element or an attribute."""
    return _ready(xml(text_of(value)))


def for_json(value: object) -> Markup:
    """As JSON has it: a text in quotes, a number bare, ``null`` for what is missing."""
    if value is None or isinstance(value, bool | str):
        return _ready(json.dumps(value, ensure_ascii=False))
    return _ready(plain(number_of(value)))


def without(value: object, signs: str) -> Markup:
    """The text itself; refused when it holds one of the signs."""
    text = text_of(value)
    found = next((sign for sign in signs if sign in text), None)
    if found is not None:
        raise Refused(value, f'holds "{shown(found)}", which the template refuses', "Have the shop send it without")
    return _ready(text)


def text_of(value: object) -> str:
    """A fact as text; nothing for what is missing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | Decimal):
        return str(value)
    str(value) if isinstance(value, Undefined) else None  # what is undefined says so
    raise TemplateFault("a filter takes one fact, and this is a group of them")


def filters_of(guard: Guard, is_code: Callable[[object], bool]) -> dict[str, Callable[..., object]]:
    """The filters by the names that a template calls them, and those that ``~`` and a number with a point stand for.

    ``is_code`` tells which values are references of the order being written.
    """

    def clean(value: object) -> str:
        """With blanks for what parts fields; a reference is refused rather than changed."""
        return _ready(guard.clean(text_of(value)))

    def joined(values: Iterable[object]) -> str:
        parts = list(values)
        if any(isinstance(one, Markup) for one in parts):
            return _ready("".join(guard.ready(one) for one in parts))
        return "".join(text_of(one) for one in parts)

    kept = {"cut": _keeping(cut, is_code), "clean": _keeping(clean, is_code)}
    return {**FILTERS, **kept, JOINED: joined, EXACT: _exactly}


def _exactly(digits: str) -> Number:
    return Number(exact(digits))


def _keeping(change: Callable[..., str], is_code: Callable[[object], bool]) -> Callable[..., str]:
    """The same filter, for all but references."""

    def changed(value: object, *given: object) -> str:
        result = change(value, *given)
        if result != text_of(value) and is_code(value):
            raise Refused(value, "is a reference, which the template would change", "Have the shop send plain letters")
        return result

    return changed


JOINED = "~"
EXACT = "#"
FILTERS: Mapping[str, Callable[..., object]] = {
    "number": number,
    "implied": implied,
    "date": date,
    "pad": pad,
    "default": default,
    "map": mapped,
    "replace": replaced,
    "upper": upper,
    "lower": lower,
    "trim": trim,
    "length": length,
    "first": first,
    "last": last,
    "items": items,
    "where": where,
    "total": total,
    "join": join,
    "csv": for_csv,
    "xml": for_xml,
    "edi": for_edi,
    "json": for_json,
    "without": without,
}


def _alike(value: object, text: str) -> str:
    """Ready where the value was."""
    return _ready(text) if isinstance(value, Markup) else text


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return list(value)
    raise TemplateFault("the filter takes a list, such as order.lines")


def _fact(member: object, name: str) -> object:
    if isinstance(member, dict) and name in member:
        return member[name]
    raise TemplateFault(f'"{shown(name)}" is no name of what is in the list')


def _bounded(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= most or value % 1:
        raise TemplateFault(f"the filter takes a whole number up to {most}")
    return int(value)
