"""The words behind ``?`` of a list's address, as the filter that they ask for; pure.

Not for: what is overdue; that comes in as ages.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from bridge.journal.reading import OrderFilter, Overdue


def filter_of(query: Mapping[str, str], overdue: tuple[Overdue, ...] = ()) -> OrderFilter:
    """The filter that the words of an address ask for; ``ValueError`` for a word that cannot be read."""
    return OrderFilter(
        text=query.get("q", ""),
        state=query.get("state", ""),
        target=query.get("target", ""),
        application=query.get("application", ""),
        since=moment_in(query, "since"),
        until=moment_in(query, "until"),
        overdue=overdue,
        limit=_number(query, "limit") or 100,
        after=_number(query, "after"),
    )


def moment_in(query: Mapping[str, str], name: str) -> datetime | None:
    """The time that a word of an address says; ``None`` where it is missing, ``ValueError`` where it is none."""
    text = query.get(name, "").replace(" ", "+")  # a plus that was not escaped came as a blank
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is not a time; write it like 2026-11-21T14:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < len(str(2**62))):
        raise ValueError(f"{name} is not a number")
    return int(text)
