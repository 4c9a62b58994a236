"""What goes into the journal and what comes out of it: frozen rows, as the stages see them.

Not for: SQL, nor for what people see (``ops/documents.py`` makes that).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.model import AckStatus, Part, Reading
from bridge.reports.kinds import Report, erp_order_no_of
from bridge.states import DropState, HeldReason, ReportKind, ReportPolicy


@dataclass(frozen=True, slots=True)
class Body:
    """A request body as it came, with what is needed to read it again."""

    content: bytes
    content_type: str
    kind: str
    forced_kind: str | None = None


@dataclass(frozen=True, slots=True)
class RenderedDrop:
    """A file as it will be published, made before the order is admitted.

    One that is ``held`` waits for a person from the start, ``detail`` says why; where there is no file, its content is
    empty, and it is never published. ``part`` tells which rows of the order it holds; ``None`` is all. ``warnings`` is
    what a person should know of it; the admission keeps them.
    """

    target: str
    confirming: bool
    format: str
    control: int
    file_name: str
    staging_name: str
    marker_name: str
    content: bytes
    held: HeldReason | None = None
    detail: str = ""
    part: Part | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """An order about to be admitted: identity, facts for people, its body and its rendered drops.

    ``brief`` is what reports will need of it (``reports/brief.py``).
    """

    order_ref: str
    application: str
    fingerprint: str
    currency: str | None
    amount: str | None
    line_count: int
    body: Body
    request_id: str
    received_at: datetime
    drops: tuple[RenderedDrop, ...]
    warnings: tuple[str, ...] = ()
    brief: str = "{}"


@dataclass(frozen=True, slots=True)
class Admitted:
    """The order is in the journal. ``repeat`` tells that it was there before; ``conflict`` that it differed then."""

    order_id: int
    repeat: bool
    conflict: bool = False
    erp_order_no: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is already in the journal under a reference; the number only where it may be told to Norce."""

    order_id: int
    fingerprint: str
    application: str
    body_sha256: str
    erp_order_no: str | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A body that cannot become an order, and why."""

    name: str
    subject: str
    reason: str
    body: Body
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DueDrop:
    """A drop leased to the drop stage. ``content`` is whole; ``fresh`` tells that this process staged it itself."""

    id: int
    order_id: int
    order_ref: str
    target: str
    state: DropState
    control: int
    file_name: str
    staging_name: str
    marker_name: str
    content: bytes
    sha256: str
    attempts: int
    waited: timedelta
    fresh: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class DropResult:
    """What became of a leased drop.

    ``state`` equal to the leased one means: not yet; then ``wait`` counts an attempt, and its absence means that the
    work was cut short and is no attempt (invariant 11).
    """

    drop: DueDrop
    state: DropState
    presumed: bool = False
    reason: HeldReason | None = None
    detail: str = ""
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A published file that the ERP has not fetched as far as we know."""

    drop_id: int
    order_id: int
    order_ref: str
    file_name: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class DueReport:
    """A call owed to Norce, leased to the report stage.

    ``begun`` tells that its call was about to leave and was never settled; ``doubted`` that an earlier one may have
    been carried out all the same, ``shares_number`` that another order has a document of this kind and number.
    """

    id: int
    order_id: int
    order_ref: str
    application: str
    seq: int
    status: AckStatus
    report: Report
    attempts: int
    waited: timedelta
    owed_at: datetime
    begun: bool = False
    doubted: bool = False
    shares_number: bool = False

    @property
    def is_document(self) -> bool:
        """True for what Norce may take once only, unlike a status."""
        return self.report.kind is not ReportKind.STATUS

    @property
    def erp_order_no(self) -> str | None:
        """The ERP's number that goes with it."""
        return erp_order_no_of(self.report)


class ReportEnd(StrEnum):
    """What became of an attempt to send a report."""

    SENT = "sent"
    LATER = "later"
    DEAD = "dead"
    UNCERTAIN = "uncertain"
    CUT_SHORT = "cut_short"


