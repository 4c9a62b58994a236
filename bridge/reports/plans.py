"""What follows from an acknowledgement, as data.

Not for: deciding it (``owing.py``).
"""

from dataclasses import dataclass
from enum import StrEnum

from bridge.reports.kinds import Report
from bridge.states import Outcome


class Verdict(StrEnum):
    """What an acknowledgement is to its order."""

    APPLIED = "applied"
    OLDER = "older"
    AFTER_END = "after_end"
    DOCUMENT = "document"
    """It changes nothing of how far the order is, and is a delivery, an invoice or a credit of its own."""
    REPEATED = "repeated"
    CONFLICT = "conflict"
    """A document that Norce cannot be told for certain, so a person decides."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What people must hear of once; ``kind`` names it in the list of alerts."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from an acknowledgement.

    ``outcome`` is the order's new one, ``None`` where it stays. ``digest`` belongs to the document, which comes last
    among ``reports``. ``waits_because`` asks a person; what is ``applied`` without it ends an earlier question.
    """

    verdict: Verdict
    outcome: Outcome | None = None
    reports: tuple[Report, ...] = ()
    digest: str | None = None
    waits_because: str | None = None
    alert: Alert | None = None
