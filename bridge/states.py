"""The specification of what an order, a drop and a report can be, and which moves exist.

Change it first, then the code.

::

    order    received ──> dropped ──> acknowledged ──> reported        aside: held, dead        end: abandoned

    drop     queued ──> staged ──> published ──> taken ──> answered    aside: held(reason), uncertain(reason)
               ^          |            |           |                   end: withdrawn, answered
               └──────────┴── resend ──┴───────────┘

    report   owed ──> sent                                             aside: dead, uncertain

An order's state is never stored by hand: :func:`order_state` derives it from its confirming drop and the reports it
owes, in the transaction that changed either. The outcome (what the ERP decided) is a column beside it. Where fetching
confirms (``confirm_on = "taken"``), a taken drop with an outcome counts like an answered one.

A report that moves money is *begun*, by a commit, before its call leaves. Begun and not settled means that nobody
knows whether Norce did it: it becomes uncertain, and is called again only when a person says so. A person who finds it
done in Norce, or does it there by hand, settles it instead; its later reports go on then.

A drop may be held from its admission on: with its file, for a person to look and release; or without one (no bytes),
when none could or should be made. What has no bytes is never queued: only a drop rendered anew takes its place.

What a person holds keeps in mind where it came from (*queued*, *staged*, *published*), and goes back there. An act of
a person is committed as an intention first, then its file is moved, then the result is committed; a death in between
leaves a drop held as ``person``, ``releasing`` or ``withdrawing``, which the drop stage's own round takes to its end.

Invariants, each with a test that bears its number:

 1. OK is answered only after order, rendered bytes and first event are committed with a full sync.
 2. One key (the bridge's one Norce client, and ``ClientOrderRef`` exactly as sent) admits one order. A repeat gets
    the answer that the present state implies.
 3. A repeat whose neutral order differs, or that names another application, is answered like a repeat; the first
    goes on, the second body is kept as a *conflict* and alerted.
 4. A current drop's name, bytes and control number never change.
 5. A file under its final name is complete; partial bytes exist only under a staging name.
 6. Once ``staged`` is committed only our rename makes the staging name vanish; vanished, in a staging folder that
    proves its identity, means renamed: nothing is written again.
 7. An inbox file leaves the claim folder only after the transaction that used it is committed.
 8. The same acknowledgement twice changes nothing; an older status after a newer one is stored and not reported.
 9. A report is born in the transaction of the acknowledgement that causes it.
10. Each state change appends one event in the same transaction; events are never changed.
11. Work cut short by stopping is not an attempt; paused time counts neither as attempt nor towards giving up.
12. Nothing owed waits unseen: each state but the resting ones has an age at which an alert is raised.
13. A body that was authenticated is never lost: what cannot become an order is kept, listed, and can be replayed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class OrderState(StrEnum):
    """How far an order has come, as people see it."""

    RECEIVED = "received"
    DROPPED = "dropped"
    ACKNOWLEDGED = "acknowledged"
    REPORTED = "reported"
    HELD = "held"
    DEAD = "dead"
    ABANDONED = "abandoned"


class DropState(StrEnum):
    """How far one file for one target has come."""

    QUEUED = "queued"
    STAGED = "staged"
    PUBLISHED = "published"
    TAKEN = "taken"
    ANSWERED = "answered"
    HELD = "held"
    UNCERTAIN = "uncertain"
    WITHDRAWN = "withdrawn"


class ReportState(StrEnum):
    """How far one call owed to Norce has come."""

    OWED = "owed"
    SENT = "sent"
    DEAD = "dead"
    UNCERTAIN = "uncertain"


class HeldReason(StrEnum):
    """Why a drop waits for a person."""

    COLLISION = "collision"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    PERSON = "person"
    """A person wants it so; its file lies in the held folder, or is on its way there."""
    RELEASING = "releasing"
    """A person let it go; its file is on its way back to the outbox."""
    WITHDRAWING = "withdrawing"
    """Its order was abandoned; its file is being taken back for good."""
    TOTALS = "totals"
    """The order's rows do not come to what was paid, and the settings want a person to look."""
    SHOP = "shop"
    """The shop asks that a person looks at the order first, and the settings say so too."""
    RULES = "rules"
    """Its target's rules or hook failed on the order: there is no file, until it is made anew."""
    TEMPLATE = "template"
    """The order is the template of later ones: there is no file, and none is made."""


