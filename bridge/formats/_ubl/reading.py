"""What the readers of UBL answers share: facts by path, numbers and days of XML, statements.

A path is names as in ``cac:OrderReference/cbc:ID``. A fact that two elements tell differently is ``Unreadable``: nobody
can tell which is meant. Not for: which fact stands where (``responses``, ``papers``, ``receipts``).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.formats._answer.fields import Facts, NumberToken, Statement, statement
from bridge.formats._numbers import day as day_of, exact
from bridge.formats._options import Dialect
from bridge.formats._protocol import Unreadable
from bridge.formats._text import one_line, shown
from bridge.formats._ubl.codes import Codes
from bridge.formats._ubl.names import NAMESPACES
from bridge.safexml import Element, local_name

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})")  # xsd:date may name a zone
_ONE_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")


@dataclass(frozen=True, slots=True)
class Reader:
    """What a target says of its codes, and how it words dates and numbers."""

    codes: Codes
    dialect: Dialect
    is_comma_read: bool


def where(element: Element) -> str:
    """The place of an element in its file."""
    return f"line {element.sourceline}"


def all_of(element: Element, path: str) -> list[Element]:
    """The elements at a path."""
    return element.findall(path, NAMESPACES)


def texts(element: Element, *paths: str) -> list[str]:
    """The different texts at some paths, in the order they came; blank ones are none."""
    found = (text_of(one) for path in paths for one in all_of(element, path))
    return list(dict.fromkeys(filter(None, found)))


def text_of(element: Element) -> str:
    """The text of an element; raises ``Unreadable`` where elements stand in it."""
    if len(element):
        raise Unreadable(where(element), f"{local_name(element)} holds elements where a text belongs")
    return (element.text or "").strip()


def one_of(element: Element, path: str) -> Element | None:
    """The one element at a path, if it is there; raises ``Unreadable`` where there are several."""
    found = all_of(element, path)
    if len(found) > 1:
        raise Unreadable(where(found[1]), f"{local_name(found[1])} stands twice where one belongs")
    return found[0] if found else None


def code(element: Element, path: str) -> str | None:
    """The one text at a path; raises ``Unreadable`` where there are two that differ."""
    found = texts(element, path)
    if len(found) > 1:
        name = path.rpartition(":")[2]
        raise Unreadable(where(element), f'{name} is both "{shown(found[0])}" and "{shown(found[1])}"')
    return found[0] if found else None


def first_code(element: Element, *paths: str) -> str | None:
    """The text at the first of some paths that has one."""
    return next((found for path in paths if (found := code(element, path))), None)


def note(element: Element, *paths: str) -> str | None:
    """The free texts at some paths as one line."""
    return " / ".join(one_line(text) for text in texts(element, *paths)) or None


def number(element: Element, path: str, reader: Reader) -> NumberToken | None:
    """The number at a path, as XML writes it; what it is not is found out where it is used."""
    text = code(element, path)
    if text is None:
        return None
    return NumberToken(text.replace(",", ".") if reader.is_comma_read and _ONE_COMMA.fullmatch(text) else text)


def decimal_of(token: str | None) -> Decimal | None:
    """The number of a token; nothing where it is none, which its own field tells."""
    try:
        return None if token is None else exact(token)
    except ValueError:
        return None


def day(element: Element, warnings: list[str], reader: Reader, *paths: str) -> str | None:
    """The day at the first of some paths that has one, as ISO has it; what is unclear about it is warned of."""
    given = next((several for path in paths if (several := texts(element, path))), [])
    if not given:
        return None
    if len(given) > 1:
        warnings.append(f'of the dates "{shown(given[0])}" and "{shown(given[1])}" the first is taken')
    with_zone = _DAY.fullmatch(given[0])
    try:
        found = day_of(with_zone[1] if with_zone else given[0], reader.dialect.date)
    except ValueError:
        warnings.append(f'the date "{shown(given[0])}" is not understood')
        return None
    return None if found is None else found.isoformat()


def is_true(element: Element, path: str) -> bool:
    """Whether an indicator says yes."""
    return (code(element, path) or "").lower() in {"true", "1"}


def price(element: Element, reader: Reader) -> NumberToken | None:
    """The net price of a unit; a price of several units is none that we could compare."""
    base = decimal_of(number(element, "cac:Price/cbc:BaseQuantity", reader))
    return number(element, "cac:Price/cbc:PriceAmount", reader) if base in {None, Decimal(1)} else None


def part_no(item: Element | None) -> str | None:
    """The number of an article: ours, else the ERP's, else its GTIN."""
    if item is None:
        return None
    kinds = ("Buyers", "Sellers", "Standard")
    return first_code(item, *(f"cac:{kind}ItemIdentification/cbc:ID" for kind in kinds))


def present(facts: Mapping[str, object]) -> dict[str, object]:
    """The facts that are there."""
    return {name: value for name, value in facts.items() if value}


def told(facts: Mapping[str, object], place: str, reader: Reader, warnings: Sequence[str]) -> Statement:
    """The statement that facts by their neutral names make; what is unclear about them goes along."""
    found = Facts(place, present(facts), reader.dialect)
    found.warnings += warnings
    return statement(found, is_row=False)


def copied(facts: Mapping[str, object], place: str, reader: Reader) -> Statement:
    """A copy of an earlier answer: it is taken in and changes nothing."""
    receipt = {**facts, "kind": "receipt", "status": "received"}
    return told(receipt, place, reader, ["a copy of an earlier document (CopyIndicator): it says nothing new"])


def only(element: Element, name: str, found: Iterable[str | None]) -> str | None:
    """The one value that is said; raises ``Unreadable`` where two are."""
    values = list(dict.fromkeys(value for value in found if value))
    if len(values) > 1:
        raise Unreadable(where(element), f'{name} is both "{shown(values[0])}" and "{shown(values[1])}"')
    return values[0] if values else None
