"""What people ask of the journal, as frozen rows: an order with everything that belongs to it, rejects, alerts, totals.

Not for: rows that stages work on (``records.py``), nor their spelling for machines and pages (``ops/documents.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as a list shows it; ``file`` is the confirming drop's."""

    id: int
    order_ref: str
    application: str
    target: str
    state: str
    outcome: str | None
    erp_order_no: str | None
    waits_because: str | None
    currency: str | None
    amount: str | None
    line_count: int
    kind: str
    size: int | None
    request_id: str
    received_at: datetime
    answered_at: datetime | None
    changed_at: datetime
    file: str | None


@dataclass(frozen=True, slots=True)
class DropRow:
    """One file made from an order; ``lines`` are the rows it holds, as JSON, where these are not all.

    ``refused_at`` tells since when the ERP refuses it by a receipt, until it is handed over anew; ``refusal`` is why.
    """

    id: int
    target: str
    confirming: bool
    state: str
    reason: str | None
    detail: str | None
    format: str
    control: int
    file: str
    size: int
    sha256: str
    attempts: int
    presumed: bool
    rendered_at: datetime
    published_at: datetime | None
    taken_at: datetime | None
    lines: str | None
    refused_at: datetime | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class AcknowledgementRow:
    """One mention of an order in a file of the ERP; ``document`` is its JSON text as it was recorded.

    ``file_outcome`` is what became of that file: *matched*, *repeated*, *quarantined* or *discarded*.
    """

    id: int
    file_id: int
    file: str
    file_outcome: str
    kept_as: str | None
    target: str
    verdict: str
    document: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One call owed to Norce; ``number`` is that of a document."""

    seq: int
    status: str
    erp_order_no: str | None
    state: str
    attempts: int
    owed_at: datetime
    sent_at: datetime | None
    error: str | None
    kind: str = "status"
    number: str | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One entry of the history."""

    id: int
    at: datetime
    kind: str
    target: str | None
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry of the history of all orders; ``order_ref`` is ``None`` where it concerns no order."""

    id: int
    at: datetime
    kind: str
    order_ref: str | None
    target: str | None
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A second, differing body under a known reference."""

    id: int
    order_ref: str
    application: str | None
    sha256: str
    state: str
    seen: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """An order and all that belongs to it, each part oldest first."""

    order: OrderRow
    drops: tuple[DropRow, ...]
    acknowledgements: tuple[AcknowledgementRow, ...]
    reports: tuple[ReportRow, ...]
    conflicts: tuple[ConflictRow, ...]
    events: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class Payload:
    """Bytes as they were, with the name and hash they go by."""

    name: str
    content_type: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list, newest first; ``following`` is the cursor of the next one, if there is more."""

    orders: tuple[OrderRow, ...]
    following: int | None


@dataclass(frozen=True, slots=True)
class RejectRow:
    """A kept body that could not become an order."""

    id: int
    received_at: datetime
    name: str
    subject: str
    reason: str
    content_type: str
    size: int
    sha256: str
    state: str
    seen: int
    order_ref: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert that is open."""

    kind: str
    subject: str
    severity: str
    text: str
    raised_at: datetime
    told: int


@dataclass(frozen=True, slots=True)
class TargetRow:
    """What waits at one target: files not written yet, files not fetched, and a pause that outlives a start."""

    name: str
    unwritten: int
    unfetched: int
    oldest_unfetched_at: datetime | None
    paused: str | None
    paused_at: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """The journal in numbers; ``oldest`` holds, for each state that waits, since when its oldest order does."""

    orders: Mapping[str, int]
    oldest: Mapping[str, datetime]
    targets: tuple[TargetRow, ...]
    dead: Mapping[str, int]
    rejects: int
    conflicts: int
    uncertain: int
    quarantined: int
    reports_owed: int
    last_received_at: datetime | None
    last_reported_at: datetime | None
    size_bytes: int
    sqlite: str