RELEASABLE = frozenset({HeldReason.PERSON, HeldReason.TOTALS, HeldReason.SHOP})
"""Held whole, by a person or for one: a release lets the file go as it is."""


class PauseReason(StrEnum):
    """Why a target is left alone. The first four end at the next good probe, the others when a person says so."""

    FOLDER = "folder"
    DISK = "disk"
    CONNECTION = "connection"
    LOGIN = "login"
    HOST_KEY = "host_key"
    IDENTITY = "identity"
    PERSON = "person"


SELF_ENDING_PAUSES = frozenset(
    {PauseReason.FOLDER, PauseReason.DISK, PauseReason.CONNECTION, PauseReason.LOGIN},
)


@dataclass(frozen=True, slots=True)
class Pause:
    """Why and since when a target is left alone, in words."""

    reason: PauseReason
    since: datetime
    text: str


class Outcome(StrEnum):
    """What the ERP decided about an order; its rank says which of two is the older."""

    RECEIVED = "received"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    BACKORDER = "backorder"
    ON_HOLD = "on_hold"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    INVOICED = "invoiced"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


_RANK = {
    Outcome.RECEIVED: 0,
    Outcome.CONFIRMED: 1,
    Outcome.CHANGED: 1,
    Outcome.BACKORDER: 1,
    Outcome.ON_HOLD: 1,
    Outcome.PARTLY_DELIVERED: 2,
    Outcome.DELIVERED: 3,
    Outcome.INVOICED: 4,
    Outcome.CANCELLED: 5,
    Outcome.REJECTED: 5,
}
_ENDS = frozenset({Outcome.CANCELLED, Outcome.REJECTED})


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed change of a drop's or report's state, and the journal method that makes it."""

    before: frozenset[str]
    after: str
    by: str


def _move(before: Sequence[StrEnum], after: StrEnum, by: str) -> Move:
    return Move(frozenset(state.value for state in before), after.value, by)


_D = DropState
_OPEN_DROPS = (_D.QUEUED, _D.STAGED, _D.PUBLISHED, _D.TAKEN, _D.HELD, _D.UNCERTAIN)

DROP_MOVES = (
    _move([_D.QUEUED], _D.STAGED, "settle_drops"),
    _move([_D.STAGED], _D.PUBLISHED, "settle_drops"),
    _move([_D.STAGED], _D.QUEUED, "settle_drops"),  # the staging file has the wrong size or hash after a crash
    _move([_D.QUEUED, _D.STAGED], _D.HELD, "settle_drops"),  # collision, refused, given up
    _move([_D.QUEUED, _D.STAGED], _D.UNCERTAIN, "settle_drops"),  # a remote server left no witness
    _move([_D.STAGED, _D.HELD], _D.UNCERTAIN, "doubt"),  # its staging folder was replaced, and the witness with it
    _move([_D.QUEUED, _D.STAGED, _D.HELD], _D.UNCERTAIN, "restore"),  # the world is newer than the journal
    _move([_D.PUBLISHED], _D.TAKEN, "note_taken"),
    _move(_OPEN_DROPS, _D.ANSWERED, "record"),  # a response proves delivery at any state
    _move([_D.HELD], _D.QUEUED, "requeue"),  # never an uncertain one: the ERP may have it
    _move([_D.QUEUED, _D.STAGED, _D.PUBLISHED], _D.HELD, "hold"),  # a person, or NAME.hold; then its file moves
    _move([_D.HELD], _D.QUEUED, "release"),  # it was held before anything was written
    _move([_D.HELD], _D.STAGED, "settle_held"),  # its staging name is there, so it was never renamed
    _move([_D.HELD], _D.PUBLISHED, "settle_held"),  # it was put back; or no name in either place: out of our hands
    _move([_D.HELD], _D.WITHDRAWN, "settle_held"),  # its order was abandoned, and the ERP does not have it
    _move([_D.PUBLISHED, _D.TAKEN, _D.UNCERTAIN], _D.QUEUED, "resend"),  # its name is not in the outbox
    _move([_D.QUEUED, _D.HELD, _D.TAKEN, _D.UNCERTAIN], _D.WITHDRAWN, "render_again"),  # a new drop takes its place
    _move([_D.QUEUED, _D.STAGED, _D.PUBLISHED], _D.HELD, "abandon"),
    _move(_OPEN_DROPS, _D.ANSWERED, "confirm"),  # a person's answer counts like the ERP's
)

_R = ReportState

REPORT_MOVES = (
    _move([_R.OWED], _R.SENT, "settle_report"),
    _move([_R.OWED], _R.SENT, "note_answered"),  # Norce read the number in the reply itself
    _move([_R.OWED], _R.DEAD, "settle_report"),
    _move([_R.OWED], _R.UNCERTAIN, "settle_report"),  # money calls only: it may have been done, or not
    _move([_R.OWED], _R.UNCERTAIN, "restore"),  # money calls only: it may have been made since the copy
    _move([_R.DEAD, _R.UNCERTAIN], _R.OWED, "requeue"),
    _move([_R.DEAD, _R.UNCERTAIN], _R.SENT, "settle"),  # a person did it in Norce, or saw that it is done
)


def is_allowed(moves: Sequence[Move], before: str, after: str, by: str) -> bool:
    """True when ``by`` may move something from ``before`` to ``after``."""
    return any(before in move.before and after == move.after and by == move.by for move in moves)


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What an order's state follows from: its confirming drop, the reports it owes, and what a person decided."""

    drop: DropState
    reports: Sequence[ReportState] = ()
    outcome: Outcome | None = None
    waits_for_person: bool = False
    abandoned: bool = False


