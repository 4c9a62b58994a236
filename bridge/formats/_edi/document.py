"""Where a value stands in the order's document, for messages that are written element by element.

Not for: what may be written of it (``values``).
"""

from collections.abc import Mapping
from typing import TypeAlias

Document: TypeAlias = Mapping[str, object]


def inner(document: Document, name: str) -> Document:
    """A part of the document; empty where there is none."""
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def at(document: Document, path: str) -> object:
    """The single value at a path with points; ``info.CODE`` is of the order. Nothing where a whole part stands."""
    if path.startswith("info."):
        return inner(document, "info").get(path[5:])
    found: object = document
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return None if isinstance(found, Mapping | list) else found


def member(members: object, index: int) -> Document:
    """One of a list of parts."""
    found = members[index] if isinstance(members, list) else {}
    return found if isinstance(found, Mapping) else {}


def members(document: Document, name: str) -> list[Document]:
    """The rows, payments or charges of a document."""
    found = document.get(name)
    return found if isinstance(found, list) else []


def person(party: Document) -> str:
    """First and last name of a party."""
    return " ".join(str(party[part]) for part in ("first_name", "last_name") if party.get(part))