@dataclass(frozen=True, slots=True)
class ReportResult:
    """The end of one attempt; ``wait`` goes with :attr:`ReportEnd.LATER`.

    ``doubted`` tells that it may have been carried out.
    """

    report: DueReport
    end: ReportEnd
    error: str = ""
    wait: timedelta = timedelta()
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class ClaimedFile:
    """A file of the ERP that was claimed and read."""

    claim: str
    target: str
    name: str
    content: bytes
    sha256: str


class FileOutcome(StrEnum):
    """Where a file of the ERP goes: the archive for the first two, quarantine for the third, until a person acts."""

    MATCHED = "matched"
    REPEATED = "repeated"
    QUARANTINED = "quarantined"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording a file brought about; the same again when the file had been recorded before.

    ``order_refs`` are the orders that its matched acknowledgements speak of, repeats included. ``fresh`` are the
    positions in the file of those that were neither repeats nor unmatched, and ``applied`` is their number. ``used``
    are the orders of which something in it was understood.
    """

    file_id: int
    outcome: FileOutcome
    reasons: tuple[str, ...]
    applied: int
    order_refs: tuple[str, ...] = ()
    fresh: tuple[int, ...] = ()
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """A file and what was read in it, about to be recorded under the report policy in force.

    ``documents`` holds, for each acknowledgement, its JSON text as people and machines are shown it; the same text
    again is the same acknowledgement (invariant 8).
    """

    file: ClaimedFile
    reading: Reading
    documents: tuple[str, ...]
    policy: ReportPolicy


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A host key that a person trusts, what the settings said then, and the person's reason."""

    shown: str
    configured: str
    because: str


@dataclass(frozen=True, slots=True)
class TargetMemory:
    """What the journal knows of a target: the identity of its staging folder, and a pause that outlives a start.

    ``host_key`` is the one that a person trusted while the settings said ``host_key_for``.
    """

    identity: str | None
    proven: bool
    paused: str | None
    host_key: str = ""
    host_key_for: str = ""


@dataclass(frozen=True, slots=True)
class AlertFound:
    """A condition that holds now and that a person must hear of."""

    kind: str
    subject: str
    severity: str
    text: str


@dataclass(frozen=True, slots=True)
class AlertToTell:
    """An alert whose raising, repetition or closing has to be told to the channels."""

    id: int
    kind: str
    subject: str
    severity: str
    text: str
    raised_at: datetime
    told: int
    is_closing: bool


@dataclass(frozen=True, slots=True)
class StoredReject:
    """A kept body, for replay."""

    id: int
    body: Body
    received_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class RejectEnd:
    """What became of a kept body: *replayed* as the order ``order_ref``, or *discarded* by a person, and why."""

    state: str
    order_ref: str | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class FileAgain:
    """A quarantined file that a person puts back; ``order_id`` where the person says which order it speaks of."""

    target: str
    name: str
    sha256: str
    because: str
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Litter:
    """A drop that is over, and the names under which something of it may still lie about."""

    id: int
    file_name: str
    staging_name: str
    marker_name: str


@dataclass(frozen=True, slots=True)
class CurrentDrop:
    """A drop as acts of people see it: how far it is, its names, and where it came from if it is held."""

    id: int
    order_id: int
    order_ref: str
    target: str
    confirming: bool
    state: DropState
    reason: str | None
    origin: DropState
    by_file: bool
    file_name: str
    staging_name: str
    marker_name: str
    abandoned: bool
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """An order's body as it came, when, and which of its rows the files of each target hold that has not all."""

    body: Body
    received_at: datetime
    parts: Mapping[str, Part] = field(default_factory=dict)


class HeldEnd(StrEnum):
    """What became of a held drop's file."""

    PUT_BACK = "put_back"
    STILL_STAGED = "still_staged"
    OUT_OF_OUR_HANDS = "out_of_our_hands"
    WITHDRAWN = "withdrawn"
    NAME_TAKEN = "name_taken"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person's answer in the ERP's place: the number it told, and why the person says so.

    ``is_shared`` says that the ERP means several orders by that number.
    """

    order_id: int
    erp_order_no: str
    because: str
    policy: ReportPolicy
    is_shared: bool = False