def order_state(facts: OrderFacts) -> OrderState:
    """The state that people see. A dead report outweighs everything but abandoning; a hold outweighs progress."""
    if facts.abandoned:
        return OrderState.ABANDONED
    if ReportState.DEAD in facts.reports:
        return OrderState.DEAD
    if facts.waits_for_person or ReportState.UNCERTAIN in facts.reports:
        return OrderState.HELD
    return _state_of_progress(facts)


def _state_of_progress(facts: OrderFacts) -> OrderState:
    match facts.drop:
        case DropState.HELD | DropState.UNCERTAIN:
            return OrderState.HELD
        case DropState.QUEUED | DropState.STAGED | DropState.WITHDRAWN:
            return OrderState.RECEIVED
        case DropState.TAKEN if facts.outcome not in {None, Outcome.RECEIVED}:
            return _state_of_reports(facts)
        case DropState.PUBLISHED | DropState.TAKEN:
            return OrderState.DROPPED
        case DropState.ANSWERED:
            return _state_of_reports(facts)


def _state_of_reports(facts: OrderFacts) -> OrderState:
    all_sent = facts.reports and all(report is ReportState.SENT for report in facts.reports)
    return OrderState.REPORTED if all_sent else OrderState.ACKNOWLEDGED


class Standing(StrEnum):
    """How an acknowledgement stands towards what is already known of its order."""

    NEWS = "news"
    OLDER = "older"
    AFTER_END = "after_end"


def is_further(than: Outcome | None, said: Outcome) -> bool:
    """True when ``said`` is a later step than what is known, not merely another word for the same one."""
    return than is None or _RANK[said] > _RANK[than]


