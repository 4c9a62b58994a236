"""The words of ``NAME.reason.txt``: what is wrong with a quarantined file, where, and what a person does. Pure.

Not for: writing the note (``places.py``) or finding out what is wrong (``formats/`` and the journal).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge import naming

_LONGEST_LINE = 300
_MOST_REASONS = 20
_INDENT = " " * 13
_SETTING = "status_map"
"""What a format's fault names where the file is right and a setting lacks its word."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of a file that goes to quarantine.

    ``is_read``: the format could read it. ``is_matched``: it speaks of an order that is known. ``used``: orders whose
    acknowledgements in it count. ``closest``: the known order that a reference nobody knows resembles most, as
    reference and what is told of it.
    """

    reasons: tuple[str, ...]
    is_read: bool
    sha256: str
    is_matched: bool = False
    used: tuple[str, ...] = ()
    closest: tuple[str, str] | None = None
    tries: int = 1
    target: str = "NAME"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader of the note is: the inbox as a person types it, the time of reading, the site's zone."""

    inbox: str
    at: datetime
    zone: ZoneInfo


def note(name: str, finding: Finding, place: Place) -> str:
    """The whole note for a file that lies in quarantine under ``name``."""
    lines = [
        f"{name} {_headline(finding)}",
        *_listed("  Found:     ", _shortened(finding.reasons)),
        *_listed("  Used:      ", _used(finding)),
        *_listed("  Closest:   ", [f"{ref} ({told})" for ref, told in [finding.closest or ("", "")] if ref]),
        *_listed("What to do:  ", _remedies(name, finding, place)),
        _last_line(finding, place),
    ]
    return "\n".join(lines) + "\n"


def _headline(finding: Finding) -> str:
    if not finding.is_read:
        return "could not be read."
    if finding.used:
        return "could be used only in part."
    if finding.is_matched:
        return "says of an order what is not understood, so nothing followed from it."
    return "could not be matched to an order."


def _shortened(reasons: Sequence[str]) -> list[str]:
    shown = [naming.legible(reason, _LONGEST_LINE) for reason in reasons[:_MOST_REASONS]]
    left = len(reasons) - len(shown)
    return [*shown, f"and {left} more"] if left else shown


def _used(finding: Finding) -> list[str]:
    if not finding.used:
        return []
    refs = ", ".join(naming.legible(ref, _LONGEST_LINE) for ref in finding.used[:_MOST_REASONS])
    more = f" and {len(finding.used) - _MOST_REASONS} more" if len(finding.used) > _MOST_REASONS else ""
    return [f"what it says of {refs}{more}; it will not count twice"]


def _remedies(name: str, finding: Finding, place: Place) -> list[str]:
    order = f" --order {finding.closest[0]}" if finding.closest else ""
    again = f"erp-bridge quarantine retry {name}{order}"
    words = [reason for reason in finding.reasons if _SETTING in reason]
    mend = [f"give the word a meaning in [targets.{finding.target}.answer.{_SETTING}] and restart the bridge, then"]
    if len(words) == len(finding.reasons) > 0:
        return [*mend, again]
    return [*(mend if words else []), f"correct the file and move it to {place.inbox}/, or", again]


def _last_line(finding: Finding, place: Place) -> str:
    at = f"Read {place.at.astimezone(place.zone):%Y-%m-%d %H:%M:%S} {place.zone}"
    digest = f"sha256 {finding.sha256}" if finding.sha256 else "content not read"
    return f"{at} · {digest} · try {finding.tries}"


def _listed(head: str, lines: Sequence[str]) -> list[str]:
    return [(head if number == 0 else _INDENT) + line for number, line in enumerate(lines)]
