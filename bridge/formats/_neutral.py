"""The order as text formats write it: every text cleaned, every number bounded, every refusal naming its field.

Not for: the shape of a file (``delimited``, ``json``).
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from bridge.formats._document import order_document
from bridge.formats._numbers import plain
from bridge.formats._options import TextOptions
from bridge.formats._protocol import not_renderable
from bridge.formats._text import cleaned, shown, unencodable
from bridge.model import SalesOrder

# What the answer or another system must find again letter by letter: refused rather than cleaned.
CODES = frozenset({"order_ref", "part_no", "erp_part_no", "currency", "ref", "suggested_erp_no"})
_CLEAN_IT = "Have the shop send it without"


def neutral(order: SalesOrder, options: TextOptions, line_break: str) -> dict[str, object]:
    """The order's document, ready to be written; line breaks inside a text are ``line_break``."""
    try:
        document = order_document(order, ZoneInfo(options.time_zone))
    except OverflowError as error:
        what = f"lies outside the calendar in {options.time_zone}"
        raise not_renderable("ordered_at", what, "Have the shop send a sane time") from error
    return {name: _ready(name, value, line_break) for name, value in document.items()}


def _ready(path: str, value: object, line_break: str) -> object:
    if value is None:
        return None
    if isinstance(value, str):
        return value if value.isprintable() else passable(path, value, line_break)
    if isinstance(value, dict):
        return {
            (key if key.isprintable() else passable(path, key, line_break)): (
                None if part is None else _ready(f"{path}.{key}", part, line_break)
            )
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_ready(f"{path}[{index}]", part, line_break) for index, part in enumerate(value)]
    return _bounded(path, value) if isinstance(value, Decimal) else value


def _bounded(path: str, value: Decimal) -> Decimal:
    try:
        plain(value)
    except ValueError as error:
        raise not_renderable(path, f"cannot be written: {error}", "Have the shop send a sane amount") from error
    return value


def passable(path: str, text: str, line_break: str) -> str:
    """The text without what no text file can carry; what would change a reference is refused."""
    clean = cleaned(text, line_break)
    if any("\ud800" <= letter <= "\udfff" for letter in clean):
        raise not_renderable(path, f'"{shown(text)}" holds half a character', f"{_CLEAN_IT} it")
    is_code = path.rpartition(".")[2] in CODES
    if is_code and clean != text:
        raise not_renderable(path, f'"{shown(text)}" holds control characters', f"{_CLEAN_IT} them")
    return clean


def refuse_unencodable(path: str, value: object, encoding: str) -> None:
    """Refuse, by the name of its field, the first text of a document that the encoding lacks a letter for."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            name = f"{path}.{key}" if path else str(key)
            refuse_unencodable(name, key, encoding)
            refuse_unencodable(name, part, encoding)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            refuse_unencodable(f"{path}[{index}]", part, encoding)
    elif isinstance(value, str) and (letter := unencodable(value, encoding)) is not None:
        raise not_renderable(
            path,
            f'holds "{shown(letter)}" (U+{ord(letter):04X}), which {encoding} cannot write',
            'Set encoding = "utf-8" in the target\'s order section, if the ERP reads it, or mend the text',
        )


def created_at(at: datetime, options: TextOptions) -> str:
    """The time of receipt in the target's zone, to the second, with its offset."""
    return at.astimezone(ZoneInfo(options.time_zone)).isoformat(timespec="seconds")