def standing(known: Outcome | None, said: Outcome) -> Standing:
    """Whether ``said`` is news, is older than what is known, or comes after the order has ended (invariant 8)."""
    if known is None:
        return Standing.NEWS
    if known in _ENDS:
        return Standing.AFTER_END
    return Standing.OLDER if _RANK[said] < _RANK[known] else Standing.NEWS


def tells_number(outcome: Outcome | None, *, waits_for_person: bool) -> bool:
    """Whether an answer to Norce may carry the ERP's number, which makes the order Confirmed there.

    Not while a person must decide, and never for an order that the ERP refused, cancelled or put on hold.
    """
    if outcome is None or waits_for_person:
        return False
    return outcome not in {Outcome.RECEIVED, Outcome.ON_HOLD, *_ENDS}


class ReportKind(StrEnum):
    """What sort of call is owed to Norce; each but the first is a document with a number of its own."""

    STATUS = "status"
    DELIVERY = "delivery"
    INVOICE = "invoice"
    CANCELLATION = "cancellation"
    CREDIT = "credit"


class Choice(StrEnum):
    """What a setting of ``[norce.report]`` makes of an outcome."""

    NOTHING = "nothing"
    STATUS = "status"
    DOCUMENT = "document"
    """The call that carries the facts: a delivery note, an invoice, a cancellation, a credit."""
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class ReportPolicy:
    """Which outcomes are told to Norce and how, and which wait for a person (decision 13: no money by default).

    ``names`` are Norce's names of statuses where they are not the usual ones.
    """

    enabled: bool = True
    changed: Choice = Choice.STATUS
    on_hold: Choice = Choice.STATUS
    rejected: Choice = Choice.HOLD
    cancelled: Choice = Choice.HOLD
    received: Choice = Choice.NOTHING
    delivered: Choice = Choice.DOCUMENT
    invoiced: Choice = Choice.STATUS
    credited: Choice = Choice.HOLD
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consequence:
    """What news from the ERP brings about: statuses to report, a document behind them, a person's decision."""

    reports: tuple[Outcome, ...] = ()
    document: ReportKind | None = None
    hold: bool = False
    alert: bool = False


def consequence(policy: ReportPolicy, said: Outcome, *, was_confirmed: bool) -> Consequence:
    """What follows from ``said`` alone; ``was_confirmed`` tells whether Norce is already owed or was sent Confirmed.

    A backorder is told after a confirmation, since Norce takes the ERP's number with it
    (``formats/mapping.md`` 5.1). A delivery or invoice without the facts for a document is told as a status.
    """
    choice = _choice(policy, said)
    if choice is Choice.HOLD:
        return Consequence(hold=True, alert=True)
    if choice is Choice.NOTHING or not policy.enabled:
        return Consequence(alert=said is Outcome.CHANGED)
    if choice is Choice.DOCUMENT and said in _ENDS:
        return Consequence(document=ReportKind.CANCELLATION, alert=True)
    if said is Outcome.BACKORDER and not was_confirmed:
        return Consequence(reports=(Outcome.CONFIRMED, Outcome.BACKORDER))
    is_less_than_asked = choice is Choice.DOCUMENT and said is Outcome.INVOICED
    return Consequence(reports=(said,), alert=said is Outcome.CHANGED or is_less_than_asked)


def _choice(policy: ReportPolicy, said: Outcome) -> Choice:  # noqa: PLR0911 - a table
    match said:
        case Outcome.CHANGED:
            return policy.changed
        case Outcome.ON_HOLD:
            return policy.on_hold
        case Outcome.REJECTED:
            return policy.rejected
        case Outcome.CANCELLED:
            return policy.cancelled
        case Outcome.RECEIVED:
            return policy.received
        case Outcome.PARTLY_DELIVERED | Outcome.DELIVERED:
            return policy.delivered
        case Outcome.INVOICED:
            return policy.invoiced
        case _:
            return Choice.STATUS
