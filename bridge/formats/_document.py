"""Orders and acknowledgements as plain documents: what ``read --json`` prints and the journal keeps.

Not for: characters of any file; a document is dictionaries, lists and plain values.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache

from pydantic import TypeAdapter

from bridge.formats._numbers import plain
from bridge.model import Acknowledgement, SalesOrder

_ACKNOWLEDGEMENT = TypeAdapter(Acknowledgement)
_GUARDED = frozenset({"ssn"})  # goes out only where a layout asks for it by name (formats/mapping.md 2.0)


def to_document(acknowledgement: Acknowledgement) -> dict[str, object]:
    """The acknowledgement as INTERFACE.md shows it: numbers as text in plain notation, missing as ``None``.

    A control number stands in it only where there is one: a repeat is known by its document (invariant 8), and those
    of receipts without one are in journals already.
    """
    document = _members(acknowledgement, UTC, numbers_as_text=True)
    if document["control"] is None:
        del document["control"]
    return document


def document_text(acknowledgement: Acknowledgement) -> str:
    """The document as the journal keeps it: the same words give the same text, by which a repeat is known."""
    return json.dumps(to_document(acknowledgement), ensure_ascii=False, sort_keys=True)


def from_document(document: Mapping[str, object]) -> Acknowledgement:
    """The acknowledgement that :func:`to_document` wrote; ``ValueError`` when it is none."""
    return _ACKNOWLEDGEMENT.validate_python(document)


def order_document(order: SalesOrder, zone: tzinfo = UTC) -> dict[str, object]:
    """The order by its neutral names; amounts stay ``Decimal`` with their own digits, times carry their offset.

    Personal numbers are left out.
    """
    return _members(order, zone, numbers_as_text=False)


def _members(value: object, zone: tzinfo, *, numbers_as_text: bool) -> dict[str, object]:
    names = _names(type(value))  # type: ignore[arg-type] # a class is hashable
    if names is None:
        raise TypeError(f"{type(value).__name__} has no members")
    members: dict[str, object] = {}
    for name in names:
        part = getattr(value, name)
        members[name] = None if part is None else _plain(part, zone, numbers_as_text=numbers_as_text)
    return members


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    """The members of a dataclass that go out; ``None`` for any other kind. There are few kinds and many values."""
    if not is_dataclass(kind):
        return None
    return tuple(entry.name for entry in fields(kind) if entry.compare and entry.name not in _GUARDED)


def _plain(value: object, zone: tzinfo, *, numbers_as_text: bool) -> object:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal):
        return plain(value) if numbers_as_text else value
    if _names(type(value)) is not None:  # type: ignore[arg-type] # a class is hashable
        return _members(value, zone, numbers_as_text=numbers_as_text)
    if isinstance(value, tuple | list):
        return [_plain(part, zone, numbers_as_text=numbers_as_text) for part in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(part, zone, numbers_as_text=numbers_as_text) for key, part in value.items()}
    return _single(value, zone)


def _single(value: object, zone: tzinfo) -> object:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value
